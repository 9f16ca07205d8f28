//! Patterns, as they are written.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, Visitor};

use super::identity::When;
use crate::manifest::span::Spanned;

/// Names or URIs: a text (exact, or a glob with `*`, and for names `?`; for URIs also a template
/// with `{name}` and `{+name}`), a regular expression, or annotations; with `when`, for some callers
/// only.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(in crate::manifest) enum Pattern {
    /// An exact text, a glob, or a URI template.
    Text(String),
    /// Anything else.
    Map(PatternMap),
}

/// A pattern that is not a plain text: `name` or `uri` or `regex`, or annotations, all of which must
/// hold; and a condition, if there is one. Annotations are decided by `tool_metadata` alone: where it
/// is silent, a tool is not enabled, and is disabled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `name`, `uri`, `regex` or annotations"
)]
#[schemars(extend("minProperties" = 1))]
pub(in crate::manifest) struct PatternMap {
    /// What a text alone would say, of tools and prompts.
    pub(in crate::manifest) name: Option<Spanned<String>>,
    /// What a text alone would say, of resources and skills.
    pub(in crate::manifest) uri: Option<Spanned<String>>,
    /// A regular expression that must match the whole text.
    pub(in crate::manifest) regex: Option<Spanned<String>>,
    /// Tools of this `readOnlyHint`.
    pub(in crate::manifest) read_only: Option<bool>,
    /// Tools of this `destructiveHint`; a read-only tool is not destructive.
    pub(in crate::manifest) destructive: Option<bool>,
    /// Tools of this `idempotentHint`.
    pub(in crate::manifest) idempotent: Option<bool>,
    /// Tools of this `openWorldHint`.
    pub(in crate::manifest) open_world: Option<bool>,
    /// When the entry is there: for these callers, or where this is true. Where that can't be told,
    /// what enables is not there and what disables is.
    pub(in crate::manifest) when: Option<Spanned<When>>,
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PatternVisitor;

        impl<'de> Visitor<'de> for PatternVisitor {
            type Value = Pattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map with `name`, `uri`, `regex` or annotations")
            }

            fn visit_str<E>(self, text: &str) -> Result<Pattern, E> {
                Ok(Pattern::Text(text.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Pattern, A::Error> {
                PatternMap::deserialize(MapAccessDeserializer::new(map)).map(Pattern::Map)
            }
        }

        deserializer.deserialize_any(PatternVisitor)
    }
}
