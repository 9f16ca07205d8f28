//! Check digits, over digits as numbers from 0 to 9.

/// The permutations of Verhoeff's scheme: each is the one before, applied once more.
const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

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

/// The sum of the digits, each multiplied by its weight.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    let products = digits.iter().zip(weights);
    products
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum()
}

/// The digits as one number, modulo `modulus`.
pub(super) fn modulo(digits: &[u8], modulus: u64) -> u64 {
    digits
        .iter()
        .fold(0, |rest, digit| (rest * 10 + u64::from(*digit)) % modulus)
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

/// MOD 11,10 (ISO/IEC 7064), with the last digit as the check digit.
pub(super) fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else {
        return false;
    };
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (product + u32::from(*digit)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + u32::from(*check)) % 10 == 1
}

/// MOD 11-2 (ISO/IEC 7064), with the last value as the check digit, which may be 10 for `X`.
pub(super) fn mod11_2(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else {
        return false;
    };
    let sum = rest
        .iter()
        .fold(0, |sum, digit| (sum + u32::from(*digit)) * 2 % 11);
    (sum + u32::from(*check)) % 11 == 1
}

/// Verhoeff's scheme, with the last digit as the check digit.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    let fold =
        |check: u8, (index, digit): (usize, &u8)| dihedral(check, permute(*digit, index % 8));
    digits.iter().rev().enumerate().fold(0, fold) == 0
}

/// A digit, permuted `times` times.
fn permute(digit: u8, times: usize) -> u8 {
    (0..times).fold(digit, |digit, _| {
        PERMUTED
            .get(usize::from(digit))
            .copied()
            .unwrap_or_default()
    })
}

/// The product of two elements of the dihedral group of the pentagon: 0 to 4 turn, 5 to 9 mirror.
const fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + (b - 5)) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only digits that complete a number under a check.
    fn completing(check: fn(&[u8]) -> bool, digits: &[u8]) -> Vec<u8> {
        let completed = |last: &u8| check(&[digits, &[*last]].concat());
        (0..10).filter(completed).collect()
    }

    #[test]
    fn published_examples_have_one_check_digit() {
        assert_eq!(completing(luhn, &[7, 9, 9, 2, 7, 3, 9, 8, 7, 1]), [3]);
        assert_eq!(completing(verhoeff, &[2, 3, 6]), [3]);
        assert_eq!(completing(mod11_10, &[0, 7, 9, 4]), [5]);
        assert_eq!(completing(mod11_2, &[0, 7, 9, 4]), [0]);
        assert_eq!(mod97(*b"3214282912345698765432161182"), Some(1));
    }

    #[test]
    fn verhoeff_finds_each_swap_of_neighbours() {
        let valid = [1, 4, 2, 8, 5, 7, 0];
        assert!(verhoeff(&valid));
        for at in 0..valid.len() - 1 {
            let mut swapped = valid;
            swapped.swap(at, at + 1);
            assert!(!verhoeff(&swapped), "{swapped:?}");
        }
    }
}
