//! `sluice audit`

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Exit, Out};
use crate::telemetry::audit::{Checked, Verifier};

/// Look into audit logs
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(Verify),
}

/// Check that an audit log is what was written
///
/// Each line of a log that was written with `--audit-chain` holds the digest of the one before it.
/// A line that was changed, taken out, put in or moved is told, with its place. What a chain can't
/// show is that lines at the end are gone, or that someone wrote all of it anew: keep the number and
/// the digest that this prints somewhere else, and compare them later with `--anchor`.
///
/// Exit codes: 0 if nothing is wrong; 1 if something is; 2 if a file can't be read.
#[derive(Debug, Args)]
struct Verify {
    /// The files, the oldest first; where it is one, those that were put aside (`FILE.1`, …) are read
    /// before it
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A line that must be there, as an earlier run printed it
    #[arg(long, value_name = "SEQ:SHA256", value_parser = anchor)]
    anchor: Option<(u64, String)>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        match self.command {
            Command::Verify(verify) => verify.run(out),
        }
    }
}

impl Verify {
    fn run(self, out: &mut Out) -> io::Result<Exit> {
        let files = match self.files.as_slice() {
            [file] => with_older(file),
            _ => self.files,
        };
        let mut verifier = Verifier::new(self.anchor);
        for file in &files {
            let name = file.to_string_lossy();
            let read = File::open(file)
                .and_then(|opened| verifier.read(&name, BufReader::with_capacity(1 << 16, opened)));
            if let Err(error) = read {
                out.error(&format!("sluice: can't read {name}: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        }
        let checked = verifier.finish();
        let exit = if checked.is_whole() {
            Exit::Ok
        } else {
            Exit::Failed
        };
        let text = if self.json {
            format!("{:#}\n", serde_json::to_value(&checked)?)
        } else {
            words(&checked)
        };
        out.print(&text)?;
        Ok(exit)
    }
}

/// The file, and before it those that were put aside, the oldest first.
fn with_older(file: &Path) -> Vec<PathBuf> {
    let numbered = |number: u32| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let older = (1..).map(numbered).take_while(|file| file.exists());
    let mut files = vec![file.to_owned()];
    files.extend(older);
    files.reverse();
    files
}

/// A number and a digest, as they are printed.
fn anchor(text: &str) -> Result<(u64, String), String> {
    let wrong = || "it is not a number, a colon and 64 hexadecimal digits".to_owned();
    let (seq, digest) = text.split_once(':').ok_or_else(wrong)?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match seq.parse() {
        Ok(seq) if is_digest => Ok((seq, digest.to_ascii_lowercase())),
        _ => Err(wrong()),
    }
}

fn words(checked: &Checked) -> String {
    let mut text = String::new();
    for problem in &checked.problems {
        text += &format!("{}:{}: {}\n", problem.file, problem.line, problem.what);
    }
    if checked.more_problems > 0 {
        text += &format!("{} more\n", checked.more_problems);
    }
    let Checked {
        lines,
        chained,
        dropped,
        torn,
        ..
    } = checked;
    text += &format!(
        "{lines} lines, {chained} of them in a chain; {dropped} dropped when they were written\n"
    );
    if let Some(first @ 2..) = checked.first {
        text += &format!("the chain begins at {first}: what was before is not here\n");
    }
    if *torn > 0 {
        text += &format!(
            "the last {torn} bytes are no whole line: whoever wrote it was killed, or writes it now\n"
        );
    }
    if checked.is_anchored == Some(false) {
        text += "the line of --anchor is not there, or is another one\n";
    }
    match &checked.last {
        Some(last) => {
            text += &format!("last: {}:{}\n", last.seq, last.sha256);
            text += "that the end is whole, and that not all of it was written anew, only a digest shows that was kept elsewhere (--anchor)\n";
        }
        None => {
            text += "without a chain (`--audit-chain`) nothing shows whether lines were changed\n"
        }
    }
    text
}
