//! Groups of digits with separators between them, as numbers are written for people.

use std::ops::Range;

use super::text::{Text, is_word_byte};

/// The most groups that are looked at together.
pub(super) const GROUPS: usize = 12;

/// The most digits of a number that is looked at as a whole.
pub(super) const DIGITS: usize = 24;

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing that joins.
    None,
    /// One space of any width.
    Space,
    /// One dash of any kind, also with a space on either side.
    Dash,
    /// A full stop.
    Dot,
    /// A slash.
    Slash,
    /// `+`.
    Plus,
    /// An opening parenthesis, perhaps after a space.
    Open,
    /// A closing parenthesis, perhaps before a space, a dash or the like.
    Close,
}

/// A group of digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What stands before it.
    pub(super) gap: Gap,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Group {
    const NONE: Self = Self {
        gap: Gap::None,
        start: 0,
        end: 0,
    };

    pub(super) const fn len(&self) -> usize {
        self.end - self.start
    }
}

/// Up to [`GROUPS`] groups that follow one another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cluster {
    groups: [Group; GROUPS],
    len: usize,
    /// What joins the last group to digits that are no group of this cluster.
    pub(super) next: Gap,
}

impl Cluster {
    /// The cluster whose first group begins at `start`, after `gap`.
    pub(super) fn read(text: Text<'_>, start: usize, gap: Gap) -> Self {
        let mut cluster = Self {
            groups: [Group::NONE; GROUPS],
            len: 0,
            next: Gap::None,
        };
        let mut next = Some((gap, start));
        while let Some((gap, start)) = next {
            let end = text.run(start, usize::MAX, |byte| byte.is_ascii_digit());
            if cluster.len > 0 && text.byte(end).is_some_and(is_foreign) {
                cluster.next = gap;
                break;
            }
            let Some(slot) = cluster.groups.get_mut(cluster.len) else {
                cluster.next = gap;
                break;
            };
            *slot = Group { gap, start, end };
            cluster.len += 1;
            next = joint(text, end);
        }
        cluster
    }

    pub(super) fn groups(&self) -> &[Group] {
        self.groups.get(..self.len).unwrap_or_default()
    }

    /// What stands after the group of this index.
    pub(super) fn gap_after(&self, index: usize) -> Gap {
        self.groups()
            .get(index + 1)
            .map_or(self.next, |group| group.gap)
    }
}

/// Whether a byte makes the digits before it a part of a word. `x` begins an extension.
fn is_foreign(byte: u8) -> bool {
    is_word_byte(byte) && byte != b'x' && byte != b'X'
}

/// Whether more digits, or parts of words that begin with digits, are joined to those before `end`.
pub(super) fn goes_on(text: Text<'_>, end: usize) -> bool {
    joint(text, end).is_some()
}

/// What stands after `end`, and where the digits after it begin.
fn joint(text: Text<'_>, end: usize) -> Option<(Gap, usize)> {
    let (gap, at) = match text.byte(end)? {
        b' ' => after_space(text, end + 1)?,
        b')' => (Gap::Close, after_close(text, end + 1)),
        b'(' => (Gap::Open, end + 1),
        byte => {
            let (gap, len) = separator(text, byte, end)?;
            let at = end + len;
            let joins_open = gap == Gap::Dash && text.byte(at) == Some(b'(');
            if joins_open {
                (Gap::Open, at + 1)
            } else {
                (gap, at)
            }
        }
    };
    text.byte(at)?.is_ascii_digit().then_some((gap, at))
}

/// After a space: digits, a dash with a space, or an opening parenthesis.
fn after_space(text: Text<'_>, at: usize) -> Option<(Gap, usize)> {
    match text.byte(at)? {
        b'(' => Some((Gap::Open, at + 1)),
        b'-' if text.byte(at + 1) == Some(b' ') => Some((Gap::Dash, at + 2)),
        0xE2 => {
            let (gap, len) = separator(text, 0xE2, at)?;
            (gap == Gap::Dash && text.byte(at + len) == Some(b' ')).then_some((gap, at + len + 1))
        }
        _ => Some((Gap::Space, at)),
    }
}

/// After a closing parenthesis one separator may stand.
fn after_close(text: Text<'_>, at: usize) -> usize {
    let len = text
        .byte(at)
        .and_then(|byte| separator(text, byte, at))
        .map_or(0, |(_, len)| len);
    at + len
}

/// The separator that `byte` at `at` begins, and its length in bytes.
fn separator(text: Text<'_>, byte: u8, at: usize) -> Option<(Gap, usize)> {
    match byte {
        b' ' => Some((Gap::Space, 1)),
        b'-' => Some((Gap::Dash, 1)),
        b'.' => Some((Gap::Dot, 1)),
        b'/' => Some((Gap::Slash, 1)),
        b'+' => Some((Gap::Plus, 1)),
        // No-break space; spaces of fixed width, hyphens and dashes of U+2000–U+2015; minus.
        0xC2 if text.byte(at + 1) == Some(0xA0) => Some((Gap::Space, 2)),
        0xE2 => match (text.byte(at + 1)?, text.byte(at + 2)?) {
            (0x80, 0x80..=0x8A | 0xAF) => Some((Gap::Space, 3)),
            (0x80, 0x90..=0x95) | (0x88, 0x92) => Some((Gap::Dash, 3)),
            _ => None,
        },
        _ => None,
    }
}

/// What joins the digits at `start` to digits before them.
pub(super) fn gap_before(text: Text<'_>, start: usize) -> Gap {
    let Some(byte) = text.byte_before(start) else {
        return Gap::None;
    };
    if !text
        .byte_before(start - 1)
        .is_some_and(|before| before.is_ascii_digit())
    {
        return Gap::None;
    }
    separator(text, byte, start - 1).map_or(Gap::None, |(gap, _)| gap)
}

/// The digits of some groups, as numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    values: [u8; DIGITS],
    len: usize,
}

impl Digits {
    /// The digits of the groups. `None` if there are more than [`DIGITS`].
    pub(super) fn of(text: Text<'_>, groups: &[Group]) -> Option<Self> {
        let none = Self {
            values: [0; DIGITS],
            len: 0,
        };
        none.with(text, groups)
    }

    /// These digits, and those of the groups after them.
    pub(super) fn with(self, text: Text<'_>, groups: &[Group]) -> Option<Self> {
        let mut digits = self;
        for group in groups {
            for byte in text.get(group.start..group.end) {
                *digits.values.get_mut(digits.len)? = byte - b'0';
                digits.len += 1;
            }
        }
        Some(digits)
    }

    pub(super) fn values(&self) -> &[u8] {
        self.values.get(..self.len).unwrap_or_default()
    }
}

/// The range from the first to the last of some groups.
pub(super) fn span(groups: &[Group]) -> Option<Range<usize>> {
    Some(groups.first()?.start..groups.last()?.end)
}
