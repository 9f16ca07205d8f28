//! What a guardrail says.

use std::borrow::Cow;
use std::fmt;

/// The most findings that one look keeps.
const MOST: usize = 100;

/// What one look of a guardrail came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    findings: Vec<Finding>,
    block: Option<String>,
    reasons: Vec<String>,
    notes: Vec<String>,
}

/// Something that was found. It never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was broken, as a stable word: `select_star`, `github_personal_access_token`.
    pub rule: Cow<'static, str>,
    /// Where it is, as a JSON path.
    pub path: String,
    /// What it is, where that has a name of its own: `credit_card`.
    pub entity: Option<String>,
    /// What is done about it.
    pub action: Action,
}

/// What is done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// The message is refused.
    Block,
    /// Another text stands in its place.
    Redact,
    /// A part of it stays.
    Partial,
    /// A digest stands in its place.
    Hash,
    /// A token stands in its place, which can be turned back.
    Tokenize,
    /// It is taken out.
    Remove,
    /// It is changed in another way.
    Change,
    /// It is left, and reported.
    Report,
}

/// A guardrail can't tell whether all is well. The text is for whoever calls and for the log, and
/// holds nothing of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub Cow<'static, str>);

impl Action {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Redact => "redact",
            Self::Partial => "partial",
            Self::Hash => "hash",
            Self::Tokenize => "tokenize",
            Self::Remove => "remove",
            Self::Change => "change",
            Self::Report => "report",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Report {
    /// Adds a finding.
    pub fn find(&mut self, finding: Finding) {
        self.find_with(|| finding);
    }

    /// Adds a finding, which is made only if it is kept.
    pub fn find_with(&mut self, finding: impl FnOnce() -> Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding());
        }
    }

    /// Says why something is wrong, in words for a model that has to do better. They hold no value
    /// of a result; of arguments, which are the model's own, they may repeat names.
    pub fn explain(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.reasons.len() < MOST && !reason.is_empty() && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Says that no edit mends it, and why.
    pub fn block(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        self.explain(reason.clone());
        self.block.get_or_insert(reason);
    }

    /// Adds a remark that the model reads beside the result.
    pub fn note(&mut self, note: impl Into<String>) {
        if self.notes.len() < MOST {
            self.notes.push(note.into());
        }
    }

    /// What was found, as far as it was kept.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether no edit mends it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.block.is_some()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.block.is_none()
    }

    /// Whether anything was found that is wrong, and not merely worth telling.
    #[must_use]
    pub fn finds_fault(&self) -> bool {
        let is_fault = |finding: &Finding| finding.action != Action::Report;
        self.is_blocked() || self.findings.iter().any(is_fault)
    }

    /// Why something is wrong, in one text.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reasons.join("; ")
    }

    /// The remarks for the model.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The findings, to keep.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

impl Failure {
    /// A failure of this text.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}
