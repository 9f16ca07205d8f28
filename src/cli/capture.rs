//! `sluice capture`

mod filter;
mod list;
mod show;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Exit, Out};
use crate::capture::{Capture, CaptureKey};
use filter::Filter;

/// Look at what was captured
///
/// `sluice serve --capture DIRECTORY` keeps exchanges of the virtual servers that have `capture` in the
/// manifest.
///
/// Exit codes: 0 if all of it can be read; 1 if something is damaged, which is said and skipped, or
/// nothing is found; 2 if there is no capture, or the key is missing.
#[derive(Debug, Args)]
pub(super) struct CaptureCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List exchanges, oldest first
    Ls(list::List),
    /// Show one exchange: where its time went, and what it carried
    Show(show::Show),
    /// Write exchanges for other tools
    Export(list::Export),
}

/// Where a capture is.
#[derive(Debug, Args)]
struct Source {
    /// The directory that `sluice serve --capture` writes, one of a virtual server in it, or a segment
    capture: PathBuf,
    /// A file with the key of an encrypted capture: 32 bytes
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl CaptureCommand {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let ended = match self.command {
            Command::Ls(list) => list.run(out),
            Command::Show(show) => show.run(out),
            Command::Export(export) => export.run(out),
        };
        match ended? {
            Ok(exit) => Ok(exit),
            Err(problem) => {
                out.error(&format!("sluice: {problem}\n"))?;
                Ok(Exit::Usage)
            }
        }
    }
}

/// How a command ends, or what the user did wrong.
type Ended = io::Result<Result<Exit, String>>;

impl Source {
    /// The captures: of each virtual server one.
    fn open(&self) -> Result<Vec<Capture>, String> {
        let key = self.key_file.as_deref().map(read_key).transpose()?;
        let name = |error| format!("can't read {}: {error}", self.capture.display());
        let mut paths = vec![self.capture.clone()];
        if self.capture.is_dir() {
            for file in fs::read_dir(&self.capture).map_err(name)? {
                let path = file.map_err(name)?.path();
                paths.extend(path.is_dir().then_some(path));
            }
        }
        paths.sort();
        let open = |path: &PathBuf| Capture::open(path, key.clone()).map_err(name);
        paths.iter().map(open).collect()
    }
}

/// Reads the key of a capture.
pub(super) fn read_key(path: &std::path::Path) -> Result<Arc<CaptureKey>, String> {
    let name = path.display();
    let bytes =
        fs::read(path).map_err(|error| format!("can't read the key file {name}: {error}"))?;
    let key = CaptureKey::new(&bytes).map_err(|error| format!("the key file {name}: {error}"))?;
    Ok(Arc::new(key))
}
