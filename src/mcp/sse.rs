//! Server-sent events, as the HTML standard reads them ("Interpreting an event stream").
//!
//! Clients differ in what they deliver, so a stream is decoded, filtered and written anew: what
//! leaves is the one form that all of them read alike.

mod decoder;

use std::fmt;

pub use decoder::{Decoder, TooLarge};

/// A comment, as it is passed on: that one came is all that it says.
pub const COMMENT: &[u8] = b":\n\n";

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An event.
    Event(Event),
    /// Comments, which servers send to keep the connection alive. What they say is dropped, and
    /// those that nothing stands between are one.
    Comment,
}

/// An event, with the fields that it names.
///
/// It may lack data: the fields of such an event still tell a client where to resume and when.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The type. An empty one is the same as none, and none is `message`.
    pub event: Option<String>,
    /// The data: lines joined with line feeds. Empty data is not the same as none.
    pub data: Option<Vec<u8>>,
    /// What a client sends as `Last-Event-ID` to resume after this event. An empty one resets it.
    pub id: Option<String>,
    /// The time in milliseconds after which to reconnect: decimal digits.
    pub retry: Option<String>,
}

impl Event {
    /// Writes the event, with the blank line that ends it.
    ///
    /// The standard ends lines at CR and LF alone, but Python's `splitlines`, which clients have
    /// built upon (`httpx-sse` before 0.4.2), ends them at eight more characters: with these, text
    /// inside of a message could end the event and begin another one that no filter has seen. In
    /// `data` they are therefore written as JSON escapes, which mean the same wherever JSON allows
    /// the characters. A type that has one, or an end of line, is written with U+FFFD in its place;
    /// an id or a time that does is left out.
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some(event) = &self.event {
            // Without its type the event would become a message.
            write_field(out, "event", &event.replace(ends_line, "\u{fffd}"));
        }
        if let Some(id) = self.id.as_deref().filter(|id| !id.contains(ends_line)) {
            write_field(out, "id", id);
        }
        if let Some(retry) = self
            .retry
            .as_deref()
            .filter(|retry| !retry.contains(ends_line))
        {
            write_field(out, "retry", retry);
        }
        if let Some(data) = &self.data {
            out.reserve(data.len() + 8);
            write_data(out, data);
        }
        out.push(b'\n');
    }
}

impl Event {
    /// Writes what is left of an event whose data and type are not passed on: where to resume, and
    /// when, without which a client would ask for the event again; else a comment.
    pub fn leave_marks(self, out: &mut Vec<u8>) {
        let marks = Self {
            event: None,
            data: None,
            ..self
        };
        if marks.id.is_some() || marks.retry.is_some() {
            marks.write(out);
        } else {
            // It keeps the connection alive.
            out.extend_from_slice(COMMENT);
        }
    }
}

impl fmt::Debug for Event {
    // Data is not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event", &self.event)
            .field("data_bytes", &self.data.as_ref().map(Vec::len))
            .field("id", &self.id)
            .field("retry", &self.retry)
            .finish()
    }
}

/// Whether some client ends a line at `character`.
const fn ends_line(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn write_field(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_data(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(b"data: ");
    let mut rest = data;
    loop {
        let plain = rest
            .iter()
            .position(|&byte| may_end_line(byte))
            .unwrap_or(rest.len());
        let (plain, tail) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let (written, after): (&[u8], _) = match tail {
            [] => break,
            [b'\r', b'\n', after @ ..] | [b'\r' | b'\n', after @ ..] => (b"\ndata: ", after),
            [0x0b, after @ ..] => (br"\u000b", after),
            [0x0c, after @ ..] => (br"\u000c", after),
            [0x1c, after @ ..] => (br"\u001c", after),
            [0x1d, after @ ..] => (br"\u001d", after),
            [0x1e, after @ ..] => (br"\u001e", after),
            [0xc2, 0x85, after @ ..] => (br"\u0085", after),
            [0xe2, 0x80, 0xa8, after @ ..] => (br"\u2028", after),
            [0xe2, 0x80, 0xa9, after @ ..] => (br"\u2029", after),
            [other, after @ ..] => (std::slice::from_ref(other), after),
        };
        out.extend_from_slice(written);
        rest = after;
    }
    out.push(b'\n');
}

/// Whether `byte` begins a character at which some client ends a line.
const fn may_end_line(byte: u8) -> bool {
    matches!(
        byte,
        b'\n' | b'\r' | 0x0b | 0x0c | 0x1c..=0x1e | 0xc2 | 0xe2
    )
}

#[cfg(test)]
mod tests;
