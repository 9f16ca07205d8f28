//! What a guardrail looks at.

use std::fmt;

use super::path::{Path, PathPattern};
use super::{Operation, Phase};
use crate::json::Value;

/// What a guardrail looks at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'i, 'd> {
    /// Before or after the call.
    pub phase: Phase,
    /// What the guardrail does about what it finds.
    pub operation: Operation,
    /// The name of the tool at the server: none if it is not about a tool, or nobody knows which.
    pub tool: Option<&'i str>,
    /// The parts of the message that hold data. Before a call that is one: the `arguments`, an
    /// object, whose path is `$`.
    pub parts: &'i [Part<'d>],
    /// What the guardrail leaves alone.
    pub exempt: &'i [PathPattern],
    /// What seals values for this caller, if there are keys.
    pub vault: Option<&'i dyn Vault>,
    /// What the last list of the server's said of the tool, if one was seen.
    pub known: Option<&'i ToolFacts>,
}

/// A part of a message that holds data.
#[derive(Debug, Clone)]
pub struct Part<'d> {
    /// Where it is.
    pub path: Path<'d>,
    /// The data itself.
    pub value: Value<'d>,
    /// How it is to be read.
    pub form: Form,
}

/// How a part is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As JSON of the server's or the client's own making.
    Data,
    /// As a text for people and models, which may be JSON.
    Text,
    /// As bytes in base64, which may be a text.
    Base64,
}

/// What seals values for one caller of one virtual server, so that only this caller gets them back.
pub trait Vault: fmt::Debug {
    /// A token for a value: the same for the same value. `None` if the value is too long.
    fn hide(&self, value: &str) -> Option<String>;
    /// The value of a token that was made here for this caller.
    fn reveal(&self, token: &str) -> Option<String>;
    /// What stands for a value and can't be turned back: the same for the same value.
    fn digest(&self, value: &str) -> String;
}

/// What a list of the server's said of a tool.
#[derive(Debug, Clone, Default)]
pub struct ToolFacts {
    /// The definition as it was sent, without white space between its parts.
    pub definition: String,
    /// `inputSchema`, as it was sent.
    pub input_schema: Option<String>,
}
