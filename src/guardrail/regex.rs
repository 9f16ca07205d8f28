//! `regex`: texts of arguments that must, or must not, match patterns.

mod sample;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_syntax::hir::{Hir, Look};

use super::forms::{Normalize, TooMany, forms, pieces};
use super::leaf::{Leaf, leaves};
use super::{Action, Finding, Input, Operation, PathPattern, Report, TextKind};
use crate::json::{Splice, quoted};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 4096;

/// The most patterns of a list.
const MAX_PATTERNS: usize = 200;

/// The most memory that a compiled pattern may take, in bytes; a list may take eight times as much.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// How many matches of a pattern are replaced one by one. If there are more, the whole text goes:
/// looking for each match anew can take time that grows with the square of the text.
const MOST_MATCHES: usize = 100;

/// What stands in the place of what is denied, unless the manifest says otherwise.
pub const REMOVED: &str = "[removed]";

/// Patterns that texts of arguments must, or must not, match.
#[derive(Debug)]
pub struct RegexCheck {
    /// Whose texts are looked at; all, if there are none.
    pub places: Vec<PathPattern>,
    /// What no text may match anywhere.
    pub deny: Denied,
    /// What every text must match one of, as a whole; anything, if there are none.
    pub allow: Allowed,
    /// How texts are read beside as they are written.
    pub normalize: Normalize,
    /// What stands in the place of what is denied, where the guardrail mends.
    pub with: String,
}

/// What no text may match.
#[derive(Debug, Default)]
pub struct Denied {
    set: Option<RegexSet>,
    each: Vec<Regex>,
}

/// What texts must match one of.
#[derive(Debug, Default)]
pub struct Allowed {
    set: Option<RegexSet>,
    texts: Vec<String>,
}

/// Patterns that can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// This one is too long.
    #[error("the pattern is longer than {MAX_BYTES} bytes")]
    TooLong(usize),
    /// There are too many.
    #[error("there are more than {MAX_PATTERNS} patterns")]
    TooMany,
    /// This one does not parse; the text is the parser's own.
    #[error("the regular expression does not parse")]
    Syntax(usize, String),
    /// This one compiles to more than it may take.
    #[error("the regular expression takes too much memory")]
    TooBig(usize),
    /// Together they compile to more than they may take.
    #[error("the regular expressions take too much memory together")]
    AllTooBig,
}

impl Denied {
    /// Compiles patterns.
    ///
    /// # Errors
    ///
    /// One of them is none, or they take too much memory.
    pub fn new(patterns: &[String]) -> Result<Self, PatternError> {
        let mut each = Vec::new();
        for (at, pattern) in checked(patterns)? {
            each.push(compile(at, pattern)?);
        }
        let set = set(patterns)?;
        Ok(Self { set, each })
    }

    /// The patterns that one of these texts matches.
    fn hits<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<&Regex> {
        let Some(set) = &self.set else {
            return Vec::new();
        };
        let mut hits: Vec<usize> = texts.flat_map(|text| set.matches(text)).collect();
        hits.sort_unstable();
        hits.dedup();
        hits.into_iter()
            .filter_map(|at| self.each.get(at))
            .collect()
    }
}

impl Allowed {
    /// Compiles patterns, each for whole texts.
    ///
    /// # Errors
    ///
    /// One of them is none, or they take too much memory.
    pub fn new(patterns: &[String]) -> Result<Self, PatternError> {
        let mut whole = Vec::new();
        for (at, pattern) in checked(patterns)? {
            compile(at, pattern)?;
            let syntax = |error: regex_syntax::Error| PatternError::Syntax(at, error.to_string());
            let hir = regex_syntax::parse(pattern).map_err(syntax)?;
            let anchored = [Hir::look(Look::Start), hir, Hir::look(Look::End)];
            whole.push(Hir::concat(anchored.into()).to_string());
        }
        Ok(Self {
            set: set(&whole)?,
            texts: patterns.to_vec(),
        })
    }

    fn has(&self, text: &str) -> bool {
        self.set.as_ref().is_none_or(|set| set.is_match(text))
    }
}

fn checked(patterns: &[String]) -> Result<impl Iterator<Item = (usize, &str)>, PatternError> {
    if patterns.len() > MAX_PATTERNS {
        return Err(PatternError::TooMany);
    }
    if let Some(at) = patterns.iter().position(|text| text.len() > MAX_BYTES) {
        return Err(PatternError::TooLong(at));
    }
    Ok(patterns.iter().map(String::as_str).enumerate())
}

fn compile(at: usize, pattern: &str) -> Result<Regex, PatternError> {
    let built = RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX_BYTES)
        .build();
    built.map_err(|error| {
        if matches!(error, regex::Error::CompiledTooBig(_)) {
            return PatternError::TooBig(at);
        }
        PatternError::Syntax(at, error.to_string())
    })
}

fn set(patterns: &[String]) -> Result<Option<RegexSet>, PatternError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let built = RegexSetBuilder::new(patterns)
        .size_limit(8 * MAX_REGEX_BYTES)
        .build();
    built.map(Some).map_err(|_| PatternError::AllTooBig)
}

/// What becomes of what is found.
struct Outcome<'o, 'd> {
    operation: Operation,
    splice: &'o mut Splice<'d>,
    report: &'o mut Report,
}

impl Outcome<'_, '_> {
    /// Says that something is wrong that can't be mended.
    fn block(&mut self, rule: &'static str, place: String, reason: String) {
        self.report.block(reason);
        self.report.find(finding(rule, place, Action::Block));
    }
}

impl RegexCheck {
    pub(super) fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) {
        leaves(input, &self.places, report, &mut |leaf, report| {
            let mut outcome = Outcome {
                operation: input.operation,
                splice: &mut *splice,
                report,
            };
            self.text(&leaf, &mut outcome);
        });
    }

    fn text<'d>(&self, leaf: &Leaf<'_, 'd>, outcome: &mut Outcome<'_, 'd>) {
        let readings = forms(&leaf.text, self.normalize);
        let (Ok(forms), Ok(hits)) = (readings, self.hits(&leaf.text)) else {
            let place = leaf.place();
            let reason =
                format!("`{place}` can be read in too many ways; write it without encodings");
            outcome.block("regex_too_complex", place, reason);
            return;
        };
        let is_mended = !hits.is_empty() && self.denied(leaf, &hits, outcome);
        // The names of arguments are the tool's own; keys within chosen arguments are the caller's.
        let is_name = leaf.kind == TextKind::Key && self.places.is_empty();
        if !is_name && !is_mended && !forms.iter().all(|form| self.allow.has(form)) {
            let place = leaf.place();
            let texts = self.allow.texts.iter();
            let patterns: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
            let reason = format!(
                "`{place}` is not of a form that is allowed; it must match {} as a whole",
                patterns.join(" or ")
            );
            outcome.block("regex_allow", place, reason);
        }
    }

    /// Says what is denied, and mends it if that is asked for: tells whether it did.
    fn denied<'d>(
        &self,
        leaf: &Leaf<'_, 'd>,
        hits: &[&Regex],
        outcome: &mut Outcome<'_, 'd>,
    ) -> bool {
        let place = leaf.place();
        // Which pattern it was would tell how to get around it.
        let reason = format!("`{place}` holds something that is not allowed; leave it out");
        let mended = leaf.value.zip(self.mended(&leaf.text, hits));
        match mended {
            Some((value, text)) if outcome.operation == Operation::Mutate => {
                outcome.splice.replace(value, quoted(&text));
                outcome.report.explain(reason);
                let finding = finding("regex_deny", place, Action::Redact);
                outcome.report.find(finding);
                true
            }
            _ => {
                outcome.block("regex_deny", place, reason);
                false
            }
        }
    }

    /// The text without what is denied in any of its readings, if that can be.
    fn mended(&self, text: &str, hits: &[&Regex]) -> Option<String> {
        let mut mended = text.to_owned();
        for pattern in hits {
            let replaced = pattern.replacen(&mended, MOST_MATCHES, regex::NoExpand(&self.with));
            mended = replaced.into_owned();
        }
        [mended, self.with.clone()]
            .into_iter()
            .find(|text| self.is_clean(text))
    }

    fn is_clean(&self, text: &str) -> bool {
        self.hits(text).is_ok_and(|hits| hits.is_empty())
    }

    /// What a text matches that is denied, in any of its readings, as a whole or as JSON.
    fn hits(&self, text: &str) -> Result<Vec<&Regex>, TooMany> {
        let mut readings: Vec<_> = forms(text, self.normalize)?;
        let pieces = pieces(text);
        for piece in &pieces {
            readings.extend(forms(piece, self.normalize)?);
        }
        Ok(self.deny.hits(readings.iter().map(AsRef::as_ref)))
    }

    /// Shows each pattern a text that it denies.
    ///
    /// # Errors
    ///
    /// A pattern denies none of the texts that are made for it: it can match nothing, or what must
    /// stand around a match is too much to make up.
    pub fn self_test(&self) -> Result<(), String> {
        for pattern in &self.deny.each {
            let samples = sample::samples(pattern.as_str());
            let is_caught = |text: &String| {
                let hits = self.deny.hits([text.as_str()].into_iter());
                hits.iter().any(|hit| hit.as_str() == pattern.as_str())
            };
            if !samples.iter().any(is_caught) {
                return Err(format!(
                    "no text could be made that the pattern `{}` matches",
                    pattern.as_str()
                ));
            }
        }
        let is_open = sample::UNLIKELY.iter().all(|text| self.allow.has(text));
        if self.allow.set.is_some() && is_open {
            return Err("the patterns of `allow` match any text".to_owned());
        }
        Ok(())
    }
}

fn finding(rule: &'static str, path: String, action: Action) -> Finding {
    Finding {
        rule: rule.into(),
        path,
        entity: None,
        action,
    }
}

#[cfg(test)]
mod tests;
