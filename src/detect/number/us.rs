//! Numbers of the United States.

use super::{DASH, DOT, Form, NONE, Number, SPACE, digit, part};
use crate::detect::checksum::{luhn_sum, weighted};
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::UsSsn,
        check: is_ssn,
        topics: Topics::SOCIAL,
        forms: &[
            Form::sure(&[3, 2, 4], DASH),
            Form::near(&[3, 2, 4], SPACE),
            Form::near(&[3, 2, 4], DOT),
            Form::near(&[9], NONE),
        ],
    },
    Number {
        entity: Entity::UsItin,
        check: is_itin,
        topics: Topics::TAX,
        forms: &[
            Form::sure(&[3, 2, 4], DASH),
            Form::near(&[3, 2, 4], SPACE),
            Form::near(&[9], NONE),
        ],
    },
    Number {
        entity: Entity::UsEin,
        check: is_ein,
        topics: Topics::TAX,
        forms: &[Form::near(&[2, 7], DASH)],
    },
    Number {
        entity: Entity::UsBankRouting,
        check: is_routing,
        topics: Topics::BANK,
        forms: &[Form::near(&[9], NONE)],
    },
    Number {
        entity: Entity::UsNpi,
        check: is_npi,
        topics: Topics::PROVIDER,
        forms: &[Form::near(&[10], NONE)],
    },
];

/// Area, group and serial that the Social Security Administration can have issued.
fn is_ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (part(digits, 0, 3), part(digits, 3, 2), part(digits, 5, 4));
    let is_issued = area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
    // Numbers that became known from a wallet's filling and from advertisements.
    let is_known = matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999));
    is_issued && !is_known
}

/// An area of 9xx and a group that the Internal Revenue Service assigns.
fn is_itin(digits: &[u8]) -> bool {
    let group = part(digits, 3, 2);
    digit(digits, 0) == 9 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// A prefix that the Internal Revenue Service assigns.
fn is_ein(digits: &[u8]) -> bool {
    let prefix = part(digits, 0, 2);
    !matches!(prefix, 0 | 7..=9 | 17..=19 | 28..=29 | 49 | 69..=70 | 78..=79 | 89 | 96..=97)
}

/// A Federal Reserve district and the check digit with weights 3, 7 and 1.
fn is_routing(digits: &[u8]) -> bool {
    let is_district = matches!(part(digits, 0, 2), 1..=12 | 21..=32 | 61..=72 | 80);
    is_district && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// Luhn's digit with 80840 in front, which adds 24.
fn is_npi(digits: &[u8]) -> bool {
    matches!(digit(digits, 0), 1 | 2) && (luhn_sum(digits) + 24).is_multiple_of(10)
}
