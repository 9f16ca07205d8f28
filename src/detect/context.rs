//! What the words near a place are about.

use std::ops::Range;

use super::text::Text;
use super::vocabulary::{self, Topics};

/// How far before a place words count, in bytes.
const BEFORE: usize = 64;

/// How far after it.
const AFTER: usize = 24;

/// How far away the words of a text's key are taken to be: farther than what stands just before
/// the place, nearer than the rest.
const KEY_DISTANCE: usize = 24;

/// By how many bytes the word that counts may be the farther one: `tax id number 1`.
const SLACK: usize = 14;

/// The longest key that is taken as one word, too, in letters.
const JOINED: usize = 32;

/// The most words with a topic that are kept.
const WORDS: usize = 12;

/// A word near a place: what it is about, and how many bytes away it is.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    topics: Topics,
    distance: usize,
}

/// The words near a place that are about something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    words: [Word; WORDS],
    len: usize,
    all: Topics,
}

impl Context {
    /// The words around `range`, and those of the text's key.
    pub(super) fn around(text: Text<'_>, range: &Range<usize>) -> Self {
        let mut context = Self::default();
        let after = text.floor((range.end + AFTER).min(text.bytes().len()));
        each_word(text.str(range.end..after), |word, at| {
            context.add(word, at.start)
        });
        let before = text.floor(range.start.saturating_sub(BEFORE));
        let length = range.start - before;
        each_word(text.str(before..range.start), |word, at| {
            context.add(word, length - at.end)
        });
        let key = text.key.unwrap_or_default();
        each_word(key, |word, _| context.add(word, KEY_DISTANCE));
        context.add_joined(key);
        context
    }

    /// Adds a key of several words as one word: `my_number` is no word `my`.
    fn add_joined(&mut self, key: &str) {
        let mut joined = [0; JOINED];
        let mut letters = key.bytes().filter(u8::is_ascii_alphabetic);
        let mut length = 0;
        for (slot, byte) in joined.iter_mut().zip(&mut letters) {
            *slot = byte;
            length += 1;
        }
        let word = joined
            .get(..length)
            .and_then(|word| std::str::from_utf8(word).ok());
        if let (Some(word), None) = (word, letters.next())
            && length < key.len()
        {
            self.add(word, KEY_DISTANCE);
        }
    }

    fn add(&mut self, word: &str, distance: usize) {
        let topics = vocabulary::topics(word);
        if topics == Topics::NONE {
            return;
        }
        self.all = self.all | topics;
        // With too many words the nearest of those before the place count, which come last.
        let index = self.len % WORDS;
        if let Some(slot) = self.words.get_mut(index) {
            *slot = Word { topics, distance };
        }
        self.len += 1;
    }

    /// Whether a word near is about one of these.
    pub(super) fn has(&self, topics: Topics) -> bool {
        self.all.intersects(topics)
    }

    /// Whether a word about one of `these` is near, and none about `others` is nearer by more than
    /// words such as `id number`.
    pub(super) fn favours(&self, these: Topics, others: Topics) -> bool {
        let nearest = self.nearest(these);
        nearest < usize::MAX && nearest <= self.nearest(others).saturating_add(SLACK)
    }

    /// Whether a word about one of these is as near as a label is.
    pub(super) fn is_close(&self, topics: Topics) -> bool {
        self.nearest(topics) <= KEY_DISTANCE
    }

    /// How far the nearest word about one of these is; [`usize::MAX`] if there is none.
    pub(super) fn nearest(&self, topics: Topics) -> usize {
        let words = self.words.iter().take(self.len);
        let about = words.filter(|word| word.topics.intersects(topics));
        about.map(|word| word.distance).min().unwrap_or(usize::MAX)
    }
}

/// The words of a text, with where they are; `phoneNumber` and `phone_number` are two words.
fn each_word(text: &str, mut take: impl FnMut(&str, Range<usize>)) {
    let mut start = None;
    let mut last = ' ';
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let ends = !c.is_alphabetic() || (last.is_lowercase() && c.is_uppercase());
        if let (Some(from), true) = (start, ends) {
            take(text.get(from..at).unwrap_or_default(), from..at);
            start = None;
        }
        if start.is_none() && c.is_alphabetic() {
            start = Some(at);
        }
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_texts_and_of_keys() {
        let mut words = Vec::new();
        each_word("homePhone_number: téléphone 12a", |word, _| {
            words.push(word.to_owned())
        });
        assert_eq!(words, ["home", "Phone", "number", "téléphone", "a"]);
    }

    #[test]
    fn the_nearer_word_counts() {
        let text = Text::new("order 77 was placed by phone 5551234", None);
        let context = Context::around(text, &(29..36));
        assert!(context.favours(Topics::PHONE, Topics::REFERENCE));
        assert!(!context.favours(Topics::REFERENCE, Topics::PHONE));
        assert!(!context.has(Topics::CARD));
    }

    #[test]
    fn a_key_is_near() {
        let text = Text::new("5551234", Some("contactPhone"));
        assert!(Context::around(text, &(0..7)).has(Topics::PHONE));
        for (key, topics) in [
            ("my_number", Topics::JAPAN),
            ("sa_id_number", Topics::SOUTH_AFRICA),
            ("medicare_beneficiary_id", Topics::HEALTH),
        ] {
            let text = Text::new("5551234", Some(key));
            assert!(Context::around(text, &(0..7)).has(topics), "{key}");
        }
    }
}
