//! Tools that clients know by another name than the server: each side only ever gets its own.

use std::borrow::Cow;

use super::fold;
use super::refusal::Refusal;
use super::target::Named;
use crate::json::{Splice, Value, quoted};
use crate::mcp::ProtocolVersion;
use crate::policy::{Target, ToolNames, View};

/// What a request names, by the server's name: of a tool it is written into `params`, which hold
/// the one that the client uses.
///
/// # Errors
///
/// Refuses the name of a tool that clients know by another one: for them there is none of it.
pub(super) fn own<'d>(
    server: &View,
    version: ProtocolVersion,
    named: Named<'d>,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<Named<'d>, Refusal> {
    let Target::Tool(name) = named.target() else {
        return Ok(named);
    };
    let own = own_name(server, version, name)?;
    if own == name {
        return Ok(named);
    }
    let own = own.to_owned();
    if let Some(written) = params.and_then(|params| params.get("name")) {
        splice.replace(written, quoted(&own));
    }
    Ok(Named::tool(own))
}

/// The server's name of the tool that a sampled message wants run, which is written there too.
///
/// # Errors
///
/// Those of [`own`].
pub(super) fn own_use<'d>(
    server: &View,
    version: ProtocolVersion,
    written: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<Option<String>, Refusal> {
    let Some(name) = written.as_str() else {
        return Ok(None);
    };
    let own = own_name(server, version, &name)?;
    if own != name {
        splice.replace(written, quoted(own));
    }
    Ok(Some(own.to_owned()))
}

fn own_name<'a>(
    server: &'a View,
    version: ProtocolVersion,
    name: &'a str,
) -> Result<&'a str, Refusal> {
    let own = server.tool_names().own(name);
    own.ok_or_else(|| Refusal::renamed(server, name, version))
}

/// Writes the name that clients know in the place of the server's in `tool`: in the definition of a
/// tool, or in the use of one.
pub(super) fn show<'d>(server: &View, name: &str, tool: Value<'d>, splice: &mut Splice<'d>) {
    let shown = server.tool_names().shown(name);
    if shown != name
        && let Some(written) = fold::get(tool, "name")
    {
        splice.replace(written, quoted(shown));
    }
}

/// Writes the names that clients know into the texts of a result that is marked as an error.
pub(super) fn tell_of_failure<'d>(server: &View, result: Value<'d>, splice: &mut Splice<'d>) {
    let names = server.tool_names();
    let is_error = result.get("isError").and_then(Value::as_bool);
    if names.is_empty() || is_error != Some(true) {
        return;
    }
    let blocks = result
        .get("content")
        .into_iter()
        .flat_map(|it| it.elements());
    for written in blocks.filter_map(|block| block.get("text")) {
        let Some(text) = written.as_str() else {
            continue;
        };
        if let Cow::Owned(told) = tell(names, &text) {
            splice.replace(written, quoted(&told));
        }
    }
}

/// The words of an error, with the names that clients know. Only what stands behind the word "tool"
/// is a name, as the SDKs have it (`Error executing tool x: …`, `Invalid arguments for tool x`):
/// a name can be any other word too.
pub(super) fn tell<'t>(names: &ToolNames, text: &'t str) -> Cow<'t, str> {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, own, after)) = names.iter().fold(None, |first, (own, _)| {
        let found = find(rest, own);
        match (first, found) {
            (Some((at, _, _)), Some((before, _))) if at <= before => first,
            (_, Some((before, after))) => Some((before, own, after)),
            (first, None) => first,
        }
    }) {
        told.push_str(rest.get(..before).unwrap_or_default());
        told.push_str(names.shown(own));
        rest = rest.get(after..).unwrap_or_default();
    }
    if told.is_empty() {
        return Cow::Borrowed(text);
    }
    told.push_str(rest);
    Cow::Owned(told)
}

/// Where a name stands behind the word "tool": its begin and its end.
fn find(text: &str, name: &str) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
    text.match_indices(name).find_map(|(begin, _)| {
        let end = begin + name.len();
        let before = text.get(..begin)?;
        let word = before.trim_end_matches([':', ' ', '"', '\'', '`']);
        let start = word.len().checked_sub("tool".len())?;
        let is_tool = word.len() < before.len() && word.get(start..)?.eq_ignore_ascii_case("tool");
        let is_whole = !text.get(end..)?.starts_with(is_part);
        (is_tool && is_whole).then_some((begin, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_tell_the_name_that_clients_know() {
        let names = [("get", "look_up"), ("get_all", "list"), ("put", "get")];
        let names = names.map(|(own, shown)| (own.to_owned(), shown.to_owned()));
        let names = ToolNames::new(names);
        for (text, told) in [
            (
                "Error executing tool get: no",
                "Error executing tool look_up: no",
            ),
            (
                "Invalid arguments for tool get_all",
                "Invalid arguments for tool list",
            ),
            (
                "Error calling tool 'put': tool \"get\"",
                "Error calling tool 'get': tool \"look_up\"",
            ),
            ("Tool get failed to get it", "Tool look_up failed to get it"),
            ("tool: get", "tool: look_up"),
            // It is not said to be a tool, or it is another one.
            ("get it", "get it"),
            ("toolget", "toolget"),
            ("tool get-er", "tool get-er"),
            ("tool get/put", "tool get/put"),
            ("tool getter", "tool getter"),
            ("the tool é get", "the tool é get"),
            ("", ""),
        ] {
            assert_eq!(tell(&names, text), told, "{text}");
        }
        assert!(matches!(tell(&names, "get it"), Cow::Borrowed(_)));
    }
}
