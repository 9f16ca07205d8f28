//! What is asked, and what is answered.

use super::reason::Reason;
use super::rule::Rule;

/// What a client wants to see or use. The kind is part of it, so that a tool's name can never be
/// taken for a prompt's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target<'a> {
    /// A tool, by name.
    Tool(&'a str),
    /// A prompt, by name.
    Prompt(&'a str),
    /// A resource, by URI.
    Resource(&'a str),
    /// A resource template, by its `uriTemplate`.
    ResourceTemplate(&'a str),
    /// A skill, by the URI of its `SKILL.md` (SEP-2640).
    Skill(&'a str),
}

/// What kind of thing a [`Target`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource.
    Resource,
    /// A resource template.
    ResourceTemplate,
    /// A skill.
    Skill,
}

impl TargetKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource_template",
            Self::Skill => "skill",
        }
    }
}

/// The answer to a [`Target`].
#[derive(Debug, Clone, Copy)]
pub enum Decision<'p> {
    /// The target may be seen and used.
    Allow {
        /// The rule that enables it.
        rule: &'p Rule,
    },
    /// For the client, the target does not exist.
    Deny {
        /// Why: the same whether the target is hidden or does not exist.
        reason: Reason,
        /// The rule that disables it, or `None` where nothing enables it. For the operator only.
        rule: Option<&'p Rule>,
    },
}

impl Decision<'_> {
    /// Whether the target may be seen and used.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow { .. })
    }
}
