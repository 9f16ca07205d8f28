//! The audit log: a line of JSON for each message that was decided about, written by a worker of its
//! own. What can't be written is dropped and counted, and no call waits for it or fails.

mod journal;
mod line;
mod tail;
mod verify;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::Telemetry;
use super::record::Record;
use super::sink::{Drops, Sink};
use crate::clock::steady;
use journal::{Journal, Lost};

pub use line::{SCHEMA_VERSION, json_schema};
pub use verify::{Checked, Last, Problem, Verifier};

/// How many exchanges are written at once, at most.
const BATCH: usize = 256;

/// How often trouble is told, at most.
const COMPLAIN_EVERY: Duration = Duration::from_secs(30);

/// Where the audit log goes, and how.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Where to.
    pub target: AuditTarget,
    /// How many bytes a file may have; then it is put aside and another one begins.
    pub max_bytes: u64,
    /// How many files are kept besides the one that is written; at least one.
    pub keep: u32,
    /// Whether each line says what the one before it was.
    pub chain: bool,
}

/// Where the audit log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditTarget {
    /// To standard output, for others to collect.
    Stdout,
    /// To this file.
    File(PathBuf),
}

impl Telemetry {
    /// The same, and each decision is written to the audit log.
    ///
    /// # Errors
    ///
    /// The file can't be opened, is none, or is another process's; or there can be no thread.
    pub fn with_audit(mut self, options: &AuditOptions) -> io::Result<Self> {
        let journal = Journal::open(options)?;
        let work = move |records, drops| work(&records, &drops, journal);
        self.sinks.push(Sink::counting("audit", work)?);
        self.is_audited = true;
        Ok(self)
    }
}

/// Writes records until there are no more.
fn work(records: &Receiver<Arc<Record>>, drops: &Drops, mut journal: Journal) {
    let mut told = 0;
    let mut complaints = Complaints::default();
    while let Ok(record) = records.recv() {
        let mut batch = vec![record];
        batch.extend(records.try_iter().take(BATCH - 1));
        let mut lines: Vec<_> = batch
            .iter()
            .flat_map(|record| line::lines(record))
            .collect();
        let Some(first) = lines.first_mut() else {
            continue;
        };
        let dropped = drops.get();
        first.dropped = (dropped > told).then(|| dropped - told);
        match journal.write(lines) {
            Ok(()) => told = dropped,
            Err(Lost {
                lines,
                is_first,
                error,
            }) => {
                if !is_first {
                    told = dropped;
                }
                for _ in 0..lines {
                    drops.count();
                }
                complaints.tell(&error, drops.get());
            }
        }
    }
}

/// Tells of trouble, once in a while.
#[derive(Debug, Default)]
struct Complaints {
    last: Option<Duration>,
}

impl Complaints {
    fn tell(&mut self, error: &io::Error, dropped: u64) {
        let now = steady();
        if self
            .last
            .is_some_and(|last| now.saturating_sub(last) < COMPLAIN_EVERY)
        {
            return;
        }
        self.last = Some(now);
        tracing::error!(%error, dropped, "the audit log can't be written");
    }
}
