//! What happened, as log lines, numbers, spans and audits: a line for each decision at debug, one for
//! each refusal at info, counters of all of them, and a [`Record`] of each exchange for whoever writes
//! more than that.
//!
//! A line never holds arguments, results, credentials or session ids. A label holds only what the
//! manifest or Sluice itself says, so that no client can make series.

pub mod audit;
mod bodies;
mod cover;
mod metadata;
mod metrics;
mod observer;
mod otlp_env;
mod payload;
mod push;
mod record;
mod sink;
mod spans;
mod text;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::{SamplingDecision, ShouldSample};

use bodies::Held;

use crate::clock::{Clock, SystemClock};
use crate::exchange::Occurrence;
use crate::guardrail::Finding;
use crate::policy::VirtualServer;
use crate::trace::{Hop, TraceContext, TraceId};

pub use audit::{AuditOptions, AuditTarget};
pub use bodies::{Bodies, Kept, Share, Wanted};
pub use cover::Cover;
pub use metadata::{FIELDS, Field, Metadata, subject_digest};
pub use metrics::{CONTENT_TYPE, Cache, Fetched, Metrics};
pub use observer::Observer;
pub use otlp_env::{InvalidExport, MetricsExport};
pub use push::{NoPush, Push};
pub use record::{End, Guarded, Message, Outcome, Phase, PhaseKind, Record, Refused, Verdict};
pub use sink::{Drops, Sink, Wants};
pub use spans::{ExportError, InvalidSettings, Settings, SpansError};

/// Everything that is told of exchanges, and to whom. One serves all policies and all runtimes.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// What counts.
    pub metrics: Arc<Metrics>,
    /// Who gets records.
    pub sinks: Vec<Sink>,
    /// Says whether a trace that begins here is recorded; nobody records spans if there is nothing.
    pub sampler: Option<Sampler>,
    /// Whether a sink may want the heads of requests, which come before it is known for whom.
    pub wants_heads: bool,
    /// Whether one of the sinks audits, so that records say what only audits need.
    is_audited: bool,
    /// What records hold that wait for sinks.
    held: Arc<Held>,
    clock: SystemClock,
}

/// Says of a trace that begins here whether it is recorded.
pub type Sampler = Box<dyn ShouldSample>;

impl Telemetry {
    /// What counts, and nothing else.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            ..Self::default()
        }
    }

    /// The same, whose metrics show what its sinks drop.
    #[must_use]
    pub fn showing_drops(self) -> Self {
        for sink in &self.sinks {
            self.metrics.show_drops(sink.name(), sink.drops());
        }
        self
    }

    /// The time on the clock of the process.
    fn now(&self) -> Duration {
        crate::clock::steady()
    }

    /// The time since 1970.
    fn unix(&self) -> Duration {
        self.clock.unix()
    }

    /// What an exchange needs to join a trace, if anyone records.
    fn hop(&self, proxy: Option<TraceContext>) -> Option<Hop> {
        let sampler = self.sampler.as_ref()?;
        let mut random = [0; 32];
        // Without random bytes there is no trace, but the exchange goes on.
        getrandom::fill(&mut random).ok()?;
        let (trace_id, spans) = random.split_first_chunk::<16>()?;
        let (server_span, spans) = spans.split_first_chunk::<8>()?;
        Some(Hop {
            proxy,
            trace_id: *trace_id,
            server_span: *server_span,
            client_span: *spans.first_chunk()?,
            samples: samples(sampler, trace_id),
        })
    }

    /// What the sinks want to look into of exchanges for a virtual server.
    fn wanted(&self, server: &VirtualServer) -> Wanted {
        let wanted = self.sinks.iter().map(|sink| sink.wanted(server));
        wanted.fold(Wanted::default(), Wanted::or)
    }

    /// An exchange has ended.
    fn ended(&self, mut record: Record) {
        self.metrics.ended(&record);
        if self.sinks.is_empty() {
            return;
        }
        record.share = self.held.take(record.bodies.size());
        if record.share.is_none() {
            record.bodies = record.bodies.dropped();
        }
        let record = Arc::new(record);
        for sink in &self.sinks {
            sink.put(&record);
        }
    }
}

/// Whether a trace that begins here is recorded. Samplers of the environment look at its id alone.
fn samples(sampler: &Sampler, trace_id: &TraceId) -> bool {
    let trace_id = opentelemetry::TraceId::from_bytes(*trace_id);
    let result = sampler.should_sample(None, trace_id, "", &SpanKind::Server, &[], &[]);
    match result.decision {
        SamplingDecision::RecordAndSample => true,
        SamplingDecision::RecordOnly | SamplingDecision::Drop => false,
    }
}

/// Counts one occurrence and writes its line.
fn tell(metrics: &Metrics, server: Option<&VirtualServer>, occurrence: &Occurrence) {
    let virtual_server = server.map(VirtualServer::name);
    metrics.count(virtual_server, occurrence);
    if occurrence.is_notable() {
        log(virtual_server, occurrence);
    }
}

fn log(virtual_server: Option<&str>, occurrence: &Occurrence) {
    let virtual_server = virtual_server.unwrap_or("-");
    match occurrence {
        Occurrence::Answered { .. } | Occurrence::InSession(_) => {}
        Occurrence::Allowed { asked, rule } => tracing::debug!(
            virtual_server,
            method = asked.method,
            target = asked.target.as_deref(),
            rule = rule.as_ref().map(tracing::field::display),
            "allowed"
        ),
        Occurrence::Refused {
            reason,
            status,
            detail,
            target,
            rule,
            ..
        } => tracing::info!(
            virtual_server,
            reason = reason.as_str(),
            status,
            target = target.as_deref(),
            rule = rule.as_ref().map(tracing::field::display),
            detail = detail.as_ref(),
            "refused"
        ),
        Occurrence::Filtered {
            list,
            kept,
            removed,
        } => {
            tracing::debug!(virtual_server, list, kept, removed, "filtered");
        }
        Occurrence::Guarded {
            guardrail,
            phase,
            strategy,
            outcome,
            target,
            findings,
            ..
        } => tracing::info!(
            virtual_server,
            guardrail = guardrail.as_ref(),
            phase = phase.as_str(),
            strategy = strategy.as_str(),
            outcome = outcome.as_str(),
            target = target.as_deref(),
            findings = %Findings(findings),
            "guarded"
        ),
        Occurrence::Dropped { detail } => tracing::info!(virtual_server, detail, "dropped"),
    }
}

/// Findings on one line: what, where, and what is done about it.
struct Findings<'f>(&'f [Finding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{} at {}", finding.rule, finding.path.escape_debug())?;
            if let Some(entity) = finding.entity.as_deref().filter(|it| *it != finding.rule) {
                write!(f, " ({entity})")?;
            }
            write!(f, ": {}", finding.action)?;
        }
        Ok(())
    }
}
