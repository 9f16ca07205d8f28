//! Sluice turns raw MCP servers into virtual MCP servers, as an external processor of Envoy.
//!
//! A request takes this way through the house, and the modules stand in the order in which
//! they may use one another: each uses only those above it (`tests/layering.rs`).
//!
//! - [`json`]: the strict reader of everything that crosses, and splicing that leaves the rest alone.
//! - [`jsonrpc`]: messages, ids and error codes.
//! - [`mcp`]: what MCP says in each of its versions: methods, headers, server-sent events.
//! - [`oauth`]: bearer tokens, challenges and metadata, as data.
//! - [`trace`]: the context of a trace, as it crosses.
//! - [`seal`]: what clients keep for Sluice, and can't change or make up.
//! - [`detect`]: entities in texts: numbers of cards and people, addresses, secrets.
//! - [`guardrail`]: what is looked for in arguments and results, and what is made of it.
//! - [`policy`]: who may see and call what, and the reasons.
//! - [`manifest`]: YAML as written, and its compilation to a policy with all diagnostics at once.
//! - [`exchange`]: the sans-I/O machine for one HTTP exchange.
//! - [`scenario`]: single messages, put to the exchange. The pure core ends here.
//! - [`clock`]: the time, as whoever needs it is given it.
//! - [`stamp`]: whether a file is still the same.
//! - [`outbound`]: requests to issuers, authorization servers, webhooks and collectors.
//! - [`telemetry`]: what happened, as log lines, numbers, spans and audits.
//! - [`capture`]: what went through, kept to be looked at and played again.
//! - [`secret`]: what the references in a manifest stand for.
//! - [`identity`]: who calls: the signatures of tokens, and the keys of their issuers.
//! - [`credential`]: with what requests go on in the place of the caller's own credentials.
//! - [`middleware`]: guardrails outside of Sluice, asked by gRPC or HTTP.
//! - [`reload`]: the manifest as it changes; the last good one stays.
//! - [`ext_proc`]: Envoy's protocol on the outside, the exchange on the inside.
//! - [`server`]: listeners, health and drain.
//! - [`cli`]: one file a command.

pub mod capture;
pub mod cli;
pub mod clock;
pub mod credential;
pub mod detect;
pub mod exchange;
pub mod ext_proc;
pub mod guardrail;
pub mod identity;
pub mod json;
pub mod jsonrpc;
pub mod manifest;
pub mod mcp;
pub mod middleware;
pub mod oauth;
pub mod outbound;
pub mod policy;
pub mod reload;
pub mod scenario;
pub mod seal;
pub mod secret;
pub mod server;
pub mod stamp;
pub mod telemetry;
pub mod trace;
