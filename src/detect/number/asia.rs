//! Numbers of Asia.

use super::{DASH, Form, NONE, Number, SPACE, SPACE_OR_DASH, digit, is_day, part};
use crate::detect::checksum::{luhn, mod11_2, verhoeff, weighted};
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::InAadhaar,
        check: is_aadhaar,
        topics: Topics::INDIA,
        forms: &[
            Form::near(&[4, 4, 4], SPACE_OR_DASH),
            Form::near(&[12], NONE),
        ],
    },
    Number {
        entity: Entity::KrRrn,
        check: is_korean,
        topics: Topics::KOREA,
        forms: &[Form::likely(&[6, 7], DASH), Form::near(&[13], NONE)],
    },
    Number {
        entity: Entity::ThId,
        check: is_thai,
        topics: Topics::THAILAND,
        forms: &[
            Form::sure(&[1, 4, 5, 2, 1], DASH),
            Form::likely(&[1, 4, 5, 2, 1], SPACE),
            Form::near(&[13], NONE),
        ],
    },
    Number {
        entity: Entity::CnResidentId,
        check: is_chinese,
        topics: Topics::CHINA,
        forms: &[Form::likely(&[18], NONE)],
    },
    Number {
        entity: Entity::JpMyNumber,
        check: is_japanese,
        topics: Topics::JAPAN,
        forms: &[
            Form::near(&[12], NONE),
            Form::near(&[4, 4, 4], SPACE_OR_DASH),
        ],
    },
    Number {
        entity: Entity::IlId,
        check: luhn,
        topics: Topics::ISRAEL,
        forms: &[Form::near(&[9], NONE)],
    },
    Number {
        entity: Entity::AeEmiratesId,
        check: is_emirati,
        topics: Topics::EMIRATES,
        forms: &[Form::sure(&[3, 4, 7, 1], DASH), Form::likely(&[15], NONE)],
    },
];

/// The first digit is at least 2, the last one Verhoeff's check digit.
fn is_aadhaar(digits: &[u8]) -> bool {
    digit(digits, 0) >= 2 && verhoeff(digits)
}

/// A day of birth, sex and century, and a check digit modulo 11.
fn is_korean(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let is_birth = is_day(part(digits, 2, 2), part(digits, 4, 2));
    is_birth && (11 - sum % 11) % 10 == digit(digits, 12)
}

/// A kind of person, and a check digit modulo 11 with weights from 13 to 2.
fn is_thai(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    matches!(digit(digits, 0), 1..=8) && (11 - sum % 11) % 10 == digit(digits, 12)
}

/// A region, a day of birth, and MOD 11-2 (GB 11643).
pub(in crate::detect) fn is_chinese(digits: &[u8]) -> bool {
    let is_born =
        matches!(part(digits, 6, 2), 19 | 20) && is_day(part(digits, 10, 2), part(digits, 12, 2));
    matches!(digit(digits, 0), 1..=8) && is_born && mod11_2(digits)
}

/// A check digit modulo 11.
fn is_japanese(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let check = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
    digit(digits, 11) == check
}

/// The code of the Emirates, a year of birth, and Luhn's digit.
fn is_emirati(digits: &[u8]) -> bool {
    part(digits, 0, 3) == 784 && matches!(part(digits, 3, 4), 1900..=2099) && luhn(digits)
}
