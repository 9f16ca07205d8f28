//! Escapes as JSON and most languages write them, in texts that are not read as JSON: logs, dumps,
//! JSON among words.

use std::ops::Range;

/// Where escapes are, and what they stand for. However many backslashes stand before one are its own:
/// it has been escaped once more with each text around it.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Range<usize>, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let start = at + rest.find('\\')?;
            let rest = text.get(start..)?;
            let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
            at = start + slashes;
            if let Some((c, length)) = text.get(at..).and_then(read) {
                at += length;
                return Some((start..at, c));
            }
        }
    })
}

/// What the escape at the start of the text, after its backslash, stands for, and how long it is.
fn read(rest: &str) -> Option<(char, usize)> {
    let c = match rest.bytes().next()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        c @ (b'"' | b'\'' | b'/') => c.into(),
        b'u' => return unicode(rest),
        b'x' => return Some((char::from_u32(hex(rest.get(1..3)?)?)?, 3)),
        _ => return None,
    };
    Some((c, 1))
}

/// `uXXXX`, two of them for one character, or `u{X}`.
fn unicode(rest: &str) -> Option<(char, usize)> {
    if let Some(inside) = rest.strip_prefix("u{") {
        let digits = inside.bytes().take(7).position(|byte| byte == b'}')?;
        let c = char::from_u32(hex(inside.get(..digits)?)?)?;
        return Some((c, digits + 3));
    }
    let high = hex(rest.get(1..5)?)?;
    if let Some(c) = char::from_u32(high) {
        return Some((c, 5));
    }
    let next = rest.get(5..)?;
    let slashes = next.bytes().take_while(|byte| *byte == b'\\').count();
    let low = next.get(slashes..)?.strip_prefix('u')?.get(..4)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(hex(low)?).ok()?];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((c, 5 + slashes + 5))
}

fn hex(digits: &str) -> Option<u32> {
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok())?
}
