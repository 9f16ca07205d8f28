//! What a message of the client asks for, as far as it has been read: for logs, spans and metrics,
//! whether it is let through or not.

use sha2::{Digest as _, Sha256};

use super::refusal::telling_name;
use super::target::Named;
use crate::json::Value;
use crate::jsonrpc::RequestId;
use crate::mcp::{ProtocolVersion, meta};
use crate::policy::TargetKind;
use crate::trace::TraceContext;

/// What a message of the client asks for. It never holds arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The method: one that MCP has, or `response` for an answer to the server, or that of HTTP where
    /// there is no message. Nothing if it is unknown.
    pub method: Option<&'static str>,
    /// The text of the id, if it is a request.
    pub id: Option<String>,
    /// What kind of thing it names.
    pub kind: Option<TargetKind>,
    /// What it names: a tool, a prompt, a resource; cut to what a log can bear.
    pub target: Option<String>,
    /// The version that it is in.
    pub version: Option<ProtocolVersion>,
    /// The span of the client's that it says it is part of (SEP-414).
    pub trace: Option<TraceContext>,
    /// SHA-256 of the JSON of its arguments as the client wrote it, if it has any and someone wants to
    /// know.
    pub arguments: Option<[u8; 32]>,
}

impl Asked {
    /// What is asked by a method, and nothing else.
    pub(super) fn method(method: &'static str, version: Option<ProtocolVersion>) -> Self {
        Self {
            method: Some(method),
            version,
            ..Self::default()
        }
    }

    /// What a message with these parameters says before anything else of it is read.
    pub(super) fn message(id: Option<&RequestId>, params: Option<Value<'_>>) -> Self {
        Self {
            id: id.map(|id| id.as_text().to_owned()),
            trace: trace(params),
            ..Self::default()
        }
    }

    /// The same, with the digest of the arguments that are in these parameters.
    pub(super) fn digested(mut self, params: Option<Value<'_>>) -> Self {
        let arguments = params.and_then(|params| params.get("arguments"));
        self.arguments = arguments.map(|arguments| Sha256::digest(arguments.raw()).into());
        self
    }

    /// The same, and it names this.
    pub(super) fn names(&mut self, named: &Named<'_>) {
        self.kind = Some(named.kind());
        self.target = Some(telling_name(named.target()));
    }
}

/// The span that a message says it is part of.
fn trace(params: Option<Value<'_>>) -> Option<TraceContext> {
    let envelope = params?.get("_meta")?;
    let text = |key: &str| envelope.get(key).and_then(Value::as_str);
    let parent = text(meta::TRACE_PARENT)?;
    TraceContext::read(&parent, text(meta::TRACE_STATE).as_deref())
}
