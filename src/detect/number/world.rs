//! Numbers of Australia and South Africa, and of devices.

use super::{Form, NONE, Number, SPACE, SPACE_OR_DASH, digit, is_day, is_one_digit, part};
use crate::detect::checksum::{luhn, weighted};
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::AuTfn,
        check: is_tfn,
        topics: Topics::TAX,
        forms: &[
            Form::near(&[3, 3, 3], SPACE_OR_DASH),
            Form::near(&[9], NONE),
        ],
    },
    Number {
        entity: Entity::AuMedicare,
        check: is_medicare,
        topics: Topics::HEALTH,
        forms: &[
            Form::near(&[4, 5, 1], SPACE_OR_DASH),
            Form::near(&[10], NONE),
        ],
    },
    Number {
        entity: Entity::ZaId,
        check: is_south_african,
        topics: Topics::SOUTH_AFRICA,
        forms: &[Form::near(&[13], NONE), Form::likely(&[6, 4, 2, 1], SPACE)],
    },
    Number {
        entity: Entity::Imei,
        check: is_imei,
        topics: Topics::DEVICE,
        forms: &[
            Form::near(&[15], NONE),
            Form::near(&[2, 6, 6, 1], SPACE_OR_DASH),
        ],
    },
];

/// A check modulo 11.
fn is_tfn(digits: &[u8]) -> bool {
    !is_one_digit(digits) && weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// The first digit is from 2 to 6, the ninth a check digit, the tenth counts the cards.
fn is_medicare(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9]);
    matches!(digit(digits, 0), 2..=6) && sum % 10 == digit(digits, 8) && digit(digits, 9) != 0
}

/// A day of birth, citizenship, and Luhn's digit.
fn is_south_african(digits: &[u8]) -> bool {
    let is_birth = is_day(part(digits, 2, 2), part(digits, 4, 2));
    is_birth && digit(digits, 10) <= 2 && luhn(digits)
}

/// Luhn's digit, and a body that reports.
fn is_imei(digits: &[u8]) -> bool {
    !is_one_digit(digits) && luhn(digits)
}
