//! Labelled data, read from a directory.
//!
//! A `*.json` file is a list of `{full_text, spans: [{entity_type, start_position, end_position}]}`,
//! the format of presidio-research; positions count characters. A `*.jsonl` file has an object a
//! line, `{label, text_base64}` and, where known, `source`, `rule` and `name`.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// All labelled data of a directory.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    /// Texts with spans, a set a file.
    pub(crate) texts: Vec<TextSet>,
    /// Examples that hold a secret or none, a set a file.
    pub(crate) examples: Vec<ExampleSet>,
    /// What is odd about the data and does not keep it from being used.
    pub(crate) notes: Vec<String>,
}

/// Texts in which entities are labelled.
#[derive(Debug)]
pub(crate) struct TextSet {
    pub(crate) file: String,
    pub(crate) texts: Vec<Text>,
}

#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) spans: Vec<Span>,
}

#[derive(Debug)]
pub(crate) struct Span {
    /// The name of the entity, as the data has it.
    pub(crate) label: String,
    /// In bytes.
    pub(crate) range: Range<usize>,
}

/// Texts of which each is an example or a counter-example of a secret.
#[derive(Debug)]
pub(crate) struct ExampleSet {
    pub(crate) file: String,
    pub(crate) examples: Vec<Example>,
}

#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) source: String,
    pub(crate) rule: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) text: String,
}

impl Corpus {
    /// Reads every file of a known shape in `directory`.
    pub(crate) fn read(directory: &Path) -> Result<Self, String> {
        let mut corpus = Self::default();
        for path in files(directory)? {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let content = fs::read_to_string(&path)
                .map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
            let extension = path.extension().unwrap_or_default();
            if extension == "json" {
                corpus.read_texts(&file, &content)?;
            } else if extension == "jsonl" {
                corpus.read_examples(&file, &content)?;
            }
        }
        if corpus.texts.is_empty() && corpus.examples.is_empty() {
            let notes = corpus.notes.join("; ");
            return Err(format!(
                "`{}` has no labelled data: give a directory with `*.json` (a list of texts with \
                 `full_text` and `spans`) or `*.jsonl` (a line each with `label` and \
                 `text_base64`){}{notes}",
                directory.display(),
                if notes.is_empty() { "" } else { "; " },
            ));
        }
        Ok(corpus)
    }

    fn read_texts(&mut self, file: &str, content: &str) -> Result<(), String> {
        let value: Value =
            serde_json::from_str(content).map_err(|error| format!("{file}: {error}"))?;
        let is_text = |item: &Value| item.get("full_text").is_some();
        let items = match value {
            Value::Array(items) if items.iter().any(is_text) => items,
            Value::Array(_)
            | Value::Object(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_) => {
                let note = format!("{file} is left out: it is no list of texts with `full_text`");
                self.notes.push(note);
                return Ok(());
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        let mut misplaced = 0;
        for (index, item) in items.into_iter().enumerate() {
            let raw: RawText = serde_json::from_value(item)
                .map_err(|error| format!("{file}, text {index}: {error}"))?;
            let text = raw
                .read(&mut misplaced)
                .map_err(|error| format!("{file}, text {index}: {error}"))?;
            texts.push(text);
        }
        if misplaced > 0 {
            self.notes.push(format!(
                "{file}: {misplaced} spans have another `entity_value` than the text has at their \
                 positions (in characters); they are taken by position"
            ));
        }
        let file = file.to_owned();
        self.texts.push(TextSet { file, texts });
        Ok(())
    }

    fn read_examples(&mut self, file: &str, content: &str) -> Result<(), String> {
        let mut examples = Vec::new();
        let lines = content.lines().enumerate();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let read = || -> Result<Example, String> {
                let raw: RawExample =
                    serde_json::from_str(line).map_err(|error| error.to_string())?;
                raw.read()
            };
            let example = read().map_err(|error| format!("{file}, line {}: {error}", index + 1))?;
            examples.push(example);
        }
        let file = file.to_owned();
        match examples.is_empty() {
            true => self.notes.push(format!("{file} is left out: it is empty")),
            false => self.examples.push(ExampleSet { file, examples }),
        }
        Ok(())
    }
}

/// The files of a directory, by name.
fn files(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error| {
        format!(
            "can't read the directory `{}`: {error}",
            directory.display()
        )
    };
    let entries = fs::read_dir(directory).map_err(wrong)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(wrong)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[derive(Debug, Deserialize)]
struct RawText {
    full_text: String,
    #[serde(default)]
    spans: Vec<RawSpan>,
}

#[derive(Debug, Deserialize)]
struct RawSpan {
    entity_type: String,
    entity_value: Option<String>,
    /// In characters.
    start_position: usize,
    /// In characters, exclusive.
    end_position: usize,
}

impl RawText {
    /// Counts the spans of which value and position do not agree.
    fn read(self, misplaced: &mut usize) -> Result<Text, String> {
        let text = self.full_text;
        // Where each character begins, and where the last one ends.
        let bytes: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let mut spans = Vec::with_capacity(self.spans.len());
        for span in self.spans {
            let range = match (bytes.get(span.start_position), bytes.get(span.end_position)) {
                (Some(start), Some(end)) if start < end => *start..*end,
                _ => {
                    let Range { start, end } = span.start_position..span.end_position;
                    return Err(format!(
                        "the span {start}–{end} is not in the text, which has {} characters",
                        bytes.len() - 1
                    ));
                }
            };
            let labelled = text.get(range.clone()).unwrap_or_default();
            if span.entity_value.is_some_and(|value| value != labelled) {
                *misplaced += 1;
            }
            let label = span.entity_type;
            spans.push(Span { label, range });
        }
        Ok(Text { text, spans })
    }
}

#[derive(Debug, Deserialize)]
struct RawExample {
    #[serde(default)]
    source: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    name: String,
    label: String,
    text_base64: String,
}

impl RawExample {
    fn read(self) -> Result<Example, String> {
        let bytes = STANDARD
            .decode(self.text_base64.trim())
            .map_err(|error| format!("`text_base64`: {error}"))?;
        Ok(Example {
            source: self.source,
            rule: self.rule,
            name: self.name,
            label: self.label,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}
