//! The limits within which Sluice understands what passes; beyond them it refuses.

use std::time::Duration;

use crate::json;

/// The limits of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest request body, in bytes.
    pub request_bytes: usize,
    /// The longest response body that is not a stream of events, in bytes.
    pub response_bytes: usize,
    /// The longest server-sent event, in bytes, all its lines together.
    pub sse_event_bytes: usize,
    /// The longest JSON-RPC id that is a string, in bytes after unescaping.
    pub id_bytes: usize,
    /// What the strict JSON reader accepts.
    pub json: json::Limits,
    /// The longest time for which a client may keep a list that Sluice filtered
    /// (MCP 2026-07-28, `ttlMs`).
    pub list_ttl: Duration,
}

impl Limits {
    /// What the reader accepts of a server. Servers that cut text by UTF-16 units send halves of
    /// characters, and clients take them; they go on as replacement characters.
    #[must_use]
    pub fn downlink_json(&self) -> json::Limits {
        json::Limits {
            lone_surrogates: json::LoneSurrogates::Replace,
            ..self.json
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 4 << 20,
            response_bytes: 16 << 20,
            sse_event_bytes: 16 << 20,
            id_bytes: 256,
            json: json::Limits::default(),
            list_ttl: Duration::from_secs(60),
        }
    }
}
