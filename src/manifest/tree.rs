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
            | Value::Text(_) => None,
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
            Event::Scalar(text, style, anchor, tagged) => {
                self.properties(
                    span,
                    anchor,
                    tagged.is_some().then_some(tag.unwrap_or(span)),
                );
                self.scalar(span, &text, style);
            }
            Event::SequenceStart(_, anchor, tagged) => {
                self.properties(
                    span,
                    anchor,
                    tagged.is_some().then_some(tag.unwrap_or(span)),
                );
                self.open.push(Open::List {
                    span,
                    items: Vec::new(),
                });
            }
            Event::MappingStart(_, anchor, tagged) => {
                self.properties(
                    span,
                    anchor,
                    tagged.is_some().then_some(tag.unwrap_or(span)),
                );
                self.open.push(Open::Map {
                    span,
                    map: OpenMap::default(),
                });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                let written = self.source.text().get(span.start..span.end).unwrap_or("*");
                let help = format!("a pattern that begins with `*` needs quotes: \"{written}\"");
                self.diagnostics.push(
                    Diagnostic::new(Code::YamlFeature, span, "aliases are not supported")
                        .label("YAML reads this as an alias")
                        .help(help),
                );
                // A text keeps the shape of what is around.
                self.add(span, Value::Text(written.to_owned()));
            }
            _ => self.refuse(
                span,
                "a part of YAML that is not known here",
                "write it plainly",
            ),
        }
    }

    fn properties(&mut self, span: Span, anchor: usize, tag: Option<Span>) {
        if anchor != 0 {
            self.refuse(span, "anchors", "write the value out where it is used");
        }
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
