//! Strings: finding their end, decoding and writing their escapes.

use std::borrow::Cow;

use super::error::ErrorKind;

const ONES: u64 = u64::MAX / 0xff;
const HIGH_BITS: u64 = ONES << 7;

/// How many bytes precede the first quote, backslash or control character.
///
/// Most of a tool list is descriptions, so this decides how fast the reader is: eight bytes a step.
pub(super) fn plain_prefix(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut offset = 0;
    for word in words {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return offset + (found.trailing_zeros() / 8) as usize;
        }
        offset += 8;
    }
    offset
        + rest
            .iter()
            .position(|&byte| is_special(byte))
            .unwrap_or(rest.len())
}

/// The high bits of the bytes of `word` that are special.
///
/// A borrow can mark bytes above a special one wrongly, so only the lowest mark counts.
const fn special_bytes(word: u64) -> u64 {
    let quote = zero_bytes(word ^ (ONES * b'"' as u64));
    let backslash = zero_bytes(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH_BITS;
    quote | backslash | control
}

const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// How many bytes an escape `\uXXXX` takes without its backslash.
pub(super) const UNIT_ESCAPE: usize = 5;

/// Reads the escape whose backslash precedes `bytes`: its character, and its length without the
/// backslash.
///
/// The reader and [`decode`] both read escapes here, so that they cannot differ.
pub(super) fn escape(bytes: &[u8]) -> Result<(char, usize), ErrorKind> {
    let character = match bytes.first() {
        None => return Err(ErrorKind::UnexpectedEnd),
        Some(b'u') => return unicode_escape(bytes),
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(_) => return Err(ErrorKind::InvalidEscape),
    };
    Ok((character, 1))
}

fn unicode_escape(bytes: &[u8]) -> Result<(char, usize), ErrorKind> {
    let unit = code_unit(bytes)?;
    if let Some(character) = char::from_u32(unit) {
        return Ok((character, UNIT_ESCAPE));
    }
    let low = match bytes.get(UNIT_ESCAPE..) {
        Some([b'\\', rest @ ..]) => code_unit(rest)?,
        Some(_) | None => return Err(ErrorKind::LoneSurrogate),
    };
    char::decode_utf16([unit as u16, low as u16])
        .next()
        .and_then(Result::ok)
        .map(|character| (character, 11))
        .ok_or(ErrorKind::LoneSurrogate)
}

/// The number that `uXXXX` stands for.
fn code_unit(bytes: &[u8]) -> Result<u32, ErrorKind> {
    let Some((b"u", rest)) = bytes.split_at_checked(1) else {
        // Only asked for after a high surrogate: another escape follows, or a lone one ended.
        return Err(ErrorKind::LoneSurrogate);
    };
    let digits = rest.first_chunk::<4>().ok_or(ErrorKind::UnexpectedEnd)?;
    digits.iter().try_fold(0, |unit, &digit| {
        let value = char::from(digit)
            .to_digit(16)
            .ok_or(ErrorKind::InvalidEscape)?;
        Ok(unit * 16 + value)
    })
}

/// The text of the inside of a string that the reader has accepted, half characters replaced.
pub(super) fn decode(inside: &str) -> Cow<'_, str> {
    let Some((plain, mut rest)) = inside.split_once('\\') else {
        return Cow::Borrowed(inside);
    };
    let mut text = String::with_capacity(inside.len());
    text.push_str(plain);
    loop {
        let (character, length) = match escape(rest.as_bytes()) {
            Ok(read) => read,
            Err(ErrorKind::LoneSurrogate) => (char::REPLACEMENT_CHARACTER, UNIT_ESCAPE),
            // The reader has read the same escapes, so there is no other error. The text of this
            // one could match no name in a policy.
            Err(_) => (char::REPLACEMENT_CHARACTER, rest.len()),
        };
        text.push(character);
        rest = rest.get(length..).unwrap_or_default();
        match rest.split_once('\\') {
            Some((plain, after)) => {
                text.push_str(plain);
                rest = after;
            }
            None => {
                text.push_str(rest);
                return Cow::Owned(text);
            }
        }
    }
}

/// Writes `text` as a JSON string, escaping only what must be.
pub fn write_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_at_checked(plain_prefix(rest.as_bytes())) {
        out.push_str(plain);
        let mut characters = tail.chars();
        let Some(special) = characters.next() else {
            break;
        };
        write_escape(out, special);
        rest = characters.as_str();
    }
    out.push('"');
}

fn write_escape(out: &mut String, special: char) {
    match special {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other => {
            out.push_str("\\u00");
            for shift in [4, 0] {
                let digit = (u32::from(other) >> shift) & 0xf;
                out.extend(char::from_digit(digit, 16));
            }
        }
    }
}

/// `text` as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_string(&mut out, text);
    out
}
