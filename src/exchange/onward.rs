//! The trace that a request is part of, and what the upstream is told of it: the span that waits for it,
//! in the headers and, where the message has a place for it, in the message (SEP-414).

use super::asked::Asked;
use super::event::{Headers, Single};
use super::identify::Vouched;
use crate::json::{Splice, Value, quoted};
use crate::mcp::{ProtocolVersion, meta};
use crate::trace::{Hop, TraceContext};

/// The trace that a request is part of, if anyone records here.
#[derive(Debug, Default)]
pub(super) struct Trace {
    hop: Option<Box<Hop>>,
    /// What the HTTP request says of it.
    http: Option<TraceContext>,
    /// Whether someone wants to know the digests of arguments.
    pub(super) digests: bool,
}

impl Trace {
    /// What the head of a request says of its trace.
    pub(super) fn read(vouched: &Vouched, headers: &Headers<'_>) -> Self {
        let hop = vouched.hop.clone();
        Self {
            http: hop.as_ref().and_then(|_| trace_context(headers)),
            hop,
            digests: vouched.digests,
        }
    }

    /// What the upstream is told, for a message that says this of itself: nothing if nobody records.
    pub(super) fn onward(&self, message: Option<&TraceContext>) -> Option<TraceContext> {
        let hop = self.hop.as_ref()?;
        hop.onward(&hop.join(message, self.http.as_ref()))
    }

    /// Writes into a message what the upstream is told. Versions without `_meta` in every request have
    /// it where the client had it.
    pub(super) fn write<'d>(
        &self,
        asked: &Asked,
        params: Option<Value<'d>>,
        splice: &mut Splice<'d>,
    ) {
        let is_modern = asked.version.is_some_and(ProtocolVersion::is_modern);
        let envelope = params.and_then(|params| params.get("_meta"));
        let envelope = envelope.filter(|it| is_modern || it.get(meta::TRACE_PARENT).is_some());
        let (Some(envelope), Some(context)) = (envelope, self.onward(asked.trace.as_ref())) else {
            return;
        };
        splice.insert_member(envelope, meta::TRACE_PARENT, &quoted(&context.parent()));
        match &context.state {
            Some(state) => splice.insert_member(envelope, meta::TRACE_STATE, &quoted(state)),
            None => {
                splice.remove_member(envelope, meta::TRACE_STATE);
            }
        }
    }
}

/// The span that an HTTP request is part of, as its headers say (W3C Trace Context).
#[must_use]
pub fn trace_context(headers: &Headers<'_>) -> Option<TraceContext> {
    let text = |name| match headers.single(name) {
        Single::One(value) => std::str::from_utf8(value).ok(),
        Single::Absent | Single::Repeated => None,
    };
    TraceContext::read(text(meta::TRACE_PARENT)?, text(meta::TRACE_STATE))
}
