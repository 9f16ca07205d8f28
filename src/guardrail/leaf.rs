//! Every text of chosen places as it stands, for checks that judge a text as a whole.

use std::borrow::Cow;

use super::base64;
use super::input::{Form, Input};
use super::path::{Path, PathPattern, Segment};
use super::report::{Action, Finding, Report};
use super::walk::TextKind;
use crate::json::{Kind, Value};

/// A text as it stands.
#[derive(Debug)]
pub(super) struct Leaf<'l, 'd> {
    /// The text, its escapes decoded; of a number, its digits.
    pub(super) text: Cow<'d, str>,
    /// Where it is.
    pub(super) path: &'l [Segment<'d>],
    /// What it is.
    pub(super) kind: TextKind,
    /// The value that it is; none of a key.
    pub(super) value: Option<Value<'d>>,
}

impl Leaf<'_, '_> {
    /// The place, as a JSON path.
    pub(super) fn place(&self) -> String {
        Path(self.path.to_vec()).to_string()
    }
}

/// Shows `visit` the strings, numbers and keys at these places and below, or all of them if there
/// are no places. The key that leads to a place is none of its texts.
///
/// What some readers take for one of the places, and others do not (`QUERY` for `query`, as Go's
/// `encoding/json`), is refused: nobody knows which of the two the server reads.
pub(super) fn leaves<'d>(
    input: &Input<'_, 'd>,
    places: &[PathPattern],
    report: &mut Report,
    visit: &mut dyn FnMut(Leaf<'_, 'd>, &mut Report),
) {
    // Lists of blocks say nothing of their own.
    let parts = input.parts.iter().filter(|part| part.form != Form::Blocks);
    for part in parts {
        let mut finder = Finder {
            places,
            exempt: input.exempt,
            form: part.form,
            path: part.path.0.clone(),
            report,
            visit,
        };
        let is_chosen = places.is_empty();
        finder.value(part.value, is_chosen);
    }
}

struct Finder<'f, 'd> {
    places: &'f [PathPattern],
    exempt: &'f [PathPattern],
    form: Form,
    path: Vec<Segment<'d>>,
    report: &'f mut Report,
    visit: &'f mut dyn FnMut(Leaf<'_, 'd>, &mut Report),
}

impl<'d> Finder<'_, 'd> {
    fn value(&mut self, value: Value<'d>, is_chosen: bool) {
        if covers(self.exempt, &self.path) {
            return;
        }
        let is_chosen = is_chosen || covers(self.places, &self.path);
        if !is_chosen && self.places.iter().any(|it| it.may_cover(&self.path)) {
            self.ambiguous();
            return;
        }
        match value.kind() {
            Kind::Object => {
                for member in value.members() {
                    self.path.push(Segment::Key(member.key()));
                    if is_chosen && !covers(self.exempt, &self.path) {
                        self.show(member.key(), TextKind::Key, None);
                    }
                    self.value(member.value(), is_chosen);
                    self.path.pop();
                }
            }
            Kind::Array => {
                for (at, element) in value.elements().enumerate() {
                    self.path.push(Segment::Index(at));
                    self.value(element, is_chosen);
                    self.path.pop();
                }
            }
            Kind::String if is_chosen => {
                let written = value.as_str().unwrap_or_default();
                let decoded = || base64::text(base64::decode(&written)?);
                match Some(self.form)
                    .filter(|form| *form == Form::Base64)
                    .and_then(|_| decoded())
                {
                    // What stands in its place would have to be base64 again: it is refused.
                    Some(text) => self.show(text.into(), TextKind::String, None),
                    None => self.show(written, TextKind::String, Some(value)),
                }
            }
            Kind::Number if is_chosen => {
                self.show(value.raw().into(), TextKind::Number, Some(value));
            }
            Kind::String | Kind::Number | Kind::Null | Kind::Bool => {}
        }
    }

    fn show(&mut self, text: Cow<'d, str>, kind: TextKind, value: Option<Value<'d>>) {
        let leaf = Leaf {
            text,
            path: &self.path,
            kind,
            value,
        };
        (self.visit)(leaf, self.report);
    }

    fn ambiguous(&mut self) {
        let place = Path(self.path.clone()).to_string();
        self.report.block(format!(
            "the key of `{place}` is written in other letters than the argument has; write it as it is"
        ));
        self.report.find(Finding {
            rule: "ambiguous_key".into(),
            path: place,
            entity: None,
            action: Action::Block,
        });
    }
}

fn covers(patterns: &[PathPattern], path: &[Segment<'_>]) -> bool {
    patterns.iter().any(|pattern| pattern.covers(path))
}

/// What the tests of checks share.
#[cfg(test)]
pub(super) mod shown {
    use super::*;
    use crate::guardrail::{Check, Operation, Part, Phase, Report};
    use crate::json::{Document, Limits, Splice};

    /// What a check says of arguments, and what it would make of them.
    pub(in crate::guardrail) fn inspect(
        check: &Check,
        operation: Operation,
        arguments: &str,
    ) -> (Report, String) {
        let document = Document::parse(arguments.as_bytes(), &Limits::default()).unwrap();
        let parts = [Part::whole(document.root())];
        let input = Input {
            tool: Some("tool"),
            ..Input::new(Phase::Call, operation, &parts)
        };
        let mut splice = Splice::new(document.source());
        let mut report = Report::default();
        check.inspect(&input, &mut splice, &mut report).unwrap();
        (report, splice.finish())
    }

    /// The rules that were broken, with where.
    pub(in crate::guardrail) fn rules(report: &Report) -> Vec<String> {
        let findings = report.findings().iter();
        findings
            .map(|finding| format!("{} {}", finding.rule, finding.path))
            .collect()
    }

    /// Patterns of places.
    pub(in crate::guardrail) fn places(texts: &[&str]) -> Vec<PathPattern> {
        let parsed = texts.iter().map(|text| PathPattern::parse(text).unwrap());
        parsed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::shown::places;
    use super::*;
    use crate::guardrail::{Operation, Part, Phase};
    use crate::json::{Document, Limits};

    fn shown(source: &str, chosen: &[&str], exempt: &[&str]) -> Vec<String> {
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let parts = [Part::whole(document.root())];
        let input = Input {
            exempt: &places(exempt),
            ..Input::new(Phase::Call, Operation::Validate, &parts)
        };
        let mut seen = Vec::new();
        let mut report = Report::default();
        leaves(&input, &places(chosen), &mut report, &mut |leaf, _| {
            seen.push(format!("{} {:?} {}", leaf.place(), leaf.kind, leaf.text));
        });
        seen
    }

    #[test]
    fn texts_of_chosen_places_are_shown() {
        let source = r#"{"a":{"b":"x","c":[1,null,"y"]},"d":"{\"e\":1}"}"#;
        let all = [
            "$.a Key a",
            "$.a.b Key b",
            "$.a.b String x",
            "$.a.c Key c",
            "$.a.c[0] Number 1",
            "$.a.c[2] String y",
            "$.d Key d",
            "$.d String {\"e\":1}",
        ];
        assert_eq!(shown(source, &[], &[]), all);
        assert_eq!(shown(source, &["a.b"], &[]), ["$.a.b String x"]);
        assert_eq!(shown(source, &["a"], &["a.c"]), all[1..3]);
        assert_eq!(shown(source, &["nothing"], &[]), [""; 0]);
    }

    #[test]
    fn keys_that_some_readers_take_for_a_place_are_refused() {
        for (arguments, expected) in [
            (r#"{"query":"x"}"#, vec![]),
            (
                r#"{"query":"x","QUERY":"y"}"#,
                vec!["ambiguous_key $.QUERY"],
            ),
            (r#"{"Query":{"a":"y"}}"#, vec!["ambiguous_key $.Query"]),
            (r#"{"other":1}"#, vec![]),
        ] {
            let document = Document::parse(arguments.as_bytes(), &Limits::default()).unwrap();
            let parts = [Part::whole(document.root())];
            let input = Input::new(Phase::Call, Operation::Mutate, &parts);
            let mut report = Report::default();
            leaves(&input, &places(&["query"]), &mut report, &mut |_, _| {});
            assert_eq!(super::shown::rules(&report), expected, "{arguments}");
            assert_eq!(report.is_blocked(), !expected.is_empty());
        }
    }
}
