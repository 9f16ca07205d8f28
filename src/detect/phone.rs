//! Telephone numbers: international ones (E.164) by the lengths of the country's plan, and national
//! ones by the ways in which they are written.

use super::cluster::{Gap, span};
use super::engine::Site;
use super::entity::Entity;
use super::found::Found;

/// Looks for a number whose first digits are the group of this index.
pub(super) fn find(site: &mut Site<'_, '_, '_>, first: usize) {
    let groups = site.cluster.groups().get(first..).unwrap_or_default();
    let Some(head) = groups.first() else {
        return;
    };
    if site.text.byte_before(head.start) != Some(b'+') {
        return;
    }
    let joined = groups
        .iter()
        .skip(1)
        .take_while(|group| group.gap != Gap::None)
        .count();
    let groups = groups.get(..=joined).unwrap_or_default();
    if let Some(range) = span(groups) {
        site.add(Found::new(range.start - 1..range.end, Entity::Phone));
    }
}
