//! How long JSON is once it is cut, known without cutting it: it is read once, and what a guess of
//! the caps makes of it is counted only as far as there is room.

use super::cut::{Caps, LEVELS, mark};
use super::{SHORT, nested};
use crate::guardrail::{PathPattern, Segment};
use crate::json::{Document, Kind, Value};

/// A piece of JSON.
pub(super) enum Piece {
    /// So many bytes, which stay.
    Bytes(usize),
    /// Pieces one after the other.
    Run(Vec<Piece>),
    /// What is between the brackets of an array.
    Array(Vec<Piece>),
    /// A long string.
    Text(Box<Text>),
    /// A string that holds JSON.
    Nested(Box<Nested>),
}

pub(super) struct Text {
    /// Its bytes as it is written.
    written: usize,
    /// Its bytes without quotes and escapes.
    length: usize,
    /// As much of it as there may be room for.
    start: String,
}

pub(super) struct Nested {
    written: usize,
    /// How long the longest array and the longest string in it are: caps above these leave it as
    /// it is written.
    items: usize,
    string: usize,
    inside: Piece,
}

/// Measures the JSON of one message.
pub(super) struct Ruler<'r> {
    pub(super) exempt: &'r [PathPattern],
    /// How many bytes there are for all of it.
    pub(super) room: usize,
}

/// What a piece is made of, and what is known of it.
struct Run<'s> {
    source: &'s str,
    /// How often the source is quoted.
    quotings: u32,
    /// Up to where of the source the pieces go.
    at: usize,
    pieces: Vec<Piece>,
    items: usize,
    string: usize,
}

impl Ruler<'_> {
    /// The pieces of a JSON text.
    pub(super) fn measure(&self, text: &str, path: &[Segment<'_>], level: usize) -> Piece {
        let Some(document) = nested::parse(text) else {
            return Piece::Bytes(text.len());
        };
        self.document(&document, &mut path.to_vec(), (level, 0))
            .piece()
    }

    fn document<'s>(
        &self,
        document: &'s Document<'s>,
        path: &mut Vec<Segment<'s>>,
        (level, quotings): (usize, u32),
    ) -> Run<'s> {
        let mut run = Run::new(document.source(), quotings, 0);
        self.value(document.root(), path, level, &mut run);
        run.advance(document.source().len());
        run
    }

    fn value<'s>(
        &self,
        value: Value<'s>,
        path: &mut Vec<Segment<'s>>,
        level: usize,
        run: &mut Run<'s>,
    ) {
        if self.exempt.iter().any(|it| it.covers(path)) {
            return;
        }
        match value.kind() {
            Kind::Object => {
                for member in value.members() {
                    path.push(Segment::Key(member.key()));
                    self.value(member.value(), path, level, run);
                    path.pop();
                }
            }
            Kind::Array => self.array(value, path, level, run),
            Kind::String => self.string(value, path, level, run),
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    fn array<'s>(
        &self,
        array: Value<'s>,
        path: &mut Vec<Segment<'s>>,
        level: usize,
        run: &mut Run<'s>,
    ) {
        let Some(first) = array.elements().next() else {
            return;
        };
        run.advance(first.span().start);
        let mut elements = Vec::new();
        let mut count = 0;
        for element in array.elements() {
            // An element takes two bytes, so that for more there is no room in any case.
            if count <= self.room / 2 + 1 {
                let mut one = Run::new(run.source, run.quotings, run.at);
                path.push(Segment::Index(count));
                self.value(element, path, level, &mut one);
                path.pop();
                one.advance(element.span().end);
                run.know(one.items, one.string);
                elements.push(one.piece());
            }
            count += 1;
            run.at = element.span().end;
        }
        run.know(count, 0);
        run.pieces.push(Piece::Array(elements));
    }

    fn string<'s>(
        &self,
        value: Value<'s>,
        path: &mut Vec<Segment<'s>>,
        level: usize,
        run: &mut Run<'s>,
    ) {
        let text = value.as_str().unwrap_or_default();
        let written = quoted_length(value.raw(), run.quotings);
        let piece = if level < LEVELS
            && let Some(document) = nested::parse(&text)
        {
            let mut path: Vec<_> = path.iter().map(Segment::borrow).collect();
            path.push(Segment::Inside);
            let inside = self.document(&document, &mut path, (level + 1, run.quotings + 1));
            run.know(inside.items, inside.string);
            Piece::Nested(Box::new(Nested {
                written,
                items: inside.items,
                string: inside.string,
                inside: inside.piece(),
            }))
        } else if text.len() > SHORT {
            run.know(0, text.len());
            let end = text.floor_char_boundary(self.room.max(SHORT));
            Piece::Text(Box::new(Text {
                written,
                length: text.len(),
                start: text.get(..end).unwrap_or_default().to_owned(),
            }))
        } else {
            return;
        };
        run.advance(value.span().start);
        run.pieces.push(piece);
        run.at = value.span().end;
    }
}

impl<'s> Run<'s> {
    const fn new(source: &'s str, quotings: u32, at: usize) -> Self {
        Self {
            source,
            quotings,
            at,
            pieces: Vec::new(),
            items: 0,
            string: 0,
        }
    }

    /// All up to there stays.
    fn advance(&mut self, to: usize) {
        let between = self.source.get(self.at..to).unwrap_or_default();
        let bytes = quoted_length(between, self.quotings);
        if bytes > 0 {
            self.pieces.push(Piece::Bytes(bytes));
        }
        self.at = to;
    }

    fn know(&mut self, items: usize, string: usize) {
        self.items = self.items.max(items);
        self.string = self.string.max(string);
    }

    fn piece(mut self) -> Piece {
        match self.pieces.pop() {
            None => Piece::Bytes(0),
            Some(only) if self.pieces.is_empty() => only,
            Some(last) => {
                self.pieces.push(last);
                Piece::Run(self.pieces)
            }
        }
    }
}

impl Piece {
    /// What is left of the room behind the piece, cut; `None` if there is not enough of it.
    pub(super) fn fit(&self, caps: Caps, room: usize) -> Option<usize> {
        self.within(caps, room, 0)
    }

    fn within(&self, caps: Caps, room: usize, quotings: u32) -> Option<usize> {
        let all = |pieces: &[Self]| {
            let mut pieces = pieces.iter();
            pieces.try_fold(room, |room, piece| piece.within(caps, room, quotings))
        };
        match self {
            Self::Bytes(bytes) => room.checked_sub(*bytes),
            Self::Run(pieces) => all(pieces),
            Self::Array(elements) => {
                let kept = caps.items.unwrap_or(usize::MAX).min(elements.len());
                all(elements.get(..kept).unwrap_or_default())
            }
            Self::Text(text) => room.checked_sub(text.length(caps, quotings)),
            Self::Nested(nested) => {
                if !nested.is_cut(caps) {
                    return room.checked_sub(nested.written);
                }
                let room = room.checked_sub(quotes(quotings))?;
                nested.inside.within(caps, room, quotings + 1)
            }
        }
    }
}

impl Text {
    fn length(&self, caps: Caps, quotings: u32) -> usize {
        let cap = caps.string_cap();
        if self.length <= cap {
            return self.written;
        }
        let mark = mark(self.length);
        let end = self
            .start
            .floor_char_boundary(cap.saturating_sub(mark.len()));
        let start = self.start.get(..end).unwrap_or_default();
        let inside = quoted_length(start, quotings + 1) + quoted_length(&mark, quotings + 1);
        quotes(quotings) + inside
    }
}

impl Nested {
    fn is_cut(&self, caps: Caps) -> bool {
        caps.items.is_some_and(|items| items < self.items) || caps.string_cap() < self.string
    }
}

/// The length of both quotes of a string in JSON that is quoted so often.
const fn quotes(quotings: u32) -> usize {
    2 << quotings
}

/// The length of a text that is quoted so often, without the outer quotes.
fn quoted_length(text: &str, quotings: u32) -> usize {
    let Some(before) = quotings.checked_sub(1) else {
        return text.len();
    };
    let extra = |byte: u8| match byte {
        b'"' | b'\\' => (1 << quotings) - 1,
        // A backslash and a letter, or `u` and four digits.
        0x08 | 0x09 | 0x0a | 0x0c | 0x0d => 1 << before,
        0x00..0x20 => (1 << before) + 4,
        _ => 0_usize,
    };
    text.len() + text.bytes().map(extra).sum::<usize>()
}
