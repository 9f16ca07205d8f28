//! Schemas that arguments can be held against: bounded, and with nothing fetched.

use std::borrow::Cow;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::message;
use super::named::{self, Unnamed};
use super::size::{Size, Work};
use crate::guardrail::input::{Part, ToolFacts};
use crate::guardrail::path::{Path, Segment};
use crate::json::{Document, Limits};

/// The longest schema, in bytes.
const MOST_BYTES: usize = 256 << 10;
/// The most regular expressions in one.
const MOST_PATTERNS: usize = 64;
/// The most memory that one of them takes, in bytes.
pub(super) const PATTERN_BYTES: usize = 256 << 10;
/// The most references in one.
const MOST_REFERENCES: usize = 500;
/// The most schemas that it may be when every reference is written out.
const MOST_SCHEMAS: u64 = 50_000;
/// The most steps that are taken to tell what is wrong.
const MOST_WORK: u64 = 200_000;
/// How deep it may nest with every reference written out.
const MOST_DEPTH: usize = 128;
/// How deep looking may go: the depth of the arguments times the longest way through the schema.
const MOST_STEPS: usize = 2048;
/// The most that is asked of the validator when something is wrong.
const MOST_PROBLEMS: usize = 50;

/// The drafts that are known, without what stands before and after.
const DRAFTS: [&str; 5] = [
    "json-schema.org/draft/2020-12/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-04/schema",
];

/// A schema that arguments can be held against.
pub struct CompiledSchema {
    root: Value,
    validator: Validator,
    work: Work,
}

impl fmt::Debug for CompiledSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledSchema")
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

/// Why arguments can't be held against a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// There is none.
    #[error("the tool has no schema")]
    None,
    /// It is too long.
    #[error("the schema has more than {MOST_BYTES} bytes")]
    TooLong,
    /// It is not JSON, or nests too deeply.
    #[error("the schema is not one that can be read")]
    Unreadable,
    /// It is neither an object nor a boolean.
    #[error("the schema is not an object")]
    NotObject,
    /// It is of a draft that is not known.
    #[error("the schema is of a draft that is not known")]
    Draft,
    /// It has too many regular expressions.
    #[error("the schema has more than {MOST_PATTERNS} regular expressions")]
    Patterns,
    /// It has too many references.
    #[error("the schema has more than {MOST_REFERENCES} references")]
    References,
    /// Its references multiply.
    #[error("the schema would be too long with every reference written out")]
    Work,
    /// It refers to something that is not in it, which nobody fetches.
    #[error("the schema refers to something that is not in it")]
    Reference,
    /// It is no schema.
    #[error("the schema is not a valid one: {0}")]
    Invalid(String),
    /// It is too deep, alone or for the arguments.
    #[error("the schema and the arguments nest too deeply")]
    TooDeep,
}

/// What is wrong with arguments.
#[derive(Debug)]
pub(super) struct Problem {
    /// The keyword of the schema that they break.
    pub(super) rule: Cow<'static, str>,
    /// Where.
    pub(super) path: Path<'static>,
    /// What is expected there.
    pub(super) text: String,
}

impl CompiledSchema {
    /// Compiles a schema in JSON: draft 2020-12, unless it says that it is of another one.
    ///
    /// # Errors
    ///
    /// It is not one that arguments can be held against.
    pub fn read(text: &str) -> Result<Self, SchemaError> {
        if text.len() > MOST_BYTES {
            return Err(SchemaError::TooLong);
        }
        // The strict reader bounds the depth, and refuses what two readers take differently.
        let document = Document::parse(text.as_bytes(), &Limits::default());
        let root = document.ok().and(serde_json::from_str(text).ok());
        Self::new(root.ok_or(SchemaError::Unreadable)?)
    }

    fn new(root: Value) -> Result<Self, SchemaError> {
        if !root.is_object() && !root.is_boolean() {
            return Err(SchemaError::NotObject);
        }
        check_draft(&root)?;
        let size = Size::of(&root);
        if size.patterns > MOST_PATTERNS {
            return Err(SchemaError::Patterns);
        }
        if size.references > MOST_REFERENCES {
            return Err(SchemaError::References);
        }
        let work = Work::of(&root)?;
        if work.schemas > MOST_SCHEMAS {
            return Err(SchemaError::Work);
        }
        let patterns = PatternOptions::regex()
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES);
        if work.depth > MOST_DEPTH {
            return Err(SchemaError::TooDeep);
        }
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(patterns)
            .build(&root)
            .map_err(|error| invalid(&error))?;
        Ok(Self {
            root,
            validator,
            work,
        })
    }

    /// What is wrong with a value that stands at a place.
    ///
    /// # Errors
    ///
    /// They are too deep for each other.
    pub(super) fn problems(
        &self,
        value: &Value,
        place: &Path<'_>,
    ) -> Result<Vec<Problem>, SchemaError> {
        let depth = depth(value);
        if self.work.depth.saturating_mul(depth) > MOST_STEPS {
            return Err(SchemaError::TooDeep);
        }
        // This remembers what it has seen; collecting what is wrong does not.
        if self.validator.is_valid(value) {
            return Ok(Vec::new());
        }
        if self.work.steps(depth) > MOST_WORK {
            return Ok(vec![Problem {
                rule: Cow::Borrowed("schema"),
                path: Path(place.0.iter().map(Segment::owned).collect()),
                text: "does not fit the tool's schema".to_owned(),
            }]);
        }
        let errors = self.validator.iter_errors(value).take(MOST_PROBLEMS);
        Ok(errors.map(|error| problem(&error, place)).collect())
    }

    /// The members of arguments that it does not name.
    ///
    /// # Errors
    ///
    /// It refers to something that is not in it.
    pub(super) fn unnamed<'d>(&self, part: &Part<'d>) -> Result<Vec<Unnamed<'d>>, SchemaError> {
        named::unnamed(&self.root, part)
    }
}

impl ToolFacts {
    /// The tool's `inputSchema`, compiled when it is first asked for.
    pub(in crate::guardrail) fn schema(&self) -> Result<&CompiledSchema, &SchemaError> {
        let compile = || match &self.input_schema {
            Some(schema) => CompiledSchema::read(schema).map(std::sync::Arc::new),
            None => Err(SchemaError::None),
        };
        let compiled = self.compiled.get_or_init(compile);
        compiled.as_ref().map(std::convert::AsRef::as_ref)
    }
}

fn check_draft(root: &Value) -> Result<(), SchemaError> {
    let Some(draft) = root.get("$schema") else {
        return Ok(());
    };
    let uri = draft.as_str().unwrap_or_default();
    let uri = uri.strip_suffix('#').unwrap_or(uri);
    let bare = uri.strip_prefix("https://");
    let bare = bare.or_else(|| uri.strip_prefix("http://"));
    match bare {
        Some(bare) if DRAFTS.contains(&bare) => Ok(()),
        Some(_) | None => Err(SchemaError::Draft),
    }
}

fn invalid(error: &ValidationError<'_>) -> SchemaError {
    if let ValidationErrorKind::Referencing(_) = error.kind() {
        return SchemaError::Reference;
    }
    SchemaError::Invalid(message::cut(&error.masked().to_string()))
}

fn problem(error: &ValidationError<'_>, place: &Path<'_>) -> Problem {
    Problem {
        rule: Cow::Owned(error.kind().keyword().to_owned()),
        path: place_of(error, place),
        text: message::text(error, place),
    }
}

/// Where an error is.
pub(super) fn place_of(error: &ValidationError<'_>, place: &Path<'_>) -> Path<'static> {
    let mut path: Vec<Segment<'static>> = place.0.iter().map(Segment::owned).collect();
    let below = error
        .instance_path()
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(key) => Segment::Key(Cow::Owned(key.into_owned())),
            LocationSegment::Index(index) => Segment::Index(index),
        });
    path.extend(below);
    Path(path)
}

fn depth(value: &Value) -> usize {
    let below = match value {
        Value::Object(members) => members.values().map(depth).max(),
        Value::Array(elements) => elements.iter().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    1 + below.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::guardrail::Form;

    /// Looks at arguments in every way, if the schema is one that is taken.
    fn look(schema: &str, arguments: &str) {
        let Ok(schema) = CompiledSchema::read(schema) else {
            return;
        };
        let document = Document::parse(arguments.as_bytes(), &Limits::default()).unwrap();
        let part = Part {
            path: Path::default(),
            value: document.root(),
            form: Form::Data,
        };
        let value = serde_json::from_str(arguments).unwrap();
        drop(schema.problems(&value, &part.path));
        drop(schema.unnamed(&part));
    }

    #[test]
    fn no_schema_takes_the_stack_or_all_day() {
        let refs = |last: &str, length: usize, form: &dyn Fn(&str) -> String| {
            let next = |at: usize| format!(r##"{{"$ref":"#/$defs/d{}"}}"##, at + 1);
            let names = (0..length).map(|at| format!(r#""d{at}":{}"#, form(&next(at))));
            let names = names.collect::<Vec<_>>().join(",");
            format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{names},"d{length}":{last}}}}}"##)
        };
        let twice = |next: &str| format!(r#"{{"anyOf":[{next},{next}]}}"#);
        let once = |next: &str| format!(r#"{{"allOf":[{next}]}}"#);
        let hostile = [
            r##"{"$ref":"#"}"##.to_owned(),
            r##"{"allOf":[{"$ref":"#"}]}"##.to_owned(),
            r##"{"properties":{"a":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}},"maxProperties":1}"##
                .to_owned(),
            r##"{"anyOf":[{"properties":{"a":{"$ref":"#"}},"maxProperties":1},
                {"properties":{"a":{"$ref":"#"}},"maxProperties":1}]}"##
                .to_owned(),
            refs("false", 40, &twice),
            refs("false", 10, &twice),
            refs("false", 40, &once),
            refs(
                r##"{"properties":{"a":{"$ref":"#"}},"maxProperties":1}"##,
                30,
                &once,
            ),
        ];
        let nested =
            |depth: usize| r#"{"a":"#.repeat(depth) + r#"{"a":1,"b":2}"# + &"}".repeat(depth);
        for schema in hostile {
            for arguments in ["{}".to_owned(), nested(20), nested(60)] {
                let schema = schema.clone();
                let small = thread::Builder::new().stack_size(1 << 20);
                let looked = small.spawn(move || look(&schema, &arguments));
                looked.unwrap().join().unwrap();
            }
        }
    }
}
