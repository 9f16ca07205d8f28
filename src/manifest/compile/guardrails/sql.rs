//! Guardrails of type `sql`.

use std::collections::BTreeSet;

use super::{bad, each, known_word, paths, strings};
use crate::guardrail::Sql;
use crate::guardrail::sql::{Dialect, NamePattern, Names, StatementKind};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema::{self, AllowOrDeny};
use crate::manifest::span::{Span, Spanned};

/// What can need a condition.
const CONDITIONAL: [StatementKind; 3] = [
    StatementKind::Select,
    StatementKind::Update,
    StatementKind::Delete,
];

pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Sql> {
    let arguments = keys.arguments.take();
    if arguments.as_ref().is_none_or(|list| list.value.is_empty()) && context.is_intact(place) {
        let message = "a guardrail of type `sql` says in `arguments` which ones are SQL";
        context.report(Diagnostic::new(Code::MissingKey, place, message));
    }
    let places = paths(context, arguments);
    let dialect = dialect(context, keys.dialect.take(), place);
    let kinds = kinds(context, keys, place);
    let tables = names(context, keys.tables.take());
    let columns = names(context, keys.columns.take());
    let functions = names(context, keys.functions.take());
    let require_where = conditions(context, keys.require_where.take());
    let require_limit = limit(context, keys.require_limit.take());
    let is = |written: Option<Spanned<AllowOrDeny>>, usual| {
        written.map_or(usual, |word| word.value) == AllowOrDeny::Allow
    };
    let select_star = is(keys.select_star.take(), AllowOrDeny::Allow);
    let comments = is(keys.comments.take(), AllowOrDeny::Allow);
    let multiple_statements = is(keys.multiple_statements.take(), AllowOrDeny::Deny);
    let dialect = dialect.filter(|_| !places.is_empty())?;
    Some(Sql {
        places,
        dialect,
        kinds: kinds?,
        tables: tables?,
        columns: columns?,
        functions: functions?,
        select_star,
        require_where,
        require_limit,
        comments,
        multiple_statements,
    })
}

fn dialect(
    context: &mut Context<'_>,
    written: Option<Spanned<String>>,
    place: Span,
) -> Option<Dialect> {
    let words = Dialect::ALL.map(Dialect::as_str);
    let Some(written) = written else {
        if context.is_intact(place) {
            let message = "a guardrail of type `sql` says in `dialect` what the server speaks";
            let missing = Diagnostic::new(Code::MissingKey, place, message);
            context.report(missing.help(format!("there are {}", words.join(", "))));
        }
        return None;
    };
    known_word(context, &written, "dialect of SQL", &words, Dialect::parse)
}

/// What statements may do; `None` after reporting that it is nothing.
fn kinds(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<BTreeSet<StatementKind>> {
    let words = StatementKind::ALL.map(StatementKind::as_str);
    let mut read = |written: Option<Spanned<Vec<Spanned<String>>>>| {
        let (written, place) = strings(written);
        if let Some(place) = place.filter(|place| written.is_empty() && context.is_intact(*place)) {
            let help = "name what statements may do, or leave the list out";
            bad(
                context,
                place,
                "an empty list would be about nothing",
                help.to_owned(),
            );
        }
        let kinds = written.iter().filter_map(|word| {
            known_word(
                context,
                word,
                "kind of statement",
                &words,
                StatementKind::parse,
            )
        });
        place.map(|_| kinds.collect::<BTreeSet<_>>())
    };
    let (allow, deny) = (read(keys.allow.take()), read(keys.deny.take()));
    let all = match (&allow, &deny) {
        (Some(allow), _) => allow.clone(),
        (None, Some(_)) => StatementKind::ALL.into(),
        (None, None) => BTreeSet::from([StatementKind::Select]),
    };
    let deny = deny.unwrap_or_default();
    let kinds: BTreeSet<_> = all.difference(&deny).copied().collect();
    if kinds.is_empty() && !all.is_empty() && context.is_intact(place) {
        let help = "allow what `deny` leaves";
        bad(
            context,
            place,
            "it allows nothing that it does not deny",
            help.to_owned(),
        );
    }
    (!kinds.is_empty()).then_some(kinds)
}

/// What is allowed and denied; `None` if a list could not be read.
fn names(context: &mut Context<'_>, written: Option<Spanned<schema::AllowDeny>>) -> Option<Names> {
    let (allow, deny) = match written {
        Some(written) => (written.value.allow, written.value.deny),
        None => (None, None),
    };
    let mut read = |written: Option<Spanned<Vec<Spanned<String>>>>| {
        let (written, place) = strings(written);
        let many = written.len();
        let help = "write it like `users`, `public.*` or `users.name`";
        let read = each(context, written, NamePattern::parse, help);
        (read.len() == many).then_some((read, place.is_some()))
    };
    let (allow, has_allow) = read(allow)?;
    let (deny, _) = read(deny)?;
    Some(Names {
        allow: has_allow.then_some(allow),
        deny,
    })
}

fn conditions(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> BTreeSet<StatementKind> {
    let words = CONDITIONAL.map(StatementKind::as_str);
    let parse = |word: &str| CONDITIONAL.into_iter().find(|kind| kind.as_str() == word);
    let (written, _) = strings(written);
    let kinds = written
        .iter()
        .filter_map(|word| known_word(context, word, "statement with a condition", &words, parse));
    kinds.collect()
}

fn limit(context: &mut Context<'_>, written: Option<Spanned<u64>>) -> Option<u64> {
    let written = written?;
    if written.value == 0 {
        let help = "leave `require_limit` out to require none";
        bad(
            context,
            written.span,
            "a limit of no rows gives nothing",
            help.to_owned(),
        );
    }
    Some(written.value)
}
