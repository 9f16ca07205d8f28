//! What is kept of an exchange.

use serde::{Deserialize, Serialize};

/// One exchange. Times are in microseconds; those of events count from the beginning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is found by.
    pub summary: Summary,
    /// The SHA-256 of the manifest in force, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The request.
    pub request: Request,
    /// The response, if one came or was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// The messages of the request, with what was decided.
    pub messages: Vec<Message>,
    /// Where the time went.
    pub phases: Vec<Phase>,
    /// For how long Sluice itself was at work.
    pub worked_us: u64,
    /// How it ended: `complete`, `cancelled` or `aborted`.
    pub end: String,
    /// Whether values were hidden before it was written.
    pub redacted: bool,
}

/// What an exchange is found by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// When it began, since 1970.
    pub at_us: u64,
    /// How long it took.
    pub took_us: u64,
    /// The virtual server.
    pub virtual_server: String,
    /// The physical server.
    pub server: String,
    /// The issuer and the subject of who called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<(String, String)>,
    /// The agent that called for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The session, by a name that is good for nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The trace, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The method of its first message, or of HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What that names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `allow` or `deny`.
    pub decision: String,
    /// Why, if it is `deny` or the answer was withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What became of it: `ok`, `tool_error`, `rpc_error`, `http_error` or `cancelled`.
    pub outcome: String,
}

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method of HTTP.
    pub http_method: String,
    /// The path that it came to.
    pub path: String,
    /// The headers of MCP's own and the content type, without those of sessions and tokens.
    pub headers: Vec<(String, String)>,
    /// The body, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// The body, as it went on, if it did and was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// Whether it went on at all.
    pub forwarded: bool,
    /// Whether a body is cut, because it was longer than what is kept.
    pub truncated: bool,
}

/// A response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The pieces of the body, as they came from the upstream.
    pub received: Vec<Piece>,
    /// The pieces, as they went on to the client.
    pub sent: Vec<Piece>,
    /// Whether a body is cut, because it was longer than what is kept.
    pub truncated: bool,
}

/// A piece of a body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// When it came.
    pub at_us: u64,
    /// What it says.
    pub text: String,
}

/// A message, and what was decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What kind of thing it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The text of its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `allow` or `deny`.
    pub decision: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The line of the manifest that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What became of it.
    pub outcome: String,
}

/// A piece of the time that it took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What was done.
    pub kind: String,
    /// By whom: the name of a guardrail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it began.
    pub began_us: u64,
    /// How long it took.
    pub took_us: u64,
    /// What a guardrail's look came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What it found, never the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Something that a guardrail found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was broken.
    pub rule: String,
    /// Where.
    pub path: String,
    /// What it is, where that has a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What was done about it.
    pub action: String,
}
