//! The decoder: chunks in, events out.

use super::{Event, Item};

/// An event, or one line, is longer than the decoder may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("server-sent event too large")]
pub struct TooLarge;

/// Decodes a stream that arrives in pieces of any size.
///
/// It looks at each byte once, and holds no more than one event.
#[derive(Debug)]
pub struct Decoder {
    max_event_bytes: usize,
    /// The line that has begun.
    line: Vec<u8>,
    /// The fields that have come since the last blank line.
    event: Event,
    /// How many bytes those fields took in the stream.
    size: usize,
    /// Whether the last byte was a CR, whose LF may follow.
    after_cr: bool,
    /// Whether no line has ended: the first may begin with a byte order mark.
    first_line: bool,
    failed: bool,
}

impl Decoder {
    /// A decoder that refuses events whose lines, ends of lines included, take more than
    /// `max_event_bytes`. The limit is also that of a single line that comes to nothing.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            line: Vec::new(),
            event: Event::default(),
            size: 0,
            after_cr: false,
            first_line: true,
            failed: false,
        }
    }

    /// Takes the next piece of the stream and appends what it completes to `items`.
    ///
    /// After an error, what follows has no known meaning and is refused as well.
    pub fn push(&mut self, chunk: &[u8], items: &mut Vec<Item>) -> Result<(), TooLarge> {
        self.refuse_if(self.failed)?;
        let mut rest = chunk;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) {
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, tail) = rest
                .split_at_checked(length.unwrap_or(rest.len()))
                .unwrap_or((rest, &[]));
            let held = self
                .size
                .saturating_add(self.line.len())
                .saturating_add(part.len());
            self.refuse_if(held > self.max_event_bytes)?;
            let Some((&end, after)) = tail.split_first() else {
                self.line.extend_from_slice(part);
                return Ok(());
            };
            // An event that a CR completes must not wait for what follows the CR.
            self.after_cr = end == b'\r';
            self.end_line(part, items)?;
            rest = after;
        }
        Ok(())
    }

    /// Ends the stream, and appends what it leaves to `items`.
    ///
    /// The standard discards an event without its blank line, but there are clients that deliver
    /// it (Go's), so it must be seen.
    pub fn finish(&mut self, items: &mut Vec<Item>) -> Result<(), TooLarge> {
        self.refuse_if(self.failed)?;
        if !self.line.is_empty() {
            // The line has no end that would have to be counted.
            self.max_event_bytes = self.max_event_bytes.saturating_add(1);
            self.end_line(&[], items)?;
        }
        self.dispatch(items);
        Ok(())
    }

    /// Reads the line that `part` completes.
    fn end_line(&mut self, part: &[u8], items: &mut Vec<Item>) -> Result<(), TooLarge> {
        if self.line.is_empty() {
            return self.read_line(part, items);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(part);
        let result = self.read_line(&line, items);
        // Kept for its memory.
        line.clear();
        self.line = line;
        result
    }

    fn read_line(&mut self, line: &[u8], items: &mut Vec<Item>) -> Result<(), TooLarge> {
        let size = self.size.saturating_add(line.len()).saturating_add(1);
        let mut text = line;
        if std::mem::take(&mut self.first_line) {
            text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if text.is_empty() {
            self.dispatch(items);
            return Ok(());
        }
        self.refuse_if(size > self.max_event_bytes)?;
        if text.starts_with(b":") {
            // One keeps the connection alive as well as many, and two bytes of the stream must
            // not become an item each.
            if items.last() != Some(&Item::Comment) {
                items.push(Item::Comment);
            }
        } else if self.read_field(text) {
            self.size = size;
        }
        Ok(())
    }

    /// Reads a field, and tells whether it is one of the event's.
    fn read_field(&mut self, line: &[u8]) -> bool {
        let colon = line
            .iter()
            .position(|&byte| byte == b':')
            .unwrap_or(line.len());
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match name {
            b"data" => match &mut self.event.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.event.data = Some(value.to_vec()),
            },
            b"event" => self.event.event = Some(text()).filter(|name| !name.is_empty()),
            b"id" if !value.contains(&0) => self.event.id = Some(text()),
            b"retry" if is_number(value) => self.event.retry = Some(text()),
            _ => return false,
        }
        true
    }

    /// Completes the event, if any field has come.
    fn dispatch(&mut self, items: &mut Vec<Item>) {
        self.size = 0;
        let event = std::mem::take(&mut self.event);
        if event != Event::default() {
            items.push(Item::Event(event));
        }
    }

    fn refuse_if(&mut self, condition: bool) -> Result<(), TooLarge> {
        self.failed |= condition;
        if self.failed { Err(TooLarge) } else { Ok(()) }
    }
}

/// Whether `value` is digits that every client can read as a number.
fn is_number(value: &[u8]) -> bool {
    (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}
