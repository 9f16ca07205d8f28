//! `sluice serve` as a process of its own, for tests and the bench.
//!
//! Cargo tells only tests and benches where the binary is: `env!("CARGO_BIN_EXE_sluice")`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A process that answers Envoy at a Unix socket. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Serve {
    child: Child,
    socket: PathBuf,
    log: PathBuf,
    _directory: Option<TempDir>,
}

impl Serve {
    /// Starts `sluice serve` (`binary`) with this manifest and these further arguments, at a
    /// socket in a new directory.
    ///
    /// # Errors
    /// A sentence for a person, with what it said.
    pub(crate) fn start(binary: &str, manifest: &str, arguments: &[&str]) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("sluice-").tempdir();
        let directory = directory.map_err(|error| error.to_string())?;
        let socket = directory.path().join("sluice.sock");
        let mut serve = Self::start_at(&socket, binary, manifest, arguments)?;
        serve._directory = Some(directory);
        Ok(serve)
    }

    /// The same, at this socket; the manifest and the log are put beside it.
    pub(crate) fn start_at(
        socket: &Path,
        binary: &str,
        manifest: &str,
        arguments: &[&str],
    ) -> Result<Self, String> {
        let file = socket.with_extension("yaml");
        fs::write(&file, manifest).map_err(|error| error.to_string())?;
        let mut command = Command::new(binary);
        command.arg("serve").arg("--manifest").arg(&file);
        command
            .arg("--listen")
            .arg(format!("unix:{}", socket.display()))
            .args(arguments);
        Self::spawn(command, socket).map_err(|error| format!("`sluice serve` {error}"))
    }

    /// Any command that will answer Envoy at this socket.
    pub(crate) fn spawn(mut command: Command, socket: &Path) -> Result<Self, String> {
        let log = socket.with_extension("log");
        let output = File::create(&log).map_err(|error| error.to_string())?;
        let errors = output.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command
            .spawn()
            .map_err(|error| format!("cannot be started: {error}"))?;
        let mut serve = Self {
            child,
            socket: socket.to_owned(),
            log,
            _directory: None,
        };
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(socket).is_err() {
            if let Ok(Some(status)) = serve.child.try_wait() {
                let said = serve.log();
                return Err(format!(
                    "ended before it served ({status}); it said:\n{said}"
                ));
            }
            if began.elapsed() > Duration::from_secs(10) {
                return Err(format!(
                    "does not serve after 10 s; it said:\n{}",
                    serve.log()
                ));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(serve)
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far, on standard output and standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end (SIGTERM); [`Serve::wait`] waits for that.
    pub(crate) fn terminate(&self) -> Result<(), String> {
        let kill = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status();
        match kill {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("kill: {status}")),
            Err(error) => Err(format!("kill: {error}")),
        }
    }

    /// Ends it at once (SIGKILL). The socket's file stays.
    pub(crate) fn kill(&mut self) -> Result<ExitStatus, String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus, String> {
        self.child.wait().map_err(|error| error.to_string())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Either fails only when the process has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            use std::io::Write as _;
            let log = self.log();
            drop(writeln!(
                std::io::stderr(),
                "--- what the external processor said\n{log}"
            ));
        }
    }
}
