//! `limit`, checked.

use std::ops::RangeInclusive;

use crate::guardrail::{Limit, PathPattern};
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};

use super::super::limits;
use super::{Context, paths};

const BYTES: RangeInclusive<u64> = 256..=(256 << 20);
/// None at all is what `block` and `deny` are for.
const COUNT: RangeInclusive<u64> = 1..=1_000_000_000;
const DEPTH: RangeInclusive<u64> = 1..=128;

/// The check that the keys describe.
pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Limit> {
    let had_none = keys.max_bytes.is_none()
        && keys.max_items.is_none()
        && keys.max_rows.is_none()
        && keys.max_depth.is_none()
        && keys.fields.is_none();
    if had_none && context.is_intact(place) {
        let message = "a guardrail of type `limit` limits something";
        let help = "set `max_bytes`, `max_items`, `max_rows`, `max_depth` or `fields`";
        let none = Diagnostic::new(Code::MissingKey, place, message);
        context.report(none.help(help.to_owned()));
        return None;
    }
    let fields = keys.fields.take().map(|fields| fields.value);
    let (allow, deny) = fields.map_or((None, None), |fields| (fields.allow, fields.deny));
    let max_bytes = keys.max_bytes.take();
    let counts = [
        keys.max_items.take(),
        keys.max_rows.take(),
        keys.max_depth.take(),
    ];
    let wanted = (max_bytes.is_some(), counts.each_ref().map(Option::is_some));
    let [items, rows, depth] = counts;
    let max_bytes = limits::size(context, max_bytes, BYTES);
    let max_items = limits::number(context, items, COUNT);
    let max_rows = limits::number(context, rows, COUNT);
    let max_depth = limits::number(context, depth, DEPTH);
    let has = [max_items, max_rows, max_depth]
        .each_ref()
        .map(Option::is_some);
    let is_whole = wanted == (max_bytes.is_some(), has);
    let limit = Limit {
        max_bytes,
        max_items,
        max_rows,
        max_depth,
        paths: all_paths(context, keys.paths.take())?,
        allow: all_paths(context, allow)?,
        deny: all_paths(context, deny)?,
    };
    is_whole.then_some(limit)
}

/// The patterns, or `None` if one of them is none: it must not come to mean all or nothing.
fn all_paths(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Option<Vec<PathPattern>> {
    let count = written.as_ref().map_or(0, |written| written.value.len());
    let read = paths(context, written);
    (read.len() == count).then_some(read)
}
