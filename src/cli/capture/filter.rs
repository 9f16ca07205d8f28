//! Which exchanges are asked for.

use clap::{Args, ValueEnum};

use crate::capture::Summary;

/// Which exchanges are asked for: those of which all that is said holds.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Of this virtual server
    #[arg(long, value_name = "NAME")]
    virtual_server: Option<String>,
    /// Of who has this subject (`sub`)
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Of this session, by the name that `ls` shows
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// Of this tool, prompt or resource
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// That were allowed, or denied
    #[arg(long, value_name = "DECISION")]
    decision: Option<Decision>,
    /// Of the last minutes
    #[arg(long, value_name = "MINUTES")]
    since: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Decision {
    /// Went on
    Allow,
    /// Were answered in place of the upstream
    Deny,
}

impl Filter {
    /// Whether an exchange is asked for; `now` is the time since 1970, in microseconds.
    pub(super) fn takes(&self, summary: &Summary, now: u64) -> bool {
        let is =
            |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        let subject = summary.subject.as_ref();
        let decision = match self.decision {
            None => summary.decision.as_str(),
            Some(Decision::Allow) => "allow",
            Some(Decision::Deny) => "deny",
        };
        let earliest = self.since.map_or(0, |minutes| {
            now.saturating_sub(minutes.saturating_mul(60_000_000))
        });
        is(&self.virtual_server, Some(&summary.virtual_server))
            && is(&self.subject, subject.map(|(_, subject)| subject.as_str()))
            && is(&self.session, summary.session.as_deref())
            && is(&self.tool, summary.target.as_deref())
            && decision == summary.decision
            && summary.at_us >= earliest
    }
}
