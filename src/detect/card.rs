//! Numbers of payment cards: ranges and lengths of the issuers, Luhn's digit (ISO/IEC 7812).

use std::ops;

use super::checksum::luhn;
use super::cluster::{Digits, Gap, Group, span};
use super::engine::Site;
use super::entity::Entity;
use super::found::Found;
use super::vocabulary::Topics;

/// How sure a range and a length make that a number which passes is a card's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// Sure, unless the words near say that it is something else.
    Narrow,
    /// So wide a range, or so short a number, that a word near must say that it is a card's.
    Wide,
}

/// Looks for a card whose first digits are the group of this index.
pub(super) fn find(site: &mut Site<'_, '_, '_>, first: usize) {
    let groups = site.cluster.groups().get(first..).unwrap_or_default();
    for len in written_as_card(groups).rev() {
        if let Some(groups) = groups.get(..len)
            && is_uniform(groups)
            && !goes_on(site, first, groups)
            && let Some(range) = judge(site, groups)
        {
            site.add(Found::new(range, Entity::CreditCard));
            return;
        }
    }
}

/// The range of the groups if they are a card.
fn judge(site: &mut Site<'_, '_, '_>, groups: &[Group]) -> Option<ops::Range<usize>> {
    let (digits, range) = (Digits::of(site.text, groups)?, span(groups)?);
    let digits = digits.values();
    let width = issuer(digits)?;
    if !luhn(digits) || is_one_digit(digits) || !site.text.is_alone(&range) {
        return None;
    }
    let context = site.context(&range);
    let is_card = match width {
        _ if context.has(Topics::CARD) => true,
        Range::Narrow => groups.len() > 1 || !context.is_close(Topics::REFERENCE),
        Range::Wide => groups.len() > 3,
    };
    is_card.then_some(range)
}

/// How many of the groups may make a number as cards have it printed: all in one, or in fours with
/// a shorter last one, or as American Express and Diners Club print it.
fn written_as_card(groups: &[Group]) -> ops::RangeInclusive<usize> {
    let len = |index: usize| groups.get(index).map_or(0, Group::len);
    let fours = groups
        .iter()
        .take(4)
        .take_while(|group| group.len() == 4)
        .count();
    match (len(0), len(1), fours) {
        (12..=19, ..) => 1..=1,
        (8, 8, _) => 2..=2,
        (4, 6, _) if matches!(len(2), 4 | 5) => 3..=3,
        (_, _, 3 | 4) if matches!(len(fours), 1..=3) => fours..=fours + 1,
        (_, _, 3 | 4) => fours..=fours,
        #[expect(clippy::reversed_empty_ranges, reason = "there is none")]
        _ => 1..=0,
    }
}

/// Whether one kind of gap stands between all of the groups.
fn is_uniform(groups: &[Group]) -> bool {
    let mut gaps = groups.iter().skip(1).map(|group| group.gap);
    let Some(first) = gaps.next() else {
        return true;
    };
    matches!(first, Gap::Space | Gap::Dash | Gap::Dot) && gaps.all(|gap| gap == first)
}

/// Whether the number is a part of a longer one, as in a table of numbers.
fn goes_on(site: &Site<'_, '_, '_>, first: usize, groups: &[Group]) -> bool {
    let before = groups.first().map_or(Gap::None, |group| group.gap);
    let after = site.cluster.gap_after(first + groups.len() - 1);
    match groups.get(1) {
        Some(second) => {
            let next = site.cluster.groups().get(first + groups.len());
            let is_four = next.is_none_or(|group| group.len() >= 4);
            before == second.gap || (after == second.gap && is_four)
        }
        None => [before, after]
            .iter()
            .any(|gap| matches!(gap, Gap::Dash | Gap::Dot | Gap::Plus)),
    }
}

/// Whether an issuer has cards of this length in a range that these digits begin.
fn issuer(digits: &[u8]) -> Option<Range> {
    let prefix = digits
        .iter()
        .take(6)
        .fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let (two, three, four) = (prefix / 10_000, prefix / 1_000, prefix / 100);
    let range = match (digits.len(), four) {
        // Visa.
        (16, 4000..=4999) => Range::Narrow,
        (13 | 19, 4000..=4999) => Range::Wide,
        // Mastercard.
        (16, 5100..=5599 | 2221..=2720) => Range::Narrow,
        // American Express.
        (15, _) if matches!(two, 34 | 37) => Range::Narrow,
        // Discover.
        (16, 6011) => Range::Narrow,
        (16, _) if matches!(three, 644..=649) || two == 65 => Range::Narrow,
        (17..=19, _) if four == 6011 || matches!(three, 644..=649) || two == 65 => Range::Wide,
        // JCB, and its older numbers.
        (16, 3528..=3589) | (15, 1800 | 2131) => Range::Narrow,
        (16, 3500..=3527 | 3590..=3599) | (17..=19, 3528..=3589) => Range::Wide,
        // Diners Club.
        (14, 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999) => Range::Narrow,
        (15..=19, 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999) => Range::Wide,
        // UnionPay.
        (16, _) if two == 62 => Range::Narrow,
        // Maestro.
        (12..=19, _) if two == 50 || matches!(two, 56..=69) => Range::Wide,
        (12..=19, 604) => Range::Wide,
        _ => return None,
    };
    Some(range)
}

fn is_one_digit(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}
