//! International bank account numbers (ISO 13616): the length that the country's registry entry
//! has, and MOD 97-10.

use std::ops::Range;

use super::checksum::mod97;
use super::text::Text;

/// The length in characters that each country has, as the IBAN registry lists them.
const LENGTHS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

/// The longest IBAN, in characters.
const LONGEST: usize = 34;

/// The range of the IBAN whose country code begins at `start`.
pub(super) fn at(text: Text<'_>, start: usize) -> Option<Range<usize>> {
    let &[first, second, b'0'..=b'9', b'0'..=b'9'] = text.get(start..start + 4) else {
        return None;
    };
    let is_letters = first.is_ascii_alphabetic() && second.is_ascii_alphabetic();
    let length = length_of([first, second]).filter(|_| is_letters)?;
    let mut characters = [0; LONGEST];
    let end = read(text, start, characters.get_mut(..length)?)?;
    let characters = characters.get(..length)?;
    let (head, rest) = characters.split_at_checked(4)?;
    let is_valid = mod97(rest.iter().chain(head).copied()) == Some(1);
    let is_one_case = !characters.iter().any(u8::is_ascii_lowercase)
        || !characters.iter().any(u8::is_ascii_uppercase);
    let range = start..end;
    (is_valid && is_one_case && text.is_alone(&range)).then_some(range)
}

fn length_of(country: [u8; 2]) -> Option<usize> {
    let country = country.map(|byte| byte.to_ascii_uppercase());
    let is_listed = |codes: &str| codes.split(' ').any(|code| code.as_bytes() == country);
    LENGTHS
        .iter()
        .find(|(_, codes)| is_listed(codes))
        .map(|(length, _)| *length)
}

/// Fills `characters` with letters and digits, with at most one space or dash before each; the end.
fn read(text: Text<'_>, start: usize, characters: &mut [u8]) -> Option<usize> {
    let mut at = start;
    for (index, slot) in characters.iter_mut().enumerate() {
        if index > 0 {
            at += gap(text, at);
        }
        *slot = text.byte(at).filter(u8::is_ascii_alphanumeric)?;
        at += 1;
    }
    Some(at)
}

/// The length of a separator at `at`, in bytes.
fn gap(text: Text<'_>, at: usize) -> usize {
    match text.get(at..at + 3) {
        [b' ' | b'-', ..] => 1,
        [0xC2, 0xA0, _] => 2,
        [0xE2, 0x80, 0x80..=0x8A | 0x90..=0x95 | 0xAF] => 3,
        _ => 0,
    }
}
