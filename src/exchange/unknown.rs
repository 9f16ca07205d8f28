//! Answers by which a server says that it does not have what was asked for.
//!
//! Under a wildcard a name can be enabled that the server does not have. Its own words for that
//! differ from Sluice's, so that by them a client could tell such a name from one that is disabled,
//! and some list what there is instead. They are replaced by Sluice's.

use std::borrow::Cow;

use crate::json::Value;
use crate::jsonrpc::Outcome;
use crate::policy::Target;

/// The code of JSON-RPC for parameters that are wrong, as it is written.
const INVALID_PARAMS: &str = "-32602";

/// How many words come before the name of what a server does not have, and the name: those that
/// the SDKs use, and a code before them.
const MAX_WORDS: usize = 8;

/// Whether a server says that it does not have `target`: in an error, or in a result that is marked
/// as one.
pub(super) fn is_unknown(outcome: Outcome<'_>, target: Target<'_>) -> bool {
    if let Outcome::Error(error) = outcome
        && matches!(target, Target::Skill(_))
    {
        // The one parameter is the URI of a skill, so what is wrong with it is that there is none
        // (SEP-2640).
        let code = error.get("code").and_then(Value::as_number);
        return code == Some(INVALID_PARAMS);
    }
    words(outcome).is_some_and(|text| says_unknown(&text, target))
}

/// What `found` makes of the tool, the prompt or the resource that a server says it does not have,
/// where nobody knows what it was asked for. The name is looked for among the first words.
pub(super) fn find_unknown<T>(
    outcome: Outcome<'_>,
    found: impl Fn(Target<'_>) -> Option<T>,
) -> Option<T> {
    let text = words(outcome)?;
    let kinds: [fn(&str) -> Target<'_>; 4] = [
        |name| Target::Tool(name),
        |name| Target::Prompt(name),
        |uri| Target::Resource(uri),
        |uri| Target::ResourceTemplate(uri),
    ];
    let kinds = kinds.into_iter().filter(|kind| {
        // Where the words say so of any name there is none in them.
        let no_name = "\0";
        !says_unknown(&text, kind(no_name))
    });
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';');
    let names = text.split(is_between).filter(|name| !name.is_empty());
    let names = names
        .take(MAX_WORDS)
        .map(|name| name.trim_end_matches(['.', ':']));
    let names: Vec<&str> = names.collect();
    kinds
        .flat_map(|kind| names.iter().map(move |name| kind(name)))
        .filter(|target| says_unknown(&text, *target))
        .find_map(found)
}

/// The words of an error, or of a result that is marked as one.
fn words(outcome: Outcome<'_>) -> Option<Cow<'_, str>> {
    let text = match outcome {
        Outcome::Error(error) => error.get("message"),
        Outcome::Result(result) => {
            let is_error = result.get("isError").and_then(Value::as_bool);
            let content = result.get("content").filter(|_| is_error == Some(true));
            let first = content.and_then(|content| content.elements().next());
            first.and_then(|block| block.get("text"))
        }
    };
    text.and_then(Value::as_str)
}

/// Whether a text is one of those by which the SDKs say that they do not have something: `Unknown
/// tool: x` (Python), `unknown tool "x"` (Go), `Tool x not found` (TypeScript), `tool not found`,
/// `prompt 'x' not found` (Rust). A tool may say as much of something else, so that the kind and,
/// where there is one, the name must be those that were asked for.
fn says_unknown(text: &str, target: Target<'_>) -> bool {
    let (kind, name) = match target {
        Target::Tool(name) => ("tool", name),
        Target::Prompt(name) => ("prompt", name),
        Target::Resource(uri) => ("resource", uri),
        Target::ResourceTemplate(uri) => ("resource template", uri),
        Target::Skill(uri) => ("skill", uri),
    };
    // The TypeScript SDK puts the code before the message.
    let coded = text
        .strip_prefix("MCP error ")
        .and_then(|rest| rest.split_once(": "));
    let text = coded.map_or(text, |(_, text)| text).trim();
    if let Some(rest) = after(text, "unknown ").and_then(|rest| after(rest, kind)) {
        return names(rest, name).is_some();
    }
    let Some(rest) = after(text, kind) else {
        return false;
    };
    if let Some(rest) = after(rest, " not found") {
        return rest.is_empty() || names(rest, name).is_some();
    }
    let rest = names(rest, name);
    rest.is_some_and(|rest| {
        after(rest, " not found")
            .or(after(rest, " disabled"))
            .is_some()
    })
}

/// What follows a name that stands at the beginning, with or without quotes and a colon.
fn names<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let marks = [':', ' ', '"', '\'', '`'];
    let rest = text.trim_start_matches(marks).strip_prefix(name)?;
    let rest = rest.strip_prefix(['"', '\'', '`']).unwrap_or(rest);
    let is_longer = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
    (!is_longer).then_some(rest)
}

/// What follows a beginning, whatever its case.
fn after<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(beginning.len())?;
    start.eq_ignore_ascii_case(beginning).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    fn says(text: &str, target: Target<'_>) -> bool {
        let message = serde_json::json!({"code": -32602, "message": text}).to_string();
        let document = Document::parse(message.as_bytes(), &Limits::default()).unwrap();
        let as_error = is_unknown(Outcome::Error(document.root()), target);
        let result =
            serde_json::json!({"isError": true, "content": [{"type": "text", "text": text}]});
        let result = result.to_string();
        let document = Document::parse(result.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(
            is_unknown(Outcome::Result(document.root()), target),
            as_error,
            "{text}"
        );
        let fine = result.replace("true", "false");
        let document = Document::parse(fine.as_bytes(), &Limits::default()).unwrap();
        assert!(
            !is_unknown(Outcome::Result(document.root()), target),
            "{text}"
        );
        as_error
    }

    #[test]
    fn the_words_of_the_sdks_are_known() {
        for (text, expected) in [
            ("tool not found", true),
            ("Tool x not found", true),
            ("Tool x disabled", true),
            ("MCP error -32602: Tool x not found", true),
            ("unknown tool \"x\"", true),
            ("Unknown tool: x. Available: y", true),
            ("Unknown tool: xy", false),
            ("Unknown tool: other", false),
            ("Tool y not found", false),
            ("Tool not found in registry y", false),
            ("Resource not found: deployments/foo", false),
            ("Issue x not found", false),
            ("", false),
        ] {
            assert_eq!(says(text, Target::Tool("x")), expected, "{text}");
        }
        assert!(says("prompt 'x' not found", Target::Prompt("x")));
        assert!(!says("tool not found", Target::Prompt("x")));
        assert!(says("Resource not found: a://b", Target::Resource("a://b")));
        assert!(!says(
            "Resource not found: a://b/c",
            Target::Resource("a://b")
        ));
    }
}
