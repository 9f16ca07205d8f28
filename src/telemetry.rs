//! What happened, as log lines and as numbers: a line for each decision at debug, one for each
//! refusal at info, and counters of all of them.
//!
//! A line never holds arguments, results, credentials or session ids. A label holds only what the
//! manifest or Sluice itself says, so that no client can make series.

mod metrics;
mod text;

use std::fmt;

use crate::exchange::Occurrence;
use crate::guardrail::Finding;

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
        Occurrence::Guarded {
            guardrail,
            phase,
            strategy,
            outcome,
            target,
            findings,
        } => tracing::info!(
            virtual_server,
            guardrail = guardrail.as_ref(),
            phase = phase.as_str(),
            strategy = strategy.as_str(),
            outcome = outcome.as_str(),
            target = target.as_deref(),
            findings = %Findings(findings),
            "guarded"
        ),
        Occurrence::Dropped { detail } => tracing::info!(virtual_server, detail, "dropped"),
    }
}

/// Findings on one line: what, where, and what is done about it.
struct Findings<'f>(&'f [Finding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{} at {}", finding.rule, finding.path.escape_debug())?;
            if let Some(entity) = finding.entity.as_deref().filter(|it| *it != finding.rule) {
                write!(f, " ({entity})")?;
            }
            write!(f, ": {}", finding.action)?;
        }
        Ok(())
    }
}
