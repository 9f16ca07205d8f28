//! All parts of a message together, and what fits into the bytes that there are.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cut::{self, Caps, Cutter};
use super::tally::Tally;
use super::{Limit, SHORT};
use crate::guardrail::{Failure, Form, Input, Part, PathPattern, Segment};
use crate::json::{Splice, Value, quoted};

/// The parts of a message.
pub(super) struct Parts<'p, 'd> {
    limit: &'p Limit,
    exempt: &'p [PathPattern],
    parts: Vec<Source<'p, 'd>>,
    lists: Vec<Blocks<'p, 'd>>,
}

/// A list of blocks. Some servers put each row into a block of its own.
struct Blocks<'p, 'd> {
    part: &'p Part<'d>,
    count: usize,
    /// Whether each holds an object or an array.
    are_rows: bool,
}

/// A part, and what it says.
struct Source<'p, 'd> {
    part: &'p Part<'d>,
    text: Cow<'d, str>,
    kind: Said,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// JSON of its own.
    Data,
    /// JSON in a text.
    Json,
    Plain,
}

/// The parts, cut.
pub(super) struct CutParts {
    /// What each became; `None` if it stays.
    texts: Vec<Option<String>>,
    /// How many blocks of each list stay.
    kept: Vec<usize>,
    json_bytes: usize,
    plain_bytes: usize,
    longest: usize,
    pub(super) tally: Tally,
}

impl CutParts {
    /// How many bytes are left in all.
    pub(super) fn bytes(&self) -> usize {
        self.json_bytes + self.plain_bytes
    }
}

impl<'p, 'd> Parts<'p, 'd> {
    /// Reads the parts that hold texts or JSON.
    pub(super) fn read(limit: &'p Limit, input: &Input<'p, 'd>) -> Result<Self, Failure> {
        let exempt = input.exempt;
        let is_read = |part: &&Part<'_>| !exempt.iter().any(|it| it.covers(&part.path.0));
        let is_list = |part: &&Part<'_>| part.form == Form::Blocks;
        let lists = input.parts.iter().filter(is_read).filter(is_list);
        let lists = lists.map(list).collect();
        let parts = input.parts.iter().filter(is_read);
        let parts = parts.filter(|part| !is_list(part)).map(source);
        let parts: Result<Vec<Option<_>>, _> = parts.collect();
        Ok(Self {
            limit,
            exempt,
            parts: parts?.into_iter().flatten().collect(),
            lists,
        })
    }

    /// Cuts all parts, in the same way.
    pub(super) fn cut(&self, caps: Caps) -> CutParts {
        self.cut_all(caps, None)
    }

    /// `plain`: how many of so many bytes of plain texts may stay.
    fn cut_all(&self, caps: Caps, plain: Option<(usize, usize)>) -> CutParts {
        let mut all = CutParts {
            texts: Vec::with_capacity(self.parts.len()),
            kept: Vec::with_capacity(self.lists.len()),
            json_bytes: 0,
            plain_bytes: 0,
            longest: 0,
            tally: Tally::default(),
        };
        for list in &self.lists {
            let kept = self.kept(list, caps, &mut all);
            all.kept.push(kept);
        }
        for source in &self.parts {
            if self.is_gone(source, &all.kept) {
                all.texts.push(None);
                continue;
            }
            let mut cutter = Cutter {
                limit: self.limit,
                exempt: self.exempt,
                caps,
                tally: &mut all.tally,
                longest: all.longest,
            };
            let cut = match source.kind {
                Said::Data => cutter.json(&source.text, &source.part.path.0, 0),
                Said::Json => {
                    let mut path = source.part.path.0.clone();
                    path.push(Segment::Inside);
                    cutter.json(&source.text, &path, 1)
                }
                Said::Plain => cutter.table(&source.text, &source.part.path.0),
            };
            all.longest = cutter.longest;
            let cut = match plain.filter(|_| source.kind == Said::Plain) {
                Some(share) => {
                    let text = cut.as_deref().unwrap_or(&source.text);
                    cut::shorten(text, share_of(text.len(), share), &mut all.tally).or(cut)
                }
                None => cut,
            };
            let bytes = cut.as_ref().map_or(source.text.len(), String::len);
            match source.kind {
                Said::Data | Said::Json => all.json_bytes += bytes,
                Said::Plain => all.plain_bytes += bytes,
            }
            all.texts.push(cut);
        }
        all
    }

    /// How many blocks of a list stay.
    fn kept(&self, list: &Blocks<'_, '_>, caps: Caps, all: &mut CutParts) -> usize {
        let path = &list.part.path.0;
        let most = self.limit.elements(path, list.are_rows);
        let allowed = most.map_or(list.count, |(most, _)| most.min(list.count));
        // Blocks that are no rows say different things, so that none goes to save room.
        let cap = caps.items.filter(|_| list.are_rows);
        let kept = cap.map_or(allowed, |cap| cap.min(allowed));
        if list.are_rows {
            all.longest = all.longest.max(allowed);
        }
        if kept < list.count {
            if let Some((_, rule)) = most.filter(|_| allowed < list.count) {
                all.tally.found(rule, path);
            }
            all.tally.list(kept, list.count, list.are_rows, path);
        }
        kept
    }

    /// Whether a part belongs to a block that goes.
    fn is_gone(&self, source: &Source<'_, '_>, kept: &[usize]) -> bool {
        self.lists.iter().zip(kept).any(|(list, kept)| {
            let inside = source.part.path.0.strip_prefix(list.part.path.0.as_slice());
            let at = inside.and_then(|inside| inside.first());
            matches!(at, Some(Segment::Index(at)) if at >= kept)
        })
    }

    /// Cuts all parts so that they have so many bytes at most; `None` if nothing helps.
    ///
    /// Arrays lose elements first, and where none would be left strings lose their ends. JSON and
    /// plain texts each have half of the room, and what the other does not need of its half.
    pub(super) fn fit(&self, most: usize) -> Option<CutParts> {
        let whole = self.cut(Caps::default());
        let half = most / 2;
        let json = match (whole.json_bytes, whole.plain_bytes) {
            (json, _) if json <= half => json,
            (_, plain) if plain <= half => most - plain,
            _ => half,
        };
        let plain = (most - json, whole.plain_bytes);
        let fits = |caps: Caps| self.cut(caps).json_bytes <= json;
        let caps = if fits(Caps::default()) {
            Some(Caps::default())
        } else {
            self.caps(whole.longest, json, &fits)
        };
        let cut = self.cut_all(caps?, Some(plain));
        (cut.bytes() <= most).then_some(cut)
    }

    fn caps(&self, longest: usize, most: usize, fits: &dyn Fn(Caps) -> bool) -> Option<Caps> {
        let items = |items: usize| Caps {
            items: Some(items),
            string: None,
        };
        let strings = |string: usize| Caps {
            items: None,
            string: Some(string),
        };
        let both = |items: usize| Caps {
            items: Some(items),
            string: Some(SHORT),
        };
        largest(1, longest, |n| fits(items(n)))
            .map(items)
            .or_else(|| largest(SHORT, most.max(SHORT), |n| fits(strings(n))).map(strings))
            .or_else(|| largest(0, longest, |n| fits(both(n))).map(both))
    }

    /// Writes what was cut into the message.
    pub(super) fn write(&self, cut: &CutParts, splice: &mut Splice<'d>) {
        for (list, kept) in self.lists.iter().zip(&cut.kept) {
            let mut at = 0..;
            splice.remove_elements(list.part.value, |_| at.next().is_some_and(|at| at >= *kept));
        }
        for (source, text) in self.parts.iter().zip(&cut.texts) {
            let Some(text) = text else {
                continue;
            };
            let json = match (source.kind, source.part.form) {
                (Said::Data, _) => text.clone(),
                (Said::Json | Said::Plain, Form::Base64) => quoted(&STANDARD.encode(text)),
                (Said::Json | Said::Plain, Form::Data | Form::Text | Form::Blocks) => quoted(text),
            };
            splice.replace(source.part.value, json);
        }
    }
}

fn list<'p, 'd>(part: &'p Part<'d>) -> Blocks<'p, 'd> {
    let is_row = |block: Value<'_>| {
        let text = block.get("text").and_then(Value::as_str);
        text.is_some_and(|text| cut::parse(&text).is_some())
    };
    Blocks {
        part,
        count: part.value.elements().count(),
        are_rows: part.value.elements().all(is_row),
    }
}

/// What a part says, if it says anything that can be cut.
fn source<'p, 'd>(part: &'p Part<'d>) -> Result<Option<Source<'p, 'd>>, Failure> {
    let value = part.value;
    if value.is_object() || value.is_array() {
        let text = Cow::Borrowed(value.raw());
        if cut::parse(&text).is_none() {
            return Err(Failure::new("it nests too deep"));
        }
        return Ok(Some(Source {
            part,
            text,
            kind: Said::Data,
        }));
    }
    let Some(mut text) = value.as_str() else {
        return Ok(None);
    };
    if part.form == Form::Base64 {
        let bytes = STANDARD.decode(text.as_bytes()).ok();
        // What is no text is nothing that a model reads.
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(decoded) => text = Cow::Owned(decoded),
            None => return Ok(None),
        }
    }
    let kind = match cut::parse(&text) {
        Some(_) => Said::Json,
        None => Said::Plain,
    };
    Ok(Some(Source { part, text, kind }))
}

/// What `part` of `(room, whole)` gets of the room.
fn share_of(part: usize, (room, whole): (usize, usize)) -> usize {
    let share = (part as u128 * room as u128).checked_div(whole as u128);
    share
        .and_then(|share| usize::try_from(share).ok())
        .unwrap_or(room)
}

/// The largest number from `least` to `most` for which it holds, if it holds for all up to it.
fn largest(least: usize, most: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    if least > most || !holds(least) {
        return None;
    }
    let (mut low, mut high) = (least, most);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(low)
}
