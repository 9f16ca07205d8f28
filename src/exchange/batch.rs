//! Batches: several messages in one body (MCP 2025-03-26, "Sending Messages to the Server").
//!
//! A batch goes on as a whole or not at all: what part of an answer belongs to which part of a
//! batch, servers tell in different ways, and some run what they answer with an error.

use super::head::Head;
use super::refusal::{Recipients, Refusal};
use super::uplink::{self, Passed};
use crate::json::{Splice, Value};
use crate::jsonrpc::{Invalid, Message, RequestId};
use crate::mcp::{ClientMethod, ProtocolVersion};
use crate::policy::Limits;

/// The most messages of a batch. The specification has no limit; a few are what clients send.
const MAX_MESSAGES: usize = 100;

/// Decides about a batch.
///
/// # Errors
///
/// Refuses it as a whole, with one answer for each of its requests, if any of its messages is not
/// let through, and without an id if it is no batch of MCP 2025-03-26.
pub(super) fn admit<'d>(
    head: &Head,
    limits: &Limits,
    root: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<Vec<Passed>, Refusal> {
    let messages = read(limits, root)?;
    let ids: Vec<Option<RequestId>> = messages.iter().map(request_id).collect();
    let mut passed = Vec::with_capacity(messages.len());
    let mut refused = Vec::new();
    for (index, message) in messages.into_iter().enumerate() {
        match uplink::message(head, message, splice).and_then(belongs_in_a_batch) {
            Ok(message) => passed.push(message),
            Err(refusal) => refused.push((index, refusal)),
        }
    }
    if refused.is_empty() {
        return Ok(passed);
    }
    Err(refuse(ids, refused))
}

/// Reads the messages of a batch: requests and notifications, or answers of the client.
fn read<'d>(limits: &Limits, root: Value<'d>) -> Result<Vec<Message<'d>>, Refusal> {
    let elements = root.elements().take(MAX_MESSAGES + 1);
    let messages: Result<Vec<_>, Invalid> = elements
        .map(|element| Message::read_value(element, limits.id_bytes))
        .collect();
    let messages = messages.map_err(Refusal::message)?;
    if messages.is_empty() {
        return Err(Refusal::malformed("A batch must not be empty"));
    }
    if messages.len() > MAX_MESSAGES {
        return Err(Refusal::malformed("A batch has at most 100 messages"));
    }
    let answers = messages
        .iter()
        .filter(|message| matches!(message, Message::Response(_)))
        .count();
    if answers != 0 && answers != messages.len() {
        return Err(Refusal::malformed(
            "A batch has requests and notifications, or responses, not both",
        ));
    }
    // Servers deliver one answer for each id, whichever that is of.
    let ids: Vec<RequestId> = messages.iter().filter_map(request_id).collect();
    let is_repeated = |(index, id): (usize, &RequestId)| {
        let before = ids.iter().take(index);
        before.into_iter().any(|earlier| earlier.matches(id))
    };
    if ids.iter().enumerate().any(is_repeated) {
        return Err(Refusal::malformed("The ids of a batch must differ"));
    }
    Ok(messages)
}

fn request_id(message: &Message<'_>) -> Option<RequestId> {
    match message {
        Message::Request(request) => Some(request.id.clone()),
        Message::Notification(_) | Message::Response(_) => None,
    }
}

/// Refuses what a batch must not hold.
fn belongs_in_a_batch(passed: Passed) -> Result<Passed, Refusal> {
    let pending = passed.pending.as_ref();
    let recipient = || pending.map_or(Recipients::Nobody, |p| Recipients::One(p.id.clone()));
    if pending.is_some_and(|pending| pending.method == ClientMethod::Initialize) {
        let refusal = Refusal::malformed("`initialize` must not be part of a batch");
        return Err(refusal.answering(recipient()));
    }
    if passed.version != ProtocolVersion::V2025_03_26 {
        let refusal = Refusal::malformed("Batches are of MCP 2025-03-26 only");
        return Err(refusal.answering(recipient()));
    }
    Ok(passed)
}

/// The answer to a batch of which some messages are refused: to each request its own.
pub(super) fn refuse(ids: Vec<Option<RequestId>>, refused: Vec<(usize, Refusal)>) -> Refusal {
    let answer = |(index, id): (usize, Option<RequestId>)| {
        let id = id?;
        let own = refused.iter().find(|(refused, _)| *refused == index);
        let refusal = own.map_or_else(Refusal::with_its_batch, |(_, refusal)| refusal.clone());
        Some(refusal.answering(Recipients::One(id)))
    };
    let answers: Vec<Refusal> = ids.into_iter().enumerate().filter_map(answer).collect();
    let mut causes = refused.into_iter().map(|(_, refusal)| refusal);
    match causes.next() {
        // Nobody waits for an answer; what is refused then has a status that says so.
        Some(first) if answers.is_empty() => first,
        Some(first) => {
            let causes: Vec<Refusal> = std::iter::once(first).chain(causes).collect();
            Refusal::batch(answers, &causes)
        }
        None => Refusal::batch(answers, &[]),
    }
}
