//! The body of a response, as it arrives in pieces.

use bytes::{Bytes, BytesMut};

use super::downlink::{self, Verdict};
use super::http_sse;
use super::occurrence::Occurrence;
use super::refusal::{Recipients, Refusal};
use super::reply::{BodyEdit, HeaderEdits, Step};
use super::scope::Scope;
use super::session;
use crate::json::{Document, EndDetector};
use crate::jsonrpc::RequestId;
use crate::mcp::sse::{self, Item};
use crate::policy::{Endpoint, Limits, Reason};

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
}

impl Body {
    /// Takes a piece, and says what becomes of it.
    pub(super) fn push(self, limits: &Limits, chunk: Bytes, end_of_stream: bool) -> (Self, Step) {
        match self {
            Self::Json(json) => json.push(limits, chunk, end_of_stream),
            Self::Events(events) => events.push(limits, &chunk, end_of_stream),
            Self::Discard(before) => discard(before, &chunk),
            Self::Pass => (Self::Pass, Step::keep()),
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

/// A JSON body.
#[derive(Debug)]
pub(super) struct Json {
    scope: Scope,
    /// The status, if it is one of failure: then only an error may come.
    failure: Option<u16>,
    held: BytesMut,
    end: End,
}

/// How the end of a body is known. The response may end by trailers, which nobody announces.
#[derive(Debug)]
enum End {
    /// By its length.
    At(usize),
    /// By its JSON.
    OfJson(EndDetector),
}

impl Json {
    /// The answer to a request, of this length, if that is known.
    pub(super) fn answer(scope: Scope, length: Option<usize>) -> Self {
        let end = length.map_or_else(|| End::OfJson(EndDetector::new()), End::At);
        Self {
            scope,
            failure: None,
            held: BytesMut::new(),
            end,
        }
    }

    /// The body of a response with a status of failure.
    pub(super) fn error(scope: Scope, length: Option<usize>, status: u16) -> Self {
        Self {
            failure: Some(status),
            ..Self::answer(scope, length)
        }
    }

    fn push(mut self, limits: &Limits, chunk: Bytes, end_of_stream: bool) -> (Body, Step) {
        let length = self.held.len() + chunk.len();
        if length > limits.response_bytes {
            return self.refuse(Refusal::upstream_too_large(limits.response_bytes));
        }
        let complete = match &mut self.end {
            End::At(end) => length >= *end,
            End::OfJson(detector) => detector.push(&chunk),
        };
        if !complete && !end_of_stream {
            self.held.extend_from_slice(&chunk);
            return (Body::Json(self), Step::replace(Bytes::new()));
        }
        if self.held.is_empty() {
            return self.release(limits, &chunk, BodyEdit::Keep);
        }
        self.held.extend_from_slice(&chunk);
        let whole = self.held.split().freeze();
        self.release(limits, &whole, BodyEdit::Replace(whole.clone()))
    }

    /// Judges the whole body; `unchanged` is the edit that passes it on as it is.
    fn release(mut self, limits: &Limits, whole: &[u8], unchanged: BodyEdit) -> (Body, Step) {
        let mut occurrences = Vec::new();
        let verdict = match (
            Document::parse(whole, &limits.downlink_json()),
            self.failure,
        ) {
            (Ok(document), None) => {
                downlink::judge(&mut self.scope, limits, &document, &mut occurrences)
            }
            (Ok(document), Some(status)) => {
                downlink::judge_failure(&self.scope, limits, status, &document)
            }
            (Err(_), None) => Verdict::Unreadable("the body is not strict JSON"),
            (Err(_), Some(status)) => Verdict::Refuse(Refusal::upstream_status(status)),
        };
        // What is not the answer to the request would leave the client waiting.
        let is_answer = self.failure.is_some() || !self.scope.is_owed();
        let edit = match verdict {
            Verdict::Pass if is_answer => unchanged,
            Verdict::Rewrite(body) if is_answer => BodyEdit::Replace(body.into()),
            Verdict::Pass | Verdict::Rewrite(_) if !self.scope.batch => {
                return self.refuse(Refusal::upstream_invalid("the answer is not a response"));
            }
            Verdict::Pass => self.complete(&String::from_utf8_lossy(whole), &mut occurrences),
            Verdict::Rewrite(body) => self.complete(&body, &mut occurrences),
            Verdict::Drop(detail) | Verdict::Unreadable(detail) => {
                return self.refuse(Refusal::upstream_invalid(detail));
            }
            Verdict::Refuse(refusal) => return self.refuse(refusal),
        };
        (
            Body::Discard(0),
            Step::edit(HeaderEdits::default(), edit).with(occurrences),
        )
    }

    /// Adds to the answers of a batch those that the server did not give.
    fn complete(&self, answers: &str, occurrences: &mut Vec<Occurrence>) -> BodyEdit {
        let refusal = Refusal::upstream_invalid("a request of the batch was not answered")
            .answering(self.scope.recipients());
        occurrences.extend(refusal.occurrences());
        let answers = answers.trim();
        // One answer alone need not come as an array.
        let answers = answers
            .strip_prefix('[')
            .and_then(|answers| answers.strip_suffix(']'))
            .unwrap_or(answers);
        let all: Vec<String> = std::iter::once(answers.to_owned())
            .chain(refusal.messages())
            .collect();
        BodyEdit::Replace(format!("[{}]", all.join(",")).into())
    }

    fn refuse(self, refusal: Refusal) -> (Body, Step) {
        let refusal = refusal.answering(self.scope.recipients());
        (
            Body::Discard(0),
            Step::replace(refusal.body()).with(refusal.occurrences()),
        )
    }
}

/// A stream of events.
#[derive(Debug)]
pub(super) struct Events {
    scope: Scope,
    decoder: sse::Decoder,
    /// Whether an event came that could not be read.
    spoiled: bool,
}

impl Events {
    /// A stream that `decoder` reads.
    pub(super) fn new(scope: Scope, decoder: sse::Decoder) -> Self {
        Self {
            scope,
            decoder,
            spoiled: false,
        }
    }

    fn push(mut self, limits: &Limits, chunk: &[u8], end_of_stream: bool) -> (Body, Step) {
        let mut items = Vec::new();
        let mut decoded = self.decoder.push(chunk, &mut items);
        if end_of_stream && decoded.is_ok() {
            decoded = self.decoder.finish(&mut items);
        }
        let mut out = Vec::with_capacity(chunk.len());
        let mut occurrences = Vec::new();
        for item in items {
            match item {
                // Whatever a comment says, nobody reads it; that one came keeps the stream alive.
                Item::Comment => out.extend_from_slice(sse::COMMENT),
                Item::Event(event) => {
                    if let Err(refusal) = self.event(limits, event, &mut out, &mut occurrences) {
                        return self.refuse(refusal, out, occurrences);
                    }
                }
            }
        }
        if decoded.is_err() {
            let refusal = Refusal::event_too_large(limits.sse_event_bytes);
            return self.refuse(refusal, out, occurrences);
        }
        let may_end = downlink::may_end_unanswered(&self.scope) && !self.owes_an_answer();
        if end_of_stream && !may_end {
            let refusal = Refusal::upstream_invalid("the stream ended without an answer");
            return self.refuse(refusal, out, occurrences);
        }
        (
            Body::Events(Box::new(self)),
            Step::replace(out).with(occurrences),
        )
    }

    /// Whether what should have been the answer may be what could not be read.
    fn owes_an_answer(&self) -> bool {
        self.spoiled && self.scope.is_owed()
    }

    /// Judges one event and writes what of it goes on.
    fn event(
        &mut self,
        limits: &Limits,
        mut event: sse::Event,
        out: &mut Vec<u8>,
        occurrences: &mut Vec<Occurrence>,
    ) -> Result<(), Refusal> {
        // A client resumes by what it was given, in its own session only. An empty id resets.
        let (server, session) = (&self.scope.server, self.scope.session.as_deref());
        event.id = event.id.and_then(|id| match id.is_empty() {
            true => Some(id),
            false => session::seal_event(server, session, &id),
        });
        match event.event.as_deref() {
            None | Some("message") => {}
            Some("endpoint") if self.scope.endpoint == Endpoint::EventStream => {
                return self.endpoint(event, out);
            }
            // Clients ignore them. What nobody reads nobody needs.
            Some(_) => {
                occurrences.push(Occurrence::Dropped {
                    detail: "an event of another type",
                });
                event.leave_marks(out);
                return Ok(());
            }
        }
        // Events without data carry an id to resume from, or a time to wait.
        let Some(data) = event.data.as_deref().filter(|data| !data.is_empty()) else {
            event.write(out);
            return Ok(());
        };
        let verdict = match Document::parse(data, &limits.downlink_json()) {
            Ok(document) => self.judge(limits, &document, occurrences),
            Err(_) => Verdict::Unreadable("an event does not hold strict JSON"),
        };
        match verdict {
            Verdict::Pass => {}
            Verdict::Rewrite(data) => event.data = Some(data.into_bytes()),
            Verdict::Refuse(refusal) if self.scope.is_owed() => return Err(refusal),
            Verdict::Refuse(refusal) => {
                occurrences.extend(refusal.occurrences());
                event.leave_marks(out);
                return Ok(());
            }
            // The answer may still come; if none does, the end of the stream says so.
            Verdict::Unreadable(detail) => {
                self.spoiled = true;
                occurrences.push(Occurrence::Dropped { detail });
                event.leave_marks(out);
                return Ok(());
            }
            Verdict::Drop(detail) => {
                occurrences.push(Occurrence::Dropped { detail });
                event.leave_marks(out);
                return Ok(());
            }
        }
        event.write(out);
        Ok(())
    }

    fn judge(
        &mut self,
        limits: &Limits,
        document: &Document<'_>,
        occurrences: &mut Vec<Occurrence>,
    ) -> Verdict {
        if self.scope.endpoint != Endpoint::EventStream {
            return downlink::judge(&mut self.scope, limits, document, occurrences);
        }
        if let Some(refusal) = http_sse::told(document, limits) {
            return Verdict::Rewrite(refusal);
        }
        let refusal = match downlink::judge(&mut self.scope, limits, document, occurrences) {
            Verdict::Refuse(refusal) => refusal,
            Verdict::Unreadable(detail) => Refusal::upstream_invalid(detail),
            judged @ (Verdict::Pass | Verdict::Rewrite(_) | Verdict::Drop(_)) => return judged,
        };
        // Whoever waits for this answer waits here. The id of a request is the server's own, and a
        // client may have given the same to one of its requests.
        let root = document.root();
        let id = root.get("id").filter(|_| root.get("method").is_none());
        let id = id.and_then(|id| RequestId::read(id, limits.id_bytes).ok());
        let Some(id) = id else {
            return Verdict::Refuse(refusal);
        };
        occurrences.extend(refusal.occurrences());
        Verdict::Rewrite(refusal.answering(Recipients::One(id)).body())
    }

    /// Tells the client where to post: to the virtual server, whatever the server says.
    fn endpoint(&self, event: sse::Event, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let messages = self
            .scope
            .server
            .http_sse()
            .map(|sse| sse.messages.as_str());
        let announced = event.data.as_deref().unwrap_or_default();
        let endpoint =
            http_sse::endpoint(&self.scope.server, announced, messages.unwrap_or_default())
                .map_err(Refusal::upstream_invalid)?;
        let data = Some(endpoint.into_bytes());
        sse::Event { data, ..event }.write(out);
        Ok(())
    }

    /// Ends the stream with an error: as the answer, if one is owed, else by cutting it.
    fn refuse(
        self,
        refusal: Refusal,
        mut out: Vec<u8>,
        occurrences: Vec<Occurrence>,
    ) -> (Body, Step) {
        if !self.scope.is_owed() {
            let step = Step::abort(
                refusal.reason(),
                "nobody waits for an answer on this stream",
            );
            return (Body::Discard(0), step.with(occurrences));
        }
        let refusal = refusal.answering(self.scope.recipients());
        for message in refusal.messages() {
            let data = Some(message.into_bytes());
            sse::Event {
                data,
                ..sse::Event::default()
            }
            .write(&mut out);
        }
        (
            Body::Discard(0),
            Step::replace(out)
                .with(occurrences)
                .with(refusal.occurrences()),
        )
    }
}
