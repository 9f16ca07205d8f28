//! A process that ends with the value that holds it.

use std::io::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running process. It ends when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Owned {
    child: Child,
    /// Waits for the end of its standard input, which is the end of this process, and then ends
    /// the other one.
    watchman: Child,
}

impl Owned {
    /// Starts it, with nothing on its standard input.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, String> {
        Self::start(command.stdin(Stdio::null()))
    }

    /// Starts it with a standard input that stays open, for what ends with its input.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(crate) fn spawn_with_input(command: &mut Command) -> Result<Self, String> {
        Self::start(command.stdin(Stdio::piped()))
    }

    fn start(command: &mut Command) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let watchman = Command::new("sh")
            .args(["-c", "read -r _; kill -KILL \"$1\" 2>/dev/null", "sh"])
            .arg(child.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match watchman {
            Ok(watchman) => Ok(Self { child, watchman }),
            Err(error) => {
                end(&mut child);
                Err(format!("cannot start sh: {error}"))
            }
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it writes to its standard output, if that is piped; once.
    pub(crate) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Closes its standard input, if that was open.
    pub(crate) fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Sends a signal by its name (`TERM`, `STOP`, `CONT`, `KILL`).
    ///
    /// # Errors
    /// When there is no such process any more, or no `kill`.
    pub(crate) fn signal(&self, name: &str) -> Result<(), String> {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("kill -s {name}: {status}")),
            Err(error) => Err(format!("cannot run kill: {error}")),
        }
    }

    /// Ends it at once, as the kernel would for want of memory, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        end(&mut self.child);
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // The watchman first: it must not meet another process with the same number.
        end(&mut self.watchman);
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // Either fails only when the process has ended already, which is what is wanted.
    drop(child.kill());
    drop(child.wait());
}

/// The last lines of a log.
pub(crate) fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let last = lines.get(lines.len().saturating_sub(30)..);
    last.unwrap_or_default().join("\n")
}

/// Shows the last lines of a log when a test fails.
pub(crate) fn show_on_failure(what: &str, log: &str) {
    if std::thread::panicking() {
        let text = tail(log);
        drop(writeln!(
            std::io::stderr(),
            "--- the end of {what}'s log\n{text}"
        ));
    }
}
