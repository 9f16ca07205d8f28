//! The MCP servers of the tests.
//!
//! All but npm's `server-everything` offer one world. Enabled by the manifest of the tests are the
//! tools `get_repo`, `search_repos`, `count_to`, `say`, `ask_model`, `ask_user`, `wait`, `fail` and
//! `announce`, the prompt `summarize` and the resource `repo://octo-org/readme`. Hidden are the tool
//! `delete_repo`, the prompt `clean_up` and the resource `secret://octo-org/key`, which say
//! [`HIDDEN`] wherever they say something, as do the server's instructions.

mod everything;
mod rmcp;
mod script;
mod table;
mod trials;

use std::net::SocketAddr;

pub(crate) use table::UPSTREAMS;
pub(crate) use trials::trials;

use crate::support::tools::PythonSdk;

/// What only the hidden part of the world says.
pub(crate) const HIDDEN: &str = "HIDDEN-7f3a9c";

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Streamable HTTP, at `/mcp`.
    Streamable,
    /// HTTP+SSE of 2024-11-05: `/sse`, and wherever that leads.
    Sse,
}

/// What a server can do besides answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// `count_to` reports progress.
    Progress,
    /// `say` logs.
    Logging,
    /// `ask_model` asks the client's model.
    Sampling,
    /// `ask_user` asks the user.
    Elicitation,
    /// `announce` reaches the client.
    Announcement,
    /// `wait` learns that it was cancelled.
    Cancellation,
    /// A stream that broke off can be resumed.
    Resumption,
}

/// One way in which an SDK serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upstream {
    /// The SDK, with its version: `python-2.3.0`.
    pub(crate) sdk: &'static str,
    /// The mode: `sessions`.
    pub(crate) mode: &'static str,
    pub(crate) transport: Transport,
    /// The versions of the protocol that it speaks, the oldest first.
    pub(crate) versions: &'static [&'static str],
    /// What it can do for clients before 2026-07-28.
    legacy: &'static [Feature],
    /// What it can do for clients of 2026-07-28.
    modern: &'static [Feature],
    runs: Runs,
}

/// What is started.
#[derive(Debug, Clone, Copy)]
enum Runs {
    /// A script of `tests/peers/python`.
    Python(PythonSdk, &'static str),
    /// A script of `tests/peers/node`.
    Node(&'static str),
    /// npm's `server-everything`.
    Everything,
    /// A server in this process.
    Rmcp,
}

impl Upstream {
    /// Its name: that of the SDK and that of the mode.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.sdk, self.mode)
    }

    /// Whether it offers a world of its own and counts nothing: npm's `server-everything`.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.runs, Runs::Everything)
    }

    /// Whether it speaks 2026-07-28.
    pub(crate) fn is_modern(&self) -> bool {
        self.versions.contains(&"2026-07-28")
    }

    /// Whether it speaks a version before 2026-07-28.
    pub(crate) fn is_legacy(&self) -> bool {
        self.versions.iter().any(|version| *version != "2026-07-28")
    }

    /// Whether it does this for a client of a version.
    pub(crate) fn can(&self, feature: Feature, version: &str) -> bool {
        let features = match version {
            "2026-07-28" => self.modern,
            _ => self.legacy,
        };
        features.contains(&feature)
    }

    /// The path that a client starts from.
    pub(crate) fn path(&self) -> &'static str {
        match self.transport {
            Transport::Streamable => "/mcp",
            Transport::Sse => "/sse",
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(crate) fn start(&self) -> Result<Running, String> {
        match self.runs {
            Runs::Python(sdk, script) => {
                script::python(sdk, script, self.mode).map(Running::Script)
            }
            Runs::Node(script) => script::node(script, self.mode).map(Running::Script),
            Runs::Everything => everything::start(self.mode).map(Running::Everything),
            Runs::Rmcp => rmcp::start(self.mode).map(Running::Rmcp),
        }
        .map_err(|error| format!("{}: {error}", self.name()))
    }
}

/// A server, until this is dropped.
#[derive(Debug)]
pub(crate) enum Running {
    Script(script::Script),
    Everything(everything::Everything),
    Rmcp(rmcp::Rmcp),
}

impl Running {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Script(script) => script.address(),
            Self::Everything(everything) => everything.address(),
            Self::Rmcp(rmcp) => rmcp.address(),
        }
    }

    /// What it executed, in order: names of tools and prompts, URIs of resources, `wait cancelled`.
    /// Nothing where it does not count.
    pub(crate) fn executed(&self) -> Vec<String> {
        match self {
            Self::Script(script) => script.executed(),
            Self::Everything(_) => Vec::new(),
            Self::Rmcp(rmcp) => rmcp.executed(),
        }
    }
}
