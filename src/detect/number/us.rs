//! Numbers of the United States.

use super::{DASH, Form, Gaps, Number, SPACE, part};
use crate::detect::cluster::Gap;
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::UsSsn,
        check: is_ssn,
        topics: Topics::SOCIAL,
        forms: &[
            Form::alone(&[3, 2, 4], DASH),
            Form::near(&[3, 2, 4], Gaps::Same(&[Gap::Space, Gap::Dot])),
            Form::near(&[9], SPACE),
        ],
    },
    Number {
        entity: Entity::UsItin,
        check: is_itin,
        topics: Topics::TAX,
        forms: &[
            Form::alone(&[3, 2, 4], DASH),
            Form::near(&[3, 2, 4], SPACE),
            Form::near(&[9], SPACE),
        ],
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
    part(digits, 0, 1) == 9 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}
