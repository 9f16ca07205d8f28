//! What a checked expression consists of.

use regex::Regex;

/// A variable that the caller or the call fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    User,
    Groups,
    Agent,
    Scopes,
    Claims,
    Arguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

/// A part of a checked expression.
#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Box<str>),
    List(Vec<Node>),
    Variable(Variable),
    /// What a macro binds: the outermost is 0.
    Local(usize),
    Select(Box<Node>, Box<str>),
    Has(Box<Node>, Box<str>),
    Index(Box<(Node, Node)>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<(Node, Node, Node)>),
    Compare(Comparison, Box<(Node, Node)>),
    In(Box<(Node, Node)>),
    Size(Box<Node>),
    TextTest(TextTest, Box<(Node, Node)>),
    Matches(Box<Node>, Regex),
    /// The list or map, and the condition about each of its elements or keys.
    Each(Quantifier, Box<(Node, Node)>),
}
