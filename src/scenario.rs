//! Single messages, put to the same [`Exchange`] that serves Envoy.
//!
//! What a manifest's tests show and what `sluice explain` says is thereby what production does.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::exchange::{
    Ask, BodyEdit, Credential, Event, Exchange, Headers, IdentityFailure, Judgement, Occurrence,
    Refusal, Reply, Vouched,
};
use crate::json::{self, Document};
use crate::manifest::{Expectation, Given, Test};
use crate::mcp::{ClientMethod, ProtocolVersion, header, meta};
use crate::policy::{Caller, InvalidClaims, Policy, Reason, SUPPOSED_ISSUER, Trust, VirtualServer};
use crate::seal::{self, Keys};

/// What became of a message.
#[derive(Debug)]
pub struct Outcome {
    /// The refusal, if it was refused.
    pub refusal: Option<Refusal>,
    /// What happened on the way.
    pub occurrences: Vec<Occurrence>,
    /// The message as the other side gets it; `None` if it was refused or not passed on.
    pub passed: Option<String>,
}

/// A test of a manifest that did not come out as it expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It was let through.
    #[error("expected deny, but the message is allowed")]
    Allowed,
    /// It was refused.
    #[error("expected allow, but the message is denied: {0}")]
    Denied(Reason),
    /// It was refused for another reason.
    #[error("expected deny for {expected}, but the reason is {actual}")]
    OtherReason {
        /// The reason that the test names.
        expected: Reason,
        /// The reason that the exchange gave.
        actual: Reason,
    },
}

/// A policy to ask, with keys that everyone knows: what they seal never leaves.
#[must_use]
pub fn rehearse(policy: Policy) -> Policy {
    match Keys::new([[0; seal::KEY_BYTES]]) {
        Ok(keys) => policy.with_seal_keys(&Arc::new(keys)),
        Err(_) => policy,
    }
}

/// Runs one of a manifest's tests.
///
/// # Errors
///
/// Says how the decision differs from what the test expects.
pub fn run(policy: &Arc<Policy>, server: &VirtualServer, test: &Test) -> Result<(), Failure> {
    let denied = ask(policy, server, &test.given, test.claims.as_ref())
        .refusal
        .map(|refusal| refusal.reason());
    match (test.expect, denied) {
        (Expectation::Allow, None) | (Expectation::Deny { reason: None }, Some(_)) => Ok(()),
        (Expectation::Allow, Some(reason)) => Err(Failure::Denied(reason)),
        (Expectation::Deny { .. }, None) => Err(Failure::Allowed),
        (
            Expectation::Deny {
                reason: Some(expected),
            },
            Some(actual),
        ) if expected == actual => Ok(()),
        (
            Expectation::Deny {
                reason: Some(expected),
            },
            Some(actual),
        ) => Err(Failure::OtherReason { expected, actual }),
    }
}

/// Sends a message as a client of `server` would, in the newest version that has sessions, if one
/// is served, or in the version that the message itself names. `claims` are those of the client's
/// token, as if someone had verified them; without claims it has none.
#[must_use]
pub fn ask(
    policy: &Arc<Policy>,
    server: &VirtualServer,
    given: &Given,
    claims: Option<&Map<String, Value>>,
) -> Outcome {
    let body = match given {
        Given::Call { name, arguments } => request(server, "tools/call", "name", name, arguments),
        Given::Prompt { name, arguments } => {
            request(server, "prompts/get", "name", name, arguments)
        }
        Given::Resource { uri } => request(server, "resources/read", "uri", uri, &None),
        Given::Skill { uri } => request(server, "skills/get", "uri", uri, &None),
        Given::Message(text) => text.clone(),
    };
    let mirrors = Mirrors::of(server, &body, policy);
    let mut headers = vec![
        (":method", b"POST".as_slice()),
        (":path", server.match_path().unwrap_or("/").as_bytes()),
        ("content-type", b"application/json"),
    ];
    headers.extend(
        mirrors
            .0
            .iter()
            .map(|(name, value)| (*name, value.as_bytes())),
    );
    let mut conversation = Conversation::begin(policy, server, claims);
    headers.extend(conversation.credentials());
    let headers = Headers::from_iter(headers);
    conversation.tell(Event::RequestHeaders {
        headers,
        end_of_stream: false,
    });
    conversation.tell(Event::RequestBody(Bytes::from(body.clone())));
    conversation.end(body)
}

/// Receives a message of the upstream as a client of `server` would, on a stream that nobody asked
/// anything on. `claims` are as for [`ask`].
#[must_use]
pub fn hear(
    policy: &Arc<Policy>,
    server: &VirtualServer,
    message: &str,
    claims: Option<&Map<String, Value>>,
) -> Outcome {
    let mut conversation = Conversation::begin(policy, server, claims);
    let path = server.match_path().unwrap_or("/").as_bytes();
    let version = version(server);
    let (verb, asks) = if version.is_modern() {
        // There is no stream but that of a request.
        (b"POST".as_slice(), Some(listen(message, policy)))
    } else {
        (b"GET".as_slice(), None)
    };
    let mut headers = vec![
        (":method", verb),
        (":path", path),
        ("content-type", b"application/json"),
        (header::PROTOCOL_VERSION, version.as_str().as_bytes()),
        (header::METHOD, ClientMethod::Listen.as_str().as_bytes()),
    ];
    headers.extend(conversation.credentials());
    let headers = Headers::from_iter(headers);
    let end_of_stream = asks.is_none();
    conversation.tell(Event::RequestHeaders {
        headers,
        end_of_stream,
    });
    if let Some(asks) = asks {
        conversation.tell(Event::RequestBody(asks.into()));
    }
    let headers = [
        (":status", b"200".as_slice()),
        ("content-type", b"text/event-stream"),
    ];
    let headers = Headers::from_iter(headers);
    conversation.tell(Event::ResponseHeaders {
        headers,
        end_of_stream: false,
    });
    let mut event = Vec::new();
    let data = Some(message.trim().as_bytes().to_vec());
    crate::mcp::sse::Event {
        data,
        ..Default::default()
    }
    .write(&mut event);
    conversation.tell(Event::ResponseBody {
        chunk: event.into(),
        end_of_stream: true,
    });
    let mut outcome = conversation.end(String::new());
    outcome.passed = outcome.passed.and_then(|stream| data_of(&stream));
    outcome
        .occurrences
        .retain(|occurrence| !matches!(occurrence, Occurrence::Allowed { .. }));
    outcome
}

/// A request on whose stream `message` can come: one that has its id.
fn listen(message: &str, policy: &Policy) -> String {
    let document = Document::parse(message.as_bytes(), &policy.limits().downlink_json()).ok();
    let id = document
        .as_ref()
        .and_then(|document| document.root().get("id"));
    let id = id.map_or("1", json::Value::raw);
    let version = ProtocolVersion::V2026_07_28.as_str();
    let envelope = json!({meta::PROTOCOL_VERSION: version, meta::CLIENT_CAPABILITIES: {}});
    let method = ClientMethod::Listen.as_str();
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"notifications":{{}},"_meta":{envelope}}}}}"#
    )
}

/// The data of the one event in a stream.
fn data_of(stream: &str) -> Option<String> {
    let mut decoder = crate::mcp::sse::Decoder::new(usize::MAX);
    let mut items = Vec::new();
    decoder.push(stream.as_bytes(), &mut items).ok()?;
    items.into_iter().find_map(|item| match item {
        crate::mcp::sse::Item::Event(event) => String::from_utf8(event.data?).ok(),
        crate::mcp::sse::Item::Comment => None,
    })
}

/// The newest version with sessions that `server` serves, else the newest.
fn version(server: &VirtualServer) -> ProtocolVersion {
    let served = server.protocol_versions();
    let newest = served
        .iter()
        .copied()
        .max()
        .unwrap_or(ProtocolVersion::V2025_11_25);
    let legacy = served
        .iter()
        .copied()
        .filter(|version| !version.is_modern())
        .max();
    legacy.unwrap_or(newest)
}

fn request(
    server: &VirtualServer,
    method: &str,
    key: &str,
    name: &str,
    arguments: &Option<Map<String, Value>>,
) -> String {
    let mut params = Map::new();
    params.insert(key.to_owned(), name.into());
    if let Some(arguments) = arguments {
        params.insert("arguments".to_owned(), Value::Object(arguments.clone()));
    }
    let version = version(server);
    if version.is_modern() {
        let envelope =
            json!({meta::PROTOCOL_VERSION: version.as_str(), meta::CLIENT_CAPABILITIES: {}});
        params.insert("_meta".to_owned(), envelope);
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// The headers that a client sends with a message.
struct Mirrors(Vec<(&'static str, String)>);

impl Mirrors {
    fn of(server: &VirtualServer, body: &str, policy: &Policy) -> Self {
        let document = Document::parse(body.as_bytes(), &policy.limits().json).ok();
        let root = document.as_ref().map(Document::root);
        let text = |value: Option<json::Value<'_>>| {
            value
                .and_then(json::Value::as_str)
                .map(|text| text.into_owned())
        };
        let params = root.and_then(|root| root.get("params"));
        let envelope = params.and_then(|params| params.get("_meta"));
        let claim = text(envelope.and_then(|envelope| envelope.get(meta::PROTOCOL_VERSION)));
        let Some(claim) = claim else {
            return Self(vec![(
                header::PROTOCOL_VERSION,
                version(server).as_str().to_owned(),
            )]);
        };
        let mut mirrors = vec![(header::PROTOCOL_VERSION, claim)];
        if let Some(method) = text(root.and_then(|root| root.get("method"))) {
            mirrors.push((header::METHOD, method));
        }
        let name = params.and_then(|params| params.get("name").or_else(|| params.get("uri")));
        if let Some(name) = text(name) {
            mirrors.push((header::NAME, header::encode_value(&name).into_owned()));
        }
        Self(mirrors)
    }
}

/// Who calls, if someone vouches for these claims.
fn caller(
    server: &VirtualServer,
    claims: Option<&Map<String, Value>>,
) -> Option<Result<Caller, InvalidClaims>> {
    let authentication = server.authentication()?;
    Some(Caller::supposed(claims?.clone(), authentication))
}

/// What Envoy would vouch for.
fn vouched(server: &VirtualServer, claims: Option<&Map<String, Value>>) -> Vouched {
    let (Some(authentication), Some(claims)) = (server.authentication(), claims) else {
        return Vouched::default();
    };
    let mut vouched = Vouched::default();
    match &authentication.trust {
        Trust::Issuers(_) => {}
        Trust::EnvoyJwtAuthn { payload, .. } => {
            let mut claims = claims.clone();
            claims
                .entry("iss")
                .or_insert_with(|| SUPPOSED_ISSUER.into());
            vouched
                .jwt_authn
                .insert(payload.clone(), Value::Object(claims));
        }
        Trust::EnvoyPeerCertificate => {
            let subject = claims.get("sub").and_then(Value::as_str);
            vouched.peer_uri = subject.map(str::to_owned);
        }
    }
    vouched
}

/// An exchange under way.
struct Conversation {
    exchange: Option<Exchange>,
    /// Who calls, if anyone says so.
    caller: Option<Result<Caller, InvalidClaims>>,
    outcome: Outcome,
    changed: bool,
    refused: bool,
}

impl Conversation {
    fn begin(
        policy: &Arc<Policy>,
        server: &VirtualServer,
        claims: Option<&Map<String, Value>>,
    ) -> Self {
        let route = server.match_route().map(str::to_owned);
        let exchange = Exchange::new(Arc::clone(policy), route);
        Self {
            exchange: Some(exchange.vouched(vouched(server, claims))),
            caller: caller(server, claims),
            outcome: Outcome {
                refusal: None,
                occurrences: Vec::new(),
                passed: None,
            },
            changed: false,
            refused: false,
        }
    }

    /// The token that stands for the claims; what is in it nobody reads.
    fn credentials(&self) -> Option<(&'static str, &'static [u8])> {
        let is_there = self.caller.is_some();
        is_there.then_some(("authorization", b"Bearer supposed".as_slice()))
    }

    fn tell(&mut self, event: Event<'_>) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let (exchange, step) = exchange.handle(event);
        self.outcome.occurrences.extend(step.occurrences);
        match step.reply {
            Reply::Continue { body, .. } => {
                self.exchange = Some(exchange);
                if let BodyEdit::Replace(body) = body {
                    self.changed = true;
                    self.outcome.passed = Some(String::from_utf8_lossy(&body).into_owned());
                }
            }
            Reply::Refuse(refusal) => {
                self.refused = true;
                self.outcome.refusal = Some(refusal);
            }
            Reply::Answer(_) | Reply::Abort(_) => self.refused = true,
            Reply::Ask(ask) => match *ask {
                Ask::Identity(_) => {
                    self.exchange = Some(exchange);
                    let nobody = IdentityFailure::InvalidToken("there are no claims of a subject");
                    let caller = self.caller.clone().and_then(Result::ok);
                    self.tell(Event::Identified(caller.map(Arc::new).ok_or(nobody)));
                }
                Ask::Guardrail(_) => {
                    self.exchange = Some(exchange);
                    // Whoever is elsewhere is not asked, and takes nothing amiss.
                    let judgement = Judgement {
                        allowed: true,
                        message: None,
                        payload: None,
                        findings: Vec::new(),
                    };
                    self.tell(Event::Judged(Ok(judgement)));
                }
                Ask::Credential(_) => {
                    self.exchange = Some(exchange);
                    self.tell(Event::Credential(Ok(Credential::default())));
                }
            },
        }
    }

    /// What became of it; `unchanged` is what went on, if nothing changed it.
    fn end(mut self, unchanged: String) -> Outcome {
        if self.refused {
            self.outcome.passed = None;
        } else if !self.changed {
            self.outcome.passed = Some(unchanged);
        }
        self.outcome
    }
}
