//! What a manifest says, checked, as a policy.

mod access;
mod annotations;
mod auth_data;
mod conditions;
mod guardrails;
mod identity;
mod limits;
mod matching;
mod patterns;
mod recording;
mod rules;
mod scenarios;
mod skills;
mod telemetry;
mod texts;
mod tool_names;
mod virtual_servers;

use std::collections::HashSet;

use crate::policy::Policy;

use super::decode::Decoded;
use super::diagnostic::{Code, Diagnostic, quote};
use super::schema;
use super::span::{Source, Span, Spanned};
use super::{ReadFile, Test};

/// Compiles what was decoded. The result is of use only if no error was added to `diagnostics`.
pub(super) fn compile(
    source: &Source,
    decoded: Decoded<Spanned<schema::Manifest>>,
    files: &ReadFile<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Policy, Vec<Test>) {
    let Decoded {
        value: Spanned {
            value: manifest,
            span: root,
        },
        damaged,
    } = decoded;
    let mut context = Context {
        source,
        damaged,
        files,
        diagnostics,
    };
    let identity = identity::compile(&mut context, manifest.identity, root);
    let mut guardrails = guardrails::compile(&mut context, manifest.guardrails, root);
    let empty = || Spanned {
        value: schema::Entries(Vec::new()),
        span: root,
    };
    if manifest.servers.is_none() {
        context.missing(root, "servers");
    }
    let servers = manifest.servers.unwrap_or_else(empty);
    let servers_known = context.is_intact(servers.span) && context.is_intact(root);
    let servers = annotations::servers(&mut context, servers.value, &identity, &mut guardrails);
    let empty = || Spanned {
        value: schema::Entries(Vec::new()),
        span: root,
    };
    if manifest.virtual_servers.is_none() {
        context.missing(root, "virtual_servers");
    }
    let written = manifest.virtual_servers.unwrap_or_else(empty);
    let known = Known {
        servers: servers_known,
        virtual_servers: context.is_intact(written.span) && context.is_intact(root),
    };
    if written.value.0.is_empty() && written.span != root && known.virtual_servers {
        let message = "there is no virtual server, so every request would be refused";
        context.report(Diagnostic::new(
            Code::NoVirtualServer,
            written.span,
            message,
        ));
    }
    let asked = Asked {
        names: written.value.0.iter().map(Asked::of).collect(),
        all: known.virtual_servers,
    };
    asked.check(&mut context, &identity);
    let place = virtual_servers::Place {
        servers: &servers,
        identity: &identity,
        guardrails: &mut guardrails,
    };
    let virtual_servers = virtual_servers::compile(&mut context, written.value, place, known);
    guardrails.report_unused(&mut context);
    let limits = limits::compile(&mut context, manifest.limits);
    let written = manifest.tests.unwrap_or_default();
    let tests = scenarios::compile(&mut context, written, &asked, &identity);
    (Policy::new(virtual_servers, limits), tests)
}

/// Whether all servers of each kind are known, so that another name is wrong.
#[derive(Debug, Clone, Copy)]
struct Known {
    servers: bool,
    virtual_servers: bool,
}

/// The virtual servers that can be asked.
struct Asked {
    /// Their names, and whether anyone may use them.
    names: Vec<(String, bool)>,
    /// Whether these are all that the manifest has, so that another name is wrong.
    all: bool,
}

impl Asked {
    fn of(entry: &(Spanned<String>, Spanned<schema::VirtualServer>)) -> (String, bool) {
        let (name, server) = entry;
        let anonymous = server.value.anonymous.as_ref();
        (name.value.clone(), anonymous.is_some_and(|it| it.value))
    }

    /// Warns where nobody is asked who calls, though it is said how that would be known.
    fn check(&self, context: &mut Context<'_>, identity: &identity::Identity) {
        let identity::Identity::Written { key, .. } = identity else {
            return;
        };
        if self.all && !self.names.is_empty() && self.names.iter().all(|(_, anyone)| *anyone) {
            let message = "every virtual server is `anonymous`, so that nobody asks who calls";
            context.report(Diagnostic::new(Code::UnusedIdentity, *key, message));
        }
    }
}

/// What every part of the compilation has at hand.
struct Context<'a> {
    source: &'a Source,
    damaged: HashSet<Span>,
    /// Reads the files that are named.
    files: &'a ReadFile<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Context<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether all that was written in a list or map is there.
    fn is_intact(&self, span: Span) -> bool {
        !self.damaged.contains(&span)
    }

    /// Reports a missing key, unless something in this map has been reported already, which may
    /// have been meant for it.
    fn missing(&mut self, map: Span, key: &str) {
        if self.is_intact(map) {
            let message = format!("the key `{key}` is missing");
            self.report(Diagnostic::new(Code::MissingKey, map, message).label("in this map"));
        }
    }

    /// Checks a name that logs, metrics and rule ids will repeat.
    fn check_name(&mut self, what: &str, name: &Spanned<String>) {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts_well = name.value.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && name.value.len() <= 128 && name.value.chars().all(fits) {
            return;
        }
        let message = format!("{} cannot be the name of a {what}", quote(&name.value));
        let help = "a name begins with a letter or digit, and has at most 128 letters, digits, \
                    `-`, `_` and `.`";
        self.report(Diagnostic::new(Code::BadName, name.span, message).help(help.to_owned()));
    }
}
