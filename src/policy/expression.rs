//! Conditions in CEL: what may be asked about who calls, and with what arguments.
//!
//! The crate `cel` parses. What it parsed is checked and lowered once, at load, and evaluated here,
//! because the crate neither checks types nor bounds what an evaluation costs, and knows no value
//! that is not known yet.
//!
//! The language is a part of CEL: literals of bool, int, double, string, null and list; `==`,
//! `!=`, `<`, `<=`, `>`, `>=`, `in`, `&&`, `||`, `!`, `?:`; fields, indices and `has`; `size`,
//! `startsWith`, `endsWith`, `contains`, and `matches` with a literal pattern; `all`, `exists` and
//! `exists_one`. There is no arithmetic, nothing that makes text or lists grow, and no conversion.
//!
//! Reading `user` or `agent` of a caller that has none is an error, and so denies.
//! A whole number that no signed integer of 64 bits holds is an error wherever it is read; a
//! decimal is the nearest double, and an error where there is none that is finite.

mod check;
mod elements;
mod evaluate;
mod node;
mod source;
mod types;
mod value;

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::json;
use evaluate::{Evaluation, Known};
use node::Node;

/// The longest text of an expression, in bytes.
pub(crate) const MAX_TEXT: usize = 2_000;

/// What an expression may know of who calls.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who calls, if the claims say it.
    pub user: Option<&'a str>,
    /// The groups the user is in.
    pub groups: &'a [String],
    /// The program that calls for the user, if the claims say it.
    pub agent: Option<&'a str>,
    /// The scopes of the token.
    pub scopes: &'a [String],
    /// All claims.
    pub claims: &'a Map<String, Value>,
}

/// A checked condition. Clones share it.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: Box<str>,
    node: Node,
    reads_arguments: bool,
}

/// What an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It depends on arguments that are not there.
    Unknown,
    /// It can't be told, or not within its bounds: this denies.
    Error,
}

/// Why an expression is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Where: a range of bytes in the text.
    pub range: Range<usize>,
    /// What may have been meant.
    pub help: Option<String>,
}

impl Expression {
    /// Parses and checks an expression; `takes_arguments` where it judges calls that have some.
    ///
    /// # Errors
    ///
    /// The text does not parse, is longer or deeper than it may be, names what is not there, mixes
    /// types, or comes to the same for every caller.
    pub fn compile(text: &str, takes_arguments: bool) -> Result<Self, ExpressionError> {
        let (node, reads_arguments) = check::check(text, takes_arguments)?;
        let message = match Evaluation::new(Known::Nothing).outcome(&node) {
            Outcome::Unknown => {
                return Ok(Self(Arc::new(Compiled {
                    text: text.into(),
                    node,
                    reads_arguments,
                })));
            }
            Outcome::True => "the expression is always true",
            Outcome::False => "the expression is always false",
            Outcome::Error => "the expression always fails",
        };
        Err(ExpressionError {
            message: message.to_owned(),
            range: 0..text.len(),
            help: None,
        })
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether it asks about the arguments of a call.
    #[must_use]
    pub fn reads_arguments(&self) -> bool {
        self.0.reads_arguments
    }

    /// What it comes to for a caller. Without `arguments` they are not known yet, as in a list:
    /// then [`Outcome::False`] and [`Outcome::Error`] mean that no arguments make it true, and
    /// [`Outcome::True`] that none make it false, though some may still make it fail.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts<'_>, arguments: Option<json::Value<'_>>) -> Outcome {
        let mut evaluation = Evaluation::new(Known::Caller { facts, arguments });
        let outcome = evaluation.outcome(&self.0.node);
        // With arguments less may be looked at, so that there it may not run out.
        if evaluation.ran_out() && arguments.is_none() && self.0.reads_arguments {
            return Outcome::Unknown;
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
