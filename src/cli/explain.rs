//! `sluice explain`

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::load::load;
use super::{Exit, Out};
use crate::exchange::Occurrence;
use crate::json::Document;
use crate::manifest::Given;
use crate::policy::{Caller, Decision, Policy, Rule, RuleId, Target, VirtualServer};
use crate::scenario::{self, Outcome};

/// Say what is decided, and by which line of the manifest
///
/// Exit codes: 0 if it is allowed, or if the message is one of the server's; 1 if it is denied, or
/// the manifest has errors; 2 if something can't be read.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(false))]
pub(super) struct Explain {
    /// The manifest
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The virtual server
    #[arg(long, value_name = "NAME")]
    virtual_server: String,
    /// A tool
    #[arg(long, value_name = "NAME", group = "what")]
    tool: Option<String>,
    /// The arguments of the call, a JSON object
    #[arg(long, value_name = "JSON", requires = "tool")]
    arguments: Option<String>,
    /// A prompt
    #[arg(long, value_name = "NAME", group = "what")]
    prompt: Option<String>,
    /// A resource
    #[arg(long, value_name = "URI", group = "what")]
    resource: Option<String>,
    /// A skill, by the URI of its SKILL.md
    #[arg(long, value_name = "URI", group = "what")]
    skill: Option<String>,
    /// A recorded JSON-RPC message, in a file, or `-` for standard input
    #[arg(long, value_name = "FILE", group = "what")]
    message: Option<PathBuf>,
    /// Who sent the message
    #[arg(long, value_name = "SIDE", value_enum, default_value_t = Side::Client)]
    from: Side,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// An agent
    Client,
    /// The MCP server behind
    Server,
}

impl Explain {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let loaded = match load(&self.manifest, out)? {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        let policy = Arc::new(scenario::rehearse(loaded.policy));
        let Some(server) = policy.virtual_server(&self.virtual_server) else {
            let names: Vec<_> = policy
                .virtual_servers()
                .map(|server| server.name())
                .collect();
            out.error(&format!(
                "sluice: {} has no virtual server `{}`; it has {}\n",
                self.manifest.display(),
                self.virtual_server,
                names.join(", ")
            ))?;
            return Ok(Exit::Usage);
        };
        let given = match self.given() {
            Ok(given) => given,
            Err(problem) => {
                out.error(&format!("sluice: {problem}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        let (outcome, entries) = match (&given, self.from) {
            (Given::Message(message), Side::Server) => (
                scenario::hear(&policy, server, message),
                entries(&policy, server, message),
            ),
            _ => (scenario::ask(&policy, server, &given), Vec::new()),
        };
        let explanation = Explanation {
            server,
            outcome,
            entries,
        };
        let text = if self.json {
            explanation.to_json()
        } else {
            explanation.to_text()
        };
        out.print(&text)?;
        Ok(if explanation.outcome.refusal.is_some() {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }

    fn given(&self) -> Result<Given, String> {
        if let Some(name) = &self.tool {
            let arguments = self.arguments.as_deref().map(serde_json::from_str);
            let arguments: Option<Map<String, Value>> = arguments
                .transpose()
                .map_err(|error| format!("--arguments is not a JSON object: {error}"))?;
            return Ok(Given::Call {
                name: name.clone(),
                arguments,
            });
        }
        if let Some(name) = &self.prompt {
            return Ok(Given::Prompt {
                name: name.clone(),
                arguments: None,
            });
        }
        if let Some(uri) = &self.resource {
            return Ok(Given::Resource { uri: uri.clone() });
        }
        if let Some(uri) = &self.skill {
            return Ok(Given::Skill { uri: uri.clone() });
        }
        let file = self.message.as_deref().unwrap_or(Path::new("-"));
        let mut text = String::new();
        let read = if file == Path::new("-") {
            io::stdin().read_to_string(&mut text).map(drop)
        } else {
            fs::read_to_string(file).map(|read| text = read)
        };
        read.map_err(|error| format!("can't read {}: {error}", file.display()))?;
        Ok(Given::Message(text))
    }
}

/// What became of a message, and of each entry of the list that it holds.
struct Explanation<'a> {
    server: &'a VirtualServer,
    outcome: Outcome,
    entries: Vec<Entry<'a>>,
}

/// An entry of a list.
struct Entry<'a> {
    name: String,
    decision: Decision<'a>,
}

/// Decides about the entries of the list that a message holds, if it holds one.
fn entries<'a>(policy: &Policy, server: &'a VirtualServer, message: &str) -> Vec<Entry<'a>> {
    let Ok(document) = Document::parse(message.as_bytes(), &policy.limits().downlink_json()) else {
        return Vec::new();
    };
    let Some(result) = document.root().get("result") else {
        return Vec::new();
    };
    type ToTarget = fn(&str) -> Target<'_>;
    let lists: [(&str, &str, ToTarget); 5] = [
        ("tools", "name", |name| Target::Tool(name)),
        ("prompts", "name", |name| Target::Prompt(name)),
        ("resources", "uri", |uri| Target::Resource(uri)),
        ("resourceTemplates", "uriTemplate", |uri| {
            Target::ResourceTemplate(uri)
        }),
        ("skills", "uri", |uri| Target::Skill(uri)),
    ];
    let mut entries = Vec::new();
    for (member, key, target) in lists {
        let listed = result
            .get(member)
            .into_iter()
            .flat_map(|list| list.elements());
        for name in listed.filter_map(|entry| entry.get(key)?.as_str()) {
            entries.push(Entry {
                decision: server.decide(target(&name), &Caller::anonymous(), None),
                name: name.into_owned(),
            });
        }
    }
    entries
}

impl Explanation<'_> {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for occurrence in &self.outcome.occurrences {
            text.push_str(&self.sentence(occurrence));
        }
        for Entry { name, decision } in &self.entries {
            let (mark, rule) = match decision {
                Decision::Allow { rule } => ("shown ", Some(*rule)),
                Decision::Deny { rule, .. } => ("hidden", *rule),
            };
            let line = rule.map_or_else(|| "no line enables it".to_owned(), by);
            text.push_str(&format!("  {mark}  {name}: {line}\n"));
        }
        match (&self.outcome.refusal, &self.outcome.passed) {
            (Some(refusal), _) => {
                let (status, body) = (refusal.status(), refusal.body());
                text.push_str(&format!(
                    "the client is told, with HTTP {status}:\n  {body}\n"
                ));
            }
            (None, Some(passed)) => text.push_str(&format!("what goes on:\n  {passed}\n")),
            (None, None) => text.push_str("nothing goes on\n"),
        }
        text
    }

    fn sentence(&self, occurrence: &Occurrence) -> String {
        let server = self.server.name();
        let named = |target: &Option<String>| {
            target
                .as_ref()
                .map(|target| format!(" `{target}`"))
                .unwrap_or_default()
        };
        let line = |rule: &Option<RuleId>| {
            let rule = rule.as_ref().and_then(|rule| self.server.rule(rule));
            rule.map_or_else(String::new, |rule| format!("  {}\n", by(rule)))
        };
        match occurrence {
            Occurrence::Allowed {
                method,
                target,
                rule,
            } => {
                format!("{server} allows {method}{}\n{}", named(target), line(rule))
            }
            Occurrence::Refused {
                reason,
                detail,
                target,
                rule,
                ..
            } => {
                let name = target
                    .as_ref()
                    .map_or("it".to_owned(), |target| format!("`{target}`"));
                format!(
                    "{server} denies {name}: {reason} ({detail})\n{}",
                    line(rule)
                )
            }
            Occurrence::Filtered {
                list,
                kept,
                removed,
            } => {
                format!("{server} shows {kept} of {} {list}\n", kept + removed)
            }
            Occurrence::Dropped { detail } => format!("{server} does not pass it on: {detail}\n"),
        }
    }

    fn to_json(&self) -> String {
        let rule = |id: &RuleId| self.server.rule(id).map(rule_json);
        let occurrences = self
            .outcome
            .occurrences
            .iter()
            .map(|occurrence| match occurrence {
                Occurrence::Allowed {
                    method,
                    target,
                    rule: id,
                } => json!({
                    "kind": "allowed",
                    "method": method,
                    "target": target,
                    "rule": id.as_ref().and_then(rule),
                }),
                Occurrence::Refused {
                    reason,
                    status,
                    detail,
                    target,
                    rule: id,
                } => json!({
                    "kind": "refused",
                    "reason": reason.as_str(),
                    "status": status,
                    "detail": detail,
                    "target": target,
                    "rule": id.as_ref().and_then(rule),
                }),
                Occurrence::Filtered {
                    list,
                    kept,
                    removed,
                } => json!({
                    "kind": "filtered", "list": list, "kept": kept, "removed": removed,
                }),
                Occurrence::Dropped { detail } => json!({"kind": "dropped", "detail": detail}),
            });
        let entries = self
            .entries
            .iter()
            .map(|Entry { name, decision }| match decision {
                Decision::Allow { rule } => {
                    json!({"name": name, "decision": "allow", "rule": rule_json(rule)})
                }
                Decision::Deny { reason, rule } => json!({
                    "name": name,
                    "decision": "deny",
                    "reason": reason.as_str(),
                    "rule": rule.map(rule_json),
                }),
            });
        let refusal = self.outcome.refusal.as_ref();
        let mut text = json!({
            "virtual_server": self.server.name(),
            "decision": if refusal.is_some() { "deny" } else { "allow" },
            "reason": refusal.map(|refusal| refusal.reason().as_str()),
            "occurrences": occurrences.collect::<Vec<_>>(),
            "entries": entries.collect::<Vec<_>>(),
            "told": refusal.map(crate::exchange::Refusal::body),
            "passed": self.outcome.passed,
        })
        .to_string();
        text.push('\n');
        text
    }
}

fn rule_json(rule: &Rule) -> Value {
    let location = rule.location();
    json!({
        "id": rule.id().as_str(),
        "pattern": rule.pattern(),
        "file": &*location.file,
        "line": location.line,
        "column": location.column,
    })
}

/// Which line decided.
fn by(rule: &Rule) -> String {
    format!("by {} ({}, {})", rule.pattern(), rule.location(), rule.id())
}
