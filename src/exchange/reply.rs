//! What goes out: one reply for each event.

use std::borrow::Cow;

use bytes::Bytes;

use super::ask::{Ask, Credential, Ticket};
use super::occurrence::{Answer, Occurrence};
use super::refusal::Refusal;
use crate::mcp::meta;
use crate::policy::Reason;
use crate::trace::TraceContext;

/// What one event led to.
#[derive(Debug)]
pub struct Step {
    /// The reply that the event is owed.
    pub reply: Reply,
    /// What happened, for logs, metrics and explanations.
    pub occurrences: Vec<Occurrence>,
    /// The credential that the upstream did not take, if that is what happened.
    pub rejected: Option<Ticket>,
}

/// The reply to one event.
#[derive(Debug)]
pub enum Reply {
    /// Go on, with these changes.
    Continue {
        /// Changes to the headers. Only replies to headers and to the request body carry any.
        headers: HeaderEdits,
        /// What to do with the bytes of the event.
        body: BodyEdit,
    },
    /// Answer the client in place of the upstream.
    Refuse(Refusal),
    /// Answer the client with this JSON: Sluice is asked itself.
    Answer(String),
    /// Nothing yet: the exchange has to be told this first, by the next event.
    Ask(Box<Ask>),
    /// Cut the exchange: the response is under way and can no longer be answered for.
    Abort(Reason),
}

/// What to do with the bytes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEdit {
    /// Pass them on, byte for byte.
    Keep,
    /// Pass these on in their place; none at all, if empty.
    Replace(Bytes),
}

/// Changes to headers.
#[derive(Debug, Clone, Default)]
pub struct HeaderEdits {
    /// Headers to set, in place of all that have the name.
    pub set: Vec<(&'static str, Cow<'static, str>)>,
    /// Headers that mirror arguments, to set in the same way (MCP 2026-07-28).
    pub mirrors: Vec<(String, String)>,
    /// Names of headers to remove.
    pub remove: Vec<String>,
    /// What the request goes on with, in place of all headers that have the names.
    pub credential: Credential,
}

impl Step {
    /// Goes on without a change.
    pub(super) fn keep() -> Self {
        Self::edit(HeaderEdits::default(), BodyEdit::Keep)
    }

    /// Goes on with changes.
    pub(super) fn edit(headers: HeaderEdits, body: BodyEdit) -> Self {
        Self {
            reply: Reply::Continue { headers, body },
            occurrences: Vec::new(),
            rejected: None,
        }
    }

    /// Asks.
    pub(super) fn ask(ask: Ask) -> Self {
        Self {
            reply: Reply::Ask(Box::new(ask)),
            occurrences: Vec::new(),
            rejected: None,
        }
    }

    /// Answers with this JSON.
    pub(super) fn answer(json: String) -> Self {
        Self {
            reply: Reply::Answer(json),
            occurrences: Vec::new(),
            rejected: None,
        }
    }

    /// Goes on with other bytes.
    pub(super) fn replace(body: impl Into<Bytes>) -> Self {
        Self::edit(HeaderEdits::default(), BodyEdit::Replace(body.into()))
    }

    /// Answers the client.
    pub(super) fn refuse(refusal: Refusal) -> Self {
        let occurrences = refusal.occurrences();
        Self {
            reply: Reply::Refuse(refusal),
            occurrences,
            rejected: None,
        }
    }

    /// Cuts the exchange.
    pub(super) fn abort(reason: Reason, detail: &'static str) -> Self {
        let detail = Cow::Borrowed(detail);
        let refused = Occurrence::Refused {
            reason,
            status: 0,
            answer: Answer::Error { code: None },
            detail,
            target: None,
            asked: None,
            rule: None,
        };
        Self {
            reply: Reply::Abort(reason),
            occurrences: vec![refused],
            rejected: None,
        }
    }

    /// Adds what happened before.
    pub(super) fn after(mut self, occurrences: Vec<Occurrence>) -> Self {
        self.occurrences.splice(0..0, occurrences);
        self
    }

    /// Adds what happened.
    pub(super) fn with(mut self, occurrences: impl IntoIterator<Item = Occurrence>) -> Self {
        self.occurrences.extend(occurrences);
        self
    }
}

impl HeaderEdits {
    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
            && self.mirrors.is_empty()
            && self.remove.is_empty()
            && self.credential.headers.is_empty()
    }

    /// Sets a header.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.set.push((name, value.into()));
    }

    /// Says which span the request is part of from here on.
    pub(super) fn trace(&mut self, context: TraceContext) {
        self.set(meta::TRACE_PARENT, context.parent());
        match context.state {
            Some(state) => self.set(meta::TRACE_STATE, state),
            None => self.remove(meta::TRACE_STATE),
        }
    }

    /// Lends the request a credential. No header that has one is removed.
    pub(super) fn lend(&mut self, credential: Credential) {
        let lent = |name: &String| credential.headers.iter().any(|(lent, _)| lent == name);
        self.remove.retain(|name| !lent(name));
        self.credential = credential;
    }

    /// Removes a header.
    pub(super) fn remove(&mut self, name: impl Into<String>) {
        self.remove.push(name.into());
    }
}
