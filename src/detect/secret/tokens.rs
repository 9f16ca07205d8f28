//! Tokens that say what they are: their shape alone makes them a vendor's.
//!
//! Prefixes, alphabets and lengths are those of the vendors' documentation. Lengths that are not
//! promised anywhere are written as ranges.

mod business;
mod cloud;
mod code;
mod data;

use std::sync::LazyLock;

use super::bytes::{at, before, is_word, start_of};
use super::judge;
use super::shape::Shape;

/// The name of a rule, and the shape of what it finds.
type Row = (&'static str, &'static str);

const TABLES: [&[Row]; 4] = [cloud::ROWS, code::ROWS, data::ROWS, business::ROWS];

/// How far before a long run a token may have begun: `SG.`, `1//0`, `1234567890:`.
const MOST_BEFORE: usize = 40;

/// Prefixes of fewer bytes say too little: what follows them must look drawn as well.
const TELLING: usize = 5;

/// A body of letters and digits alone that is this long is no identifier of a program.
const LONG_BODY: usize = 30;

#[derive(Debug)]
struct Token {
    rule: &'static str,
    shape: Shape,
}

/// All tokens, by the first two bytes of their prefix; those without a prefix are in no bucket.
#[derive(Debug)]
struct Index {
    buckets: Vec<Vec<Token>>,
    loose: Vec<Token>,
}

const BUCKETS: usize = 1024;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
        loose: Vec::new(),
    };
    for (rule, text) in TABLES.into_iter().flatten() {
        let Some(shape) = Shape::parse(text) else {
            continue;
        };
        let place = match *shape.prefix().as_bytes() {
            [] => &mut index.loose,
            // A prefix of one byte goes wherever its byte leads.
            [first] => {
                spread(&mut index, first, rule, text);
                continue;
            }
            [first, second, ..] => match index.buckets.get_mut(bucket(first, second)) {
                Some(place) => place,
                None => continue,
            },
        };
        place.push(Token { rule, shape });
    }
    index
});

fn bucket(first: u8, second: u8) -> usize {
    (usize::from(first) * 37 + usize::from(second)) % BUCKETS
}

/// Puts a token with a prefix of one byte under every second byte that can follow.
fn spread(index: &mut Index, first: u8, rule: &'static str, text: &'static str) {
    for second in (0..=u8::MAX).filter(|second| is_word(*second) || *second == b'.') {
        let place = index.buckets.get_mut(bucket(first, second));
        if let (Some(place), Some(shape)) = (place, Shape::parse(text)) {
            place.push(Token { rule, shape });
        }
    }
}

/// The token that begins at a place, as where it ends and whose it is. Of several the longest,
/// and of these the first in the tables.
pub(super) fn starting(bytes: &[u8], from: usize) -> Option<(usize, &'static str)> {
    let bucket = INDEX
        .buckets
        .get(bucket(at(bytes, from), at(bytes, from + 1)))?;
    let known = bucket
        .iter()
        .filter_map(|token| held(token, bytes, from))
        .reduce(longer);
    known.or_else(|| {
        let loose = INDEX.loose.iter();
        loose
            .filter(|token| token.shape.may_begin(bytes, from))
            .filter_map(|token| held(token, bytes, from))
            .reduce(longer)
    })
}

fn longer<T>(first: (usize, T), second: (usize, T)) -> (usize, T) {
    if second.0 > first.0 { second } else { first }
}

fn held(token: &Token, bytes: &[u8], from: usize) -> Option<(usize, &'static str)> {
    let end = token.shape.end(bytes, from)?;
    let prefix = token.shape.prefix();
    let body = bytes.get(from + prefix.len()..end)?;
    is_likely(&token.shape, body).then_some((end, token.rule))
}

/// Whether a shape says enough by itself, or else its body looks drawn.
fn is_likely(shape: &Shape, body: &[u8]) -> bool {
    let prefix = shape.prefix();
    let shouts =
        matches!(prefix.len(), 3 | 4) && !prefix.bytes().any(|byte| byte.is_ascii_lowercase());
    let sure = prefix.len() >= TELLING || shouts || shape.literals() >= 3;
    let plain = body.len() >= LONG_BODY && body.iter().all(u8::is_ascii_alphanumeric);
    judge::is_random(body) || sure && judge::is_varied(body) || plain && judge::is_mixed(body)
}

/// The token that a long run of word bytes is, or is the end of, from where to where, and whose.
pub(super) fn around(bytes: &[u8], run: usize) -> Option<(usize, usize, &'static str)> {
    let mut start = unescaped(bytes, run);
    loop {
        if let Some((end, rule)) = starting(bytes, start)
            && end > run
        {
            return Some((start, end, rule));
        }
        start = earlier(bytes, start, run.saturating_sub(MOST_BEFORE))?;
    }
}

/// Where the word before a place begins, where only what joins parts of a token is between.
fn earlier(bytes: &[u8], place: usize, lowest: usize) -> Option<usize> {
    let joins = |byte| matches!(byte, b'.' | b':' | b'~' | b'|');
    let slashes = before(bytes, place) == b'/'
        && at(bytes, place - 1) == b'/'
        && place > 2
        && at(bytes, place - 3).is_ascii_digit();
    let end = if slashes {
        place - 2
    } else {
        start_of(bytes, place, 1, joins)
    };
    if end == place {
        return None;
    }
    let start = start_of(bytes, end, MOST_BEFORE, is_word);
    (start < end && start >= lowest).then_some(start)
}

/// A place, moved behind the letter of an escape such as `\n`, or the digits of one such as `%3D`.
fn unescaped(bytes: &[u8], place: usize) -> usize {
    match (before(bytes, place), at(bytes, place)) {
        (b'\\', b'n' | b'r' | b't') => place + 1,
        (b'%', byte) if byte.is_ascii_hexdigit() => place + 2,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::shape::samples;
    use super::*;

    fn rows() -> impl Iterator<Item = (&'static str, Shape)> {
        TABLES.into_iter().flatten().map(|(rule, text)| {
            (
                *rule,
                Shape::parse(text).unwrap_or_else(|| panic!("{text}")),
            )
        })
    }

    #[test]
    fn there_are_enough_vendors() {
        let rules: BTreeSet<&str> = rows().map(|(rule, _)| rule).collect();
        assert!(rules.len() >= 250, "{}", rules.len());
    }

    #[test]
    fn every_row_finds_its_own() {
        let mut missed = Vec::new();
        for (rule, shape) in rows() {
            for seed in [1, 11, 23] {
                let token = samples::sample(&shape, seed);
                let text = format!("x {token} y");
                let end = starting(text.as_bytes(), 2).map(|(end, _)| end);
                if end != Some(2 + token.len()) {
                    missed.push(format!("{rule}: {token} {end:?}"));
                }
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn a_byte_less_is_not_this_token() {
        for (rule, shape) in rows() {
            let Some(token) = samples::short(&shape, 1) else {
                continue;
            };
            assert_eq!(shape.end(token.as_bytes(), 0), None, "{rule}: {token}");
        }
    }
}
