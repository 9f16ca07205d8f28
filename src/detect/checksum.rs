//! Check digits, over digits as numbers from 0 to 9.

/// Luhn's formula (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(digits: &[u8]) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// The sum of Luhn's formula, with the last digit as the check digit.
pub(super) fn luhn_sum(digits: &[u8]) -> u32 {
    let one = |(index, digit): (usize, &u8)| {
        let digit = u32::from(*digit);
        match index % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        }
    };
    digits.iter().rev().enumerate().map(one).sum()
}

/// MOD 97-10 (ISO/IEC 7064) over letters and digits, where `A` counts 10 and `Z` counts 35: the
/// rest, which is 1 for what is valid. `None` if there is another character.
pub(super) fn mod97(characters: impl IntoIterator<Item = u8>) -> Option<u32> {
    let mut rest = 0;
    for character in characters {
        rest = match character {
            b'0'..=b'9' => rest * 10 + u32::from(character - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(character - b'A') + 10,
            b'a'..=b'z' => rest * 100 + u32::from(character - b'a') + 10,
            _ => return None,
        } % 97;
    }
    Some(rest)
}
