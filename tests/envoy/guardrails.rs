//! Guardrails between real clients and real servers.

mod definitions;
mod middleware;
mod output;
mod python;
mod renamed;
mod sql;
mod webhook;
