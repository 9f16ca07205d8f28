//! What was found, and which of it stays where findings overlap.

use std::ops::Range;

use super::Match;
use super::entity::Entity;

/// A finding before overlaps are resolved.
#[derive(Debug, Clone)]
pub(super) struct Found<'d> {
    range: Range<usize>,
    entity: &'d str,
    rule: &'d str,
    /// Of equally long ones that overlap the lowest stays.
    rank: u32,
}

impl<'d> Found<'d> {
    /// A finding of a built-in entity.
    pub(super) const fn new(range: Range<usize>, entity: Entity) -> Self {
        Self::of_rule(range, entity, entity.as_str())
    }

    /// A finding of a built-in entity that has kinds.
    pub(super) const fn of_rule(range: Range<usize>, entity: Entity, rule: &'d str) -> Self {
        Self {
            range,
            entity: entity.as_str(),
            rule,
            rank: entity as u32 + 1,
        }
    }

    /// A finding of a custom entity: the operator's own words win over ours.
    pub(super) fn custom(range: Range<usize>, name: &'d str) -> Self {
        Self {
            range,
            entity: name,
            rule: name,
            rank: 0,
        }
    }
}

/// Leaves of findings that overlap the longest one, of equally long ones the most specific one,
/// and of these the first.
pub(super) fn resolve(mut found: Vec<Found<'_>>) -> Vec<Match<'_>> {
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_by_key(|one| (one.range.start, one.rank, one.range.end));
    let mut kept: Vec<Found<'_>> = Vec::new();
    for one in found {
        while let Some(last) = kept.last() {
            if last.range.end <= one.range.start || !wins(&one, last) {
                break;
            }
            kept.pop();
        }
        if kept
            .last()
            .is_none_or(|last| last.range.end <= one.range.start)
        {
            kept.push(one);
        }
    }
    kept.into_iter().map(Match::from).collect()
}

fn wins(one: &Found<'_>, other: &Found<'_>) -> bool {
    // A password with `@` in it ends like the name of a mailbox, and the host comes next.
    let is_password = |found: &Found<'_>| matches!(found.rule, "database_url" | "url_password");
    let is_email = |found: &Found<'_>| found.entity == Entity::Email.as_str();
    if is_password(one) && is_email(other) || is_email(one) && is_password(other) {
        return is_password(one);
    }
    let measure = |found: &Found<'_>| (found.range.len(), u32::MAX - found.rank);
    measure(one) > measure(other)
}

impl<'d> From<Found<'d>> for Match<'d> {
    fn from(found: Found<'d>) -> Self {
        Self {
            range: found.range,
            entity: found.entity,
            rule: found.rule,
        }
    }
}
