//! Where in a text to look: long words, and the bytes that stand beside whatever else is a secret.
//!
//! Both searches pass by prose quickly, one by leaping as far as a long word would reach, the other
//! by ruling out many bytes at once.

use super::bytes::{in_word, word_end};

/// How many bytes are looked at at once.
const BLOCK: usize = 16;

/// Whether a byte is one of those that [`Signs`] finds: `"` to `'`, `:` to `>`, `-` and `w`.
const fn is_sign(byte: u8) -> bool {
    // Few comparisons without short cuts, so that a block is a few vector instructions.
    (byte.wrapping_sub(b'"') <= b'\'' - b'"')
        | (byte.wrapping_sub(b':') <= b'>' - b':')
        | (byte == b'-')
        | (byte | 0x20 == b'w')
}

/// The places of all signs in a text, in order.
#[derive(Debug)]
pub(super) struct Signs<'t> {
    bytes: &'t [u8],
    /// where the block after the one that is looked at begins
    next: usize,
    /// a bit for each sign of the block that is yet to come
    bits: u32,
}

impl<'t> Signs<'t> {
    pub(super) const fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            next: 0,
            bits: 0,
        }
    }

    /// Goes on to the next block with signs, if there is one.
    fn advance(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.next..)?;
        let is_quiet = |block: &&[u8]| !block.iter().fold(false, |any, byte| any | is_sign(*byte));
        let quiet = rest.chunks_exact(BLOCK).take_while(is_quiet).count() * BLOCK;
        let block = rest.get(quiet..).filter(|rest| !rest.is_empty())?;
        self.next += quiet + BLOCK;
        let marks = block.iter().take(BLOCK).enumerate();
        self.bits = marks.fold(0, |bits, (place, byte)| {
            bits | u32::from(is_sign(*byte)) << place
        });
        Some(())
    }
}

impl Iterator for Signs<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.advance()?;
        }
        let place = self.next - BLOCK + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }
}

/// The first word of at least `least` bytes at or after a place where no word goes on, as where it
/// begins and ends.
pub(super) fn next_long(bytes: &[u8], from: usize, least: usize) -> Option<(usize, usize)> {
    let mut start = from;
    loop {
        let window = bytes.get(start..start + least)?;
        match window.iter().rposition(|byte| !in_word(*byte)) {
            Some(gap) => start += gap + 1,
            None => return Some((start, word_end(bytes, start + least))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_found_whole() {
        for (text, expected) in [
            ("abcd", Some((0, 4))),
            ("abc", None),
            ("abc abcde", Some((4, 9))),
            ("a b c abcd", Some((6, 10))),
            ("abc-d.", Some((0, 5))),
            (" abcd abcdef", Some((1, 5))),
            ("é abcd", Some((3, 7))),
        ] {
            assert_eq!(next_long(text.as_bytes(), 0, 4), expected, "{text}");
        }
        assert_eq!(next_long(b"abcd abcdef", 4, 4), Some((5, 11)));
    }

    #[test]
    fn signs_are_found_at_any_place() {
        for place in 0..200 {
            let mut text = "a".repeat(200);
            text.replace_range(place..=place, "=");
            let found: Vec<usize> = Signs::new(text.as_bytes()).collect();
            assert_eq!(found, [place]);
        }
        assert_eq!(Signs::new("=".repeat(130).as_bytes()).count(), 130);
        assert_eq!(Signs::new(b"").count(), 0);
    }
}
