//! Numbers with the check digits that their standards ask for, and random letters.

/// A card number: `start`, filled up to one digit less than `length`, and the Luhn digit.
pub(crate) fn card(start: &str, length: usize) -> String {
    let mut digits = start.to_owned();
    for filler in "7305918264".chars().cycle() {
        if digits.len() + 1 >= length {
            break;
        }
        digits.push(filler);
    }
    let check = (0..10).find(|check| luhn_holds(&format!("{digits}{check}")));
    format!("{digits}{}", check.expect("one of ten digits"))
}

/// ISO/IEC 7812-1, annex B.
fn luhn_holds(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, twice @ 0..=9) => twice,
            (_, twice) => twice - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The digits in groups of these lengths.
pub(crate) fn grouped(digits: &str, groups: &[usize], between: &str) -> String {
    let mut rest = digits;
    let mut parts = Vec::new();
    for length in groups {
        let (part, others) = rest.split_at((*length).min(rest.len()));
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts.join(between)
}

/// An IBAN with the check digits of ISO 13616 for this country and account.
pub(crate) fn iban(country: &str, account: &str) -> String {
    let remainder = format!("{account}{country}00")
        .chars()
        .filter_map(|c| c.to_digit(36))
        .fold(0_u64, |rest, value| {
            rest.wrapping_mul(if value < 10 { 10 } else { 100 })
                .wrapping_add(u64::from(value))
                % 97
        });
    format!("{country}{:02}{account}", 98 - remainder)
}

/// The digits of base 62, base 64 URL, and so on.
pub(crate) const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub(crate) const BASE64URL: &str =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
pub(crate) const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub(crate) const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const HEX: &str = "0123456789abcdef";
pub(crate) const DIGITS: &str = "0123456789";

/// `length` letters of an alphabet, the same for the same seed.
pub(crate) fn random(alphabet: &str, length: usize, seed: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ length as u64;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(|_| letter()).collect()
}

/// A token that ends in the CRC-32 of its body, in base 62: the form that GitHub describes.
pub(crate) fn with_crc(prefix: &str, body: usize, seed: u64) -> String {
    let body = random(BASE62, body, seed);
    let mut crc = crc32(body.as_bytes());
    let mut check = Vec::new();
    for _ in 0..6 {
        check.push(BASE62.as_bytes()[crc as usize % 62] as char);
        crc /= 62;
    }
    let check: String = check.into_iter().rev().collect();
    format!("{prefix}{body}{check}")
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let mask = if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            (crc >> 1) ^ mask
        })
    })
}

#[test]
fn numbers_are_what_their_standards_say() {
    assert_eq!(card("411111111111111", 16), "4111111111111111");
    assert_eq!(card("37828224631000", 15), "378282246310005");
    assert_eq!(iban("DE", "370400440532013000"), "DE89370400440532013000");
    assert_eq!(iban("GB", "NWBK60161331926819"), "GB29NWBK60161331926819");
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(
        grouped("378282246310005", &[4, 6], " "),
        "3782 822463 10005"
    );
}
