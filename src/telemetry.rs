//! What happened, as log lines and as numbers: a line for each decision at debug, one for each
//! refusal at info, and counters of all of them.
//!
//! A line never holds arguments, results, credentials or session ids. A label holds only what the
//! manifest or Sluice itself says, so that no client can make series.

mod metrics;
mod text;

use crate::exchange::Occurrence;

pub use metrics::{CONTENT_TYPE, Metrics};

/// Counts one occurrence and writes its line. `virtual_server` is its name in the manifest.
pub fn record(metrics: &Metrics, virtual_server: Option<&str>, occurrence: &Occurrence) {
    metrics.count(virtual_server, occurrence);
    log(virtual_server, occurrence);
}

fn log(virtual_server: Option<&str>, occurrence: &Occurrence) {
    let virtual_server = virtual_server.unwrap_or("-");
    match occurrence {
        Occurrence::Allowed {
            method,
            target,
            rule,
        } => tracing::debug!(
            virtual_server,
            method,
            target = target.as_deref(),
            rule = rule.as_ref().map(tracing::field::display),
            "allowed"
        ),
        Occurrence::Refused {
            reason,
            status,
            detail,
            target,
            rule,
        } => tracing::info!(
            virtual_server,
            reason = reason.as_str(),
            status,
            target = target.as_deref(),
            rule = rule.as_ref().map(tracing::field::display),
            detail = detail.as_ref(),
            "refused"
        ),
        Occurrence::Filtered {
            list,
            kept,
            removed,
        } => {
            tracing::debug!(virtual_server, list, kept, removed, "filtered");
        }
        Occurrence::Dropped { detail } => tracing::info!(virtual_server, detail, "dropped"),
    }
}
