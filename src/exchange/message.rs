//! The body of a request: decided about, looked at by guardrails, and sent on.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::ask::{Ask, Judgement, JudgementFailure};
use super::asked::Asked;
use super::guard::{self, Progress, Waiting};
use super::head::{Head, Verb};
use super::occurrence::Occurrence;
use super::refusal::Refusal;
use super::reply::{BodyEdit, Step};
use super::{State, Uncredited, go_on, http_sse, mirrors, uplink};
use crate::policy::{Endpoint, Policy, View};

/// A request that a guardrail is asked about.
#[derive(Debug)]
pub(super) struct Guarding {
    head: Head,
    uncredited: Uncredited,
    waiting: Waiting,
}

impl Guarding {
    /// The virtual server that it is for, as its caller sees it.
    pub(super) fn view(&self) -> &Arc<View> {
        &self.head.server
    }

    /// Goes on with what the guardrail says.
    pub(super) fn judged(
        self,
        policy: &Policy,
        judged: Result<Judgement, JudgementFailure>,
    ) -> (State, Step) {
        let progress = self.waiting.judged(judged);
        guarded(policy, self.head, self.uncredited, progress)
    }
}

/// Decides about the body of a POST, and sends it on as far as it may go.
pub(super) fn read(policy: &Policy, head: Head, body: &Bytes) -> (State, Step) {
    let restored = guard::restoring::body(&head.server, policy.limits(), body);
    let read = match &restored {
        Some(restored) => restored.text.as_bytes(),
        None => body,
    };
    match uplink::admit(&head, policy.limits(), read) {
        Ok(mut admitted) => {
            let is_restored = restored.is_some();
            if let Some(restored) = restored {
                guard::restoring::mirrors(
                    &head.server,
                    &head.mirrors.params,
                    &mut admitted.headers,
                );
                admitted.occurrences.push(restored.occurrence);
                admitted.body.get_or_insert(restored.text);
            }
            let text = match &admitted.body {
                Some(text) => Cow::Borrowed(text.as_str()),
                None => String::from_utf8_lossy(body),
            };
            let scope = &admitted.scope;
            let (view, version) = (&scope.server, scope.version);
            let text = (&*text, is_restored);
            let guarding = guard::Guarding::calls(view, version, policy.limits(), text);
            if guarding.is_some() {
                // The guardrails look at the body alone.
                let edits = &mut admitted.headers;
                mirrors::follow((&head, scope), policy.limits(), (text.0, false), edits);
            }
            let body = admitted
                .body
                .map_or(BodyEdit::Keep, |body| BodyEdit::Replace(body.into()));
            let uncredited = Uncredited {
                scope: admitted.scope,
                verb: Verb::Post,
                headers: admitted.headers,
                body,
                occurrences: admitted.occurrences,
            };
            match guarding {
                Some(guarding) => guarded(policy, head, uncredited, guarding.run()),
                None => go_on(uncredited, head.token),
            }
        }
        Err(refusal) => refuse_body(head, refusal),
    }
}

/// Answers a message of the client: here, or where the client listens.
fn refuse_body(head: Head, refusal: Refusal) -> (State, Step) {
    if head.endpoint == Endpoint::Messages && refusal.has_recipients() {
        let told = http_sse::tell(&head, &refusal);
        return go_on(told, head.token);
    }
    (State::Over, Step::refuse(refusal))
}

/// What a message asks for that may go on: the only one, or the one at this place in a batch.
pub(super) fn asked_by(occurrences: &[Occurrence], index: Option<usize>) -> Option<Arc<Asked>> {
    let asked = |occurrence: &Occurrence| match occurrence {
        Occurrence::Allowed { asked, .. } => Some(Arc::clone(asked)),
        Occurrence::Refused { .. }
        | Occurrence::Answered { .. }
        | Occurrence::InSession(_)
        | Occurrence::Filtered { .. }
        | Occurrence::Guarded { .. }
        | Occurrence::Dropped { .. } => None,
    };
    occurrences
        .iter()
        .filter_map(asked)
        .nth(index.unwrap_or_default())
}

/// Goes on with a request as far as the guardrails let it.
fn guarded(
    policy: &Policy,
    head: Head,
    mut uncredited: Uncredited,
    progress: Progress,
) -> (State, Step) {
    match progress {
        Progress::Done(guarded) => {
            if let Some(text) = guarded.text {
                let edits = &mut uncredited.headers;
                let (about, limits) = ((&head, &uncredited.scope), policy.limits());
                mirrors::follow(about, limits, (&text, true), edits);
                uncredited.body = BodyEdit::Replace(text.into());
            }
            uncredited.occurrences.extend(guarded.occurrences);
            go_on(uncredited, head.token)
        }
        Progress::Refused {
            refusal,
            index,
            text,
            occurrences,
        } => {
            let refusal = refusal.of(asked_by(&uncredited.occurrences, index));
            let refusal = guard::address(policy.limits(), refusal, index, &text);
            let (state, step) = refuse_body(head, refusal);
            (state, step.after(occurrences))
        }
        Progress::Ask(ask, waiting) => {
            let guarding = Guarding {
                head,
                uncredited,
                waiting: *waiting,
            };
            let step = Step::ask(Ask::Guardrail(ask));
            (State::Guarding(Box::new(guarding)), step)
        }
    }
}
