//! What the parts of a message say.

use std::borrow::Cow;
use std::collections::HashMap;

use super::nested;
use crate::guardrail::{Failure, Form, Input, Part, PathPattern, Segment, base64};
use crate::json::Value;

/// A list of blocks. Some servers put each row into a block of its own.
pub(super) struct Blocks<'p, 'd> {
    pub(super) part: &'p Part<'d>,
    pub(super) count: usize,
    /// Whether each holds an object or an array.
    pub(super) are_rows: bool,
}

/// A part, and what it says.
pub(super) struct Source<'p, 'd> {
    pub(super) part: &'p Part<'d>,
    pub(super) text: Cow<'d, str>,
    pub(super) kind: Said,
    /// Whether the text is written in base64.
    pub(super) is_encoded: bool,
    /// In which lists it lies, and in which block of each.
    pub(super) blocks: Vec<(usize, usize)>,
}

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// JSON of its own.
    Data,
    /// JSON in a text.
    Json,
    /// A text with a JSON value a line.
    Lines,
    /// Any other text.
    Plain,
}

impl Said {
    /// Whether it is made smaller by making arrays and strings in it smaller.
    pub(super) const fn is_json(self) -> bool {
        matches!(self, Self::Data | Self::Json)
    }
}

/// The lists of blocks, and the parts that hold texts or JSON.
pub(super) type Read<'p, 'd> = (Vec<Blocks<'p, 'd>>, Vec<Source<'p, 'd>>);

/// Reads all parts that are not exempt.
pub(super) fn read<'p, 'd>(input: &Input<'p, 'd>) -> Result<Read<'p, 'd>, Failure> {
    let is_exempt = |part: &Part<'_>| input.exempt.iter().any(|it| covers(it, part));
    let parts = || input.parts.iter().filter(|part| !is_exempt(part));
    let is_list = |part: &&Part<'_>| part.form == Form::Blocks;
    let lists: Vec<_> = parts().filter(is_list).map(list).collect();
    let paths: HashMap<&[Segment<'_>], usize> = lists
        .iter()
        .enumerate()
        .map(|(at, list)| (list.part.path.0.as_slice(), at))
        .collect();
    let mut sources = Vec::new();
    for part in parts().filter(|part| !is_list(part)) {
        if let Some(mut source) = source(part)? {
            source.blocks = blocks(part, &paths);
            sources.push(source);
        }
    }
    Ok((lists, sources))
}

fn covers(pattern: &PathPattern, part: &Part<'_>) -> bool {
    pattern.covers(&part.path.0)
}

/// In which blocks of which lists a part lies.
fn blocks(part: &Part<'_>, lists: &HashMap<&[Segment<'_>], usize>) -> Vec<(usize, usize)> {
    let path = &part.path.0;
    let ways = path.iter().enumerate();
    let block = |(length, segment): (usize, &Segment<'_>)| {
        let Segment::Index(at) = segment else {
            return None;
        };
        Some((*lists.get(path.get(..length)?)?, *at))
    };
    ways.filter_map(block).collect()
}

fn list<'p, 'd>(part: &'p Part<'d>) -> Blocks<'p, 'd> {
    let is_row = |block: Value<'_>| {
        let text = block.get("text").and_then(Value::as_str);
        text.is_some_and(|text| nested::parse_whole(&text).is_some())
    };
    Blocks {
        part,
        count: part.value.elements().count(),
        are_rows: part.value.elements().all(is_row),
    }
}

/// What a part says, if it says anything that can be cut.
fn source<'p, 'd>(part: &'p Part<'d>) -> Result<Option<Source<'p, 'd>>, Failure> {
    let value = part.value;
    let said = |text, kind, is_encoded| Source {
        part,
        text,
        kind,
        is_encoded,
        blocks: Vec::new(),
    };
    if value.is_object() || value.is_array() {
        if nested::parse(value.raw()).is_none() {
            return Err(Failure::new("it nests too deep"));
        }
        let text = Cow::Borrowed(value.raw());
        return Ok(Some(said(text, Said::Data, false)));
    }
    let Some(written) = value.as_str() else {
        return Ok(None);
    };
    let bytes = match part.form {
        Form::Base64 => base64::decode(&written),
        Form::Data | Form::Text | Form::Blocks => None,
    };
    let (text, is_encoded) = match bytes.map(base64::text) {
        // What is no text is nothing that a model reads.
        Some(None) => return Ok(None),
        Some(Some(text)) => (Cow::Owned(text), true),
        None => (written, false),
    };
    let kind = match nested::parse(&text) {
        Some(_) => Said::Json,
        None if nested::lines(&text).is_some() => Said::Lines,
        None => Said::Plain,
    };
    Ok(Some(said(text, kind, is_encoded)))
}
