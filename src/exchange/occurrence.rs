//! What happened in an exchange, for logs, metrics and explanations.

use std::borrow::Cow;
use std::sync::Arc;

use crate::guardrail::{Finding, Phase, Strategy};
use crate::policy::{Reason, RuleId};

/// Something that happened in an exchange. It never holds arguments, results or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// A message of the client was let through.
    Allowed {
        /// The method, or `response` for an answer to the server.
        method: &'static str,
        /// What it names: a tool, a prompt, a resource.
        target: Option<String>,
        /// The line of the manifest that allows it, where one is needed.
        rule: Option<RuleId>,
    },
    /// The client was answered in place of the upstream.
    Refused {
        /// Why.
        reason: Reason,
        /// The HTTP status of the answer.
        status: u16,
        /// What the log says of it.
        detail: Cow<'static, str>,
        /// What the message named: a tool, a prompt, a resource.
        target: Option<String>,
        /// The line of the manifest that decided, if it was not the default.
        rule: Option<RuleId>,
    },
    /// A list was filtered.
    Filtered {
        /// The member that holds the list: `tools`, `prompts`, …
        list: &'static str,
        /// How many entries stayed.
        kept: usize,
        /// How many were removed.
        removed: usize,
    },
    /// A guardrail looked, and has something to say.
    Guarded {
        /// Its name.
        guardrail: Arc<str>,
        /// Before or after the call.
        phase: Phase,
        /// How seriously it is taken: of one that audits, the rest is what it would have done.
        strategy: Strategy,
        /// What it came to.
        outcome: Outcome,
        /// The tool, if it is known to be about one.
        target: Option<String>,
        /// What was found, and where; never the values.
        findings: Vec<Finding>,
    },
    /// A message of the server was not passed on.
    Dropped {
        /// Why.
        detail: &'static str,
    },
}

/// What the look of a guardrail came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Passed,
    /// The message goes on, changed.
    Changed,
    /// The message does not go on.
    Blocked,
    /// The guardrail could not tell.
    Failed,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Changed => "changed",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
        }
    }
}
