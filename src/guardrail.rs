//! Guardrails: what is looked for in the arguments of calls and in what servers answer, and what is
//! made of it.
//!
//! A [`Check`] is pure: it looks at the parts of a message that hold data, says what it found (never
//! the values), and writes the edits that would mend it. Whether the edits are made, and what a
//! finding leads to, is decided where guardrails are attached (`policy::guard`); where in a message
//! the data lies is known to `exchange::guard`.

mod arguments;
mod base64;
pub mod file_path;
mod forms;
mod input;
mod leaf;
mod learned;
mod limit;
mod loosen;
pub mod network;
mod path;
pub mod pin;
mod reading;
mod redact;
pub mod regex;
mod report;
mod sanitize;
pub mod schema;
pub mod sql;
pub mod token;
mod walk;

use std::fmt;

pub use self::regex::RegexCheck;
pub use self::sql::Sql;
pub use arguments::Arguments;
pub use file_path::FilePath;
pub use forms::Normalize;
pub use input::{Form, Input, Part, ToolFacts, Vault};
pub use learned::{Learned, Learner};
pub use limit::Limit;
pub use loosen::loosen_wholly;
pub use network::Network;
pub use path::{InvalidPath, Path, PathPattern, Segment};
pub use pin::Pin;
pub use redact::{Redact, Redacting, Treatment, restore, restored};
pub use report::{Action, Failure, Finding, Report};
pub use sanitize::{Junk, Sanitize};
pub use schema::SchemaCheck;
pub use walk::{Edit, Text, TextKind, walk};

use crate::json::{Splice, Value};

/// Before or after the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before: the arguments (`mcp_tool_pre_invoke_guardrails`).
    Call,
    /// After: whatever the server says (`mcp_tool_post_invoke_guardrails`).
    Result,
}

/// What a guardrail does about what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// It refuses.
    Validate,
    /// It mends what can be mended, and refuses the rest.
    Mutate,
}

/// How seriously a guardrail is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// What it refuses is refused, and so is what it can't tell.
    Enforce,
    /// What it refuses is refused; what it can't tell passes.
    EnforceButIgnoreOnError,
    /// It is asked, and what it says is reported; nothing changes.
    Audit,
}

impl Phase {
    /// The word for it, in logs and in what external guardrails are sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Result => "result",
        }
    }
}

impl Operation {
    /// The word for it, as a manifest has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
        }
    }
}

impl Strategy {
    /// The word for it, as a manifest has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::EnforceButIgnoreOnError => "enforce_but_ignore_on_error",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a guardrail looks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Check {
    /// Keeps results small.
    Limit(Limit),
    /// Puts something else in the place of personal data and secrets.
    Redact(Box<Redact>),
    /// Takes out what people don't see.
    Sanitize(Sanitize),
    /// Texts that must, or must not, match patterns.
    Regex(RegexCheck),
    /// Where URLs lead.
    Network(Network),
    /// Where paths of files lead.
    FilePath(FilePath),
    /// Arguments against the tool's schema.
    Schema(SchemaCheck),
    /// What SQL does.
    Sql(Box<Sql>),
    /// Arguments that are fixed, preset, hidden or not allowed.
    Arguments(Arguments),
    /// Definitions of tools, which must stay as they are.
    Pin(Pin),
}

impl Check {
    /// Looks at what there is, says in `report` what it finds, and writes into `splice` the edits
    /// that would mend it.
    ///
    /// # Errors
    ///
    /// It can't be told whether all is well.
    pub fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        match self {
            Self::Regex(check) => check.inspect(input, splice, report),
            Self::Network(check) => check.inspect(input, report),
            Self::FilePath(check) => check.inspect(input, report),
            Self::Limit(check) => check.inspect(input, splice, report)?,
            Self::Sql(check) => check.inspect(input, splice, report),
            Self::Redact(check) => check.inspect(input, splice, report),
            Self::Sanitize(check) => check.inspect(input, splice, report),
            Self::Schema(check) => check.inspect(input, splice, report)?,
            Self::Arguments(check) => check.inspect(input, splice, report),
            Self::Pin(check) => check.inspect(input, report)?,
        }
        Ok(())
    }

    /// Edits the definition of a tool in a list, so that it tells what the guardrail makes of calls
    /// and results. `false` if the tool is not to be seen.
    pub fn edit_tool<'d>(
        &self,
        phase: Phase,
        tool: Value<'d>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) -> bool {
        match self {
            // Only results are promised.
            Self::Limit(_) | Self::Redact(_) | Self::Sanitize(_) if phase == Phase::Call => {}
            Self::Regex(_)
            | Self::Network(_)
            | Self::FilePath(_)
            | Self::Schema(_)
            | Self::Sql(_) => {}
            Self::Limit(check) => check.edit_tool(tool, splice),
            Self::Redact(check) => check.edit_tool(tool, splice),
            Self::Sanitize(check) => check.edit_tool(tool, splice, report),
            Self::Arguments(check) => check.edit_tool(phase, tool, splice),
            Self::Pin(check) => return check.edit_tool(phase, tool, report),
        }
        true
    }

    /// Whether it puts tokens in the place of values, which are then to be turned back.
    #[must_use]
    pub fn hides_values(&self) -> bool {
        matches!(self, Self::Redact(check) if check.tokenizes())
    }

    /// Shows the check a sample of what it is for.
    ///
    /// # Errors
    ///
    /// It does not catch it; the text says what it was shown.
    pub fn self_test(&self) -> Result<(), String> {
        match self {
            Self::Regex(check) => check.self_test(),
            Self::Network(check) => check.self_test(),
            Self::FilePath(check) => check.self_test(),
            Self::Limit(check) => check.self_test(),
            Self::Sql(check) => check.self_test(),
            Self::Redact(check) => check.self_test(),
            Self::Sanitize(check) => check.self_test(),
            Self::Schema(check) => check.self_test(),
            Self::Arguments(check) => check.self_test(),
            Self::Pin(check) => check.self_test(),
        }
    }
}

#[cfg(test)]
mod promises;
