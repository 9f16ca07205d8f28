//! npm's `server-everything`. It has tools of its own, counts nothing, and listens on all
//! interfaces, on a port that it is given.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::process::{self, Owned};
use crate::support::tools::{NodeSet, node_packages};

/// How long it may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often another port is tried, when somebody else was faster.
const TRIES: usize = 5;

/// The server, until this is dropped.
#[derive(Debug)]
pub(crate) struct Everything {
    process: Owned,
    directory: TempDir,
    address: SocketAddr,
}

/// Starts it, as `streamableHttp` or `sse`.
///
/// # Errors
/// A sentence for a person.
pub(super) fn start(mode: &str) -> Result<Everything, String> {
    let mut error = String::new();
    for _ in 0..TRIES {
        let mut everything = Everything::on_free_port(mode)?;
        match everything.listens() {
            Ok(()) => return Ok(everything),
            Err(why) => error = why,
        }
    }
    Err(error)
}

impl Everything {
    fn on_free_port(mode: &str) -> Result<Self, String> {
        let context = |error: std::io::Error| format!("cannot start the server: {error}");
        let packages = node_packages(NodeSet::Peers)?;
        let free = TcpListener::bind(("127.0.0.1", 0)).map_err(context)?;
        let address = free.local_addr().map_err(context)?;
        drop(free);
        let mut builder = tempfile::Builder::new();
        let directory = builder.prefix("everything-").tempdir().map_err(context)?;
        let log = File::create(directory.path().join("log")).map_err(context)?;
        let package = packages.package("@modelcontextprotocol/server-everything");
        let mut command = packages.command();
        command.arg(package.join("dist/index.js")).arg(mode);
        command.env("PORT", address.port().to_string());
        command.stdout(Stdio::null()).stderr(log);
        Ok(Self {
            process: Owned::spawn(&mut command)?,
            directory,
            address,
        })
    }

    /// Waits until it listens.
    fn listens(&mut self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if self.process.ended().is_some() || Instant::now() > end {
                let log = process::tail(&self.log());
                return Err(format!("the server does not listen; it wrote:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Otherwise somebody else listens there.
        match self.process.ended() {
            None => Ok(()),
            Some(status) => Err(format!("the server ended: {status}")),
        }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Everything {
    fn drop(&mut self) {
        process::show_on_failure("server-everything", &self.log());
    }
}
