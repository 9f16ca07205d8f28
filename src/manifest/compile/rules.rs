//! Lists of patterns as rules, and what is wrong between them.

use std::collections::{HashMap, HashSet};

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{CanonicalUri, Pattern, Rule, RuleId, Rules};

use super::Context;
use super::annotations::{Effect, KnownServer};
use super::conditions::{self, Callers};
use super::patterns::{self, Written};

/// The most patterns of a list, other than exact texts, that are compared with one another: each
/// is compared with each.
const MAX_COMPARED: usize = 200;

/// The most patterns of a list. Each is compiled, and compared with others.
const MAX_PATTERNS: usize = 10_000;

/// What the patterns of a list are about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// Tools, of a server if it is known.
    Tools(Option<&'a KnownServer>),
    /// Prompts.
    Prompts,
    /// Resources and resource templates.
    Resources,
    /// Skills.
    Skills {
        /// Whether resources are enabled, among which what belongs to a skill may be.
        resources_listed: bool,
    },
}

impl Subject<'_> {
    /// Whether patterns are about URIs.
    pub(super) fn is_uri(self) -> bool {
        match self {
            Self::Resources | Self::Skills { .. } => true,
            Self::Tools(_) | Self::Prompts => false,
        }
    }

    /// Whether it is used with arguments, of which conditions may speak.
    fn has_arguments(self) -> bool {
        match self {
            Self::Tools(_) | Self::Prompts => true,
            Self::Resources | Self::Skills { .. } => false,
        }
    }

    /// Whether what is disabled may be enabled by lists of other subjects.
    fn is_enabled_elsewhere(self) -> bool {
        matches!(
            self,
            Self::Skills {
                resources_listed: true
            }
        )
    }
}

/// The two lists of one subject, with the keys that they stand under.
pub(super) struct Lists {
    pub(super) enabled: Option<Vec<Spanned<schema::Pattern>>>,
    pub(super) disabled: Option<Vec<Spanned<schema::Pattern>>>,
    /// What precedes the keys in a rule's id.
    pub(super) prefix: String,
    /// The word after `enabled_` and `disabled_`.
    pub(super) noun: &'static str,
    /// Whether it is known who calls, on which conditions depend.
    pub(super) callers: Callers,
}

/// A rule with its place in the text.
struct Placed {
    rule: Rule,
    pattern: Pattern,
    /// Of a rule that disables URIs, what it is compared with besides their own spelling.
    canonical: Option<Pattern>,
    span: Span,
    /// Whether it depends on `tool_metadata`, and so may come to match something else.
    by_annotation: bool,
    /// Whether it is there only where a condition holds.
    conditional: bool,
}

/// What the patterns of one list have in common.
#[derive(Debug, Clone, Copy)]
struct Side<'a> {
    subject: Subject<'a>,
    effect: Effect,
    callers: Callers,
}

impl Placed {
    /// Whether this rule matches whatever the other one of the same list does, wherever that is
    /// there.
    fn covers(&self, other: &Self) -> bool {
        if self.conditional {
            return false;
        }
        let canonical = match (&self.canonical, &other.canonical) {
            (Some(wide), Some(narrow)) => wide.covers(narrow),
            (None, _) | (_, None) => true,
        };
        canonical && self.pattern.covers(&other.pattern)
    }
}

pub(super) fn compile(context: &mut Context<'_>, lists: Lists, subject: Subject<'_>) -> Rules {
    let Lists {
        enabled,
        disabled,
        prefix,
        noun,
        callers,
    } = lists;
    let mut side = |effect, key: &str, list: Option<Vec<_>>| {
        let id = format!("{prefix}.{key}_{noun}");
        let list: Vec<Spanned<schema::Pattern>> = list.unwrap_or_default();
        if let Some(first) = list.get(MAX_PATTERNS) {
            let message = format!("a list has at most {MAX_PATTERNS} patterns");
            context.report(
                Diagnostic::new(Code::TooLarge, first.span, message).label("the first too many"),
            );
        }
        let list = list.into_iter().take(MAX_PATTERNS).enumerate();
        list.filter_map(|(index, written)| {
            let id = RuleId::new(format!("{id}[{index}]"));
            let side = Side {
                subject,
                effect,
                callers,
            };
            place(context, id, written, side)
        })
        .collect::<Vec<_>>()
    };
    let enabled = side(Effect::Enable, "enabled", enabled);
    let disabled = side(Effect::Disable, "disabled", disabled);
    shadowed(context, &enabled);
    shadowed(context, &disabled);
    always_disabled(context, &enabled, &disabled);
    if !subject.is_enabled_elsewhere() {
        disables_nothing(context, &enabled, &disabled);
    }
    let rules = |list: Vec<Placed>| list.into_iter().map(|placed| placed.rule).collect();
    Rules::new(rules(enabled), rules(disabled))
}

/// One pattern as a rule, or `None` after reporting why it is none.
fn place(
    context: &mut Context<'_>,
    id: RuleId,
    written: Spanned<schema::Pattern>,
    side: Side<'_>,
) -> Option<Placed> {
    let Side {
        subject,
        effect,
        callers,
    } = side;
    let Spanned { mut value, span } = written;
    let when = match &mut value {
        schema::Pattern::Text(_) => None,
        schema::Pattern::Map(map) => map.when.take(),
    };
    let conditional = when.is_some();
    let condition = when.and_then(|when| {
        callers.need(context, when.span, "the condition");
        conditions::condition(context, when, subject.has_arguments())
    });
    let Written {
        pattern,
        mut text,
        by_annotation,
    } = patterns::compile(context, &value, span, subject, effect)?;
    if let Some((_, condition)) = &condition {
        text = format!("{text} when {condition}");
    }
    let rule = Rule::new(id, context.source.location(span), text, pattern.clone());
    let rule = match condition {
        Some((condition, _)) => rule.when(condition),
        None => rule,
    };
    let disables_uris = subject.is_uri() && effect == Effect::Disable;
    Some(Placed {
        rule,
        canonical: disables_uris.then(|| pattern.canonical_uri()),
        pattern,
        span,
        by_annotation,
        conditional,
    })
}

/// Reports the rules of one list that another one makes superfluous.
fn shadowed(context: &mut Context<'_>, list: &[Placed]) {
    let mut exact: HashMap<&str, (usize, &Placed)> = HashMap::new();
    for (index, placed) in list.iter().enumerate().filter(|(_, it)| !it.conditional) {
        if let Some(text) = placed.pattern.as_exact() {
            exact.entry(text).or_insert((index, placed));
        }
    }
    let wide: Vec<(usize, &Placed)> = compared(list).collect();
    for (index, placed) in list.iter().enumerate() {
        let twin = placed
            .pattern
            .as_exact()
            .and_then(|text| exact.get(text))
            .filter(|(first, _)| *first != index)
            .map(|(_, twin)| *twin);
        let other = twin.or_else(|| {
            let covering = wide.iter().find(|(other, wider)| {
                // Of two that cover each other, the first counts.
                *other != index
                    && !(wider.by_annotation || placed.by_annotation)
                    && wider.covers(placed)
                    && (*other < index || !placed.covers(wider))
            });
            covering.map(|(_, wider)| *wider)
        });
        if let Some(other) = other {
            let message = format!("{} never decides anything", quote(placed.rule.pattern()));
            context.report(
                Diagnostic::new(Code::Shadowed, placed.span, message)
                    .label("remove this one")
                    .related(other.span, "matches all of it"),
            );
        }
    }
}

/// The rules that are not exact texts, up to as many as are worth the time.
fn compared(list: &[Placed]) -> impl Iterator<Item = (usize, &Placed)> {
    let wide = list
        .iter()
        .enumerate()
        .filter(|(_, placed)| placed.pattern.as_exact().is_none());
    wide.take(MAX_COMPARED)
}

/// Reports the rules that enable what is disabled as a whole, and for everyone.
fn always_disabled(context: &mut Context<'_>, enabled: &[Placed], disabled: &[Placed]) {
    let always = || disabled.iter().filter(|placed| !placed.conditional);
    let exact: HashMap<&str, &Placed> = always()
        .filter_map(|placed| Some((placed.pattern.as_exact()?, placed)))
        .collect();
    let canonical: HashMap<&str, &Placed> = always()
        .filter_map(|placed| Some((placed.canonical.as_ref()?.as_exact()?, placed)))
        .collect();
    for placed in enabled {
        let twin = placed
            .pattern
            .as_exact()
            .and_then(|text| exact.get(text).copied());
        let other = twin.or_else(|| {
            let mut wide = compared(disabled);
            wide.find(|(_, wider)| !wider.conditional && wider.pattern.covers(&placed.pattern))
                .map(|(_, wider)| wider)
        });
        let other = other.or_else(|| in_another_spelling(placed, &canonical, disabled));
        if let Some(other) = other {
            let message = format!(
                "{} is enabled and always disabled",
                quote(placed.rule.pattern())
            );
            let help = other
                .by_annotation
                .then(|| "where `tool_metadata` is silent, an annotation disables".to_owned());
            context.report(
                Diagnostic::new(Code::AlwaysDisabled, placed.span, message)
                    .label("enabled here")
                    .related(other.span, "disabled here, which always wins")
                    .help(help),
            );
        }
    }
}

/// The rule that disables another spelling of the one URI that a rule enables.
fn in_another_spelling<'a>(
    enabled: &Placed,
    exact: &HashMap<&str, &'a Placed>,
    disabled: &'a [Placed],
) -> Option<&'a Placed> {
    // Tools and prompts have one spelling.
    disabled.first()?.canonical.as_ref()?;
    let uri = CanonicalUri::new(enabled.pattern.as_exact()?);
    uri.forms().find_map(|form| {
        let matches = |rule: &Placed| {
            let canonical = rule.canonical.as_ref().filter(|_| !rule.conditional);
            canonical.is_some_and(|canonical| canonical.matches(form))
        };
        let wide = || compared(disabled).find(|(_, rule)| matches(rule));
        exact
            .get(form)
            .copied()
            .or_else(|| wide().map(|(_, rule)| rule))
    })
}

/// Warns of exact texts that are disabled though nothing enables them.
fn disables_nothing(context: &mut Context<'_>, enabled: &[Placed], disabled: &[Placed]) {
    let exact: HashMap<&str, &Placed> = enabled
        .iter()
        .filter_map(|placed| Some((placed.pattern.as_exact()?, placed)))
        .collect();
    if compared(enabled).count() == MAX_COMPARED {
        return;
    }
    let spellings = disabled
        .first()
        .and_then(|placed| placed.canonical.as_ref())
        .map(|_| Spellings::new(enabled));
    for placed in disabled {
        let Some(text) = placed.pattern.as_exact() else {
            continue;
        };
        let mut wide = compared(enabled);
        if !exact.contains_key(text)
            && !wide.any(|(_, wider)| wider.pattern.matches(text))
            && !spellings.as_ref().is_some_and(|it| it.has(placed))
        {
            let message = format!("{} is disabled, but nothing enables it", quote(text));
            let help = "what is not enabled needs no disabling";
            context.report(
                Diagnostic::new(Code::DisablesNothing, placed.span, message).help(help.to_owned()),
            );
        }
    }
}

/// In which spellings URIs are enabled.
struct Spellings {
    exact: HashSet<String>,
    wide: Vec<Pattern>,
}

impl Spellings {
    fn new(enabled: &[Placed]) -> Self {
        let exact = enabled
            .iter()
            .filter_map(|placed| placed.pattern.as_exact());
        Self {
            exact: exact
                .flat_map(|uri| {
                    let uri = CanonicalUri::new(uri);
                    uri.forms().map(str::to_owned).collect::<Vec<_>>()
                })
                .collect(),
            wide: compared(enabled)
                .map(|(_, placed)| placed.pattern.canonical_uri())
                .collect(),
        }
    }

    /// Whether something is enabled that an exact rule disables in another spelling.
    fn has(&self, disabled: &Placed) -> bool {
        let Some(text) = disabled.canonical.as_ref().and_then(Pattern::as_exact) else {
            return false;
        };
        // A rule may enable nothing but what ends in a slash.
        let folder = format!("{text}/");
        let matches = |pattern: &Pattern| pattern.matches(text) || pattern.matches(&folder);
        self.exact.contains(text) || self.wide.iter().any(matches)
    }
}
