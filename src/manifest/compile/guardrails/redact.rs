//! `redact`, checked.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::detect::{Custom, Entity, Selection};
use crate::guardrail::{Redact, Redacting, Treatment};
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};

use super::{Context, known_word};

/// The most memory that a compiled expression may take, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The check that the keys describe.
pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Redact> {
    let usual = Redacting::default();
    // All keys are taken before anything is given up, so that none is reported as left over.
    let custom = keys.custom.take().map(|custom| custom.value.0);
    let custom = custom.unwrap_or_default();
    let selection = selection(context, keys.entities.take(), &custom);
    let action = keys.action.take().map(|word| treatment(context, &word));
    let treatments = treatments(context, keys.actions.take(), selection.as_ref());
    let allowed = keys.allow_values.take().map(|values| values.value);
    let allowed = allowed.unwrap_or_default().into_iter();
    let allowed_patterns = patterns(context, keys.allow.take());
    let most = most(context, keys.min_findings_to_block.take());
    let made_of = Redacting {
        selection: selection?,
        with: keys.with.take().map_or(usual.with, |with| with.value),
        usual: action.unwrap_or(Some(usual.usual))?,
        treatments: treatments?,
        allowed: allowed.map(|value| value.value).collect(),
        allowed_patterns: allowed_patterns?,
        most: most?,
    };
    Redact::new(made_of)
        .map_err(|error| {
            let place = custom.first().map_or(place, |(name, _)| name.span);
            let bad = Diagnostic::new(Code::BadGuardrail, place, error.to_string());
            context.report(bad);
        })
        .ok()
}

fn selection(
    context: &mut Context<'_>,
    entities: Option<Spanned<Vec<Spanned<String>>>>,
    custom: &[(Spanned<String>, Spanned<String>)],
) -> Option<Selection> {
    let names: Vec<_> = Entity::ALL.iter().map(|entity| entity.as_str()).collect();
    let entities = match entities {
        None => Entity::DEFAULT.to_vec(),
        Some(words) => {
            let words = words.value.iter();
            let known: Vec<_> = words
                .map(|word| known_word(context, word, "entity", &names, Entity::parse))
                .collect();
            known.into_iter().collect::<Option<_>>()?
        }
    };
    let custom = custom.iter().map(|(name, regex)| Custom {
        name: name.value.clone(),
        regex: regex.value.clone(),
    });
    Some(Selection {
        entities,
        custom: custom.collect(),
    })
}

fn treatment(context: &mut Context<'_>, word: &Spanned<String>) -> Option<Treatment> {
    let names: Vec<_> = Treatment::ALL.iter().map(|one| one.as_str()).collect();
    known_word(context, word, "action", &names, Treatment::parse)
}

fn treatments(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Entries<String>>>,
    selection: Option<&Selection>,
) -> Option<HashMap<String, Treatment>> {
    let entries = written.map(|entries| entries.value.0).unwrap_or_default();
    let mut treatments = HashMap::new();
    let mut is_fine = true;
    for (name, word) in &entries {
        if let Some(selection) = selection {
            is_fine &= is_selected(context, name, selection);
        }
        match treatment(context, word) {
            Some(treatment) => {
                treatments.insert(name.value.clone(), treatment);
            }
            None => is_fine = false,
        }
    }
    is_fine.then_some(treatments)
}

/// Whether an entity is looked for; reports that it is not.
fn is_selected(context: &mut Context<'_>, name: &Spanned<String>, selection: &Selection) -> bool {
    let entities = selection.entities.iter().map(|entity| entity.as_str());
    let custom = selection.custom.iter().map(|custom| custom.name.as_str());
    let names: Vec<_> = entities.chain(custom).collect();
    let is_one = |name: &str| names.contains(&name).then_some(());
    known_word(context, name, "selected entity", &names, is_one).is_some()
}

fn patterns(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Option<Vec<Regex>> {
    let texts = written.map(|texts| texts.value).unwrap_or_default();
    let compiled: Vec<_> = texts.iter().map(|text| pattern(context, text)).collect();
    compiled.into_iter().collect()
}

/// A pattern that matches a value as a whole, or `None` after reporting why it is none.
fn pattern(context: &mut Context<'_>, text: &Spanned<String>) -> Option<Regex> {
    let build = |regex: &str| RegexBuilder::new(regex).size_limit(MAX_REGEX_BYTES).build();
    // What is wrong is told in the operator's words.
    let compiled = build(&text.value).and_then(|_| build(&format!("^(?:{})$", text.value)));
    compiled
        .map_err(|error| {
            let message = format!("the pattern can't be used: {error}");
            context.report(Diagnostic::new(Code::BadGuardrail, text.span, message));
        })
        .ok()
}

fn most(context: &mut Context<'_>, written: Option<Spanned<u64>>) -> Option<Option<usize>> {
    let Some(Spanned { value, span }) = written else {
        return Some(None);
    };
    if value == 0 {
        let message = "every message has at least 0 findings";
        let help = "use `action: block` to refuse whatever has one";
        let zero = Diagnostic::new(Code::BadGuardrail, span, message);
        context.report(zero.help(help.to_owned()));
        return None;
    }
    Some(usize::try_from(value).ok())
}
