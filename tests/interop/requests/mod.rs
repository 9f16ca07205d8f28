//! Requests that try to have the hidden tool executed.
//!
//! Each row of the two tables is the bytes of a request, in a version before 2026-07-28 and in
//! 2026-07-28, and what Sluice says to it. All of them go to all servers, through Sluice and
//! straight: what nobody executes straight would prove nothing.

pub(crate) mod encodings;
mod http;
mod json;
mod run;
mod trials;
mod vector;
mod wire;

pub(crate) use trials::{print, trials};

/// What one may have of the world.
const WORLD: &str = r#"
servers: {repositories: {}}
virtual_servers:
  scope:
    match: {path: /mcp/scope}
    servers:
      - name: repositories
        enabled_tools: ["get_*", "search_*", count_to, say, "ask_*", wait, fail, announce]
    enabled_prompts: [summarize]
    enabled_resources: ["repo://*"]
"#;
