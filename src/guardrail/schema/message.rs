//! What a model is told of arguments that break a schema: what is expected, never the value.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::compiled::place_of;
use crate::guardrail::path::Path;

/// The longest text of a schema that is repeated, in characters.
const MOST_CHARS: usize = 200;
/// The most names that are listed.
const MOST_NAMES: usize = 10;
/// The most that is told of the form that fits best.
const MOST_TOLD: usize = 3;

/// What is expected where an error is.
pub(super) fn text(error: &ValidationError<'_>, place: &Path<'_>) -> String {
    use ValidationErrorKind as Kind;
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("the member {} is missing", quoted(name))
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("there must be no member {}", names(unexpected))
        }
        Kind::Type { kind } => format!("must be of type {}", types(kind)),
        Kind::Enum { options } => format!("must be one of {}", json(options)),
        Kind::Constant { expected_value } => format!("must be {}", json(expected_value)),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::AdditionalItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} members"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} members"),
        Kind::UnevaluatedItems { .. } => "there are too many items".to_owned(),
        Kind::UniqueItems => "the items must differ".to_owned(),
        Kind::Contains => "an item of the kind that is asked for is missing".to_owned(),
        Kind::Pattern { pattern } => format!("must match the pattern {}", quoted(pattern)),
        Kind::Format { format } => format!("must be of the format {}", quoted(format)),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => closest(error, context, place),
        Kind::OneOfMultipleValid { .. } => {
            "fits several of the forms, of which it may fit one only".to_owned()
        }
        Kind::PropertyNames { error } => format!("a key is not allowed: {}", text(error, place)),
        Kind::Not { .. } | Kind::FalseSchema => "is not allowed".to_owned(),
        Kind::BacktrackLimitExceeded { .. }
        | Kind::RegexEngineFailure { .. }
        | Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::Custom { .. }
        | Kind::FromUtf8 { .. }
        | Kind::Referencing(_) => cut(&error.masked().to_string()),
    }
}

/// What is wrong in the eyes of the form that fits best.
fn closest(
    error: &ValidationError<'_>,
    forms: &[Vec<ValidationError<'static>>],
    place: &Path<'_>,
) -> String {
    let here = error.instance_path();
    let wrong = |form: &&Vec<ValidationError<'static>>| {
        // A form of another type altogether is farther than one with many mistakes.
        let is_other = |error: &ValidationError<'_>| {
            matches!(error.kind(), ValidationErrorKind::Type { .. })
                && error.instance_path() == here
        };
        (form.iter().any(is_other), form.len())
    };
    let fits_none = "fits none of the forms that are allowed";
    let Some(form) = forms.iter().min_by_key(wrong) else {
        return fits_none.to_owned();
    };
    let told = form.iter().take(MOST_TOLD).map(|error| {
        let path = place_of(error, place);
        format!("`{path}`: {}", text(error, place))
    });
    let told: Vec<_> = told.collect();
    cut(&format!("{fits_none}; of the closest: {}", told.join(", ")))
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            let kinds: Vec<_> = kinds.into_iter().map(|kind| kind.to_string()).collect();
            kinds.join(" or ")
        }
    }
}

fn names(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(|name| quoted(name));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        text.push_str(" and others");
    }
    text
}

fn quoted(text: &str) -> String {
    format!("`{}`", cut(text))
}

fn json(value: &Value) -> String {
    cut(&value.to_string())
}

/// A text, cut where it gets long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
