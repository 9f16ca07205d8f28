//! Numbers of Europe, but for its Germanic languages.

use super::{Form, Gaps, NONE, Number, SPACE, digit, is_day, part};
use crate::detect::checksum::{modulo, weighted};
use crate::detect::cluster::Gap;
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::FrNir,
        check: is_nir,
        topics: Topics::FRANCE,
        forms: &[
            Form::sure(&[1, 2, 2, 2, 3, 3, 2], SPACE),
            Form::likely(&[13, 2], SPACE),
            Form::near(&[15], NONE),
        ],
    },
    Number {
        entity: Entity::PlPesel,
        check: is_pesel,
        topics: Topics::POLAND,
        forms: &[Form::near(&[11], NONE)],
    },
    Number {
        entity: Entity::BeNrn,
        check: is_nrn,
        topics: Topics::BELGIUM,
        forms: &[
            Form::sure(
                &[2, 2, 2, 3, 2],
                Gaps::Exactly(&[Gap::Dot, Gap::Dot, Gap::Dash, Gap::Dot]),
            ),
            Form::near(&[11], NONE),
        ],
    },
    Number {
        entity: Entity::PtNif,
        check: is_portuguese,
        topics: Topics::PORTUGAL,
        forms: &[Form::near(&[9], NONE), Form::near(&[3, 3, 3], SPACE)],
    },
    Number {
        entity: Entity::CzBirthNumber,
        check: is_birth_number,
        topics: Topics::CZECHIA,
        forms: &[
            Form::likely(&[6, 4], Gaps::Exactly(&[Gap::Slash])),
            Form::near(&[10], NONE),
        ],
    },
    Number {
        entity: Entity::RoCnp,
        check: is_cnp,
        topics: Topics::ROMANIA,
        forms: &[Form::near(&[13], NONE)],
    },
    Number {
        entity: Entity::BgEgn,
        check: is_egn,
        topics: Topics::BULGARIA,
        forms: &[Form::near(&[10], NONE)],
    },
    Number {
        entity: Entity::TrTckn,
        check: is_tckn,
        topics: Topics::TURKEY,
        forms: &[Form::near(&[11], NONE)],
    },
];

/// Sex, month of birth (or a number in its place where none is known), and a key modulo 97.
fn is_nir(digits: &[u8]) -> bool {
    let is_sex = matches!(digit(digits, 0), 1..=4 | 7 | 8);
    let is_month = matches!(part(digits, 3, 2), 1..=12 | 20 | 30..=42 | 50..=99);
    let Some((body, _)) = digits.split_at_checked(13) else {
        return false;
    };
    is_sex && is_month && modulo(body, 97) + u64::from(part(digits, 13, 2)) == 97
}

/// A day of birth, with the century in the month, and a check digit modulo 10.
fn is_pesel(digits: &[u8]) -> bool {
    let is_birth = is_day(part(digits, 2, 2) % 20, part(digits, 4, 2));
    is_birth && weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// A day of birth (the month has 20 or 40 added where there is no national number), and a rest
/// modulo 97; since 2000 of the number with 2 in front.
fn is_nrn(digits: &[u8]) -> bool {
    let Some((body, _)) = digits.split_at_checked(9) else {
        return false;
    };
    let check = u64::from(part(digits, 9, 2));
    let since_2000 = [&[2], body].concat();
    let is_birth = is_day(part(digits, 2, 2) % 20, part(digits, 4, 2));
    is_birth && (97 - modulo(body, 97) == check || 97 - modulo(&since_2000, 97) == check)
}

/// A kind of taxpayer, and a check digit modulo 11.
fn is_portuguese(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    let check = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
    let is_kind = !matches!(part(digits, 0, 2), 0..=9 | 40..=44 | 46..=49);
    is_kind && digit(digits, 8) == check
}

/// A day of birth, with 50 added to the month of women and 20 where a day has too many births, and
/// the whole a multiple of 11; before 1985 a rest of 10 was written 0.
fn is_birth_number(digits: &[u8]) -> bool {
    let month = part(digits, 2, 2);
    let is_birth = matches!(month, 1..=12 | 21..=32 | 51..=62 | 71..=82)
        && is_day(month % 50 % 20, part(digits, 4, 2));
    let is_old =
        digits.get(..9).is_some_and(|body| modulo(body, 11) == 10) && digit(digits, 9) == 0;
    is_birth && (modulo(digits, 11) == 0 || is_old)
}

/// Sex and century, a day of birth, a county, and a check digit modulo 11.
fn is_cnp(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let check = if sum == 10 { 1 } else { sum };
    let is_birth = is_day(part(digits, 3, 2), part(digits, 5, 2));
    digit(digits, 0) != 0 && is_birth && digit(digits, 12) == check
}

/// A day of birth, with the century in the month, and a check digit modulo 11.
fn is_egn(digits: &[u8]) -> bool {
    let is_birth = is_day(part(digits, 2, 2) % 20, part(digits, 4, 2)) && part(digits, 2, 2) < 60;
    let sum = weighted(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    is_birth && digit(digits, 9) == sum
}

/// Two check digits modulo 10: one over the odd and even places, one over all.
fn is_tckn(digits: &[u8]) -> bool {
    let (odd, even) = (
        weighted(digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]),
        weighted(digits, &[0, 1, 0, 1, 0, 1, 0, 1, 0]),
    );
    let tenth = (odd * 7 + 100 - even) % 10;
    let eleventh = (odd + even + tenth) % 10;
    digit(digits, 0) != 0 && digit(digits, 9) == tenth && digit(digits, 10) == eleventh
}
