//! A `sluice serve` process, for as long as the value lives.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::envoy::Sluice;
use super::process::{Owned, show_on_failure, tail};

/// How long a Sluice may take to start.
const START: Duration = Duration::from_secs(20);

/// What one Sluice is started with.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    binary: PathBuf,
    manifest: String,
    socket: Option<PathBuf>,
    tcp: bool,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// This binary with this manifest, at a Unix socket in a directory of its own.
    pub(crate) fn new(binary: impl Into<PathBuf>, manifest: &str) -> Self {
        Self {
            binary: binary.into(),
            manifest: manifest.to_owned(),
            socket: None,
            tcp: false,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Listens at this Unix socket.
    pub(crate) fn socket(mut self, socket: &Path) -> Self {
        self.socket = Some(socket.to_owned());
        self
    }

    /// Listens at a free TCP port of 127.0.0.1 too.
    pub(crate) fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// Two more arguments for the command line: `.argument("--drain", "1")`.
    pub(crate) fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// One more argument that has no value: `.flag("--audit-chain")`.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        self.arguments.push(name.to_owned());
        self
    }

    /// One more variable in its environment.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// A sentence for a person, with the end of its log.
    pub(crate) fn start(&self) -> Result<Process, String> {
        Process::start(self)
    }
}

/// A running Sluice. It ends when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Process {
    owned: Owned,
    directory: TempDir,
    socket: PathBuf,
    tcp: Option<SocketAddr>,
}

impl Process {
    fn start(setup: &Setup) -> Result<Self, String> {
        let context = |error: std::io::Error| format!("cannot start Sluice: {error}");
        let directory = tempfile::Builder::new().prefix("sluice-").tempdir();
        let directory = directory.map_err(context)?;
        let manifest = directory.path().join("sluice.yaml");
        fs::write(&manifest, &setup.manifest).map_err(context)?;
        let socket = setup.socket.clone();
        let socket = socket.unwrap_or_else(|| directory.path().join("sock"));
        let mut command = Command::new(&setup.binary);
        command.arg("serve").arg("--manifest").arg(&manifest);
        command
            .arg("--listen")
            .arg(format!("unix:{}", socket.display()));
        if setup.tcp {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let log = File::create(directory.path().join("sluice.log")).map_err(context)?;
        command
            .args(&setup.arguments)
            .envs(setup.environment.iter().cloned())
            .stdout(log.try_clone().map_err(context)?)
            .stderr(log);
        let owned = Owned::spawn(&mut command)?;
        let mut process = Self {
            owned,
            directory,
            socket,
            tcp: None,
        };
        match process.wait_until_it_listens(setup.tcp) {
            Ok(()) => Ok(process),
            Err(error) => Err(format!("{error}; its log ends:\n{}", tail(&process.log()))),
        }
    }

    /// Waits for a line for each address in the log; by then every one of them is bound.
    fn wait_until_it_listens(&mut self, tcp: bool) -> Result<(), String> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.owned.ended() {
                return Err(format!("Sluice ended at its start ({status})"));
            }
            let log = self.log();
            let mut addresses = log.lines().filter_map(address);
            let unix = addresses.clone().any(|found| found.starts_with("unix:"));
            self.tcp = addresses.find_map(|address| address.parse().ok());
            if unix && tcp == self.tcp.is_some() {
                return Ok(());
            }
            if began.elapsed() > START {
                return Err(format!(
                    "Sluice does not listen after {} s",
                    START.as_secs()
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The Unix socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Where an Envoy finds it: at the Unix socket.
    pub(crate) fn unix(&self) -> Sluice {
        Sluice::Unix(self.socket.clone())
    }

    /// The TCP address, if it was told to listen at one.
    pub(crate) fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.owned.pid()
    }

    /// Sends a signal by its name (`TERM`, `STOP`, `CONT`, `KILL`).
    ///
    /// # Errors
    /// When there is no such process any more, or no `kill`.
    pub(crate) fn signal(&self, name: &str) -> Result<(), String> {
        self.owned.signal(name)
    }

    /// Ends it at once, as the kernel would for want of memory, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.owned.kill();
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.owned.ended()
    }

    /// The physical memory that it holds, in bytes.
    ///
    /// # Errors
    /// Where there is no `/proc`, or no such process any more.
    pub(crate) fn resident_bytes(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.pid());
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let kib = status.lines().find_map(|line| {
            let line = line.strip_prefix("VmRSS:")?.strip_suffix("kB")?;
            line.trim().parse::<u64>().ok()
        });
        Ok(kib.ok_or_else(|| format!("{path} has no VmRSS"))? << 10)
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory.path().join("sluice.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// The address in a line that says that Sluice listens there, in either format.
fn address(line: &str) -> Option<&str> {
    if let Some((_, rest)) = line.split_once("listening address=") {
        return rest.split(' ').next();
    }
    let (_, rest) = line.split_once("\"message\":\"listening\",\"address\":\"")?;
    rest.split('"').next()
}

impl Drop for Process {
    fn drop(&mut self) {
        show_on_failure("Sluice", &self.log());
    }
}
