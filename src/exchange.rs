//! The sans-I/O machine for one HTTP exchange: events in, replies out.
//!
//! Everything that Sluice decides, it decides here; `serve`, `check` and `explain` drive the same
//! machine. An [`Exchange`] knows nothing of gRPC, sockets or clocks: it is made with the policy of
//! the moment, and keeps that policy to its end.
//!
//! A request goes through `head` (what headers alone condemn), `version` (which version it is in)
//! and `uplink` (what the message asks for; `batch`, if it is several), with `target` and `names` for what it names and `strip`
//! for what is taken out of it. A response goes through `answer` (its headers), `body` (its pieces)
//! and `downlink` (each message), with `extension`, `task`, `list`, `handshake`, `content`, `sampling` and `unknown` for
//! what messages hold. `refusal` has everything that a client can ever be told.

mod answer;
mod ask;
mod batch;
mod body;
mod content;
mod downlink;
mod event;
mod extension;
mod fold;
mod handshake;
mod head;
mod http_sse;
mod list;
mod names;
mod occurrence;
mod refusal;
mod reply;
mod sampling;
mod scope;
mod strip;
mod target;
mod task;
mod unknown;
mod uplink;
mod version;

use std::sync::Arc;

use bytes::Bytes;

pub use ask::{
    Ask, Credential, CredentialAsk, CredentialFailure, IdentityAsk, IdentityFailure, Ticket,
};
pub use event::{Event, Headers, Single};
pub use occurrence::Occurrence;
pub use refusal::Refusal;
pub use reply::{BodyEdit, HeaderEdits, Reply, Step};

use crate::mcp::ProtocolVersion;
use crate::policy::{Endpoint, Policy, Reason, VirtualServer};
use body::Body;
use head::{Head, Verb};
use scope::Scope;

/// One HTTP exchange.
#[derive(Debug)]
pub struct Exchange {
    policy: Arc<Policy>,
    server: Option<Arc<VirtualServer>>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has come yet.
    Start { route: Option<String> },
    /// The head of a POST has passed; its body decides.
    Head(Head),
    /// The request has gone on.
    Forwarded { scope: Scope, verb: Verb },
    /// The head of the response has passed.
    Responding(Body),
    /// The client has been answered, or the exchange cut.
    Over,
}

impl Exchange {
    /// A new exchange under `policy`. `route` is the value by which Envoy's route names the virtual
    /// server, where it does; a client has no say in it.
    #[must_use]
    pub fn new(policy: Arc<Policy>, route: Option<String>) -> Self {
        Self {
            policy,
            server: None,
            state: State::Start { route },
        }
    }

    /// The virtual server that answers, once the head of the request has named it.
    #[must_use]
    pub fn virtual_server(&self) -> Option<&str> {
        self.server.as_deref().map(VirtualServer::name)
    }

    /// Takes the next event.
    ///
    /// There is no error: what the client does wrong is refused, and what Envoy does out of order
    /// is refused with a reason of its own.
    #[must_use]
    pub fn handle(self, event: Event<'_>) -> (Self, Step) {
        let Self {
            policy,
            mut server,
            state,
        } = self;
        let (state, step) = match (state, event) {
            (
                State::Start { route },
                Event::RequestHeaders {
                    headers,
                    end_of_stream,
                },
            ) => {
                let (state, step) = request_headers(&policy, route, &headers, end_of_stream);
                match &state {
                    State::Head(head) => server = Some(Arc::clone(&head.server)),
                    State::Forwarded { scope, .. } => server = Some(Arc::clone(&scope.server)),
                    State::Start { .. } | State::Responding(_) | State::Over => {}
                }
                (state, step)
            }
            (State::Head(head), Event::RequestBody(body)) => request_body(&policy, head, &body),
            (
                State::Forwarded { scope, verb },
                Event::ResponseHeaders {
                    headers,
                    end_of_stream,
                },
            ) => match answer::read(scope, verb, policy.limits(), &headers, end_of_stream) {
                Ok((body, edits)) => (State::Responding(body), Step::edit(edits, BodyEdit::Keep)),
                Err(refusal) => (State::Over, Step::refuse(refusal)),
            },
            // Nothing has gone upstream yet, since the request is BUFFERED; `ext_proc` refuses
            // every other mode. So this is an answer of Envoy's own: of a filter that stands before
            // Sluice, or for a body that is too long.
            (
                State::Start { .. } | State::Head(_),
                Event::ResponseHeaders {
                    headers,
                    end_of_stream,
                },
            ) => local_reply(&headers, end_of_stream),
            (
                State::Responding(body),
                Event::ResponseBody {
                    chunk,
                    end_of_stream,
                },
            ) => {
                let (body, step) = body.push(policy.limits(), chunk, end_of_stream);
                let over = matches!(step.reply, Reply::Refuse(_) | Reply::Abort(_));
                (
                    if over {
                        State::Over
                    } else {
                        State::Responding(body)
                    },
                    step,
                )
            }
            (
                state @ (State::Forwarded { .. } | State::Responding(_)),
                Event::RequestTrailers | Event::ResponseTrailers,
            ) => (state, Step::keep()),
            (State::Responding(_), _) | (State::Over, _) => (
                State::Over,
                Step::abort(Reason::OutOfOrder, "a message after the end"),
            ),
            (State::Start { .. } | State::Head(_) | State::Forwarded { .. }, _) => {
                let refusal = Refusal::out_of_order("a message before its turn");
                (State::Over, Step::refuse(refusal))
            }
        };
        (
            Self {
                policy,
                server,
                state,
            },
            step,
        )
    }
}

fn request_headers(
    policy: &Policy,
    route: Option<String>,
    headers: &Headers<'_>,
    end_of_stream: bool,
) -> (State, Step) {
    match head::read(policy, route.as_deref(), headers, end_of_stream) {
        Ok((head, edits)) => {
            let step = Step::edit(edits, BodyEdit::Keep);
            let Some(version) = head.version else {
                return (State::Head(head), step);
            };
            let (verb, endpoint, server) = (head.verb, head.endpoint, head.server);
            // What answered a batch may be replayed.
            let batch = server.takes_batches()
                && version == ProtocolVersion::V2025_03_26
                && endpoint == Endpoint::Streamable;
            let scope = Scope {
                server,
                version,
                endpoint,
                pending: Vec::new(),
                batch,
            };
            let allowed = Occurrence::Allowed {
                method: verb.as_str(),
                target: None,
                rule: None,
            };
            (State::Forwarded { scope, verb }, step.with([allowed]))
        }
        Err(refusal) => (State::Over, Step::refuse(refusal)),
    }
}

fn request_body(policy: &Policy, head: Head, body: &Bytes) -> (State, Step) {
    match uplink::admit(&head, policy.limits(), body) {
        Ok(admitted) => {
            let edit = admitted
                .body
                .map_or(BodyEdit::Keep, |body| BodyEdit::Replace(body.into()));
            let step = Step::edit(admitted.headers, edit).with(admitted.occurrences);
            (
                State::Forwarded {
                    scope: admitted.scope,
                    verb: Verb::Post,
                },
                step,
            )
        }
        Err(refusal) if head.endpoint == Endpoint::Messages && refusal.has_recipients() => {
            let (scope, step) = http_sse::tell(&head, &refusal);
            let verb = Verb::Post;
            (State::Forwarded { scope, verb }, step)
        }
        Err(refusal) => (State::Over, Step::refuse(refusal)),
    }
}

fn local_reply(headers: &Headers<'_>, end_of_stream: bool) -> (State, Step) {
    let failed = headers
        .first(":status")
        .is_some_and(|status| status.first() >= Some(&b'3'));
    if failed || end_of_stream {
        return (State::Responding(Body::Pass), Step::keep());
    }
    let refusal = Refusal::out_of_order("a response came although no request had gone on");
    (State::Over, Step::refuse(refusal))
}
