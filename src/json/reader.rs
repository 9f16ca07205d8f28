//! The strict reader: text in, tape out.

use std::collections::HashSet;

use super::error::{Error, ErrorKind};
use super::limits::{Limits, LoneSurrogates};
use super::string;
use super::tape::{Node, Tag, Tape};

/// The parent of the outermost value. No index is this large: a node takes at least one byte.
const OUTSIDE: u32 = u32::MAX;

/// Up to so many keys, comparing each with each is faster than hashing them.
const FEW_KEYS: usize = 16;

/// Reads exactly one value. `source` is shorter than `u32::MAX` bytes.
pub(super) fn read(source: &str, limits: Limits) -> Result<Tape, Error> {
    let reader = Reader {
        source,
        bytes: source.as_bytes(),
        limits,
        // Tool lists have about one value or key in ten bytes.
        nodes: Vec::with_capacity(source.len() / 10 + 4),
        lone_surrogates: Vec::new(),
        position: 0,
        open: OUTSIDE,
        inside: Inside::Nothing,
        depth: 0,
        keys: Vec::new(),
    };
    reader.read()
}

/// What is due next.
enum Due {
    Value,
    Separator,
    Nothing,
}

/// What the reader is inside of.
#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    Array,
    Object,
}

struct Reader<'a> {
    source: &'a str,
    bytes: &'a [u8],
    limits: Limits,
    nodes: Vec<Node>,
    lone_surrogates: Vec<u32>,
    position: usize,
    /// The innermost open array or object. Each one's node holds its parent in `next`, so that
    /// nesting needs neither recursion nor a stack.
    open: u32,
    inside: Inside,
    depth: usize,
    /// The keys of the object that is being closed, kept to reuse its memory.
    keys: Vec<&'a str>,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Tape, Error> {
        let mut due = Due::Value;
        loop {
            self.skip_whitespace();
            due = match due {
                Due::Value => self.value()?,
                Due::Separator => self.separator()?,
                Due::Nothing => break,
            };
        }
        Ok(Tape {
            nodes: self.nodes,
            lone_surrogates: self.lone_surrogates,
        })
    }

    fn value(&mut self) -> Result<Due, Error> {
        match self.peek() {
            Some(b'"') => self.string(self.limits.lone_surrogates)?,
            Some(b'{') => return self.open_object(),
            Some(b'[') => return self.open_array(),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal(b"true", Tag::True)?,
            Some(b'f') => self.literal(b"false", Tag::False)?,
            Some(b'n') => self.literal(b"null", Tag::Null)?,
            None if self.nodes.is_empty() => return self.refuse(ErrorKind::Empty),
            Some(_) | None => return self.unexpected(),
        }
        Ok(Due::Separator)
    }

    /// What follows a value.
    fn separator(&mut self) -> Result<Due, Error> {
        match (self.inside, self.peek()) {
            (Inside::Array, Some(b',')) => {
                self.position += 1;
                Ok(Due::Value)
            }
            (Inside::Object, Some(b',')) => {
                self.position += 1;
                self.skip_whitespace();
                self.key()
            }
            (Inside::Array, Some(b']')) => Ok(self.close()),
            (Inside::Object, Some(b'}')) => {
                self.refuse_duplicate_keys()?;
                Ok(self.close())
            }
            (Inside::Array | Inside::Object, _) => self.unexpected(),
            (Inside::Nothing, None) => Ok(Due::Nothing),
            (Inside::Nothing, Some(_)) => self.refuse(ErrorKind::TrailingData),
        }
    }

    fn open_object(&mut self) -> Result<Due, Error> {
        self.open(Tag::Object, Inside::Object)?;
        self.skip_whitespace();
        match self.peek() {
            Some(b'}') => Ok(self.close()),
            Some(_) | None => self.key(),
        }
    }

    fn open_array(&mut self) -> Result<Due, Error> {
        self.open(Tag::Array, Inside::Array)?;
        self.skip_whitespace();
        match self.peek() {
            Some(b']') => Ok(self.close()),
            Some(_) | None => Ok(Due::Value),
        }
    }

    fn open(&mut self, tag: Tag, inside: Inside) -> Result<(), Error> {
        if self.depth >= self.limits.depth {
            return self.refuse(ErrorKind::TooDeep);
        }
        self.depth += 1;
        let index = narrow(self.nodes.len());
        let start = narrow(self.position);
        self.nodes.push(Node {
            start,
            end: start,
            next: self.open,
            tag,
        });
        self.open = index;
        self.inside = inside;
        self.position += 1;
        Ok(())
    }

    fn close(&mut self) -> Due {
        self.position += 1;
        self.depth = self.depth.saturating_sub(1);
        let after = narrow(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(self.open as usize) {
            node.end = narrow(self.position);
            self.open = std::mem::replace(&mut node.next, after);
        }
        self.inside = match self.nodes.get(self.open as usize) {
            None => Inside::Nothing,
            Some(Node {
                tag: Tag::Object, ..
            }) => Inside::Object,
            Some(_) => Inside::Array,
        };
        Due::Separator
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<Due, Error> {
        if self.peek() != Some(b'"') {
            return self.unexpected();
        }
        // Two keys must not become the same by what a half is replaced with.
        self.string(LoneSurrogates::Refuse)?;
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return self.unexpected();
        }
        self.position += 1;
        Ok(Due::Value)
    }

    fn string(&mut self, halves: LoneSurrogates) -> Result<(), Error> {
        let start = self.position;
        let mut tag = Tag::Plain;
        self.position += 1;
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let plain = string::plain_prefix(rest);
            self.position += plain;
            match rest.get(plain..) {
                Some([b'"', ..]) => break,
                Some([b'\\', after @ ..]) => match string::escape(after) {
                    Ok((_, length)) => self.position += 1 + length,
                    Err(ErrorKind::LoneSurrogate) if halves == LoneSurrogates::Replace => {
                        self.lone_surrogates.push(narrow(self.position));
                        self.position += 1 + string::UNIT_ESCAPE;
                    }
                    Err(kind) => return self.refuse(kind),
                },
                Some([_, ..]) => return self.refuse(ErrorKind::ControlCharacter),
                Some([]) | None => return self.refuse(ErrorKind::UnexpectedEnd),
            }
            tag = Tag::Escaped;
        }
        self.position += 1;
        self.push(tag, start);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Error> {
        let start = self.position;
        self.skip_if(|byte| byte == b'-');
        let mut digits = self.integer_digits()?;
        if self.skip_if(|byte| byte == b'.') {
            digits += self.digits()?;
        }
        let exponent = self.skip_if(|byte| matches!(byte, b'e' | b'E'));
        if exponent {
            self.skip_if(|byte| matches!(byte, b'+' | b'-'));
            digits += self.digits()?;
        }
        let refuse = |kind| {
            Err(Error {
                kind,
                offset: start,
            })
        };
        if digits > self.limits.number_digits {
            return refuse(ErrorKind::NumberTooLong);
        }
        // Without an exponent it takes more than 300 digits to leave the range of a double.
        if exponent || digits > 300 {
            let lexeme = self.source.get(start..self.position).unwrap_or_default();
            if !is_finite(lexeme) {
                return refuse(ErrorKind::NumberNotFinite);
            }
        }
        self.push(Tag::Number, start);
        Ok(())
    }

    /// The digits before the point: a zero that leads stands alone.
    fn integer_digits(&mut self) -> Result<usize, Error> {
        if !self.skip_if(|byte| byte == b'0') {
            return self.digits();
        }
        match self.peek() {
            Some(b'0'..=b'9') => self.refuse(ErrorKind::InvalidNumber),
            Some(_) | None => Ok(1),
        }
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<usize, Error> {
        let start = self.position;
        while self.skip_if(|byte| byte.is_ascii_digit()) {}
        match (self.position - start, self.peek()) {
            (0, None) => self.refuse(ErrorKind::UnexpectedEnd),
            (0, Some(_)) => self.refuse(ErrorKind::InvalidNumber),
            (count, _) => Ok(count),
        }
    }

    fn literal(&mut self, word: &[u8], tag: Tag) -> Result<(), Error> {
        let start = self.position;
        for &expected in word {
            if !self.skip_if(|byte| byte == expected) {
                return self.unexpected();
            }
        }
        self.push(tag, start);
        Ok(())
    }

    /// Refuses the object that is about to be closed if two of its keys decode to the same text.
    fn refuse_duplicate_keys(&mut self) -> Result<(), Error> {
        self.keys.clear();
        let mut escaped = false;
        for key in keys(&self.nodes, self.open) {
            escaped |= key.tag == Tag::Escaped;
            let inside = key.start as usize + 1..key.end as usize - 1;
            self.keys.push(self.source.get(inside).unwrap_or_default());
        }
        let Some(duplicate) = find_duplicate(&self.keys, escaped) else {
            return Ok(());
        };
        let key = keys(&self.nodes, self.open)
            .nth(duplicate)
            .unwrap_or(Node::MISSING);
        Err(Error {
            kind: ErrorKind::DuplicateKey,
            offset: key.start as usize,
        })
    }

    fn push(&mut self, tag: Tag, start: usize) {
        let next = narrow(self.nodes.len() + 1);
        self.nodes.push(Node {
            start: narrow(start),
            end: narrow(self.position),
            next,
            tag,
        });
    }

    fn skip_whitespace(&mut self) {
        while self.skip_if(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {}
    }

    fn skip_if(&mut self, accepts: impl FnOnce(u8) -> bool) -> bool {
        let accepted = self.peek().is_some_and(accepts);
        self.position += usize::from(accepted);
        accepted
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn unexpected<T>(&self) -> Result<T, Error> {
        self.refuse(match self.peek() {
            Some(_) => ErrorKind::UnexpectedByte,
            None => ErrorKind::UnexpectedEnd,
        })
    }

    fn refuse<T>(&self, kind: ErrorKind) -> Result<T, Error> {
        Err(Error {
            kind,
            offset: self.position,
        })
    }
}

/// Whether every reader takes a number for a finite double.
///
/// What is greater than the greatest double and rounds to it is infinity to readers that round on
/// the way, as `serde_json` does.
fn is_finite(lexeme: &str) -> bool {
    let Ok(value) = lexeme.parse::<f64>() else {
        return false;
    };
    value.abs() < f64::MAX || (value.abs() == f64::MAX && is_spelt_as_largest(lexeme))
}

/// Whether a number that rounds to the largest double is written as that, or close below: from above
/// it some readers round to infinity (serde_json as it comes).
fn is_spelt_as_largest(lexeme: &str) -> bool {
    const LARGEST: &str = "17976931348623157";
    let significand = lexeme.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = significand.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0') == LARGEST
}

/// The keys of an object whose members have all been read.
fn keys(nodes: &[Node], object: u32) -> impl Iterator<Item = Node> {
    let mut index = object as usize + 1;
    std::iter::from_fn(move || {
        let &[key, value] = nodes.get(index..)?.first_chunk::<2>()?;
        index = value.next as usize;
        Some(key)
    })
}

/// The index of a key that is also among those before it.
fn find_duplicate(keys: &[&str], escaped: bool) -> Option<usize> {
    if escaped {
        let mut seen = HashSet::with_capacity(keys.len());
        return keys
            .iter()
            .position(|key| !seen.insert(string::decode(key)));
    }
    if keys.len() > FEW_KEYS {
        let mut seen = HashSet::with_capacity(keys.len());
        return keys.iter().position(|key| !seen.insert(*key));
    }
    let seen_before = |(index, key)| keys.iter().take(index).any(|earlier| earlier == key);
    keys.iter().enumerate().position(seen_before)
}

/// The source is shorter than `u32::MAX`, and each node takes at least one of its bytes.
fn narrow(position: usize) -> u32 {
    position as u32
}
