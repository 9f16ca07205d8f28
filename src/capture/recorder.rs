//! Whoever records: a worker that gets the records of exchanges and writes what is kept of them, for
//! each virtual server into a directory of its own.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::build;
use super::writer::{Options, Writer};
use crate::policy::{Recording, VirtualServer};
use crate::telemetry::{Cover, Record, Sink, Wanted};

/// How long nothing more is said of a disk that can't be written.
const SILENCE: Duration = Duration::from_secs(60);

/// Writes what is kept of exchanges.
#[derive(Debug)]
pub struct Recorder {
    directory: PathBuf,
    options: Options,
    cover: Cover,
    writers: HashMap<String, Writer>,
    /// When it was last said that something can't be written, on the clock of the process.
    said: Option<Duration>,
}

impl Recorder {
    /// A recorder into this directory.
    #[must_use]
    pub fn new(directory: PathBuf, options: Options) -> Self {
        Self {
            directory,
            options,
            cover: Cover::default(),
            writers: HashMap::new(),
            said: None,
        }
    }

    /// The queue to it.
    ///
    /// # Errors
    ///
    /// Fails when its thread can't be started.
    pub fn sink(self) -> io::Result<Sink> {
        Ok(Sink::new("capture", move |records| self.run(&records))?.looking_into(wanted))
    }

    fn run(mut self, records: &Receiver<Arc<Record>>) {
        for record in records {
            let Some(server) = record.virtual_server.as_deref() else {
                continue;
            };
            let Some(recording) = server.recording().filter(|it| is_sampled(it, &record)) else {
                continue;
            };
            if let Err(error) = self.keep(server, recording, &record) {
                self.say(&error, record.ended);
            }
        }
    }

    /// Writes what is kept of an exchange. What can't be written costs that one exchange.
    fn keep(
        &mut self,
        server: &VirtualServer,
        recording: &Recording,
        record: &Record,
    ) -> io::Result<()> {
        let cover = recording.redacts.then_some(&self.cover);
        let Some(entry) = build::entry(record, cover) else {
            return Ok(());
        };
        let name = server.name();
        if !self.writers.contains_key(name) {
            let directory = self.directory.join(directory_name(name));
            let writer = Writer::new(&directory, self.options.clone())?;
            self.writers.insert(name.to_owned(), writer);
        }
        match self.writers.get_mut(name) {
            Some(writer) => writer.append(&entry, recording.keep),
            None => Ok(()),
        }
    }

    fn say(&mut self, error: &io::Error, now: Duration) {
        if self.said.is_none_or(|said| now > said + SILENCE) {
            self.said = Some(now);
            let directory = self.directory.display();
            tracing::error!(%directory, %error, "an exchange can't be captured; calls go on");
        }
    }
}

/// The name of the directory of a virtual server: its own, as far as that can be a part of a path.
fn directory_name(server: &str) -> String {
    let mut name = String::with_capacity(server.len());
    for byte in server.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

/// What the recorder looks into.
fn wanted(server: &VirtualServer) -> Wanted {
    server
        .recording()
        .map_or_else(Wanted::default, |recording| Wanted {
            request: recording.body_bytes,
            response: recording.body_bytes,
            heads: true,
        })
}

/// Whether an exchange is one of those that are kept. Of a session all are, or none.
fn is_sampled(recording: &Recording, record: &Record) -> bool {
    const MILLION: u32 = 1_000_000;
    if recording.per_million >= MILLION {
        return true;
    }
    let mut hash = Sha256::new();
    match &record.session {
        Some(session) => hash.update(session),
        None => hash.update(record.at.as_nanos().to_le_bytes()),
    }
    let digest = hash.finalize();
    let (number, _) = digest.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    u32::from_le_bytes(*number) % MILLION < recording.per_million
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(per_million: u32, session: &str) -> bool {
        let recording = Recording {
            per_million,
            body_bytes: 0,
            redacts: true,
            keep: Duration::ZERO,
        };
        let record = Record {
            session: Some(session.to_owned()),
            ..Record::default()
        };
        is_sampled(&recording, &record)
    }

    #[test]
    fn a_session_is_kept_as_a_whole_or_not_at_all() {
        let sessions: Vec<String> = (0..2000).map(|index| format!("session-{index}")).collect();
        let kept = |share| sessions.iter().filter(|it| sampled(share, it)).count();
        assert_eq!(kept(1_000_000), 2000);
        assert!((900..1100).contains(&kept(500_000)));
        assert!((1..60).contains(&kept(10_000)));
        assert_eq!(sampled(500_000, "one"), sampled(500_000, "one"));
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let rows = [
            ("triage-1", "triage-1"),
            ("../a", "%2E%2E%2Fa"),
            ("", ""),
            ("\u{e9}", "%C3%A9"),
        ];
        for (name, directory) in rows {
            assert_eq!(directory_name(name), directory);
        }
    }
}
