//! What Envoy does with what Sluice says of a request: its access log, its rate limits, its RBAC and its
//! statistics, as the examples in `envoy/` have them.

mod access_log;
mod limits;
mod place;
mod rbac;
mod service;
mod stats;
