//! Guardrails of type `regex`.

use super::{bad, paths, strings};
use crate::guardrail::regex::{Allowed, Denied, PatternError, REMOVED};
use crate::guardrail::{Normalize, RegexCheck};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};

pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<RegexCheck> {
    let places = paths(context, keys.arguments.take());
    let (deny, deny_span) = strings(keys.deny.take());
    let (allow, allow_span) = strings(keys.allow.take());
    if deny_span.is_none() && allow_span.is_none() && context.is_intact(place) {
        let message = "a guardrail of type `regex` has `deny` or `allow`";
        context.report(Diagnostic::new(Code::MissingKey, place, message));
    }
    let denied = Denied::new(&texts(&deny))
        .map_err(|error| report(context, &error, &deny, deny_span.unwrap_or(place)));
    let allowed = Allowed::new(&texts(&allow))
        .map_err(|error| report(context, &error, &allow, allow_span.unwrap_or(place)));
    let with = keys
        .with
        .take()
        .map_or(REMOVED.to_owned(), |with| with.value);
    let normalize = normalize(keys.normalize.take());
    Some(RegexCheck {
        places,
        deny: denied.ok()?,
        allow: allowed.ok()?,
        normalize,
        with,
    })
}

fn normalize(written: Option<Spanned<Vec<Spanned<schema::Normalize>>>>) -> Normalize {
    let mut normalize = Normalize::default();
    for way in written.map(|ways| ways.value).unwrap_or_default() {
        match way.value {
            schema::Normalize::Nfc => normalize.nfc = true,
            schema::Normalize::Case => normalize.case = true,
            schema::Normalize::Percent => normalize.percent = true,
            schema::Normalize::Base64 => normalize.base64 = true,
        }
    }
    normalize
}

fn texts(written: &[Spanned<String>]) -> Vec<String> {
    written.iter().map(|text| text.value.clone()).collect()
}

/// Reports what is wrong with patterns, at the one that it is.
fn report(
    context: &mut Context<'_>,
    error: &PatternError,
    written: &[Spanned<String>],
    list: Span,
) {
    let at = |at: usize| written.get(at).map_or(list, |text| text.span);
    let (span, help) = match error {
        PatternError::TooLong(number) | PatternError::TooBig(number) => (
            at(*number),
            "make several shorter patterns of it".to_owned(),
        ),
        PatternError::Syntax(number, detail) => (at(*number), detail.clone()),
        PatternError::TooMany | PatternError::AllTooBig => {
            (list, "make several guardrails of it".to_owned())
        }
    };
    bad(context, span, error.to_string(), help);
}
