//! `sluice capture show`

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::list::{end, named, sift};
use super::{Ended, Source};
use crate::capture::Entry;
use crate::capture::entry::{Phase, Piece};
use crate::cli::{Exit, Out};
use crate::clock;

/// How wide a waterfall is, in characters.
const WIDTH: u64 = 40;

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    source: Source,
    /// The exchange, by the id that `ls` shows
    id: String,
    /// All that is kept of it, as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, out: &mut Out) -> Ended {
        let captures = match self.source.open() {
            Ok(captures) => captures,
            Err(problem) => return Ok(Err(problem)),
        };
        let (entries, damages) = sift(captures.iter().flat_map(|it| it.entries()));
        let Some(entry) = named(&entries, &self.id) else {
            return end(&damages, true, out);
        };
        if self.json {
            out.print(&format!("{}\n", json!(entry)))?;
        } else {
            out.print(&shown(entry))?;
        }
        Ok(Ok(Exit::Ok))
    }
}

/// An exchange, for people.
fn shown(entry: &Entry) -> String {
    let summary = &entry.summary;
    let mut text = format!(
        "{} {}  {}\n",
        entry.request.http_method,
        entry.request.path,
        clock::rfc_3339(Duration::from_micros(summary.at_us))
    );
    let who = summary
        .subject
        .as_ref()
        .map_or("nobody in particular", |(_, it)| it);
    let agent = summary
        .agent
        .as_deref()
        .map_or(String::new(), |it| format!(" by {it}"));
    text += &format!(
        "{} on {}, for {who}{agent}\n",
        summary.virtual_server, summary.server
    );
    for message in &entry.messages {
        let names = [&message.method, &message.target].map(|it| it.as_deref().unwrap_or("-"));
        let reason = message
            .reason
            .as_deref()
            .map_or(String::new(), |it| format!(": {it}"));
        let rule = message
            .rule
            .as_deref()
            .map_or(String::new(), |it| format!("  by {it}\n"));
        text += &format!(
            "{} {} {}{reason} -> {}\n{rule}",
            message.decision, names[0], names[1], message.outcome
        );
    }
    text += &format!("\n{:<28} {:>9}\n", "all of it", millis(summary.took_us));
    for phase in &entry.phases {
        text += &bar(phase, summary.took_us.max(1));
    }
    let (request, response) = (&entry.request, entry.response.as_ref());
    let one = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
    let pieces = |pieces: &[Piece]| pieces.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    text += &body("request, as it came", &one(&request.received));
    text += &body("request, as it went on", &one(&request.sent));
    if let Some(response) = response {
        let (received, sent) = (pieces(&response.received), pieces(&response.sent));
        let title = format!("response {}, as it came", response.status);
        text += &body(&title, &received);
        if sent != received {
            text += &body("response, as it went on", &sent);
        }
    }
    text
}

/// A phase as a line of the waterfall.
fn bar(phase: &Phase, whole: u64) -> String {
    let at = (phase.began_us * WIDTH / whole).min(WIDTH - 1);
    let length = (phase.took_us * WIDTH / whole).clamp(1, WIDTH - at);
    let [before, bar] = [at, length].map(|it| usize::try_from(it).unwrap_or(0));
    let name = match &phase.name {
        Some(name) => format!("{} {name}", phase.kind),
        None => phase.kind.clone(),
    };
    let outcome = phase
        .outcome
        .as_deref()
        .map_or(String::new(), |it| format!("  {it}"));
    let mut line = format!(
        "  {name:<26} {:>9} {}{}{outcome}\n",
        millis(phase.took_us),
        " ".repeat(before),
        "=".repeat(bar)
    );
    for finding in &phase.findings {
        let (rule, path, action) = (&finding.rule, &finding.path, &finding.action);
        line += &format!("    {rule} at {}: {action}\n", path.escape_debug());
    }
    line
}

fn body(title: &str, pieces: &[String]) -> String {
    if pieces.is_empty() {
        return String::new();
    }
    // What a server says must not be able to steer a terminal.
    let shown = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        c if c.is_control() => c.escape_debug().to_string(),
        c => c.to_string(),
    };
    let text: String = pieces.concat().chars().map(shown).collect();
    format!("\n{title}:\n{}\n", text.trim_end())
}

fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}
