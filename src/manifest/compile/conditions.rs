//! Who is in and who is not, and conditions, checked.

use std::sync::Arc;

use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{Condition, Expression, Membership, Principal};

use super::Context;

/// What precedes the name in a principal that is not a claim.
const KINDS: &[&str] = &["user", "group", "agent", "scope"];

/// Whether a virtual server asks who calls; if not, why not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Callers {
    /// It does, or it is not known whether it does.
    Known,
    /// There is no `identity`.
    NoIdentity,
    /// It is `anonymous`, here.
    Anonymous(Span),
}

impl Callers {
    /// Reports what depends on who calls, where nobody asks.
    pub(super) fn need(self, context: &mut Context<'_>, span: Span, what: &str) {
        let message = format!("{what} depends on who calls, and nobody asks");
        let bad = Diagnostic::new(Code::NeedsIdentity, span, message);
        context.report(match self {
            Self::Known => return,
            Self::NoIdentity => bad.help("say how callers are known, in `identity`".to_owned()),
            Self::Anonymous(anonymous) => bad.related(anonymous, "since anyone may use it"),
        });
    }
}

/// Who is in and who is not.
pub(super) fn members(
    context: &mut Context<'_>,
    written: schema::Members,
    span: Span,
) -> Membership {
    let schema::Members { any_of, none_of } = written;
    if any_of.is_none() && none_of.is_none() && context.is_intact(span) {
        let message = "the key `in` or `not_in` is missing";
        context.report(Diagnostic::new(Code::MissingKey, span, message).label("in this map"));
    }
    if let Some(Spanned { value, span }) = &any_of
        && value.is_empty()
        && context.is_intact(*span)
    {
        let message = "nobody is in an empty list";
        let help = "leave `in` out, and whoever is not in `not_in` is in";
        context.report(Diagnostic::new(Code::MissingKey, *span, message).help(help.to_owned()));
    }
    let mut list = |written: Option<Spanned<Vec<Spanned<String>>>>| {
        let mut principals = Vec::new();
        for written in written.map(|it| it.value).unwrap_or_default() {
            principals.extend(principal(context, &written).map(|it| (it, written.span)));
        }
        principals
    };
    let (any_of, none_of) = (list(any_of), list(none_of));
    for (principal, span) in &none_of {
        if let Some((_, other)) = any_of.iter().find(|(other, _)| other == principal) {
            let message = format!("{} is both in and not in", quote(&principal.to_string()));
            context.report(
                Diagnostic::new(Code::Contradiction, *span, message)
                    .label("not in, which always wins")
                    .related(*other, "in"),
            );
        }
    }
    let bare = |list: Vec<(Principal, Span)>| list.into_iter().map(|(it, _)| it).collect();
    Membership {
        any_of: bare(any_of),
        none_of: bare(none_of),
    }
}

fn principal(context: &mut Context<'_>, written: &Spanned<String>) -> Option<Principal> {
    let text = &written.value;
    let (problem, help) = if text.contains('*') {
        let help = "what stands here is compared as it is; the entries of lists take expressions, \
                    like `when: user.endsWith(\"@example.com\")`";
        ("looks like a pattern", help.to_owned())
    } else if text.trim() != text {
        let help = "what stands here is compared as it is: nothing is trimmed";
        ("has spaces at its ends", help.to_owned())
    } else {
        match Principal::parse(text) {
            Some(Principal::Scope(scope)) if scope.contains(' ') => {
                let help = "write each scope by itself";
                ("has several scopes", help.to_owned())
            }
            Some(principal) => return Some(principal),
            None => ("is no principal", principal_help(text)),
        }
    };
    let message = format!("{} {problem}", quote(text));
    context.report(Diagnostic::new(Code::BadPrincipal, written.span, message).help(help));
    None
}

/// What may have been meant.
fn principal_help(text: &str) -> String {
    if text.starts_with("claim") {
        return "a claim is `claim.NAME=VALUE`".to_owned();
    }
    let all = "there are `user:NAME`, `group:NAME`, `agent:NAME`, `scope:NAME` and \
               `claim.NAME=VALUE`";
    let (kind, name) = match text.split_once([':', '=', '/']) {
        Some((kind, name)) => (kind, name),
        None if text.contains('@') => ("user", text),
        None => return all.to_owned(),
    };
    let singular = kind.strip_suffix('s').unwrap_or(kind);
    let close = |known: &&&str| {
        **known == kind || **known == singular || did_you_mean(kind, [**known]).is_some()
    };
    match KINDS.iter().find(close) {
        Some(known) if !name.is_empty() => {
            format!("did you mean {}?", quote(&format!("{known}:{name}")))
        }
        Some(_) | None => all.to_owned(),
    }
}

/// The condition of an entry and its text; or `None` after reporting why it is none. Where something
/// is used with arguments, it may speak of them.
pub(super) fn condition(
    context: &mut Context<'_>,
    written: Spanned<schema::When>,
    has_arguments: bool,
) -> Option<(Condition, String)> {
    let Spanned { value, span } = written;
    match value {
        schema::When::Members(members) => {
            let membership = self::members(context, members, span);
            let text = text_of(&membership);
            Some((Condition::Members(Arc::new(membership)), text))
        }
        schema::When::Expression(text) => match Expression::compile(&text, has_arguments) {
            Ok(expression) => {
                let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
                Some((Condition::Expression(expression), shown))
            }
            Err(error) => {
                let place = within(context, span, &text, error.range.start, error.range.end);
                let bad = Diagnostic::new(Code::BadExpression, place, error.message);
                context.report(bad.help(error.help));
                None
            }
        },
    }
}

/// Where a part of a text stands that is written in `span`, which may be quoted or a block; the whole
/// place, if that can't be told.
fn within(context: &Context<'_>, span: Span, text: &str, start: usize, end: usize) -> Span {
    let written = context.source.slice(span);
    if let Some(at) = written.find(text) {
        let at = span.start + at;
        return Span {
            start: at + start,
            end: at + end,
        };
    }
    // Of a block, each line but the first stands behind the spaces that indent it.
    let in_block = || {
        let before = text.get(..start)?;
        let number = before.matches('\n').count();
        let before = before.rsplit('\n').next()?;
        let line = text.split('\n').nth(number)?;
        let offset: usize = written
            .split_inclusive('\n')
            .take(number)
            .map(str::len)
            .sum();
        let whole = written.split('\n').nth(number)?.trim_end();
        let indent = whole.len().checked_sub(line.trim_end().len())?;
        let at = span.start + offset + indent + before.len();
        let length = (end - start).min(line.len() - before.len());
        whole.ends_with(line.trim_end()).then_some(Span {
            start: at,
            end: at + length,
        })
    };
    in_block().unwrap_or(span)
}

fn text_of(membership: &Membership) -> String {
    let list = |(key, principals): (&str, &[Principal])| {
        let principals: Vec<_> = principals.iter().map(Principal::to_string).collect();
        (!principals.is_empty()).then(|| format!("{key}: [{}]", principals.join(", ")))
    };
    let lists = [
        ("in", membership.any_of.as_slice()),
        ("not_in", &membership.none_of),
    ];
    let lists: Vec<_> = lists.into_iter().filter_map(list).collect();
    format!("{{{}}}", lists.join(", "))
}
