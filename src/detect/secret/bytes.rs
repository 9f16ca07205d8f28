//! Bytes, as the rules look at them: in classes, and never out of bounds.

/// Whether a byte belongs to a word: what identifiers and most tokens are made of. `$` is in, so
/// that `$password` and `$2b$…` are words of their own.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$')
}

/// `is_word` of every byte, since this question is asked of the whole text.
static WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "computed by the compiler"
        )]
        {
            table[byte] = is_word(byte as u8);
        }
        byte += 1;
    }
    table
};

pub(super) fn in_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).is_some_and(|word| *word)
}

/// The byte at a place, 0 beyond the end.
pub(super) fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or(0)
}

/// The byte before a place, 0 at the beginning.
pub(super) fn before(bytes: &[u8], place: usize) -> u8 {
    place.checked_sub(1).map_or(0, |place| at(bytes, place))
}

/// A part of the bytes, empty where there is none.
pub(super) fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to.min(bytes.len())).unwrap_or_default()
}

/// Where the bytes that `belongs` holds of end, from a place on.
pub(super) fn end_of(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|byte| !belongs(*byte))
        .unwrap_or(rest.len())
}

/// Where the word that goes on at a place ends.
pub(super) fn word_end(bytes: &[u8], from: usize) -> usize {
    end_of(bytes, from, in_word)
}

/// Where the bytes that `belongs` holds of begin, going back from a place over `most` at most.
pub(super) fn start_of(
    bytes: &[u8],
    from: usize,
    most: usize,
    belongs: impl Fn(u8) -> bool,
) -> usize {
    let lowest = from.saturating_sub(most);
    let window = part(bytes, lowest, from);
    let kept = window
        .iter()
        .rev()
        .take_while(|byte| belongs(**byte))
        .count();
    from - kept
}

/// Whether the bytes at a place are this text, without regard to ASCII case.
pub(super) fn has(bytes: &[u8], place: usize, text: &str) -> bool {
    bytes
        .get(place..place.saturating_add(text.len()))
        .is_some_and(|found| found.eq_ignore_ascii_case(text.as_bytes()))
}

/// Whether a text is somewhere in the bytes, without regard to ASCII case.
pub(super) fn contains(bytes: &[u8], text: &str) -> bool {
    let first = text.bytes().next().unwrap_or(0) | 0x20;
    let begins = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte | 0x20 == first);
    let mut places = begins.map(|(place, _)| place);
    places.any(|place| has(bytes, place, text))
}

/// Where a line ends, from a place on, at most `most` bytes further.
pub(super) fn line_end(bytes: &[u8], from: usize, most: usize) -> usize {
    let limit = bytes.len().min(from.saturating_add(most));
    let line = part(bytes, from, limit);
    from + line
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(line.len())
}
