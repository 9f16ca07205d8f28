//! Answers in framings that clients read differently.
//!
//! Each row is an answer with a hidden tool in it, framed in a way that some client reads and some
//! filter may not. Every client asks for the list and calls a tool, through Sluice and straight:
//! what nobody is told straight would prove nothing.

mod documents;
mod events;
mod fake;
mod http;
mod pieces;
mod row;
mod run;

use std::io::{self, Write};
use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};

use crate::clients::{CLIENTS, Client, Speaks};
use row::Row;
use run::Counts;

/// A client that reads framings in ways of its own.
struct Reader {
    /// Its name.
    client: &'static str,
    /// How many framings deliver the hidden tool to it without Sluice, at least.
    bites: u64,
    /// Whether it takes the result of a call only if there is no list in it, and an error only if
    /// it has an id.
    is_strict: bool,
}

impl Reader {
    fn client(&self) -> &'static Client {
        let mut clients = CLIENTS.iter();
        clients.find(|client| client.name == self.client).unwrap()
    }

    fn is_modern(&self) -> bool {
        match self.client().speaks {
            Speaks::Modern | Speaks::Either => true,
            Speaks::Legacy | Speaks::Sse => false,
        }
    }
}

const fn reader(client: &'static str, bites: u64) -> Reader {
    Reader {
        client,
        bites,
        is_strict: false,
    }
}

impl Reader {
    const fn strict(self) -> Self {
        Self {
            is_strict: true,
            ..self
        }
    }
}

/// All of them.
const READERS: &[Reader] = &[
    reader("python-1.30.0", 80),
    reader("python-2.3.0-legacy", 80),
    reader("python-2.3.0-2026", 80),
    reader("ts-1.32.2", 80),
    reader("ts-2.4.0-legacy", 80),
    reader("ts-2.4.0-2026", 80),
    reader("rmcp-3.9.0-initialize", 65).strict(),
    reader("rmcp-3.9.0-discover", 65).strict(),
];

/// What came of the trials so far, by their clients.
static DONE: Mutex<Vec<(&str, Counts)>> = Mutex::new(Vec::new());

/// All framings.
fn rows() -> Vec<Row> {
    let mut rows = events::rows();
    rows.extend(pieces::rows());
    rows.extend(documents::rows());
    rows.extend(http::rows());
    rows
}

/// A trial for each client.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |reader: &'static Reader| {
        Trial::test(format!("framings::{}", reader.client), move || {
            nothing_is_delivered(reader)
        })
    };
    READERS.iter().map(trial).collect()
}

fn nothing_is_delivered(reader: &'static Reader) -> Result<(), Failed> {
    let mut counts = run::run(reader)?;
    if counts.direct < reader.bites {
        counts.failures.push(format!(
            "only {} framings deliver the hidden tool without Sluice, not {}",
            counts.direct, reader.bites
        ));
    }
    let failures = counts.failures.join("\n");
    DONE.lock().unwrap().push((reader.client, counts));
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.into()),
    }
}

/// Prints a line for each client whose trial has run: what became of the framings.
///
/// # Errors
/// When they can't be written.
pub(crate) fn print(out: &mut impl Write) -> io::Result<()> {
    let mut done = DONE.lock().unwrap().clone();
    done.sort_by_key(|(name, _)| *name);
    if done.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nAnswers with a hidden tool, framed in ways that clients read differently\n\n{:22} {:>8} {:>8} {:>6} {:>7} {:>17} {:>14} {:>5}",
        "",
        "framings",
        "filtered",
        "errors",
        "nothing",
        "delivered without",
        "through Sluice",
        "hangs"
    )?;
    for (name, counts) in &done {
        let Counts {
            framings,
            filtered,
            errors,
            nothing,
            direct,
            through,
            hangs,
            ..
        } = counts;
        writeln!(
            out,
            "{name:22} {framings:>8} {filtered:>8} {errors:>6} {nothing:>7} {direct:>17} {through:>14} {hangs:>5}"
        )?;
    }
    let sum = |count: fn(&Counts) -> u64| done.iter().map(|(_, counts)| count(counts)).sum::<u64>();
    writeln!(
        out,
        "\n{} framings; delivered without Sluice: {}; through Sluice: {}; hangs: {}",
        sum(|counts| counts.framings),
        sum(|counts| counts.direct),
        sum(|counts| counts.through),
        sum(|counts| counts.hangs)
    )
}
