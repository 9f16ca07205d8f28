//! Rules: the patterns of a manifest, each with its place.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::condition::{Circumstances, Condition};
use super::pattern::Pattern;

/// The name of a rule: where in the manifest's tree it stands, for example
/// `virtual_servers.support.servers[0].enabled_tools[2]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// A rule id of this text.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a manifest. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file's name as it was given.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One pattern as the manifest has it.
#[derive(Debug, Clone)]
pub struct Rule {
    id: RuleId,
    location: Location,
    text: Arc<str>,
    pattern: Pattern,
    condition: Option<Condition>,
}

impl Rule {
    /// A rule with its name, its place, and its text as written.
    #[must_use]
    pub fn new(
        id: RuleId,
        location: Location,
        text: impl Into<Arc<str>>,
        pattern: Pattern,
    ) -> Self {
        Self {
            id,
            location,
            text: text.into(),
            pattern,
            condition: None,
        }
    }

    /// The same rule, which is there only where the condition holds.
    #[must_use]
    pub fn when(self, condition: Condition) -> Self {
        Self {
            condition: Some(condition),
            ..self
        }
    }

    /// The rule's name.
    #[must_use]
    pub fn id(&self) -> &RuleId {
        &self.id
    }

    /// Where the rule is written.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The pattern as written. For explanations on the operator's side; never for a client.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.text
    }

    /// When the rule is there, if it is not always.
    #[must_use]
    pub fn condition(&self) -> Option<&Condition> {
        self.condition.as_ref()
    }

    pub(super) fn compiled(&self) -> &Pattern {
        &self.pattern
    }

    /// The same rule, about the canonical spellings of URIs.
    pub(super) fn canonical_uri(&self) -> Self {
        Self {
            pattern: self.pattern.canonical_uri(),
            ..self.clone()
        }
    }
}

/// What one kind of thing is judged by: rules that enable, and rules that disable whatever
/// else enables. Nothing is enabled by an empty set.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    enabled: Set,
    disabled: Set,
}

/// What a set of rules says of one thing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict<'p> {
    Enabled(&'p Rule),
    Disabled(&'p Rule),
    Unmentioned,
}

impl Rules {
    /// The rules that enable and the rules that disable, each in the order of the manifest.
    #[must_use]
    pub fn new(enabled: Vec<Rule>, disabled: Vec<Rule>) -> Self {
        Self {
            enabled: Set::new(enabled),
            disabled: Set::new(disabled),
        }
    }

    /// The rules that enable.
    #[must_use]
    pub fn enabled(&self) -> &[Rule] {
        &self.enabled.rules
    }

    /// The rules that disable.
    #[must_use]
    pub fn disabled(&self) -> &[Rule] {
        &self.disabled.rules
    }

    /// Judges `text`. For patterns that are not an exact text, `enables` and `disables` say whether
    /// they match: what enables may be held to more than what disables. Which rules are there is
    /// told by the circumstances.
    pub(super) fn judge(
        &self,
        text: &str,
        circumstances: Circumstances<'_>,
        enables: impl Fn(&Pattern) -> bool,
        disables: impl Fn(&Pattern) -> bool,
    ) -> Verdict<'_> {
        let stays = |condition: &Condition| circumstances.disables(condition);
        if let Some(rule) = self.disabled.find(text, disables, stays) {
            return Verdict::Disabled(rule);
        }
        let holds = |condition: &Condition| circumstances.enables(condition);
        match self.enabled.find(text, enables, holds) {
            Some(rule) => Verdict::Enabled(rule),
            None => Verdict::Unmentioned,
        }
    }
}

/// Rules, with the exact texts of those that are always there indexed.
#[derive(Debug, Clone, Default)]
struct Set {
    rules: Vec<Rule>,
    exact: HashMap<Box<str>, usize>,
    others: Vec<usize>,
}

impl Set {
    fn new(rules: Vec<Rule>) -> Self {
        let mut exact = HashMap::new();
        let mut others = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match rule.compiled().as_exact() {
                Some(text) if rule.condition.is_none() => {
                    exact.entry(text.into()).or_insert(index);
                }
                Some(_) | None => others.push(index),
            }
        }
        Self {
            rules,
            exact,
            others,
        }
    }

    /// The rule that matches and is there: the exact one if there is one, else the first of the
    /// others.
    fn find(
        &self,
        text: &str,
        matches: impl Fn(&Pattern) -> bool,
        is_there: impl Fn(&Condition) -> bool,
    ) -> Option<&Rule> {
        if let Some(rule) = self
            .exact
            .get(text)
            .and_then(|&index| self.rules.get(index))
        {
            return Some(rule);
        }
        self.others
            .iter()
            .filter_map(|&index| self.rules.get(index))
            .filter(|rule| match rule.compiled().as_exact() {
                Some(exact) => exact == text,
                None => matches(rule.compiled()),
            })
            .find(|rule| rule.condition().is_none_or(&is_there))
    }
}
