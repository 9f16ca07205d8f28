//! Rules about URIs, which have other spellings.

use super::condition::Circumstances;
use super::pattern::{CanonicalUri, Pattern};
use super::rule::{Rule, Rules, Verdict};
use super::uri;

/// Rules about URIs, and what disables once more: about their canonical spellings.
#[derive(Debug, Clone, Default)]
pub(super) struct UriRules {
    rules: Rules,
    canonical: Rules,
}

impl UriRules {
    pub(super) fn new(rules: Rules) -> Self {
        let disabled = rules.disabled().iter().map(Rule::canonical_uri).collect();
        Self {
            canonical: Rules::new(Vec::new(), disabled),
            rules,
        }
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Judges a URI or a template, of which `matches` says whether a pattern matches it.
    pub(super) fn judge(
        &self,
        uri: &str,
        circumstances: Circumstances<'_>,
        matches: impl Fn(&Pattern, &str) -> bool,
    ) -> Verdict<'_> {
        let plain = uri::is_plain(uri);
        let verdict = self.rules.judge(
            uri,
            circumstances,
            |pattern| plain && matches(pattern, uri),
            |pattern| matches(pattern, uri),
        );
        // Other spellings cost an allocation for each: only what would pass is looked at again.
        if !matches!(verdict, Verdict::Enabled(_)) {
            return verdict;
        }
        self.judge_spellings(uri, circumstances, matches)
            .unwrap_or(verdict)
    }

    /// What disables another spelling of a URI.
    pub(super) fn judge_spellings(
        &self,
        uri: &str,
        circumstances: Circumstances<'_>,
        matches: impl Fn(&Pattern, &str) -> bool,
    ) -> Option<Verdict<'_>> {
        if self.canonical.disabled().is_empty() {
            return None;
        }
        CanonicalUri::new(uri).forms().find_map(|form| {
            let disables = |pattern: &Pattern| matches(pattern, form);
            match self
                .canonical
                .judge(form, circumstances, |_| false, disables)
            {
                disabled @ Verdict::Disabled(_) => Some(disabled),
                Verdict::Enabled(_) | Verdict::Unmentioned => None,
            }
        })
    }
}
