//! Numbers of fixed lengths: how they are written, what their digits must satisfy, and whether a
//! word must stand near.

mod us;

use super::cluster::{Digits, Gap, Group, span};
use super::engine::Site;
use super::entity::{Entity, Set};
use super::found::Found;
use super::vocabulary::Topics;

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
    /// What stands between the groups: one kind for each gap, or one that all gaps share.
    gaps: Gaps,
    /// Whether the form says enough, or a word near must.
    alone: bool,
}

#[derive(Debug, Clone, Copy)]
enum Gaps {
    /// One kind between all groups, one of these.
    Same(&'static [Gap]),
}

const SPACE: Gaps = Gaps::Same(&[Gap::Space]);
const DASH: Gaps = Gaps::Same(&[Gap::Dash]);

impl Form {
    const fn alone(groups: &'static [usize], gaps: Gaps) -> Self {
        let alone = true;
        Self {
            groups,
            gaps,
            alone,
        }
    }

    /// A form that needs a word near.
    const fn near(groups: &'static [usize], gaps: Gaps) -> Self {
        let alone = false;
        Self {
            groups,
            gaps,
            alone,
        }
    }

    fn fits(&self, groups: &[Group]) -> bool {
        let lens = groups.iter().map(Group::len);
        let mut gaps = groups.iter().skip(1).map(|group| group.gap);
        lens.eq(self.groups.iter().copied())
            && match self.gaps {
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
    [us::NUMBERS].into_iter().flatten()
}

/// Adds the number if its digits are valid and, where one is needed, a word is near.
fn judge(site: &mut Site<'_, '_, '_>, number: &'static Number, form: &Form, groups: &[Group]) {
    let (Some(digits), Some(range)) = (Digits::of(site.text, groups), span(groups)) else {
        return;
    };
    if !(number.check)(digits.values()) || !site.text.is_alone(&range) {
        return;
    }
    if form.alone
        || site
            .context(&range)
            .favours(number.topics, Topics::REFERENCE)
    {
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
