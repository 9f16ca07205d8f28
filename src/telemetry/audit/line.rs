//! A line of the audit log.

use std::time::Duration;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

use crate::clock::rfc_3339;
use crate::guardrail;
use crate::telemetry::record::{Guarded, Message, Phase, PhaseKind, Record};
use crate::trace;

/// The version of the schema of lines. A new one comes when a member goes or means something else;
/// members can come at any time.
pub const SCHEMA_VERSION: u32 = 1;

/// How many findings a line has, at most.
const MAX_FINDINGS: usize = 100;

/// One message of a client's, what was decided about it and what became of it. What is not known is
/// left out. No line has arguments, results, credentials, or ids by which a session can be used.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "A line of Sluice's audit log")]
pub(super) struct Line<'r> {
    /// The version of this schema.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    v: u32,
    /// The number of the line in its chain, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    /// SHA-256 of the line before, without its line break; zeros if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prev: Option<String>,
    /// When the HTTP request came (RFC 3339, UTC).
    time: String,
    /// How much was dropped since the line before: exchanges for which there was no room, and lines
    /// that could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dropped: Option<u64>,
    /// How many bytes of a line that was not written to its end were put aside before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) torn: Option<u64>,
    /// Who has said who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'r str>,
    /// Who calls, by the name that the issuer has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'r str>,
    /// The agent that acts for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'r str>,
    /// The virtual server.
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_server: Option<&'r str>,
    /// The MCP server behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'r str>,
    /// The method of MCP; `response` for an answer to the server; that of HTTP where there is no
    /// message.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'r str>,
    /// What kind of thing is named: `tool`, `prompt`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'r str>,
    /// What is named, cut if it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'r str>,
    /// The text of the id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'r str>,
    /// A name of the session that is good for nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'r str>,
    /// What was decided: `deny` also where the server has done it, and its answer was `withheld`.
    decision: Decision,
    /// Why it was denied: a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    /// Whether the message went to the server, and its answer did not go to the client.
    #[serde(skip_serializing_if = "is_false")]
    withheld: bool,
    /// The line of the manifest that decided about the message, if it was not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'r str>,
    /// SHA-256 of the text of the manifest that was in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'r str>,
    /// SHA-256 of the JSON of the arguments, byte for byte as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_sha256: Option<String>,
    /// What guardrails found; never the values.
    findings: Vec<Finding<'r>>,
    /// How many more findings there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_findings: Option<usize>,
    /// What became of it.
    #[schemars(extend("enum" = ["ok", "tool_error", "rpc_error", "http_error", "cancelled"]))]
    outcome: &'static str,
    /// The HTTP status of the server's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_status: Option<u16>,
    /// The bytes of the body of the HTTP request, as it came.
    request_bytes: u64,
    /// The bytes of the body of the server's answer, as it came.
    response_bytes: u64,
    /// How long the HTTP exchange took, in microseconds.
    took_us: u64,
    /// How long Sluice itself was at work in it, in microseconds.
    worked_us: u64,
    /// Where the time went, in the order in which it was spent.
    phases: Vec<Span<'r>>,
    /// The trace that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Allow,
    Deny,
}

/// Something that a guardrail found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Finding<'r> {
    /// The guardrail's name.
    guardrail: &'r str,
    /// `call` for what the client sent, `result` for what the server answered.
    phase: &'r str,
    /// How seriously it is taken.
    strategy: &'r str,
    /// What was broken, as a stable word.
    rule: &'r str,
    /// Where it was, as a JSON path.
    path: &'r str,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<&'r str>,
    /// What was done about it.
    action: &'r str,
    /// What the guardrail's look came to.
    outcome: &'r str,
}

/// A piece of the time that an exchange took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Span<'r> {
    /// What was done in it.
    phase: &'r str,
    /// The guardrail's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
    /// How long it took, in microseconds.
    us: u64,
}

/// The JSON Schema of lines.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Line<'_>>();
    schema.to_value()
}

/// The lines of an exchange: one for each message.
pub(super) fn lines(record: &Record) -> impl Iterator<Item = Line<'_>> {
    record.messages.iter().map(|message| line(record, message))
}

fn line<'r>(record: &'r Record, message: &'r Message) -> Line<'r> {
    let caller = record.caller.as_deref();
    let subject = caller.and_then(|caller| caller.subject());
    let server = record.virtual_server.as_deref();
    let asked = &*message.asked;
    let refused = message.refused();
    let (findings, more_findings) = findings(record, message);
    Line {
        v: SCHEMA_VERSION,
        seq: None,
        prev: None,
        time: rfc_3339(record.at),
        dropped: None,
        torn: None,
        issuer: subject.map(|(issuer, _)| issuer),
        subject: subject.map(|(_, subject)| subject),
        agent: caller.and_then(|caller| caller.agent()),
        virtual_server: server.map(|server| server.name()),
        server: server.map(|server| server.server()),
        method: asked.method,
        kind: asked.kind.map(|kind| kind.as_str()),
        target: asked.target.as_deref(),
        request_id: asked.id.as_deref(),
        session: record.session.as_deref(),
        decision: match refused {
            Some(_) => Decision::Deny,
            None => Decision::Allow,
        },
        reason: refused.map(|refused| refused.reason.as_str()),
        withheld: message.withheld.is_some(),
        rule: message.rule().map(|rule| rule.as_str()),
        manifest: record.manifest.as_deref(),
        arguments_sha256: asked.arguments.map(|digest| trace::text(&digest)),
        findings,
        more_findings: (more_findings > 0).then_some(more_findings),
        outcome: record.outcome(message).as_str(),
        upstream_status: record.upstream_status,
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
        took_us: microseconds(record.took()),
        worked_us: microseconds(record.worked),
        phases: record.phases.iter().map(span).collect(),
        trace_id: trace_id(record, message),
    }
}

/// What was found in a message and its answer, and how much of it is left out. Where it is not known
/// which message of several it was found in, it is said of all.
fn findings<'r>(record: &'r Record, message: &Message) -> (Vec<Finding<'r>>, usize) {
    let target = message.asked.target.as_deref();
    let is_alone = record.messages.len() == 1;
    let is_about = |guarded: &&Guarded| {
        is_alone || guarded.target.is_none() || guarded.target.as_deref() == target
    };
    let mut all = record
        .guarded()
        .filter(is_about)
        .flat_map(|guarded| guarded.findings.iter().map(|found| finding(guarded, found)));
    let findings = all.by_ref().take(MAX_FINDINGS).collect();
    (findings, all.count())
}

fn finding<'r>(guarded: &'r Guarded, found: &'r guardrail::Finding) -> Finding<'r> {
    Finding {
        guardrail: &guarded.guardrail,
        phase: guarded.phase.as_str(),
        strategy: guarded.strategy.as_str(),
        rule: &found.rule,
        path: &found.path,
        entity: found.entity.as_deref(),
        action: found.action.as_str(),
        outcome: guarded.outcome.as_str(),
    }
}

fn span(phase: &Phase) -> Span<'_> {
    Span {
        phase: phase.kind.as_str(),
        name: match &phase.kind {
            PhaseKind::Guardrail(guarded) => Some(&guarded.guardrail),
            PhaseKind::Middleware(name) => Some(name),
            PhaseKind::Identity
            | PhaseKind::Policy
            | PhaseKind::Credential
            | PhaseKind::Upstream => None,
        },
        us: microseconds(phase.took),
    }
}

/// The trace that spans are written to; without them, the one that the client names.
fn trace_id(record: &Record, message: &Message) -> Option<String> {
    let placed = record.place(message).map(|place| place.trace_id);
    let named = || message.asked.trace.as_ref().or(record.http_trace.as_ref());
    let id = placed.or_else(|| named().map(|context| context.trace_id));
    id.map(|id| trace::text(&id))
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(truth: &bool) -> bool {
    !truth
}
