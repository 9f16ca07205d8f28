//! A JSON body: held until it is complete, then judged as one message.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::{Body, Held};
use crate::exchange::ask::{Ask, Judgement, JudgementFailure};
use crate::exchange::downlink::{self, Verdict};
use crate::exchange::guard::{Guarding, Progress, Waiting};
use crate::exchange::occurrence::Occurrence;
use crate::exchange::refusal::Refusal;
use crate::exchange::reply::{BodyEdit, HeaderEdits, Step};
use crate::exchange::scope::Scope;
use crate::json::{Document, EndDetector};
use crate::policy::Limits;

/// A JSON body.
#[derive(Debug)]
pub(in crate::exchange) struct Json {
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
    pub(in crate::exchange) fn answer(scope: Scope, length: Option<usize>) -> Self {
        let end = length.map_or_else(|| End::OfJson(EndDetector::new()), End::At);
        Self {
            scope,
            failure: None,
            held: BytesMut::new(),
            end,
        }
    }

    /// The body of a response with a status of failure.
    pub(in crate::exchange) fn error(scope: Scope, length: Option<usize>, status: u16) -> Self {
        Self {
            failure: Some(status),
            ..Self::answer(scope, length)
        }
    }

    pub(super) fn push(
        mut self,
        limits: &Limits,
        chunk: Bytes,
        end_of_stream: bool,
    ) -> (Body, Step) {
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
            return self.release(limits, chunk, BodyEdit::Keep);
        }
        self.held.extend_from_slice(&chunk);
        let whole = self.held.split().freeze();
        self.release(limits, whole.clone(), BodyEdit::Replace(whole))
    }

    /// Judges the whole body; `unchanged` is the edit that passes it on as it is.
    fn release(mut self, limits: &Limits, whole: Bytes, unchanged: BodyEdit) -> (Body, Step) {
        let mut occurrences = Vec::new();
        let verdict = match (
            Document::parse(&whole, &limits.downlink_json()),
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
        let rewritten = match verdict {
            Verdict::Pass => None,
            Verdict::Rewrite(body) => Some(body),
            Verdict::Drop(detail) | Verdict::Unreadable(detail) => {
                return self.refuse(Refusal::upstream_invalid(detail));
            }
            Verdict::Refuse(refusal) => return self.refuse(refusal),
        };
        let is_answer = self.failure.is_some() || !self.scope.is_owed();
        if !is_answer && !self.scope.batch {
            return self.refuse(Refusal::upstream_invalid("the answer is not a response"));
        }
        let text = match &rewritten {
            Some(text) => Cow::Borrowed(text.as_str()),
            None => String::from_utf8_lossy(&whole),
        };
        let guarding = Guarding::results(&self.scope, limits, &text);
        let judged = JudgedJson {
            json: self,
            whole: whole.clone(),
            rewritten,
            unchanged,
            occurrences,
        };
        match guarding {
            None => judged.release(),
            Some(guarding) => judged.go_on(guarding.run()),
        }
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

/// A body that may go on, in the eyes of the virtual server.
#[derive(Debug)]
struct JudgedJson {
    json: Json,
    whole: Bytes,
    /// The body in its place, if it had to change.
    rewritten: Option<String>,
    /// The edit that passes it on as it is.
    unchanged: BodyEdit,
    occurrences: Vec<Occurrence>,
}

/// A body that waits for what a guardrail says.
#[derive(Debug)]
pub(in crate::exchange) struct HeldJson {
    judged: JudgedJson,
    waiting: Waiting,
}

impl HeldJson {
    /// Goes on with what the guardrail says.
    pub(super) fn judged(self, judged: Result<Judgement, JudgementFailure>) -> (Body, Step) {
        self.judged.go_on(self.waiting.judged(judged))
    }
}

impl JudgedJson {
    /// Goes on as far as the guardrails let it.
    fn go_on(mut self, progress: Progress) -> (Body, Step) {
        match progress {
            Progress::Done(guarded) if guarded.is_dropped => {
                let refusal = Refusal::upstream_invalid("a guardrail let nothing of it through");
                let (body, step) = self.json.refuse(refusal);
                (body, step.with(self.occurrences).with(guarded.occurrences))
            }
            Progress::Done(guarded) => {
                self.occurrences.extend(guarded.occurrences);
                if guarded.text.is_some() {
                    self.rewritten = guarded.text;
                }
                self.release()
            }
            Progress::Refused {
                refusal,
                occurrences,
                ..
            } => {
                let (body, step) = self.json.refuse(refusal);
                (body, step.with(self.occurrences).with(occurrences))
            }
            Progress::Ask(ask, waiting) => {
                let held = HeldJson {
                    judged: self,
                    waiting: *waiting,
                };
                let step = Step::ask(Ask::Guardrail(ask));
                (Body::Held(Box::new(Held::Json(held))), step)
            }
        }
    }

    /// Sends the body on.
    fn release(self) -> (Body, Step) {
        let Self {
            json,
            whole,
            rewritten,
            unchanged,
            mut occurrences,
        } = self;
        // What is not the answer to the request would leave the client waiting.
        let is_answer = json.failure.is_some() || !json.scope.is_owed();
        let edit = match rewritten {
            None if is_answer => unchanged,
            Some(body) if is_answer => BodyEdit::Replace(body.into()),
            None => json.complete(&String::from_utf8_lossy(&whole), &mut occurrences),
            Some(body) => json.complete(&body, &mut occurrences),
        };
        let step = Step::edit(HeaderEdits::default(), edit).with(occurrences);
        (Body::Discard(0), step)
    }
}
