//! The names that clients see of tools, checked: each means one tool, and stands nowhere but where it
//! is given.

use std::collections::{BTreeSet, HashMap};

use crate::guardrail::Phase;
use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::Spanned;
use crate::policy::guard::Guards;
use crate::policy::{Pattern, ToolNames};

use super::Context;

/// The tools of a server to which the manifest gives another name.
#[derive(Debug, Default)]
pub(super) struct RenamedTools {
    /// Each with the server's name first.
    tools: Vec<(Spanned<String>, Spanned<String>)>,
}

impl RenamedTools {
    /// Checks the names that are given to tools, by all tools that the manifest knows of.
    pub(super) fn compile(
        context: &mut Context<'_>,
        known: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    ) -> Self {
        let mut taken = HashMap::new();
        for (own, name) in &known {
            if name.is_none() {
                taken.insert(own.value.clone(), (own.span, "a tool of the server"));
            }
        }
        let mut tools = Vec::new();
        for (own, name) in known {
            let Some(name) = name else { continue };
            check(context, &name);
            let place = (name.span, "the name of this one");
            if let Some((span, what)) = taken.insert(name.value.clone(), place) {
                let message = format!("two tools would have the name {}", quote(&name.value));
                let taken = Diagnostic::new(Code::TakenName, name.span, message);
                context.report(taken.related(span, what));
            }
            tools.push((own, name));
        }
        Self { tools }
    }

    /// The names.
    pub(super) fn names(&self) -> ToolNames {
        let tools = self.tools.iter();
        ToolNames::new(tools.map(|(own, name)| (own.value.clone(), name.value.clone())))
    }

    /// Reports rules that name a tool as clients do: they would not be about this tool.
    pub(super) fn check_rules(
        &self,
        context: &mut Context<'_>,
        lists: [&Option<Vec<Spanned<schema::Pattern>>>; 2],
    ) {
        for written in lists.into_iter().flatten().flatten() {
            let text = match &written.value {
                schema::Pattern::Text(text) => Some(text),
                schema::Pattern::Map(map) => map.name.as_ref().map(|name| &name.value),
            };
            let Some((own, name)) = text.and_then(|text| self.mistaken(text)) else {
                continue;
            };
            let message = format!("{} is the name that clients see", quote(&name.value));
            let help = format!("tools are named as the server does: {}", quote(&own.value));
            context.report(
                Diagnostic::new(Code::TakenName, written.span, message)
                    .related(name.span, "given here")
                    .help(help),
            );
        }
    }

    /// Reports guardrails that name a tool as clients do: they would not look at this tool.
    pub(super) fn check_guards(&self, context: &mut Context<'_>, guards: &Guards) {
        let mut found = BTreeSet::new();
        for phase in [Phase::Call, Phase::Result] {
            for attached in guards.attached(phase) {
                let guard = &attached.guard;
                let exempt = guard.exempt.iter().flat_map(|exemption| &exemption.tools);
                let texts = guard
                    .tools
                    .iter()
                    .chain(exempt)
                    .filter_map(Pattern::as_exact);
                found.extend(texts.map(|text| (guard.name.to_string(), text.to_owned())));
            }
        }
        for (guard, text) in found {
            let Some((own, name)) = self.mistaken(&text) else {
                continue;
            };
            let message = format!(
                "the guardrail {} names a tool as clients see it: {}",
                quote(&guard),
                quote(&text)
            );
            // It may be attached to several virtual servers.
            let mut reported = context.diagnostics.iter();
            if reported.any(|it| it.span == name.span && it.message == message) {
                continue;
            }
            let help = format!("tools are named as the server does: {}", quote(&own.value));
            context.report(Diagnostic::new(Code::TakenName, name.span, message).help(help));
        }
    }

    /// The tool that is meant by a name which only clients use.
    fn mistaken(&self, text: &str) -> Option<(&Spanned<String>, &Spanned<String>)> {
        let is_own = self.tools.iter().any(|(own, _)| own.value == text);
        let found = self.tools.iter().find(|(_, name)| name.value == text);
        let (own, name) = found.filter(|_| !is_own)?;
        Some((own, name))
    }
}

/// Checks that clients take a name for one of a tool (MCP "Tool Names", since 2025-11-25).
fn check(context: &mut Context<'_>, name: &Spanned<String>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_short = (1..=128).contains(&name.value.len());
    if is_short && name.value.chars().all(fits) {
        return;
    }
    let message = format!("{} cannot be the name of a tool", quote(&name.value));
    let help = "a tool's name has 1 to 128 letters, digits, `-`, `_` and `.`";
    context.report(Diagnostic::new(Code::BadName, name.span, message).help(help.to_owned()));
}
