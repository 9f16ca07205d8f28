//! Numbers of the United Kingdom, Germany, Austria, Switzerland, the Netherlands and Scandinavia.

use super::{DASH, DOT, Form, Gaps, NONE, Number, SPACE, SPACE_OR_DASH, digit, is_day, part};
use crate::detect::checksum::{luhn, mod11_10, weighted};
use crate::detect::cluster::Gap;
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

/// What stands before the last four digits of a Swedish number; `+` since its bearer is 100.
const DASH_OR_PLUS: Gaps = Gaps::Same(&[Gap::Dash, Gap::Plus]);

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::UkNhs,
        check: is_nhs,
        topics: Topics::HEALTH,
        forms: &[
            Form::near(&[3, 3, 4], SPACE_OR_DASH),
            Form::near(&[10], NONE),
        ],
    },
    Number {
        entity: Entity::DeTaxId,
        check: is_german_tax_id,
        topics: Topics::TAX,
        forms: &[Form::near(&[11], NONE), Form::near(&[2, 3, 3, 3], SPACE)],
    },
    Number {
        entity: Entity::AtSvnr,
        check: is_austrian,
        topics: Topics::SOCIAL,
        forms: &[Form::near(&[4, 6], SPACE_OR_DASH), Form::near(&[10], NONE)],
    },
    Number {
        entity: Entity::ChAhv,
        check: is_ahv,
        topics: Topics::SOCIAL,
        forms: &[Form::sure(&[3, 4, 4, 2], DOT), Form::likely(&[13], NONE)],
    },
    Number {
        entity: Entity::NlBsn,
        check: is_bsn,
        topics: Topics::NETHERLANDS,
        forms: &[
            Form::near(&[9], NONE),
            Form::near(&[4, 2, 3], DOT),
            Form::near(&[3, 3, 3], SPACE),
        ],
    },
    Number {
        entity: Entity::SePersonnummer,
        check: is_swedish_and_no_time,
        topics: Topics::SCANDINAVIA,
        forms: &[
            Form::likely(&[6, 4], DASH_OR_PLUS),
            Form::likely(&[8, 4], DASH_OR_PLUS),
            Form::likely(&[12], NONE),
        ],
    },
    Number {
        entity: Entity::SePersonnummer,
        check: is_swedish,
        topics: Topics::SCANDINAVIA,
        forms: &[
            Form::near(&[6, 4], DASH_OR_PLUS),
            Form::near(&[8, 4], DASH_OR_PLUS),
            Form::near(&[12], NONE),
            Form::near(&[10], NONE),
        ],
    },
    Number {
        entity: Entity::NoFnr,
        check: is_norwegian,
        topics: Topics::SCANDINAVIA,
        forms: &[Form::near(&[11], NONE), Form::likely(&[6, 5], SPACE)],
    },
    Number {
        entity: Entity::DkCpr,
        check: is_danish,
        topics: Topics::DENMARK,
        forms: &[Form::near(&[6, 4], DASH), Form::near(&[10], NONE)],
    },
];

/// A check digit modulo 11 with weights from 10 to 2.
fn is_nhs(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]);
    (sum + digit(digits, 9)).is_multiple_of(11)
}

/// Of the first ten digits one is there two or three times and the others once at most; the last
/// is a check digit.
fn is_german_tax_id(digits: &[u8]) -> bool {
    let mut counts = [0_u8; 10];
    for digit in digits.iter().take(10) {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let is_spread = repeated == 1 && counts.iter().all(|count| *count <= 3);
    digit(digits, 0) != 0 && is_spread && mod11_10(digits)
}

/// A day of birth at the end, and the fourth digit as the check digit.
fn is_austrian(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    let is_birth = is_day(part(digits, 6, 2), part(digits, 4, 2)) || part(digits, 6, 2) > 12;
    digit(digits, 0) != 0 && is_birth && digit(digits, 3) == sum
}

/// The code of Switzerland and the check digit of an EAN-13.
fn is_ahv(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    part(digits, 0, 3) == 756 && sum.is_multiple_of(10)
}

/// The test of eleven: weights from 9 to 2, and the last digit taken off.
fn is_bsn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum != 0 && sum % 11 == digit(digits, 8)
}

/// A day of birth, to which 60 is added where there is no personal number, and Luhn's digit. With
/// the century or without it.
fn is_swedish(digits: &[u8]) -> bool {
    let century = digits.len().saturating_sub(10);
    let is_century = century == 0 || matches!(part(digits, 0, 2), 18..=20);
    let digits = digits.get(century..).unwrap_or_default();
    let is_birth = is_day(part(digits, 2, 2), part(digits, 4, 2) % 60);
    is_century && is_birth && luhn(digits)
}

/// Whether it is such a number, and not a day with a time after it, `20240131-1030`.
fn is_swedish_and_no_time(digits: &[u8]) -> bool {
    let time = digits.len().saturating_sub(4);
    let is_time = part(digits, time, 2) < 24 && part(digits, time + 2, 2) < 60;
    is_swedish(digits) && !is_time
}

/// A day of birth (with 40 added to the day where there is no birth number), and two check digits.
fn is_norwegian(digits: &[u8]) -> bool {
    let is_birth = is_day(part(digits, 2, 2), part(digits, 0, 2) % 40);
    is_birth
        && weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// A day of birth; there is no check digit any more.
fn is_danish(digits: &[u8]) -> bool {
    is_day(part(digits, 2, 2), part(digits, 0, 2))
}
