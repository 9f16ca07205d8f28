//! The examples of external guardrails, as their README runs them.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::house::wait_for;
use crate::support::process::Owned;
use crate::support::tools;

/// A file of the example.
fn example(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("examples/python-guardrail").join(name)
}

/// A command that runs an example.
pub(super) fn command(name: &str) -> Command {
    let mut command = tools::python_guardrail().unwrap().command();
    command.arg(example(name));
    command
}

/// `guardrail.py` at a Unix socket. It can end and come back.
pub(super) struct Guardrail {
    directory: TempDir,
    process: Option<Owned>,
}

impl Guardrail {
    /// One that runs.
    pub(super) async fn start() -> Self {
        let mut guardrail = Self::nowhere();
        guardrail.come_back().await;
        guardrail
    }

    /// One that does not run yet.
    pub(super) fn nowhere() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            process: None,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("guardrail.sock")
    }

    /// Where it is, as a manifest says it.
    pub(super) fn address(&self) -> String {
        format!("unix:{}", self.path().display())
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Starts it in the same place, and waits until it can be asked.
    pub(super) async fn come_back(&mut self) {
        let process = Owned::spawn(command("guardrail.py").arg(self.address())).unwrap();
        self.process = Some(process);
        let path = self.path();
        wait_for("the guardrail listens", || {
            UnixStream::connect(&path).is_ok()
        })
        .await;
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, name: &str) {
        self.process.as_ref().unwrap().signal(name).unwrap();
    }
}
