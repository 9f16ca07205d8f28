//! What the quickstart, the tests and the bench share: a pinned Envoy and a real MCP server.
//!
//! It lives here, beside the quickstart, because that is the first thing a reader runs; tests
//! and benches include it as it is, so all of them meet the same Envoy with the same config:
//!
//! ```ignore
//! #[path = "../examples/support/mod.rs"]
//! mod support;
//! ```
//!
//! - [`tools`] fetches what does not come from crates.io, into `target/tools/`.
//! - [`envoy`] starts an Envoy on `envoy/sluice.yaml` and ends it with the value it returns.
//! - [`github`] is a GitHub-like MCP server that counts what it executes.
//! - [`process`] ends a process with the value that holds it.
//! - [`raw`] sends what no HTTP client would.
//! - [`sluice`] starts a `sluice serve` and ends it with the value it returns.
//! - [`do_nothing`] is an external processor that lets everything pass: what Envoy does without
//!   Sluice, and what Sluice's speed is compared with.

#![allow(dead_code, unused_imports, reason = "each includer uses its part")]

pub(crate) mod do_nothing;
pub(crate) mod envoy;
pub(crate) mod github;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod sluice;
pub(crate) mod tools;
