//! Answers by which a server says that it does not have what was asked for.
//!
//! Under a wildcard a name can be enabled that the server does not have. Its own words for that
//! differ from Sluice's, so that by them a client could tell such a name from one that is disabled,
//! and some list what there is instead. They are replaced by Sluice's.

use crate::json::Value;
use crate::jsonrpc::Outcome;

/// How the SDKs' answers begin, in lower case.
const BEGINNINGS: &[&str] = &[
    "unknown tool",
    "tool not found",
    "unknown prompt",
    "prompt not found",
    "unknown resource",
    "resource not found",
];

/// Whether a server says that it does not have `name`: in an error, or in a result that is marked
/// as one.
pub(super) fn is_unknown(outcome: Outcome<'_>, name: &str) -> bool {
    match outcome {
        Outcome::Error(error) => says_unknown(error.get("message"), name),
        Outcome::Result(result) => {
            result.get("isError").and_then(Value::as_bool) == Some(true)
                && result
                    .get("content")
                    .and_then(|content| content.elements().next())
                    .is_some_and(|block| says_unknown(block.get("text"), name))
        }
    }
}

fn says_unknown(text: Option<Value<'_>>, name: &str) -> bool {
    let Some(text) = text.and_then(Value::as_str) else {
        return false;
    };
    // The TypeScript SDK puts the code before the message.
    let text = match text
        .strip_prefix("MCP error ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((_, text)) => text,
        None => &text,
    };
    let begins = |beginning: &&str| {
        text.get(..beginning.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    let names_it = ["Tool ", "Prompt ", "Resource "].iter().any(|kind| {
        let rest = text
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with(" not found") || rest.starts_with(" disabled"))
    });
    names_it || BEGINNINGS.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    #[test]
    fn the_words_of_the_sdks_are_known() {
        let table = [
            (r#"{"code":-32602,"message":"tool not found"}"#, true),
            (r#"{"code":-32602,"message":"Tool x not found"}"#, true),
            (
                r#"{"code":-32602,"message":"MCP error -32602: Tool x not found"}"#,
                true,
            ),
            (r#"{"code":-32602,"message":"unknown tool \"x\""}"#, true),
            (
                r#"{"code":-32602,"message":"Unknown tool: x. Available: y"}"#,
                true,
            ),
            (r#"{"code":-32602,"message":"Issue x not found"}"#, false),
            (r#"{"code":-32602,"message":"Tool y not found"}"#, false),
            (r#"{"code":-32602}"#, false),
        ];
        for (text, expected) in table {
            let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(
                is_unknown(Outcome::Error(document.root()), "x"),
                expected,
                "{text}"
            );
        }
        let table = [
            (
                r#"{"isError":true,"content":[{"type":"text","text":"Unknown tool: x"}]}"#,
                true,
            ),
            (
                r#"{"isError":false,"content":[{"type":"text","text":"Unknown tool: x"}]}"#,
                false,
            ),
            (r#"{"isError":true,"content":[]}"#, false),
        ];
        for (text, expected) in table {
            let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(
                is_unknown(Outcome::Result(document.root()), "x"),
                expected,
                "{text}"
            );
        }
    }
}
