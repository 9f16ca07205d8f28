//! One part of a message, cut.

use std::borrow::Cow;

use super::nested::{holds_others, lines, parse, seems_to_have_members};
use super::tally::{Tally, grouped};
use super::{Limit, Rule, SHORT, table};
use crate::guardrail::{PathPattern, Segment};
use crate::json::{Document, Kind, Splice, Value, quoted};

/// How often JSON may hold a string that holds JSON.
pub(super) const LEVELS: usize = 4;

/// What is cut beyond the limits, to fit into the bytes that there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Caps {
    /// The most elements of an array.
    pub(super) items: Option<usize>,
    /// The most bytes of a string in JSON.
    pub(super) string: Option<usize>,
}

impl Caps {
    /// The most bytes of a string that is no JSON.
    pub(super) fn string_cap(self) -> usize {
        self.string.unwrap_or(usize::MAX).max(SHORT)
    }
}

/// Cuts texts.
pub(super) struct Cutter<'c> {
    pub(super) limit: &'c Limit,
    pub(super) exempt: &'c [PathPattern],
    pub(super) caps: Caps,
    pub(super) tally: &'c mut Tally,
    /// How long the longest array is that stays.
    pub(super) longest: usize,
}

impl Cutter<'_> {
    /// A JSON text, cut; `None` if it stays, or is no object or array.
    pub(super) fn json(
        &mut self,
        text: &str,
        path: &[Segment<'_>],
        level: usize,
    ) -> Option<String> {
        let document = parse(text)?;
        self.document(&document, path, level)
    }

    fn document(
        &mut self,
        document: &Document<'_>,
        path: &[Segment<'_>],
        level: usize,
    ) -> Option<String> {
        let mut splice = Splice::new(document.source());
        splice.replace_lone_surrogates(document);
        let mut place = Place {
            path: path.to_vec(),
            depth: 0,
            level,
        };
        self.value(document.root(), &mut place, &mut splice);
        (splice.edits() > 0).then(|| splice.finish())
    }

    fn value<'d>(&mut self, value: Value<'d>, place: &mut Place<'d>, splice: &mut Splice<'d>) {
        if self.exempt.iter().any(|it| it.covers(&place.path)) {
            return;
        }
        match value.kind() {
            Kind::Object | Kind::Array if self.is_too_deep(value, place) => {
                self.tally.found(Rule::Depth, &place.path);
                splice.replace(value, if value.is_array() { "[]" } else { "{}" });
            }
            Kind::Object => self.object(value, place, splice),
            Kind::Array => self.array(value, place, splice),
            Kind::String => self.string(value, place, splice),
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    /// Whether there is something where nothing may be.
    fn is_too_deep(&self, value: Value<'_>, place: &Place<'_>) -> bool {
        let is_empty = value.elements().next().is_none() && value.members().next().is_none();
        !is_empty && self.limit.max_depth.is_some_and(|most| place.depth >= most)
    }

    fn object<'d>(&mut self, object: Value<'d>, place: &mut Place<'d>, splice: &mut Splice<'d>) {
        let filters = self.limit.filters();
        // Only what is allowed asks for it, since it means reading a string.
        let is_leaf = |value| !self.limit.allow.is_empty() && !holds_others(value);
        place.depth += 1;
        let mut gone = Vec::new();
        for member in object.members() {
            place.path.push(Segment::Key(member.key()));
            let value = member.value();
            let stays = !filters
                || self.limit.has_field(&place.path, is_leaf(value))
                || self.exempt.iter().any(|it| it.covers(&place.path));
            if stays {
                self.value(value, place, splice);
            } else {
                self.tally.found(Rule::Fields, &place.path);
                gone.push(member.span().start);
            }
            place.path.pop();
        }
        place.depth -= 1;
        if !gone.is_empty() {
            splice.remove_members(object, |member| {
                gone.binary_search(&member.span().start).is_ok()
            });
        }
    }

    fn array<'d>(&mut self, array: Value<'d>, place: &mut Place<'d>, splice: &mut Splice<'d>) {
        let count = array.elements().count();
        let are_rows = count > 0 && array.elements().all(|it| it.is_object() || it.is_array());
        let most = self.limit.elements(&place.path, are_rows);
        let allowed = most.map_or(count, |(most, _)| most.min(count));
        self.longest = self.longest.max(allowed);
        let kept = self.caps.items.map_or(allowed, |cap| cap.min(allowed));
        place.depth += 1;
        for (at, element) in array.elements().take(kept).enumerate() {
            place.path.push(Segment::Index(at));
            self.value(element, place, splice);
            place.path.pop();
        }
        place.depth -= 1;
        if kept < count {
            if let Some((_, rule)) = most.filter(|_| allowed < count) {
                self.tally.found(rule, &place.path);
            }
            self.tally.list(kept, count, are_rows, &place.path);
            let mut at = 0..;
            splice.remove_elements(array, |_| at.next().is_some_and(|at| at >= kept));
        }
    }

    fn string<'d>(&mut self, value: Value<'d>, place: &mut Place<'d>, splice: &mut Splice<'d>) {
        let Some(text) = value.as_str() else {
            return;
        };
        if place.level < LEVELS
            && let Some(document) = parse(&text)
        {
            place.path.push(Segment::Inside);
            let cut = self.document(&document, &place.path, place.level + 1);
            place.path.pop();
            if let Some(cut) = cut {
                splice.replace(value, quoted(&cut));
            }
            return;
        }
        let of_lines = match place.level < LEVELS {
            true => self.lines(&text, &place.path, place.level + 1),
            false => None,
        };
        let is_hidden = of_lines.is_none() && seems_to_have_members(&text);
        if is_hidden && self.limit.filters_below(&place.path) {
            self.tally.is_unread = true;
        }
        let cut = of_lines.unwrap_or(Cow::Borrowed(&text));
        if let Some(short) = shorten(&cut, self.caps.string_cap(), self.tally) {
            splice.replace(value, quoted(&short));
        } else if let Cow::Owned(cut) = cut {
            splice.replace(value, quoted(&cut));
        }
    }

    /// A text with a JSON value a line, each of them cut, but not to save room; `None` if it is no
    /// such text.
    pub(super) fn lines<'t>(
        &mut self,
        text: &'t str,
        path: &[Segment<'_>],
        level: usize,
    ) -> Option<Cow<'t, str>> {
        let lines = lines(text)?;
        let mut path = path.to_vec();
        path.push(Segment::Inside);
        let mut cutter = Cutter {
            limit: self.limit,
            exempt: self.exempt,
            caps: Caps::default(),
            tally: self.tally,
            longest: 0,
        };
        let mut all = String::with_capacity(text.len());
        let mut is_cut = false;
        for (line, document) in &lines {
            let cut = document.as_ref();
            let cut = cut.and_then(|document| cutter.document(document, &path, level));
            is_cut |= cut.is_some();
            all.push_str(cut.as_deref().unwrap_or(line));
        }
        Some(match is_cut {
            true => Cow::Owned(all),
            false => Cow::Borrowed(text),
        })
    }

    /// A text that is no JSON, with no more rows than allowed; `None` if it stays.
    pub(super) fn table(&mut self, text: &str, path: &[Segment<'_>]) -> Option<String> {
        let is_meant = self.limit.paths.is_empty();
        let most = self.limit.max_rows.filter(|_| is_meant)?;
        let (cut, rows) = table::cut(text, most)?;
        self.tally.found(Rule::Rows, path);
        self.tally.list(most, rows, true, path);
        Some(cut)
    }
}

/// Where a value is.
struct Place<'d> {
    path: Vec<Segment<'d>>,
    depth: usize,
    level: usize,
}

/// The text without its end, and a mark of how much there was; `None` if it is short enough.
pub(super) fn shorten(text: &str, most: usize, tally: &mut Tally) -> Option<String> {
    if text.len() <= most {
        return None;
    }
    let mark = mark(text.len());
    let end = text.floor_char_boundary(most.saturating_sub(mark.len()));
    tally.text(end, text.len());
    Some(format!("{}{mark}", text.get(..end).unwrap_or_default()))
}

/// What stands at the end of a text of so many bytes that lost its end.
pub(super) fn mark(length: usize) -> String {
    format!(" […{} bytes in all]", grouped(length))
}

/// Shows a limit something that is too large in each way.
pub(super) fn self_test(limit: &Limit) -> Result<(), String> {
    let anywhere = Limit {
        paths: Vec::new(),
        ..limit.clone()
    };
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let array = |count: usize, element: &str| format!("[{}]", vec![element; count].join(","));
    let most = |most: Option<usize>| most.map(|most| most.min(1000));
    let samples = [
        most(limit.max_items).map(|most| (array(most + 1, "1"), "max_items", most)),
        most(limit.max_rows).map(|most| (array(most + 1, "{}"), "max_rows", most)),
        most(limit.max_depth).map(|most| (nested(most + 1), "max_depth", most)),
    ];
    for (sample, rule, size) in samples.into_iter().flatten() {
        // A sample has at most a thousand elements, so a limit beyond that is tried in small.
        let scaled = Limit {
            max_items: most(anywhere.max_items),
            max_rows: most(anywhere.max_rows),
            max_depth: most(anywhere.max_depth),
            ..anywhere.clone()
        };
        let mut tally = Tally::default();
        let mut cutter = Cutter {
            limit: &scaled,
            exempt: &[],
            caps: Caps::default(),
            tally: &mut tally,
            longest: 0,
        };
        if cutter.json(&sample, &[], 0).is_none() {
            return Err(format!("it leaves more than {size} for `{rule}`"));
        }
    }
    Ok(())
}
