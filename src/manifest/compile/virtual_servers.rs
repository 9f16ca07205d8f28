//! Virtual servers, checked.

use std::collections::HashSet;
use std::sync::Arc;

use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::mcp::ProtocolVersion;
use crate::policy::guard::Guards;
use crate::policy::{Definition, Instructions, VirtualServer};

use super::access::{self, Access};
use super::annotations::KnownServer;
use super::guardrails::{Guardrails, Written};
use super::identity::Identity;
use super::matching::Matches;
use super::rules::{self, Lists, Subject};
use super::{Context, Known, recording, skills, telemetry};

/// What virtual servers are made with.
pub(super) struct Place<'a> {
    pub(super) servers: &'a [KnownServer],
    pub(super) identity: &'a Identity,
    pub(super) guardrails: &'a mut Guardrails,
}

/// The virtual servers that can be made.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: schema::Entries<schema::VirtualServer>,
    place: Place<'_>,
    known: Known,
) -> Vec<VirtualServer> {
    let servers = place.servers;
    let mut compiler = Compiler {
        servers,
        identity: place.identity,
        guardrails: place.guardrails,
        servers_known: known.servers,
        all_resolved: known.servers && known.virtual_servers,
        matches: Matches::default(),
        used: HashSet::new(),
    };
    let mut compiled = Vec::new();
    for (name, server) in written.0 {
        compiler.all_resolved &= context.is_intact(server.span);
        compiled.extend(compiler.virtual_server(context, &name, server));
    }
    for server in servers {
        // What cannot be resolved may be the use that is missed here.
        if compiler.all_resolved && !compiler.used.contains(server.name.value.as_str()) {
            let message = format!("no virtual server uses {}", quote(&server.name.value));
            context.report(Diagnostic::new(
                Code::UnusedServer,
                server.name.span,
                message,
            ));
        }
    }
    compiled
}

struct Compiler<'a> {
    servers: &'a [KnownServer],
    identity: &'a Identity,
    guardrails: &'a mut Guardrails,
    servers_known: bool,
    matches: Matches,
    used: HashSet<&'a str>,
    /// Whether each virtual server has named one physical server that there is.
    all_resolved: bool,
}

impl Compiler<'_> {
    fn virtual_server(
        &mut self,
        context: &mut Context<'_>,
        name: &Spanned<String>,
        written: Spanned<schema::VirtualServer>,
    ) -> Option<VirtualServer> {
        context.check_name("virtual server", name);
        let Spanned {
            value: written,
            span,
        } = written;
        let matches = match written.matches {
            Some(matches) => self.matches.compile(context, matches),
            None => {
                context.missing(self.place(name, span, context), "match");
                None
            }
        };
        let place = self.place(name, span, context);
        let access = access::Written {
            collaborators: written.collaborators,
            anonymous: written.anonymous,
            resource: written.resource,
        };
        let Access {
            callers,
            authentication,
            collaborators,
            resource,
        } = access::compile(context, self.identity, access, matches.as_ref(), place);
        let attached = Written {
            call: written.mcp_tool_pre_invoke_guardrails,
            result: written.mcp_tool_post_invoke_guardrails,
        };
        let attached = self.guardrails.attach(context, attached, None);
        let prefix = format!("virtual_servers.{}", name.value);
        let backend = match written.servers {
            Some(backends) => self.backend(context, backends),
            None => {
                context.missing(self.place(name, span, context), "servers");
                None
            }
        };
        let listed = |list: &Option<Vec<_>>| list.as_ref().is_some_and(|list| !list.is_empty());
        let backend_listed = backend
            .as_ref()
            .is_some_and(|b| listed(&b.value.enabled_tools));
        let nothing_listed = !backend_listed
            && !listed(&written.enabled_prompts)
            && !listed(&written.enabled_resources)
            && !listed(&written.enabled_skills);
        if listed(&written.enabled_skills) {
            skills::overrule(context, written.enabled_resources.as_deref());
        }
        let resources_listed = listed(&written.enabled_resources);
        let prompts = Lists {
            enabled: written.enabled_prompts,
            disabled: written.disabled_prompts,
            prefix: prefix.clone(),
            noun: "prompts",
            callers,
        };
        let prompts = rules::compile(context, prompts, Subject::Prompts);
        let resources = Lists {
            enabled: written.enabled_resources,
            disabled: written.disabled_resources,
            prefix: prefix.clone(),
            noun: "resources",
            callers,
        };
        let resources = rules::compile(context, resources, Subject::Resources);
        let skill_lists = Lists {
            enabled: written.enabled_skills,
            disabled: written.disabled_skills,
            prefix: prefix.clone(),
            noun: "skills",
            callers,
        };
        let skills = rules::compile(context, skill_lists, Subject::Skills { resources_listed });
        let http_sse = written.http_sse.as_ref().map(|http_sse| http_sse.span);
        let protocol_versions = protocol_versions(context, written.protocol_versions, http_sse);
        let http_sse = written
            .http_sse
            .and_then(|written| self.matches.http_sse(context, matches.as_ref(), written));
        let batches = wants(context, &BATCHES, written.batches, &protocol_versions);
        let payloads = telemetry::compile(context, written.telemetry);
        let tasks = wants(context, &TASKS, written.tasks, &protocol_versions);
        let recording = recording::compile(context, written.capture);
        self.all_resolved &= backend.as_ref().is_some_and(|b| b.value.name.is_some());
        let Spanned {
            value: backend,
            span: backend_span,
        } = backend?;
        let server = backend.name.and_then(|name| self.server(context, name));
        if let Some(server) = server {
            access::check_credential(context, callers, &server.credential);
        }
        let tools = Lists {
            enabled: backend.enabled_tools,
            disabled: backend.disabled_tools,
            prefix: format!("{prefix}.servers[0]"),
            noun: "tools",
            callers,
        };
        if let Some(server) = server {
            let lists = [&tools.enabled, &tools.disabled];
            server.renamed.check_rules(context, lists);
        }
        let tools = rules::compile(context, tools, Subject::Tools(server));
        if nothing_listed && context.is_intact(span) && context.is_intact(backend_span) {
            let message = format!("the virtual server {} enables nothing", quote(&name.value));
            let help = "list what it has under `enabled_tools`, `enabled_prompts`, \
                        `enabled_resources` or `enabled_skills`";
            context.report(
                Diagnostic::new(Code::NothingEnabled, name.span, message).help(help.to_owned()),
            );
        }
        let of_server = &server?.guards;
        let guards = Guards::new(
            [attached.call, of_server.call.clone()].concat(),
            [of_server.result.clone(), attached.result].concat(),
        );
        server?.renamed.check_guards(context, &guards);
        Some(VirtualServer::new(Definition {
            description: written.description,
            guards,
            shown: server?.shown.clone(),
            tool_names: server?.renamed.names(),
            payloads,
            tools,
            prompts,
            resources,
            skills,
            instructions: match written.instructions {
                None | Some(schema::Instructions::Drop) => Instructions::Drop,
                Some(schema::Instructions::Pass) => Instructions::Pass,
                Some(schema::Instructions::Replace(text)) => Instructions::Replace(text),
            },
            protocol_versions,
            batches,
            http_sse,
            tasks,
            recording,
            authentication,
            collaborators,
            resource,
            auth_data: Arc::clone(&server?.credential.auth_data),
            ..Definition::new(name.value.clone(), server?.name.value.clone(), matches?)
        }))
    }

    /// Where to report what is missing in a virtual server: at its name, unless part of the
    /// virtual server was cut out.
    fn place(&self, name: &Spanned<String>, span: Span, context: &Context<'_>) -> Span {
        if context.is_intact(span) {
            name.span
        } else {
            span
        }
    }

    /// The one physical server that a virtual server may have for now.
    fn backend(
        &mut self,
        context: &mut Context<'_>,
        written: Spanned<Vec<Spanned<schema::Backend>>>,
    ) -> Option<Spanned<schema::Backend>> {
        let Spanned {
            value: backends,
            span,
        } = written;
        let mut backends = backends.into_iter();
        let Some(first) = backends.next() else {
            if context.is_intact(span) {
                let message = "a virtual server needs a physical one";
                context.report(Diagnostic::new(Code::MissingKey, span, message));
            }
            return None;
        };
        if let Some(second) = backends.next() {
            self.all_resolved = false;
            let message = "several servers behind one virtual server are not supported by this \
                           version yet";
            context.report(
                Diagnostic::new(Code::NotYet, second.span, message)
                    .label("the second")
                    .help("make a virtual server for each".to_owned()),
            );
        }
        if first.value.name.is_none() {
            context.missing(first.span, "name");
        }
        Some(first)
    }

    fn server(&mut self, context: &mut Context<'_>, name: Spanned<String>) -> Option<&KnownServer> {
        let servers = self.servers;
        let found = servers
            .iter()
            .find(|server| server.name.value == name.value);
        match found {
            Some(server) => {
                self.used.insert(&server.name.value);
            }
            None if self.servers_known => {
                self.all_resolved = false;
                let message = format!("there is no server {}", quote(&name.value));
                let names = servers.iter().map(|server| server.name.value.as_str());
                let help = did_you_mean(&name.value, names)
                    .unwrap_or_else(|| "physical servers are declared under `servers`".to_owned());
                context.report(Diagnostic::new(Code::UnknownServer, name.span, message).help(help));
            }
            None => self.all_resolved = false,
        }
        found
    }
}

fn protocol_versions(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
    http_sse: Option<Span>,
) -> Vec<ProtocolVersion> {
    let Some(Spanned {
        value: written,
        span,
    }) = written
    else {
        return match http_sse {
            Some(_) => ProtocolVersion::ALL.to_vec(),
            None => ProtocolVersion::STREAMABLE.to_vec(),
        };
    };
    if written.is_empty() && context.is_intact(span) {
        let message = "without a protocol version every request would be refused";
        context.report(Diagnostic::new(Code::UnknownValue, span, message));
    }
    let mut versions = Vec::new();
    for Spanned { value, span } in written {
        match ProtocolVersion::parse(&value) {
            Some(version) => versions.push(version),
            None => {
                let message = format!("there is no protocol version {}", quote(&value));
                let known: Vec<_> = ProtocolVersion::ALL
                    .iter()
                    .map(|version| format!("`{version}`"))
                    .collect();
                let help = format!("there are {}", known.join(", "));
                context.report(Diagnostic::new(Code::UnknownValue, span, message).help(help));
            }
        }
    }
    if let Some(http_sse) = http_sse
        && !versions.is_empty()
        && versions.iter().all(|version| version.is_modern())
    {
        let message = "HTTP+SSE is for versions before 2026-07-28, which the virtual server does \
                       not serve";
        let help = "add an older version to `protocol_versions`, or leave `http_sse` out";
        context.report(Diagnostic::new(Code::Exclusive, http_sse, message).help(help.to_owned()));
    }
    versions.sort_unstable();
    versions.dedup();
    versions
}

/// What only some versions have.
struct Feature {
    /// Whether a version has it.
    is_in: fn(ProtocolVersion) -> bool,
    /// What is wrong where no version that is served has it.
    message: &'static str,
    /// What to do then.
    help: &'static str,
}

const BATCHES: Feature = Feature {
    is_in: |version| matches!(version, ProtocolVersion::V2025_03_26),
    message: "batches are of 2025-03-26 only, which the virtual server does not serve",
    help: "add `2025-03-26` to `protocol_versions`, or leave `batches` out",
};

const TASKS: Feature = Feature {
    is_in: ProtocolVersion::is_modern,
    message: "tasks are of 2026-07-28, which the virtual server does not serve",
    help: "add `2026-07-28` to `protocol_versions`, or leave `tasks` out",
};

/// Whether a feature is wanted; reports one that no version has.
fn wants(
    context: &mut Context<'_>,
    feature: &Feature,
    written: Option<Spanned<bool>>,
    versions: &[ProtocolVersion],
) -> bool {
    let Some(Spanned { value: true, span }) = written else {
        return false;
    };
    let Feature {
        is_in,
        message,
        help,
    } = *feature;
    if !versions.is_empty() && !versions.iter().any(|version| is_in(*version)) {
        context.report(Diagnostic::new(Code::Exclusive, span, message).help(help.to_owned()));
    }
    true
}
