//! Why the reader refuses.

/// Why the reader refused a document, and where.
///
/// The message never repeats what the document says: it may be told to either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The byte at which it is wrong, counted from the start of the input.
    pub offset: usize,
}

/// What can be wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ErrorKind {
    /// The input is too long for its positions to fit the reader's tape.
    #[error("input too long")]
    TooLong,
    /// Some parsers take invalid UTF-8, replacing or keeping it.
    #[error("invalid UTF-8")]
    NotUtf8,
    /// Some parsers skip a byte order mark, others refuse it.
    #[error("byte order mark")]
    ByteOrderMark,
    /// There is nothing but white space.
    #[error("no value")]
    Empty,
    /// The input ends inside a value.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// A byte that cannot stand here: comments, trailing commas, `NaN` and the like.
    #[error("unexpected byte")]
    UnexpectedByte,
    /// A backslash is not followed by one of JSON's escapes.
    #[error("invalid escape")]
    InvalidEscape,
    /// An escape stands for half of a character.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// A control character in a string is not escaped.
    #[error("control character in string")]
    ControlCharacter,
    /// A number is not written by JSON's grammar.
    #[error("invalid number")]
    InvalidNumber,
    /// A number has more digits than [`Limits::number_digits`](super::Limits::number_digits).
    #[error("number too long")]
    NumberTooLong,
    /// A number is greater than any double: infinity to some, an error or exact to others.
    #[error("number out of range")]
    NumberNotFinite,
    /// Arrays and objects nest deeper than [`Limits::depth`](super::Limits::depth).
    #[error("nesting too deep")]
    TooDeep,
    /// Two members of an object have the same key once escapes are decoded.
    #[error("duplicate key")]
    DuplicateKey,
    /// Something other than white space follows the value.
    #[error("trailing data")]
    TrailingData,
}
