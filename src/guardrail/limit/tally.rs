//! What was cut, and how it is told.

use super::Rule;
use crate::guardrail::{Path, Segment};

/// The most remarks about one result: about the arrays that lost most.
const MOST_NOTES: usize = 3;

/// The most places that are kept for findings.
const MOST_FOUND: usize = 200;

/// What was cut.
#[derive(Debug, Default)]
pub(super) struct Tally {
    found: Vec<(Rule, String)>,
    lists: Vec<Cut>,
    texts: Option<(usize, usize)>,
    /// The first text in which no fields can be told.
    prose: Option<String>,
    /// Whether fields may hide in what looks like JSON and is none.
    pub(super) is_unread: bool,
}

/// How much of an array stays.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    kept: usize,
    of: usize,
    noun: &'static str,
    name: Option<String>,
}

impl Tally {
    pub(super) fn found(&mut self, rule: Rule, path: &[Segment<'_>]) {
        if self.found.len() < MOST_FOUND {
            self.found.push((rule, Path(path.to_vec()).to_string()));
        }
    }

    /// An array lost elements.
    pub(super) fn list(&mut self, kept: usize, of: usize, are_rows: bool, path: &[Segment<'_>]) {
        let noun = if are_rows { "rows" } else { "items" };
        let name = path.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(key.to_string()),
            Segment::Index(_) | Segment::Inside => None,
        });
        // The copies of one array are cut alike, and told once.
        let is_same = |cut: &Cut| (cut.kept, cut.of, cut.noun) == (kept, of, noun);
        if self.lists.len() < MOST_FOUND && !self.lists.iter().any(is_same) {
            self.lists.push(Cut {
                kept,
                of,
                noun,
                name,
            });
        }
    }

    /// A text lost its end.
    pub(super) fn text(&mut self, kept: usize, of: usize) {
        let (all_kept, all) = self.texts.unwrap_or_default();
        self.texts = Some((all_kept + kept, all + of));
    }

    /// There is a text in which no fields can be told.
    pub(super) fn prose(&mut self, path: &[Segment<'_>]) {
        self.prose
            .get_or_insert_with(|| Path(path.to_vec()).to_string());
    }

    /// Where the first text is in which no fields can be told.
    pub(super) fn first_prose(&self) -> Option<&str> {
        self.prose.as_deref()
    }

    pub(super) fn findings(&self) -> &[(Rule, String)] {
        &self.found
    }

    /// Remarks for the model.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut lists: Vec<&Cut> = self.lists.iter().collect();
        lists.sort_by_key(|cut| std::cmp::Reverse(cut.of - cut.kept.min(cut.of)));
        let is_only = lists.len() == 1;
        let about = lists.into_iter().take(MOST_NOTES).map(|cut| {
            let name = cut.name.as_ref().filter(|_| !is_only);
            let place = name.map(|name| format!(" in `{name}`")).unwrap_or_default();
            let (kept, of) = (grouped(cut.kept), grouped(cut.of));
            format!("{kept} of {of} {}{place}; narrow the query", cut.noun)
        });
        let mut notes: Vec<String> = about.collect();
        if let Some((kept, of)) = self.texts {
            let (kept, of) = (grouped(kept), grouped(of));
            notes.push(format!("{kept} of {of} bytes of text; narrow the query"));
        }
        notes
    }
}

/// What is allowed at most.
pub(super) fn most(most: Option<usize>, of: &str) -> String {
    let most = most.map(grouped).unwrap_or_default();
    format!("at most {most} {of} are allowed; narrow the query")
}

/// A number with a comma after each three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
