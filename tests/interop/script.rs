//! Clients that are scripts: each runs as long as this process and does one job after another.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::tools::{NodeSet, PythonSdk, node_packages, python};

/// How long a script may take for a job; it gives up itself before.
const JOB: Duration = Duration::from_secs(90);

/// A script that is a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// The Python SDK.
    Python(PythonSdk),
    /// The TypeScript SDK 1.
    TypeScript1,
    /// The TypeScript SDK 2.
    TypeScript2,
}

/// The scripts that have nothing to do.
static IDLE: Mutex<Vec<(Script, Process)>> = Mutex::new(Vec::new());

impl Script {
    /// Does a job, and says what it reports.
    ///
    /// # Errors
    /// A sentence for a person, with what the script wrote to its standard error.
    pub(crate) fn run(self, job: &Value) -> Result<Value, String> {
        let mut process = match self.idle() {
            Some(process) => process,
            None => Process::start(self.command()?)?,
        };
        let report = process.run(job)?;
        IDLE.lock().unwrap().push((self, process));
        Ok(report)
    }

    fn idle(self) -> Option<Process> {
        let mut idle = IDLE.lock().unwrap();
        let found = idle.iter().position(|(script, _)| *script == self)?;
        Some(idle.swap_remove(found).1)
    }

    fn command(self) -> Result<Command, String> {
        let (mut command, script) = match self {
            Self::Python(sdk @ PythonSdk::V2_3_0) => {
                (python(sdk)?.command(), "python/client_v2.py")
            }
            Self::Python(
                sdk @ (PythonSdk::V1_30_0
                | PythonSdk::V1_12_4
                | PythonSdk::V1_9_4
                | PythonSdk::V1_6_0),
            ) => (python(sdk)?.command(), "python/client_v1.py"),
            Self::TypeScript1 => (
                node_packages(NodeSet::Peers)?.command(),
                "node/client_v1.mjs",
            ),
            Self::TypeScript2 => (
                node_packages(NodeSet::Peers)?.command(),
                "node/client_v2.mjs",
            ),
        };
        let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");
        command.arg(format!("{peers}/{script}"));
        Ok(command)
    }
}

/// A script that runs. It ends with its standard input, so also when this process ends.
#[derive(Debug)]
struct Process {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    log: File,
}

impl Process {
    fn start(mut command: Command) -> Result<Self, String> {
        let context = |error: std::io::Error| format!("cannot start a client: {error}");
        let log = tempfile::tempfile().map_err(context)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().map_err(context)?);
        let mut child = command.spawn().map_err(context)?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = pipes else {
            return Err("a client has no pipes".to_owned());
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            // It ends with the process, or with whoever listens.
            let _: Option<()> = lines
                .map(|line| sender.send(line).ok())
                .find(Option::is_none)?;
            Some(())
        });
        Ok(Self {
            child,
            input,
            lines,
            log,
        })
    }

    fn run(&mut self, job: &Value) -> Result<Value, String> {
        let report = writeln!(self.input, "{job}")
            .and_then(|()| self.input.flush())
            .map_err(|error| format!("cannot tell a client its job: {error}"))
            .and_then(|()| {
                let line = self.lines.recv_timeout(JOB);
                line.map_err(|error| format!("no report of a client: {error}"))
            })
            .and_then(|line| serde_json::from_str(&line).map_err(|error| error.to_string()));
        report.map_err(|error| format!("{error}; it wrote:\n{}", self.end()))
    }

    /// Ends it: what it wrote to its standard error.
    fn end(&mut self) -> String {
        drop(self.child.kill());
        drop(self.child.wait());
        let mut written = String::new();
        drop(self.log.rewind());
        drop(self.log.read_to_string(&mut written));
        crate::support::process::tail(&written)
    }
}
