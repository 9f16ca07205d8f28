//! The product's main test: real Envoy, the real `sluice` binary, real MCP servers and clients.
//!
//! Each test stands up what it needs and takes it down with it; nothing has a fixed port.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on must fail"
)]

#[path = "../../examples/support/mod.rs"]
mod support;

#[path = "../support/authorization_server/mod.rs"]
mod authorization_server;

mod house;
mod message;
mod upstream;

mod answers;
mod arrivals;
mod capture;
mod clients;
mod drain;
mod edges;
mod failures;
mod guardrails;
mod http;
mod identity;
mod mesh;
mod metrics;
mod panics;
mod people;
mod python;
mod sizes;
mod telemetry;
mod tls;
mod transport;
