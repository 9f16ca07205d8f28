//! One way to write what a definition says (after RFC 8785): keys in order, no white space, strings
//! with the escapes that must be, numbers in the shortest way.

use serde_json::Value;

use crate::json::write_string;

/// A value in the one way.
pub(super) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            // RFC 8785 section 3.2.3: by UTF-16 units.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            out.push('{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(out, key);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (at, value) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        Value::String(text) => write_string(out, text),
        Value::Number(number) => out.push_str(&shortest(number)),
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

/// The same text for numbers that are the same: `1`, `1.0` and `1e0`.
fn shortest(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        Some(_) | None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_way_to_write_it() {
        for (source, expected) in [
            (
                r#"{ "b": 1, "a": [true, null] }"#,
                r#"{"a":[true,null],"b":1}"#,
            ),
            (r#"[1, 1.0, 1e0, -0.5]"#, "[1,1,1,-0.5]"),
            (r#""\u0061\u000a/\"""#, r#""a\n/\"""#),
            (
                "{\"\u{fb01}\":1,\"\u{1f600}\":2}",
                "{\"\u{1f600}\":2,\"\u{fb01}\":1}",
            ),
        ] {
            let value: Value = serde_json::from_str(source).unwrap();
            assert_eq!(canonical(&value), expected);
        }
    }
}
