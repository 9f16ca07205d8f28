//! The reader and the splice against `serde_json`, on documents that nobody thought of.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

/// The value as `serde_json` would hold it.
fn naive(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Null => Json::Null,
        Kind::Bool => value.as_bool().unwrap().into(),
        Kind::Number => serde_json::from_str(value.as_number().unwrap()).unwrap(),
        Kind::String => value.as_str().unwrap().into(),
        Kind::Array => value.elements().map(naive).collect(),
        Kind::Object => value
            .members()
            .map(|member| (member.key().into_owned(), naive(member.value())))
            .collect(),
    }
}

/// What stands in a [`tree`] for half characters, which no Rust string has.
const HALVES: [(char, u16); 2] = [('\u{e000}', 0xd83d), ('\u{e001}', 0xde00)];

/// Text with the characters that matter to a parser more often than chance has them.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('a', 'c'),
        2 => prop::sample::select(vec!['"', '\\', '/', '\u{8}', '\u{c}', '\n', '\0', '\u{1f}', '\u{7f}']),
        1 => prop::sample::select(vec!['é', '\u{2028}', '\u{feff}', '\u{ffff}', '😀']),
        1 => any::<char>(),
    ];
    let character = character.prop_filter("not of a half", |c| HALVES.iter().all(|(h, _)| h != c));
    prop::collection::vec(character, 0..12).prop_map(String::from_iter)
}

fn text_with_halves() -> impl Strategy<Value = String> {
    let half = prop::sample::select(HALVES.map(|(half, _)| half.to_string()).to_vec());
    prop::collection::vec(prop_oneof![2 => half, 1 => text()], 0..6)
        .prop_map(|parts| parts.concat())
}

fn tree() -> impl Strategy<Value = Json> {
    tree_of(text().boxed())
}

/// A tree whose values have such strings. Those of its keys are plain.
fn tree_of(strings: BoxedStrategy<String>) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        // With few bits in the fraction, so that no way of writing it loses any.
        any::<i32>().prop_map(|number| Json::from(f64::from(number) / 8.0)),
        strings.prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Json::from),
            prop::collection::btree_map(text(), inner, 0..20)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Small numbers that decide how a document is written and edited.
struct Choices(std::iter::Cycle<std::vec::IntoIter<u8>>);

impl Choices {
    fn new(seed: Vec<u8>) -> Self {
        Self(seed.into_iter().cycle())
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.0.next().unwrap_or(0) % limit
    }
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..200)
}

/// Writes `json` in one of the many ways in which it can be written.
fn write(out: &mut String, json: &Json, choices: &mut Choices) {
    space(out, choices);
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => out.push_str(&json.to_string()),
        Json::String(text) => write_text(out, text, choices),
        Json::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write(out, element, choices);
            }
            space(out, choices);
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                space(out, choices);
                write_text(out, key, choices);
                space(out, choices);
                out.push(':');
                write(out, value, choices);
            }
            space(out, choices);
            out.push('}');
        }
    }
    space(out, choices);
}

fn space(out: &mut String, choices: &mut Choices) {
    for _ in 0..choices.below(4) {
        out.push([' ', '\n', '\r', '\t'][usize::from(choices.below(4))]);
    }
}

fn write_text(out: &mut String, text: &str, choices: &mut Choices) {
    if choices.below(3) > 0 {
        return write_string(out, text);
    }
    out.push('"');
    for character in text.chars() {
        if choices.below(2) == 0 {
            let quoted = serde_json::to_string(&character).unwrap();
            out.push_str(quoted.get(1..quoted.len() - 1).unwrap());
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.push('"');
}

fn written() -> impl Strategy<Value = (Json, String)> {
    (tree(), choices()).prop_map(|(json, seed)| {
        let mut source = String::new();
        write(&mut source, &json, &mut Choices::new(seed));
        (json, source)
    })
}

/// A document with half characters, and what it means to a reader that replaces them.
fn written_with_halves() -> impl Strategy<Value = (Json, String)> {
    (tree_of(text_with_halves().boxed()), choices()).prop_map(|(mut json, seed)| {
        let mut source = String::new();
        write(&mut source, &json, &mut Choices::new(seed));
        for (half, unit) in HALVES {
            let escape = format!("\\u{unit:04x}");
            source = source.replace(half, &escape);
            source = source.replace(&format!("\\u{:04x}", u32::from(half)), &escape);
        }
        lose_halves(&mut json);
        (json, source)
    })
}

/// Makes of the strings what UTF-16 with their half characters in it is, read lossily.
fn lose_halves(json: &mut Json) {
    match json {
        Json::String(text) => {
            let units = text.encode_utf16().map(|unit| {
                let mut halves = HALVES
                    .iter()
                    .filter(|(half, _)| u32::from(*half) == u32::from(unit));
                halves.next().map_or(unit, |(_, half)| *half)
            });
            *text = String::from_utf16_lossy(&units.collect::<Vec<_>>());
        }
        Json::Array(elements) => elements.iter_mut().for_each(lose_halves),
        Json::Object(members) => members.values_mut().for_each(lose_halves),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A reader that replaces half characters takes what the strict one takes; what it takes besides,
/// the strict one takes once they are replaced, and both and `serde_json` read the same.
fn check_replacing(bytes: &[u8]) -> Result<(), TestCaseError> {
    let strict = Document::parse(bytes, &Limits::default());
    let limits = Limits {
        lone_surrogates: LoneSurrogates::Replace,
        ..Limits::default()
    };
    let document = match (Document::parse(bytes, &limits), &strict) {
        (Ok(document), _) => document,
        (Err(_), Ok(_)) => return Err(TestCaseError::fail("only the strict reader accepts it")),
        (Err(_), Err(_)) => return Ok(()),
    };
    let mut splice = Splice::new(document.source());
    splice.replace_lone_surrogates(&document);
    let kind = strict.as_ref().err().map(|error| error.kind);
    prop_assert_eq!(
        kind,
        (!splice.is_empty()).then_some(ErrorKind::LoneSurrogate)
    );

    let repaired = splice.finish();
    let reread = Document::parse(repaired.as_bytes(), &Limits::default());
    prop_assert!(reread.is_ok(), "{} is refused", repaired);
    let read = naive(document.root());
    prop_assert_eq!(&naive(reread.unwrap().root()), &read);
    prop_assert_eq!(serde_json::from_str::<Json>(&repaired).unwrap(), read);
    prop_assert_eq!(repaired.len(), bytes.len());
    Ok(())
}

/// The reader is as strict as `serde_json`, reads the same, and is stricter only where it says.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_slice::<Json>(bytes);
    match (Document::parse(bytes, &Limits::default()), theirs) {
        (Ok(document), Ok(theirs)) => prop_assert_eq!(naive(document.root()), theirs),
        (Ok(_), Err(error)) => prop_assert!(false, "only the reader accepts it: {}", error),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) => prop_assert!(
            matches!(
                error.kind,
                ErrorKind::DuplicateKey | ErrorKind::TooDeep | ErrorKind::NumberTooLong
            ),
            "{}",
            error
        ),
    }
    check_replacing(bytes)?;
    let mut whole = EndDetector::new();
    let mut pieces = EndDetector::new();
    let closed = whole.push(bytes);
    let in_pieces = bytes.iter().fold(false, |_, byte| pieces.push(&[*byte]));
    prop_assert_eq!(closed, in_pieces);
    Ok(())
}

/// One edit, as the splice takes it.
enum Edit<'d> {
    Replace(Value<'d>, String),
    RemoveElement(Value<'d>, usize),
    RemoveMember(Value<'d>, String),
    RemoveMembers(Value<'d>, Vec<String>),
    Insert(Value<'d>, String, String),
}

impl Edit<'_> {
    fn make(&self, splice: &mut Splice<'_>) -> Result<(), TestCaseError> {
        match self {
            Edit::Replace(value, json) => splice.replace(*value, json.clone()),
            Edit::RemoveElement(array, index) => {
                let mut position = 0..;
                let removed = splice.remove_elements(*array, |_| position.next() == Some(*index));
                prop_assert_eq!(removed, 1);
            }
            Edit::RemoveMember(object, key) => prop_assert!(splice.remove_member(*object, key)),
            Edit::RemoveMembers(object, keys) => {
                let named = |member: Member<'_>| keys.iter().any(|key| member.has_key(key));
                let count = splice.remove_members(*object, named);
                prop_assert_eq!(count, keys.len());
            }
            Edit::Insert(object, key, json) => splice.insert_member(*object, key, json),
        }
        Ok(())
    }
}

/// Thinks of edits to everything in `value` and makes them the naive way; also notes the source of
/// what no edit touches, in order.
fn plan<'d>(
    value: Value<'d>,
    choices: &mut Choices,
    edits: &mut Vec<Edit<'d>>,
    untouched: &mut Vec<&'d str>,
) -> Json {
    let (edits_before, untouched_before) = (edits.len(), untouched.len());
    let mut result = match value.kind() {
        Kind::Array => Json::Array(plan_elements(value, choices, edits, untouched)),
        Kind::Object => Json::Object(plan_members(value, choices, edits, untouched)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => naive(value),
    };
    if choices.below(16) == 0 {
        result = Json::from(choices.below(255));
        edits.push(Edit::Replace(value, result.to_string()));
        untouched.truncate(untouched_before);
    } else if edits.len() == edits_before {
        untouched.truncate(untouched_before);
        untouched.push(value.raw());
    }
    result
}

fn plan_elements<'d>(
    array: Value<'d>,
    choices: &mut Choices,
    edits: &mut Vec<Edit<'d>>,
    untouched: &mut Vec<&'d str>,
) -> Vec<Json> {
    let appetite = choices.below(4);
    let mut elements = Vec::new();
    for (index, element) in array.elements().enumerate() {
        let before = untouched.len();
        let planned = plan(element, choices, edits, untouched);
        if choices.below(4) < appetite {
            edits.push(Edit::RemoveElement(array, index));
            untouched.truncate(before);
        } else {
            elements.push(planned);
        }
    }
    elements
}

fn plan_members<'d>(
    object: Value<'d>,
    choices: &mut Choices,
    edits: &mut Vec<Edit<'d>>,
    untouched: &mut Vec<&'d str>,
) -> serde_json::Map<String, Json> {
    let appetite = choices.below(4);
    let mut members = serde_json::Map::new();
    let mut inserted = Vec::new();
    let mut together = Vec::new();
    for member in object.members() {
        let before = untouched.len();
        let colon = member.value().span().start - object.span().start;
        let start = member.span().start - object.span().start;
        untouched.push(object.raw().get(start..colon).unwrap());
        let planned = plan(member.value(), choices, edits, untouched);
        let key = member.key().into_owned();
        if choices.below(4) < appetite {
            untouched.truncate(before);
            match choices.below(4) {
                0 => inserted.push(key),
                1 => edits.push(Edit::RemoveMember(object, key)),
                _ => together.push(key),
            }
        } else {
            members.insert(key, planned);
        }
    }
    if !together.is_empty() {
        edits.push(Edit::RemoveMembers(object, together));
    }
    for number in 0..choices.below(4).saturating_sub(1) {
        inserted.push(format!("inserted \" {number}"));
    }
    for key in inserted {
        let json = Json::from(vec![choices.below(255)]);
        edits.push(Edit::Insert(object, key.clone(), json.to_string()));
        members.insert(key, json);
    }
    members
}

proptest! {
    #[test]
    fn what_is_written_is_read((json, source) in written()) {
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(naive(document.root()), json);
        prop_assert_eq!(document.root().raw(), source.trim());
        check(source.as_bytes())?;
    }

    #[test]
    fn strings_are_written_as_they_are_read(text in text()) {
        prop_assert_eq!(serde_json::from_str::<String>(&quoted(&text)).unwrap(), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        check(&bytes)?;
    }

    #[test]
    fn anything_like_json_is_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "u", "0", "1", "-", ".", "e", "+", " ",
            "true", "false", "null", "\"a\"", "\"a\":", "\\u0061", "\\ud83d", "\\ude00", "é",
        ]), 0..20),
    ) {
        check(pieces.concat().as_bytes())?;
    }

    #[test]
    fn damaged_json_is_read_or_refused(
        (_, source) in written(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5), 1..4),
    ) {
        let mut bytes = source.into_bytes();
        let telling = b"{}[],:\"\\u0e-. \n\x00\x1f\xff\xc3";
        for (index, byte, how) in damages {
            let at = index.index(bytes.len());
            let byte = telling.get(usize::from(byte)).copied().unwrap_or(byte);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if bytes.len() > 1 => { bytes.remove(at); }
                3 => bytes.truncate(at + 1),
                _ => { let tail = bytes[at..].to_vec(); bytes.extend(tail); }
            }
        }
        check(&bytes)?;
    }

    #[test]
    fn splicing_equals_the_naive_way(
        (_, source) in written(),
        seed in choices(),
        order in choices(),
    ) {
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let (mut edits, mut untouched) = (Vec::new(), Vec::new());
        let expected =
            plan(document.root(), &mut Choices::new(seed), &mut edits, &mut untouched);
        let mut order = Choices::new(order);
        edits.sort_by_cached_key(|_| order.below(255));

        let mut splice = Splice::new(document.source());
        prop_assert_eq!(splice.is_empty(), true);
        for edit in &edits {
            edit.make(&mut splice)?;
        }
        prop_assert_eq!(splice.is_empty(), edits.is_empty());

        let output = splice.finish();
        let reread = Document::parse(output.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(naive(reread.root()), expected);
        if edits.is_empty() {
            prop_assert_eq!(&output, &source);
        }
        let mut rest = output.as_str();
        for raw in untouched {
            let Some((_, after)) = rest.split_once(raw) else {
                return Err(TestCaseError::fail(format!("{raw} is not kept in {output}")));
            };
            rest = after;
        }
    }

    #[test]
    fn half_characters_are_read_lossily((json, source) in written_with_halves()) {
        let limits = Limits { lone_surrogates: LoneSurrogates::Replace, ..Limits::default() };
        let document = Document::parse(source.as_bytes(), &limits).unwrap();
        prop_assert_eq!(naive(document.root()), json);
        check(source.as_bytes())?;
    }

    #[test]
    fn edits_go_before_half_characters(
        (_, source) in written_with_halves(),
        seed in choices(),
        at in any::<prop::sample::Index>(),
    ) {
        let limits = Limits { lone_surrogates: LoneSurrogates::Replace, ..Limits::default() };
        let document = Document::parse(source.as_bytes(), &limits).unwrap();
        let mut edits = Vec::new();
        let expected =
            plan(document.root(), &mut Choices::new(seed), &mut edits, &mut Vec::new());

        let mut splice = Splice::new(document.source());
        let (before, after) = edits.split_at(at.index(edits.len() + 1));
        before.iter().try_for_each(|edit| edit.make(&mut splice))?;
        splice.replace_lone_surrogates(&document);
        after.iter().try_for_each(|edit| edit.make(&mut splice))?;
        let output = splice.finish();
        let reread = Document::parse(output.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(naive(reread.root()), expected);
    }
}
