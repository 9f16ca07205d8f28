//! The spans of an exchange: one for each message of the client's, and under the first of them one for
//! each piece of the time.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Link, SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
};

use super::attributes::{self, Failure};
use crate::telemetry::payload::Payloads;
use crate::telemetry::record::{Message, Phase, PhaseKind, Record};
use crate::trace::{Hop, Place, TraceContext};

/// Makes spans.
#[derive(Debug)]
pub(super) struct Trees {
    scope: InstrumentationScope,
    ids: RandomIdGenerator,
    payloads: Payloads,
}

impl Default for Trees {
    fn default() -> Self {
        let scope = InstrumentationScope::builder("sluice").with_version(env!("CARGO_PKG_VERSION"));
        Self {
            scope: scope.build(),
            ids: RandomIdGenerator::default(),
            payloads: Payloads::default(),
        }
    }
}

impl Trees {
    /// The spans of an exchange: those of messages in traces that are recorded.
    pub(super) fn of(&self, record: &Record) -> Vec<SpanData> {
        let mut spans = Vec::new();
        let mut told: Vec<TraceId> = Vec::new();
        let Some(hop) = record.hop.as_deref() else {
            return spans;
        };
        for message in &record.messages {
            let Some(place) = record.place(message).filter(Place::is_sampled) else {
                continue;
            };
            let is_first = spans.is_empty();
            let branch = Branch {
                trees: self,
                record,
                hop,
                message,
                place: &place,
                id: match is_first {
                    true => SpanId::from_bytes(hop.server_span),
                    false => self.ids.new_span_id(),
                },
            };
            spans.push(branch.server(is_first));
            // The upstream is told one span, and once for each trace it has to be there.
            let trace = TraceId::from_bytes(place.trace_id);
            let is_told = told.contains(&trace);
            told.push(trace);
            let phases = record.phases.iter();
            spans.extend(phases.filter_map(|phase| match phase.kind {
                PhaseKind::Upstream => (!is_told).then(|| branch.client(phase)),
                PhaseKind::Identity
                | PhaseKind::Policy
                | PhaseKind::Guardrail(_)
                | PhaseKind::Middleware(_)
                | PhaseKind::Credential => is_first.then(|| branch.phase(phase)),
            }));
        }
        spans
    }
}

/// The spans of one message.
struct Branch<'r> {
    trees: &'r Trees,
    record: &'r Record,
    hop: &'r Hop,
    message: &'r Message,
    place: &'r Place,
    id: SpanId,
}

/// What differs from span to span.
struct Span {
    id: SpanId,
    parent: Option<SpanId>,
    kind: SpanKind,
    name: Cow<'static, str>,
    began: Duration,
    took: Duration,
    attributes: Vec<KeyValue>,
    failure: Option<Failure>,
}

impl Branch<'_> {
    /// The span of the message.
    fn server(&self, is_first: bool) -> SpanData {
        let mut attributes = attributes::common(self.message);
        attributes.extend(attributes::server(self.record, self.message, is_first));
        attributes.extend(self.trees.payloads.of(self.record, self.message));
        let parent = self.place.parent.as_ref();
        let mut span = self.span(Span {
            id: self.id,
            parent: parent.map(|parent| SpanId::from_bytes(parent.span_id)),
            kind: SpanKind::Server,
            name: attributes::name(self.message).into(),
            began: self.record.began,
            took: self.record.took(),
            attributes,
            failure: attributes::failure(self.record, self.message),
        });
        span.parent_span_is_remote = true;
        let link = self.place.link.as_ref();
        span.links.links = link
            .map(|it| Link::with_context(remote(it)))
            .into_iter()
            .collect();
        span
    }

    /// The wait for the upstream.
    fn client(&self, phase: &Phase) -> SpanData {
        let mut attributes = attributes::common(self.message);
        attributes.extend(attributes::client(self.record.virtual_server.as_deref()));
        self.span(Span {
            id: SpanId::from_bytes(self.hop.client_span),
            kind: SpanKind::Client,
            name: attributes::name(self.message).into(),
            attributes,
            failure: attributes::upstream_failure(self.record, self.message),
            ..self.child(phase)
        })
    }

    /// Another piece of the time.
    fn phase(&self, phase: &Phase) -> SpanData {
        self.span(self.child(phase))
    }

    fn child(&self, phase: &Phase) -> Span {
        let word = phase.kind.as_str();
        let (name, attributes) = match &phase.kind {
            PhaseKind::Guardrail(guarded) => (
                format!("{word} {}", guarded.guardrail).into(),
                attributes::guardrail(guarded),
            ),
            PhaseKind::Middleware(guardrail) => {
                let attribute = KeyValue::new("sluice.guardrail", guardrail.to_string());
                (format!("{word} {guardrail}").into(), vec![attribute])
            }
            PhaseKind::Identity
            | PhaseKind::Policy
            | PhaseKind::Credential
            | PhaseKind::Upstream => (Cow::Borrowed(word), Vec::new()),
        };
        Span {
            id: self.trees.ids.new_span_id(),
            parent: Some(self.id),
            kind: SpanKind::Internal,
            name,
            began: phase.began,
            took: phase.took,
            attributes,
            failure: None,
        }
    }

    fn span(&self, span: Span) -> SpanData {
        let began = SystemTime::UNIX_EPOCH + self.record.time_of(span.began);
        let mut attributes = span.attributes;
        attributes.extend(span.failure.iter().flat_map(Failure::attributes));
        let state = self
            .place
            .parent
            .as_ref()
            .and_then(|it| it.state.as_deref());
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(self.place.trace_id),
                span.id,
                TraceFlags::SAMPLED,
                false,
                trace_state(state),
            ),
            parent_span_id: span.parent.unwrap_or(SpanId::INVALID),
            parent_span_is_remote: false,
            span_kind: span.kind,
            name: span.name,
            start_time: began,
            end_time: began + span.took,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: match span.failure {
                Some(failure) => Status::error(failure.detail),
                None => Status::Unset,
            },
            instrumentation_scope: self.trees.scope.clone(),
        }
    }
}

/// A span of somebody else's.
fn remote(context: &TraceContext) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(context.trace_id),
        SpanId::from_bytes(context.span_id),
        TraceFlags::new(context.flags),
        true,
        trace_state(context.state.as_deref()),
    )
}

/// What systems on the way have said; nothing if it is not what it should be.
fn trace_state(text: Option<&str>) -> TraceState {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}
