//! The exchange, driven as Envoy drives it, without Envoy: tables of what is refused, what is
//! passed, and what is changed on the way.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on must fail"
)]

mod batches;
mod driver;
mod guardrails;
mod http_sse;
mod identity;
mod properties;
mod request;
mod response;
mod skills;
mod surface;
mod tasks;
mod trace;
