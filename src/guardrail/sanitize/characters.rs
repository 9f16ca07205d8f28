//! Characters that nobody sees.

use std::ops::Range;

use super::{Junk, Set, escapes};

/// Whether a byte may belong to something that goes: most texts have none of these.
pub(in crate::guardrail) const fn is_suspicious(byte: u8) -> bool {
    let is_white = matches!(byte, b'\t' | b'\n' | b'\r');
    let is_lead = matches!(
        byte,
        0xc2 | 0xcd | 0xd8 | 0xe1..=0xe3 | 0xee | 0xef | 0xf0 | 0xf3 | 0xf4
    );
    (byte < 0x20 && !is_white) || byte == b'<' || byte == 0x7f || is_lead
}

/// Where characters are that nobody sees, whatever they are for; with the escape sequences that they
/// begin, if these are to be `whole`.
pub(in crate::guardrail) fn unseen(text: &str, whole: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let next = |at: usize| {
        let rest = text.as_bytes().get(at..)?;
        let next = rest.iter().position(|byte| is_suspicious(*byte))?;
        Some(at + next)
    };
    while let Some(start) = next(at) {
        let rest = text.get(start..).unwrap_or_default();
        let Some(c) = rest.chars().next() else {
            break;
        };
        let length = match escapes::length(rest).filter(|_| whole) {
            Some(length) => length,
            None => c.len_utf8(),
        };
        at = start + length;
        if is_unseen(c) {
            found.push(start..at);
        }
    }
    found
}

const fn is_unseen(c: char) -> bool {
    escapes::is_control(c)
        || is_directing(c)
        || is_tag(c)
        || is_selector(c)
        || is_zero_width(c)
        || is_private(c)
}

/// The text without the characters that are to be removed. `None` if there are none.
pub(super) fn clean(text: &str, removed: Set, found: &mut Set) -> Option<String> {
    let mut cleaner = Cleaner {
        removed,
        before: None,
    };
    let mut clean = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (junk, length) = cleaner.step(rest);
        if let Some(junk) = junk {
            found.add(junk);
            clean.push_str(text.get(kept..at).unwrap_or_default());
            kept = at + length;
        }
        at += length;
    }
    if *found == Set::default() {
        return None;
    }
    clean.push_str(text.get(kept..).unwrap_or_default());
    Some(clean)
}

struct Cleaner {
    removed: Set,
    /// The character before, of those that stay.
    before: Option<char>,
}

impl Cleaner {
    /// What stands at the start of the text, if it goes, and how long it is.
    fn step(&mut self, rest: &str) -> (Option<Junk>, usize) {
        let Some(c) = rest.chars().next() else {
            return (None, 0);
        };
        // Nearly all.
        if matches!(c, ' '..='~' | '\u{ae}'..='\u{34e}') {
            self.before = Some(c);
            return (None, c.len_utf8());
        }
        let (junk, length) = self.classify(c, rest);
        let junk = junk.filter(|junk| self.removed.has(*junk));
        // What goes is before nothing. Of a sequence only the first character can matter to what
        // follows.
        if junk.is_none() {
            self.before = Some(c);
        }
        (junk, length)
    }

    fn classify(&self, c: char, rest: &str) -> (Option<Junk>, usize) {
        let one = c.len_utf8();
        if let Some(length) = escapes::length(rest) {
            let length = if self.removed.has(Junk::Ansi) {
                length
            } else {
                one
            };
            return (Some(Junk::Ansi), length);
        }
        if c == FLAG
            && let Some(flag) = FLAGS.iter().find(|flag| rest.starts_with(**flag))
        {
            return (None, flag.len());
        }
        let next = rest.get(one..).and_then(|rest| rest.chars().next());
        let junk = match c {
            c if is_directing(c) => Some(Junk::Bidi),
            c if is_tag(c) => Some(Junk::Tags),
            '\u{200c}' | '\u{200d}' if self.joins(c, next) => None,
            c if is_selector(c) => (!self.varies(c)).then_some(Junk::VariationSelectors),
            c if is_zero_width(c) => Some(Junk::ZeroWidth),
            c if is_private(c) => Some(Junk::PrivateUse),
            _ => None,
        };
        (junk, one)
    }

    /// Whether a joiner stands where a script or an emoji needs it.
    fn joins(&self, joiner: char, next: Option<char>) -> bool {
        let Some(before) = self.before else {
            return false;
        };
        if has_joiners(before) {
            return true;
        }
        let is_emoji_before = is_emoji(before) || before == '\u{fe0f}';
        joiner == '\u{200d}' && is_emoji_before && next.is_some_and(is_emoji)
    }

    /// Whether there is something before a variation selector that it can vary (Unicode 17,
    /// `StandardizedVariants.txt`, `emoji-variation-sequences.txt`, UTS #37).
    fn varies(&self, selector: char) -> bool {
        let Some(before) = self.before else {
            return false;
        };
        match selector {
            '\u{fe0e}' | '\u{fe0f}' => {
                is_emoji(before) || matches!(before, '0'..='9' | '#' | '*' | '\u{a9}' | '\u{ae}')
            }
            '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
            '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
            _ => {
                is_ideograph(before)
                    || matches!(before, '\u{2229}'..='\u{2aff}' | '\u{1000}'..='\u{109f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff60}')
            }
        }
    }
}

const FLAG: char = '\u{1f3f4}';

/// The flags that are made of tags (Unicode 17, `emoji-sequences.txt`): England, Scotland, Wales.
const FLAGS: [&str; 3] = [
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

const fn is_directing(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

const fn is_selector(c: char) -> bool {
    matches!(
        c,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Characters that take no room (`Default_Ignorable_Code_Point`), and fillers that look like none.
const fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0080}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
    )
}

const fn is_private(c: char) -> bool {
    matches!(
        c,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}'
    )
}

/// Letters and marks of scripts in which joiners tell words apart: Arabic and its relatives, those
/// of India and around, Khmer, Mongolian.
const fn has_joiners(c: char) -> bool {
    matches!(
        c,
        '\u{620}'..='\u{85f}' | '\u{8a0}'..='\u{dff}' | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{17d3}' | '\u{1820}'..='\u{18aa}'
            | '\u{1b00}'..='\u{1b4b}' | '\u{a840}'..='\u{a877}' | '\u{a980}'..='\u{a9c0}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{1137f}'
    )
}

/// Characters that may be emoji, and modifiers of their skin.
const fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}'
            | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
            | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}'
    )
}

const fn is_ideograph(c: char) -> bool {
    matches!(
        c,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}
