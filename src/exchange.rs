//! The sans-I/O machine for one HTTP exchange: events in, replies out.
//!
//! Everything that Sluice decides, it decides here; `serve`, `check` and `explain` drive the same
//! machine. An [`Exchange`] knows nothing of gRPC, sockets or clocks: it is made with the policy of
//! the moment, and keeps that policy to its end.
//!
//! A request goes through `head` (what headers alone condemn, with `identify` for who calls and
//! `session` for what it goes on with), `version` (which version it is in)
//! and `uplink` (what the message asks for; `batch`, if it is several), with `target` and `names` for what it names and `strip`
//! for what is taken out of it. A response goes through `answer` (its headers), `body` (its pieces)
//! and `downlink` (each message), with `extension`, `task`, `list`, `handshake`, `content`, `sampling`, `renamed` and `unknown` for
//! what messages hold. `onward` says which trace
//! it is part of, and `refusal` has everything that a client can ever be told.

mod answer;
mod ask;
mod asked;
mod batch;
mod body;
mod content;
mod downlink;
mod event;
mod extension;
mod fold;
mod guard;
mod handshake;
mod head;
mod http_sse;
mod identify;
mod list;
mod message;
mod metadata;
mod mirrors;
mod names;
mod occurrence;
mod onward;
mod refusal;
mod renamed;
mod reply;
mod sampling;
mod scope;
mod session;
mod strip;
mod target;
mod task;
mod unknown;
mod uplink;
mod version;

use std::sync::Arc;

pub use ask::{
    Ask, Credential, CredentialAsk, CredentialFailure, GuardrailAsk, IdentityAsk, IdentityFailure,
    JudgedFinding, Judgement, JudgementFailure, Ticket,
};
pub use asked::Asked;
pub use event::{Event, Headers, Single};
pub use identify::Vouched;
pub use occurrence::{Answer, Occurrence, Outcome};
pub use onward::trace_context;
pub use refusal::Refusal;
pub use reply::{BodyEdit, HeaderEdits, Reply, Step};

use crate::mcp::ProtocolVersion;
use crate::oauth::BearerToken;
use crate::policy::{AuthData, Caller, Endpoint, Policy, Reason, VirtualServer};
use body::Body;
use head::{Head, Read, Unidentified, Verb};
use message::Guarding;
use scope::Scope;
use session::Session;

/// One HTTP exchange.
#[derive(Debug)]
pub struct Exchange {
    policy: Arc<Policy>,
    server: Option<Arc<VirtualServer>>,
    caller: Option<Arc<Caller>>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has come yet.
    Start(Vouched),
    /// The head of the request waits for who calls.
    Unidentified(Box<Unidentified>),
    /// The head of a POST has passed; its body decides.
    Head(Box<Head>),
    /// The request may go on, and waits for what a guardrail says of it.
    Guarding(Box<Guarding>),
    /// The request may go on, and waits for its credential.
    Uncredited(Box<Uncredited>),
    /// The request has gone on.
    Forwarded { scope: Scope, verb: Verb },
    /// The head of the response has passed.
    Responding(Body),
    /// The client has been answered, or the exchange cut.
    Over,
}

/// A request that may go on, and how.
#[derive(Debug)]
struct Uncredited {
    scope: Scope,
    verb: Verb,
    headers: HeaderEdits,
    body: BodyEdit,
    occurrences: Vec<Occurrence>,
}

impl Exchange {
    /// A new exchange under `policy`. `route` is the value by which Envoy's route names the virtual
    /// server, where it does; a client has no say in it.
    #[must_use]
    pub fn new(policy: Arc<Policy>, route: Option<String>) -> Self {
        let vouched = Vouched {
            route,
            ..Vouched::default()
        };
        Self {
            policy,
            server: None,
            caller: None,
            state: State::Start(vouched),
        }
    }

    /// The same exchange, with what else Envoy vouches for. Of use before the first event only.
    #[must_use]
    pub fn vouched(mut self, by_envoy: Vouched) -> Self {
        if let State::Start(vouched) = &mut self.state {
            let route = vouched.route.take();
            *vouched = Vouched { route, ..by_envoy };
        }
        self
    }

    /// The policy that it is made with.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The virtual server that answers, once the head of the request has named it.
    #[must_use]
    pub fn virtual_server(&self) -> Option<&Arc<VirtualServer>> {
        self.server.as_ref()
    }

    /// Who calls, once that is known, also if it may not.
    #[must_use]
    pub fn caller(&self) -> Option<&Arc<Caller>> {
        self.caller.as_ref()
    }

    /// Takes the next event.
    ///
    /// There is no error: what the client does wrong is refused, and what Envoy does out of order
    /// is refused with a reason of its own.
    #[must_use]
    pub fn handle(self, event: Event<'_>) -> (Self, Step) {
        let Self {
            policy,
            server,
            caller,
            state,
        } = self;
        let server = server.or_else(|| selected(&policy, &state, &event));
        let (state, step) = next(&policy, state, event);
        let refused = match &step.reply {
            Reply::Refuse(refusal) => refusal.caller(),
            Reply::Continue { .. } | Reply::Answer(_) | Reply::Ask(_) | Reply::Abort(_) => None,
        };
        let caller = caller
            .or_else(|| state.caller().cloned())
            .or_else(|| refused.cloned());
        let exchange = Self {
            policy,
            server,
            caller,
            state,
        };
        (exchange, step)
    }
}

impl State {
    /// Who calls, where the state says it.
    fn caller(&self) -> Option<&Arc<Caller>> {
        let view = match self {
            Self::Head(head) => &head.server,
            Self::Guarding(guarding) => guarding.view(),
            Self::Uncredited(uncredited) => &uncredited.scope.server,
            Self::Forwarded { scope, .. } => &scope.server,
            Self::Start(_) | Self::Unidentified(_) | Self::Responding(_) | Self::Over => {
                return None;
            }
        };
        Some(view.caller())
    }
}

/// The virtual server that a request is for, whether it may use it or not.
fn selected(policy: &Policy, state: &State, event: &Event<'_>) -> Option<Arc<VirtualServer>> {
    let (State::Start(vouched), Event::RequestHeaders { headers, .. }) = (state, event) else {
        return None;
    };
    let path = std::str::from_utf8(headers.first(":path")?).ok()?;
    let path = path.split('?').next().unwrap_or_default();
    let (server, _) = policy.select(vouched.route.as_deref(), path)?;
    Some(Arc::clone(server))
}

fn next(policy: &Policy, state: State, event: Event<'_>) -> (State, Step) {
    match (state, event) {
        (
            State::Start(vouched),
            Event::RequestHeaders {
                headers,
                end_of_stream,
            },
        ) => request_headers(policy, &vouched, &headers, end_of_stream),
        (State::Unidentified(head), Event::Identified(caller)) => match head.identified(caller) {
            Ok((head, edits)) => passed(head, edits),
            Err(refusal) => (State::Over, Step::refuse(refusal)),
        },
        (State::Head(head), Event::RequestBody(body)) => message::read(policy, *head, &body),
        (State::Guarding(guarding), Event::Judged(judged)) => guarding.judged(policy, judged),
        (State::Uncredited(uncredited), Event::Credential(credential)) => {
            credited(*uncredited, credential)
        }
        (
            State::Forwarded { scope, verb },
            Event::ResponseHeaders {
                headers,
                end_of_stream,
            },
        ) => response_headers(policy, scope, verb, &headers, end_of_stream),
        // Nothing has gone upstream yet, since the request is BUFFERED; `ext_proc` refuses
        // every other mode. So this is an answer of Envoy's own: of a filter that stands before
        // Sluice, or for a body that is too long.
        (
            State::Start(_),
            Event::ResponseHeaders {
                headers,
                end_of_stream,
            },
        ) => local_reply(&headers, end_of_stream, HeaderEdits::default()),
        // With request trailers that are not sent here (`request_trailer_mode: SKIP`), a request that
        // has no body but trailers goes on without a word: then it is the upstream's.
        (
            State::Head(_),
            Event::ResponseHeaders {
                headers,
                end_of_stream,
            },
        ) => local_reply(&headers, end_of_stream, answer::foreign(&headers)),
        (
            State::Responding(body),
            Event::ResponseBody {
                chunk,
                end_of_stream,
            },
        ) => responding(body.push(policy.limits(), chunk, end_of_stream)),
        (State::Responding(body), Event::Judged(judged)) => {
            responding(body.judged(policy.limits(), judged))
        }
        (
            state @ (State::Forwarded { .. } | State::Responding(_)),
            Event::RequestTrailers | Event::ResponseTrailers,
        ) => (state, Step::keep()),
        (State::Responding(_), _) | (State::Over, _) => (
            State::Over,
            Step::abort(Reason::OutOfOrder, "a message after the end"),
        ),
        (
            State::Start(_)
            | State::Unidentified(_)
            | State::Head(_)
            | State::Guarding(_)
            | State::Uncredited(_)
            | State::Forwarded { .. },
            _,
        ) => {
            let refusal = Refusal::out_of_order("a message before its turn");
            (State::Over, Step::refuse(refusal))
        }
    }
}

fn request_headers(
    policy: &Policy,
    vouched: &Vouched,
    headers: &Headers<'_>,
    end_of_stream: bool,
) -> (State, Step) {
    let read = head::path(headers).and_then(|path| match metadata::answer(policy, path, headers) {
        Some(answer) => answer.map(Err),
        None => head::read(policy, vouched, headers, path, end_of_stream).map(Ok),
    });
    match read {
        Ok(Ok(Read::Passed(head, edits))) => passed(*head, edits),
        Ok(Ok(Read::Ask(head, ask))) => (State::Unidentified(head), Step::ask(Ask::Identity(ask))),
        Ok(Err(metadata)) => (State::Over, Step::answer(metadata)),
        Err(refusal) => (State::Over, Step::refuse(refusal)),
    }
}

/// The head has passed: the body decides, where one is to come.
fn passed(head: Head, edits: HeaderEdits) -> (State, Step) {
    let Some(version) = head.version else {
        return (
            State::Head(Box::new(head)),
            Step::edit(edits, BodyEdit::Keep),
        );
    };
    let mut edits = edits;
    if let Some(context) = head.trace.onward(None) {
        edits.trace(context);
    }
    let Head {
        server,
        verb,
        endpoint,
        session,
        token,
        ..
    } = head;
    // What answered a batch may be replayed.
    let batch = server.takes_batches()
        && version == ProtocolVersion::V2025_03_26
        && endpoint == Endpoint::Streamable;
    let allowed = Occurrence::Allowed {
        asked: Arc::new(Asked::method(verb.as_str(), Some(version))),
        rule: None,
    };
    let scope = Scope {
        server,
        version,
        endpoint,
        pending: Vec::new(),
        batch,
        session: match session {
            Session::Bound(id) => Some(id),
            Session::None | Session::Foreign => None,
        },
        ticket: None,
    };
    let uncredited = Uncredited {
        scope,
        verb,
        headers: edits,
        body: BodyEdit::Keep,
        occurrences: vec![allowed],
    };
    go_on(uncredited, token)
}

/// A piece of a response has been judged.
fn responding((body, step): (Body, Step)) -> (State, Step) {
    let over = matches!(step.reply, Reply::Refuse(_) | Reply::Abort(_));
    let state = if over {
        State::Over
    } else {
        State::Responding(body)
    };
    (state, step)
}

/// Sends a request on, with its credential, if it is to have one.
fn go_on(uncredited: Uncredited, token: Option<BearerToken>) -> (State, Step) {
    let view = &uncredited.scope.server;
    if matches!(**view.auth_data(), AuthData::None) {
        return credited(uncredited, Ok(Credential::default()));
    }
    let ask = CredentialAsk {
        server: Arc::from(view.server().server()),
        auth_data: Arc::clone(view.auth_data()),
        caller: Arc::clone(view.caller()),
        token,
    };
    let step = Step::ask(Ask::Credential(ask));
    (State::Uncredited(Box::new(uncredited)), step)
}

/// Sends a request on with its credential. Without one it does not go on.
fn credited(
    uncredited: Uncredited,
    credential: Result<Credential, CredentialFailure>,
) -> (State, Step) {
    let Uncredited {
        mut scope,
        verb,
        mut headers,
        body,
        occurrences,
    } = uncredited;
    match credential {
        Ok(credential) => {
            scope.ticket = credential.ticket;
            headers.lend(credential);
            let session = scope.session.as_deref();
            let session = session.map(|id| Occurrence::InSession(session::digest(id)));
            let step = Step::edit(headers, body).with(occurrences).with(session);
            (State::Forwarded { scope, verb }, step)
        }
        Err(failure) => {
            let refusal = Refusal::credential(failure)
                .of(message::asked_by(&occurrences, None))
                .answering(scope.recipients());
            (State::Over, Step::refuse(refusal))
        }
    }
}

fn response_headers(
    policy: &Policy,
    scope: Scope,
    verb: Verb,
    headers: &Headers<'_>,
    end_of_stream: bool,
) -> (State, Step) {
    let ticket = scope.ticket;
    match answer::read(scope, verb, policy.limits(), headers, end_of_stream) {
        Ok((body, edits, begun)) => {
            let begun = begun.map(|id| Occurrence::InSession(session::digest(&id)));
            let step = Step::edit(edits, BodyEdit::Keep).with(begun);
            (State::Responding(body), step)
        }
        Err(refusal) => {
            let is_rejected = refusal.reason() == Reason::CredentialRefused;
            let mut step = Step::refuse(refusal);
            step.rejected = ticket.filter(|_| is_rejected);
            (State::Over, step)
        }
    }
}

fn local_reply(headers: &Headers<'_>, end_of_stream: bool, edits: HeaderEdits) -> (State, Step) {
    let failed = headers
        .first(":status")
        .is_some_and(|status| status.first() >= Some(&b'3'));
    if failed || end_of_stream {
        let step = Step::edit(edits, BodyEdit::Keep);
        return (State::Responding(Body::Pass), step);
    }
    let refusal = Refusal::out_of_order("a response came although no request had gone on");
    (State::Over, Step::refuse(refusal))
}
