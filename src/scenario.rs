//! Single messages, put to the same [`Exchange`](crate::exchange::Exchange) that serves Envoy.
//!
//! What a manifest's tests show and what `sluice explain` says is thereby what production does.

mod conversation;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::exchange::{self, Event, Headers, Occurrence, Refusal};
use crate::guardrail::Strategy;
use crate::json::{self, Document};
use crate::manifest::{Decided, Expectation, Given, Test};
use crate::mcp::{ClientMethod, ProtocolVersion, header, meta};
use crate::policy::{Policy, Reason, VirtualServer};
use crate::seal::{self, Keys};
use conversation::Conversation;

/// What became of a message.
#[derive(Debug)]
pub struct Outcome {
    /// The refusal, if it was refused.
    pub refusal: Option<Refusal>,
    /// What happened on the way.
    pub occurrences: Vec<Occurrence>,
    /// The message as the other side gets it; `None` if it was refused or not passed on.
    pub passed: Option<String>,
    /// The answer to it as the client gets it, where one was given.
    pub answered: Option<String>,
}

impl Outcome {
    /// Why the message, or the answer that was given to it, was refused, if either was.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let told = self.refusal.as_ref().map(Refusal::reason);
        told.or_else(|| {
            self.answered.as_ref()?;
            self.occurrences
                .iter()
                .find_map(|occurrence| match occurrence {
                    Occurrence::Refused { reason, .. } => Some(*reason),
                    Occurrence::Allowed { .. }
                    | Occurrence::Answered { .. }
                    | Occurrence::InSession(_)
                    | Occurrence::Filtered { .. }
                    | Occurrence::Guarded { .. }
                    | Occurrence::Dropped { .. } => None,
                })
        })
    }

    /// The guardrail that refused it, if one did.
    #[must_use]
    pub fn refused_by(&self) -> Option<&str> {
        self.occurrences
            .iter()
            .find_map(|occurrence| match occurrence {
                Occurrence::Guarded {
                    guardrail,
                    strategy: Strategy::Enforce | Strategy::EnforceButIgnoreOnError,
                    outcome: exchange::Outcome::Blocked | exchange::Outcome::Failed,
                    ..
                } => Some(&**guardrail),
                Occurrence::Guarded { .. }
                | Occurrence::Allowed { .. }
                | Occurrence::Answered { .. }
                | Occurrence::InSession(_)
                | Occurrence::Refused { .. }
                | Occurrence::Filtered { .. }
                | Occurrence::Dropped { .. } => None,
            })
    }
}

/// A test of a manifest that did not come out as it expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// It was refused, but not by this guardrail.
    #[error("expected deny by the guardrail {expected}, but it is {actual} that denies it")]
    OtherGuardrail {
        /// The guardrail that the test names.
        expected: String,
        /// What refused it.
        actual: String,
    },
    /// What the server gets, or the client, is not what the test says.
    #[error("the {what} are expected to be {expected}, but they are {actual}")]
    OtherText {
        /// What differs.
        what: &'static str,
        /// What the test says, as JSON.
        expected: String,
        /// What it is, as JSON.
        actual: String,
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
    let outcome = ask(policy, server, &test.given, test.claims.as_ref());
    let expected = &test.expect;
    match (expected.decision, outcome.reason()) {
        (Decided::Allow, None) | (Decided::Deny { reason: None }, Some(_)) => Ok(()),
        (Decided::Allow, Some(reason)) => Err(Failure::Denied(reason)),
        (Decided::Deny { .. }, None) => Err(Failure::Allowed),
        (Decided::Deny { reason: Some(said) }, Some(actual)) if said == actual => Ok(()),
        (Decided::Deny { reason: Some(said) }, Some(actual)) => Err(Failure::OtherReason {
            expected: said,
            actual,
        }),
    }?;
    refused_by(expected, &outcome)?;
    let texts = [
        (
            "arguments",
            &expected.arguments,
            &outcome.passed,
            "/params/arguments",
        ),
        (
            "contents of the result",
            &expected.result,
            &outcome.answered,
            "/result",
        ),
    ];
    for (what, expected, message, at) in texts {
        let Some(expected) = expected else { continue };
        let message: Option<Value> = message
            .as_deref()
            .and_then(|message| serde_json::from_str(message).ok());
        let actual = message.as_ref().and_then(|message| message.pointer(at));
        if actual != Some(expected) {
            return Err(Failure::OtherText {
                what,
                expected: expected.to_string(),
                actual: actual.map_or("not there".to_owned(), Value::to_string),
            });
        }
    }
    Ok(())
}

fn refused_by(expected: &Expectation, outcome: &Outcome) -> Result<(), Failure> {
    let Some(guardrail) = &expected.guardrail else {
        return Ok(());
    };
    match outcome.refused_by() {
        Some(name) if name == guardrail => Ok(()),
        other => Err(Failure::OtherGuardrail {
            expected: guardrail.clone(),
            actual: other.unwrap_or("no guardrail").to_owned(),
        }),
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
        Given::Call {
            name, arguments, ..
        } => request(server, "tools/call", "name", name, arguments),
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
    conversation.asked(&body);
    if let Given::Call {
        result: Some(result),
        ..
    } = given
    {
        answer(&mut conversation, result);
    }
    conversation.end()
}

/// Answers a call with this result.
fn answer(conversation: &mut Conversation, result: &Map<String, Value>) {
    if conversation.is_over() {
        return;
    }
    let headers = [
        (":status", b"200".as_slice()),
        ("content-type", b"application/json"),
    ];
    conversation.tell(Event::ResponseHeaders {
        headers: Headers::from_iter(headers),
        end_of_stream: false,
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    conversation.tell(Event::ResponseBody {
        chunk: message.clone().into(),
        end_of_stream: true,
    });
    conversation.answered(&message);
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
    conversation.asked("");
    let mut outcome = conversation.end();
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
