//! What expressions are evaluated to: views of what is there, and nothing copied but text that was
//! escaped.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::json;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    List(List<'a>),
    Map(Map<'a>),
}

#[derive(Debug, Clone)]
pub(super) enum List<'a> {
    Made(Rc<Vec<Value<'a>>>),
    Texts(&'a [String]),
    Claim(&'a [serde_json::Value]),
    Argument(json::Value<'a>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Map<'a> {
    Claims(&'a serde_json::Map<String, serde_json::Value>),
    Arguments(json::Value<'a>),
}

/// A number as JSON has it, or `None` if it is none that can be compared exactly.
fn number<'a>(text: &str) -> Option<Value<'a>> {
    if text.contains(['.', 'e', 'E']) {
        let double = text.parse::<f64>().ok();
        return double.filter(|d| d.is_finite()).map(Value::Double);
    }
    text.parse().ok().map(Value::Int)
}

/// A claim as a value; `None` if it is a number out of range.
pub(super) fn of_claim(claim: &serde_json::Value) -> Option<Value<'_>> {
    Some(match claim {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(n) if n.is_f64() => Value::Double(n.as_f64()?),
        serde_json::Value::Number(n) => Value::Int(n.as_i64()?),
        serde_json::Value::String(text) => Value::Text(Cow::Borrowed(text)),
        serde_json::Value::Array(list) => Value::List(List::Claim(list)),
        serde_json::Value::Object(map) => Value::Map(Map::Claims(map)),
    })
}

/// An argument as a value; `None` if it is a number out of range.
pub(super) fn of_argument(argument: json::Value<'_>) -> Option<Value<'_>> {
    match argument.kind() {
        json::Kind::Null => Some(Value::Null),
        json::Kind::Bool => argument.as_bool().map(Value::Bool),
        json::Kind::Number => argument.as_number().and_then(number),
        json::Kind::String => argument.as_str().map(Value::Text),
        json::Kind::Array => Some(Value::List(List::Argument(argument))),
        json::Kind::Object => Some(Value::Map(Map::Arguments(argument))),
    }
}

/// The order of two numbers, exact across their types; `None` if they are not both numbers.
pub(super) fn compare_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Double(b)) => compare_exactly(*a, *b),
        (Value::Double(a), Value::Int(b)) => compare_exactly(*b, *a).map(Ordering::reverse),
        _ => None,
    }
}

fn compare_exactly(int: i64, double: f64) -> Option<Ordering> {
    // Two to the power of 63: the first whole number above every `i64`.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        return None;
    }
    if double >= END {
        return Some(Ordering::Less);
    }
    if double < -END {
        return Some(Ordering::Greater);
    }
    let whole = double.trunc();
    let by_whole = int.cmp(&(whole as i64));
    Some(by_whole.then(0.0_f64.total_cmp(&(double - whole + 0.0))))
}
