//! Single patterns, and what is wrong with each by itself.

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{Pattern, PatternError};

use super::annotations::{self, Effect};
use super::rules::Subject;
use super::{Context, skills};

/// A pattern that has been written.
pub(super) struct Written {
    pub(super) pattern: Pattern,
    /// As it is written, without its condition.
    pub(super) text: String,
    /// Whether it depends on `tool_metadata`, and so may come to match something else.
    pub(super) by_annotation: bool,
}

/// The pattern that a text or a map says, or `None` after reporting why it is none.
pub(super) fn compile(
    context: &mut Context<'_>,
    value: &schema::Pattern,
    span: Span,
    subject: Subject<'_>,
    effect: Effect,
) -> Option<Written> {
    let written = match value {
        schema::Pattern::Text(text) => plain(context, text, span, subject)?,
        schema::Pattern::Map(map) => of_map(context, map, span, subject, effect)?,
    };
    let uri = subject.is_uri() && effect == Effect::Enable;
    if !written.by_annotation && written.pattern.is_impossible(uri) {
        let help = "a URI that can be read in two ways (dot segments, empty segments, needless \
                    escapes) is enabled only by a pattern without wildcards";
        context.report(
            Diagnostic::new(Code::NeverMatches, span, "the pattern can match nothing")
                .help(help.to_owned()),
        );
        return None;
    }
    Some(written)
}

/// An exact text, a glob, or a template.
fn plain(
    context: &mut Context<'_>,
    text: &str,
    span: Span,
    subject: Subject<'_>,
) -> Option<Written> {
    check_text(context, text, span);
    let compiled = match subject {
        Subject::Tools(_) | Subject::Prompts => Pattern::name(text),
        Subject::Resources => Pattern::uri(text),
        Subject::Skills { .. } => {
            skills::check(context, text, span)?;
            Pattern::uri(text)
        }
    };
    let pattern = compiled.map_err(|error| bad_pattern(context, error, span));
    Some(Written {
        pattern: pattern.ok()?,
        text: text.to_owned(),
        by_annotation: false,
    })
}

fn of_map(
    context: &mut Context<'_>,
    map: &schema::PatternMap,
    span: Span,
    subject: Subject<'_>,
    effect: Effect,
) -> Option<Written> {
    let asked = annotations::asked(map);
    let text = text_of(context, map, subject);
    let count = [text.is_some(), map.regex.is_some(), !asked.is_empty()];
    if count.into_iter().filter(|is_there| *is_there).count() > 1 {
        let message = if text.is_some() {
            "a pattern is a text, a `regex` or has annotations, not several of these"
        } else {
            "a pattern is a `regex` or has annotations, not both"
        };
        context.report(Diagnostic::new(Code::Exclusive, span, message));
        return None;
    }
    if let Some(text) = text {
        return plain(context, &text.value, text.span, subject);
    }
    let (pattern, by_annotation) = match &map.regex {
        Some(regex) => {
            let compiled = Pattern::regex(&regex.value);
            let pattern = compiled.map_err(|error| bad_pattern(context, error, regex.span));
            (pattern.ok()?, false)
        }
        None if !asked.is_empty() => {
            let pattern = by_annotations(context, &asked, span, subject, effect)?;
            (pattern, true)
        }
        None => {
            let misnamed = map.name.is_some() || map.uri.is_some();
            if context.is_intact(span) && !misnamed {
                let message = "an empty pattern matches nothing";
                context.report(Diagnostic::new(Code::BadPattern, span, message));
            }
            return None;
        }
    };
    Some(Written {
        pattern,
        text: as_written(map, &asked),
        by_annotation,
    })
}

/// The text of a pattern under the key of its subject.
fn text_of<'m>(
    context: &mut Context<'_>,
    map: &'m schema::PatternMap,
    subject: Subject<'_>,
) -> Option<&'m Spanned<String>> {
    let (text, other, message) = if subject.is_uri() {
        let message = "resources and skills are named by `uri`, not by `name`";
        (&map.uri, &map.name, message)
    } else {
        let message = "tools and prompts are named by `name`, not by `uri`";
        (&map.name, &map.uri, message)
    };
    if let Some(other) = other {
        context.report(Diagnostic::new(Code::BadPattern, other.span, message));
    }
    text.as_ref()
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
