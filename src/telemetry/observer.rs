//! Whoever watches one exchange, and writes its record.

use std::sync::Arc;
use std::time::Duration;

use super::Telemetry;
use super::record::{End, Guarded, Message, Phase, PhaseKind, Record, Refused, Verdict};
use crate::exchange::{Ask, Occurrence, Reply, Step};
use crate::policy::{Caller, VirtualServer};
use crate::trace::{Hop, TraceContext};

/// Watches one exchange. When it goes, what it saw is handed on.
#[derive(Debug)]
pub struct Observer {
    telemetry: Arc<Telemetry>,
    record: Box<Record>,
    /// When the event that is handled came.
    event_at: Duration,
    /// What is asked, since when.
    asked: Option<(PhaseKind, Duration)>,
    /// Whether all of the request has come.
    is_whole: bool,
    /// Whether the request has gone on.
    is_sent: bool,
    /// Since when the upstream is waited for.
    sent_at: Option<Duration>,
}

/// What of Envoy's messages a record is about.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// The head of the request.
    RequestHeaders {
        /// Whether there is no body.
        end_of_stream: bool,
    },
    /// The body of the request, of this many bytes.
    RequestBody(usize),
    /// The head of the response, with its status.
    ResponseHeaders {
        /// The status, if it is one.
        status: Option<u16>,
        /// Whether there is no body.
        end_of_stream: bool,
    },
    /// A piece of the body of the response.
    ResponseBody {
        /// Its length.
        bytes: usize,
        /// Whether it is the last piece.
        end_of_stream: bool,
    },
    /// Trailers of the request.
    RequestTrailers,
    /// Trailers of the response, which end it.
    ResponseTrailers,
}

impl Observer {
    /// Watches an exchange that begins now. `proxy` is the span that Envoy says it is part of, and
    /// `http` the one that the request's own headers name.
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
            asked: None,
            is_whole: false,
            is_sent: false,
            sent_at: None,
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

    /// Learns which span the headers of the request name.
    pub fn http_trace(&mut self, context: Option<TraceContext>) {
        self.record.http_trace = context;
    }

    /// A message of Envoy's has come.
    pub fn sees(&mut self, seen: Seen) {
        self.event_at = self.telemetry.now();
        match seen {
            Seen::RequestHeaders { end_of_stream } => self.is_whole = end_of_stream,
            Seen::RequestBody(bytes) => {
                self.is_whole = true;
                self.record.request_bytes = length(bytes);
            }
            Seen::RequestTrailers => {}
            Seen::ResponseHeaders {
                status,
                end_of_stream,
            } => {
                self.record.upstream_status = status;
                self.upstream_answers();
                self.ends(end_of_stream);
            }
            Seen::ResponseBody {
                bytes,
                end_of_stream,
            } => {
                self.record.response_bytes += length(bytes);
                self.ends(end_of_stream);
            }
            Seen::ResponseTrailers => self.ends(true),
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
        if self.record.virtual_server.is_none() {
            self.record.virtual_server = server.cloned();
        }
        if self.record.caller.is_none() {
            self.record.caller = caller.cloned();
        }
        let phases = self.record.phases.len();
        for occurrence in &step.occurrences {
            let server = self.record.virtual_server.as_deref();
            super::tell(&self.telemetry.metrics, server, occurrence);
            self.record.occurs(occurrence);
        }
        self.policy(phases, now);
        if step.rejected.is_some() {
            self.telemetry.metrics.token_rejected(self.server_name());
        }
        match &step.reply {
            Reply::Continue { .. } => self.goes_on(now),
            Reply::Refuse(_) => self.record.end = End::Complete,
            Reply::Answer(_) => {
                self.telemetry.metrics.answered(self.server_name());
                self.record.end = End::Complete;
            }
            Reply::Abort(_) => self.record.end = End::Aborted,
            Reply::Ask(ask) => self.asked = Some((kind_of(ask), now)),
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

    /// What was asked has been answered.
    pub fn answered(&mut self) {
        self.event_at = self.telemetry.now();
        if let Some((kind, began)) = self.asked.take() {
            let took = self.event_at.saturating_sub(began);
            self.record.phases.push(Phase { kind, began, took });
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
            self.record.phases.push(Phase { kind, began, took });
        }
    }

    fn ends(&mut self, is_end: bool) {
        if is_end {
            self.record.end = End::Complete;
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
            self.record.phases.push(Phase { kind, began, took });
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
            } => self.phases.push(Phase {
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

fn kind_of(ask: &Ask) -> PhaseKind {
    match ask {
        Ask::Identity(_) => PhaseKind::Identity,
        Ask::Credential(_) => PhaseKind::Credential,
        Ask::Guardrail(ask) => PhaseKind::Middleware(Arc::clone(&ask.guardrail)),
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
