//! `sluice capture ls` and `export`

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Ended, Filter, Source};
use crate::capture::reader::Found;
use crate::capture::{Damage, Entry, Summary};
use crate::cli::{Exit, Out};
use crate::clock::{self, Clock as _, SystemClock};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: Filter,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: Filter,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON-RPC message a line, with `_meta.dir`, `_meta.server` and `_meta.ts`, as recorders of MCP
    /// write it
    Ndjson,
    /// All that is kept of an exchange, one a line
    Entries,
}

impl List {
    pub(super) fn run(self, out: &mut Out) -> Ended {
        let captures = match self.source.open() {
            Ok(captures) => captures,
            Err(problem) => return Ok(Err(problem)),
        };
        let (mut found, damages) = sift(captures.iter().flat_map(|it| it.summaries()));
        let now = now();
        found.retain(|summary| self.filter.takes(summary, now));
        found.sort_by_key(|summary| summary.at_us);
        for (index, summary) in found.iter().enumerate() {
            if self.json {
                out.print(&format!("{}\n", json!(summary)))?;
                continue;
            }
            if index == 0 {
                out.print(&format!("{}\n", heading()))?;
            }
            out.print(&format!("{}\n", line(summary)))?;
        }
        end(&damages, found.is_empty(), out)
    }
}

impl Export {
    pub(super) fn run(self, out: &mut Out) -> Ended {
        let captures = match self.source.open() {
            Ok(captures) => captures,
            Err(problem) => return Ok(Err(problem)),
        };
        let (mut found, damages) = sift(captures.iter().flat_map(|it| it.entries()));
        let now = now();
        found.retain(|entry| self.filter.takes(&entry.summary, now));
        found.sort_by_key(|entry| entry.summary.at_us);
        for entry in &found {
            match self.format {
                Format::Entries => out.print(&format!("{}\n", json!(entry)))?,
                Format::Ndjson => {
                    for line in crate::capture::ndjson(entry) {
                        out.print(&format!("{line}\n"))?;
                    }
                }
            }
        }
        end(&damages, found.is_empty(), out)
    }
}

/// What was found, and what can't be read.
pub(super) fn sift<T>(found: impl Iterator<Item = Found<T>>) -> (Vec<T>, Vec<Damage>) {
    let (mut all, mut damages) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Ok((_, it)) => all.push(it),
            Err(damage) => damages.push(damage),
        }
    }
    (all, damages)
}

/// Says what can't be read, and whether there is nothing.
pub(super) fn end(damages: &[Damage], is_empty: bool, out: &mut Out) -> Ended {
    for damage in damages {
        out.error(&format!("sluice: {damage}\n"))?;
    }
    if damages
        .iter()
        .any(|damage| matches!(damage, Damage::Sealed(_)))
    {
        return Ok(Ok(Exit::Usage));
    }
    if is_empty {
        out.error("sluice: there is no such exchange in the capture\n")?;
    }
    Ok(Ok(if damages.is_empty() && !is_empty {
        Exit::Ok
    } else {
        Exit::Failed
    }))
}

/// The name of an exchange: when it began, which no two of a virtual server share in practice.
pub(super) fn id(summary: &Summary) -> String {
    format!("{:x}", summary.at_us)
}

fn heading() -> String {
    format!(
        "{:<14} {:<24} {:<16} {:<18} {:<24} {:<6} {:<10} {:>9}",
        "id", "time", "virtual server", "method", "target", "", "outcome", "took"
    )
}

fn line(summary: &Summary) -> String {
    let Summary {
        method,
        target,
        decision,
        outcome,
        reason,
        ..
    } = summary;
    let time = clock::rfc_3339(Duration::from_micros(summary.at_us));
    let reason = reason
        .as_deref()
        .map_or(String::new(), |it| format!("  {it}"));
    format!(
        "{:<14} {time:<24} {:<16} {:<18} {:<24} {decision:<6} {outcome:<10} {:>6}.{:01} ms{reason}",
        id(summary),
        summary.virtual_server,
        method.as_deref().unwrap_or("-"),
        target.as_deref().unwrap_or("-"),
        summary.took_us / 1000,
        summary.took_us % 1000 / 100,
    )
}

fn now() -> u64 {
    u64::try_from(SystemClock.unix().as_micros()).unwrap_or(u64::MAX)
}

/// The entry of this name.
pub(super) fn named<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| id(&entry.summary) == name)
}
