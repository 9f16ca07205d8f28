//! Codes of capital letters and digits: their grammar, their check characters, and whether a word
//! must stand near.

mod checks;

use std::ops::Range;

use super::context::Context;
use super::entity::{Entity, Set};
use super::found::Found;
use super::text::Text;
use super::vocabulary::Topics;

/// The longest code, in characters.
const LONGEST: usize = 18;

/// An entity that is a code.
#[derive(Debug)]
pub(super) struct Code {
    entity: Entity,
    /// The characters: `A` a capital letter, `9` a digit, `N` either, `-` one space, dash or
    /// nothing, any other character itself.
    shape: &'static str,
    /// Whether the letters and digits are valid.
    check: fn(&[u8]) -> bool,
    /// What a word near must be about. Without it any word will do that is not about a reference.
    word: Option<Topics>,
}

const fn sure(entity: Entity, shape: &'static str, check: fn(&[u8]) -> bool) -> Code {
    let word = None;
    Code {
        entity,
        shape,
        check,
        word,
    }
}

const fn near(entity: Entity, shape: &'static str, check: fn(&[u8]) -> bool, word: Topics) -> Code {
    let word = Some(word);
    Code {
        entity,
        shape,
        check,
        word,
    }
}

const CODES: &[Code] = &[
    sure(Entity::UkNino, "AA-99-99-99-A", checks::is_nino),
    sure(Entity::InPan, "AAAAA9999A", checks::is_pan),
    sure(
        Entity::ItCodiceFiscale,
        "AAAAAANNANNANNNA",
        checks::is_codice_fiscale,
    ),
    near(Entity::EsNif, "99999999-A", checks::is_nif, Topics::SPAIN),
    near(Entity::EsNif, "A-9999999-A", checks::is_nie, Topics::SPAIN),
    sure(Entity::SgNric, "A9999999A", checks::is_nric),
    sure(Entity::FiHetu, "999999=999N", checks::is_hetu_and_no_time),
    near(
        Entity::FiHetu,
        "999999=999N",
        checks::is_hetu,
        Topics::FINLAND,
    ),
    sure(Entity::FiHetu, "999999A999N", checks::is_hetu),
    sure(Entity::UsMbi, "9ANN-ANN-AA99", checks::is_mbi),
    near(Entity::UsDea, "AA9999999", checks::is_dea, Topics::PROVIDER),
    sure(Entity::MxCurp, "AAAA999999AAAAAANN", checks::is_curp),
    near(Entity::IePps, "9999999A", checks::is_pps, Topics::IRELAND),
    near(Entity::IePps, "9999999AA", checks::is_pps, Topics::IRELAND),
    sure(
        Entity::CnResidentId,
        "99999999999999999X",
        checks::is_resident,
    ),
    near(
        Entity::Vin,
        "NNNNNNNNNNNNNNNNN",
        checks::is_vin,
        Topics::VEHICLE,
    ),
];

/// The most digits that a code begins with, and one more.
const DIGITS: usize = 18;

/// The codes that are looked for, by how many digits they begin with.
#[derive(Debug)]
pub(super) struct Codes {
    by_digits: [Vec<&'static Code>; DIGITS],
}

/// The fewest and the most characters of a token that a code may begin with.
const TOKENS: std::ops::RangeInclusive<usize> = 4..=LONGEST;

impl Codes {
    pub(super) fn new(wanted: Set) -> Self {
        let mut by_digits: [Vec<_>; DIGITS] = Default::default();
        for (digits, list) in by_digits.iter_mut().enumerate() {
            let begins = |code: &&Code| code.may_begin_with(digits);
            list.extend(
                CODES
                    .iter()
                    .filter(|code| wanted.has(code.entity))
                    .filter(begins),
            );
        }
        Self { by_digits }
    }

    /// The code that begins with a token, which begins with so many digits.
    pub(super) fn of_token<'d>(
        &self,
        text: Text<'_>,
        token: &Range<usize>,
        digits: usize,
    ) -> Option<Found<'d>> {
        if !TOKENS.contains(&token.len()) {
            return None;
        }
        let mut candidates = self.by_digits.get(digits)?.iter();
        candidates.find_map(|code| {
            code.may_hold(token.len())
                .then(|| code.at(text, token.start))?
        })
    }

    /// The code that begins at `start` with this many digits.
    pub(super) fn at<'d>(&self, text: Text<'_>, start: usize, digits: usize) -> Option<Found<'d>> {
        let mut candidates = self.by_digits.get(digits)?.iter();
        candidates.find_map(|code| code.at(text, start))
    }
}

impl Code {
    /// Whether a text of this code may have exactly so many digits before its first letter.
    fn may_begin_with(&self, digits: usize) -> bool {
        let mut shape = self.shape.bytes().filter(|kind| *kind != b'-');
        let starts = shape
            .by_ref()
            .take(digits)
            .all(|kind| matches!(kind, b'9' | b'N'));
        starts && shape.next().is_some_and(|kind| kind != b'9')
    }

    /// Whether a token of this length may be the code, or its first part.
    fn may_hold(&self, token: usize) -> bool {
        let gaps = self
            .shape
            .bytes()
            .filter(|kind| matches!(kind, b'-' | b'='))
            .count();
        let len = self.shape.len() - gaps;
        if gaps == 0 {
            token == len
        } else {
            token <= self.shape.len()
        }
    }

    fn at<'d>(&self, text: Text<'_>, start: usize) -> Option<Found<'d>> {
        let mut characters = [0; LONGEST];
        let (len, end) = self.read(text, start, &mut characters)?;
        let range = start..end;
        let is_one = text.is_alone(&range)
            && !is_joined(text, &range)
            && (self.check)(characters.get(..len)?)
            && self.is_meant(text, &range);
        is_one.then(|| Found::new(range, self.entity))
    }

    /// Reads what has the code's shape: how many characters, without separators, and the end.
    fn read(&self, text: Text<'_>, start: usize, into: &mut [u8]) -> Option<(usize, usize)> {
        let (mut len, mut at) = (0, start);
        for kind in self.shape.bytes() {
            let byte = text.byte(at)?;
            let fits = match kind {
                b'-' if matches!(byte, b' ' | b'-') => true,
                b'-' => continue,
                b'=' => matches!(byte, b'-' | b'+'),
                b'A' => byte.is_ascii_uppercase(),
                b'9' => byte.is_ascii_digit(),
                b'N' => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
                other => byte == other,
            };
            if !fits {
                return None;
            }
            at += 1;
            if kind != b'-' {
                *into.get_mut(len)? = byte;
                len += 1;
            }
        }
        Some((len, at))
    }

    fn is_meant(&self, text: Text<'_>, range: &Range<usize>) -> bool {
        let context = Context::around(text, range);
        match self.word {
            Some(topics) => context.favours(topics, Topics::REFERENCE),
            None => !context.is_close(Topics::REFERENCE),
        }
    }
}

/// Whether a dash or the like joins a range to more letters or digits.
fn is_joined(text: Text<'_>, range: &Range<usize>) -> bool {
    let is_joint = |byte: Option<u8>| matches!(byte, Some(b'-' | b'/' | b'.' | b'+' | b'='));
    let is_part = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let before = range.start.checked_sub(2).and_then(|at| text.byte(at));
    (is_joint(text.byte_before(range.start)) && is_part(before))
        || (is_joint(text.byte(range.end)) && is_part(text.byte(range.end + 1)))
}
