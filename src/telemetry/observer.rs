//! Whoever watches one exchange, and writes its record.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Telemetry;
use super::bodies::{self, Wanted};
use super::metadata::{Found, Metadata};
use super::record::{End, Guarded, Message, Phase, PhaseKind, Record, Refused, Verdict};
use crate::exchange::{Ask, BodyEdit, Event, Headers, Occurrence, Reply, Step, trace_context};
use crate::policy::{Caller, VirtualServer};
use crate::trace::{Hop, TraceContext};

/// Watches one exchange. When it goes, what it saw is handed on.
#[derive(Debug)]
pub struct Observer {
    telemetry: Arc<Telemetry>,
    record: Box<Record>,
    /// When the event that is handled came.
    event_at: Duration,
    /// What the sinks want to look into.
    wanted: Wanted,
    /// The body, or the piece of one, that the exchange is at.
    came: Bytes,
    /// What is asked, since when.
    asked: Option<(PhaseKind, Duration)>,
    /// Whether all of the request has come.
    is_whole: bool,
    /// Whether the request has gone on.
    is_sent: bool,
    /// Since when the upstream is waited for.
    sent_at: Option<Duration>,
    /// What guardrails have found.
    found: Found,
    /// Whether Envoy has been told of the request.
    is_told: bool,
    /// Whether something has happened since then that Envoy has not been told.
    is_news: bool,
}

impl Observer {
    /// Watches an exchange that begins now. `proxy` is the span that Envoy says it is part of.
    #[must_use]
    pub fn new(telemetry: Arc<Telemetry>, proxy: Option<TraceContext>) -> Self {
        telemetry.metrics.began();
        let began = telemetry.now();
        let record = Record {
            at: telemetry.unix(),
            began,
            hop: telemetry.hop(proxy).map(Box::new),
            ..Record::default()
        };
        Self {
            telemetry,
            record: Box::new(record),
            event_at: began,
            wanted: Wanted::default(),
            came: Bytes::new(),
            asked: None,
            is_whole: false,
            is_sent: false,
            sent_at: None,
            found: Found::default(),
            is_told: false,
            is_news: false,
        }
    }

    /// What the exchange needs to join a trace, if anyone records.
    #[must_use]
    pub fn hop(&self) -> Option<Box<Hop>> {
        self.record.hop.clone()
    }

    /// What has been seen so far.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whether someone writes down who did what.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.telemetry.is_audited
    }

    /// Learns which manifest is in force.
    pub fn manifest(&mut self, digest: Option<&Arc<str>>) {
        self.record.manifest = digest.cloned();
    }

    /// A message of Envoy's has come.
    pub fn sees(&mut self, event: &Event<'_>) {
        self.event_at = self.telemetry.now();
        match event {
            Event::RequestHeaders {
                headers,
                end_of_stream,
            } => {
                self.is_whole = *end_of_stream;
                if self.record.hop.is_some() || self.telemetry.is_audited {
                    self.record.http_trace = trace_context(headers);
                }
                if self.telemetry.wants_heads {
                    self.record.bodies.request_head = bodies::head(headers);
                }
            }
            Event::RequestBody(body) => {
                self.is_whole = true;
                self.record.request_bytes = length(body.len());
                if self.wanted.request > 0 {
                    self.came = body.clone();
                    let (at, most) = (self.event_at, self.wanted.request);
                    self.record.bodies.request.push(at, body.clone(), most);
                }
            }
            Event::ResponseHeaders {
                headers,
                end_of_stream,
            } => {
                self.record.upstream_status = status(headers);
                if self.wanted.heads {
                    self.record.bodies.response_head = bodies::head(headers);
                }
                self.upstream_answers();
                self.ends(*end_of_stream);
            }
            Event::ResponseBody {
                chunk,
                end_of_stream,
            } => {
                self.record.response_bytes += length(chunk.len());
                if self.wanted.response > 0 {
                    self.came = chunk.clone();
                    let (at, most) = (self.event_at, self.wanted.response);
                    self.record.bodies.response.push(at, chunk.clone(), most);
                }
                self.ends(*end_of_stream);
            }
            Event::ResponseTrailers => self.ends(true),
            Event::RequestTrailers
            | Event::Identified(_)
            | Event::Credential(_)
            | Event::Judged(_) => {}
        }
    }

    /// The exchange has handled a message, or an answer.
    pub fn handled(
        &mut self,
        server: Option<&Arc<VirtualServer>>,
        caller: Option<&Arc<Caller>>,
        step: &Step,
    ) {
        let now = self.telemetry.now();
        let took = now.saturating_sub(self.event_at);
        self.record.worked += took;
        if let (None, Some(server)) = (&self.record.virtual_server, server) {
            self.wanted = self.telemetry.wanted(server);
            self.record.virtual_server = Some(Arc::clone(server));
        }
        if self.record.caller.is_none() {
            self.record.caller = caller.cloned();
        }
        let phases = self.record.phases.len();
        for occurrence in &step.occurrences {
            let server = self.record.virtual_server.as_deref();
            super::tell(&self.telemetry.metrics, server, occurrence);
            self.record.occurs(occurrence);
            self.found.learn(occurrence);
            self.is_news |= is_told(occurrence);
        }
        self.policy(phases, now);
        if step.rejected.is_some() {
            self.telemetry.metrics.token_rejected(self.server_name());
        }
        match &step.reply {
            Reply::Continue { body, .. } => {
                self.sends(body, now);
                self.goes_on(now);
            }
            Reply::Refuse(refusal) => {
                self.record.end = End::Complete;
                if self.wanted.response > 0 {
                    let (told, most) = (refusal.body().into(), self.wanted.response);
                    self.record.bodies.response_sent.push(now, told, most);
                }
            }
            Reply::Answer(_) => {
                self.telemetry.metrics.answered(self.server_name());
                self.record.end = End::Complete;
            }
            Reply::Abort(_) => self.record.end = End::Aborted,
            Reply::Ask(ask) => self.asked = Some((kind_of(ask), now)),
        }
    }

    /// What came goes on, as it is or as another one.
    fn sends(&mut self, edit: &BodyEdit, now: Duration) {
        let came = std::mem::take(&mut self.came);
        let (wanted, bodies) = (self.wanted, &mut self.record.bodies);
        if self.is_sent && wanted.response > 0 {
            let sent = bodies::sent(edit, &came);
            bodies.response_sent.push(now, sent, wanted.response);
        } else if let (BodyEdit::Replace(sent), false, 1..) = (edit, self.is_sent, wanted.request) {
            let kept = bodies.request_sent.get_or_insert_default();
            kept.push(now, sent.clone(), wanted.request);
        }
    }

    /// Envoy's message goes on: if it was the last one of the request, the upstream is waited for.
    fn goes_on(&mut self, now: Duration) {
        if self.is_whole && !self.is_sent {
            self.is_sent = true;
            self.sent_at = Some(now);
        }
    }

    fn server_name(&self) -> Option<&str> {
        self.record
            .virtual_server
            .as_deref()
            .map(VirtualServer::name)
    }

    /// What Envoy is to be told with its reply: of the request once it has been decided about, and
    /// of the response whenever more is known of it.
    pub fn metadata(&mut self) -> Option<Metadata<'_>> {
        let is_over = self.record.end != End::Cancelled;
        if !self.is_told {
            // Of an answer of Envoy's own to a request that never came here there is nothing to tell.
            let is_known = self.record.virtual_server.is_some() || !self.record.messages.is_empty();
            self.is_told = is_known && (self.is_sent || is_over);
            self.is_news = false;
            return self
                .is_told
                .then(|| Metadata::request(&self.record, &self.found));
        }
        let is_news = std::mem::take(&mut self.is_news);
        is_news.then(|| Metadata::response(&self.record, &self.found))
    }

    /// What was asked has been answered.
    pub fn answered(&mut self) {
        self.event_at = self.telemetry.now();
        if let Some((kind, began)) = self.asked.take() {
            let took = self.event_at.saturating_sub(began);
            self.record.spends(Phase { kind, began, took });
        }
    }

    /// The time that deciding took: what guardrails did not take of the time since the message came.
    /// `before` is how many phases there were then.
    fn policy(&mut self, before: usize, now: Duration) {
        if self.is_sent || self.record.upstream_status.is_some() {
            return;
        }
        let first = self.record.phases.get(before).map(|phase| phase.began);
        let until = first.unwrap_or(now);
        let phase = Phase {
            kind: PhaseKind::Policy,
            began: self.event_at,
            took: until.saturating_sub(self.event_at),
        };
        self.record.phases.insert(before, phase);
    }

    fn upstream_answers(&mut self) {
        if let Some(began) = self.sent_at.take() {
            let took = self.event_at.saturating_sub(began);
            let kind = PhaseKind::Upstream;
            self.record.spends(Phase { kind, began, took });
        }
    }

    fn ends(&mut self, is_end: bool) {
        if is_end {
            self.record.end = End::Complete;
            // Only its end tells what became of a message that is not answered.
            let mut messages = self.record.messages.iter();
            self.is_news |= messages.any(|it| it.answer.is_none() && it.refused().is_none());
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.record.ended = self.telemetry.now();
        self.upstream_is_gone();
        let record = std::mem::take(&mut *self.record);
        self.telemetry.ended(record);
    }
}

impl Observer {
    /// An upstream that never answered was waited for all the same.
    fn upstream_is_gone(&mut self) {
        if let Some(began) = self.sent_at.take() {
            let took = self.record.ended.saturating_sub(began);
            let kind = PhaseKind::Upstream;
            self.record.spends(Phase { kind, began, took });
        }
    }
}

impl Record {
    fn occurs(&mut self, occurrence: &Occurrence) {
        match occurrence {
            Occurrence::Allowed { asked, rule } => self.messages.push(Message {
                asked: Arc::clone(asked),
                verdict: Verdict::Allowed { rule: rule.clone() },
                answer: None,
                withheld: None,
            }),
            Occurrence::Refused {
                reason,
                status,
                answer,
                detail,
                asked,
                rule,
                target: _,
            } => {
                let refused = Refused {
                    reason: *reason,
                    status: *status,
                    answer: answer.clone(),
                    detail: detail.clone(),
                    rule: rule.clone(),
                };
                if asked.is_some() || self.messages.is_empty() {
                    self.messages.push(Message {
                        asked: asked.clone().unwrap_or_default(),
                        verdict: Verdict::Refused(refused),
                        answer: None,
                        withheld: None,
                    });
                } else {
                    for message in &mut self.messages {
                        message.withheld = Some(refused.clone());
                    }
                }
            }
            Occurrence::Answered { id, answer } => {
                let mut messages = self.messages.iter_mut();
                let asks = |message: &&mut Message| message.asked.id.as_ref() == Some(id);
                if let Some(message) = messages.find(asks) {
                    message.answer = Some(answer.clone());
                }
            }
            Occurrence::InSession(session) => self.session = Some(session.clone()),
            Occurrence::Guarded {
                guardrail,
                phase,
                strategy,
                outcome,
                target,
                findings,
                began,
                took,
            } => self.spends(Phase {
                kind: PhaseKind::Guardrail(Guarded {
                    guardrail: Arc::clone(guardrail),
                    phase: *phase,
                    strategy: *strategy,
                    outcome: *outcome,
                    target: target.clone(),
                    findings: findings.clone(),
                }),
                began: *began,
                took: *took,
            }),
            Occurrence::Filtered { .. } | Occurrence::Dropped { .. } => {}
        }
    }
}

/// Whether Envoy is told of it once the request has gone on.
fn is_told(occurrence: &Occurrence) -> bool {
    match occurrence {
        Occurrence::Answered { .. } | Occurrence::Refused { .. } | Occurrence::InSession(_) => true,
        Occurrence::Guarded { .. } => occurrence.is_notable(),
        Occurrence::Allowed { .. } | Occurrence::Filtered { .. } | Occurrence::Dropped { .. } => {
            false
        }
    }
}

fn kind_of(ask: &Ask) -> PhaseKind {
    match ask {
        Ask::Identity(_) => PhaseKind::Identity,
        Ask::Credential(_) => PhaseKind::Credential,
        Ask::Guardrail(ask) => PhaseKind::Middleware(Arc::clone(&ask.guardrail)),
    }
}

fn status(headers: &Headers<'_>) -> Option<u16> {
    let status = headers.first(":status")?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
