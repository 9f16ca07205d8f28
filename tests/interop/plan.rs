//! What a client does at an MCP server, and what must come of it through Sluice.

use serde_json::{Value, json};

use crate::job::{call, cancel, list, prompt, read};
use crate::upstreams::{Feature, HIDDEN};

/// What must come of a step through Sluice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// A list like the direct one without the entries whose member (the first) is one of these.
    Without(&'static str, &'static [&'static str]),
    /// A result, which is the direct one.
    Works,
    /// What comes directly, whatever it is.
    Same,
    /// The one error for what is not enabled, with the end of its message.
    Refused(&'static str),
}

/// One step of a client.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// What it is for, in a word or two.
    pub(crate) what: &'static str,
    /// What the client is told.
    pub(crate) step: Value,
    pub(crate) expect: Expect,
}

/// What shows that a feature works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The step of this name was told of progress so many times.
    Progress(&'static str, usize),
    /// The client heard something that begins like this.
    Heard(&'static str),
}

/// All steps at one kind of server.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The manifest of the virtual server, whose path is `/mcp/scope`.
    pub(crate) manifest: &'static str,
    pub(crate) steps: Vec<Step>,
    /// The names of what is hidden, as requests have them.
    pub(crate) forbidden: &'static [&'static str],
    /// Those of them whose executions the server counts.
    pub(crate) counted: &'static [&'static str],
    /// What only descriptions and results of hidden things contain.
    pub(crate) hidden: &'static [&'static str],
    /// What shows that a feature works.
    pub(crate) proofs: &'static [(Feature, Proof)],
    /// What the server says whenever it likes, so that it proves nothing.
    pub(crate) noise: &'static [&'static str],
    /// A step whose answer is broken off before this text, for servers that keep events.
    pub(crate) resumed: (Value, &'static str),
    /// The names of clients that can't have the rest from this server even directly.
    pub(crate) unresumed: &'static [&'static str],
}

/// A step.
pub(crate) fn step(what: &'static str, step: Value, expect: Expect) -> Step {
    Step { what, step, expect }
}

/// What one may have of the servers that offer the same world of repositories.
const REPOSITORIES: &str = r#"
servers: {repositories: {}}
virtual_servers:
  scope:
    match: {path: /mcp/scope}
    servers:
      - name: repositories
        enabled_tools:
          [get_*, search_*, count_to, say, "ask_*", wait, fail, announce]
    enabled_prompts: [summarize]
    enabled_resources: ["repo://*"]
"#;

const HIDDEN_NAMES: &[&str] = &["delete_repo", "clean_up", "secret://octo-org/key"];

/// At a server that offers the world of repositories.
pub(crate) fn repositories() -> Plan {
    let named = json!({"name": "hello-world"});
    let refused = Expect::Refused;
    Plan {
        manifest: REPOSITORIES,
        steps: vec![
            step(
                "tools",
                list("tools"),
                Expect::Without("name", &["delete_repo"]),
            ),
            step(
                "prompts",
                list("prompts"),
                Expect::Without("name", &["clean_up"]),
            ),
            step(
                "resources",
                list("resources"),
                Expect::Without("uri", &["secret://octo-org/key"]),
            ),
            step("templates", list("resourceTemplates"), Expect::Same),
            step("call", call("get_repo", named.clone()), Expect::Works),
            step(
                "call",
                call("search_repos", json!({"query": "ñ 日本 🦀"})),
                Expect::Works,
            ),
            step("failure", call("fail", json!({})), Expect::Same),
            step(
                "progress",
                call("count_to", json!({"number": 3})),
                Expect::Works,
            ),
            step(
                "logging",
                call("say", json!({"text": "a word"})),
                Expect::Works,
            ),
            step(
                "sampling",
                call("ask_model", json!({"question": "Whether?"})),
                Expect::Same,
            ),
            step(
                "elicitation",
                call("ask_user", json!({"question": "Whether?"})),
                Expect::Same,
            ),
            step(
                "hidden tool",
                call("delete_repo", named.clone()),
                refused("Unknown tool: delete_repo"),
            ),
            step(
                "absent tool",
                call("no_such_tool", named.clone()),
                refused("Unknown tool: no_such_tool"),
            ),
            step("prompt", prompt("summarize", named), Expect::Works),
            step(
                "hidden prompt",
                prompt("clean_up", json!({})),
                refused("clean_up"),
            ),
            step(
                "absent prompt",
                prompt("no_such", json!({})),
                refused("no_such"),
            ),
            step("resource", read("repo://octo-org/readme"), Expect::Works),
            step(
                "hidden resource",
                read("secret://octo-org/key"),
                refused("secret://octo-org/key"),
            ),
            step("absent resource", read("no://such"), refused("no://such")),
            step("announcement", call("announce", json!({})), Expect::Same),
            step(
                "cancellation",
                cancel("wait", json!({"seconds": 30})),
                Expect::Works,
            ),
            step(
                "after it",
                call("get_repo", json!({"name": "linguist"})),
                Expect::Works,
            ),
        ],
        forbidden: HIDDEN_NAMES,
        counted: HIDDEN_NAMES,
        hidden: &[HIDDEN],
        proofs: &[
            (Feature::Progress, Proof::Progress("progress", 3)),
            (Feature::Logging, Proof::Heard("log: a word")),
            (Feature::Sampling, Proof::Heard("sampling: Whether?")),
            (Feature::Elicitation, Proof::Heard("elicitation: Whether?")),
            (Feature::Announcement, Proof::Heard("tools changed")),
        ],
        noise: &[],
        resumed: (call("count_to", json!({"number": 5})), "step 3"),
        unresumed: &[],
    }
}
