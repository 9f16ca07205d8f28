//! A client and an upstream made of plain data.

use std::sync::Arc;

use bytes::Bytes;
use sluice::exchange::{BodyEdit, Event, Exchange, HeaderEdits, Headers, Refusal, Reply, Step};
use sluice::manifest;
use sluice::policy::{Policy, View};
use sluice::seal::Keys;

pub(crate) const MANIFEST: &str = r#"
servers:
  github:
    tool_metadata:
      get_customer: {name: look_up}
      drop_customer: {name: remove}
      get_all: {name: list_all}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    servers:
      - name: github
        enabled_tools: [get_issue, "list_*"]
        disabled_tools: [list_secrets]
    enabled_prompts: [triage]
    enabled_resources: ["repo://acme/readme", "repo://{owner}/{repo}/issues"]
  batches:
    match: {path: /mcp/batches}
    servers: [{name: github, enabled_tools: [get_issue, "list_*"]}]
    batches: true
  old:
    match: {path: /mcp/old}
    http_sse: {path: /mcp/old/sse, messages: /mcp/old/messages}
    protocol_versions: ["2025-03-26", "2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"]
    batches: true
    servers: [{name: github, enabled_tools: [get_issue, "list_*"]}]
  old-by-route:
    match: {route: old-by-route}
    http_sse: {path: /old/sse, messages: /old/messages}
    servers: [{name: github, enabled_tools: [get_issue]}]
  surface:
    match: {path: /mcp/surface}
    http_sse: {path: /mcp/surface/sse, messages: /mcp/surface/messages}
    batches: true
    servers:
      - name: github
        enabled_tools: [get_issue, get_customer, get_all, "list_*"]
        disabled_tools: [list_secrets]
    enabled_prompts: [triage]
    enabled_resources: ["repo://acme/readme", "repo://{owner}/{repo}/issues"]
    disabled_resources: ["repo://acme/hidden/*"]
  skills:
    match: {path: /mcp/skills}
    servers: [{name: github}]
    enabled_resources: ["repo://*"]
    enabled_skills: ["skill://acme/*"]
    disabled_skills: ["skill://acme/secret/SKILL.md", "repo://skills/secret/SKILL.md"]
  tasks:
    match: {path: /mcp/tasks}
    servers:
      - name: github
        enabled_tools: [get_issue, get_customer, "list_*"]
        disabled_tools: [list_secrets]
    enabled_resources: ["repo://acme/readme"]
    tasks: true
  other-tasks:
    match: {path: /mcp/other-tasks}
    servers: [{name: github, enabled_tools: [get_issue]}]
    tasks: true
  everything:
    match: {route: everything}
    servers: [{name: github, enabled_tools: ["*"]}]
    enabled_prompts: ["*"]
    enabled_resources: ["*"]
    disabled_resources: ["repo://a/secret/*"]
    instructions: pass
  modern-only:
    match: {path: /mcp/modern}
    servers: [{name: github, enabled_tools: ["*"]}]
    instructions: {replace: "Be brief."}
    protocol_versions: ["2026-07-28"]
limits: {max_request_bytes: 2MiB, max_response_bytes: 64KiB, max_sse_event_bytes: 16KiB, max_id_bytes: 64}
"#;

/// A key that seals no more, and opens still.
pub(crate) const OLD_KEY: [u8; 32] = [1; 32];

pub(crate) fn policy() -> Arc<Policy> {
    let keys = Arc::new(Keys::new([[2; 32], OLD_KEY]).unwrap());
    match manifest::load("sluice.yaml", MANIFEST) {
        Ok(loaded) => Arc::new(loaded.policy.with_seal_keys(&keys)),
        Err(diagnostics) => panic!("{diagnostics:?}"),
    }
}

/// What a client sends.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) route: Option<&'static str>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// The end of the request phase.
pub(crate) enum Sent {
    Forwarded(Box<Forwarded>),
    Refused(Refusal),
}

/// A request that has gone on.
pub(crate) struct Forwarded {
    pub(crate) exchange: Exchange,
    pub(crate) headers: HeaderEdits,
    pub(crate) body: BodyEdit,
}

/// What the client gets in the end.
#[derive(Debug)]
pub(crate) enum Received {
    Response { headers: HeaderEdits, body: Vec<u8> },
    Refused(Refusal),
    Cut,
}

pub(crate) fn post(body: impl Into<Vec<u8>>) -> Call {
    Call {
        method: "POST",
        path: "/mcp/triage".to_owned(),
        route: None,
        headers: vec![("content-type".into(), b"application/json".to_vec())],
        body: Some(body.into()),
    }
}

pub(crate) fn get() -> Call {
    Call {
        method: "GET",
        path: "/mcp/triage".to_owned(),
        route: None,
        headers: Vec::new(),
        body: None,
    }
}

/// A modern request: `params` without its `_meta`, and the headers that mirror it.
pub(crate) fn modern(method: &str, params: &str, name: Option<&str>) -> Call {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let comma = if params.is_empty() { "" } else { "," };
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{meta}{comma}{params}}}}}"#
    );
    let call = post(body)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    match name {
        Some(name) => call.header("mcp-name", name),
        None => call,
    }
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self
    }

    pub(crate) fn path(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// The same, with the ids of session and event as the virtual server has given them out.
    pub(crate) fn sealed(mut self) -> Self {
        let policy = policy();
        let path = self.path.split('?').next().unwrap();
        let (server, _) = policy.select(self.route, path).unwrap();
        let view = View::anonymous(Arc::clone(server));
        let ids = view.session_ids().unwrap();
        if let Some((before, id)) = self.path.split_once('=') {
            self.path = format!("{before}={}", ids.seal(id).unwrap());
        }
        let session = self
            .headers
            .iter()
            .find(|(name, _)| name == "mcp-session-id");
        let session = session.map(|(_, id)| String::from_utf8(id.clone()).unwrap());
        for (name, value) in &mut self.headers {
            let id = String::from_utf8_lossy(value).into_owned();
            let sealed = match name.as_str() {
                "mcp-session-id" => ids.seal(&id),
                "last-event-id" => ids.seal_event(session.as_deref().unwrap(), &id),
                _ => continue,
            };
            *value = sealed.unwrap().into_bytes();
        }
        self
    }

    pub(crate) fn route(mut self, route: &'static str) -> Self {
        self.route = Some(route);
        self
    }

    pub(crate) fn verb(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn send(self) -> Sent {
        let exchange = Exchange::new(policy(), self.route.map(str::to_owned));
        let pseudo = [
            (":method", self.method.as_bytes()),
            (":path", self.path.as_bytes()),
            (":authority", b"gateway.example.com"),
        ];
        let named = self.headers.iter().any(|(name, _)| name == ":authority");
        let headers: Headers<'_> = pseudo
            .into_iter()
            .filter(|(name, _)| !named || *name != ":authority")
            .chain(
                self.headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_slice())),
            )
            .collect();
        let end_of_stream = self.body.is_none();
        let (exchange, step) = exchange.handle(Event::RequestHeaders {
            headers,
            end_of_stream,
        });
        let (headers, _) = match split(step) {
            Ok(edits) => edits,
            Err(refusal) => return Sent::Refused(refusal),
        };
        let Some(body) = self.body else {
            return Sent::Forwarded(Box::new(Forwarded {
                exchange,
                headers,
                body: BodyEdit::Keep,
            }));
        };
        let (exchange, step) = exchange.handle(Event::RequestBody(Bytes::from(body)));
        match split(step) {
            Ok((more, body)) => {
                let mut headers = headers;
                headers.set.extend(more.set);
                headers.remove.extend(more.remove);
                Sent::Forwarded(Box::new(Forwarded {
                    exchange,
                    headers,
                    body,
                }))
            }
            Err(refusal) => Sent::Refused(refusal),
        }
    }

    #[track_caller]
    pub(crate) fn refused(self) -> Refusal {
        match self.send() {
            Sent::Refused(refusal) => refusal,
            Sent::Forwarded(_) => panic!("the request went on"),
        }
    }

    #[track_caller]
    pub(crate) fn forwarded(self) -> Forwarded {
        match self.send() {
            Sent::Forwarded(forwarded) => *forwarded,
            Sent::Refused(refusal) => panic!("refused: {}", refusal.body()),
        }
    }
}

fn split(step: Step) -> Result<(HeaderEdits, BodyEdit), Refusal> {
    match step.reply {
        Reply::Continue { headers, body } => Ok((headers, body)),
        Reply::Refuse(refusal) => Err(refusal),
        Reply::Abort(reason) => panic!("cut: {reason}"),
        Reply::Answer(json) => panic!("answered: {json}"),
        Reply::Ask(ask) => panic!("asked: {ask:?}"),
    }
}

impl Forwarded {
    /// The body as the upstream gets it, when it was changed.
    pub(crate) fn rewritten(&self) -> Option<String> {
        match &self.body {
            BodyEdit::Keep => None,
            BodyEdit::Replace(body) => Some(String::from_utf8(body.to_vec()).unwrap()),
        }
    }

    /// Answers with 200 and JSON in one piece.
    pub(crate) fn json(self, body: &str) -> Received {
        self.answer(
            &[(":status", "200"), ("content-type", "application/json")],
            &[body.as_bytes()],
        )
    }

    /// Answers with 200 and events in one piece.
    pub(crate) fn events(self, body: &str) -> Received {
        self.answer(
            &[(":status", "200"), ("content-type", "text/event-stream")],
            &[body.as_bytes()],
        )
    }

    /// Answers with these headers and this body, the end of the stream in a piece of its own.
    pub(crate) fn answer(self, headers: &[(&str, &str)], chunks: &[&[u8]]) -> Received {
        let headers: Headers<'_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let end_of_stream = chunks.is_empty();
        let (mut exchange, step) = self.exchange.handle(Event::ResponseHeaders {
            headers,
            end_of_stream,
        });
        let headers = match split(step) {
            Ok((headers, _)) => headers,
            Err(refusal) => return Received::Refused(refusal),
        };
        let mut received = Vec::new();
        let last: &[u8] = b"";
        for chunk in chunks.iter().chain(std::iter::once(&last)) {
            if end_of_stream {
                break;
            }
            let chunk = Bytes::copy_from_slice(chunk);
            let end_of_stream = chunk.is_empty();
            let (next, step) = exchange.handle(Event::ResponseBody {
                chunk: chunk.clone(),
                end_of_stream,
            });
            exchange = next;
            match step.reply {
                Reply::Continue {
                    body: BodyEdit::Keep,
                    ..
                } => received.extend_from_slice(&chunk),
                Reply::Continue {
                    body: BodyEdit::Replace(body),
                    ..
                } => {
                    received.extend_from_slice(&body);
                }
                Reply::Refuse(refusal) => panic!("too late: {}", refusal.body()),
                Reply::Abort(_) => return Received::Cut,
                Reply::Answer(json) => panic!("too late: {json}"),
                Reply::Ask(ask) => panic!("asked: {ask:?}"),
            }
        }
        Received::Response {
            headers,
            body: received,
        }
    }
}

impl Received {
    #[track_caller]
    pub(crate) fn text(self) -> String {
        match self {
            Self::Response { body, .. } => String::from_utf8(body).unwrap(),
            Self::Refused(refusal) => panic!("refused: {}", refusal.body()),
            Self::Cut => panic!("cut"),
        }
    }

    #[track_caller]
    pub(crate) fn refused(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Response { body, .. } => {
                panic!("passed: {}", String::from_utf8_lossy(&body))
            }
            Self::Cut => panic!("cut"),
        }
    }
}
