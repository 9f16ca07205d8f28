//! Numbers of fixed lengths: how they are written, what their digits must satisfy, and whether a
//! word must stand near.

mod americas;
mod asia;
mod europe;
mod germanic;
mod us;
mod world;

use super::cluster::{Digits, Gap, Group, span};
use super::engine::Site;
use super::entity::{Entity, Set};
use super::found::Found;
use super::vocabulary::Topics;

pub(super) use asia::is_chinese;

/// An entity that is a number.
#[derive(Debug)]
pub(super) struct Number {
    entity: Entity,
    /// Whether the digits, as numbers, are valid.
    check: fn(&[u8]) -> bool,
    /// What a word near must be about, where a form asks for one.
    topics: Topics,
    forms: &'static [Form],
}

/// A way to write a number.
#[derive(Debug)]
struct Form {
    /// The digits of each group.
    groups: &'static [usize],
    /// What stands between the groups.
    gaps: Gaps,
    need: Need,
}

#[derive(Debug, Clone, Copy)]
enum Gaps {
    /// One kind between all groups, one of these.
    Same(&'static [Gap]),
    /// These, in this order.
    Exactly(&'static [Gap]),
}

/// What a form takes to be a finding, beside valid digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: no other number is written like this.
    Nothing,
    /// That no word near says that it is a reference of another kind.
    NoReference,
    /// A word near that says what it is: other numbers are valid by chance.
    Word,
}

const NONE: Gaps = Gaps::Same(&[]);
const SPACE: Gaps = Gaps::Same(&[Gap::Space]);
const DASH: Gaps = Gaps::Same(&[Gap::Dash]);
const DOT: Gaps = Gaps::Same(&[Gap::Dot]);
const SPACE_OR_DASH: Gaps = Gaps::Same(&[Gap::Space, Gap::Dash]);

impl Form {
    /// A form that says enough.
    const fn sure(groups: &'static [usize], gaps: Gaps) -> Self {
        let need = Need::Nothing;
        Self { groups, gaps, need }
    }

    /// A form that says enough, unless a word near says otherwise.
    const fn likely(groups: &'static [usize], gaps: Gaps) -> Self {
        let need = Need::NoReference;
        Self { groups, gaps, need }
    }

    /// A form that needs a word near.
    const fn near(groups: &'static [usize], gaps: Gaps) -> Self {
        let need = Need::Word;
        Self { groups, gaps, need }
    }

    fn fits(&self, groups: &[Group]) -> bool {
        let lens = groups.iter().map(Group::len);
        let mut gaps = groups.iter().skip(1).map(|group| group.gap);
        lens.eq(self.groups.iter().copied())
            && match self.gaps {
                Gaps::Exactly(these) => gaps.eq(these.iter().copied()),
                Gaps::Same(kinds) => match gaps.next() {
                    Some(first) => kinds.contains(&first) && gaps.all(|gap| gap == first),
                    None => true,
                },
            }
    }
}

/// The longest first group of a form, and one more.
const FIRST: usize = 20;

/// The numbers that are looked for, by the length of their first group.
#[derive(Debug)]
pub(super) struct Numbers {
    by_first: [Vec<(&'static Number, &'static Form)>; FIRST],
}

impl Numbers {
    pub(super) fn new(wanted: Set) -> Self {
        let mut by_first: [Vec<_>; FIRST] = Default::default();
        for number in all().filter(|number| wanted.has(number.entity)) {
            for form in number.forms {
                let first = form.groups.first().copied().unwrap_or_default();
                if let Some(list) = by_first.get_mut(first) {
                    list.push((number, form));
                }
            }
        }
        Self { by_first }
    }

    /// Looks for numbers whose first group is the one of this index.
    pub(super) fn find(&self, site: &mut Site<'_, '_, '_>, first: usize) {
        let groups = site.cluster.groups().get(first..).unwrap_or_default();
        let Some(list) = groups
            .first()
            .and_then(|group| self.by_first.get(group.len()))
        else {
            return;
        };
        for (number, form) in list {
            let Some(groups) = groups.get(..form.groups.len()) else {
                continue;
            };
            if form.fits(groups) && !goes_on(site, first, groups) {
                judge(site, number, form, groups);
            }
        }
    }
}

fn all() -> impl Iterator<Item = &'static Number> {
    let tables = [
        us::NUMBERS,
        americas::NUMBERS,
        europe::NUMBERS,
        germanic::NUMBERS,
        asia::NUMBERS,
        world::NUMBERS,
    ];
    tables.into_iter().flatten()
}

/// Adds the number if its digits are valid and, where one is needed, a word is near.
fn judge(site: &mut Site<'_, '_, '_>, number: &'static Number, form: &Form, groups: &[Group]) {
    let (Some(digits), Some(range)) = (Digits::of(site.text, groups), span(groups)) else {
        return;
    };
    if !(number.check)(digits.values()) || !site.text.is_alone(&range) {
        return;
    }
    let is_one = match form.need {
        Need::Nothing => true,
        Need::NoReference => {
            let context = site.context(&range);
            context.has(number.topics) || !context.is_close(Topics::REFERENCE)
        }
        Need::Word => site
            .context(&range)
            .favours(number.topics, Topics::REFERENCE),
    };
    if is_one {
        site.add(Found::new(range, number.entity));
    }
}

/// Whether the groups are a part of a longer number or code.
fn goes_on(site: &Site<'_, '_, '_>, first: usize, groups: &[Group]) -> bool {
    let before = groups.first().map_or(Gap::None, |group| group.gap);
    let after = site.cluster.gap_after(first + groups.len() - 1);
    let joins = |gap: Gap| match gap {
        Gap::Dash | Gap::Dot | Gap::Slash | Gap::Plus => true,
        Gap::Space => groups.iter().skip(1).any(|group| group.gap == Gap::Space),
        Gap::None | Gap::Open | Gap::Close => false,
    };
    joins(before) || joins(after)
}

/// The digits from `from` on as one number, `count` of them.
fn part(digits: &[u8], from: usize, count: usize) -> u32 {
    let these = digits.iter().skip(from).take(count);
    these.fold(0, |number, digit| number * 10 + u32::from(*digit))
}

/// The digit at `at`.
fn digit(digits: &[u8], at: usize) -> u32 {
    part(digits, at, 1)
}

/// Whether there is such a day in some year.
pub(super) const fn is_day(month: u32, day: u32) -> bool {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    1 <= day && day <= days
}

/// Whether all digits are the same.
fn is_one_digit(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}
