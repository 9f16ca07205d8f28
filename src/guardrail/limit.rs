//! `limit`: keeps results small enough for a model to read, and says what is missing.
//!
//! Each part is cut in the same way, whether it is JSON or a text that holds JSON, so that a text
//! and the structured content that it repeats still say the same.

mod budget;
mod cut;
mod nested;
mod size;
mod source;
mod table;
mod tally;

use super::loosen::{Change, loosen_output};
use super::path::PathPattern;
use super::report::{Action, Failure, Finding, Report};
use super::{Input, Path, Segment};
use crate::json::{Splice, Value};

use budget::Parts;
use cut::Caps;
use tally::Tally;

/// The shortest string that is cut to save room: names and identifiers stay whole.
const SHORT: usize = 64;

/// Keeps results small.
#[derive(Debug, Clone, Default)]
pub struct Limit {
    /// The most bytes of all texts together.
    pub max_bytes: Option<usize>,
    /// The most elements of an array.
    pub max_items: Option<usize>,
    /// The most rows: elements of an array of objects or arrays, lines of a table in a text.
    pub max_rows: Option<usize>,
    /// How deep arrays and objects may nest. What is deeper is empty.
    pub max_depth: Option<usize>,
    /// The arrays that `max_items` and `max_rows` are about; all, if there are none.
    pub paths: Vec<PathPattern>,
    /// The only members that stay, with what is above and below them; all, if there are none.
    pub allow: Vec<PathPattern>,
    /// Members that go.
    pub deny: Vec<PathPattern>,
}

/// What is cut, as a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Rule {
    Bytes,
    Items,
    Rows,
    Depth,
    Fields,
}

impl Rule {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "max_bytes",
            Self::Items => "max_items",
            Self::Rows => "max_rows",
            Self::Depth => "max_depth",
            Self::Fields => "fields",
        }
    }
}

impl Limit {
    /// Cuts what is too large.
    ///
    /// # Errors
    ///
    /// A part can't be read, or fields may hide in a text that looks like JSON and can't be read.
    pub fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let parts = Parts::read(self, input)?;
        let mut cut = parts.cut(Caps::default());
        if cut.tally.is_unread {
            return Err(Failure::new(
                "a text in it looks like JSON and can't be read",
            ));
        }
        if let Some(most) = self.max_bytes.filter(|most| cut.bytes() > *most) {
            let was = cut.bytes();
            match parts.fit(&cut, most) {
                Some(fitting) => cut = fitting,
                None => report.block(format!(
                    "it has {} bytes, and at most {} are allowed",
                    tally::grouped(was),
                    tally::grouped(most)
                )),
            }
            cut.tally.found(Rule::Bytes, &Path::default().0);
        }
        parts.write(&cut, splice);
        self.say(&cut.tally, report);
        Ok(())
    }

    fn say(&self, tally: &Tally, report: &mut Report) {
        for (rule, path) in tally.findings() {
            report.find_with(|| Finding {
                rule: rule.as_str().into(),
                path: path.clone(),
                entity: None,
                action: Action::Remove,
            });
            report.explain(match rule {
                Rule::Bytes => tally::most(self.max_bytes, "bytes"),
                Rule::Items => tally::most(self.max_items, "elements of an array"),
                Rule::Rows => tally::most(self.max_rows, "rows"),
                Rule::Depth => tally::most(self.max_depth, "levels"),
                Rule::Fields => "it has fields that are not allowed".to_owned(),
            });
        }
        if let Some(path) = tally.first_prose() {
            report.find_with(|| Finding {
                rule: "fields_unread".into(),
                path: path.to_owned(),
                entity: None,
                action: Action::Report,
            });
        }
        for note in tally.notes() {
            report.note(note);
        }
    }

    /// Loosens what the tool promises of its results.
    pub fn edit_tool<'d>(&self, tool: Value<'d>, splice: &mut Splice<'d>) {
        let change = Change {
            text: &|text, _| self.max_bytes.is_some() && text.len() > SHORT,
            removes: self.filters() || self.max_depth.is_some(),
            shortens: true,
            ..Change::default()
        };
        loosen_output(tool, &change, splice);
    }

    /// Shows it something that is too large in each way.
    ///
    /// # Errors
    ///
    /// It leaves it; the text says what.
    pub fn self_test(&self) -> Result<(), String> {
        cut::self_test(self)
    }

    /// Whether it is about members.
    fn filters(&self) -> bool {
        !self.allow.is_empty() || !self.deny.is_empty()
    }

    /// Whether members might have to go from what is below a place.
    fn filters_below(&self, path: &[Segment<'_>]) -> bool {
        let is_allowed = |pattern: &PathPattern| pattern.covers(path);
        !self.deny.is_empty() || (self.filters() && !self.allow.iter().any(is_allowed))
    }

    /// Whether a member stays.
    fn has_field(&self, path: &[Segment<'_>], is_leaf: bool) -> bool {
        if self.deny.iter().any(|pattern| pattern.covers(path)) {
            return false;
        }
        let leads =
            |pattern: &PathPattern| pattern.covers(path) || (!is_leaf && pattern.may_lead_on(path));
        self.allow.is_empty() || self.allow.iter().any(leads)
    }

    /// How many elements of an array stay, and which rule says so.
    fn elements(&self, path: &[Segment<'_>], are_rows: bool) -> Option<(usize, Rule)> {
        let is_meant = self.paths.is_empty() || self.paths.iter().any(|it| it.covers(path));
        if !is_meant {
            return None;
        }
        let rows = self
            .max_rows
            .filter(|_| are_rows)
            .map(|rows| (rows, Rule::Rows));
        let items = self.max_items.map(|items| (items, Rule::Items));
        rows.into_iter().chain(items).min_by_key(|(most, _)| *most)
    }
}

#[cfg(test)]
mod tests;
