//! Changing parts of a document and leaving the rest as it came.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::document::{Document, Member, Value};
use super::string;

/// Edits to one document, collected in any order and then written at once.
///
/// Every byte that no edit covers is kept. An edit inside of a value that another edit removes or
/// replaces is dropped: the outer one wins.
#[derive(Debug)]
pub struct Splice<'a> {
    source: &'a str,
    replacements: BTreeMap<usize, Edit<'a>>,
    /// The arrays and objects whose children change, by where they start.
    containers: BTreeMap<usize, Container>,
    /// Where escapes begin that become the one of U+FFFD, in order. They are no edits of their own
    /// because a hostile document has one in every six bytes.
    lone_surrogates: Vec<u32>,
}

/// What an escape that stands for half of a character becomes: as many bytes as it takes.
const REPLACEMENT: &str = "\\ufffd";

/// A part of the source and what comes in its place.
#[derive(Debug)]
struct Edit<'a> {
    range: Range<usize>,
    text: Cow<'a, str>,
}

/// The children of an array or object.
///
/// Which commas a removal takes with it depends on which siblings stay, so it is decided when all
/// removals are known.
#[derive(Debug)]
struct Container {
    start: usize,
    children: Vec<Child>,
    /// What to append: JSON, with the key of a member.
    inserted: Vec<(Option<String>, String)>,
}

#[derive(Debug)]
struct Child {
    range: Range<usize>,
    removed: bool,
}

impl<'a> Splice<'a> {
    /// No edits to `source`, which must be the [`source`](super::Document::source) of the
    /// document whose values the edits name.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        Self {
            source,
            replacements: BTreeMap::new(),
            containers: BTreeMap::new(),
            lone_surrogates: Vec::new(),
        }
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replacements.is_empty()
            && self.containers.is_empty()
            && self.lone_surrogates.is_empty()
    }

    /// Puts `json`, which must be one JSON value, in the place of `value`. Of several for the
    /// same value the last one counts.
    pub fn replace(&mut self, value: Value<'_>, json: impl Into<Cow<'a, str>>) {
        self.check(value);
        let range = value.span();
        self.replacements.insert(
            range.start,
            Edit {
                range,
                text: json.into(),
            },
        );
    }

    /// Removes the elements of `array` for which `remove` says so, and tells how many those are.
    pub fn remove_elements<'d>(
        &mut self,
        array: Value<'d>,
        mut remove: impl FnMut(Value<'d>) -> bool,
    ) -> usize {
        let flags: Vec<bool> = array.elements().map(&mut remove).collect();
        self.remove_children(array, &flags)
    }

    /// Removes the member of `object` with this key, if there is one; tells whether there is.
    ///
    /// Each call reads all keys: to remove several, say so in one call of
    /// [`remove_members`](Self::remove_members).
    pub fn remove_member(&mut self, object: Value<'_>, key: &str) -> bool {
        self.remove_members(object, |member| member.has_key(key)) > 0
    }

    /// Removes the members of `object` for which `remove` says so, and tells how many those are.
    ///
    /// Members that were inserted are not of the source, so they are not asked about and stay.
    pub fn remove_members<'d>(
        &mut self,
        object: Value<'d>,
        mut remove: impl FnMut(Member<'d>) -> bool,
    ) -> usize {
        let flags: Vec<bool> = object.members().map(&mut remove).collect();
        self.remove_children(object, &flags)
    }

    /// Appends a member to `object`; does nothing to anything else. `json` must be one JSON value.
    ///
    /// A member of the same key goes, in the source or inserted before, so that there are never
    /// two.
    pub fn insert_member(&mut self, object: Value<'_>, key: &str, json: &str) {
        if !object.is_object() {
            return;
        }
        self.remove_member(object, key);
        let inserted = &mut self.container(object).inserted;
        inserted.retain(|(earlier, _)| earlier.as_deref() != Some(key));
        inserted.push((Some(key.to_owned()), json.to_owned()));
    }

    /// Appends an element to `array`; does nothing to anything else. `json` must be one JSON value.
    pub fn push_element(&mut self, array: Value<'_>, json: &str) {
        if array.is_array() {
            let inserted = &mut self.container(array).inserted;
            inserted.push((None, json.to_owned()));
        }
    }

    /// The document that is edited, as it was.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// Gives a member another key. That no other member has it is for the caller to see to.
    pub fn rename(&mut self, member: Member<'_>, key: &str) {
        self.replace(member.key_value(), string::quoted(key));
    }

    /// How many places are edited so far, but for halves of characters.
    #[must_use]
    pub fn edits(&self) -> usize {
        self.replacements.len() + self.containers.len()
    }

    /// Writes each escape of `document`, which must be the one that is edited, that was read as
    /// half of a character as the one of U+FFFD, as which [`Value::as_str`] has it.
    ///
    /// All else of these strings stays as it is written. The raw text of values keeps the halves:
    /// who puts it elsewhere has to replace them. Without halves this does nothing, and a reader
    /// that refuses them ([`LoneSurrogates::Refuse`](super::LoneSurrogates::Refuse)) leaves none.
    pub fn replace_lone_surrogates(&mut self, document: &Document<'_>) {
        self.check(document.root());
        self.lone_surrogates = document.lone_surrogates().to_vec();
    }

    /// The document with all edits made.
    #[must_use]
    pub fn finish(self) -> String {
        // Of two edits that start together the longer is the outer one. The sort is stable, so
        // that the removal of an only element comes before its replacement.
        let mut edits: Vec<Edit<'_>> = self
            .containers
            .into_values()
            .flat_map(Container::edits)
            .collect();
        edits.extend(self.replacements.into_values());
        edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));

        let mut out = String::with_capacity(self.source.len());
        let mut kept = Kept {
            source: self.source,
            lone_surrogates: &self.lone_surrogates,
        };
        let mut position = 0;
        for edit in edits {
            if edit.range.start < position {
                continue;
            }
            kept.write(&mut out, position..edit.range.start);
            out.push_str(&edit.text);
            position = edit.range.end;
        }
        kept.write(&mut out, position..self.source.len());
        out
    }

    fn remove_children(&mut self, parent: Value<'_>, flags: &[bool]) -> usize {
        let count = flags.iter().filter(|&&flag| flag).count();
        if count > 0 {
            let children = &mut self.container(parent).children;
            for (child, flag) in children.iter_mut().zip(flags) {
                child.removed |= flag;
            }
        }
        count
    }

    fn container(&mut self, value: Value<'_>) -> &mut Container {
        self.check(value);
        self.containers
            .entry(value.span().start)
            .or_insert_with(|| Container::new(value))
    }

    fn check(&self, value: Value<'_>) {
        debug_assert!(value.is_of(self.source), "the value is of another document");
    }
}

/// What no edit covers of a source, written from its start to its end.
struct Kept<'a> {
    source: &'a str,
    /// Those of the escapes to replace that have not been passed.
    lone_surrogates: &'a [u32],
}

impl Kept<'_> {
    fn write(&mut self, out: &mut String, range: Range<usize>) {
        let mut position = range.start;
        while let Some((&first, after)) = self.lone_surrogates.split_first() {
            let escape = first as usize;
            if escape >= range.end {
                break;
            }
            self.lone_surrogates = after;
            if escape >= range.start {
                out.push_str(self.source.get(position..escape).unwrap_or_default());
                out.push_str(REPLACEMENT);
                position = escape + REPLACEMENT.len();
            }
        }
        out.push_str(self.source.get(position..range.end).unwrap_or_default());
    }
}

impl Container {
    fn new(value: Value<'_>) -> Self {
        let elements = value.elements().map(Value::span);
        let members = value.members().map(|member| member.span());
        Self {
            start: value.span().start,
            children: elements
                .chain(members)
                .map(|range| Child {
                    range,
                    removed: false,
                })
                .collect(),
            inserted: Vec::new(),
        }
    }

    /// The edits that make the changes.
    ///
    /// A child that goes takes the comma before it, those before the first one that stays take
    /// the comma after them, and what is inserted comes after the last one that stays.
    fn edits<'a>(self) -> Vec<Edit<'a>> {
        let inserted = self.inserted.iter().map(|(key, json)| match key {
            Some(key) => string::quoted(key) + ":" + json,
            None => json.clone(),
        });
        let inserted = inserted.collect::<Vec<_>>().join(",");

        let mut edits = Vec::new();
        // The end of what stays so far; while nothing does, the start of the first child.
        let mut kept: Option<usize> = None;
        let first = self
            .children
            .first()
            .map_or(self.start + 1, |child| child.range.start);
        let mut end = first;
        for child in &self.children {
            if !child.removed {
                let dropped = match kept {
                    Some(kept) => kept..end,
                    None => first..child.range.start,
                };
                edits.push(Edit {
                    range: dropped,
                    text: Cow::Borrowed(""),
                });
                kept = Some(child.range.end);
            }
            end = child.range.end;
        }
        let text = match kept {
            Some(_) if !inserted.is_empty() => format!(",{inserted}"),
            Some(_) | None => inserted,
        };
        edits.push(Edit {
            range: kept.unwrap_or(first)..end,
            text: Cow::Owned(text),
        });
        edits.retain(|edit| !edit.range.is_empty() || !edit.text.is_empty());
        edits
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Limits};
    use super::*;

    fn parse(source: &str) -> Document<'_> {
        Document::parse(source.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn removed_elements_take_one_comma_each() {
        for (source, remove, expected) in [
            ("[ 1, 2 , 3 ]", "", "[ 1, 2 , 3 ]"),
            ("[ 1, 2 , 3 ]", "1", "[ 2 , 3 ]"),
            ("[ 1, 2 , 3 ]", "2", "[ 1 , 3 ]"),
            ("[ 1, 2 , 3 ]", "3", "[ 1, 2 ]"),
            ("[ 1, 2 , 3 ]", "12", "[ 3 ]"),
            ("[ 1, 2 , 3 ]", "23", "[ 1 ]"),
            ("[ 1, 2 , 3 ]", "13", "[ 2 ]"),
            ("[ 1, 2 , 3 ]", "123", "[  ]"),
            ("[1,2,3,4]", "23", "[1,4]"),
            ("[1]", "1", "[]"),
        ] {
            let document = parse(source);
            let mut splice = Splice::new(document.source());
            let count = splice.remove_elements(document.root(), |e| remove.contains(e.raw()));
            assert_eq!(count, remove.len());
            assert_eq!(splice.is_empty(), remove.is_empty());
            assert_eq!(splice.finish(), expected, "{source} without {remove}");
        }
    }

    #[test]
    fn members_go_and_come() {
        for (source, remove, insert, expected) in [
            (r#"{}"#, "", "x", r#"{"x":0}"#),
            (r#"{ }"#, "", "xy", r#"{"x":0,"y":0 }"#),
            (r#"{ "a" : 1 }"#, "a", "", r#"{  }"#),
            (r#"{ "a" : 1 }"#, "a", "x", r#"{ "x":0 }"#),
            (r#"{ "a" : 1 }"#, "", "x", r#"{ "a" : 1,"x":0 }"#),
            (r#"{ "a" : 1 , "b":2 }"#, "b", "x", r#"{ "a" : 1,"x":0 }"#),
            (r#"{ "a" : 1 , "b":2 }"#, "ab", "xy", r#"{ "x":0,"y":0 }"#),
            (r#"{ "a" : 1 , "b":2 }"#, "", "a", r#"{ "b":2,"a":0 }"#),
            (r#"{ "a" : 1 , "b":2 }"#, "a", "a", r#"{ "b":2,"a":0 }"#),
            (r#"{"\u0061":1,"b":2}"#, "", "a", r#"{"b":2,"a":0}"#),
            (r#"{"a":1,"b":2}"#, "", "xx", r#"{"a":1,"b":2,"x":0}"#),
        ] {
            let document = parse(source);
            let mut splice = Splice::new(document.source());
            for key in remove.chars() {
                assert!(splice.remove_member(document.root(), &key.to_string()));
            }
            for key in insert.chars() {
                splice.insert_member(document.root(), &key.to_string(), "0");
            }
            assert_eq!(
                splice.finish(),
                expected,
                "{source} without {remove} with {insert}"
            );
        }
    }

    #[test]
    fn elements_come_after_those_that_stay() {
        for (source, remove, expected) in [
            ("[]", "", "[7,8]"),
            ("[ 1 , 2 ]", "", "[ 1 , 2,7,8 ]"),
            ("[ 1 , 2 ]", "2", "[ 1,7,8 ]"),
            ("[ 1 , 2 ]", "12", "[ 7,8 ]"),
            (r#"{"a":1}"#, "", r#"{"a":1}"#),
        ] {
            let document = parse(source);
            let mut splice = Splice::new(document.source());
            splice.push_element(document.root(), "7");
            splice.remove_elements(document.root(), |e| remove.contains(e.raw()));
            splice.push_element(document.root(), "8");
            assert_eq!(splice.finish(), expected, "{source} without {remove}");
        }
    }

    #[test]
    fn a_member_gets_another_key_beside_other_edits() {
        let document = parse(r#"{"a":{"b":1},"c":2}"#);
        let root = document.root();
        let mut splice = Splice::new(document.source());
        let a = root.members().next().unwrap();
        splice.rename(a, "x\"y");
        splice.remove_member(a.value(), "b");
        splice.remove_member(root, "c");
        assert_eq!(splice.finish(), r#"{"x\"y":{}}"#);
    }

    #[test]
    fn members_that_go_together_go_as_one_by_one() {
        for (source, keys, expected) in [
            (r#"{ "a":1, "b":2 , "c":3 }"#, "", None),
            (r#"{ "a":1, "b":2 , "c":3 }"#, "ab", Some(r#"{ "c":3 }"#)),
            (r#"{ "a":1, "b":2 , "c":3 }"#, "ac", Some(r#"{ "b":2 }"#)),
            (r#"{ "a":1, "b":2 , "c":3 }"#, "bc", Some(r#"{ "a":1 }"#)),
            (r#"{ "a":1, "b":2 , "c":3 }"#, "abc", Some(r#"{  }"#)),
            (r#"[ "a", "b" ]"#, "ab", None),
        ] {
            let document = parse(source);
            let root = document.root();
            let mut together = Splice::new(document.source());
            let count = together.remove_members(root, |member| keys.contains(&*member.key()));
            let mut apart = Splice::new(document.source());
            for key in keys.chars() {
                apart.remove_member(root, &key.to_string());
            }
            assert_eq!(count, expected.map_or(0, |_| keys.len()), "{source}");
            assert_eq!(together.is_empty(), expected.is_none());
            let text = together.finish();
            assert_eq!(text, expected.unwrap_or(source), "{source} without {keys}");
            assert_eq!(text, apart.finish());
        }

        // What was inserted is no member of the source; what has gone can go again.
        let document = parse(r#"{"a":1,"b":2}"#);
        let mut splice = Splice::new(document.source());
        splice.remove_member(document.root(), "a");
        splice.insert_member(document.root(), "x", "0");
        assert_eq!(splice.remove_members(document.root(), |_| true), 2);
        assert_eq!(splice.finish(), r#"{"x":0}"#);
    }

    #[test]
    fn outer_edits_win() {
        let document = parse(r#"{"a":[{"b":1}],"c":2}"#);
        let root = document.root();
        let array = root.get("a").unwrap();
        let element = array.elements().next().unwrap();

        let mut splice = Splice::new(document.source());
        splice.replace(element.get("b").unwrap(), "9");
        splice.insert_member(element, "x", "0");
        splice.replace(root.get("c").unwrap(), "3");
        splice.remove_elements(array, |_| true);
        splice.replace(element, "null");
        assert_eq!(splice.finish(), r#"{"a":[],"c":3}"#);

        let mut splice = Splice::new(document.source());
        splice.remove_elements(array, |_| true);
        splice.replace(array, "7");
        splice.replace(root.get("c").unwrap(), "3");
        splice.insert_member(root, "d", "4");
        assert_eq!(splice.finish(), r#"{"a":7,"c":3,"d":4}"#);
    }

    #[test]
    fn what_is_not_there_is_no_edit() {
        let document = parse(r#"{"a":[1]}"#);
        let root = document.root();
        let mut splice = Splice::new(document.source());
        assert!(!splice.remove_member(root, "b"));
        assert_eq!(splice.remove_elements(root.get("a").unwrap(), |_| false), 0);
        splice.insert_member(root.get("a").unwrap(), "x", "0");
        assert!(splice.is_empty());
        assert_eq!(splice.finish(), document.source());
    }
}
