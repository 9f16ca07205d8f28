//! What is in a text, in whatever way it is read.

use std::ops::Range;

use crate::detect::{Detector, Match};
use crate::guardrail::reading::readings;

/// What there is in a text as it stands, and as those read it who leave out what nobody sees and undo
/// escapes: ascending, and not overlapping.
pub(super) fn look<'d>(detector: &'d Detector, text: &str, key: Option<&str>) -> Vec<Match<'d>> {
    let mut found = detector.find(text, key);
    for reading in readings(text) {
        let also = detector.find(reading.text(), key);
        found.extend(also.into_iter().map(|one| Match {
            range: reading.place(one.range.clone()),
            ..one
        }));
    }
    joined(found)
}

/// One finding for each group of those that overlap: of the longest one's kind, over all of them.
fn joined(mut found: Vec<Match<'_>>) -> Vec<Match<'_>> {
    if found.windows(2).all(|two| match two {
        [one, next] => one.range.end <= next.range.start,
        _ => true,
    }) {
        return found;
    }
    found.sort_by_key(|one| (one.range.start, std::cmp::Reverse(one.range.end)));
    let mut joined: Vec<(Match<'_>, usize)> = Vec::new();
    for one in found {
        let length = one.range.len();
        match joined.last_mut() {
            Some((last, longest)) if one.range.start < last.range.end => {
                let range = last.range.start..last.range.end.max(one.range.end);
                if length > *longest {
                    *last = one;
                    *longest = length;
                }
                last.range = range;
            }
            _ => joined.push((one, length)),
        }
    }
    joined.into_iter().map(|(one, _)| one).collect()
}

/// What is left of findings without these tokens, which are in order.
pub(super) fn beside<'d>(
    found: Vec<Match<'d>>,
    tokens: &[Range<usize>],
    text: &str,
) -> Vec<Match<'d>> {
    if tokens.is_empty() {
        return found;
    }
    let mut left = Vec::with_capacity(found.len());
    for one in found {
        let end = one.range.end;
        let first = tokens.partition_point(|token| token.end <= one.range.start);
        let inside = tokens.iter().skip(first);
        let inside = inside.take_while(|token| token.start < end);
        let mut start = one.range.start;
        for token in inside.chain([&(end..end)]) {
            let part = start..token.start;
            let says = text.get(part.clone()).unwrap_or_default();
            if says.contains(char::is_alphanumeric) {
                left.push(Match {
                    range: part,
                    ..one.clone()
                });
            }
            start = token.end;
        }
    }
    left
}
