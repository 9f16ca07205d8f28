//! What is told of calls, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::span::Spanned;

use super::Size;

/// What is told of calls to whoever collects spans.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Telemetry {
    /// What of calls stands in their spans, after everything that `redact` guardrails of the virtual
    /// server and Sluice's own default look for is redacted. Nothing, unless listed.
    pub(in crate::manifest) payloads: Option<Vec<Spanned<Payload>>>,
    /// How much of each, 64 bytes to 32 KiB; `4KiB` unless said otherwise. What is longer is cut.
    pub(in crate::manifest) max_payload_bytes: Option<Spanned<Size>>,
}

/// What of a call can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`arguments` or `results`")]
pub(in crate::manifest) enum Payload {
    /// The arguments of calls of tools.
    Arguments,
    /// The results of calls of tools.
    Results,
}
