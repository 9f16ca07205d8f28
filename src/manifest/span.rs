//! Places in a manifest's text.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::policy::Location;

/// A range of bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A manifest's text with its name.
#[derive(Debug, Clone)]
pub struct Source {
    file: Arc<str>,
    text: Arc<str>,
    line_starts: Arc<[usize]>,
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Source {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(index, _)| index + 1);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        Self {
            file: file.into(),
            text: text.into(),
            line_starts,
        }
    }

    /// The same text, with stars in these places.
    pub(super) fn masked(self, places: &[Span]) -> Self {
        if places.is_empty() {
            return self;
        }
        let mut masked = vec![false; self.text.len()];
        for place in places {
            if let Some(place) = masked.get_mut(place.start..place.end) {
                place.fill(true);
            }
        }
        let is_masked = |at: usize| masked.get(at) == Some(&true);
        let mut text = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            if is_masked(at) && !c.is_whitespace() {
                text.extend(std::iter::repeat_n('*', c.len_utf8()));
            } else {
                text.push(c);
            }
        }
        Self {
            text: text.into(),
            ..self
        }
    }

    /// The file's name as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self
            .line_starts
            .partition_point(|start| *start <= offset)
            .max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self
            .text
            .get(start..offset.min(self.text.len()))
            .unwrap_or("");
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The span of the whole lines from one offset to another, and the first one's number.
    pub(super) fn lines(&self, first: usize, last: usize) -> (Span, usize) {
        let line = self.position(first).line;
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let rest = self.text.get(last..).unwrap_or("");
        let end = rest
            .find('\n')
            .map_or(self.text.len(), |length| last + length);
        (Span { start, end }, line)
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    pub(super) fn location(&self, span: Span) -> Location {
        let Position { line, column } = self.position(span.start);
        Location {
            file: Arc::clone(&self.file),
            line,
            column,
        }
    }

    /// The part of a span that is worth underlining: its first line, without what trails it.
    pub(super) fn clip(&self, span: Span) -> Span {
        let line = self.slice(span).lines().next().unwrap_or("").trim_end();
        Span {
            start: span.start,
            end: span.start + line.len(),
        }
    }
}
