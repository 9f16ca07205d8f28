//! How much there is of a schema, and how much work it makes. Nobody else bounds that: a reference
//! that is made twice doubles what is done for it, and a hostile server can make it forty times over.

use std::collections::HashMap;

use serde_json::Value;

use super::compiled::SchemaError;

/// How much there is of a schema.
#[derive(Debug, Default)]
pub(super) struct Size {
    /// How often it refers to another place.
    pub(super) references: usize,
    /// How many regular expressions it has.
    pub(super) patterns: usize,
}

impl Size {
    /// That of a schema.
    pub(super) fn of(schema: &Value) -> Self {
        let mut size = Self::default();
        size.add(schema);
        size
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match key.as_str() {
                        "$ref" | "$dynamicRef" | "$recursiveRef" => self.references += 1,
                        "pattern" => self.patterns += 1,
                        "patternProperties" => {
                            self.patterns += value.as_object().map_or(0, serde_json::Map::len);
                        }
                        _ => {}
                    }
                    self.add(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|it| self.add(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// How much work a schema makes: how many schemas it is when every reference is written out, how many
/// of these begin it anew, and how deep they nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) schemas: u64,
    pub(super) recursions: u64,
    pub(super) depth: usize,
}

impl Work {
    const ONE: Self = Self {
        schemas: 1,
        recursions: 0,
        depth: 1,
    };
    const AGAIN: Self = Self {
        recursions: 1,
        ..Self::ONE
    };

    /// That of a schema whose references have been counted, so that this ends.
    ///
    /// # Errors
    ///
    /// It refers to something that is not in it.
    pub(super) fn of(root: &Value) -> Result<Self, SchemaError> {
        let mut sum = Sum {
            targets: Targets::of(root),
            known: HashMap::new(),
        };
        sum.value(root)
    }

    /// This with another one in it.
    fn with(self, other: Self) -> Self {
        Self {
            schemas: self.schemas.saturating_add(other.schemas),
            recursions: self.recursions.saturating_add(other.recursions),
            depth: self.depth.max(other.depth + 1),
        }
    }

    /// How many steps it takes at most to tell all that is wrong with a value of this depth.
    pub(super) fn steps(self, depth: usize) -> u64 {
        let levels = u32::try_from(depth).unwrap_or(u32::MAX);
        self.schemas
            .saturating_mul(self.recursions.saturating_pow(levels).max(1))
    }
}

struct Sum<'s> {
    targets: Targets<'s>,
    /// The work of what has been seen; nothing as long as it is being looked at.
    known: HashMap<*const Value, Option<Work>>,
}

impl<'s> Sum<'s> {
    fn value(&mut self, value: &'s Value) -> Result<Work, SchemaError> {
        let place = std::ptr::from_ref(value);
        match self.known.get(&place) {
            Some(Some(work)) => return Ok(*work),
            Some(None) => return Ok(Work::AGAIN),
            None => {}
        }
        self.known.insert(place, None);
        let mut work = Work::ONE;
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    work = work.with(self.member(key, value)?);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    work = work.with(self.value(element)?);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.known.insert(place, Some(work));
        Ok(work)
    }

    fn member(&mut self, key: &str, value: &'s Value) -> Result<Work, SchemaError> {
        match key {
            // What is defined is done where it is referred to, and values are no schemas.
            "$defs" | "definitions" | "enum" | "const" | "default" | "examples" => Ok(Work::ONE),
            // A member of that name may be meant, whose schema is no text.
            "$ref" if value.is_string() => {
                let target = self.targets.get(value)?;
                self.value(target)
            }
            "$dynamicRef" | "$recursiveRef" if value.is_string() => Ok(Work::AGAIN),
            _ => self.value(value),
        }
    }
}

/// What references within a schema lead to.
pub(super) struct Targets<'s> {
    root: &'s Value,
    anchors: HashMap<&'s str, &'s Value>,
}

impl<'s> Targets<'s> {
    /// Those of a schema.
    pub(super) fn of(root: &'s Value) -> Self {
        let mut anchors = HashMap::new();
        collect(root, &mut anchors);
        Self { root, anchors }
    }

    /// What a reference leads to.
    ///
    /// # Errors
    ///
    /// It is not in the schema.
    pub(super) fn get(&self, reference: &Value) -> Result<&'s Value, SchemaError> {
        let fragment = reference.as_str().and_then(|uri| uri.strip_prefix('#'));
        let fragment = fragment
            .map(percent_decoded)
            .ok_or(SchemaError::Reference)?;
        let target = match fragment.is_empty() || fragment.starts_with('/') {
            true => self.root.pointer(&fragment),
            false => self.anchors.get(fragment.as_str()).copied(),
        };
        target.ok_or(SchemaError::Reference)
    }
}

fn collect<'s>(value: &'s Value, anchors: &mut HashMap<&'s str, &'s Value>) {
    for keyword in ["$anchor", "$dynamicAnchor"] {
        if let Some(anchor) = value.get(keyword).and_then(Value::as_str) {
            anchors.insert(anchor, value);
        }
    }
    match value {
        Value::Object(members) => members.values().for_each(|it| collect(it, anchors)),
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, anchors)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.first_chunk::<2>()).flatten();
        let decoded = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_counted_as_often_as_they_are_made() {
        let twice = |to: &str| json!({"anyOf": [{"$ref": to}, {"$ref": to}]});
        for (schema, schemas, recursions) in [
            (json!(true), 1, 0),
            (json!({"properties": {"a": {}}}), 3, 0),
            (json!({"$ref": "#"}), 2, 1),
            (json!({"items": {"$ref": "#"}, "not": {"$ref": "#"}}), 5, 2),
            (
                json!({"$ref": "#/$defs/a", "$defs": {"a": twice("#b"), "b": {"$anchor": "b"}}}),
                10,
                0,
            ),
        ] {
            let work = Work::of(&schema).unwrap();
            assert_eq!(
                (work.schemas, work.recursions),
                (schemas, recursions),
                "{schema}"
            );
        }
        let doubled = |from: usize| (from.to_string(), twice(&format!("#/$defs/{}", from + 1)));
        let mut all: serde_json::Map<_, _> = (0..80).map(doubled).collect();
        all.insert("80".to_owned(), json!(false));
        let schema = json!({"$ref": "#/$defs/0", "$defs": all});
        assert_eq!(Work::of(&schema).unwrap().schemas, u64::MAX);
    }
}
