//! What the letters and digits of codes must satisfy.

use crate::detect::checksum::weighted;
use crate::detect::number::{is_chinese, is_day};

/// The letters that check numbers modulo 23 in Spain.
const SPANISH: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// The characters that check numbers modulo 31 in Finland.
const FINNISH: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// The months of birth in an Italian code.
const MONTHS: &[u8] = b"ABCDEHLMPRST";

/// What digits and letters count at the odd places of an Italian code.
const ODD: [u32; 36] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6,
    8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/// The digits of some characters, with other characters as 0.
fn number(characters: &[u8], from: usize, count: usize) -> u32 {
    let these = characters.iter().skip(from).take(count);
    these.fold(0, |number, byte| number * 10 + digit(*byte))
}

fn digit(byte: u8) -> u32 {
    char::from(byte).to_digit(10).unwrap_or_default()
}

/// `0` counts 0, `A` counts 10.
fn value(byte: u8) -> usize {
    char::from(byte).to_digit(36).unwrap_or_default() as usize
}

/// Whether the character at `at` is the one of `table` with this index.
fn is_check(code: &[u8], at: usize, table: &[u8], index: u32) -> bool {
    let expected = table.get(index as usize);
    expected.is_some() && code.get(at) == expected
}

/// A prefix that His Majesty's Revenue and Customs allocates, and a suffix from A to D.
pub(super) fn is_nino(code: &[u8]) -> bool {
    let &[first, second, .., suffix] = code else {
        return false;
    };
    let is_prefix = !b"DFIQUV".contains(&first)
        && !b"DFIOQUV".contains(&second)
        && ![b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[first, second]);
    is_prefix && matches!(suffix, b'A'..=b'D')
}

/// The fourth letter says what kind of taxpayer it is.
pub(super) fn is_pan(code: &[u8]) -> bool {
    code.get(3).is_some_and(|kind| b"ABCFGHJLPT".contains(kind)) && number(code, 5, 4) != 0
}

/// A month and day of birth, and a check letter; where codes would be the same, letters stand for
/// digits.
pub(super) fn is_codice_fiscale(code: &[u8]) -> bool {
    let Some((check, body)) = code.split_last() else {
        return false;
    };
    let replaces = |at: &usize| {
        code.get(*at)
            .is_some_and(|byte| byte.is_ascii_digit() || b"LMNPQRSTUV".contains(byte))
    };
    let is_shape = [6, 7, 9, 10, 12, 13, 14].iter().all(replaces);
    let is_month = code.get(8).is_some_and(|month| MONTHS.contains(month));
    let one = |(index, byte): (usize, &u8)| match index % 2 {
        0 => ODD.get(value(*byte)).copied().unwrap_or_default(),
        _ if byte.is_ascii_digit() => digit(*byte),
        _ => u32::from(byte.saturating_sub(b'A')),
    };
    let sum: u32 = body.iter().enumerate().map(one).sum();
    is_shape && is_month && u32::from(check.saturating_sub(b'A')) == sum % 26
}

/// Eight digits and the letter for their rest modulo 23.
pub(super) fn is_nif(code: &[u8]) -> bool {
    is_check(code, 8, SPANISH, number(code, 0, 8) % 23)
}

/// The same for foreigners, with X, Y or Z for the first digit.
pub(super) fn is_nie(code: &[u8]) -> bool {
    let first = match code.first() {
        Some(b'X') => 0,
        Some(b'Y') => 10_000_000,
        Some(b'Z') => 20_000_000,
        _ => return false,
    };
    is_check(code, 8, SPANISH, (first + number(code, 1, 7)) % 23)
}

/// A letter for century or kind, and a check letter modulo 11.
pub(super) fn is_nric(code: &[u8]) -> bool {
    let (offset, table): (u32, &[u8]) = match code.first() {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        Some(b'M') => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let digits = code.iter().skip(1).take(7).zip([2, 7, 6, 5, 4, 3, 2]);
    let sum: u32 = digits.map(|(byte, weight)| digit(*byte) * weight).sum();
    is_check(code, 8, table, (sum + offset) % 11)
}

/// A day of birth, a sign for the century, and a check character modulo 31.
pub(super) fn is_hetu(code: &[u8]) -> bool {
    let is_century = code
        .get(6)
        .is_some_and(|sign| b"+-YXWVUABCDEF".contains(sign));
    let is_birth = is_day(number(code, 2, 2), number(code, 0, 2));
    let body = number(code, 0, 6) * 1000 + number(code, 7, 3);
    is_century && is_birth && number(code, 7, 3) >= 2 && is_check(code, 10, FINNISH, body % 31)
}

/// Whether it is such a code, and not a day with a time after it, `240131-1030`.
pub(super) fn is_hetu_and_no_time(code: &[u8]) -> bool {
    let has_digits = code.iter().skip(7).all(u8::is_ascii_digit);
    let is_time = has_digits && number(code, 7, 2) < 24 && number(code, 9, 2) < 60;
    is_hetu(code) && !is_time
}

/// The grammar of a Medicare Beneficiary Identifier: letters but for B, I, L, O, S and Z.
pub(super) fn is_mbi(code: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_uppercase() && !b"BILOSZ".contains(byte);
    let fits = |(kind, byte): (&u8, &u8)| match kind {
        b'C' => (b'1'..=b'9').contains(byte),
        b'A' => is_letter(byte),
        b'9' => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || is_letter(byte),
    };
    code.len() == 11 && b"CAN9AN9AA99".iter().zip(code).all(fits)
}

/// A kind of registrant, and a check digit.
pub(super) fn is_dea(code: &[u8]) -> bool {
    let is_kind = code
        .first()
        .is_some_and(|kind| b"ABCDEFGHJKLMPRSTUX".contains(kind));
    let at = |index: usize| number(code, index + 1, 1);
    let sum = at(1) + at(3) + at(5) + 2 * (at(2) + at(4) + at(6));
    is_kind && sum % 10 == at(7)
}

/// A day of birth, sex, and a check digit; 17 characters count with falling weights, modulo 10.
pub(super) fn is_curp(code: &[u8]) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ";
    let one = |(byte, weight): (&u8, u32)| {
        let value = ALPHABET.find(char::from(*byte)).unwrap_or_default();
        u32::try_from(value).unwrap_or_default() * weight
    };
    let sum: u32 = code.iter().take(17).zip((2..=18).rev()).map(one).sum();
    let is_birth = is_day(number(code, 6, 2), number(code, 8, 2));
    let is_sex = code.get(10).is_some_and(|sex| b"HMX".contains(sex));
    let check = code
        .get(17)
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| digit(*byte));
    is_birth && is_sex && check == Some((10 - sum % 10) % 10)
}

/// Seven digits and a check letter modulo 23, in which a second letter counts nine times.
pub(super) fn is_pps(code: &[u8]) -> bool {
    let digits = code.iter().take(7).zip([8, 7, 6, 5, 4, 3, 2]);
    let sum: u32 = digits.map(|(byte, weight)| digit(*byte) * weight).sum();
    let second = match code.get(8) {
        None | Some(b'W') => 0,
        Some(letter @ b'A'..=b'I') => u32::from(letter - b'A') + 1,
        Some(_) => return false,
    };
    is_check(code, 7, b"WABCDEFGHIJKLMNOPQRSTUV", (sum + 9 * second) % 23)
}

/// The number of a resident of China whose check digit is 10, written X.
pub(super) fn is_resident(code: &[u8]) -> bool {
    let mut digits = [0; 18];
    for (slot, byte) in digits.iter_mut().zip(code) {
        *slot = if *byte == b'X' {
            10
        } else {
            byte.saturating_sub(b'0')
        };
    }
    is_chinese(&digits)
}

/// The ninth character is the rest modulo 11 (49 CFR 565.15); I, O and Q are not used.
pub(super) fn is_vin(code: &[u8]) -> bool {
    const VALUES: &[u8] = b"0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let mut values = [0; 17];
    for (slot, byte) in values.iter_mut().zip(code) {
        let Some(place) = VALUES.iter().position(|known| known == byte) else {
            return false;
        };
        *slot = u8::try_from(place % 10).unwrap_or_default();
    }
    let has_both = code.iter().any(u8::is_ascii_digit) && code.iter().any(u8::is_ascii_uppercase);
    has_both && is_check(code, 8, b"0123456789X", weighted(&values, &WEIGHTS) % 11)
}
