//! Documents and views of their values.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::error::{Error, ErrorKind};
use super::limits::Limits;
use super::reader;
use super::string;
use super::tape::{Node, Tag, Tape};

/// One JSON value that the strict reader has accepted, over the text that it was read from.
pub struct Document<'a> {
    source: &'a str,
    tape: Tape,
}

impl<'a> Document<'a> {
    /// Reads `bytes` as exactly one value with nothing but white space around it.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let refuse = |kind, offset| Err(Error { kind, offset });
        if u32::try_from(bytes.len()).is_ok_and(|length| length < u32::MAX) {
            if bytes.starts_with("\u{feff}".as_bytes()) {
                return refuse(ErrorKind::ByteOrderMark, 0);
            }
            match std::str::from_utf8(bytes) {
                Ok(source) => Ok(Self {
                    source,
                    tape: reader::read(source, *limits)?,
                }),
                Err(error) => refuse(ErrorKind::NotUtf8, error.valid_up_to()),
            }
        } else {
            refuse(ErrorKind::TooLong, u32::MAX as usize)
        }
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        Value {
            document: self,
            index: 0,
        }
    }

    /// The text that was read, with the white space around the value.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// Where escapes stand that were read as half of a character, in order.
    pub(super) fn lone_surrogates(&self) -> &[u32] {
        &self.tape.lone_surrogates
    }
}

impl fmt::Debug for Document<'_> {
    // Bodies are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.source.len())
            .field("nodes", &self.tape.nodes.len())
            .finish()
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept as it is written.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value in a document.
#[derive(Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'d> Value<'d> {
    /// What the value is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.node().tag {
            Tag::Null => Kind::Null,
            Tag::True | Tag::False => Kind::Bool,
            Tag::Number => Kind::Number,
            Tag::Plain | Tag::Escaped => Kind::String,
            Tag::Array => Kind::Array,
            Tag::Object => Kind::Object,
        }
    }

    /// The value as it is written, quotes and escapes included.
    #[must_use]
    pub fn raw(self) -> &'d str {
        self.document.source.get(self.span()).unwrap_or_default()
    }

    /// Where the value stands in the source.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// The text of a string, its escapes decoded; borrowed if it has none. Halves of characters
    /// that the reader let pass are U+FFFD.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        let inside = || self.raw().get(1..)?.strip_suffix('"');
        match self.node().tag {
            Tag::Plain => inside().map(Cow::Borrowed),
            Tag::Escaped => inside().map(string::decode),
            Tag::Null | Tag::True | Tag::False | Tag::Number | Tag::Array | Tag::Object => None,
        }
    }

    /// Whether a boolean is true.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.node().tag {
            Tag::True => Some(true),
            Tag::False => Some(false),
            Tag::Null | Tag::Number | Tag::Plain | Tag::Escaped | Tag::Array | Tag::Object => None,
        }
    }

    /// A number as it is written. Which type it fits is for the reader of its meaning to say.
    #[must_use]
    pub fn as_number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether the value is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Whether the value is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// The member of an object whose key decodes to `key`; there is never more than one.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Value<'d>> {
        self.members()
            .find(|member| member.has_key(key))
            .map(Member::value)
    }

    /// The members of an object in the order of the source; of anything else, none.
    #[must_use]
    pub fn members(self) -> Members<'d> {
        Members {
            children: self.children(Kind::Object),
        }
    }

    /// The elements of an array in the order of the source; of anything else, none.
    #[must_use]
    pub fn elements(self) -> Elements<'d> {
        Elements {
            children: self.children(Kind::Array),
        }
    }

    fn children(self, kind: Kind) -> Children<'d> {
        let first = self.index + 1;
        let end = if self.kind() == kind {
            self.node().next as usize
        } else {
            first
        };
        Children {
            document: self.document,
            next: first,
            end,
        }
    }

    /// The reader built the tape and made the index, so neither can be missing here.
    fn node(self) -> Node {
        self.document
            .tape
            .nodes
            .get(self.index)
            .copied()
            .unwrap_or(Node::MISSING)
    }

    /// Whether the value is one of `source`.
    pub(super) fn is_of(self, source: &str) -> bool {
        std::ptr::eq(self.document.source, source)
    }
}

impl fmt::Debug for Value<'_> {
    // Bodies are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("kind", &self.kind())
            .field("span", &self.span())
            .finish()
    }
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    key: Value<'d>,
    value: Value<'d>,
}

impl<'d> Member<'d> {
    /// The key, its escapes decoded.
    #[must_use]
    pub fn key(self) -> Cow<'d, str> {
        self.key.as_str().unwrap_or_default()
    }

    /// The key as it is written.
    pub(super) fn key_value(self) -> Value<'d> {
        self.key
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> Value<'d> {
        self.value
    }

    /// Where the member stands in the source, from the first quote of its key to the end of its
    /// value.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        self.key.span().start..self.value.span().end
    }

    /// Whether the key decodes to `key`.
    #[must_use]
    pub fn has_key(self, key: &str) -> bool {
        // Most keys are plain and of another length, which is known without touching the source.
        let node = self.key.node();
        let plain = node.tag == Tag::Plain;
        if plain && (node.end - node.start) as usize != key.len() + 2 {
            return false;
        }
        self.key.as_str().is_some_and(|text| text == key)
    }
}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct Members<'d> {
    children: Children<'d>,
}

impl<'d> Iterator for Members<'d> {
    type Item = Member<'d>;

    fn next(&mut self) -> Option<Member<'d>> {
        let key = self.children.next()?;
        let value = self.children.next()?;
        Some(Member { key, value })
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'d> {
    children: Children<'d>,
}

impl<'d> Iterator for Elements<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Value<'d>> {
        self.children.next()
    }
}

/// The nodes directly below one.
#[derive(Debug, Clone)]
struct Children<'d> {
    document: &'d Document<'d>,
    next: usize,
    end: usize,
}

impl<'d> Iterator for Children<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Value<'d>> {
        if self.next >= self.end {
            return None;
        }
        let child = Value {
            document: self.document,
            index: self.next,
        };
        self.next = child.node().next as usize;
        Some(child)
    }
}
