//! Telephone numbers: international ones (E.164) by the lengths that the country's plan has, North
//! American ones, and national ones by the ways in which they are written. The less of a form is a
//! telephone number's alone, the more must the words near say that it is one.

mod plan;

use std::ops::Range;

use super::cluster::{Digits, Gap, Group, span};
use super::engine::Site;
use super::entity::Entity;
use super::found::Found;
use super::text::Text;
use super::vocabulary::Topics;

/// How far a word may be that a number without a plan of its own needs, in bytes.
const NEAR: usize = 32;

/// How far a word may be that digits without separators need, in bytes.
const CLOSE: usize = 24;

/// How near a word about references must be to count, in bytes.
const LABEL: usize = 16;

/// By how much nearer a word that is about telephones only perhaps must be than one about references.
const SLACK: usize = 14;

/// The most digits of an extension.
const EXTENSION: usize = 6;

/// Looks for a number whose first digits are the group of this index.
pub(super) fn find(site: &mut Site<'_, '_, '_>, first: usize) {
    let text = site.text;
    let groups = site.cluster.groups().get(first..).unwrap_or_default();
    let Some(head) = groups.first() else {
        return;
    };
    let count = match text.byte_before(head.start) {
        Some(b'+') => international(text, groups),
        _ if !is_open(text, head.start) => None,
        _ => exchange(text, groups)
            .filter(|count| !is_continued(groups, *count))
            .or_else(|| north_american(site, first, groups))
            .or_else(|| national(site, first, groups)),
    };
    let Some(range) = count.and_then(|count| span(groups.get(..count)?)) else {
        return;
    };
    let before = text.byte_before(range.start);
    let has_sign = before == Some(b'+');
    let has_parenthesis =
        before == Some(b'(') && groups.get(1).is_some_and(|next| next.gap == Gap::Close);
    let start = range.start - usize::from(has_sign || has_parenthesis);
    let end = extension(text, range.end);
    if !text.is_glued_after(end) && text.byte(end) != Some(b'%') {
        site.add(Found::new(start..end, Entity::Phone));
    }
}

/// Whether a number may begin at `start`: nothing before it goes on into it.
fn is_open(text: Text<'_>, start: usize) -> bool {
    let before = start.checked_sub(2).and_then(|at| text.byte(at));
    match text.byte_before(start) {
        Some(b'$' | b'#' | b'\\' | b'*' | b'^' | b'~') => false,
        Some(b'.' | b',' | b':') => !before.is_some_and(|byte| byte.is_ascii_digit()),
        Some(b'-' | b'/' | b'@') => !before.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        _ => !text
            .char_before(start)
            .is_some_and(|c| matches!(c, '€' | '£' | '¥')),
    }
}

/// How many groups after `+` make a number of their country.
fn international(text: Text<'_>, groups: &[Group]) -> Option<usize> {
    let sign = groups.first()?.start - 1;
    let is_sign = !text.is_glued_before(sign) && text.byte_before(sign) != Some(b'+');
    if is_sign {
        with_country(text, groups, 0)
    } else {
        None
    }
}

/// How many groups make an international number that begins with `00` or `011` and is written in
/// groups.
fn exchange(text: Text<'_>, groups: &[Group]) -> Option<usize> {
    let head = groups.first()?;
    let digits = text.get(head.start..head.end);
    let skipped = match digits {
        [b'0', b'0', b'1'..=b'9', ..] | [b'0', b'0'] => 2,
        b"011" => 3,
        _ => return None,
    };
    with_country(text, groups, skipped).filter(|count| *count > 1)
}

/// How many groups make a country code and a number of the length that the country has, without
/// the first `skipped` digits. A `(0)` is dialled within the country only.
fn with_country(text: Text<'_>, groups: &[Group], skipped: usize) -> Option<usize> {
    let joined = groups
        .iter()
        .skip(1)
        .take_while(|group| joins(group.gap))
        .count()
        + 1;
    let fits = |count: &usize| {
        let digits = significant(text, groups.get(..*count).unwrap_or_default());
        digits.is_some_and(|digits| {
            digits
                .values()
                .get(skipped..)
                .is_some_and(plan::is_international)
        })
    };
    (1..=joined.min(8)).rev().find(fits)
}

const fn joins(gap: Gap) -> bool {
    matches!(
        gap,
        Gap::Space | Gap::Dash | Gap::Dot | Gap::Slash | Gap::Open | Gap::Close
    )
}

/// The digits without a `(0)`.
fn significant(text: Text<'_>, groups: &[Group]) -> Option<Digits> {
    let is_trunk =
        |group: &Group| group.gap == Gap::Open && text.get(group.start..group.end) == b"0";
    match groups.iter().position(is_trunk) {
        Some(at) => {
            let (before, rest) = groups.split_at_checked(at)?;
            Digits::of(text, before)?.with(text, rest.get(1..)?)
        }
        None => Digits::of(text, groups),
    }
}

/// How many groups make a number of the North American plan: `(202) 555-0143`, `1-202-555-0143`.
fn north_american(site: &mut Site<'_, '_, '_>, first: usize, groups: &[Group]) -> Option<usize> {
    let text = site.text;
    let prefix = usize::from(text.get(groups.first()?.start..groups.first()?.end) == b"1");
    let count = prefix + 3;
    let these = groups.get(prefix..count)?;
    let [area, exchange, line] = these else {
        return None;
    };
    let is_shape = (area.len(), exchange.len(), line.len()) == (3, 3, 4);
    let is_joined = matches!(
        (exchange.gap, line.gap),
        (Gap::Dash, Gap::Dash)
            | (Gap::Dot, Gap::Dot)
            | (Gap::Space, Gap::Space | Gap::Dash)
            | (Gap::Close | Gap::Slash, Gap::Dash | Gap::Dot | Gap::Space)
    );
    if !is_shape || !is_joined || goes_on(site, first, count, line.gap) {
        return None;
    }
    let digits = Digits::of(text, these)?;
    let context = site.context(&span(these)?);
    let is_other = context.nearest(Topics::REFERENCE) <= LABEL && !context.has(Topics::PHONE);
    (plan::is_north_american(digits.values()) && !is_other).then_some(count)
}

/// Whether the groups go on from digits before them that may belong to the same number.
fn is_continued(groups: &[Group], count: usize) -> bool {
    let mut gaps = groups.iter().take(count).map(|group| group.gap);
    match gaps.next() {
        Some(Gap::Space) => gaps.any(|gap| gap == Gap::Space),
        Some(Gap::Dash | Gap::Dot | Gap::Plus) => true,
        _ => false,
    }
}

/// Whether more digits follow that belong to the same number.
fn goes_on(site: &Site<'_, '_, '_>, first: usize, count: usize, gap: Gap) -> bool {
    match site.cluster.gap_after(first + count - 1) {
        Gap::Dash | Gap::Dot | Gap::Plus => true,
        Gap::Space => gap == Gap::Space,
        Gap::None | Gap::Slash | Gap::Open | Gap::Close => false,
    }
}

/// How many groups make a number of a national plan.
fn national(site: &mut Site<'_, '_, '_>, first: usize, groups: &[Group]) -> Option<usize> {
    let count = uniform(groups);
    let these = groups.get(..count)?;
    let last = these.last()?.gap;
    let total: usize = these.iter().map(Group::len).sum();
    let is_written = matches!(total, 7..=12) && (count == 1 || is_grouped(these));
    let is_part = is_continued(groups, count) || goes_on(site, first, count, last);
    if !is_written || is_part || is_date(site.text, these) {
        return None;
    }
    let is_trunk = matches!(
        site.text.get(these.first()?.start..these.first()?.end),
        [b'0', b'1'..=b'9', ..]
    );
    let context = site.context(&span(these)?);
    let (phone, reach) = (
        context.nearest(Topics::PHONE),
        context.nearest(Topics::REACH),
    );
    let reference = context.nearest(Topics::REFERENCE | Topics::HOLDER);
    let place = context.nearest(Topics::PLACE);
    let is_reached = reach.saturating_add(SLACK) <= reference;
    let is_number = if count == 1 {
        (phone <= CLOSE && phone <= reference)
            || (matches!(total, 10 | 11) && reach <= LABEL && is_reached)
    } else if phone.min(reach) <= NEAR {
        phone.min(reach) <= reference.min(place) && (phone <= NEAR || is_reached)
    } else {
        let is_labelled = reference.min(place) <= LABEL;
        is_trunk && matches!(total, 9..=11) && !is_labelled && last != Gap::Slash && !is_ssn(these)
    };
    is_number.then_some(count)
}

/// Whether the groups are those of a Social Security number.
fn is_ssn(groups: &[Group]) -> bool {
    groups.iter().map(Group::len).eq([3, 2, 4])
}

/// How many groups are joined in one way; the first one may be an area in parentheses or before a
/// slash.
fn uniform(groups: &[Group]) -> usize {
    let gap = |index: usize| groups.get(index).map_or(Gap::None, |group| group.gap);
    let is_plain = |gap: Gap| matches!(gap, Gap::Space | Gap::Dash | Gap::Dot);
    let (one, two) = (gap(1), gap(2));
    if !(is_plain(one) || matches!(one, Gap::Close | Gap::Slash)) {
        return 1;
    }
    if !is_plain(two)
        || (one, two) == (Gap::Dot, Gap::Space)
        || (one, two) == (Gap::Space, Gap::Dot)
    {
        return 2;
    }
    let same = groups.iter().skip(2).take_while(|group| group.gap == two);
    // `11 91234-5678`, but not `1 2-3-4`.
    if (one, two) == (Gap::Space, Gap::Dash) {
        3
    } else {
        2 + same.count()
    }
}

/// Whether the groups have lengths that groups of telephone numbers have.
fn is_grouped(groups: &[Group]) -> bool {
    let Some((head, rest)) = groups.split_first() else {
        return false;
    };
    let is_other = match rest {
        // The code of a postal delivery, and a number with decimals.
        [next] => {
            let is_postal = (head.len(), next.len()) == (5, 4) && next.gap != Gap::Close;
            next.gap == Gap::Dot || is_postal
        }
        _ => rest.len() > 5,
    };
    // `06-1-234-5678`.
    let is_short = |index: usize| index == 0 && rest.len() == 3;
    let mut lens = rest.iter().map(Group::len).enumerate();
    let fits = lens.all(|(index, len)| matches!(len, 2..=8) || (len == 1 && is_short(index)));
    head.len() <= 8 && fits && !is_other
}

/// Whether the groups are a day, or two years.
fn is_date(text: Text<'_>, groups: &[Group]) -> bool {
    let is_year = |group: &Group| {
        group.len() == 4 && matches!(text.get(group.start..group.start + 2), b"19" | b"20")
    };
    match groups {
        [a, b] => is_year(a) && is_year(b),
        [a, b, c] => {
            (is_year(a) && b.len() <= 2 && c.len() <= 2)
                || (a.len() <= 2 && b.len() <= 2 && is_year(c))
        }
        _ => false,
    }
}

/// The end of a number with its extension: `x12`, `ext. 12`, `#12`.
fn extension(text: Text<'_>, end: usize) -> usize {
    let rest: Range<usize> = end..text.floor((end + 24).min(text.bytes().len()));
    let rest = text.str(rest);
    let mark = rest.trim_start_matches([' ', ',']);
    let marks = ["extension", "ext.", "ext", "x", "X", "Ext.", "Ext", "#"];
    let Some(after) = marks.iter().find_map(|known| mark.strip_prefix(known)) else {
        return end;
    };
    let number = after.trim_start_matches([' ', ':', '.']);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let whole = end + (rest.len() - number.len()) + digits;
    let is_one = matches!(digits, 1..=EXTENSION) && !text.is_glued_after(whole);
    if is_one { whole } else { end }
}
