//! What is kept of exchanges, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::limits::{Size, Time};
use crate::manifest::span::Spanned;

/// What is kept of the exchanges of a virtual server, where `sluice serve --capture` has a place for it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Capture {
    /// Of all sessions how many, more than 0 and at most 1; 1 unless said otherwise. Where there are no
    /// sessions it is exchanges that are counted.
    pub(in crate::manifest) sample: Option<Spanned<f64>>,
    /// How much of each body; `1MiB` unless said otherwise.
    pub(in crate::manifest) max_bytes: Option<Spanned<Size>>,
    /// Whether personal data and secrets are covered before anything is written: those that Sluice
    /// knows, and those that the guardrails of the virtual server redact. `true` unless said otherwise.
    pub(in crate::manifest) redact: Option<Spanned<bool>>,
    /// For how long, like `24h`; `168h`, a week, unless said otherwise.
    pub(in crate::manifest) keep: Option<Spanned<Time>>,
}
