//! What is wrong with patterns about skills, beyond what is wrong with those about resources.

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};

use super::Context;

/// Reports a pattern that no skill's URI can match; `None` if it is one.
pub(super) fn check(context: &mut Context<'_>, text: &str, span: Span) -> Option<()> {
    let end = text.rsplit(['*', '}']).next().unwrap_or_default();
    let is_whole = end == text;
    if end.ends_with("/SKILL.md") || (!is_whole && "/SKILL.md".ends_with(end)) {
        return Some(());
    }
    let help = "a skill is named by the URI of its `SKILL.md`, like `skill://name/SKILL.md`";
    context.report(
        Diagnostic::new(Code::NeverMatches, span, "the pattern can match no skill")
            .help(help.to_owned()),
    );
    None
}

/// Reports the patterns that enable as resources what only skills can enable.
pub(super) fn overrule(context: &mut Context<'_>, resources: Option<&[Spanned<schema::Pattern>]>) {
    for Spanned { value, span } in resources.unwrap_or_default() {
        let schema::Pattern::Text(text) = value else {
            continue;
        };
        if !text.starts_with("skill:") {
            continue;
        }
        let message = format!("{} enables nothing", quote(text));
        let help = "where skills are enabled, what begins with `skill:` is enabled by \
                    `enabled_skills` only";
        context.report(Diagnostic::new(Code::NeverMatches, *span, message).help(help.to_owned()));
    }
}
