//! All parts of a message together, and what fits into the bytes that there are.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cut::{self, Caps, Cutter};
use super::nested::begins_as_json;
use super::size::{Piece, Ruler};
use super::source::{self, Blocks, Said, Source};
use super::tally::Tally;
use super::{Limit, SHORT};
use crate::guardrail::{Failure, Input, PathPattern, Segment};
use crate::json::{Splice, quoted};

/// The parts of a message.
pub(super) struct Parts<'p, 'd> {
    limit: &'p Limit,
    exempt: &'p [PathPattern],
    parts: Vec<Source<'p, 'd>>,
    lists: Vec<Blocks<'p, 'd>>,
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
        let (lists, parts) = source::read(input)?;
        Ok(Self {
            limit,
            exempt: input.exempt,
            parts,
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
            if is_gone(source, &all.kept) {
                all.texts.push(None);
                continue;
            }
            let cut = self.cut_one(source, caps, &mut all);
            let cut = match plain.filter(|_| !source.kind.is_json()) {
                Some(share) => {
                    let text = cut.as_deref().unwrap_or(&source.text);
                    cut::shorten(text, share_of(text.len(), share), &mut all.tally).or(cut)
                }
                None => cut,
            };
            let bytes = cut.as_ref().map_or(source.text.len(), String::len);
            match source.kind.is_json() {
                true => all.json_bytes += bytes,
                false => all.plain_bytes += bytes,
            }
            all.texts.push(cut);
        }
        all
    }

    /// What becomes of a part; `None` if it stays.
    fn cut_one(&self, source: &Source<'_, '_>, caps: Caps, all: &mut CutParts) -> Option<String> {
        let path = &source.part.path.0;
        let mut cutter = Cutter {
            limit: self.limit,
            exempt: self.exempt,
            caps,
            tally: &mut all.tally,
            longest: all.longest,
        };
        let cut = match source.kind {
            Said::Data => cutter.json(&source.text, path, 0),
            Said::Json => cutter.json(&source.text, &inside(path), 1),
            Said::Lines => {
                let fewer = cutter.table(&source.text, path);
                let text = fewer.as_deref().unwrap_or(&source.text);
                let cut = cutter.lines(text, path, 1);
                cut.map(Cow::into_owned).or(fewer.clone())
            }
            Said::Plain => cutter.table(&source.text, path),
        };
        all.longest = cutter.longest;
        if source.kind == Said::Plain && self.limit.filters_below(&inside(path)) {
            match begins_as_json(&source.text) {
                true => all.tally.is_unread = true,
                false if source.text.trim().is_empty() => {}
                false => all.tally.prose(path),
            }
        }
        cut
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

    /// Cuts all parts so that they have so many bytes at most; `None` if nothing helps.
    ///
    /// Arrays lose elements first, and where none would be left strings lose their ends. JSON and
    /// plain texts each have half of the room, and what the other does not need of its half.
    pub(super) fn fit(&self, whole: &CutParts, most: usize) -> Option<CutParts> {
        let half = most / 2;
        let json = match (whole.json_bytes, whole.plain_bytes) {
            (json, _) if json <= half => json,
            (_, plain) if plain <= half => most - plain,
            _ => half,
        };
        let plain = (most - json, whole.plain_bytes);
        let caps = if whole.json_bytes <= json {
            Some(Caps::default())
        } else {
            let pieces = self.measure(whole, json);
            let fits = |caps: Caps| fit(&pieces, caps, json);
            self.caps(whole.longest, json, &fits)
        };
        let cut = self.cut_all(caps?, Some(plain));
        (cut.bytes() <= most).then_some(cut)
    }

    /// What is left of the JSON once it is `cut`, ready to be fitted into so much room.
    fn measure(&self, cut: &CutParts, room: usize) -> Vec<Measured> {
        let ruler = Ruler {
            exempt: self.exempt,
            room,
        };
        let row = |(list, at): &(usize, usize)| {
            let list = self.lists.get(*list)?;
            list.are_rows.then_some(*at)
        };
        let measured = |(source, text): (&Source<'_, '_>, &Option<String>)| {
            if !source.kind.is_json() || is_gone(source, &cut.kept) {
                return None;
            }
            let text = text.as_deref().unwrap_or(&source.text);
            let path = &source.part.path.0;
            let piece = match source.kind {
                Said::Data => ruler.measure(text, path, 0),
                Said::Json | Said::Lines | Said::Plain => ruler.measure(text, &inside(path), 1),
            };
            let row = source.blocks.iter().filter_map(row).max();
            Some(Measured { row, piece })
        };
        self.parts
            .iter()
            .zip(&cut.texts)
            .filter_map(measured)
            .collect()
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
            let json = match (source.kind, source.is_encoded) {
                (Said::Data, _) => text.clone(),
                (Said::Json | Said::Lines | Said::Plain, true) => quoted(&STANDARD.encode(text)),
                (Said::Json | Said::Lines | Said::Plain, false) => quoted(text),
            };
            splice.replace(source.part.value, json);
        }
    }
}

/// The JSON of a part, measured.
struct Measured {
    /// Which row it lies in, if it goes with that.
    row: Option<usize>,
    piece: Piece,
}

/// Whether there is room for all pieces, cut.
fn fit(pieces: &[Measured], caps: Caps, room: usize) -> bool {
    let stays = |one: &&Measured| match (caps.items, one.row) {
        (Some(items), Some(row)) => row < items,
        (None, _) | (_, None) => true,
    };
    let mut pieces = pieces.iter().filter(stays);
    let left = pieces.try_fold(room, |room, one| one.piece.fit(caps, room));
    left.is_some()
}

/// Whether a part belongs to a block that goes.
fn is_gone(source: &Source<'_, '_>, kept: &[usize]) -> bool {
    let mut blocks = source.blocks.iter();
    blocks.any(|(list, at)| kept.get(*list).is_some_and(|kept| at >= kept))
}

/// The place of the JSON in a text.
fn inside<'a>(path: &[Segment<'a>]) -> Vec<Segment<'a>> {
    let mut path = path.to_vec();
    path.push(Segment::Inside);
    path
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
