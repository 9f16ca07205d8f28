//! Entities in texts: what of a text is a card number, an address, an identity, a secret.
//!
//! A text is gone over once for its digits, `@` and `:`, and once for words that may be, or
//! announce, a secret. At each of these a bounded window is looked at, so that the work is linear
//! in the length of the text. A shape alone is no finding: what has a check digit must pass it, what
//! has assigned ranges must lie in them, and a short number that would pass by chance needs a word
//! near it that says what it is ([`Detector::find`] has a `key` for such words too).

mod card;
mod checksum;
mod cluster;
mod code;
mod context;
mod crypto;
mod email;
mod engine;
mod entity;
mod found;
mod iban;
mod network;
mod number;
mod phone;
mod plain;
mod sample;
mod secret;
mod text;
mod trigger;
mod vocabulary;

use std::ops::Range;

use regex::{Regex, RegexBuilder};

pub use entity::Entity;

use engine::Engine;

/// The most memory that one custom regular expression may take, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The built-in entities.
    pub entities: Vec<Entity>,
    /// Patterns of the operator's own.
    pub custom: Vec<Custom>,
}

/// An entity of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custom {
    /// The name that matches bear.
    pub name: String,
    /// A regular expression that runs in linear time; it may match anywhere in a text.
    pub regex: String,
}

/// One entity in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'d> {
    /// Where it is, in bytes, on the borders of characters.
    pub range: Range<usize>,
    /// The name of the entity, or of the custom one.
    pub entity: &'d str,
    /// What kind of the entity it is, such as the vendor's token. Else the entity's name.
    pub rule: &'d str,
}

/// A selection that can't be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetectError {
    /// A custom entity has no name.
    #[error("a custom entity has no name")]
    NoName,
    /// A custom entity bears the name of another entity.
    #[error("custom entity `{0}` bears the name of another entity: give it another name")]
    NameTaken(String),
    /// A regular expression is not one, or too large when compiled.
    #[error("custom entity `{name}`: {reason}")]
    Regex {
        /// The name of the entity.
        name: String,
        /// What is wrong with its expression.
        reason: String,
    },
    /// A regular expression matches where nothing is.
    #[error("custom entity `{0}`: the expression also matches the empty text")]
    MatchesNothing(String),
}

/// Finds entities in texts. It is built once for a selection and used from many threads.
#[derive(Debug)]
pub struct Detector {
    engine: Engine,
    custom: Vec<(String, Regex)>,
}

impl Detector {
    /// A detector for this selection.
    ///
    /// # Errors
    ///
    /// A custom entity has no name of its own, or a regular expression that can't be used.
    pub fn new(selection: &Selection) -> Result<Self, DetectError> {
        let mut custom: Vec<(String, Regex)> = Vec::new();
        for one in &selection.custom {
            if one.name.is_empty() {
                return Err(DetectError::NoName);
            }
            if Entity::parse(&one.name).is_some()
                || custom.iter().any(|(name, _)| *name == one.name)
            {
                return Err(DetectError::NameTaken(one.name.clone()));
            }
            custom.push((one.name.clone(), compile(one)?));
        }
        let engine = Engine::new(&selection.entities);
        Ok(Self { engine, custom })
    }

    /// The entities in `text`: ascending, not overlapping, on the borders of characters. Of
    /// findings that overlap the longest stays.
    ///
    /// `key` is the JSON key that the text stands under; its words count as words near it.
    #[must_use]
    pub fn find<'d>(&'d self, text: &str, key: Option<&str>) -> Vec<Match<'d>> {
        let mut found = Vec::new();
        self.engine.find(text, key, &mut found);
        for (name, regex) in &self.custom {
            for one in regex.find_iter(text) {
                found.push(found::Found::custom(one.range(), name));
            }
        }
        found::resolve(found)
    }
}

fn compile(custom: &Custom) -> Result<Regex, DetectError> {
    let regex = RegexBuilder::new(&custom.regex)
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|error| DetectError::Regex {
            name: custom.name.clone(),
            reason: error.to_string(),
        })?;
    if regex.is_match("") {
        return Err(DetectError::MatchesNothing(custom.name.clone()));
    }
    Ok(regex)
}

#[cfg(test)]
mod tests;
