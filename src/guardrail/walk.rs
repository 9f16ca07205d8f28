//! Every text in a part of a message, wherever it hides: strings, keys and numbers, the JSON that a
//! string holds, the text that base64 stands for.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use super::base64;
use super::input::{Form, Input, Part};
use super::path::{PathPattern, Segment};
use crate::json::{self, Document, Kind, LoneSurrogates, Member, Splice, Value, quoted};

/// How often JSON may hold a string that holds JSON.
const LEVELS: usize = 4;

/// A text in a part.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    /// The text, its escapes decoded; of a number, its digits.
    pub text: &'t str,
    /// The key that it stands under, if it does.
    pub key: Option<&'t str>,
    /// Where it is.
    pub path: &'t [Segment<'t>],
    /// What it is.
    pub kind: TextKind,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A string.
    String,
    /// A number. What comes in its place is a string.
    Number,
    /// The key of a member.
    Key,
}

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    Keep,
    /// Another one stands in its place.
    Replace(String),
    /// The member or element that it is goes. Where there is none to go, it becomes empty.
    Remove,
}

/// Shows `visit` every text that is not exempt, and makes the edits that it asks for.
///
/// A string that holds JSON is shown piece by piece, not as one text, so that what is written in its
/// place is JSON still. Keys that an edit makes equal are told apart by numbers.
pub fn walk<'d>(
    input: &Input<'_, 'd>,
    splice: &mut Splice<'d>,
    visit: &mut dyn FnMut(&Text<'_>) -> Edit,
) {
    for part in input.parts {
        let mut walker = Walker {
            exempt: input.exempt,
            path: part.path.0.clone(),
            key: part.path.0.iter().rev().find_map(|segment| match segment {
                Segment::Key(key) => Some(key.clone()),
                Segment::Index(_) | Segment::Inside => None,
            }),
            level: 0,
            visit,
        };
        walker.part(part, splice);
    }
}

struct Walker<'w, 'a, 'v> {
    exempt: &'w [PathPattern],
    path: Vec<Segment<'a>>,
    key: Option<Cow<'a, str>>,
    level: usize,
    visit: &'v mut dyn FnMut(&Text<'_>) -> Edit,
}

impl<'a> Walker<'_, 'a, '_> {
    fn part(&mut self, part: &Part<'a>, splice: &mut Splice<'a>) {
        let done = match part.form {
            Form::Blocks => Edit::Keep,
            Form::Base64 => self.base64(part.value, splice),
            Form::Data | Form::Text => self.value(part.value, splice),
        };
        if done == Edit::Remove {
            // A part belongs to its message, which says what may be missing.
            splice.replace(part.value, "\"\"");
        }
    }

    /// Whether what is here and below is left alone.
    fn is_exempt(&self) -> bool {
        self.exempt.iter().any(|pattern| pattern.covers(&self.path))
    }

    /// `Remove` if the value has to go, which only what holds it can do.
    fn value(&mut self, value: Value<'a>, splice: &mut Splice<'a>) -> Edit {
        if self.is_exempt() {
            return Edit::Keep;
        }
        match value.kind() {
            Kind::Object => self.object(value, splice),
            Kind::Array => self.array(value, splice),
            Kind::String => {
                let text = value.as_str().unwrap_or_default();
                let edit = self.string(&text);
                settle(edit, value, splice)
            }
            Kind::Number => {
                let edit = self.show(value.raw(), TextKind::Number);
                settle(edit, value, splice)
            }
            Kind::Null | Kind::Bool => Edit::Keep,
        }
    }

    fn object(&mut self, object: Value<'a>, splice: &mut Splice<'a>) -> Edit {
        let mut removed = Vec::new();
        let mut renamed: Vec<(Member<'a>, String)> = Vec::new();
        let outer = self.key.take();
        for (at, member) in object.members().enumerate() {
            let key = member.key();
            self.path.push(Segment::Key(key.clone()));
            let is_exempt = self.is_exempt();
            // The place of a key is that of its object: a key may be what is looked for.
            self.path.pop();
            let new_key = match is_exempt {
                true => Edit::Keep,
                false => self.show(&key, TextKind::Key),
            };
            self.key = Some(key.clone());
            self.path.push(Segment::Key(key));
            let gone = match new_key {
                Edit::Remove => true,
                Edit::Replace(key) => {
                    renamed.push((member, key));
                    self.value(member.value(), splice) == Edit::Remove
                }
                Edit::Keep => !is_exempt && self.value(member.value(), splice) == Edit::Remove,
            };
            if gone {
                removed.push(at);
            }
            self.path.pop();
        }
        self.key = outer;
        rename(object, renamed, splice);
        if !removed.is_empty() {
            let mut gone = in_order(removed);
            splice.remove_members(object, |_| gone());
        }
        Edit::Keep
    }

    fn array(&mut self, array: Value<'a>, splice: &mut Splice<'a>) -> Edit {
        let mut removed = Vec::new();
        for (at, element) in array.elements().enumerate() {
            self.path.push(Segment::Index(at));
            if self.value(element, splice) == Edit::Remove {
                removed.push(at);
            }
            self.path.pop();
        }
        if !removed.is_empty() {
            let mut gone = in_order(removed);
            splice.remove_elements(array, |_| gone());
        }
        Edit::Keep
    }

    /// What becomes of a string, as one text or as the JSON that it holds.
    fn string(&mut self, text: &str) -> Edit {
        if self.level < LEVELS
            && may_be_json(text)
            && let Some(edit) = self.json(text)
        {
            return edit;
        }
        self.show(text, TextKind::String)
    }

    /// What becomes of a text that is JSON, or a JSON value a line. `None` if it is neither.
    fn json(&mut self, text: &str) -> Option<Edit> {
        if let Ok(document) = Document::parse(text.as_bytes(), &NESTED) {
            return Some(self.nested(&document));
        }
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let is_empty = line.trim().is_empty();
            let document = match is_empty {
                true => None,
                false => Some(Document::parse(line.as_bytes(), &NESTED).ok()?),
            };
            lines.push((line, document));
        }
        let mut edited = String::new();
        let mut is_edited = false;
        for (line, document) in lines {
            match document.map(|document| self.nested(&document)) {
                Some(Edit::Replace(line)) => {
                    is_edited = true;
                    edited.push_str(&line);
                }
                // A line is part of a text, as a part is of a message.
                Some(Edit::Remove) => is_edited = true,
                Some(Edit::Keep) | None => edited.push_str(line),
            }
        }
        Some(match is_edited {
            true => Edit::Replace(edited),
            false => Edit::Keep,
        })
    }

    fn nested(&mut self, document: &Document<'_>) -> Edit {
        let mut splice = Splice::new(document.source());
        splice.replace_lone_surrogates(document);
        let mut path: Vec<Segment<'_>> = self.path.iter().map(Segment::borrow).collect();
        path.push(Segment::Inside);
        let mut inner = Walker {
            exempt: self.exempt,
            path,
            key: self.key.as_deref().map(Cow::Borrowed),
            level: self.level + 1,
            visit: &mut *self.visit,
        };
        let edit = inner.value(document.root(), &mut splice);
        if splice.edits() == 0 {
            return edit;
        }
        Edit::Replace(splice.finish())
    }

    /// What becomes of bytes in base64, if they are a text. What is no base64 is looked at as it is.
    fn base64(&mut self, value: Value<'a>, splice: &mut Splice<'a>) -> Edit {
        let Some(written) = value.as_str() else {
            return self.value(value, splice);
        };
        if self.is_exempt() {
            return Edit::Keep;
        }
        let Some(bytes) = base64::decode(&written) else {
            return settle(self.show(&written, TextKind::String), value, splice);
        };
        let Some(text) = base64::text(bytes) else {
            return Edit::Keep;
        };
        match self.string(&text) {
            Edit::Replace(text) => {
                splice.replace(value, quoted(&STANDARD.encode(text)));
                Edit::Keep
            }
            edit @ (Edit::Keep | Edit::Remove) => edit,
        }
    }

    fn show(&mut self, text: &str, kind: TextKind) -> Edit {
        (self.visit)(&Text {
            text,
            key: self.key.as_deref().filter(|_| kind != TextKind::Key),
            path: &self.path,
            kind,
        })
    }
}

/// Says of one child after the other whether it is one of these, which are in order.
fn in_order(removed: Vec<usize>) -> impl FnMut() -> bool {
    let mut at = 0..;
    let mut removed = removed.into_iter().peekable();
    move || {
        let at = at.next();
        removed.next_if(|gone| Some(*gone) == at).is_some()
    }
}

/// What the JSON in a string may be: nobody but its reader depends on it being strict.
const NESTED: json::Limits = json::Limits {
    depth: 64,
    number_digits: 1024,
    lone_surrogates: LoneSurrogates::Replace,
};

/// Whether it is worth trying to read a text as an object, an array or a string, or some of them.
fn may_be_json(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['{', '[', '"']) && text.ends_with(['}', ']', '"'])
}

/// Makes an edit to a value, but for a removal.
fn settle<'a>(edit: Edit, value: Value<'a>, splice: &mut Splice<'a>) -> Edit {
    if let Edit::Replace(text) = &edit {
        splice.replace(value, quoted(text));
        return Edit::Keep;
    }
    edit
}

/// Gives members their new keys, none of them twice.
fn rename<'a>(object: Value<'a>, renamed: Vec<(Member<'a>, String)>, splice: &mut Splice<'a>) {
    if renamed.is_empty() {
        return;
    }
    let mut taken: HashSet<String> = object.members().map(|member| member.key().into()).collect();
    // Where to go on counting: thousands of keys may become one.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (member, key) in renamed {
        let number = numbers.entry(key.clone()).or_insert(0);
        let unique = loop {
            *number += 1;
            let unique = match *number {
                1 => key.clone(),
                number => format!("{key} {number}"),
            };
            if taken.insert(unique.clone()) {
                break unique;
            }
        };
        splice.rename(member, &unique);
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::Path;
    use super::super::{Operation, Phase};
    use super::*;

    /// What a walk makes of a text, with `x` for each `secret`, and with what is `gone` removed.
    fn walked(source: &str, form: Form, exempt: &[&str]) -> (String, Vec<String>) {
        let document = Document::parse(source.as_bytes(), &json::Limits::default()).unwrap();
        let exempt: Vec<_> = exempt
            .iter()
            .map(|text| PathPattern::parse(text).unwrap())
            .collect();
        let parts = [Part {
            path: Path::default(),
            value: document.root(),
            form,
        }];
        let input = Input {
            exempt: &exempt,
            ..Input::new(Phase::Result, Operation::Mutate, &parts)
        };
        let mut splice = Splice::new(document.source());
        let mut seen = Vec::new();
        walk(&input, &mut splice, &mut |text| {
            let path = Path(text.path.to_vec()).to_string();
            seen.push(format!("{path} {:?} {}", text.key, text.text));
            match text.text {
                "gone" => Edit::Remove,
                text if text.contains("secret") => Edit::Replace(text.replace("secret", "x")),
                _ => Edit::Keep,
            }
        });
        (splice.finish(), seen)
    }

    #[test]
    fn every_copy_is_found() {
        for (source, expected) in [
            (
                r#"{"a":"secret","b":[1,"my secret"]}"#,
                r#"{"a":"x","b":[1,"my x"]}"#,
            ),
            (r#"{"a":"\u0073ecret"}"#, r#"{"a":"x"}"#),
            (
                r#"{"a":"{\"b\": [\"secret\", 2]}"}"#,
                r#"{"a":"{\"b\": [\"x\", 2]}"}"#,
            ),
            (
                r#""{\"a\":\"secret\"}\n\n{\"a\":1}\r\n\"my \\u0073ecret\"\n""#,
                r#""{\"a\":\"x\"}\n\n{\"a\":1}\r\n\"my x\"\n""#,
            ),
            (r#""\"\\u0073ecret\"""#, r#""\"x\"""#),
            (
                r#"["{\"a\":1}\n\"gone\"\n","\"gone\""]"#,
                r#"["{\"a\":1}\n"]"#,
            ),
            (r#""{\"a\":1}\nsecret\n[2]""#, r#""{\"a\":1}\nx\n[2]""#),
            (
                r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"secret\\\"}\"}"}"#,
                r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"x\\\"}\"}"}"#,
            ),
            (r#"{"a":"[not json secret]"}"#, r#"{"a":"[not json x]"}"#),
            (r#"{"secret":1,"x":2}"#, r#"{"x 2":1,"x":2}"#),
            (
                r#"{"secret":1,"secretsecret":2,"xx":3}"#,
                r#"{"x":1,"xx 2":2,"xx":3}"#,
            ),
            (r#"{"secret":1,"x":2,"x 2":"gone"}"#, r#"{"x 3":1,"x":2}"#),
            (r#"{"a":"gone","b":["gone",1,"gone"]}"#, r#"{"b":[1]}"#),
            (r#"{"gone":"secret"}"#, "{}"),
            (r#""gone""#, r#""""#),
            (r#""{\"a\":\"gone\"}""#, r#""{}""#),
            (r#"{"a":"{\"b\":1}"}"#, r#"{"a":"{\"b\":1}"}"#),
        ] {
            assert_eq!(walked(source, Form::Data, &[]).0, expected, "{source}");
        }
    }

    #[test]
    fn texts_in_base64_are_read() {
        let encoded = |text: &str| quoted(&STANDARD.encode(text));
        for (source, expected) in [
            (encoded("my secret"), encoded("my x")),
            (encoded(r#"{"a":"secret"}"#), encoded(r#"{"a":"x"}"#)),
            (quoted("no base64: secret"), quoted("no base64: x")),
            // Unpadded, with bits too many, in lines, in the other alphabet, not all of it UTF-8, in
            // UTF-16.
            (quoted("bXkgc2VjcmV0"), encoded("my x")),
            (quoted("c2VjcmV0IR=="), encoded("x!")),
            (quoted("bXkg\r\nc2VjcmV0IQ"), encoded("my x!")),
            (quoted("_3NlY3JldA"), encoded("\u{fffd}x")),
            (quoted("//5zAGUAYwByAGUAdAA="), encoded("x")),
            (r#"["secret"]"#.to_owned(), r#"["x"]"#.to_owned()),
            (quoted("iVBORw0KGgo="), quoted("iVBORw0KGgo=")),
        ] {
            assert_eq!(walked(&source, Form::Base64, &[]).0, expected, "{source}");
        }
    }

    #[test]
    fn what_is_exempt_is_not_shown() {
        let source = r#"{"a":{"b":"secret"},"c":"secret","d":"{\"a\":{\"b\":\"secret\"}}"}"#;
        let (text, seen) = walked(source, Form::Data, &["a.b"]);
        assert_eq!(
            text,
            r#"{"a":{"b":"secret"},"c":"x","d":"{\"a\":{\"b\":\"secret\"}}"}"#
        );
        assert!(
            !seen.iter().any(|seen| seen.starts_with("$.a.b")),
            "{seen:?}"
        );
    }

    #[test]
    fn texts_are_shown_with_their_keys_and_places() {
        let (_, seen) = walked(r#"{"a":[{"b":1}],"c":"{\"d\":2}"}"#, Form::Data, &[]);
        let expected = [
            "$ None a",
            "$.a[0] None b",
            r#"$.a[0].b Some("b") 1"#,
            "$ None c",
            "$.c None d",
            r#"$.c.d Some("d") 2"#,
        ];
        assert_eq!(seen, expected);
    }
}
