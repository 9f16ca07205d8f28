//! What the parameters of a request name, beyond the tool that `tools/call` names.

use std::sync::LazyLock;

use super::fold::{self, is_unambiguous};
use super::refusal::Refusal;
use super::renamed;
use crate::json::{Document, Limits, Splice, Value};
use crate::mcp::ProtocolVersion;
use crate::policy::{Target, View};

/// Members of `params` on which a decision rests.
const PARAMS: &[&str] = &[
    "_meta",
    "arguments",
    "capabilities",
    "inputResponses",
    "name",
    "notifications",
    "protocolVersion",
    "ref",
    "task",
    "taskId",
    "uri",
];

/// Members of what `params` holds, on which a decision rests.
const REFERENCE: &[&str] = &["name", "type", "uri"];
const SAMPLED: &[&str] = &["content"];
const BLOCK: &[&str] = &["input", "name", "type"];

/// The most tools that sampled messages of one body name: each is decided about with its arguments.
const MAX_TOOL_USES: usize = 100;
const NOTIFICATIONS: &[&str] = &["resourceSubscriptions", "taskIds"];

/// Refuses parameters with a member that a reader without regard to case takes for another.
///
/// # Errors
///
/// Fails when a key differs from a decisive one in case only.
pub(super) fn unambiguous(params: Option<Value<'_>>) -> Result<(), Refusal> {
    let Some(params) = params else { return Ok(()) };
    check(params, PARAMS)?;
    params
        .get("ref")
        .map_or(Ok(()), |reference| check(reference, REFERENCE))?;
    params
        .get("notifications")
        .map_or(Ok(()), |filter| check(filter, NOTIFICATIONS))
}

fn check(object: Value<'_>, decisive: &[&str]) -> Result<(), Refusal> {
    if is_unambiguous(object, decisive) {
        Ok(())
    } else {
        Err(Refusal::malformed(
            "A key differs from a known one in case only",
        ))
    }
}

/// Checks the tools that a retried request's answers name (MCP 2026-07-28, `inputResponses`), and
/// names them as the server does.
///
/// # Errors
///
/// Refuses when one is not enabled, since the server would run it, and when the answers are not
/// what they must be.
pub(super) fn check_input_responses<'d>(
    server: &View,
    version: ProtocolVersion,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<(), Refusal> {
    let Some(responses) = params.and_then(|params| params.get("inputResponses")) else {
        return Ok(());
    };
    if !responses.is_object()
        || responses
            .members()
            .any(|member| !member.value().is_object())
    {
        return Err(Refusal::params(
            "`inputResponses` must be an object of objects",
        ));
    }
    let mut named = 0;
    for member in responses.members() {
        check_uses((server, version), member.value(), &mut named, splice)?;
    }
    Ok(())
}

/// Checks the tools that a sampled message names (`tool_use` in `content`), and names them as the
/// server does.
///
/// # Errors
///
/// Refuses when one is not enabled: the server would run it.
pub(super) fn check_tool_uses<'d>(
    server: &View,
    version: ProtocolVersion,
    sampled: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), Refusal> {
    check_uses((server, version), sampled, &mut 0, splice)
}

/// The same, with how many tools the body has named before.
fn check_uses<'d>(
    (server, version): (&View, ProtocolVersion),
    sampled: Value<'d>,
    named: &mut usize,
    splice: &mut Splice<'d>,
) -> Result<(), Refusal> {
    check(sampled, SAMPLED)?;
    let Some(content) = sampled.get("content") else {
        return Ok(());
    };
    for block in std::iter::once(content).chain(content.elements()) {
        // A form that a user filled in comes as `content` too, and its keys are its own.
        if !fold::any(block, "type", |value| {
            value.as_str().as_deref() == Some("tool_use")
        }) {
            continue;
        }
        check(block, BLOCK)?;
        *named += 1;
        if *named > MAX_TOOL_USES {
            return Err(Refusal::params("a message names too many tools"));
        }
        let name = match block.get("name") {
            Some(written) => renamed::own_use(server, version, written, splice)?,
            None => None,
        };
        let name = name.ok_or_else(|| Refusal::params("a `tool_use` needs `name`, a string"))?;
        let tool = Target::Tool(&name);
        if !server.allows(tool) {
            return Err(Refusal::not_enabled(server, tool, version));
        }
        let arguments = arguments(block.get("input"))?;
        if !server.decide_use(tool, arguments).is_allowed() {
            return Err(Refusal::arguments(server, tool, version));
        }
    }
    Ok(())
}

/// What a call without arguments is judged with.
static NO_ARGUMENTS: LazyLock<Option<Document<'static>>> =
    LazyLock::new(|| Document::parse(b"{}", &Limits::default()).ok());

/// The arguments of a call, as it is judged. None, and null, are an empty object, as servers take
/// them.
///
/// # Errors
///
/// Never, in truth.
pub(super) fn arguments(written: Option<Value<'_>>) -> Result<Value<'_>, Refusal> {
    written
        .filter(|written| !written.is_null())
        .or_else(|| NO_ARGUMENTS.as_ref().map(Document::root))
        .ok_or_else(|| Refusal::params("`arguments` must be an object"))
}
