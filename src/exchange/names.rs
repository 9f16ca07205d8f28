//! Names in parameters that could be understood in two ways, and tools that are named outside of
//! `tools/call`.

use super::refusal::Refusal;
use crate::json::Value;
use crate::mcp::ProtocolVersion;
use crate::policy::{Target, VirtualServer};

/// Members of `params` on which a decision rests.
const DECISIVE: &[&str] = &[
    "_meta",
    "arguments",
    "inputResponses",
    "name",
    "ref",
    "task",
    "uri",
];

/// Refuses parameters with a member that a reader without regard to case takes for another.
///
/// # Errors
///
/// Fails when a key differs from a decisive one in case only.
pub(super) fn unambiguous(params: Option<Value<'_>>) -> Result<(), Refusal> {
    let Some(params) = params else { return Ok(()) };
    for member in params.members() {
        let key = member.key();
        if !DECISIVE.contains(&&*key) && DECISIVE.iter().any(|name| folds_to(&key, name)) {
            return Err(Refusal::malformed(
                "A member of `params` differs from a known one in case",
            ));
        }
    }
    Ok(())
}

/// Whether the two are the same without regard to case, Unicode's simple folding included (as
/// `ſ` for `s`).
fn folds_to(key: &str, name: &str) -> bool {
    if key.is_ascii() {
        return key.eq_ignore_ascii_case(name);
    }
    let folded = key
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    folded.eq(name.chars().flat_map(char::to_lowercase))
}

/// Checks the tools that a retried request's answers name (MCP 2026-07-28, `inputResponses`).
///
/// # Errors
///
/// Refuses when one is not enabled: the server would run it.
pub(super) fn check_input_responses(
    server: &VirtualServer,
    version: ProtocolVersion,
    params: Option<Value<'_>>,
) -> Result<(), Refusal> {
    let Some(responses) = params.and_then(|params| params.get("inputResponses")) else {
        return Ok(());
    };
    for member in responses.members() {
        check_tool_uses(server, version, member.value())?;
    }
    Ok(())
}

/// Checks the tools that a sampled message names (`tool_use` in `content`).
///
/// # Errors
///
/// Refuses when one is not enabled: the server would run it.
pub(super) fn check_tool_uses(
    server: &VirtualServer,
    version: ProtocolVersion,
    sampled: Value<'_>,
) -> Result<(), Refusal> {
    let Some(content) = sampled.get("content") else {
        return Ok(());
    };
    for item in std::iter::once(content).chain(content.elements()) {
        if item.get("type").and_then(Value::as_str).as_deref() != Some("tool_use") {
            continue;
        }
        let name = item.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Refusal::params("a `tool_use` needs `name`, a string"))?;
        if !server.allows(Target::Tool(&name)) {
            return Err(Refusal::not_enabled(server, Target::Tool(&name), version));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_goes_beyond_ascii() {
        assert!(folds_to("Name", "name"));
        assert!(folds_to("argumentſ", "arguments"));
        assert!(folds_to("taſ\u{212a}", "task"));
        assert!(!folds_to("names", "name"));
        assert!(
            !folds_to("nаme", "name"),
            "a Cyrillic letter folds to itself"
        );
    }
}
