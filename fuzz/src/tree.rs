//! What a JSON document says, as Sluice reads it and as `serde_json` does.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sluice::json::{Kind, Value};

/// A value, its numbers as they are written and its members in the order of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number's text.
    Number(String),
    /// A string's text.
    String(String),
    /// The elements of an array.
    Array(Vec<Tree>),
    /// The members of an object.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// What Sluice's views show.
    #[must_use]
    pub(crate) fn of(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Bool(value.as_bool().expect("a boolean")),
            Kind::Number => Self::Number(value.as_number().expect("a number").to_owned()),
            Kind::String => Self::String(value.as_str().expect("a string").into_owned()),
            Kind::Array => Self::Array(value.elements().map(Self::of).collect()),
            Kind::Object => {
                let member = |member: sluice::json::Member<'_>| {
                    (member.key().into_owned(), Self::of(member.value()))
                };
                Self::Object(value.members().map(member).collect())
            }
        }
    }

    /// What `serde_json` reads.
    ///
    /// # Errors
    ///
    /// Fails where `serde_json` takes the bytes for no JSON.
    pub(crate) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        // The value itself loses digits of numbers and equal keys; it only says what is JSON.
        serde_json::from_slice::<serde_json::Value>(bytes)?;
        Self::of_raw(serde_json::from_slice(bytes)?)
    }

    fn of_raw(raw: &RawValue) -> serde_json::Result<Self> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Bool(serde_json::from_str(text)?),
            Some(b'"') => Self::String(serde_json::from_str(text)?),
            Some(b'[') => {
                let elements: Vec<&RawValue> = serde_json::from_str(text)?;
                let elements = elements.into_iter().map(Self::of_raw);
                Self::Array(elements.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text)?;
                let members = members.into_iter();
                let members = members.map(|(key, value)| Ok((key, Self::of_raw(value)?)));
                Self::Object(members.collect::<serde_json::Result<_>>()?)
            }
            _ => Self::Number(text.to_owned()),
        })
    }

    /// Whether some object has two members of one key.
    #[must_use]
    pub(crate) fn has_duplicates(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => false,
            Self::Array(elements) => elements.iter().any(Self::has_duplicates),
            Self::Object(members) => {
                let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
                keys.sort_unstable();
                keys.windows(2).any(|pair| pair[0] == pair[1])
                    || members.iter().any(|(_, value)| value.has_duplicates())
            }
        }
    }
}

/// The members of an object, equal keys and all.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
