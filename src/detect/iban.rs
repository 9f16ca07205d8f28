//! International bank account numbers (ISO 13616): the length that the country's registry entry
//! has, and MOD 97-10.

use std::ops::Range;

use super::checksum::mod97;
use super::text::Text;

/// The longest IBAN, in characters.
const LONGEST: usize = 34;

/// The range of the IBAN whose country code begins at `start`.
pub(super) fn at(text: Text<'_>, start: usize) -> Option<Range<usize>> {
    let &[first, second, b'0'..=b'9', b'0'..=b'9'] = text.get(start..start + 4) else {
        return None;
    };
    let length = length_of([first, second])?;
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

/// The length in characters that a country's accounts have, as the IBAN registry lists it.
const fn length_of(country: [u8; 2]) -> Option<usize> {
    let [first, second] = country;
    let length = match &[first.to_ascii_uppercase(), second.to_ascii_uppercase()] {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FK" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL"
        | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    };
    Some(length)
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
    // At the end of the text a space and one letter are what is left.
    if matches!(text.byte(at), Some(b' ' | b'-')) {
        return 1;
    }
    match text.get(at..at + 3) {
        [0xC2, 0xA0, _] => 2,
        [0xE2, 0x80, 0x80..=0x8A | 0x90..=0x95 | 0xAF] => 3,
        _ => 0,
    }
}
