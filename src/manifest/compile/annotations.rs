//! What the manifest itself knows of tools, and the patterns that ask for it.
//!
//! A pattern such as `{destructive: false}` asks for a hint's value. Only `tool_metadata` answers,
//! never the server, which cannot vouch for itself:
//!
//! - in `enabled_tools` it matches the tools whose hint is known to have this value;
//! - in `disabled_tools` it matches every tool whose hint is not known to have the other value.
//!
//! So silence never opens anything: a tool without metadata is not enabled by `{read_only: true}`,
//! and is disabled by `{destructive: true}`, whose default in MCP is `true`, just as by
//! `{idempotent: false}` or `{open_world: true}`. The one conclusion that is drawn is that a
//! tool which is read-only is not destructive.

use std::collections::{BTreeSet, HashMap};

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema::{Annotations, Entries, PatternMap, Server};
use crate::manifest::span::{Span, Spanned};
use crate::policy::{Pattern, Shown};

use super::Context;
use super::auth_data::{self, Credential};
use super::guardrails::{Guardrails, Lists, Written};
use super::identity::Identity;
use super::tool_names::RenamedTools;

/// A physical server, as far as the manifest knows it.
#[derive(Debug)]
pub(super) struct KnownServer {
    pub(super) name: Spanned<String>,
    pub(super) credential: Credential,
    /// The guardrails that are attached to it and to its tools: the server's first, before a call.
    pub(super) guards: Lists,
    /// What lists show of its tools in the place of what it says itself.
    pub(super) shown: HashMap<String, Shown>,
    /// The names by which clients know its tools.
    pub(super) renamed: RenamedTools,
    tools: Vec<(String, Annotations)>,
}

/// The servers and what is known of their tools.
pub(super) fn servers(
    context: &mut Context<'_>,
    servers: Entries<Server>,
    identity: &Identity,
    guardrails: &mut Guardrails,
) -> Vec<KnownServer> {
    let mut known = Vec::new();
    for (name, server) in servers.0 {
        context.check_name("server", &name);
        let mut tools = Vec::new();
        let written = Written {
            call: server.value.mcp_tool_pre_invoke_guardrails,
            result: server.value.mcp_tool_post_invoke_guardrails,
        };
        let of_server = guardrails.attach(context, written, None);
        let mut of_tools = Lists::default();
        let (mut shown, mut names) = (HashMap::new(), Vec::new());
        let metadata = server
            .value
            .tool_metadata
            .map(|entries| entries.0)
            .unwrap_or_default();
        for (tool, metadata) in metadata {
            let written = Written {
                call: metadata.value.mcp_tool_pre_invoke_guardrails,
                result: metadata.value.mcp_tool_post_invoke_guardrails,
            };
            let is_attached = written.call.is_some() || written.result.is_some();
            let attached = guardrails.attach(context, written, Some(&tool.value));
            of_tools.call.extend(attached.call);
            of_tools.result.extend(attached.result);
            let (title, description) = (metadata.value.title, metadata.value.description);
            let is_described =
                title.is_some() || description.is_some() || metadata.value.name.is_some();
            names.push((tool.clone(), metadata.value.name));
            let hints = metadata.value.annotations.as_ref();
            let hints = hints.map_or(Vec::new(), |it| hints_of(&it.value));
            shown.insert(
                tool.value.clone(),
                Shown {
                    title,
                    description,
                    hints,
                },
            );
            let Some(annotations) = metadata.value.annotations else {
                if !is_attached && !is_described {
                    context.missing(metadata.span, "annotations");
                }
                continue;
            };
            check(context, &tool.value, &annotations.value, annotations.span);
            tools.push((tool.value, annotations.value));
        }
        let credential = auth_data::compile(context, server.value.auth_data, identity);
        known.push(KnownServer {
            name,
            credential,
            guards: Lists {
                call: [of_server.call, of_tools.call].concat(),
                result: [of_tools.result, of_server.result].concat(),
            },
            shown,
            renamed: RenamedTools::compile(context, names),
            tools,
        });
    }
    known
}

/// The hints that annotations have, by their names in MCP.
fn hints_of(annotations: &Annotations) -> Vec<(&'static str, bool)> {
    let hints = [
        ("readOnlyHint", annotations.read_only_hint),
        ("destructiveHint", annotations.destructive_hint),
        ("idempotentHint", annotations.idempotent_hint),
        ("openWorldHint", annotations.open_world_hint),
    ];
    let known = hints.into_iter();
    known
        .filter_map(|(hint, value)| Some((hint, value?)))
        .collect()
}

fn check(context: &mut Context<'_>, tool: &str, annotations: &Annotations, span: Span) {
    if annotations.read_only_hint == Some(true) && annotations.destructive_hint == Some(true) {
        let message = format!("{} cannot be both read-only and destructive", quote(tool));
        context.report(Diagnostic::new(Code::Contradiction, span, message));
    }
}

/// Whether a pattern enables or disables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Enable,
    Disable,
}

/// The hints that a pattern asks for, by their names in the manifest, each with its value.
pub(super) fn asked(map: &PatternMap) -> Vec<(&'static str, bool)> {
    let hints = [
        ("read_only", map.read_only),
        ("destructive", map.destructive),
        ("idempotent", map.idempotent),
        ("open_world", map.open_world),
    ];
    hints
        .into_iter()
        .filter_map(|(hint, value)| Some((hint, value?)))
        .collect()
}

/// The pattern that asks for all these hints.
pub(super) fn pattern(
    server: &KnownServer,
    asked: &[(&'static str, bool)],
    effect: Effect,
) -> Pattern {
    let names = |fits: &dyn Fn(&Annotations) -> bool| -> BTreeSet<String> {
        let known = server
            .tools
            .iter()
            .filter(|(_, annotations)| fits(annotations));
        known.map(|(name, _)| name.clone()).collect()
    };
    match effect {
        Effect::Enable => Pattern::any_of(names(&|annotations| {
            asked
                .iter()
                .all(|(hint, value)| known(annotations, hint) == Some(*value))
        })),
        Effect::Disable => Pattern::none_of(names(&|annotations| {
            asked
                .iter()
                .any(|(hint, value)| known(annotations, hint) == Some(!value))
        })),
    }
}

fn known(annotations: &Annotations, hint: &str) -> Option<bool> {
    match hint {
        "read_only" => annotations.read_only_hint,
        "destructive" => match annotations.read_only_hint {
            Some(true) => Some(false),
            Some(false) | None => annotations.destructive_hint,
        },
        "idempotent" => annotations.idempotent_hint,
        "open_world" => annotations.open_world_hint,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_enables_nothing_and_disables() {
        let none = Annotations::default;
        let tools = [
            (
                "reads",
                Annotations {
                    read_only_hint: Some(true),
                    ..none()
                },
            ),
            (
                "writes",
                Annotations {
                    read_only_hint: Some(false),
                    ..none()
                },
            ),
            (
                "adds",
                Annotations {
                    destructive_hint: Some(false),
                    ..none()
                },
            ),
            (
                "deletes",
                Annotations {
                    destructive_hint: Some(true),
                    ..none()
                },
            ),
            (
                "sets",
                Annotations {
                    idempotent_hint: Some(true),
                    ..none()
                },
            ),
            (
                "local",
                Annotations {
                    open_world_hint: Some(false),
                    ..none()
                },
            ),
        ];
        let server = KnownServer {
            name: Spanned {
                value: "s".to_owned(),
                span: Span { start: 0, end: 0 },
            },
            credential: Credential::default(),
            guards: Lists::default(),
            shown: HashMap::new(),
            renamed: RenamedTools::default(),
            tools: tools
                .into_iter()
                .map(|(name, known)| (name.to_owned(), known))
                .collect(),
        };
        let all = [
            "reads", "writes", "adds", "deletes", "sets", "local", "unknown",
        ];
        use Effect::*;
        type Row<'a> = (&'a [(&'static str, bool)], Effect, &'a [&'a str]);
        let table: &[Row<'_>] = &[
            (&[("read_only", true)], Enable, &["reads"]),
            (&[("read_only", false)], Enable, &["writes"]),
            (&[("destructive", false)], Enable, &["reads", "adds"]),
            (&[("destructive", true)], Enable, &["deletes"]),
            (&[("idempotent", true)], Enable, &["sets"]),
            (&[("open_world", false)], Enable, &["local"]),
            (
                &[("destructive", false), ("read_only", true)],
                Enable,
                &["reads"],
            ),
            (
                &[("destructive", true)],
                Disable,
                &["writes", "deletes", "sets", "local", "unknown"],
            ),
            (
                &[("read_only", false)],
                Disable,
                &["writes", "adds", "deletes", "sets", "local", "unknown"],
            ),
            (
                &[("idempotent", false)],
                Disable,
                &["reads", "writes", "adds", "deletes", "local", "unknown"],
            ),
            (
                &[("open_world", true)],
                Disable,
                &["reads", "writes", "adds", "deletes", "sets", "unknown"],
            ),
            // Both must hold, so that knowing either to be otherwise spares a tool.
            (
                &[("destructive", true), ("open_world", true)],
                Disable,
                &["writes", "deletes", "sets", "unknown"],
            ),
        ];
        for (asked, effect, expected) in table {
            let pattern = pattern(&server, asked, *effect);
            let matched: Vec<_> = all
                .into_iter()
                .filter(|name| pattern.matches(name))
                .collect();
            assert_eq!(matched, *expected, "{asked:?} {effect:?}");
        }
    }
}
