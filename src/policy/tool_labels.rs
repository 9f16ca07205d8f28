//! What a tool is called where names that a client invents must not show.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::rule::{Rule, RuleId, Rules};

/// The manifest's own words for tools: names that it spells out, and else the patterns that enable.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolLabels {
    names: HashSet<Arc<str>>,
    patterns: HashMap<RuleId, Arc<str>>,
}

impl ToolLabels {
    /// The words of rules about tools, and these names that the manifest knows besides.
    pub(super) fn new<'n>(rules: &'n Rules, known: impl Iterator<Item = &'n str>) -> Self {
        let exact = rules.enabled().iter();
        let exact = exact.filter_map(|rule| rule.compiled().as_exact());
        let patterns = rules.enabled().iter();
        Self {
            names: exact.chain(known).map(Arc::from).collect(),
            patterns: patterns
                .map(|rule| (rule.id().clone(), Arc::from(rule.pattern())))
                .collect(),
        }
    }

    /// What a tool is called that this rule enables; without a rule, that the first one would whose
    /// pattern it matches.
    pub(super) fn of(&self, name: &str, rule: Option<&RuleId>, rules: &Rules) -> Option<&Arc<str>> {
        if let Some(name) = self.names.get(name) {
            return Some(name);
        }
        match rule {
            Some(id) => self.patterns.get(id),
            None => {
                let mut enabled = rules.enabled().iter();
                let matches = |rule: &&Rule| rule.compiled().matches(name);
                self.patterns.get(enabled.find(matches)?.id())
            }
        }
    }
}
