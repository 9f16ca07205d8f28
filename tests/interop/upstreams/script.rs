//! Servers that are scripts of `tests/peers`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::process::{self, Owned};
use crate::support::tools::{self, NodeSet, PythonSdk};

/// A script that serves, until this is dropped.
#[derive(Debug)]
pub(crate) struct Script {
    process: Owned,
    directory: TempDir,
    address: SocketAddr,
}

/// Starts a script of `tests/peers/python`.
pub(super) fn python(sdk: PythonSdk, script: &str, mode: &str) -> Result<Script, String> {
    let mut command = tools::python(sdk)?.command();
    command.arg(peer("python", script)).arg(mode);
    Script::start(command)
}

/// Starts a script of `tests/peers/node`.
pub(super) fn node(script: &str, mode: &str) -> Result<Script, String> {
    let mut command = tools::node_packages(NodeSet::Peers)?.command();
    command.arg(peer("node", script)).arg(mode);
    Script::start(command)
}

fn peer(language: &str, script: &str) -> PathBuf {
    let peers = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers"));
    peers.join(language).join(script)
}

impl Script {
    /// Runs a command that lacks only the file of its executions.
    fn start(mut command: Command) -> Result<Self, String> {
        let context = |error: std::io::Error| format!("cannot start the server: {error}");
        let mut builder = tempfile::Builder::new();
        let directory = builder.prefix("upstream-").tempdir().map_err(context)?;
        let log = File::create(directory.path().join("log")).map_err(context)?;
        command.arg(directory.path().join("executions"));
        command.stdout(Stdio::piped()).stderr(log);
        let mut process = Owned::spawn_with_input(&mut command)?;
        let mut line = String::new();
        if let Some(output) = process.stdout() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(context)?;
        }
        let mut script = Self {
            process,
            directory,
            address: ([127, 0, 0, 1], 0).into(),
        };
        let port = line.trim().parse::<u16>().map_err(|_| {
            let log = process::tail(&script.log());
            format!("the server prints no port; it wrote:\n{log}")
        })?;
        script.address.set_port(port);
        Ok(script)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it executed, in order.
    pub(super) fn executed(&self) -> Vec<String> {
        // There is no file before the first.
        let text = self.read("executions");
        text.lines().map(str::to_owned).collect()
    }

    /// What it wrote to its standard error.
    pub(super) fn log(&self) -> String {
        self.read("log")
    }

    /// Closes its standard input, which it ends with.
    pub(super) fn close_input(&mut self) {
        self.process.close_input();
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.ended().is_some()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(file)).unwrap_or_default()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        process::show_on_failure("the server", &self.log());
    }
}
