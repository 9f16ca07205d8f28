//! A stream of events, judged event by event.

use std::collections::VecDeque;

use super::{Body, Held};
use crate::exchange::ask::{Ask, Judgement, JudgementFailure};
use crate::exchange::downlink::{self, Verdict};
use crate::exchange::guard::{Guarding, Progress, Waiting};
use crate::exchange::http_sse;
use crate::exchange::occurrence::Occurrence;
use crate::exchange::refusal::{Recipients, Refusal};
use crate::exchange::reply::Step;
use crate::exchange::scope::Scope;
use crate::exchange::session;
use crate::json::Document;
use crate::jsonrpc::RequestId;
use crate::mcp::sse::{self, Item};
use crate::policy::{Endpoint, Limits};

/// A stream of events.
#[derive(Debug)]
pub(in crate::exchange) struct Events {
    scope: Scope,
    decoder: sse::Decoder,
    /// Whether an event came that could not be read.
    spoiled: bool,
}

/// What came with one piece of the body.
#[derive(Debug)]
struct Round {
    /// What has not been judged yet.
    items: VecDeque<Item>,
    /// What goes on.
    out: Vec<u8>,
    occurrences: Vec<Occurrence>,
    /// Whether an event that is too long comes after the items.
    is_too_large: bool,
    end_of_stream: bool,
}

/// An event that waits for what a guardrail says, and those after it.
#[derive(Debug)]
pub(in crate::exchange) struct HeldEvent {
    events: Events,
    round: Round,
    event: sse::Event,
    waiting: Waiting,
}

impl HeldEvent {
    /// Goes on with what the guardrail says.
    pub(super) fn judged(
        self,
        limits: &Limits,
        judged: Result<Judgement, JudgementFailure>,
    ) -> (Body, Step) {
        let progress = self.waiting.judged(judged);
        match self.events.guarded(self.event, progress, self.round) {
            Ok((events, round)) => events.play(limits, round),
            Err(held) => *held,
        }
    }
}

impl Events {
    /// A stream that `decoder` reads.
    pub(in crate::exchange) fn new(scope: Scope, decoder: sse::Decoder) -> Self {
        Self {
            scope,
            decoder,
            spoiled: false,
        }
    }

    /// Takes a piece.
    pub(super) fn push(
        mut self,
        limits: &Limits,
        chunk: &[u8],
        end_of_stream: bool,
    ) -> (Body, Step) {
        let mut items = Vec::new();
        let mut decoded = self.decoder.push(chunk, &mut items);
        if end_of_stream && decoded.is_ok() {
            decoded = self.decoder.finish(&mut items);
        }
        let round = Round {
            items: items.into(),
            out: Vec::with_capacity(chunk.len()),
            occurrences: Vec::new(),
            is_too_large: decoded.is_err(),
            end_of_stream,
        };
        self.play(limits, round)
    }

    /// Judges the items of a round, until a guardrail has to be asked about one.
    fn play(mut self, limits: &Limits, mut round: Round) -> (Body, Step) {
        while let Some(item) = round.items.pop_front() {
            match item {
                // Whatever a comment says, nobody reads it; that one came keeps the stream alive.
                Item::Comment => round.out.extend_from_slice(sse::COMMENT),
                Item::Event(event) => match self.event(limits, event, &mut round) {
                    Ok(None) => {}
                    Ok(Some(guarded)) => {
                        let (event, progress) = *guarded;
                        match self.guarded(event, progress, round) {
                            Ok((events, later)) => (self, round) = (events, later),
                            Err(held) => return *held,
                        }
                    }
                    Err(refusal) => return self.refuse(refusal, round),
                },
            }
        }
        self.end_of_round(limits, round)
    }

    fn end_of_round(self, limits: &Limits, round: Round) -> (Body, Step) {
        if round.is_too_large {
            let refusal = Refusal::event_too_large(limits.sse_event_bytes);
            return self.refuse(refusal, round);
        }
        let may_end = self.scope.may_end_unanswered() && !self.owes_an_answer();
        if round.end_of_stream && !may_end {
            let refusal = Refusal::upstream_invalid("the stream ended without an answer");
            return self.refuse(refusal, round);
        }
        let step = Step::replace(round.out).with(round.occurrences);
        (Body::Events(Box::new(self)), step)
    }

    /// Goes on with an event as far as the guardrails let it: with the events after it, or not before
    /// one has been asked.
    fn guarded(
        self,
        mut event: sse::Event,
        progress: Progress,
        mut round: Round,
    ) -> Result<(Self, Round), Box<(Body, Step)>> {
        match progress {
            Progress::Done(guarded) => {
                round.occurrences.extend(guarded.occurrences);
                if guarded.is_dropped {
                    event.leave_marks(&mut round.out);
                } else {
                    if let Some(text) = guarded.text {
                        event.data = Some(text.into_bytes());
                    }
                    event.write(&mut round.out);
                }
                Ok((self, round))
            }
            Progress::Refused {
                refusal,
                occurrences,
                ..
            } => {
                round.occurrences.extend(occurrences);
                Err(Box::new(self.refuse(refusal, round)))
            }
            Progress::Ask(ask, waiting) => {
                let held = HeldEvent {
                    events: self,
                    round,
                    event,
                    waiting: *waiting,
                };
                let body = Body::Held(Box::new(Held::Event(held)));
                Err(Box::new((body, Step::ask(Ask::Guardrail(ask)))))
            }
        }
    }

    /// Whether what should have been the answer may be what could not be read.
    fn owes_an_answer(&self) -> bool {
        self.spoiled && self.scope.is_owed()
    }

    /// Judges one event, and writes what of it goes on, unless guardrails have something to say.
    fn event(
        &mut self,
        limits: &Limits,
        mut event: sse::Event,
        round: &mut Round,
    ) -> Result<Option<Box<(sse::Event, Progress)>>, Refusal> {
        let Round {
            out, occurrences, ..
        } = round;
        // A client resumes by what it was given, in its own session only. An empty id resets.
        let (server, session) = (&self.scope.server, self.scope.session.as_deref());
        event.id = event.id.and_then(|id| match id.is_empty() {
            true => Some(id),
            false => session::seal_event(server, session, &id),
        });
        match event.event.as_deref() {
            None | Some("message") => {}
            Some("endpoint") if self.scope.endpoint == Endpoint::EventStream => {
                return self.endpoint(event, out).map(|()| None);
            }
            // Clients ignore them. What nobody reads nobody needs.
            Some(_) => {
                occurrences.push(Occurrence::Dropped {
                    detail: "an event of another type",
                });
                event.leave_marks(out);
                return Ok(None);
            }
        }
        // Events without data carry an id to resume from, or a time to wait.
        let Some(data) = event.data.as_deref().filter(|data| !data.is_empty()) else {
            event.write(out);
            return Ok(None);
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
                return Ok(None);
            }
            // The answer may still come; if none does, the end of the stream says so.
            Verdict::Unreadable(detail) => {
                self.spoiled = true;
                occurrences.push(Occurrence::Dropped { detail });
                event.leave_marks(out);
                return Ok(None);
            }
            Verdict::Drop(detail) => {
                occurrences.push(Occurrence::Dropped { detail });
                event.leave_marks(out);
                return Ok(None);
            }
        }
        let text = event.data.as_deref().map(String::from_utf8_lossy);
        let guarding = Guarding::results(&self.scope, limits, &text.unwrap_or_default());
        match guarding {
            Some(guarding) => Ok(Some(Box::new((event, guarding.run())))),
            None => {
                event.write(out);
                Ok(None)
            }
        }
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
    fn refuse(self, refusal: Refusal, round: Round) -> (Body, Step) {
        let Round {
            mut out,
            occurrences,
            ..
        } = round;
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
