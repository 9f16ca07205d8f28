//! YAML as a tree of values with their places. The one file that knows YAML.
//!
//! A manifest is plain YAML 1.2: maps with text for keys, lists and scalars, in one document.
//! JSON is a part of that. Anchors, aliases, merge keys and tags are refused: a policy should
//! read as what it says, and nothing then expands.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::diagnostic::{Code, Diagnostic, quote};
use super::span::{Source, Span, Spanned};

/// The longest manifest, in bytes.
const MAX_BYTES: usize = 4 << 20;

/// The deepest nesting.
const MAX_DEPTH: usize = 64;

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Unique within its tree.
    pub(super) id: usize,
    pub(super) span: Span,
    pub(super) value: Value,
}

/// A value of YAML's core schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
    /// What cannot be read, and has been reported.
    Broken,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// Removes the node of this id (with its key, if it has one) from the tree below, and returns
    /// the place of the list or map that it was in.
    pub(super) fn prune(&mut self, id: usize) -> Option<Span> {
        let span = self.span;
        match &mut self.value {
            Value::List(items) => match items.iter().position(|item| item.id == id) {
                Some(index) => {
                    items.remove(index);
                    Some(span)
                }
                None => items.iter_mut().find_map(|item| item.prune(id)),
            },
            Value::Map(entries) => match entries.iter().position(|(_, item)| item.id == id) {
                Some(index) => {
                    entries.remove(index);
                    Some(span)
                }
                None => entries.iter_mut().find_map(|(_, item)| item.prune(id)),
            },
            Value::Null
            | Value::Bool(_)
            | Value::Unsigned(_)
            | Value::Signed(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Broken => None,
        }
    }
}

/// The tree of a text, or `None` if there is none to speak of. What is wrong with the text itself
/// is added to `diagnostics`; what cannot be kept of it is not in the tree.
pub(super) fn parse(source: &Source, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let start = Span { start: 0, end: 0 };
    if source.text().len() > MAX_BYTES {
        let message = format!("the manifest is longer than {} MiB", MAX_BYTES >> 20);
        diagnostics.push(Diagnostic::new(Code::TooLarge, start, message));
        return None;
    }
    let mut builder = Builder {
        source,
        diagnostics,
        open: Vec::new(),
        root: None,
        next_id: 0,
    };
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        emit_anchor_events: true,
        strict_indentation: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    for event in Parser::new_from_str_with_options(source.text(), options) {
        match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                builder.syntax(&error);
                return None;
            }
        }
    }
    let root = builder.root;
    if root.is_none() && diagnostics.is_empty() {
        diagnostics.push(Diagnostic::new(
            Code::Syntax,
            start,
            "the manifest is empty",
        ));
    }
    root
}

/// A list or map whose end has not come yet.
enum Open {
    List { span: Span, items: Vec<Node> },
    Map { span: Span, map: OpenMap },
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<(Spanned<String>, Node)>,
    seen: HashMap<String, Span>,
    key: Key,
}

/// What the next node of a map is.
#[derive(Default)]
enum Key {
    /// A key.
    #[default]
    Awaited,
    /// The value of this key.
    Read(Spanned<String>),
    /// The value of a key that is left out.
    LeftOut,
}

struct Builder<'a> {
    source: &'a Source,
    diagnostics: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    root: Option<Node>,
    next_id: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) {
        let tag = span.tag_span().map(|tag| self.span(tag));
        let span = self.span(span);
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(..) => {
                if self.root.is_some() {
                    self.refuse(span, "a second document", "a manifest is one document");
                }
            }
            Event::Scalar(text, style, _, tagged) => {
                self.tag(tagged.is_some().then_some(tag.unwrap_or(span)));
                self.scalar(span, &text, style);
            }
            Event::SequenceStart(_, _, tagged) => {
                self.tag(tagged.is_some().then_some(tag.unwrap_or(span)));
                self.open.push(Open::List {
                    span,
                    items: Vec::new(),
                });
            }
            Event::MappingStart(_, _, tagged) => {
                self.tag(tagged.is_some().then_some(tag.unwrap_or(span)));
                self.open.push(Open::Map {
                    span,
                    map: OpenMap::default(),
                });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(..) => {
                self.refuse(span, "anchors", "write the value out where it is used");
            }
            Event::Alias(_) => {
                self.refuse(span, "aliases", "write the value out where it is used");
                self.add(span, Value::Broken);
            }
            Event::UnresolvedAlias(_) => {
                let written = self.source.text().get(span.start..span.end).unwrap_or("*");
                let help = format!("a pattern that begins with `*` needs quotes: \"{written}\"");
                self.diagnostics.push(
                    Diagnostic::new(Code::YamlFeature, span, "aliases are not supported")
                        .label("YAML reads this as an alias")
                        .help(help),
                );
                self.add(span, Value::Broken);
            }
            _ => self.refuse(
                span,
                "a part of YAML that is not known here",
                "write it plainly",
            ),
        }
    }

    fn tag(&mut self, tag: Option<Span>) {
        if let Some(tag) = tag {
            self.refuse(tag, "tags", "quote a text that begins with `!`");
        }
    }

    fn refuse(&mut self, span: Span, what: &str, help: &str) {
        let verb = if what.starts_with("a ") { "is" } else { "are" };
        let message = format!("{what} {verb} not supported");
        self.diagnostics
            .push(Diagnostic::new(Code::YamlFeature, span, message).help(help.to_owned()));
    }

    fn scalar(&mut self, span: Span, text: &str, style: ScalarStyle) {
        let awaits_key = match self.open.last() {
            Some(Open::Map { map, .. }) => matches!(map.key, Key::Awaited),
            Some(Open::List { .. }) | None => false,
        };
        let value = if style == ScalarStyle::Plain && !awaits_key {
            resolve(text)
        } else {
            Value::Text(text.to_owned())
        };
        self.add(span, value);
    }

    fn close(&mut self, end: Span) {
        let (span, value) = match self.open.pop() {
            Some(Open::List { span, items }) => (span, Value::List(items)),
            Some(Open::Map { span, map }) => (span, Value::Map(map.entries)),
            None => return,
        };
        self.add(
            Span {
                start: span.start,
                end: end.end.max(span.end),
            },
            value,
        );
    }

    fn add(&mut self, span: Span, value: Value) {
        self.next_id += 1;
        let node = Node {
            id: self.next_id,
            span,
            value,
        };
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { map, .. }) => {
                let problem = map.add(node);
                self.diagnostics.extend(problem);
            }
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let start = self.offset(error.marker());
        let here = self.source.text().get(start..).unwrap_or("");
        let end = start + here.chars().next().map_or(0, char::len_utf8);
        let help = match here.chars().next() {
            Some('\t') => Some("indent with spaces".to_owned()),
            Some('{' | '}' | '[' | ']') => {
                Some("quote a text that has brackets, braces or `: ` in it".to_owned())
            }
            _ => None,
        };
        let message = format!("this is not YAML: {}", error.info());
        let code = match error.info().contains("limit") {
            true => Code::TooLarge,
            false => Code::Syntax,
        };
        self.diagnostics
            .push(Diagnostic::new(code, Span { start, end }, message).help(help));
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let start = self.offset(&span.start);
        Span {
            start,
            end: self.offset(&span.end).max(start),
        }
    }

    fn offset(&self, marker: &Marker) -> usize {
        // Markers of a text that is a `&str` have byte offsets; past the end is the end.
        marker
            .byte_offset()
            .unwrap_or(0)
            .min(self.source.text().len())
    }
}

impl OpenMap {
    fn add(&mut self, node: Node) -> Option<Diagnostic> {
        match std::mem::take(&mut self.key) {
            Key::Read(key) => {
                self.entries.push((key, node));
                None
            }
            Key::LeftOut => None,
            Key::Awaited => {
                self.key = Key::LeftOut;
                let Value::Text(key) = node.value else {
                    let message = "a key that is not a text is not supported";
                    return Some(Diagnostic::new(Code::YamlFeature, node.span, message));
                };
                if key == "<<" {
                    let message = "merge keys are not supported";
                    return Some(
                        Diagnostic::new(Code::YamlFeature, node.span, message)
                            .help("write the keys out where they are used".to_owned()),
                    );
                }
                if let Some(first) = self.seen.get(&key) {
                    let message = format!("the key {} stands twice", quote(&key));
                    return Some(
                        Diagnostic::new(Code::DuplicateKey, node.span, message)
                            .label("again")
                            .related(*first, "first here"),
                    );
                }
                self.seen.insert(key.clone(), node.span);
                self.key = Key::Read(Spanned {
                    value: key,
                    span: node.span,
                });
                None
            }
        }
    }
}

/// What an unquoted text means in YAML 1.2's core schema, octal and hexadecimal numbers left out.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !text.chars().all(numeric) || !text.contains(|c: char| c.is_ascii_digit()) {
        return Value::Text(text.to_owned());
    }
    if let Ok(number) = text.parse() {
        return Value::Unsigned(number);
    }
    if let Ok(number) = text.parse() {
        return Value::Signed(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let mut diagnostics = Vec::new();
        parse(&Source::new("test.yaml", text), &mut diagnostics);
        diagnostics
            .iter()
            .map(|found| found.code.as_str())
            .collect()
    }

    #[test]
    fn scalars() {
        let table = [
            ("", Value::Null),
            ("~", Value::Null),
            ("true", Value::Bool(true)),
            ("yes", Value::Text("yes".into())),
            ("12", Value::Unsigned(12)),
            ("-12", Value::Signed(-12)),
            ("1.5", Value::Float(1.5)),
            ("1e3", Value::Float(1000.0)),
            ("1e999", Value::Text("1e999".into())),
            ("2025-11-25", Value::Text("2025-11-25".into())),
            ("0x10", Value::Text("0x10".into())),
            (".inf", Value::Text(".inf".into())),
            ("-", Value::Text("-".into())),
        ];
        for (text, expected) in table {
            assert_eq!(resolve(text), expected, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "é: {a: \"b c\", d: [1, two]}\ne:\n  f: |\n    g\n";
        let source = Source::new("test.yaml", text);
        let root = parse(&source, &mut Vec::new()).unwrap();
        let mut found = Vec::new();
        let mut rest = vec![&root];
        while let Some(node) = rest.pop() {
            match &node.value {
                Value::Map(entries) => {
                    for (key, value) in entries {
                        found.push(text.get(key.span.start..key.span.end).unwrap());
                        rest.push(value);
                    }
                }
                Value::List(items) => rest.extend(items),
                Value::Null
                | Value::Bool(_)
                | Value::Unsigned(_)
                | Value::Signed(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Broken => {
                    found.push(text.get(node.span.start..node.span.end).unwrap());
                }
            }
        }
        found.sort_unstable();
        let expected = ["\"b c\"", "1", "a", "d", "e", "f", "g\n", "two", "é"];
        assert_eq!(found, expected);
    }

    #[test]
    fn json_is_yaml() {
        let json = r#"{"a": [1, -2, 1.5, true, null, "x\u00e9\n\/"], "b": {"c": {}}}"#;
        assert_eq!(codes(json), [""; 0]);
    }

    #[test]
    fn hostile_texts_end_early() {
        assert_eq!(codes(&"a".repeat(MAX_BYTES + 1)), ["E0104"]);
        assert_eq!(codes(&"[".repeat(100)), ["E0104"]);
        assert_eq!(codes(&format!("{}a", "- ".repeat(100))), ["E0104"]);
        let bomb = "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert_eq!(codes(bomb), ["E0103"; 6]);
        assert_eq!(codes(""), ["E0101"]);
        assert_eq!(codes("# only a comment\n"), ["E0101"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-c:,\\[\\]{}&*!|>'\"#?%@\\- \\n\té]{0,60}") {
            drop(crate::manifest::load("test.yaml", &text));
        }
    }
}
