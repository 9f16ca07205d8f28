//! Which members of arguments a schema names.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value as Schema};

use super::compiled::{PATTERN_BYTES, SchemaError};
use super::size::Targets;
use crate::guardrail::input::Part;
use crate::guardrail::path::{Path, Segment};
use crate::json::Value;

/// The most members that are found.
pub(super) const MOST_UNNAMED: usize = 1000;

/// A member that the schema does not name.
#[derive(Debug)]
pub(super) struct Unnamed<'d> {
    /// What it is a member of.
    pub(super) object: Value<'d>,
    /// Where it stands in the text.
    pub(super) member: Range<usize>,
    /// Where it is.
    pub(super) path: Path<'d>,
}

/// The members of arguments that a schema does not name, those of one object after another.
///
/// # Errors
///
/// The schema refers to something that is not in it.
/// There are no more than [`MOST_UNNAMED`]: what is beyond is not looked for.
pub(super) fn unnamed<'d>(root: &Schema, part: &Part<'d>) -> Result<Vec<Unnamed<'d>>, SchemaError> {
    let mut walker = Walker {
        targets: Targets::of(root),
        path: part.path.0.clone(),
        top: part.path.0.len(),
        found: Vec::new(),
        patterns: HashMap::new(),
    };
    walker.value(part.value, vec![root])?;
    Ok(walker.found)
}

struct Walker<'s, 'd> {
    targets: Targets<'s>,
    path: Vec<Segment<'d>>,
    /// How long the path of the arguments themselves is.
    top: usize,
    found: Vec<Unnamed<'d>>,
    /// The patterns of keys that have been met.
    patterns: HashMap<&'s str, Regex>,
}

impl<'s, 'd> Walker<'s, 'd> {
    fn value(&mut self, value: Value<'d>, schemas: Vec<&'s Schema>) -> Result<(), SchemaError> {
        let schemas = self.all_of(schemas)?;
        if value.is_object() {
            self.object(value, &schemas)?;
        }
        for (at, element) in value.elements().enumerate() {
            let below = schemas.iter().flat_map(|schema| items(schema, at));
            let below = below.collect();
            self.path.push(Segment::Index(at));
            self.value(element, below)?;
            self.path.pop();
        }
        Ok(())
    }

    fn object(
        &mut self,
        object: Value<'d>,
        schemas: &[&'s Map<String, Schema>],
    ) -> Result<(), SchemaError> {
        let names_some = |schema: &&Map<String, Schema>| {
            schema.contains_key("properties") || schema.contains_key("patternProperties")
        };
        let is_free = self.path.len() > self.top && !schemas.iter().any(names_some);
        let mut nested = Vec::new();
        for member in object.members() {
            if self.found.len() == MOST_UNNAMED {
                return Ok(());
            }
            let key = member.key();
            let mut below = Vec::new();
            for schema in schemas {
                below.extend(self.of_member(schema, &key)?);
            }
            self.path.push(Segment::Key(key.clone()));
            if !below.is_empty() {
                nested.push((member, below));
            } else if !is_free {
                self.found.push(Unnamed {
                    object,
                    member: member.span(),
                    path: Path(self.path.clone()),
                });
            }
            self.path.pop();
        }
        for (member, below) in nested {
            self.path.push(Segment::Key(member.key()));
            self.value(member.value(), below)?;
            self.path.pop();
        }
        Ok(())
    }

    /// What a schema says about a member, if it names it.
    fn of_member(
        &mut self,
        schema: &'s Map<String, Schema>,
        key: &str,
    ) -> Result<Vec<&'s Schema>, SchemaError> {
        let mut below = Vec::new();
        if let Some(named) = schema.get("properties").and_then(|named| named.get(key)) {
            below.push(named);
        }
        let patterns = schema.get("patternProperties").and_then(Schema::as_object);
        for (pattern, value) in patterns.into_iter().flatten() {
            if self.pattern(pattern)?.is_match(key) {
                below.push(value);
            }
        }
        // A schema for all others names them; that there may be others does not.
        if below.is_empty()
            && let Some(others) = schema.get("additionalProperties")
            && others.as_object().is_some_and(|others| !others.is_empty())
        {
            below.push(others);
        }
        Ok(below)
    }

    fn pattern(&mut self, pattern: &'s str) -> Result<&Regex, SchemaError> {
        match self.patterns.entry(pattern) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let pattern = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
                let pattern = pattern.map_err(|error| SchemaError::Invalid(error.to_string()))?;
                Ok(place.insert(pattern))
            }
        }
    }

    /// The schemas that say something about the same value as these.
    fn all_of(
        &self,
        mut schemas: Vec<&'s Schema>,
    ) -> Result<Vec<&'s Map<String, Schema>>, SchemaError> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        while let Some(schema) = schemas.pop() {
            let Some(members) = schema.as_object() else {
                continue;
            };
            if !seen.insert(std::ptr::from_ref(members)) {
                continue;
            }
            all.push(members);
            for (key, value) in members {
                match key.as_str() {
                    "allOf" | "anyOf" | "oneOf" => {
                        schemas.extend(value.as_array().into_iter().flatten());
                    }
                    "dependentSchemas" => {
                        schemas.extend(value.as_object().into_iter().flat_map(Map::values));
                    }
                    "if" | "then" | "else" => schemas.push(value),
                    "$ref" => schemas.push(self.targets.get(value)?),
                    "$dynamicRef" | "$recursiveRef" => return Err(SchemaError::Reference),
                    _ => {}
                }
            }
        }
        Ok(all)
    }
}

/// What a schema says about an element of an array.
fn items(schema: &Map<String, Schema>, at: usize) -> Vec<&Schema> {
    let first = ["prefixItems", "items"];
    let first = first
        .iter()
        .filter_map(|keyword| schema.get(*keyword)?.as_array()?.get(at));
    let rest = ["items", "additionalItems"];
    let rest = rest.iter().filter_map(|keyword| schema.get(*keyword));
    first.chain(rest).collect()
}
