//! Guardrails of type `arguments`.

use std::collections::HashMap;

use super::{bad, strings};
use crate::guardrail::{Arguments, Operation};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema::{self, Entries};
use crate::manifest::span::{Span, Spanned};

/// The check, or `None` after reporting why there is none.
pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    operation: Operation,
    place: Span,
) -> Option<Arguments> {
    let (pin, default) = (keys.pin.take(), keys.default.take());
    let (hide, hidden) = strings(keys.hide.take());
    let (allow, allowed) = strings(keys.allow.take());
    let (deny, denied) = strings(keys.deny.take());
    let is_given = [hidden, allowed, denied].iter().any(Option::is_some);
    if pin.is_none() && default.is_none() && !is_given && context.is_intact(place) {
        let message =
            "a guardrail of type `arguments` has `pin`, `default`, `hide`, `allow` or `deny`";
        context.report(Diagnostic::new(Code::MissingKey, place, message));
        return None;
    }
    let show = keys.show.take().is_some_and(|show| show.value);
    let (pin, default) = (values(pin), values(default));
    let errors = context.diagnostics.len();
    contradictions(context, [&names(&pin), &names(&default)], "a default");
    contradictions(context, [&names(&pin), &hide], "hidden, as it is anyway");
    contradictions(context, [&names(&pin), &deny], "not allowed");
    contradictions(context, [&names(&default), &deny], "not allowed");
    contradictions(context, [&allow, &deny], "not allowed");
    contradictions(context, [&allow, &hide], "hidden");
    if context.diagnostics.len() > errors {
        return None;
    }
    let texts = |list: Vec<Spanned<String>>| list.into_iter().map(|text| text.value).collect();
    Some(Arguments {
        pin: bare(pin),
        default: bare(default),
        hide: texts(hide),
        show,
        allow: allowed.map(|_| texts(allow)),
        deny: texts(deny),
        refuses: operation == Operation::Validate,
    })
}

type Values = Vec<(Spanned<String>, Spanned<serde_json::Value>)>;

fn values(written: Option<Spanned<Entries<serde_json::Value>>>) -> Values {
    written.map(|map| map.value.0).unwrap_or_default()
}

fn bare(values: Values) -> Vec<(String, serde_json::Value)> {
    let bare = |(name, value): (Spanned<String>, Spanned<_>)| (name.value, value.value);
    values.into_iter().map(bare).collect()
}

fn names(values: &Values) -> Vec<Spanned<String>> {
    values.iter().map(|(name, _)| name.clone()).collect()
}

/// Reports names of one list that another one has, where they would be something else.
fn contradictions(context: &mut Context<'_>, lists: [&Vec<Spanned<String>>; 2], what: &str) {
    let [one, other] = lists;
    let one: HashMap<&str, Span> = one.iter().map(|it| (it.value.as_str(), it.span)).collect();
    for name in other {
        if one.contains_key(name.value.as_str()) {
            let message = format!("the argument {} can't be {what} too", quote(&name.value));
            bad(
                context,
                name.span,
                message,
                "name it in one place".to_owned(),
            );
        }
    }
}
