//! What is kept of the exchanges of a virtual server.

use std::time::Duration;

/// What is kept of the exchanges of a virtual server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Of a million sessions, how many.
    pub per_million: u32,
    /// How much of each body, in bytes.
    pub body_bytes: usize,
    /// Whether personal data and secrets are covered before anything is written.
    pub redacts: bool,
    /// For how long.
    pub keep: Duration,
}
