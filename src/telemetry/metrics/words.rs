//! What stands in labels: words of the manifest and of Sluice, and no others.

use std::borrow::Cow;
use std::sync::Arc;

use super::family::NONE;
use crate::detect::Entity;
use crate::exchange::{Answer, Asked};
use crate::guardrail::Finding;
use crate::jsonrpc::code;
use crate::mcp::code as mcp_code;
use crate::policy::guard::Means;
use crate::policy::{Reason, TargetKind, VirtualServer};
use crate::telemetry::record::{Guarded, Message, Outcome, Verdict};

/// What stands for whatever is none of the known words (as the conventions have it).
const OTHER: &str = "_OTHER";

/// What stands for a word of an external guardrail's own.
const OTHER_ENTITY: &str = "other";

/// What stands for a call that Sluice answered itself.
const REFUSED: &str = "refused";

/// The codes of errors that JSON-RPC and MCP define.
const CODES: &[(i64, &str)] = &[
    (code::PARSE_ERROR, "-32700"),
    (code::INVALID_REQUEST, "-32600"),
    (code::METHOD_NOT_FOUND, "-32601"),
    (code::INVALID_PARAMS, "-32602"),
    (code::INTERNAL_ERROR, "-32603"),
    (mcp_code::HEADER_MISMATCH, "-32020"),
    (mcp_code::MISSING_CLIENT_CAPABILITY, "-32021"),
    (mcp_code::UNSUPPORTED_PROTOCOL_VERSION, "-32022"),
    (mcp_code::RESOURCE_NOT_FOUND, "-32002"),
    (mcp_code::SESSION_NOT_FOUND, "-32001"),
];

/// The method of an operation. Nothing for what is none: answers to the server, and requests of HTTP
/// without a message, whose streams last for as long as the client likes.
pub(super) fn method(asked: &Asked) -> Option<&'static str> {
    match asked.method {
        None => Some(OTHER),
        Some("response") => None,
        Some(method) if method.starts_with(|c: char| c.is_ascii_uppercase()) => None,
        Some(method) => Some(method),
    }
}

/// What the manifest calls the tool that a message names: nothing for one that is not enabled.
pub(super) fn tool<'s>(server: &'s VirtualServer, message: &Message) -> Option<&'s Arc<str>> {
    let asked = &message.asked;
    let name = asked.target.as_deref();
    let name = name.filter(|_| asked.kind == Some(TargetKind::Tool))?;
    match &message.verdict {
        Verdict::Allowed { rule } => server.tool_label(name, rule.as_ref()),
        Verdict::Refused(refused) if refused.reason == Reason::ToolNotEnabled => None,
        Verdict::Refused(_) => server.tool_label(name, None),
    }
}

/// The kind of failure, as the conventions have it (`error.type`).
pub(super) fn error_type(message: &Message, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => NONE,
        Outcome::ToolError | Outcome::HttpError | Outcome::Cancelled => outcome.as_str(),
        Outcome::RpcError => {
            let refused = message.refused().map(|refused| &refused.answer);
            match refused.or(message.answer.as_ref()) {
                Some(Answer::Error { code: Some(code) }) => {
                    let known = CODES.iter().find(|(known, _)| known == code);
                    known.map_or(OTHER, |(_, text)| text)
                }
                Some(Answer::Error { code: None } | Answer::Result | Answer::ToolError) | None => {
                    OTHER
                }
            }
        }
    }
}

/// What became of a call, with a word for those that Sluice answered itself.
pub(super) fn outcome(message: &Message, outcome: Outcome) -> &'static str {
    match message.refused() {
        Some(_) => REFUSED,
        None => outcome.as_str(),
    }
}

/// What was found. Checks of Sluice's own have words of Sluice and of the manifest; what a service
/// elsewhere says may be anything, so that of its words only those stand that Sluice has too.
pub(super) fn entity<'f>(
    server: Option<&VirtualServer>,
    guarded: &Guarded,
    finding: &'f Finding,
) -> &'f str {
    let word = finding.entity.as_deref().unwrap_or(&finding.rule);
    let attached = server.map_or(&[][..], |server| server.guards().attached(guarded.phase));
    let mut guards = attached.iter().map(|attached| &attached.guard);
    let guard = guards.find(|guard| guard.name == guarded.guardrail);
    let is_own = match guard.map(|guard| &guard.means) {
        Some(Means::Check(_)) => true,
        Some(Means::External(_)) => false,
        None => finding.entity.is_none() && matches!(finding.rule, Cow::Borrowed(_)),
    };
    match is_own {
        true => word,
        false => Entity::parse(word).map_or(OTHER_ENTITY, |entity| entity.as_str()),
    }
}
