//! Guardrails between real clients and real servers.

mod middleware;
mod python;
mod webhook;
