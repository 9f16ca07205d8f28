//! Seeing the end of a value that arrives in pieces.

use super::string;

/// Tells when an array or object that arrives in pieces is complete.
///
/// It follows strings and nesting and judges nothing else: what it calls complete still has to
/// pass the strict reader. It only saves waiting for an end of stream that an upstream may delay.
#[derive(Debug, Clone, Default)]
pub struct EndDetector {
    state: State,
    depth: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Nothing but white space has come.
    #[default]
    Before,
    Structure,
    String,
    Escape,
    Closed,
    /// The value is no array or object: only the end of the stream ends it.
    Unknown,
}

impl EndDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece, and tells whether the value has closed within all pieces so far.
    pub fn push(&mut self, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        while !matches!(self.state, State::Closed | State::Unknown) {
            if self.state == State::String {
                let plain = string::plain_prefix(rest);
                rest = rest.get(plain..).unwrap_or_default();
            }
            let Some((&byte, after)) = rest.split_first() else {
                break;
            };
            self.step(byte);
            rest = after;
        }
        self.state == State::Closed
    }

    fn step(&mut self, byte: u8) {
        match (self.state, byte) {
            (State::Before, b' ' | b'\n' | b'\r' | b'\t') => {}
            (State::Before | State::Structure, b'{' | b'[') => {
                self.state = State::Structure;
                self.depth += 1;
            }
            (State::Before, _) => self.state = State::Unknown,
            (State::Structure, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.state = State::Closed;
                }
            }
            (State::Structure, b'"') => self.state = State::String,
            (State::String, b'"') => self.state = State::Structure,
            (State::String, b'\\') => self.state = State::Escape,
            (State::Escape, _) => self.state = State::String,
            (State::Structure | State::String | State::Closed | State::Unknown, _) => {}
        }
    }
}
