//! What a guardrail looks at.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::path::{Path, PathPattern};
use super::schema::{CompiledSchema, SchemaError};
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

impl<'i, 'd> Input<'i, 'd> {
    /// These parts, of no tool in particular, with nothing exempt, no keys and nothing known.
    #[must_use]
    pub fn new(phase: Phase, operation: Operation, parts: &'i [Part<'d>]) -> Self {
        Self {
            phase,
            operation,
            tool: None,
            parts,
            exempt: &[],
            vault: None,
            known: None,
        }
    }
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

impl<'d> Part<'d> {
    /// A value that is all there is, such as the arguments of a call.
    #[must_use]
    pub fn whole(value: Value<'d>) -> Self {
        Self {
            path: Path::default(),
            value,
            form: Form::Data,
        }
    }
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
    /// As the list of blocks whose contents are parts of their own. Nothing in it is read here; it
    /// is there for what leaves whole blocks out.
    Blocks,
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
    /// That, ready to be held against arguments, once somebody has asked for it.
    pub(super) compiled: OnceLock<Result<Arc<CompiledSchema>, SchemaError>>,
}

impl ToolFacts {
    /// What a definition says, the entry of a list of tools.
    #[must_use]
    pub fn of(tool: Value<'_>) -> Self {
        let schema = tool.get("inputSchema");
        Self {
            definition: compact(tool.raw()),
            input_schema: schema.map(|schema| compact(schema.raw())),
            compiled: OnceLock::new(),
        }
    }
}

/// JSON without white space between its parts.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut is_inside, mut is_escaped) = (false, false);
    for c in json.chars() {
        if !is_inside && c.is_ascii_whitespace() {
            continue;
        }
        is_inside ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        compact.push(c);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    #[test]
    fn facts_are_what_was_sent_without_white_space() {
        let source = r#" { "name" : "a \" b\\" , "inputSchema":{ "type" : "object" } } "#;
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let facts = ToolFacts::of(document.root());
        assert_eq!(
            facts.definition,
            r#"{"name":"a \" b\\","inputSchema":{"type":"object"}}"#
        );
        assert_eq!(facts.input_schema.as_deref(), Some(r#"{"type":"object"}"#));
    }
}
