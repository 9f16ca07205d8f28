//! The strict reader, the views of what it accepts, and what splicing makes of it.

use sluice::json::{
    Document, EndDetector, Error, ErrorKind, Limits, LoneSurrogates, Splice, Value, quoted,
};

use crate::tree::Tree;

/// Checks all that must hold of a document. Its bytes decide how it is edited and cut.
///
/// # Panics
///
/// Panics if something does not hold.
pub fn check(data: &[u8]) {
    let strict = Document::parse(data, &Limits::default());
    agrees_with_serde(data, &strict);
    mends(data, &strict);
    ends(data, &strict);
    if let Ok(document) = &strict {
        views(document);
        splices(document, seed(data));
    }
}

/// A number that depends on all of `data`, by which edits are chosen (FNV-1a).
fn seed(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// What Sluice accepts `serde_json` reads as the same; what it refuses `serde_json` refuses too, or
/// it is something that parsers read in different ways.
fn agrees_with_serde(data: &[u8], strict: &Result<Document<'_>, Error>) {
    let theirs = Tree::read(data);
    match (strict, theirs) {
        (Ok(document), Ok(theirs)) => {
            assert_eq!(Tree::of(document.root()), theirs);
            assert!(!theirs.has_duplicates());
        }
        (Ok(_), Err(error)) => panic!("only Sluice accepts it: {error}"),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(theirs)) => match error.kind {
            ErrorKind::DuplicateKey => assert!(theirs.has_duplicates()),
            ErrorKind::TooDeep | ErrorKind::NumberTooLong => {}
            // What is near the largest double is infinity to some readers only.
            ErrorKind::NumberNotFinite => assert!(has_infinite(&theirs)),
            _ => panic!("only serde_json accepts it: {error}"),
        },
    }
    if let Err(error) = strict {
        assert!(error.offset <= data.len(), "{error}");
    }
}

/// Whether the nearest double of some number is infinity, or the largest there is.
fn has_infinite(tree: &Tree) -> bool {
    match tree {
        Tree::Null | Tree::Bool(_) | Tree::String(_) => false,
        Tree::Number(text) => text
            .parse::<f64>()
            .is_ok_and(|value| value.abs() >= f64::MAX),
        Tree::Array(elements) => elements.iter().any(has_infinite),
        Tree::Object(members) => members.iter().any(|(_, value)| has_infinite(value)),
    }
}

/// A reader that mends half characters takes what the strict one takes, and what it takes besides
/// the strict one takes once it is mended, as the same value.
fn mends(data: &[u8], strict: &Result<Document<'_>, Error>) {
    let limits = Limits {
        lone_surrogates: LoneSurrogates::Replace,
        ..Limits::default()
    };
    let Ok(document) = Document::parse(data, &limits) else {
        assert!(strict.is_err(), "only the strict reader accepts it");
        return;
    };
    let mut splice = Splice::new(document.source());
    splice.replace_lone_surrogates(&document);
    let refused = strict.as_ref().err().map(|error| error.kind);
    let expected = (!splice.is_empty()).then_some(ErrorKind::LoneSurrogate);
    assert_eq!(refused, expected);
    let mended = splice.finish();
    let again = Document::parse(mended.as_bytes(), &Limits::default()).expect("mended");
    assert_eq!(Tree::of(again.root()), Tree::of(document.root()));
}

/// The end is seen at the same byte however a document is cut, and where the reader sees it.
fn ends(data: &[u8], strict: &Result<Document<'_>, Error>) {
    let mut detector = EndDetector::new();
    let closed = data.iter().position(|byte| detector.push(&[*byte]));
    assert_eq!(EndDetector::new().push(data), closed.is_some());
    let middle = (seed(data) as usize).checked_rem(data.len()).unwrap_or(0);
    let (before, after) = data.split_at(middle);
    let mut detector = EndDetector::new();
    assert_eq!(
        detector.push(before),
        closed.is_some_and(|end| end < middle)
    );
    assert_eq!(detector.push(after), closed.is_some());
    if let Ok(document) = strict {
        let root = document.root();
        let end = (root.is_array() || root.is_object()).then(|| root.span().end - 1);
        assert_eq!(closed, end);
    }
}

/// A view's text is a document of its own, which says the same.
fn views(document: &Document<'_>) {
    let root = document.root();
    assert_eq!(
        root.raw(),
        document.source().trim_matches([' ', '\t', '\r', '\n'])
    );
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        assert_eq!(document.source().get(value.span()), Some(value.raw()));
        open.extend(value.elements());
        for member in value.members() {
            let found = value.get(&member.key()).expect("a member by its key");
            assert_eq!(found.span(), member.value().span());
            assert!(member.span().end == member.value().span().end);
            open.push(member.value());
        }
        if let Some(text) = value.as_str() {
            let quoted = quoted(&text);
            let again = Document::parse(quoted.as_bytes(), &Limits::default()).expect("quoted");
            assert_eq!(again.root().as_str(), Some(text));
        }
    }
    for value in root.elements().chain(root.members().map(|m| m.value())) {
        let alone = Document::parse(value.raw().as_bytes(), &Limits::default()).expect("a view");
        assert_eq!(Tree::of(alone.root()), Tree::of(value));
    }
}

/// What a splice writes is what the same edits make of the tree; without edits it is the source.
fn splices(document: &Document<'_>, seed: u64) {
    assert_eq!(Splice::new(document.source()).finish(), document.source());
    let mut splice = Splice::new(document.source());
    let expected = edit(document.root(), &mut Choices(seed), &mut splice);
    let written = splice.finish();
    let limits = Limits {
        depth: usize::MAX,
        ..Limits::default()
    };
    let again = Document::parse(written.as_bytes(), &limits).expect("spliced");
    assert_eq!(Tree::of(again.root()), expected, "{written}");
}

/// Small numbers that decide what is edited (xorshift).
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % limit
    }
}

/// Edits some of what `value` holds, and tells what becomes of it.
fn edit<'d>(value: Value<'d>, choices: &mut Choices, splice: &mut Splice<'_>) -> Tree {
    let mut tree = match Tree::of(value) {
        Tree::Array(_) => Tree::Array(edit_elements(value, choices, splice)),
        Tree::Object(_) => Tree::Object(edit_members(value, choices, splice)),
        other => other,
    };
    if choices.below(16) == 0 {
        splice.replace(value, "[0]");
        tree = Tree::Array(vec![Tree::Number("0".to_owned())]);
    }
    tree
}

fn edit_elements<'d>(
    array: Value<'d>,
    choices: &mut Choices,
    splice: &mut Splice<'_>,
) -> Vec<Tree> {
    let mut kept = Vec::new();
    let appetite = choices.below(4);
    splice.remove_elements(array, |_| {
        kept.push(choices.below(4) >= appetite);
        kept.last() == Some(&false)
    });
    let elements = array.elements().zip(kept);
    let edited = elements.map(|(element, kept)| (edit(element, choices, splice), kept));
    let stay = edited.filter(|(_, kept)| *kept);
    stay.map(|(element, _)| element).collect()
}

fn edit_members<'d>(
    object: Value<'d>,
    choices: &mut Choices,
    splice: &mut Splice<'_>,
) -> Vec<(String, Tree)> {
    let mut members = Vec::new();
    let appetite = choices.below(4);
    for member in object.members() {
        let key = member.key();
        let edited = edit(member.value(), choices, splice);
        if choices.below(4) < appetite {
            assert!(splice.remove_member(object, &key));
        } else {
            members.push((key.into_owned(), edited));
        }
    }
    if choices.below(4) == 0 {
        let key = object
            .members()
            .next()
            .map_or_else(String::new, |m| m.key().into_owned());
        splice.insert_member(object, &key, "null");
        members.retain(|(other, _)| *other != key);
        members.push((key, Tree::Null));
    }
    members
}
