//! The body of a response, as it arrives in pieces.

mod events;
mod json;

use bytes::Bytes;

use super::ask::{Judgement, JudgementFailure};
use super::reply::Step;
use crate::policy::{Limits, Reason};
use events::HeldEvent;
use json::HeldJson;

pub(super) use events::Events;
pub(super) use json::Json;

/// What an upstream may send that nobody reads, in bytes. Beyond it the exchange is cut.
const DISCARDED_BYTES: usize = 64 << 20;

/// How the body of a response is read.
#[derive(Debug)]
pub(super) enum Body {
    /// Held until it is complete, then judged as one message.
    Json(Json),
    /// Judged event by event.
    Events(Box<Events>),
    /// Not passed on: the client has what it needs, or there is nothing for it to read. So many
    /// bytes have come of it.
    Discard(usize),
    /// Envoy's own, not the upstream's.
    Pass,
    /// A guardrail is asked about a message.
    Held(Box<Held>),
}

/// A message that waits for what a guardrail says.
#[derive(Debug)]
pub(super) enum Held {
    /// The message is the body.
    Json(HeldJson),
    /// The message is an event.
    Event(HeldEvent),
}

impl Body {
    /// Takes a piece, and says what becomes of it.
    pub(super) fn push(self, limits: &Limits, chunk: Bytes, end_of_stream: bool) -> (Self, Step) {
        match self {
            Self::Json(json) => json.push(limits, chunk, end_of_stream),
            Self::Events(events) => events.push(limits, &chunk, end_of_stream),
            Self::Discard(before) => discard(before, &chunk),
            Self::Pass => (Self::Pass, Step::keep()),
            Self::Held(_) => out_of_turn(),
        }
    }

    /// Goes on with what a guardrail says.
    pub(super) fn judged(
        self,
        limits: &Limits,
        judged: Result<Judgement, JudgementFailure>,
    ) -> (Self, Step) {
        match self {
            Self::Held(held) => match *held {
                Held::Json(held) => held.judged(judged),
                Held::Event(held) => held.judged(limits, judged),
            },
            Self::Json(_) | Self::Events(_) | Self::Discard(_) | Self::Pass => out_of_turn(),
        }
    }
}

/// Drops a piece. The answer of the client ends with that of the upstream, so an end is waited for,
/// but not for ever.
fn discard(before: usize, chunk: &[u8]) -> (Body, Step) {
    let so_far = before.saturating_add(chunk.len());
    let step = if so_far > DISCARDED_BYTES {
        Step::abort(
            Reason::UpstreamTooLarge,
            "the upstream goes on after what was its answer",
        )
    } else {
        Step::replace(Bytes::new())
    };
    (Body::Discard(so_far), step)
}

fn out_of_turn() -> (Body, Step) {
    let step = Step::abort(Reason::OutOfOrder, "an answer that nobody waits for");
    (Body::Discard(0), step)
}
