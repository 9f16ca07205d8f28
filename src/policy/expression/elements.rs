//! Going over lists and maps.

use std::borrow::Cow;

use super::value::{List, Map, Value, of_argument, of_claim};
use crate::json;

/// The elements of a list or the keys of a map; one that is `None` is a number out of range.
pub(super) enum Elements<'v, 'a> {
    Made(std::slice::Iter<'v, Value<'a>>),
    Texts(std::slice::Iter<'a, String>),
    Claim(std::slice::Iter<'a, serde_json::Value>),
    Argument(json::Elements<'a>),
    Keys(serde_json::map::Keys<'a>),
    Members(json::Members<'a>),
}

impl<'v, 'a> Elements<'v, 'a> {
    /// None of what is neither a list nor a map.
    pub(super) fn of(value: &'v Value<'a>) -> Option<Self> {
        match value {
            Value::List(List::Made(values)) => Some(Self::Made(values.iter())),
            Value::List(List::Texts(texts)) => Some(Self::Texts(texts.iter())),
            Value::List(List::Claim(values)) => Some(Self::Claim(values.iter())),
            Value::List(List::Argument(value)) => Some(Self::Argument(value.elements())),
            Value::Map(Map::Claims(map)) => Some(Self::Keys(map.keys())),
            Value::Map(Map::Arguments(value)) => Some(Self::Members(value.members())),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_) => {
                None
            }
        }
    }

    /// Goes past one, if there is one, without reading it.
    pub(super) fn skip_one(&mut self) -> bool {
        match self {
            Self::Made(values) => values.next().is_some(),
            Self::Texts(texts) => texts.next().is_some(),
            Self::Claim(values) => values.next().is_some(),
            Self::Argument(values) => values.next().is_some(),
            Self::Keys(keys) => keys.next().is_some(),
            Self::Members(members) => members.next().is_some(),
        }
    }
}

impl<'a> Iterator for Elements<'_, 'a> {
    type Item = Option<Value<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = |text: &'a String| Some(Value::Text(Cow::Borrowed(text)));
        match self {
            Self::Made(values) => values.next().cloned().map(Some),
            Self::Texts(texts) => texts.next().map(text),
            Self::Claim(values) => values.next().map(of_claim),
            Self::Argument(values) => values.next().map(of_argument),
            Self::Keys(keys) => keys.next().map(text),
            Self::Members(members) => {
                let member = members.next()?;
                Some(Some(Value::Text(member.key())))
            }
        }
    }

    fn nth(&mut self, at: usize) -> Option<Self::Item> {
        for _ in 0..at {
            if !self.skip_one() {
                return None;
            }
        }
        self.next()
    }
}
