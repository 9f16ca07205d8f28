//! Where data is in JSON, and patterns of such places.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::json::folds_to;

/// A place in JSON: the way to it from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path<'a>(pub Vec<Segment<'a>>);

/// A step of a way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment<'a> {
    /// To the member of an object.
    Key(Cow<'a, str>),
    /// To the element of an array.
    Index(usize),
    /// Into the JSON that a string holds.
    Inside,
}

impl Segment<'_> {
    /// The same step, borrowed.
    pub(super) fn borrow(&self) -> Segment<'_> {
        match self {
            Self::Key(key) => Segment::Key(Cow::Borrowed(key)),
            Self::Index(index) => Segment::Index(*index),
            Self::Inside => Segment::Inside,
        }
    }

    /// The same step, apart from the document.
    pub(super) fn owned(&self) -> Segment<'static> {
        match self {
            Self::Key(key) => Segment::Key(Cow::Owned(key.clone().into_owned())),
            Self::Index(index) => Segment::Index(*index),
            Self::Inside => Segment::Inside,
        }
    }
}

impl<'a> Path<'a> {
    /// The place of a member or an element, from constant names.
    #[must_use]
    pub fn key(mut self, key: impl Into<Cow<'a, str>>) -> Self {
        self.0.push(Segment::Key(key.into()));
        self
    }

    /// The place of an element.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Segment::Index(index));
        self
    }
}

/// The longest key that a path repeats, in characters.
const KEY_CHARS: usize = 64;

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('$')?;
        self.0.iter().try_for_each(|segment| segment.fmt(f))
    }
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if is_name(key) => write!(f, ".{key}"),
            // It may be data itself: an address, a number.
            Self::Key(_) => f.write_str("[*]"),
            Self::Index(index) => write!(f, "[{index}]"),
            // The JSON in a text reads on where the text is.
            Self::Inside => Ok(()),
        }
    }
}

/// Whether a key is a name that someone gave to a member, and hardly data.
fn is_name(key: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    let begins = !key.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let digits = key.chars().filter(char::is_ascii_digit).count();
    begins && !key.is_empty() && key.len() <= KEY_CHARS && digits < 4 && key.chars().all(is_word)
}

/// A pattern of places: `$.user.email`, `items[*].price`, `**.password`. A place that it matches
/// includes all that is below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// Any member or element.
    Any,
    /// Any number of steps.
    Deep,
}

/// A text that is no pattern of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// There is nothing in it.
    #[error("a path names at least one key")]
    Empty,
    /// A key is empty.
    #[error("a key of the path is empty")]
    EmptyKey,
    /// Something in brackets is neither a number, nor `*`, nor a text in quotes.
    #[error("brackets hold a number, `*`, or a key in double quotes")]
    Brackets,
    /// There are too many steps.
    #[error("the path has more than {MOST_STEPS} steps")]
    TooLong,
}

const MOST_STEPS: usize = 64;

impl PathPattern {
    /// Reads a pattern; a leading `$` or `$.` may be left out.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let mut rest = text.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if steps.len() == MOST_STEPS {
                return Err(InvalidPath::TooLong);
            }
            let (step, after) = match rest.strip_prefix('[') {
                Some(inside) => bracket(inside)?,
                None => {
                    let end = rest.find(['.', '[']).unwrap_or(rest.len());
                    let (key, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    (named(key)?, after)
                }
            };
            steps.push(step);
            rest = match after.strip_prefix('.') {
                Some("") => return Err(InvalidPath::EmptyKey),
                Some(after) => after,
                None => after,
            };
        }
        if steps.is_empty() {
            return Err(InvalidPath::Empty);
        }
        Ok(Self(steps))
    }

    /// Whether a place is one of these, or below one. In the JSON that a text holds, and in
    /// structured content, a pattern may begin at the root of that JSON too.
    #[must_use]
    pub fn covers(&self, path: &[Segment<'_>]) -> bool {
        self.leads_to(path, |found, key| found == key)
    }

    /// Whether a place is one of these to readers that take keys without regard to case.
    #[must_use]
    pub fn may_cover(&self, path: &[Segment<'_>]) -> bool {
        self.leads_to(path, folds_to)
    }

    fn leads_to(&self, path: &[Segment<'_>], is_key: fn(&str, &str) -> bool) -> bool {
        matches(&self.0, path, is_key) || roots(path).any(|inner| matches(&self.0, inner, is_key))
    }
}

impl PathPattern {
    /// Whether something below a place may be one of these.
    #[must_use]
    pub fn may_lead_on(&self, path: &[Segment<'_>]) -> bool {
        let leads =
            |path: &[Segment<'_>]| taken(&self.0, path, |found, key| found == key).contains(&true);
        leads(path) || roots(path).any(leads)
    }
}

/// What of a path lies within JSON that has a root of its own.
fn roots<'p, 'a>(path: &'p [Segment<'a>]) -> impl Iterator<Item = &'p [Segment<'a>]> {
    path.iter().enumerate().filter_map(move |(at, segment)| {
        let is_root = match segment {
            Segment::Inside => true,
            Segment::Key(key) => at == 0 && key == "structuredContent",
            Segment::Index(_) => false,
        };
        path.get(at + 1..).filter(|_| is_root)
    })
}

fn named(key: &str) -> Result<Step, InvalidPath> {
    match key {
        "" => Err(InvalidPath::EmptyKey),
        "*" => Ok(Step::Any),
        "**" => Ok(Step::Deep),
        key => Ok(Step::Key(key.to_owned())),
    }
}

fn bracket(inside: &str) -> Result<(Step, &str), InvalidPath> {
    if let Some(quoted) = inside.strip_prefix('"') {
        let (key, after) = quoted.split_once("\"]").ok_or(InvalidPath::Brackets)?;
        return Ok((Step::Key(key.to_owned()), after));
    }
    let (text, after) = inside.split_once(']').ok_or(InvalidPath::Brackets)?;
    let step = match text {
        "*" => Step::Any,
        number => Step::Index(number.parse().map_err(|_| InvalidPath::Brackets)?),
    };
    Ok((step, after))
}

/// Whether the steps lead to the path or to what it is below.
fn matches(steps: &[Step], path: &[Segment<'_>], is_key: fn(&str, &str) -> bool) -> bool {
    taken(steps, path, is_key).last() == Some(&true)
}

/// Which numbers of steps lead to a path; all of them lead to what it is below too.
fn taken(steps: &[Step], path: &[Segment<'_>], is_key: fn(&str, &str) -> bool) -> Vec<bool> {
    let path: Vec<&Segment<'_>> = path
        .iter()
        .filter(|segment| **segment != Segment::Inside)
        .collect();
    // Which numbers of steps may have been taken: as many sets as segments, so that no pattern takes
    // long.
    let mut taken = vec![false; steps.len() + 1];
    if let Some(first) = taken.first_mut() {
        *first = true;
    }
    skip_deep(steps, &mut taken);
    for segment in path {
        if taken.last() == Some(&true) {
            return taken;
        }
        let mut next = vec![false; steps.len() + 1];
        for (at, step) in steps.iter().enumerate() {
            if taken.get(at) != Some(&true) {
                continue;
            }
            let to = match step {
                Step::Deep => Some(at),
                step @ (Step::Key(_) | Step::Index(_) | Step::Any) => {
                    fits(step, segment, is_key).then_some(at + 1)
                }
            };
            if let Some(slot) = to.and_then(|to| next.get_mut(to)) {
                *slot = true;
            }
        }
        skip_deep(steps, &mut next);
        taken = next;
    }
    taken
}

/// `**` stands for no step too.
fn skip_deep(steps: &[Step], taken: &mut [bool]) {
    for (at, step) in steps.iter().enumerate() {
        if *step == Step::Deep
            && taken.get(at) == Some(&true)
            && let Some(slot) = taken.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}

fn fits(step: &Step, segment: &Segment<'_>, is_key: fn(&str, &str) -> bool) -> bool {
    match (step, segment) {
        (Step::Any, _) => true,
        (Step::Key(key), Segment::Key(found)) => is_key(found, key),
        (Step::Index(index), Segment::Index(found)) => index == found,
        (Step::Key(_) | Step::Index(_) | Step::Deep, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path<'_> {
        let mut path = Path::default();
        for part in text.split('/').filter(|part| !part.is_empty()) {
            path.0.push(match part.parse() {
                Ok(index) => Segment::Index(index),
                Err(_) if part == "|" => Segment::Inside,
                Err(_) => Segment::Key(part.into()),
            });
        }
        path
    }

    #[test]
    fn places_and_all_below_are_covered() {
        for (pattern, yes, no) in [
            (
                "a.b",
                vec!["a/b", "a/b/c", "a/b/0"],
                vec!["a", "b", "x/a/b"],
            ),
            ("$.a", vec!["a", "a/0"], vec!["b", "b/a"]),
            ("a[*].b", vec!["a/0/b", "a/9/b/c"], vec!["a/b", "a/0/c"]),
            ("a[1]", vec!["a/1", "a/1/x"], vec!["a/0"]),
            ("**.p", vec!["p", "a/p", "a/0/b/p/q"], vec!["a/q"]),
            ("a.**.p", vec!["a/p", "a/0/p"], vec!["p", "b/p"]),
            ("a.*", vec!["a/x", "a/0"], vec!["a", "b/x"]),
            ("[\"a.b\"].c", vec!["a.b/c"], vec!["a/b/c"]),
            (
                "user",
                vec!["content/0/text/|/user", "structuredContent/user/x", "user"],
                vec!["content/0/user", "x/structuredContent/user"],
            ),
            (
                "content[*].text",
                vec!["content/0/text", "content/0/text/|/a"],
                vec!["content/0/data"],
            ),
        ] {
            let compiled = PathPattern::parse(pattern).unwrap();
            for text in yes {
                assert!(compiled.covers(&path(text).0), "{pattern} on {text}");
            }
            for text in no {
                assert!(!compiled.covers(&path(text).0), "{pattern} on {text}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, expected) in [
            ("", InvalidPath::Empty),
            ("$", InvalidPath::Empty),
            ("a..b", InvalidPath::EmptyKey),
            ("a.", InvalidPath::EmptyKey),
            ("a[x]", InvalidPath::Brackets),
            ("a[0", InvalidPath::Brackets),
            ("a[\"x]", InvalidPath::Brackets),
        ] {
            assert_eq!(PathPattern::parse(text), Err(expected), "{text}");
        }
        let long = vec!["a"; MOST_STEPS + 1].join(".");
        assert_eq!(PathPattern::parse(&long), Err(InvalidPath::TooLong));
    }

    #[test]
    fn places_are_written_as_json_paths() {
        let place = path("content/0/text/|/ann@example.com/e-mail/a123-45-6789");
        assert_eq!(place.to_string(), "$.content[0].text[*].e-mail[*]");
    }

    #[test]
    fn places_above_lead_on() {
        for (pattern, yes, no) in [
            ("a.b", vec!["", "a"], vec!["b", "a/c"]),
            (
                "items[*].id",
                vec!["items", "items/0"],
                vec!["items/0/name", "x"],
            ),
            ("**.id", vec!["x", "x/0/y"], vec![]),
            (
                "id",
                vec!["content/0/text/|", "structuredContent"],
                vec!["y/0"],
            ),
        ] {
            let compiled = PathPattern::parse(pattern).unwrap();
            for text in yes {
                assert!(compiled.may_lead_on(&path(text).0), "{pattern} on {text}");
            }
            for text in no {
                assert!(!compiled.may_lead_on(&path(text).0), "{pattern} on {text}");
            }
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let pattern = PathPattern::parse(&vec!["**"; MOST_STEPS].join(".")).unwrap();
        let deep = Path(vec![Segment::Index(0); 2000]);
        assert!(pattern.covers(&deep.0));
    }
}
