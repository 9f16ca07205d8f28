//! `sluice explain`

mod explanation;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Map, Value};

use super::load::load;
use super::{Exit, Out};
use crate::json::Document;
use crate::manifest::Given;
use crate::policy::{Caller, Policy, View, VirtualServer};
use crate::scenario;

use explanation::Explanation;

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
    /// What the server answers to the call, a JSON object: a CallToolResult
    #[arg(long, value_name = "JSON", requires = "tool")]
    result: Option<String>,
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
    /// Who calls: the claims of a token, as if it had been verified, a JSON object in a file
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
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
        let asked = self
            .given()
            .and_then(|given| Ok((given, self.caller(server)?)));
        let (given, (claims, caller)) = match asked {
            Ok(asked) => asked,
            Err(problem) => {
                out.error(&format!("sluice: {problem}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        let view = View::new(Arc::clone(server), Arc::new(caller));
        let arguments = arguments(&policy, &given);
        let arguments = arguments
            .as_deref()
            .and_then(|text| Document::parse(text.as_bytes(), &policy.limits().json).ok());
        let (outcome, entries) = match (&given, self.from) {
            (Given::Message(message), Side::Server) => (
                scenario::hear(&policy, server, message, claims.as_ref()),
                explanation::entries(&policy, &view, message),
            ),
            _ => (
                scenario::ask(&policy, server, &given, claims.as_ref()),
                Vec::new(),
            ),
        };
        let explanation = Explanation {
            view: &view,
            arguments,
            outcome,
            entries,
        };
        let text = if self.json {
            explanation.to_json()
        } else {
            explanation.to_text()
        };
        out.print(&text)?;
        Ok(if explanation.outcome.reason().is_some() {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }

    /// The claims of who calls, and who that is.
    fn caller(
        &self,
        server: &VirtualServer,
    ) -> Result<(Option<Map<String, Value>>, Caller), String> {
        let Some(file) = &self.claims else {
            return Ok((None, Caller::anonymous()));
        };
        let name = file.display();
        let Some(authentication) = server.authentication() else {
            let server = server.name();
            return Err(format!(
                "`{server}` does not ask who calls, so that --claims says nothing"
            ));
        };
        let text =
            fs::read_to_string(file).map_err(|error| format!("can't read {name}: {error}"))?;
        let claims: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| format!("{name} is not a JSON object: {error}"))?;
        let caller = Caller::supposed(claims.clone(), authentication)
            .map_err(|error| format!("{name} does not say who calls: {error}"))?;
        Ok((Some(claims), caller))
    }

    fn given(&self) -> Result<Given, String> {
        if let Some(name) = &self.tool {
            let arguments = self.arguments.as_deref().map(serde_json::from_str);
            let arguments: Option<Map<String, Value>> = arguments
                .transpose()
                .map_err(|error| format!("--arguments is not a JSON object: {error}"))?;
            let result = self.result.as_deref().map(serde_json::from_str);
            let result: Option<Map<String, Value>> = result
                .transpose()
                .map_err(|error| format!("--result is not a JSON object: {error}"))?;
            return Ok(Given::Call {
                name: name.clone(),
                arguments,
                result,
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

/// The arguments of a call as text, of which conditions may speak.
fn arguments(policy: &Policy, given: &Given) -> Option<String> {
    let none = || "{}".to_owned();
    match given {
        Given::Call { arguments, .. } | Given::Prompt { arguments, .. } => {
            let arguments = arguments.clone().map(Value::Object);
            Some(arguments.map_or_else(none, |arguments| arguments.to_string()))
        }
        Given::Message(text) => {
            let document = Document::parse(text.as_bytes(), &policy.limits().json).ok()?;
            let arguments = document.root().get("params")?.get("arguments");
            Some(arguments.map_or_else(none, |arguments| arguments.raw().to_owned()))
        }
        Given::Resource { .. } | Given::Skill { .. } => None,
    }
}
