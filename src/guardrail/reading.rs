//! A text as its readers take it: without what nobody sees, and with its escapes undone. Whoever takes
//! these off puts a value together that they kept apart.

mod escapes;

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::sanitize::{characters, comments};

/// A text as it is read in one way, and where each part of it comes from.
#[derive(Debug, Clone)]
pub(super) struct Reading<'t> {
    text: Cow<'t, str>,
    /// From the text as it stands to this one.
    layers: Vec<Rc<[Piece]>>,
}

/// A part of a text, and what it was made of. If both are equally long it is that, byte for byte.
#[derive(Debug)]
struct Piece {
    here: Range<usize>,
    there: Range<usize>,
}

/// The other ways to read a text than as it stands. There are none of nearly all texts, which costs
/// one look at their bytes.
pub(super) fn readings(text: &str) -> Vec<Reading<'_>> {
    let mut readings = Vec::new();
    if !has_any(text.as_bytes(), may_matter) {
        return readings;
    }
    let plain = Reading {
        text: Cow::Borrowed(text),
        layers: Vec::new(),
    };
    plain.add_seen(&mut readings);
    if let Some(unescaped) = plain.unescaped() {
        unescaped.add_seen(&mut readings);
        readings.push(unescaped);
    }
    readings
}

/// Whether a byte may be of what some reader does not see, or begin an escape.
const fn may_matter(byte: u8) -> bool {
    byte == b'\\' || characters::is_suspicious(byte)
}

/// Whether there is such a byte, found out for many bytes at a time.
fn has_any(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> bool {
    let has_one = |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | is_one(*byte));
    bytes.chunks(64).any(has_one)
}

impl<'t> Reading<'t> {
    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a range of it is in the text as it stands.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let layers = self.layers.iter().rev();
        layers.fold(range, |range, layer| place(layer, range))
    }

    /// Adds what is left without what is not seen: each character by itself, escape sequences with
    /// what they hide, comments, both.
    fn add_seen(&self, readings: &mut Vec<Self>) {
        if !has_any(self.text.as_bytes(), characters::is_suspicious) {
            return;
        }
        let single = characters::unseen(&self.text, false);
        let whole = characters::unseen(&self.text, true);
        let without_whole = (whole != single).then(|| self.without(&whole));
        let without_single = self.without(&single);
        for seen in [Some(without_single), without_whole].into_iter().flatten() {
            let shown = seen.as_ref().unwrap_or(self).without_comments();
            readings.extend(shown);
            readings.extend(seen);
        }
    }

    fn without_comments(&self) -> Option<Self> {
        let mut shown = self.without(&comments::ranges(&self.text))?;
        for _ in 1..comments::PASSES {
            match shown.without(&comments::ranges(&shown.text)) {
                Some(next) => shown = next,
                None => break,
            }
        }
        Some(shown)
    }

    /// The text without these ranges, which are in order; `None` if there are none.
    fn without(&self, gone: &[Range<usize>]) -> Option<Self> {
        let mut made = Made::of(self, gone.len());
        for gone in gone {
            made.change(gone.clone(), "");
        }
        made.done()
    }

    /// The text with its escapes undone; `None` if there are none.
    fn unescaped(&self) -> Option<Self> {
        let mut made = Made::of(self, 0);
        for (range, c) in escapes::find(&self.text) {
            made.change(range, c.encode_utf8(&mut [0; 4]));
        }
        made.done()
    }
}

/// A reading that is being made of another one.
struct Made<'r, 't> {
    of: &'r Reading<'t>,
    text: String,
    pieces: Vec<Piece>,
    /// How far the other one is read.
    end: usize,
}

impl<'r, 't> Made<'r, 't> {
    fn of(of: &'r Reading<'t>, changes: usize) -> Self {
        Self {
            of,
            text: String::new(),
            pieces: Vec::with_capacity(changes + 1),
            end: 0,
        }
    }

    /// Writes what is before a range as it is, and this in the place of the range.
    fn change(&mut self, range: Range<usize>, instead: &str) {
        self.keep(range.start);
        self.push(range.clone(), instead);
        self.end = range.end;
    }

    fn keep(&mut self, end: usize) {
        let of = self.of;
        self.push(
            self.end..end,
            of.text.get(self.end..end).unwrap_or_default(),
        );
    }

    fn push(&mut self, there: Range<usize>, text: &str) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece {
            here: start..self.text.len(),
            there,
        });
    }

    fn done(mut self) -> Option<Reading<'t>> {
        if self.end == 0 {
            return None;
        }
        self.keep(self.of.text.len());
        let mut layers = self.of.layers.clone();
        layers.push(self.pieces.into());
        Some(Reading {
            text: Cow::Owned(self.text),
            layers,
        })
    }
}

/// Where a range is in the text that this one was made of.
fn place(layer: &[Piece], range: Range<usize>) -> Range<usize> {
    let first = layer.partition_point(|piece| piece.here.end <= range.start);
    let last = layer.partition_point(|piece| piece.here.start < range.end);
    let start = layer.get(first).map(|piece| match piece.is_same() {
        true => piece.there.start + range.start.saturating_sub(piece.here.start),
        false => piece.there.start,
    });
    let last = last.checked_sub(1).and_then(|last| layer.get(last));
    let end = last.map(|piece| match piece.is_same() {
        true => piece.there.end - piece.here.end.saturating_sub(range.end),
        false => piece.there.end,
    });
    start.unwrap_or_default()..end.unwrap_or_default()
}

impl Piece {
    fn is_same(&self) -> bool {
        self.here.len() == self.there.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The readings of a text, and what of it each `4..6` of them is.
    fn read(text: &str) -> Vec<String> {
        let readings = readings(text);
        readings.iter().map(|it| it.text().to_owned()).collect()
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        for (text, expected) in [
            ("plain é text – with ‘quotes’", &[][..]),
            ("a\u{ad}b\u{200b}c\u{feff}", &["abc"]),
            ("a<!-- x -->b", &["ab"]),
            ("a<!---->b<!-- c", &["ab c"]),
            ("a<!-<!-- -->- x -->b", &["ab"]),
            ("a<\u{200b}!---->b", &["ab", "a<!---->b"]),
            ("a\u{1b}[0mb", &["a[0mb", "ab"]),
            ("a < b", &[]),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        for (text, expected) in [
            (r"a\nb", &["a\nb"][..]),
            (r"a\\\\nb", &["a\nb"]),
            (r"a\u0040b \x40 \u{40}", &["a@b @ @"]),
            (r"\ud83d\ude00 \ud83d \uzz", &["😀 \\ud83d \\uzz"]),
            (r#"\"a\/b\""#, &["\"a/b\""]),
            (r"C:\dir\", &[]),
            (r"a\u200bb", &["ab", "a\u{200b}b"]),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_place_is_found_back() {
        for (text, of, expected) in [
            ("x a\u{200b}\u{ad}b\u{200b} y", "ab", "a\u{200b}\u{ad}b"),
            (r"x\n12\u0040\n", "12@", r"12\u0040"),
            (r"x\n1\u200b2\n", "12", r"1\u200b2"),
            ("1<!-- <!---->2 é", "12", "1<!-- <!---->2"),
            ("\u{1b}[0m12\u{1b}[0m", "12", "12"),
        ] {
            let readings = readings(text);
            let found = readings.iter().find_map(|reading| {
                let at = reading.text().find(of)?;
                text.get(reading.place(at..at + of.len()))
            });
            assert_eq!(found, Some(expected), "{text:?}");
        }
    }
}
