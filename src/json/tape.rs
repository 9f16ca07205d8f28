//! The tape: every value of a document, in the order of the source.

/// What the reader makes of a source.
#[derive(Debug)]
pub(super) struct Tape {
    /// The values and keys.
    pub(super) nodes: Vec<Node>,
    /// Where the backslashes of the escapes are that stand for half of a character, in order.
    pub(super) lone_surrogates: Vec<u32>,
}

/// What a node of the tape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    True,
    False,
    Number,
    /// A string whose bytes are its text.
    Plain,
    /// A string with at least one escape.
    Escaped,
    Array,
    Object,
}

/// A value or a key, as a range of the source.
///
/// The children of an array or object follow it immediately; in an object they alternate between
/// key and value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// The index after the last descendant: where the next sibling is, if there is one.
    /// While the reader has not yet closed an array or object, the index of its parent.
    pub(super) next: u32,
    pub(super) tag: Tag,
}

impl Node {
    /// What an index outside of the tape reads as: null, which grants nothing.
    pub(super) const MISSING: Self = Self {
        start: 0,
        end: 0,
        next: u32::MAX,
        tag: Tag::Null,
    };
}
