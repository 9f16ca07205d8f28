//! What happened in an exchange, for logs, metrics and explanations.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::asked::Asked;
use crate::guardrail::{Finding, Phase, Strategy};
use crate::json::Value;
use crate::jsonrpc::{self, RequestId};
use crate::policy::{Reason, RuleId};

/// Something that happened in an exchange. It never holds arguments, results or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// A message of the client was let through.
    Allowed {
        /// What it asks for.
        asked: Arc<Asked>,
        /// The line of the manifest that allows it, where one is needed.
        rule: Option<RuleId>,
    },
    /// The client was answered in place of the upstream.
    Refused {
        /// Why.
        reason: Reason,
        /// The HTTP status of the answer.
        status: u16,
        /// What the answer is.
        answer: Answer,
        /// What the log says of it.
        detail: Cow<'static, str>,
        /// What the message named: a tool, a prompt, a resource.
        target: Option<String>,
        /// What the message asked for, if that could be read.
        asked: Option<Arc<Asked>>,
        /// The line of the manifest that decided, if it was not the default.
        rule: Option<RuleId>,
    },
    /// The server has answered a request.
    Answered {
        /// The text of the id of the request.
        id: String,
        /// What the answer is.
        answer: Answer,
    },
    /// The exchange is part of a session: a name for it by which nobody can use it.
    InSession(String),
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
        /// When it began to look, on the clock of the process.
        began: Duration,
        /// For how long it looked.
        took: Duration,
    },
    /// A message of the server was not passed on.
    Dropped {
        /// Why.
        detail: &'static str,
    },
}

impl Occurrence {
    /// The server has answered the request of this id.
    pub(super) fn answered(id: &RequestId, outcome: jsonrpc::Outcome<'_>) -> Self {
        Self::Answered {
            id: id.as_text().to_owned(),
            answer: Answer::of(outcome),
        }
    }

    /// Whether it is something that whoever reads a log wants to know: neither that all went well nor
    /// what an exchange is part of.
    #[must_use]
    pub fn is_notable(&self) -> bool {
        match self {
            Self::Answered { .. } | Self::InSession(_) => false,
            Self::Guarded {
                outcome, findings, ..
            } => *outcome != Outcome::Passed || !findings.is_empty(),
            Self::Allowed { .. }
            | Self::Refused { .. }
            | Self::Filtered { .. }
            | Self::Dropped { .. } => true,
        }
    }
}

/// What an answer of the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A result.
    Result,
    /// The result of a tool that failed (`isError`).
    ToolError,
    /// A JSON-RPC error.
    Error {
        /// Its code, as a number that JSON has; nothing if it is none.
        code: Option<i64>,
    },
}

impl Answer {
    /// What an answer of the server is.
    fn of(outcome: jsonrpc::Outcome<'_>) -> Self {
        match outcome {
            jsonrpc::Outcome::Result(result) => {
                match result.get("isError").and_then(Value::as_bool) {
                    Some(true) => Self::ToolError,
                    Some(false) | None => Self::Result,
                }
            }
            jsonrpc::Outcome::Error(error) => {
                let code = error.get("code").and_then(Value::as_number);
                Self::Error {
                    code: code.and_then(|code| code.parse().ok()),
                }
            }
        }
    }
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
