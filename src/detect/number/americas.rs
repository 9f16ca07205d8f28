//! Numbers of Canada and of South America.

use super::{DASH, Form, Gaps, NONE, Number, SPACE_OR_DASH, digit, is_one_digit, part};
use crate::detect::checksum::{luhn, weighted};
use crate::detect::cluster::Gap;
use crate::detect::entity::Entity;
use crate::detect::vocabulary::Topics;

pub(super) const NUMBERS: &[Number] = &[
    Number {
        entity: Entity::CaSin,
        check: is_sin,
        topics: Topics::CANADIAN,
        forms: &[
            Form::near(&[3, 3, 3], SPACE_OR_DASH),
            Form::near(&[9], NONE),
        ],
    },
    Number {
        entity: Entity::BrCpf,
        check: is_cpf,
        topics: Topics::BRAZIL,
        forms: &[
            Form::sure(
                &[3, 3, 3, 2],
                Gaps::Exactly(&[Gap::Dot, Gap::Dot, Gap::Dash]),
            ),
            Form::likely(&[9, 2], DASH),
            Form::near(&[11], NONE),
        ],
    },
    Number {
        entity: Entity::BrCnpj,
        check: is_cnpj,
        topics: Topics::BRAZIL,
        forms: &[
            Form::sure(
                &[2, 3, 3, 4, 2],
                Gaps::Exactly(&[Gap::Dot, Gap::Dot, Gap::Slash, Gap::Dash]),
            ),
            Form::near(&[14], NONE),
        ],
    },
    Number {
        entity: Entity::ArCuit,
        check: is_cuit,
        topics: Topics::ARGENTINA,
        forms: &[Form::likely(&[2, 8, 1], DASH), Form::near(&[11], NONE)],
    },
    Number {
        entity: Entity::ClRut,
        check: is_rut,
        topics: Topics::CHILE,
        forms: &[
            Form::likely(
                &[2, 3, 3, 1],
                Gaps::Exactly(&[Gap::Dot, Gap::Dot, Gap::Dash]),
            ),
            Form::likely(
                &[1, 3, 3, 1],
                Gaps::Exactly(&[Gap::Dot, Gap::Dot, Gap::Dash]),
            ),
            Form::near(&[8, 1], DASH),
            Form::near(&[7, 1], DASH),
        ],
    },
];

/// Luhn's digit; no number begins with 0 or 8.
fn is_sin(digits: &[u8]) -> bool {
    !matches!(digit(digits, 0), 0 | 8) && luhn(digits)
}

/// The two check digits of the Receita Federal: weights rise from the right, from 2 to `highest`
/// and again, modulo 11.
fn has_check_digits(digits: &[u8], highest: u32) -> bool {
    let is_right = |count: usize| {
        let body = digits.iter().take(count).rev().zip((2..=highest).cycle());
        let sum: u32 = body.map(|(digit, weight)| u32::from(*digit) * weight).sum();
        let check = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
        digit(digits, count) == check
    };
    digits
        .len()
        .checked_sub(2)
        .is_some_and(|body| is_right(body) && is_right(body + 1))
}

fn is_cpf(digits: &[u8]) -> bool {
    !is_one_digit(digits) && has_check_digits(digits, 11)
}

fn is_cnpj(digits: &[u8]) -> bool {
    !is_one_digit(digits) && has_check_digits(digits, 9)
}

/// A kind of taxpayer, and a check digit modulo 11.
fn is_cuit(digits: &[u8]) -> bool {
    let is_kind = matches!(part(digits, 0, 2), 20 | 23..=27 | 30 | 33 | 34);
    is_kind && weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// The last digit makes the sum with weights from 2 to 7, from the right, a multiple of 11.
fn is_rut(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let products = body.iter().rev().zip((2..=7).cycle());
    let sum: u32 = products
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    !is_one_digit(digits) && (sum + u32::from(*check)).is_multiple_of(11)
}
