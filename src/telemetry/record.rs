//! The record of one HTTP exchange: what spans, the audit log and metrics are written from.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::bodies::{Bodies, Share};
use crate::exchange::{Answer, Asked, Outcome as GuardOutcome};
use crate::guardrail::{self, Finding, Strategy};
use crate::policy::{Caller, Reason, RuleId, VirtualServer};
use crate::trace::{Hop, Place, TraceContext};

/// The most phases that are noted of an exchange. Guardrails look at each event of a stream.
const MOST_PHASES: usize = 1000;

/// What is known of one HTTP exchange. But for `bodies` it holds no arguments or results, and never
/// credentials.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// When it began, since 1970.
    pub at: Duration,
    /// When it began, on the clock of the process.
    pub began: Duration,
    /// When it ended, on the same clock.
    pub ended: Duration,
    /// The virtual server that it was for.
    pub virtual_server: Option<Arc<VirtualServer>>,
    /// Who called, if that is known.
    pub caller: Option<Arc<Caller>>,
    /// The digest of the manifest that was in force.
    pub manifest: Option<Arc<str>>,
    /// The session, by a name that is good for nothing else.
    pub session: Option<String>,
    /// What it was given to join a trace, if anyone records.
    pub hop: Option<Box<Hop>>,
    /// What the HTTP request said of a trace.
    pub http_trace: Option<TraceContext>,
    /// The messages of the client's, in order; one without a method where there was none that could
    /// be read.
    pub messages: Vec<Message>,
    /// Where the time went, in the order in which it was spent.
    pub phases: Vec<Phase>,
    /// How many phases more there were: of a stream that goes on for hours not all are noted.
    pub phases_left_out: u64,
    /// For how long Sluice itself was at work.
    pub worked: Duration,
    /// The bytes of the request's body, as they came.
    pub request_bytes: u64,
    /// The bytes of the response's body, as they came.
    pub response_bytes: u64,
    /// The HTTP status of the upstream's answer, if there was one.
    pub upstream_status: Option<u16>,
    /// How it ended.
    pub end: End,
    /// What it carried, as far as a sink wants to look into it.
    pub bodies: Bodies,
    /// The room that `bodies` takes, as long as this is kept.
    pub share: Option<Arc<Share>>,
}

/// A message of the client's, and what became of it.
#[derive(Debug, Clone)]
pub struct Message {
    /// What it asked for.
    pub asked: Arc<Asked>,
    /// Whether it could go on.
    pub verdict: Verdict,
    /// What the server answered, if it did.
    pub answer: Option<Answer>,
    /// Why the server's answer was not let through, if it was not.
    pub withheld: Option<Refused>,
}

/// Whether a message could go on.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It went on.
    Allowed {
        /// The line of the manifest that allows it, where one is needed.
        rule: Option<RuleId>,
    },
    /// The client was answered in place of the upstream.
    Refused(Refused),
}

/// An answer in place of the upstream's.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the answer is.
    pub answer: Answer,
    /// What the log says of it.
    pub detail: Cow<'static, str>,
    /// The line of the manifest that decided, if it was not the default.
    pub rule: Option<RuleId>,
}

/// A piece of the time that an exchange took.
#[derive(Debug, Clone)]
pub struct Phase {
    /// What was done in it.
    pub kind: PhaseKind,
    /// When it began, on the clock of the process.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
}

/// What was done in a phase.
#[derive(Debug, Clone)]
pub enum PhaseKind {
    /// It was found out who calls.
    Identity,
    /// It was decided about the messages.
    Policy,
    /// A guardrail looked.
    Guardrail(Guarded),
    /// A guardrail that is a service elsewhere was asked: its name.
    Middleware(Arc<str>),
    /// The credential for the upstream was had.
    Credential,
    /// The upstream was waited for, from the last byte of the request to the first of the response.
    Upstream,
}

impl PhaseKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Policy => "policy",
            Self::Guardrail(_) => "guardrail",
            Self::Middleware(_) => "middleware",
            Self::Credential => "credential",
            Self::Upstream => "upstream",
        }
    }
}

/// The look of a guardrail.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// Its name.
    pub guardrail: Arc<str>,
    /// Before or after the call.
    pub phase: guardrail::Phase,
    /// How seriously it is taken.
    pub strategy: Strategy,
    /// What it came to.
    pub outcome: GuardOutcome,
    /// The tool, if it is known to be about one.
    pub target: Option<String>,
    /// What was found, and where; never the values.
    pub findings: Vec<Finding>,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// The client or the upstream went away before the response was complete.
    #[default]
    Cancelled,
    /// The response is complete, or the client was answered in its place.
    Complete,
    /// It was cut: the response was under way and could no longer be answered for.
    Aborted,
}

/// What became of a message, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All went well.
    Ok,
    /// The tool failed, or a refusal told so (`isError`).
    ToolError,
    /// It was answered by a JSON-RPC error.
    RpcError,
    /// It was answered by a status of failure.
    HttpError,
    /// Nobody was answered.
    Cancelled,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ToolError => "tool_error",
            Self::RpcError => "rpc_error",
            Self::HttpError => "http_error",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Record {
    /// Where a message stands in its trace, if anyone records.
    #[must_use]
    pub fn place(&self, message: &Message) -> Option<Place> {
        let hop = self.hop.as_ref()?;
        Some(hop.join(message.asked.trace.as_ref(), self.http_trace.as_ref()))
    }

    /// Notes where time went, as long as there is not too much of it.
    pub(super) fn spends(&mut self, phase: Phase) {
        if self.phases.len() < MOST_PHASES {
            self.phases.push(phase);
        } else {
            self.phases_left_out += 1;
        }
    }

    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }

    /// When something that began then began, since 1970.
    #[must_use]
    pub fn time_of(&self, began: Duration) -> Duration {
        self.at + began.saturating_sub(self.began)
    }

    /// What guardrails found.
    pub fn guarded(&self) -> impl Iterator<Item = &Guarded> {
        self.phases.iter().filter_map(|phase| match &phase.kind {
            PhaseKind::Guardrail(guarded) => Some(guarded),
            PhaseKind::Identity
            | PhaseKind::Policy
            | PhaseKind::Middleware(_)
            | PhaseKind::Credential
            | PhaseKind::Upstream => None,
        })
    }

    /// What became of one of its messages.
    #[must_use]
    pub fn outcome(&self, message: &Message) -> Outcome {
        if let Some(refused) = message.refused() {
            return match (&refused.answer, refused.status) {
                (Answer::ToolError, _) => Outcome::ToolError,
                (_, 200) => Outcome::RpcError,
                _ => Outcome::HttpError,
            };
        }
        let is_failed = self.upstream_status.is_some_and(|status| status >= 400);
        match &message.answer {
            _ if is_failed => Outcome::HttpError,
            Some(Answer::Result) => Outcome::Ok,
            Some(Answer::ToolError) => Outcome::ToolError,
            Some(Answer::Error { .. }) => Outcome::RpcError,
            None if self.end == End::Complete => Outcome::Ok,
            None => Outcome::Cancelled,
        }
    }
}

impl Message {
    /// The answer in place of the upstream's, whether the message or its answer was refused.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match &self.verdict {
            Verdict::Refused(refused) => Some(refused),
            Verdict::Allowed { .. } => self.withheld.as_ref(),
        }
    }

    /// The line of the manifest that decided about it.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleId> {
        match &self.verdict {
            Verdict::Allowed { rule } => rule.as_ref(),
            Verdict::Refused(refused) => refused.rule.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_end_makes_no_record_without_end() {
        let mut record = Record::default();
        for _ in 0..MOST_PHASES + 7 {
            record.spends(Phase {
                kind: PhaseKind::Policy,
                began: Duration::ZERO,
                took: Duration::ZERO,
            });
        }
        assert_eq!(record.phases.len(), MOST_PHASES);
        assert_eq!(record.phases_left_out, 7);
    }
}
