//! Spans: what became of an exchange, for whoever collects traces (OTLP).
//!
//! They are written when the exchange is over, from its record, by a thread of their own. While it goes
//! on, all that there is of them is their ids, which the upstream has to be told.

mod attributes;
mod export;
mod settings;
mod tree;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use opentelemetry_sdk::trace::{Config, SpanProcessor as _};

use super::record::Record;
use super::sink::{Drops, Sink};
use super::{Sampler, Telemetry, payload};

pub use export::ExportError;
pub use settings::{InvalidSettings, Settings};

use export::Exporter;
use tree::Trees;

/// What the queue is called in metrics and logs.
const NAME: &str = "spans";

/// Why no spans can be written.
#[derive(Debug, thiserror::Error)]
pub enum SpansError {
    /// The exporter can't be made.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The thread can't be started.
    #[error("can't start the thread that writes spans: {0}")]
    Thread(#[from] io::Error),
}

impl Telemetry {
    /// The same, and whoever the environment names gets spans.
    ///
    /// # Errors
    ///
    /// Fails when the settings are none, or a thread can't be started.
    pub fn with_spans(mut self, settings: &Settings) -> Result<Self, SpansError> {
        let exporter = Exporter::new(settings)?;
        let write = move |records, drops| work(&exporter, &records, &drops);
        let sink = Sink::counting(NAME, write)?;
        self.sinks.push(sink.looking_into(payload::wanted));
        self.sampler = Some(root_sampler());
        Ok(self)
    }
}

/// What decides about traces that begin here (`OTEL_TRACES_SAMPLER`). About all others their parents
/// have decided.
fn root_sampler() -> Sampler {
    Config::default().sampler
}

/// Writes the spans of all records, until there are no more.
fn work(exporter: &Exporter, records: &Receiver<Arc<Record>>, drops: &Drops) {
    let trees = Trees::default();
    while let Ok(record) = records.recv() {
        let spans = trees.of(&record);
        if !exporter.has_room(spans.len()) {
            drops.count();
            continue;
        }
        for span in spans {
            exporter.put(span);
        }
    }
    if let Err(error) = exporter.processor.shutdown() {
        tracing::warn!(%error, "not all spans were sent");
    }
}

#[cfg(test)]
mod tests;
