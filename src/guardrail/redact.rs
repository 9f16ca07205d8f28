//! `redact`: finds personal data and secrets, and puts something else in their place.

mod look;
mod mask;
mod restore;

use std::collections::{HashMap, HashSet};

use regex::Regex;

use super::loosen::{Change, LONG_NUMBER, loosen_output};
use super::report::{Action, Finding, Report};
use super::walk::{Edit, Text, TextKind, walk};
use super::{Input, Path, Vault, token};
use crate::detect::{DetectError, Detector, Entity, Match, Selection};
use crate::json::{Splice, Value};

pub use restore::{restore, restored};

/// What becomes of an entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Treatment {
    /// Its name stands in its place.
    #[default]
    Redact,
    /// As much of it stays as tells people which one it is: the last four digits of a card.
    Partial,
    /// A keyed digest stands in its place.
    Hash,
    /// A token stands in its place, which turns back into it in later arguments of the same caller.
    Tokenize,
    /// It is taken out.
    Remove,
    /// The whole message is refused.
    Block,
}

impl Treatment {
    /// All there are.
    pub const ALL: &[Self] = &[
        Self::Redact,
        Self::Partial,
        Self::Hash,
        Self::Tokenize,
        Self::Remove,
        Self::Block,
    ];

    /// The word for it, as a manifest has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.action().as_str()
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    const fn action(self) -> Action {
        match self {
            Self::Redact => Action::Redact,
            Self::Partial => Action::Partial,
            Self::Hash => Action::Hash,
            Self::Tokenize => Action::Tokenize,
            Self::Remove => Action::Remove,
            Self::Block => Action::Block,
        }
    }
}

/// What a [`Redact`] is made of.
#[derive(Debug)]
pub struct Redacting {
    /// What is looked for.
    pub selection: Selection,
    /// What stands in place of an entity; `{entity}` in it is the entity's name.
    pub with: String,
    /// What becomes of entities.
    pub usual: Treatment,
    /// What becomes of some of them instead, by their names.
    pub treatments: HashMap<String, Treatment>,
    /// Values that stay, however they are capitalised.
    pub allowed: Vec<String>,
    /// Values that stay: those that are wholly matched by one of these.
    pub allowed_patterns: Vec<Regex>,
    /// With this many findings the message is refused.
    pub most: Option<usize>,
}

/// Whether a key is a short word, as nearly all are: nothing that the detector knows is one.
fn is_name(key: &str) -> bool {
    key.len() < 14
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// How entities are written where nothing else is said.
const USUAL_TEMPLATE: &str = "[{entity}]";

impl Default for Redacting {
    fn default() -> Self {
        Self {
            selection: Selection {
                entities: Entity::DEFAULT.to_vec(),
                custom: Vec::new(),
            },
            with: USUAL_TEMPLATE.to_owned(),
            usual: Treatment::default(),
            treatments: HashMap::new(),
            allowed: Vec::new(),
            allowed_patterns: Vec::new(),
            most: None,
        }
    }
}

/// Puts something else in the place of personal data and secrets.
#[derive(Debug)]
pub struct Redact {
    detector: Detector,
    entities: Vec<Entity>,
    with: String,
    usual: Treatment,
    treatments: HashMap<String, Treatment>,
    allowed: HashSet<String>,
    allowed_patterns: Vec<Regex>,
    most: Option<usize>,
    /// Whether numbers of few digits may be something too.
    has_custom: bool,
}

impl Redact {
    /// One that is made of this.
    ///
    /// # Errors
    ///
    /// A custom entity is none.
    pub fn new(made_of: Redacting) -> Result<Self, DetectError> {
        let allowed = made_of.allowed.iter().map(|value| value.to_lowercase());
        Ok(Self {
            detector: Detector::new(&made_of.selection)?,
            has_custom: !made_of.selection.custom.is_empty(),
            entities: made_of.selection.entities,
            with: made_of.with,
            usual: made_of.usual,
            treatments: made_of.treatments,
            allowed: allowed.collect(),
            allowed_patterns: made_of.allowed_patterns,
            most: made_of.most,
        })
    }

    /// Whether it hands out tokens, which are then to be turned back in arguments.
    #[must_use]
    pub fn tokenizes(&self) -> bool {
        self.treats_some(Treatment::Tokenize)
    }

    fn treats_some(&self, treatment: Treatment) -> bool {
        self.usual == treatment || self.treatments.values().any(|it| *it == treatment)
    }

    /// Looks at all texts, keys and numbers.
    pub fn inspect<'d>(&self, input: &Input<'_, 'd>, splice: &mut Splice<'d>, report: &mut Report) {
        let mut count = 0;
        walk(input, splice, &mut |text| {
            if text.kind == TextKind::Number && text.text.len() < LONG_NUMBER && !self.has_custom {
                return Edit::Keep;
            }
            if text.kind == TextKind::Key && !self.has_custom && is_name(text.text) {
                return Edit::Keep;
            }
            let found = self.find(text.text, text.key, input.vault);
            if found.is_empty() {
                return Edit::Keep;
            }
            count += found.len();
            self.edit(text, &found, input.vault, report)
        });
        if let Some(most) = self.most.filter(|most| count >= *most) {
            report.block(format!(
                "there are {count} pieces of personal or secret data in it, and {most} are too many"
            ));
        }
    }

    /// Loosens what the tool promises of its results.
    pub fn edit_tool<'d>(&self, tool: Value<'d>, splice: &mut Splice<'d>) {
        let change = Change {
            text: &|text, key| !self.find(text, key, None).is_empty(),
            numbers: Some(if self.has_custom { 0 } else { LONG_NUMBER }),
            keys: true,
            removes: self.treats_some(Treatment::Remove),
            shortens: false,
            anything: false,
        };
        loosen_output(tool, &change, splice);
    }

    /// Shows it a sample of each entity.
    ///
    /// # Errors
    ///
    /// It does not find one; the text says which.
    pub fn self_test(&self) -> Result<(), String> {
        for entity in &self.entities {
            let sample = entity.sample();
            let found = self.detector.find(&sample, None);
            if !found.iter().any(|one| one.entity == entity.as_str()) {
                return Err(format!(
                    "it does not find the sample of `{}`",
                    entity.as_str()
                ));
            }
        }
        Ok(())
    }

    /// What is in a text, but for what is allowed and what hides a value already.
    fn find(&self, text: &str, key: Option<&str>, vault: Option<&dyn Vault>) -> Vec<Match<'_>> {
        let found = look::look(&self.detector, text, key);
        if found.is_empty() {
            return found;
        }
        let mut found = look::beside(found, &own_tokens(text, vault), text);
        found.retain(|one| !self.allows(text.get(one.range.clone()).unwrap_or_default()));
        found
    }

    fn allows(&self, value: &str) -> bool {
        let is_whole = |pattern: &Regex| {
            let found = pattern.find(value);
            found.is_some_and(|found| found.len() == value.len())
        };
        (!self.allowed.is_empty() && self.allowed.contains(&value.to_lowercase()))
            || self.allowed_patterns.iter().any(is_whole)
    }

    fn edit(
        &self,
        text: &Text<'_>,
        found: &[Match<'_>],
        vault: Option<&dyn Vault>,
        report: &mut Report,
    ) -> Edit {
        let mut edited = String::with_capacity(text.text.len());
        let mut end = 0;
        let mut removed = false;
        for one in found {
            edited.push_str(text.text.get(end..one.range.start).unwrap_or_default());
            let value = text.text.get(one.range.clone()).unwrap_or_default();
            let treatment = self.treatments.get(one.entity).copied();
            let (action, instead) =
                self.instead(treatment.unwrap_or(self.usual), one, value, vault);
            removed |= action == Action::Remove;
            edited.push_str(&instead);
            end = one.range.end;
            say(one, text, action, report);
        }
        edited.push_str(text.text.get(end..).unwrap_or_default());
        if removed && edited.trim().is_empty() {
            return Edit::Remove;
        }
        Edit::Replace(edited)
    }

    /// What is done with a value, and what stands in its place.
    fn instead(
        &self,
        treatment: Treatment,
        one: &Match<'_>,
        value: &str,
        vault: Option<&dyn Vault>,
    ) -> (Action, String) {
        let instead = match treatment {
            Treatment::Redact | Treatment::Block => None,
            Treatment::Partial => mask::partial(one.entity, value),
            Treatment::Hash => {
                let digest = vault.map(|vault| vault.digest(value));
                digest.map(|digest| format!("[{}:{digest}]", one.entity))
            }
            Treatment::Tokenize => vault.and_then(|vault| vault.hide(value)),
            Treatment::Remove => Some(String::new()),
        };
        match instead {
            Some(instead) => (treatment.action(), instead),
            // Without keys nothing is hidden, and nothing is told either.
            None => {
                let is_block = treatment == Treatment::Block;
                let action = if is_block {
                    Action::Block
                } else {
                    Action::Redact
                };
                (action, self.with.replace("{entity}", one.entity))
            }
        }
    }
}

/// Where tokens are that were made for this caller. Others are looked at like any text: somebody who
/// makes some up hides nothing in them.
fn own_tokens(text: &str, vault: Option<&dyn Vault>) -> Vec<std::ops::Range<usize>> {
    let Some(vault) = vault else {
        return Vec::new();
    };
    let is_own = |range: &std::ops::Range<usize>| {
        let token = text.get(range.clone());
        token.is_some_and(|token| vault.reveal(token).is_some())
    };
    token::find(text).filter(is_own).collect()
}

fn say(one: &Match<'_>, text: &Text<'_>, action: Action, report: &mut Report) {
    let reason = format!("there is a value of the kind `{}` in it", one.entity);
    if action == Action::Block {
        report.block(reason);
    } else {
        report.explain(reason);
    }
    report.find_with(|| Finding {
        rule: one.rule.to_owned().into(),
        path: Path(text.path.to_vec()).to_string(),
        entity: Some(one.entity.to_owned()),
        action,
    });
}

#[cfg(test)]
mod tests;
