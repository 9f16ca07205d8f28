//! Where spans go: to an OTLP collector, in batches, by threads of their own.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::resource::{
    EnvResourceDetector, SdkProvidedResourceDetector, TelemetryResourceDetector,
};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanExporter, SpanProcessor as _};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::Settings;

/// Why there is no exporter.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The environment names something that is none.
    #[error("can't send spans: {0}")]
    Settings(#[from] ExporterBuildError),
    /// There is no thread for it.
    #[error("can't start the thread that sends spans: {0}")]
    Thread(#[from] io::Error),
}

/// Sends spans in batches.
#[derive(Debug)]
pub(super) struct Exporter {
    /// Collects them until there are enough.
    pub(super) processor: BatchSpanProcessor,
    /// How many wait.
    waiting: Arc<AtomicUsize>,
    /// The most that may wait.
    most: usize,
    /// Ends the thread that gRPC runs on, when it goes.
    _stop: oneshot::Sender<Infallible>,
}

impl Exporter {
    /// One that sends to whoever the environment names.
    ///
    /// # Errors
    ///
    /// Fails when the environment names something that is none, or a thread can't be started.
    pub(super) fn new(settings: &Settings) -> Result<Self, ExportError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // A channel of gRPC belongs to the runtime in which it is made.
        let inner = {
            let _inside = runtime.enter();
            opentelemetry_otlp::SpanExporter::builder().build()?
        };
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("sluice-otlp".to_owned())
            .spawn(move || drop(runtime.block_on(stopped)))?;
        let waiting = Arc::new(AtomicUsize::new(0));
        let watched = Watched {
            inner,
            waiting: Arc::clone(&waiting),
            is_failing: AtomicBool::new(false),
        };
        let mut processor = BatchSpanProcessor::builder(watched).build();
        processor.set_resource(&resource(settings));
        Ok(Self {
            processor,
            waiting,
            most: settings.max_queue_size,
            _stop: stop,
        })
    }

    /// Whether so many more may wait.
    pub(super) fn has_room(&self, spans: usize) -> bool {
        self.waiting.load(Ordering::Relaxed) + spans <= self.most
    }

    /// Has a span sent, some time.
    pub(super) fn put(&self, span: SpanData) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.processor.on_end(span);
    }
}

/// Who sends the spans, as far as the environment does not say it.
fn resource(settings: &Settings) -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder_empty()
        .with_service_name("sluice")
        .with_attribute(version)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match settings.is_nameless {
        true => builder.build(),
        false => builder
            .with_detector(Box::new(SdkProvidedResourceDetector))
            .build(),
    }
}

/// An exporter that is watched: how much it has taken, and whether it fails.
#[derive(Debug)]
struct Watched<E> {
    inner: E,
    waiting: Arc<AtomicUsize>,
    is_failing: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.inner.export(batch).await;
        // What is being sent counts as waiting, so that what is held has a bound.
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        self.tell(spans, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E> Watched<E> {
    /// Logs when sending begins to fail, and when it works again.
    fn tell(&self, spans: usize, result: &Result<(), OTelSdkError>) {
        let failed = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !failed => tracing::warn!(%error, spans, "spans can't be sent"),
            Ok(()) if failed => tracing::info!("spans are sent again"),
            Err(_) | Ok(()) => {}
        }
    }
}
