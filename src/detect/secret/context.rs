//! A long value that is a secret for what stands before it: a word that announces one, a vendor.

use super::bytes::{at, before, contains, end_of, is_word, part, start_of};
use super::judge::{self, Mix};
use super::keyword::{self, Strength};
use super::vendor::{self, Vendor};

/// How far back a word may stand from its value, in bytes.
const WINDOW: usize = 56;

/// How many words are looked at.
const MOST_WORDS: usize = 4;

/// The shortest value that is found by its surroundings alone.
const SHORTEST: usize = 14;

/// The longest: what is longer is data.
const LONGEST: usize = 1024;

/// What was found in front of a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    pub(super) strength: Option<Strength>,
    pub(super) vendor: Option<&'static Vendor>,
    /// words between the vendor and the value
    fillers: usize,
    /// whether nothing announces a secret, but an application is spoken of that has one
    is_client: bool,
}

/// Where a value around a place begins and ends: base64 and base64url, no path.
pub(super) fn value_around(bytes: &[u8], run: usize, end: usize) -> (usize, usize) {
    let belongs = |byte: u8| is_word(byte) || matches!(byte, b'+' | b'/' | b'~');
    let start = start_of(bytes, run, 256, belongs);
    let stop = end_of(bytes, end, |byte| {
        belongs(byte) || matches!(byte, b'=' | b'.')
    })
    .min(run + LONGEST + 1);
    let stop = stop
        - part(bytes, run, stop)
            .iter()
            .rev()
            .take_while(|byte| **byte == b'.')
            .count();
    if is_path(part(bytes, start, stop)) {
        (run, end)
    } else {
        (start, stop)
    }
}

/// Whether a value is an address or a path rather than base64.
fn is_path(value: &[u8]) -> bool {
    let slashes = value.iter().filter(|byte| **byte == b'/').count();
    let dots = value.iter().filter(|byte| **byte == b'.').count();
    matches!(value.first(), Some(b'/' | b'.' | b'~'))
        || value.windows(2).any(|two| two == b"//")
        || slashes > 0 && (dots > 0 || slashes * 12 > value.len())
        || dots > 3
}

/// What stands before a place on its line, and the key it stands under if it is the beginning.
pub(super) fn before_value(bytes: &[u8], start: usize, key: Option<&str>) -> Surroundings {
    let mut found = Surroundings::default();
    let lowest = start.saturating_sub(WINDOW);
    let mut place = start;
    for words in 0..MOST_WORDS {
        let end = if words == 0 {
            before_comma(bytes, place)
        } else {
            place
        };
        let Some((from, to)) = word_before(bytes, end, lowest) else {
            if part(bytes, lowest, place).len() < 8 && lowest == 0 {
                note(&mut found, key.unwrap_or_default().as_bytes(), words);
            }
            break;
        };
        let word = part(bytes, from, to);
        if keyword::is_public(word) {
            return Surroundings::default();
        }
        note(&mut found, word, words);
        place = from;
    }
    let bare = found.vendor.is_some() && found.strength.is_none();
    found.is_client = bare && contains(part(bytes, lowest, start), "client");
    found
}

/// A place, or the end of the argument before it: `set('name', 'value')`.
fn before_comma(bytes: &[u8], place: usize) -> usize {
    let quoted = |byte| matches!(byte, b'\'' | b'"');
    let opened = start_of(bytes, place, 1, quoted);
    let spaced = start_of(bytes, opened, 2, |byte| byte == b' ');
    let comma = start_of(bytes, spaced, 1, |byte| byte == b',');
    let argues = opened < place && comma < spaced && quoted(before(bytes, comma));
    if argues { comma } else { place }
}

fn note(found: &mut Surroundings, word: &[u8], words: usize) {
    if found.vendor.is_none() {
        found.vendor = vendor::within(word);
        found.fillers = words;
    }
    found.strength = found.strength.max(keyword::strength(word));
}

/// The word before a place, where only what joins a name and a value is between.
fn word_before(bytes: &[u8], place: usize, lowest: usize) -> Option<(usize, usize)> {
    let joins = |byte| {
        matches!(
            byte,
            b' ' | b'='
                | b':'
                | b'"'
                | b'\''
                | b'>'
                | b'('
                | b'['
                | b'{'
                | b'\\'
                | b'\t'
                | b'`'
                | b'.'
                | b'?'
        )
    };
    let end = start_of(bytes, place, 8, joins);
    let start = start_of(bytes, end, WINDOW, is_word);
    (start < end && start >= lowest && before(bytes, start) != b'#').then_some((start, end))
}

/// The rule that a value is a secret by, if what stands before it makes it one.
pub(super) fn rule(value: &[u8], around: Surroundings) -> Option<&'static str> {
    if around.vendor.is_none() && around.strength.is_none() {
        return None;
    }
    if value.len() < SHORTEST || value.len() > LONGEST {
        return None;
    }
    if judge::is_invitation(value) || judge::is_host(value) {
        return None;
    }
    let mix = Mix::of(value);
    match (around.vendor, around.strength) {
        (Some(vendor), Some(_)) => {
            let documented = vendor.documents(value) && judge::is_varied(value);
            (documented || is_likely(value, mix)).then(|| vendor.rule())
        }
        (Some(vendor), None) => belongs(vendor, value, around).then(|| vendor.rule()),
        (None, Some(Strength::Secret | Strength::Password)) => {
            (value.len() >= 16 && judge::is_mixed(value)).then_some("generic_secret")
        }
        (None, Some(Strength::Weak)) => is_drawn(value).then_some("generic_key"),
        (None, None) => None,
    }
}

/// Whether a value may be a key at all, where a vendor and a word that announces one are named.
fn is_likely(value: &[u8], mix: Mix) -> bool {
    let drawn = mix.distinct >= 4
        && (mix.others * 4 <= mix.length)
        && !(judge::is_wordy(value) && mix.others > 0)
        && (mix.digits > 0 || mix.length >= 16 && is_one_case(mix) || judge::is_random(value));
    drawn || judge::is_grouped(value) || judge::is_of_both_cases(value)
}

/// Whether all letters are of one case, so that there are no words in camel case.
fn is_one_case(mix: Mix) -> bool {
    mix.upper == 0 || mix.lower == 0
}

/// Whether a value is a vendor's, where nothing but the vendor is named.
fn belongs(vendor: &Vendor, value: &[u8], around: Surroundings) -> bool {
    // The id of a client is one half of what it shows its vendor (RFC 6749, section 2.3.1).
    if around.is_client && around.fillers <= 2 && is_drawn(value) {
        return true;
    }
    if around.fillers > 1 || !judge::is_varied(value) {
        return false;
    }
    // A mark of the vendor's says as much as a name that is no other word.
    if !vendor.is_distinct() {
        return vendor.marks(value) && judge::is_mixed(value);
    }
    let grouped = judge::is_grouped(value) && judge::is_mixed(value);
    vendor.documents(value) || is_drawn(value) || grouped
}

/// Whether a value looks drawn, is long, and is no UUID.
fn is_drawn(value: &[u8]) -> bool {
    value.len() >= 20
        && judge::is_mixed(value)
        && !judge::is_uuid(value)
        && value.iter().filter(|byte| **byte == b'-').count() < 3
}

/// A value that stands in one run with the word that announces it: `acmeSECRET-0123…`.
pub(super) fn glued(
    bytes: &[u8],
    start: usize,
    end: usize,
    key: Option<&str>,
) -> Option<(usize, &'static str)> {
    let run = part(bytes, start, end);
    if !run
        .iter()
        .take(8)
        .any(|byte| matches!(byte | 0x20, b'g'..=b'z'))
    {
        return None;
    }
    let mut around = Surroundings::default();
    let mut from = 0;
    for _ in 0..MOST_WORDS {
        let length = part(run, from, run.len())
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric())?;
        let word = part(run, from, from + length);
        note(&mut around, word, 0);
        from += length + 1;
        let rest = part(run, from, run.len());
        if around.strength.is_none() && !around.vendor.is_some_and(|vendor| vendor.documents(rest))
        {
            continue;
        }
        if around.vendor.is_none() {
            around.vendor = before_value(bytes, start, key).vendor;
        }
        if judge::is_uuid(rest) || is_glued(rest, around) {
            return rule(rest, around).map(|rule| (from, rule));
        }
    }
    None
}

fn is_glued(rest: &[u8], around: Surroundings) -> bool {
    let least = if around.vendor.is_some() { 7 } else { 12 };
    judge::longest_part(rest) >= least
        && (judge::is_mixed(rest)
            || around.vendor.is_some()
                && (judge::longest_part(rest) >= 20 || judge::is_grouped(rest)))
}

/// Whether what stands right before a place makes it a part of something else.
pub(super) fn is_part(bytes: &[u8], start: usize) -> bool {
    matches!(before(bytes, start), b'#' | b'@' | b'/') || at(bytes, start) == b'/'
}
