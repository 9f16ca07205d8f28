//! A text as the detectors look at it: by bytes, with what stands beside a place.

use std::ops::Range;

/// The first code point from which letters are written without spaces between words and numbers,
/// more or less: before it are Latin, Greek, Cyrillic and Armenian.
const SPACELESS: char = '\u{590}';

/// A text, and the JSON key it stands under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    whole: &'t str,
    pub(super) key: Option<&'t str>,
}

impl<'t> Text<'t> {
    pub(super) const fn new(whole: &'t str, key: Option<&'t str>) -> Self {
        Self { whole, key }
    }

    pub(super) const fn bytes(self) -> &'t [u8] {
        self.whole.as_bytes()
    }

    pub(super) fn byte(self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    /// The byte before `at`.
    pub(super) fn byte_before(self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    /// The bytes of a range, or none if it is not in the text.
    pub(super) fn get(self, range: Range<usize>) -> &'t [u8] {
        self.bytes().get(range).unwrap_or_default()
    }

    /// The text of a range, or nothing if it is not in the text or cuts a character.
    pub(super) fn str(self, range: Range<usize>) -> &'t str {
        self.whole.get(range).unwrap_or_default()
    }

    pub(super) fn char_before(self, at: usize) -> Option<char> {
        self.str(0..at).chars().next_back()
    }

    pub(super) fn char_after(self, at: usize) -> Option<char> {
        self.str(at..self.whole.len()).chars().next()
    }

    /// Whether what begins at `at` goes on a word that stands before it.
    pub(super) fn is_glued_before(self, at: usize) -> bool {
        match self.byte_before(at) {
            Some(byte) if byte.is_ascii() => is_word_byte(byte),
            _ => self.char_before(at).is_some_and(is_word),
        }
    }

    /// Whether what ends at `at` goes on into a word.
    pub(super) fn is_glued_after(self, at: usize) -> bool {
        match self.byte(at) {
            Some(byte) if byte.is_ascii() => is_word_byte(byte),
            _ => self.char_after(at).is_some_and(is_word),
        }
    }

    /// Whether a range stands alone.
    pub(super) fn is_alone(self, range: &Range<usize>) -> bool {
        !self.is_glued_before(range.start) && !self.is_glued_after(range.end)
    }

    /// The last place at or before `at` where a character begins.
    pub(super) fn floor(self, at: usize) -> usize {
        self.whole.floor_char_boundary(at)
    }

    /// From `at` on, the end of the bytes that `belongs` takes, at most `most` of them.
    pub(super) fn run(self, at: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes().get(at..).unwrap_or_default();
        let taken = rest.iter().take(most).take_while(|byte| belongs(**byte));
        at + taken.count()
    }

    /// Back from `at`, the start of the bytes that `belongs` takes, at most `most` of them.
    pub(super) fn run_back(self, at: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let before = self.bytes().get(..at).unwrap_or_default();
        let taken = before
            .iter()
            .rev()
            .take(most)
            .take_while(|byte| belongs(**byte));
        at - taken.count()
    }
}

/// Whether a byte is of a word in ASCII.
pub(super) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_word(c: char) -> bool {
    c == '_' || (c < SPACELESS && c.is_alphanumeric())
}
