//! Lists of patterns as rules, and what is wrong between them.

use std::collections::{HashMap, HashSet};

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{CanonicalUri, Pattern, PatternError, Rule, RuleId, Rules};

use super::Context;
use super::annotations::{self, Effect, KnownServer};
use super::skills;

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
    fn is_uri(self) -> bool {
        match self {
            Self::Resources | Self::Skills { .. } => true,
            Self::Tools(_) | Self::Prompts => false,
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
}

impl Placed {
    /// Whether this rule matches whatever the other one of the same list does.
    fn covers(&self, other: &Self) -> bool {
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
            place(context, id, written, subject, effect)
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
    subject: Subject<'_>,
    effect: Effect,
) -> Option<Placed> {
    let Spanned { value, span } = written;
    let mut by_annotation = false;
    let (pattern, text) = match &value {
        schema::Pattern::Text(text) => {
            check_text(context, text, span);
            let compiled = match subject {
                Subject::Tools(_) | Subject::Prompts => Pattern::name(text),
                Subject::Resources => Pattern::uri(text),
                Subject::Skills { .. } => {
                    skills::check(context, text, span)?;
                    Pattern::uri(text)
                }
            };
            (
                compiled
                    .map_err(|error| bad_pattern(context, error, span))
                    .ok()?,
                text.clone(),
            )
        }
        schema::Pattern::Map(map) => {
            let asked = annotations::asked(map);
            let pattern = match (&map.regex, asked.as_slice()) {
                (Some(regex), []) => Pattern::regex(&regex.value)
                    .map_err(|error| bad_pattern(context, error, regex.span))
                    .ok()?,
                (None, [_, ..]) => {
                    by_annotation = true;
                    by_annotations(context, &asked, span, subject, effect)?
                }
                (Some(_), [_, ..]) => {
                    let message = "a pattern is a `regex` or has annotations, not both";
                    context.report(Diagnostic::new(Code::Exclusive, span, message));
                    return None;
                }
                (None, []) => {
                    if context.is_intact(span) {
                        let message = "an empty pattern matches nothing";
                        context.report(Diagnostic::new(Code::BadPattern, span, message));
                    }
                    return None;
                }
            };
            (pattern, as_written(map, &asked))
        }
    };
    let uri = subject.is_uri() && effect == Effect::Enable;
    if !by_annotation && pattern.is_impossible(uri) {
        let help = "a URI that can be read in two ways (dot segments, empty segments, needless \
                    escapes) is enabled only by a pattern without wildcards";
        context.report(
            Diagnostic::new(Code::NeverMatches, span, "the pattern can match nothing")
                .help(help.to_owned()),
        );
        return None;
    }
    let rule = Rule::new(id, context.source.location(span), text, pattern.clone());
    let disables_uris = subject.is_uri() && effect == Effect::Disable;
    Some(Placed {
        rule,
        canonical: disables_uris.then(|| pattern.canonical_uri()),
        pattern,
        span,
        by_annotation,
    })
}

fn as_written(map: &schema::PatternMap, asked: &[(&str, bool)]) -> String {
    if let Some(regex) = &map.regex {
        return format!("{{regex: {:?}}}", regex.value);
    }
    let hints: Vec<_> = asked
        .iter()
        .map(|(hint, value)| format!("{hint}: {value}"))
        .collect();
    format!("{{{}}}", hints.join(", "))
}

fn by_annotations(
    context: &mut Context<'_>,
    asked: &[(&'static str, bool)],
    span: Span,
    subject: Subject<'_>,
    effect: Effect,
) -> Option<Pattern> {
    let server = match subject {
        Subject::Tools(server) => server?,
        Subject::Prompts | Subject::Resources | Subject::Skills { .. } => {
            let message = "only tools have annotations";
            context.report(Diagnostic::new(Code::BadPattern, span, message));
            return None;
        }
    };
    let pattern = annotations::pattern(server, asked, effect);
    if pattern.is_impossible(false) {
        let message = "the pattern can match nothing";
        let help = format!(
            "annotations are decided by `servers.{}.tool_metadata`, where no tool has these",
            server.name.value
        );
        context.report(Diagnostic::new(Code::NeverMatches, span, message).help(help));
        return None;
    }
    Some(pattern)
}

fn bad_pattern(context: &mut Context<'_>, error: PatternError, span: Span) {
    let label = match &error {
        // The parser's own text has several lines; the last one says why.
        PatternError::RegexSyntax(text) => text.lines().last().unwrap_or(""),
        PatternError::Empty
        | PatternError::TooLong
        | PatternError::GlobCharacter(_)
        | PatternError::RegexTooLarge
        | PatternError::TemplateBrace
        | PatternError::TemplateExpression(_)
        | PatternError::GlobAndTemplate => "",
    };
    let regex = matches!(
        error,
        PatternError::RegexSyntax(_) | PatternError::RegexTooLarge
    );
    let code = if regex {
        Code::BadRegex
    } else {
        Code::BadPattern
    };
    let help = match &error {
        PatternError::RegexTooLarge => "repeat less",
        PatternError::GlobCharacter(_) => {
            "a glob has `*` for any run and `?` for any one character; else write `{regex: …}`"
        }
        PatternError::TemplateExpression(_) => {
            "write `{name}` for one segment, or `{+name}` for anything"
        }
        PatternError::GlobAndTemplate => "write `{+name}` in the place of `*`",
        PatternError::Empty
        | PatternError::TooLong
        | PatternError::TemplateBrace
        | PatternError::RegexSyntax(_) => "",
    };
    context.report(
        Diagnostic::new(code, span, error.to_string())
            .label(label.trim_start_matches("error: "))
            .help(Some(help.to_owned()).filter(|help| !help.is_empty())),
    );
}

/// Warns of what a reader of the manifest cannot see.
fn check_text(context: &mut Context<'_>, text: &str, span: Span) {
    // `escape_debug` knows which characters print; quotes and backslashes do, but are escaped.
    let unseen = |c: char| !matches!(c, '"' | '\'' | '\\') && c.escape_debug().len() > 1;
    let latin = |c: char| c.is_ascii_alphabetic();
    // Greek, Cyrillic, Armenian, Cherokee and fullwidth letters that look like Latin ones.
    let alike = |c: char| matches!(c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ff01}'..='\u{ff5e}');
    let problem = if text.trim() != text {
        "has spaces at its ends"
    } else if text.chars().any(unseen) {
        "has characters that cannot be seen"
    } else if text.contains(latin) && text.contains(alike) {
        "mixes Latin letters with others that look like them"
    } else {
        return;
    };
    let message = format!("{} {problem}", quote(text));
    let help = "names and URIs are compared as they are: nothing is trimmed or normalised";
    context.report(Diagnostic::new(Code::OddText, span, message).help(help.to_owned()));
}

/// Reports the rules of one list that another one makes superfluous.
fn shadowed(context: &mut Context<'_>, list: &[Placed]) {
    let mut exact: HashMap<&str, &Placed> = HashMap::new();
    let wide: Vec<(usize, &Placed)> = compared(list).collect();
    for (index, placed) in list.iter().enumerate() {
        let twin = placed
            .pattern
            .as_exact()
            .and_then(|text| match exact.get(text) {
                Some(first) => Some(*first),
                None => {
                    exact.insert(text, placed);
                    None
                }
            });
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

/// Reports the rules that enable what is disabled as a whole.
fn always_disabled(context: &mut Context<'_>, enabled: &[Placed], disabled: &[Placed]) {
    let exact: HashMap<&str, &Placed> = disabled
        .iter()
        .filter_map(|placed| Some((placed.pattern.as_exact()?, placed)))
        .collect();
    let canonical: HashMap<&str, &Placed> = disabled
        .iter()
        .filter_map(|placed| Some((placed.canonical.as_ref()?.as_exact()?, placed)))
        .collect();
    for placed in enabled {
        let twin = placed
            .pattern
            .as_exact()
            .and_then(|text| exact.get(text).copied());
        let other = twin.or_else(|| {
            let mut wide = compared(disabled);
            wide.find(|(_, wider)| wider.pattern.covers(&placed.pattern))
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
        let matches = |rule: &Placed| rule.canonical.as_ref().is_some_and(|it| it.matches(form));
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
