//! What happened, as log lines: one for each decision at debug, one for each refusal at info.
//!
//! A line never holds arguments, results, credentials or session ids.

use crate::exchange::Occurrence;

/// Writes the line of one occurrence.
pub fn record(virtual_server: Option<&str>, occurrence: &Occurrence) {
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
