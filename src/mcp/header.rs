//! HTTP headers of MCP, and the encoding of their values.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The version of the protocol.
pub const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The session (before 2026-07-28).
pub const SESSION_ID: &str = "mcp-session-id";
/// The last event that a resuming client saw (before 2026-07-28).
pub const LAST_EVENT_ID: &str = "last-event-id";
/// Mirrors `method` (MCP 2026-07-28).
pub const METHOD: &str = "mcp-method";
/// Mirrors `params.name` or `params.uri` (MCP 2026-07-28).
pub const NAME: &str = "mcp-name";
/// Begins the names of headers that mirror arguments (MCP 2026-07-28).
pub const PARAM_PREFIX: &str = "mcp-param-";
/// Begins the names of all of them.
pub const PREFIX: &str = "mcp-";

/// Whether MCP defines a header of this name, in lower case, in any of its versions.
#[must_use]
pub fn is_known(name: &str) -> bool {
    matches!(name, PROTOCOL_VERSION | SESSION_ID | METHOD | NAME) || name.starts_with(PARAM_PREFIX)
}

const SENTINEL: (&str, &str) = ("=?base64?", "?=");

/// Decodes a value of `Mcp-Name` or `Mcp-Param-*` (MCP 2026-07-28, "Value Encoding").
///
/// A value without both markers, written in lower case, is literal. `None` when what stands between
/// the markers is not canonical base64 of UTF-8.
#[must_use]
pub fn decode_value(value: &str) -> Option<Cow<'_, str>> {
    let encoded = value
        .strip_prefix(SENTINEL.0)
        .and_then(|rest| rest.strip_suffix(SENTINEL.1));
    let Some(encoded) = encoded else {
        return Some(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Encodes a value of `Mcp-Name` or `Mcp-Param-*`, if it can't stand as it is.
#[must_use]
pub fn encode_value(value: &str) -> Cow<'_, str> {
    let visible = value.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    let is_literal = visible
        && value.trim() == value
        && !(value.starts_with(SENTINEL.0) && value.ends_with(SENTINEL.1));
    if is_literal {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!(
        "{}{}{}",
        SENTINEL.0,
        STANDARD.encode(value),
        SENTINEL.1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_as_the_specification_says() {
        let table = [
            ("get_issue", Some("get_issue")),
            ("=?base64?Z2V0?=", Some("get")),
            ("=?base64?w7w=?=", Some("ü")),
            ("=?BASE64?Z2V0?=", Some("=?BASE64?Z2V0?=")),
            ("=?base64?Z2V0", Some("=?base64?Z2V0")),
            ("=?base64?w7w?=", None),
            ("=?base64?w7x=?=", None),
            ("=?base64?/w==?=", None),
            ("=?base64??=", Some("")),
        ];
        for (value, expected) in table {
            assert_eq!(decode_value(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        for value in [
            "get_issue",
            "ü",
            " x",
            "",
            "=?base64?Z2V0?=",
            "a\nb",
            "=?base64?",
        ] {
            let encoded = encode_value(value);
            assert!(encoded.is_ascii());
            assert_eq!(decode_value(&encoded).as_deref(), Some(value));
        }
    }
}
