//! JSON in texts: whole, or a value a line.

use crate::json::{Document, Kind, Limits, LoneSurrogates, Value};

/// What JSON in texts may be.
const JSON: Limits = Limits {
    depth: 128,
    number_digits: 1024,
    lone_surrogates: LoneSurrogates::Replace,
};

#[cfg(test)]
thread_local! {
    /// How many bytes were read as JSON.
    pub(super) static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The JSON that a text is, if it has members or elements: an object, an array, or a string that
/// holds one.
pub(super) fn parse(text: &str) -> Option<Document<'_>> {
    if !may_be_json(text) {
        return None;
    }
    let document = read(text)?;
    match document.root().kind() {
        Kind::Object | Kind::Array => Some(document),
        Kind::String => {
            let inner = document.root().as_str().unwrap_or_default();
            let holds_others = parse(&inner).is_some();
            holds_others.then_some(document)
        }
        Kind::Null | Kind::Bool | Kind::Number => None,
    }
}

/// The object or array that a text is.
pub(super) fn parse_whole(text: &str) -> Option<Document<'_>> {
    parse(text).filter(|document| document.root().kind() != Kind::String)
}

fn read(text: &str) -> Option<Document<'_>> {
    #[cfg(test)]
    PARSED.set(PARSED.get() + text.len());
    Document::parse(text.as_bytes(), &JSON).ok()
}

fn may_be_json(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['{', '[', '"']) && text.ends_with(['}', ']', '"'])
}

/// The lines of a text with the JSON that each is, if it has a value on each line that is not empty,
/// and members or elements in some.
pub(super) fn lines(text: &str) -> Option<Vec<(&str, Option<Document<'_>>)>> {
    let mut lines = Vec::new();
    let mut has_others = false;
    for line in text.split_inclusive('\n') {
        let document = match line.trim().is_empty() {
            true => None,
            false => Some(read(line)?),
        };
        let root = document.as_ref().map(Document::root);
        has_others |= root.is_some_and(holds_others);
        lines.push((line, document));
    }
    has_others.then_some(lines)
}

/// Whether a value has members or elements of its own, be it in the JSON that it holds, or seems to.
pub(super) fn holds_others(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Object | Kind::Array => true,
        Kind::String => value.as_str().is_some_and(|text| {
            parse(&text).is_some() || lines(&text).is_some() || seems_to_have_members(&text)
        }),
        Kind::Null | Kind::Bool | Kind::Number => false,
    }
}

/// Whether a text begins as JSON does that has members or elements.
pub(super) fn begins_as_json(text: &str) -> bool {
    text.trim_start_matches(is_before).starts_with(['{', '['])
}

/// Whether a text begins as an object with members, or a list of such. A string among others, such
/// as a title, may well begin with a bracket.
pub(super) fn seems_to_have_members(text: &str) -> bool {
    let text = text.trim_start_matches(|c| is_before(c) || c == '[');
    let inside = text.strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with(['"', '\'', '\\']))
}

/// What may stand before the first bracket, with the quote of a string that holds the rest.
fn is_before(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '"')
}
