//! Guardrails, checked: what they look for, and where they are attached.

mod arguments;
mod external;
mod file_path;
mod limit;
mod network;
mod pin;
mod redact;
mod regex;
mod sanitize;
mod schema_check;
mod sql;

use std::sync::Arc;

use crate::guardrail::{Check, Operation, PathPattern, Phase, Strategy};
use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema::{self, GuardrailKind};
use crate::manifest::span::{Span, Spanned};
use crate::policy::Pattern;
use crate::policy::guard::{Attached, Exemption, Guard, Means, Message};

use super::Context;

/// The guardrails that a manifest has.
#[derive(Debug, Default)]
pub(super) struct Guardrails {
    known: Vec<Known>,
    /// Whether these are all that the manifest has, so that another name is wrong.
    all: bool,
}

#[derive(Debug)]
struct Known {
    name: Spanned<String>,
    kind: Option<GuardrailKind>,
    /// The guardrail, if nothing is wrong with it.
    guard: Option<Arc<Guard>>,
    is_used: bool,
}

/// Lists of names, as they are written: before a call, and after it.
pub(super) struct Written {
    pub(super) call: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) result: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What is attached in one place: before a call, and after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    pub(super) call: Vec<Attached>,
    pub(super) result: Vec<Attached>,
}

/// The guardrails that can be attached.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Entries<schema::Guardrail>>>,
    root: Span,
) -> Guardrails {
    let all = context.is_intact(root);
    let Some(Spanned { value, span }) = written else {
        return Guardrails {
            known: Vec::new(),
            all,
        };
    };
    let all = all && context.is_intact(span);
    let known = value.0.into_iter().map(|(name, written)| {
        context.check_name("guardrail", &name);
        let kind = written.value.kind.as_ref().map(|kind| kind.value);
        let guard = guard(context, &name, written).map(Arc::new);
        Known {
            name,
            kind,
            guard,
            is_used: false,
        }
    });
    Guardrails {
        known: known.collect(),
        all,
    }
}

fn guard(
    context: &mut Context<'_>,
    name: &Spanned<String>,
    written: Spanned<schema::Guardrail>,
) -> Option<Guard> {
    let Spanned { mut value, span } = written;
    let Some(kind) = value.kind.take() else {
        context.missing(span, "type");
        return None;
    };
    let tools = patterns(context, value.tools.take());
    let exempt = exemptions(context, value.exempt.take(), &kind);
    let operation = match value.operation.take().map(|operation| operation.value) {
        Some(schema::Operation::Validate) => Operation::Validate,
        Some(schema::Operation::Mutate) => Operation::Mutate,
        None => usual_operation(kind.value),
    };
    let strategy = match value.enforcing_strategy.take().map(|it| it.value) {
        None | Some(schema::Strategy::Enforce) => Strategy::Enforce,
        Some(schema::Strategy::EnforceButIgnoreOnError) => Strategy::EnforceButIgnoreOnError,
        Some(schema::Strategy::Audit) => Strategy::Audit,
    };
    let message = value.message.take().map(|message| Message(message.value));
    let means = means(context, &kind, &mut value, (operation, span));
    for (key, place) in value.left() {
        let message = format!(
            "the key `{key}` does not belong to a guardrail of type `{}`",
            kind.value.as_str()
        );
        let foreign = Diagnostic::new(Code::ForeignKey, place, message);
        context.report(foreign.related(kind.span, "of this type"));
    }
    let guard = Guard {
        name: name.value.as_str().into(),
        location: context.source.location(name.span),
        means: means?,
        operation,
        strategy,
        message,
        tools,
        exempt,
    };
    self_test(context, &guard, name.span).then_some(guard)
}

/// What the guardrail is made of, or `None` after reporting why it is none.
fn means(
    context: &mut Context<'_>,
    kind: &Spanned<GuardrailKind>,
    keys: &mut schema::Guardrail,
    (operation, place): (Operation, Span),
) -> Option<Means> {
    match kind.value {
        GuardrailKind::Redact => redact::compile(context, keys, place)
            .map(|check| Check::Redact(Box::new(check)))
            .map(Means::Check),
        GuardrailKind::Limit => limit::compile(context, keys, place)
            .map(Check::Limit)
            .map(Means::Check),
        GuardrailKind::Sanitize => sanitize::compile(context, keys)
            .map(Check::Sanitize)
            .map(Means::Check),
        GuardrailKind::Regex => regex::compile(context, keys, place)
            .map(Check::Regex)
            .map(Means::Check),
        GuardrailKind::Sql => sql::compile(context, keys, place)
            .map(|check| Check::Sql(Box::new(check)))
            .map(Means::Check),
        GuardrailKind::Network => network::compile(context, keys)
            .map(Check::Network)
            .map(Means::Check),
        GuardrailKind::Path => file_path::compile(context, keys, place)
            .map(Check::FilePath)
            .map(Means::Check),
        GuardrailKind::Schema => schema_check::compile(context, keys)
            .map(Check::Schema)
            .map(Means::Check),
        GuardrailKind::Arguments => arguments::compile(context, keys, operation, place)
            .map(Check::Arguments)
            .map(Means::Check),
        GuardrailKind::Pin => pin::compile(context, keys, place)
            .map(Check::Pin)
            .map(Means::Check),
        GuardrailKind::Grpc => external::grpc(context, keys, place),
        GuardrailKind::Http => external::http(context, keys, place),
    }
}

/// Has the guardrail catch its own sample.
fn self_test(context: &mut Context<'_>, guard: &Guard, place: Span) -> bool {
    let Means::Check(check) = &guard.means else {
        return true;
    };
    let Err(sample) = check.self_test() else {
        return true;
    };
    let message = format!(
        "the guardrail {} does not catch its own sample: {sample}",
        quote(&guard.name)
    );
    context.report(Diagnostic::new(Code::SelfTest, place, message));
    false
}

/// What is usual for a type.
const fn usual_operation(kind: GuardrailKind) -> Operation {
    match kind {
        GuardrailKind::Regex
        | GuardrailKind::Schema
        | GuardrailKind::Sql
        | GuardrailKind::Network
        | GuardrailKind::Path
        | GuardrailKind::Pin => Operation::Validate,
        GuardrailKind::Arguments
        | GuardrailKind::Redact
        | GuardrailKind::Limit
        | GuardrailKind::Sanitize
        | GuardrailKind::Grpc
        | GuardrailKind::Http => Operation::Mutate,
    }
}

/// Whether a type can look at what a server says.
const fn reads_results(kind: GuardrailKind) -> bool {
    match kind {
        GuardrailKind::Schema
        | GuardrailKind::Sql
        | GuardrailKind::Arguments
        | GuardrailKind::Path
        | GuardrailKind::Pin => false,
        GuardrailKind::Regex
        | GuardrailKind::Network
        | GuardrailKind::Redact
        | GuardrailKind::Limit
        | GuardrailKind::Sanitize
        | GuardrailKind::Grpc
        | GuardrailKind::Http => true,
    }
}

impl Guardrails {
    /// What a place attaches: to a tool, if one is named, else to all.
    pub(super) fn attach(
        &mut self,
        context: &mut Context<'_>,
        written: Written,
        tool: Option<&str>,
    ) -> Lists {
        Lists {
            call: self.list(context, written.call, Phase::Call, tool),
            result: self.list(context, written.result, Phase::Result, tool),
        }
    }

    fn list(
        &mut self,
        context: &mut Context<'_>,
        written: Option<Spanned<Vec<Spanned<String>>>>,
        phase: Phase,
        tool: Option<&str>,
    ) -> Vec<Attached> {
        let names = written.map(|names| names.value).unwrap_or_default();
        let guards = names
            .iter()
            .filter_map(|name| self.find(context, name, phase));
        let attached = guards.map(|guard| Attached {
            guard,
            tool: tool.map(str::to_owned),
        });
        attached.collect()
    }

    fn find(
        &mut self,
        context: &mut Context<'_>,
        name: &Spanned<String>,
        phase: Phase,
    ) -> Option<Arc<Guard>> {
        let Some(known) = self.known.iter_mut().find(|it| it.name.value == name.value) else {
            if self.all {
                let message = format!("there is no guardrail {}", quote(&name.value));
                let names = self.known.iter().map(|known| known.name.value.as_str());
                let help = did_you_mean(&name.value, names)
                    .unwrap_or_else(|| "guardrails are declared under `guardrails`".to_owned());
                let unknown = Diagnostic::new(Code::UnknownGuardrail, name.span, message);
                context.report(unknown.help(help));
            }
            return None;
        };
        known.is_used = true;
        let kind = known.kind?;
        if phase == Phase::Result && !reads_results(kind) {
            let message = format!(
                "a guardrail of type `{}` looks at arguments, so it has nothing to look at here",
                kind.as_str()
            );
            let help = "attach it under `mcp_tool_pre_invoke_guardrails`";
            let misplaced = Diagnostic::new(Code::GuardrailPhase, name.span, message);
            context.report(misplaced.help(help.to_owned()));
            return None;
        }
        known.guard.clone()
    }

    /// Warns of guardrails that nothing attaches.
    pub(super) fn report_unused(&self, context: &mut Context<'_>) {
        for known in self.known.iter().filter(|known| !known.is_used) {
            let message = format!(
                "the guardrail {} is attached nowhere, so it guards nothing",
                quote(&known.name.value)
            );
            let help =
                "name it in a list like `mcp_tool_pre_invoke_guardrails` of a virtual server";
            let unused = Diagnostic::new(Code::UnusedGuardrail, known.name.span, message);
            context.report(unused.help(help.to_owned()));
        }
    }
}

/// Tools, by names or globs.
fn patterns(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Vec<Pattern> {
    let Some(Spanned { value, span }) = written else {
        return Vec::new();
    };
    if value.is_empty() && context.is_intact(span) {
        let message = "an empty list of tools would be about none";
        let help = "leave `tools` out to mean all";
        context.report(Diagnostic::new(Code::NeverMatches, span, message).help(help.to_owned()));
    }
    let compiled = value.into_iter().filter_map(|text| {
        let pattern = Pattern::name(&text.value);
        pattern
            .map_err(|error| {
                context.report(Diagnostic::new(
                    Code::BadPattern,
                    text.span,
                    error.to_string(),
                ));
            })
            .ok()
    });
    compiled.collect()
}

/// What a word stands for, or `None` after reporting that it is none of these names.
pub(super) fn known_word<T>(
    context: &mut Context<'_>,
    word: &Spanned<String>,
    what: &str,
    names: &[&str],
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let parsed = parse(&word.value);
    if parsed.is_none() {
        let message = format!("there is no {what} {}", quote(&word.value));
        let help = did_you_mean(&word.value, names.iter().copied())
            .unwrap_or_else(|| format!("there are {}", names.join(", ")));
        context.report(Diagnostic::new(Code::BadGuardrail, word.span, message).help(help));
    }
    parsed
}

/// A list of texts, and where it is.
fn strings(written: Option<Spanned<Vec<Spanned<String>>>>) -> (Vec<Spanned<String>>, Option<Span>) {
    match written {
        Some(list) => (list.value, Some(list.span)),
        None => (Vec::new(), None),
    }
}

/// Reads each text of a list, or reports why it can't be, with this help.
fn each<T, E: std::fmt::Display>(
    context: &mut Context<'_>,
    written: Vec<Spanned<String>>,
    read: impl Fn(&str) -> Result<T, E>,
    help: &str,
) -> Vec<T> {
    let read = written.into_iter().filter_map(|text| {
        let read = read(&text.value);
        read.map_err(|error| bad(context, text.span, error.to_string(), help.to_owned()))
            .ok()
    });
    read.collect()
}

/// Reports a value that a guardrail does not take.
fn bad(context: &mut Context<'_>, span: Span, message: impl Into<String>, help: String) {
    context.report(Diagnostic::new(Code::BadGuardrail, span, message).help(help));
}

/// Patterns of places, or what is wrong with them.
pub(super) fn paths(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Vec<PathPattern> {
    let written = written.map(|paths| paths.value).unwrap_or_default();
    let compiled = written.into_iter().filter_map(|text| path(context, &text));
    compiled.collect()
}

/// A pattern of places, or `None` after reporting why it is none.
pub(super) fn path(context: &mut Context<'_>, text: &Spanned<String>) -> Option<PathPattern> {
    let parsed = PathPattern::parse(&text.value);
    parsed
        .map_err(|error| {
            let help = "write it like `user.email`, `items[*].id` or `**.notes`";
            let bad = Diagnostic::new(Code::BadGuardrail, text.span, error.to_string());
            context.report(bad.help(help.to_owned()));
        })
        .ok()
}

fn exemptions(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<schema::Exempt>>>>,
    kind: &Spanned<GuardrailKind>,
) -> Vec<Exemption> {
    let written = written.map(|list| list.value).unwrap_or_default();
    let compiled = written.into_iter().filter_map(|Spanned { value, span }| {
        let is_empty = value.tools.is_none() && value.paths.is_none();
        if is_empty && context.is_intact(span) {
            let message = "an exemption has `tools` or `paths`";
            context.report(Diagnostic::new(Code::MissingKey, span, message));
        }
        let is_external = matches!(kind.value, GuardrailKind::Grpc | GuardrailKind::Http);
        if let Some(paths) = value.paths.as_ref().filter(|_| is_external) {
            let message = "a service is shown the whole message, so that no paths are exempt";
            let help = "exempt tools as a whole, or have a `redact` before it take out what it must not see";
            let foreign = Diagnostic::new(Code::ForeignKey, paths.span, message).help(help.to_owned());
            context.report(foreign.related(kind.span, "of this type"));
        }
        let (had_tools, had_paths) = (value.tools.is_some(), value.paths.is_some());
        let tools = patterns(context, value.tools);
        let paths = self::paths(context, value.paths);
        // What could not be read must not come to exempt everything.
        let is_whole = (tools.is_empty() && had_tools) || (paths.is_empty() && had_paths);
        (!is_empty && !is_whole).then_some(Exemption { tools, paths })
    });
    compiled.collect()
}
