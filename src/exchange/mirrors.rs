//! Headers that mirror arguments (MCP 2026-07-28, `x-mcp-header`), in step with a body that
//! guardrails have changed.

use super::head::Head;
use super::reply::HeaderEdits;
use super::scope::Scope;
use crate::guardrail::ToolFacts;
use crate::json::{Document, Kind, Limits, Value};
use crate::mcp::header::{self, PARAM_PREFIX};
use crate::policy::{self, Target};

/// Writes anew the headers that mirror the arguments of a call, as they are in this text.
///
/// Which ones do only the list tells. Where it is not known they all go if a guardrail `changed` the
/// text: what it changed must not be told by a header, and a server that needs one refuses the call.
pub(super) fn follow(
    (head, scope): (&Head, &Scope),
    limits: &policy::Limits,
    (text, changed): (&str, bool),
    edits: &mut HeaderEdits,
) {
    if !scope.version.is_modern() {
        return;
    }
    let named = scope.pending.first().and_then(|it| it.named.as_ref());
    let Some(Target::Tool(tool)) = named.map(|named| named.target()) else {
        return;
    };
    let known = scope.server.known(tool);
    if known.is_none() && !changed {
        return;
    }
    let params = head.mirrors.modern.iter();
    let params = params.filter(|name| name.starts_with(PARAM_PREFIX));
    for param in params {
        if !edits.remove.contains(param) {
            edits.remove.push(param.clone());
        }
    }
    // What was said of tokens that were turned back is said anew.
    edits.mirrors.clear();
    let Some(facts) = known else {
        return;
    };
    let Ok(document) = Document::parse(text.as_bytes(), &limits.json) else {
        return;
    };
    let params = document.root().get("params");
    let Some(arguments) = params.and_then(|params| params.get("arguments")) else {
        return;
    };
    for (name, path) in mirrored(&facts) {
        let value = path.iter().try_fold(arguments, |value, key| value.get(key));
        if let Some(text) = value.and_then(written) {
            edits.remove.retain(|removed| *removed != name);
            edits.mirrors.push((name, text));
        }
    }
}

/// What a header says of a value; nothing of what has no header.
fn written(value: Value<'_>) -> Option<String> {
    let text = match value.kind() {
        Kind::String => value.as_str()?,
        Kind::Number | Kind::Bool => value.raw().into(),
        Kind::Null | Kind::Array | Kind::Object => return None,
    };
    Some(header::encode_value(&text).into_owned())
}

/// The headers that mirror arguments of a tool, each with the way to its argument.
fn mirrored(facts: &ToolFacts) -> Vec<(String, Vec<String>)> {
    let schema = facts.input_schema.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    if let Ok(document) = Document::parse(schema.as_bytes(), &Limits::default()) {
        collect(document.root(), &mut Vec::new(), &mut found);
    }
    found
}

fn collect(schema: Value<'_>, path: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let properties = schema.get("properties");
    for property in properties.into_iter().flat_map(Value::members) {
        path.push(property.key().into_owned());
        let mark = property.value().get("x-mcp-header").and_then(Value::as_str);
        if let Some(mark) = mark.filter(|mark| is_token(mark)) {
            let name = format!("{PARAM_PREFIX}{}", mark.to_ascii_lowercase());
            found.push((name, path.clone()));
        }
        collect(property.value(), path, found);
        path.pop();
    }
}

/// Whether a text can be part of the name of a header (RFC 9110 section 5.6.2).
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_on_ways_of_properties_only() {
        let schema = r#"{"properties":{"region":{"x-mcp-header":"Region"},"a":{"properties":{
            "b":{"x-mcp-header":"B-c"}}},"bad":{"x-mcp-header":"a b"},
            "list":{"items":{"properties":{"c":{"x-mcp-header":"C"}}}}}}"#;
        let tool = format!(r#"{{"inputSchema":{schema}}}"#);
        let document = Document::parse(tool.as_bytes(), &Limits::default()).unwrap();
        let found = mirrored(&ToolFacts::of(document.root()));
        let expected = [
            ("mcp-param-region", vec!["region"]),
            ("mcp-param-b-c", vec!["a", "b"]),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(name, path)| (name.as_str(), path.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(found, expected);
    }
}
