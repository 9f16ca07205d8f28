//! What spans say of a message: the names are those of OpenTelemetry's conventions for MCP, and Sluice's
//! own begin with `sluice.`.

use opentelemetry::{Array, KeyValue, StringValue, Value};

use crate::exchange::Answer;
use crate::policy::{TargetKind, VirtualServer};
use crate::telemetry::record::{Guarded, Message, Outcome, Record, Verdict};

/// The most findings that one span lists.
const MOST_FINDINGS: usize = 32;

/// The method that stands for one that nobody knows.
const OTHER: &str = "_OTHER";

/// What failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// `error.type`.
    pub(super) kind: String,
    /// The code of the JSON-RPC error that tells of it.
    code: Option<i64>,
    /// What is to be told of it.
    pub(super) detail: String,
}

/// The name of the span of a message.
pub(super) fn name(message: &Message) -> String {
    let method = message.asked.method.unwrap_or(OTHER);
    match (&message.asked.kind, &message.asked.target) {
        (Some(TargetKind::Tool | TargetKind::Prompt), Some(target)) => format!("{method} {target}"),
        _ => method.to_owned(),
    }
}

/// What the span of a message says, and that of the wait for its answer.
pub(super) fn common(message: &Message) -> Vec<KeyValue> {
    let asked = &message.asked;
    let mut attributes = vec![
        KeyValue::new("network.transport", "tcp"),
        KeyValue::new("network.protocol.name", "http"),
    ];
    match asked.method {
        Some(method) if is_http(method) => {
            attributes.push(KeyValue::new("http.request.method", method));
        }
        method => attributes.push(KeyValue::new("mcp.method.name", method.unwrap_or(OTHER))),
    }
    let named = match asked.kind {
        Some(TargetKind::Tool) => Some("gen_ai.tool.name"),
        Some(TargetKind::Prompt) => Some("gen_ai.prompt.name"),
        Some(TargetKind::Resource) => Some("mcp.resource.uri"),
        Some(TargetKind::ResourceTemplate | TargetKind::Skill) | None => None,
    };
    if let (Some(key), Some(target)) = (named, &asked.target) {
        attributes.push(KeyValue::new(key, target.clone()));
    }
    if asked.method == Some("tools/call") {
        attributes.push(KeyValue::new("gen_ai.operation.name", "execute_tool"));
    }
    if let Some(id) = &asked.id {
        attributes.push(KeyValue::new("jsonrpc.request.id", id.clone()));
    }
    if let Some(version) = asked.version {
        attributes.push(KeyValue::new("mcp.protocol.version", version.as_str()));
    }
    attributes
}

/// Whether a method is one of HTTP: a request without a message.
fn is_http(method: &str) -> bool {
    method.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// What the span of a message says besides.
pub(super) fn server(record: &Record, message: &Message, is_first: bool) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    if let Some(session) = &record.session {
        attributes.push(KeyValue::new("mcp.session.id", session.clone()));
    }
    if let Some(server) = record.virtual_server.as_deref() {
        attributes.push(KeyValue::new(
            "sluice.virtual_server",
            server.name().to_owned(),
        ));
        attributes.push(KeyValue::new("sluice.server", server.server().to_owned()));
    }
    let decision = match message.verdict {
        Verdict::Allowed { .. } => "allow",
        Verdict::Refused(_) => "deny",
    };
    attributes.push(KeyValue::new("sluice.decision", decision));
    if let Some(refused) = message.refused() {
        attributes.push(KeyValue::new("sluice.reason", refused.reason.as_str()));
    }
    if let Some(rule) = message.rule() {
        attributes.push(KeyValue::new("sluice.rule", rule.as_str().to_owned()));
    }
    if is_first {
        attributes.extend(findings(record.guarded()));
    }
    attributes
}

/// What the span of the wait for the upstream says besides.
pub(super) fn client(server: Option<&VirtualServer>) -> Option<KeyValue> {
    server.map(|server| KeyValue::new("server.address", server.server().to_owned()))
}

/// What the span of a guardrail says.
pub(super) fn guardrail(guarded: &Guarded) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("sluice.guardrail", guarded.guardrail.to_string()),
        KeyValue::new("sluice.phase", guarded.phase.as_str()),
        KeyValue::new("sluice.strategy", guarded.strategy.as_str()),
        KeyValue::new("sluice.outcome", guarded.outcome.as_str()),
    ];
    attributes.extend(findings([guarded].into_iter()));
    attributes
}

/// What guardrails have found: by which, what, where, and what was done about it.
fn findings<'g>(guarded: impl Iterator<Item = &'g Guarded>) -> Option<KeyValue> {
    let each = guarded.flat_map(|guarded| {
        let findings = guarded.findings.iter();
        findings.map(move |finding| {
            let what = finding.entity.as_deref().unwrap_or(&finding.rule);
            let (guardrail, place) = (&guarded.guardrail, &finding.path);
            StringValue::from(format!(
                "{guardrail}: {what} at {place}: {}",
                finding.action
            ))
        })
    });
    let found: Vec<_> = each.take(MOST_FINDINGS).collect();
    let list = Value::Array(Array::String(found.clone()));
    (!found.is_empty()).then(|| KeyValue::new("sluice.findings", list))
}

/// What of a message failed, if anything did: as the client was told.
pub(super) fn failure(record: &Record, message: &Message) -> Option<Failure> {
    let outcome = record.outcome(message);
    if let Some(refused) = message.refused() {
        let detail = refused.detail.clone().into_owned();
        return Some(Failure::of(&refused.answer, outcome, detail));
    }
    match outcome {
        Outcome::Ok => None,
        // These end when the client has heard enough.
        Outcome::Cancelled if is_endless(message) => None,
        Outcome::ToolError | Outcome::RpcError | Outcome::HttpError | Outcome::Cancelled => {
            let answer = message.answer.as_ref().unwrap_or(&Answer::Result);
            Some(Failure::of(answer, outcome, String::new()))
        }
    }
}

/// Whether a message is answered by a stream that has no end of its own.
fn is_endless(message: &Message) -> bool {
    matches!(message.asked.method, Some("GET" | "subscriptions/listen"))
}

/// What of the upstream's answer failed.
pub(super) fn upstream_failure(record: &Record, message: &Message) -> Option<Failure> {
    let bare = Message {
        withheld: None,
        ..message.clone()
    };
    failure(record, &bare)
}

impl Failure {
    fn of(answer: &Answer, outcome: Outcome, detail: String) -> Self {
        let (kind, code) = match answer {
            Answer::ToolError => ("tool_error".to_owned(), None),
            Answer::Error { code: Some(code) } => (code.to_string(), Some(*code)),
            Answer::Error { code: None } => (OTHER.to_owned(), None),
            Answer::Result => (outcome.as_str().to_owned(), None),
        };
        Self { kind, code, detail }
    }

    /// What a span says of it.
    pub(super) fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = vec![KeyValue::new("error.type", self.kind.clone())];
        if let Some(code) = self.code {
            attributes.push(KeyValue::new("rpc.response.status_code", code.to_string()));
        }
        attributes
    }
}
