//! Tokens that stand for values: how they are written, and where they are in a text.
//!
//! A token says how long it is, so that it is found within a longer text whatever comes after it:
//! `tok_`, four characters that hold its version and its length, and the hidden value.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What each token begins with.
pub const PREFIX: &str = "tok_";

/// How many characters say which version it is of and how long it is.
const HEAD: usize = 4;

const VERSION: u8 = 1;

/// The token of a hidden value, in letters, digits, `-` and `_`. `None` if it is too long for one.
#[must_use]
pub fn write(hidden: &[u8]) -> Option<String> {
    let length = u16::try_from(hidden.len()).ok()?.to_be_bytes();
    let head = URL_SAFE_NO_PAD.encode([&[VERSION], &length[..]].concat());
    let body = URL_SAFE_NO_PAD.encode(hidden);
    Some(format!("{PREFIX}{head}{body}"))
}

/// The hidden value of a token. `None` if the text is not one, character for character.
#[must_use]
pub fn read(token: &str) -> Option<Vec<u8>> {
    let rest = token.strip_prefix(PREFIX)?;
    if length(rest)? != rest.len() {
        return None;
    }
    URL_SAFE_NO_PAD.decode(rest.get(HEAD..)?).ok()
}

/// Where a text has something in the form of a token, in order and not overlapping.
///
/// Each byte is looked at a few times at most, whatever heads claim of what follows them.
pub fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut next = 0;
    // Where the characters end of which tokens are made, after the last place that was asked about.
    let mut run_end = 0;
    text.match_indices(PREFIX).filter_map(move |(start, _)| {
        if start < next {
            return None;
        }
        let body = start + PREFIX.len();
        let end = body + length(text.get(body..)?)?;
        if run_end < body {
            let rest = text.as_bytes().get(body..)?;
            run_end = body + rest.iter().take_while(|byte| is_of_token(**byte)).count();
        }
        let is_whole = end <= run_end && ends_well(text.get(body..end)?);
        if !is_whole {
            return None;
        }
        next = end;
        Some(start..end)
    })
}

const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether the last characters of base64 have no bits that belong to nothing; the others can't have.
fn ends_well(body: &str) -> bool {
    let last = body.len() - body.len() % 4;
    let last = body.get(last..).unwrap_or_default();
    URL_SAFE_NO_PAD.decode(last).is_ok()
}

/// How many characters the head of a token says that follow the prefix.
fn length(rest: &str) -> Option<usize> {
    let head = URL_SAFE_NO_PAD.decode(rest.get(..HEAD)?).ok()?;
    let [VERSION, high, low] = *head else {
        return None;
    };
    let bytes = usize::from(u16::from_be_bytes([high, low]));
    Some(HEAD + (bytes * 4).div_ceil(3))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for hidden in [&b""[..], b"\0", b"some value", &[0xff; 5000]] {
            let token = write(hidden).unwrap();
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            assert!(token.starts_with(PREFIX) && token.bytes().all(fits));
            assert_eq!(read(&token).as_deref(), Some(hidden));
        }
        assert_eq!(write(&[0; 70_000]), None);
    }

    #[test]
    fn tokens_are_found_whatever_is_around_them() {
        let (one, other) = (write(b"one").unwrap(), write(b"the other").unwrap());
        for (before, after) in [
            ("", ""),
            ("a", "a"),
            ("_", "-x"),
            ("tok_", "tok_"),
            ("é", "é"),
        ] {
            let text = format!("{before}{one}{after}{other}{after}");
            let found: Vec<_> = find(&text).map(|range| text.get(range).unwrap()).collect();
            assert_eq!(found, [&one, &other], "{text}");
        }
    }

    #[test]
    fn made_up_heads_cost_nothing() {
        let begun = Instant::now();
        let heads = format!("{}!", "tok_Af__".repeat(8000)).repeat(16);
        assert_eq!(find(&heads).count(), 0);
        // All that these lack is an end that is one.
        let heads = "tok_Af__".repeat(128_000);
        assert!(find(&heads).count() < 20);
        // With a look at all that each head claims it took a minute.
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let token = write(b"some value").unwrap();
        let cut = token.get(..token.len() - 1).unwrap();
        let version = token.replacen("tok_A", "tok_B", 1);
        for text in [
            "",
            "tok_",
            "tok_é",
            "tok_AQ",
            "tok_AQABéé",
            "tok_dGhp",
            cut,
            &version,
        ] {
            assert_eq!(find(text).count(), 0, "{text}");
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("{token}A")), None);
    }
}
