//! Arguments against the schema of their tool: the one that the manifest gives, or the `inputSchema`
//! that the last list of the server's had.

mod compiled;
mod message;
mod named;
mod size;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Number;

use super::input::{Input, Part, ToolFacts};
use super::path::{Path, PathPattern, Segment};
use super::report::{Action, Failure, Finding, Report};
use super::{Operation, Phase};
use crate::json::{Document, Kind, Limits, Splice, Value};
pub use compiled::{CompiledSchema, SchemaError};
use named::{MOST_UNNAMED, Unnamed};

/// The most of what is wrong that one look tells.
const MOST_TOLD: usize = 10;

/// Holds arguments against a schema.
///
/// Numbers are compared as the nearest of what 64 bits hold: integers exactly from -2^63 to 2^64-1,
/// all else as doubles. One that is too large for a double is refused.
#[derive(Debug)]
pub struct SchemaCheck {
    schema: Option<CompiledSchema>,
    additional: Additional,
}

/// What becomes of members that the schema does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Additional {
    /// What the schema says.
    AsSchema,
    /// They are refused, or taken out, also where the schema would let them pass. An object for
    /// which the schema names no member at all may have any, unless it is the arguments themselves.
    Deny,
}

impl SchemaCheck {
    /// A check against this schema; against the tool's own, if there is none.
    #[must_use]
    pub fn new(schema: Option<CompiledSchema>, additional: Additional) -> Self {
        Self { schema, additional }
    }

    /// Whether it needs to know what the server's list says of the tool.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.schema.is_none()
    }

    pub(super) fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        if input.phase != Phase::Call {
            return Ok(());
        }
        let schema = match &self.schema {
            Some(schema) => schema,
            None => learned(input.known)?,
        };
        let mut arguments = input.parts.iter();
        arguments.try_for_each(|part| self.arguments(schema, (input, part), splice, report))
    }

    fn arguments<'d>(
        &self,
        schema: &CompiledSchema,
        (input, part): (&Input<'_, 'd>, &Part<'d>),
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let unnamed = match self.additional {
            Additional::AsSchema => Vec::new(),
            Additional::Deny => schema.unnamed(part).map_err(failure)?,
        };
        let is_exempt = |path: &[Segment<'_>]| is_exempt(input.exempt, path);
        let (unnamed, _): (Vec<_>, Vec<_>) =
            unnamed.into_iter().partition(|it| !is_exempt(&it.path.0));
        if unnamed.len() == MOST_UNNAMED {
            report.block("there are too many members that the tool does not have");
        }
        let mends = input.operation == Operation::Mutate;
        for member in &unnamed {
            report_unnamed(member, mends, report);
        }
        if mends {
            take_out(&unnamed, splice);
        }
        let mut reader = Reader {
            path: part.path.0.clone(),
            left_out: match mends {
                true => unnamed.iter().map(|it| it.member.start).collect(),
                false => HashSet::new(),
            },
        };
        let instance = match reader.read(part.value) {
            Ok(instance) => instance,
            Err(path) => {
                let text = "the number is too large to be compared";
                wrong(report, "number", &path, text);
                return Ok(());
            }
        };
        let mut told = 0;
        for problem in schema.problems(&instance, &part.path).map_err(failure)? {
            if is_exempt(&problem.path.0) {
                continue;
            }
            told += 1;
            if told > MOST_TOLD {
                report.explain("more is wrong, too");
                break;
            }
            wrong(report, problem.rule, &problem.path, &problem.text);
        }
        Ok(())
    }

    pub(super) fn self_test(&self) -> Result<(), String> {
        // A schema of the manifest's own may let anything pass: what is shown is that arguments are
        // held against one.
        let sample = r#"{"type":"object","properties":{"count":{"type":"integer"}}}"#;
        let schema = CompiledSchema::read(sample).map_err(|error| error.to_string())?;
        let check = Self::new(Some(schema), self.additional);
        let arguments = r#"{"count":"many"}"#;
        let document = Document::parse(arguments.as_bytes(), &Limits::default());
        let document = document.map_err(|error| error.to_string())?;
        let parts = [Part {
            path: Path::default(),
            value: document.root(),
            form: super::Form::Data,
        }];
        let input = Input::new(Phase::Call, Operation::Validate, &parts);
        let mut report = Report::default();
        let mut splice = Splice::new(document.source());
        let looked = check.inspect(&input, &mut splice, &mut report);
        match looked {
            Ok(()) if report.is_blocked() => Ok(()),
            Ok(()) => Err(format!("{arguments} against {sample}")),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

/// The schema that the list of this caller's had.
fn learned(known: Option<&ToolFacts>) -> Result<&CompiledSchema, Failure> {
    let Some(known) = known else {
        return Err(Failure::new(
            "the arguments can't be checked, since the tool's schema is not known: list the tools \
             first",
        ));
    };
    known.schema().map_err(|error| failure(error.clone()))
}

fn failure(error: SchemaError) -> Failure {
    Failure::new(format!("the arguments can't be checked: {error}"))
}

fn wrong(report: &mut Report, rule: impl Into<Cow<'static, str>>, path: &Path<'_>, text: &str) {
    let path = path.to_string();
    report.block(format!("`{path}`: {text}"));
    report.find(Finding {
        rule: rule.into(),
        path,
        entity: None,
        action: Action::Block,
    });
}

fn report_unnamed(member: &Unnamed<'_>, mends: bool, report: &mut Report) {
    let path = member.path.to_string();
    report.explain(format!("`{path}`: the tool has no such argument"));
    report.find(Finding {
        rule: "additional".into(),
        path,
        entity: None,
        action: if mends { Action::Remove } else { Action::Block },
    });
}

fn take_out<'d>(unnamed: &[Unnamed<'d>], splice: &mut Splice<'d>) {
    let mut rest = unnamed;
    while let Some(first) = rest.first() {
        let at = first.object.span().start;
        let same = rest.iter().take_while(|it| it.object.span().start == at);
        let (group, after) = rest.split_at(same.count().min(rest.len()));
        let group: HashSet<usize> = group.iter().map(|gone| gone.member.start).collect();
        splice.remove_members(first.object, |member| group.contains(&member.span().start));
        rest = after;
    }
}

fn is_exempt(exempt: &[PathPattern], path: &[Segment<'_>]) -> bool {
    exempt.iter().any(|pattern| pattern.covers(path))
}

/// Makes of arguments what the validator reads.
struct Reader<'d> {
    path: Vec<Segment<'d>>,
    /// Where members begin that are taken out.
    left_out: HashSet<usize>,
}

impl<'d> Reader<'d> {
    /// The value, or the place of a number that is too large.
    fn read(&mut self, value: Value<'d>) -> Result<serde_json::Value, Path<'d>> {
        use serde_json::Value as Read;
        Ok(match value.kind() {
            Kind::Null => Read::Null,
            Kind::Bool => Read::Bool(value.as_bool() == Some(true)),
            Kind::String => Read::String(value.as_str().unwrap_or_default().into_owned()),
            Kind::Number => match number(value.raw()) {
                Some(number) => Read::Number(number),
                None => return Err(Path(self.path.clone())),
            },
            Kind::Array => {
                let mut elements = Vec::new();
                for (at, element) in value.elements().enumerate() {
                    self.path.push(Segment::Index(at));
                    elements.push(self.read(element)?);
                    self.path.pop();
                }
                Read::Array(elements)
            }
            Kind::Object => {
                let mut members = serde_json::Map::new();
                for member in value.members() {
                    if self.left_out.contains(&member.span().start) {
                        continue;
                    }
                    let key = member.key();
                    self.path.push(Segment::Key(key.clone()));
                    members.insert(key.into_owned(), self.read(member.value())?);
                    self.path.pop();
                }
                Read::Object(members)
            }
        })
    }
}

fn number(text: &str) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    text.parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests;
