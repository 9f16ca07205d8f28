//! The set-ups that are compared, each with an Envoy of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::envoy::{Config, Envoy, Sluice};
use crate::support::process::Owned;
use crate::support::sluice;

/// Half of the tools of the list, and the tool of the allowed call.
const MANIFEST: &str = "\
servers:
  records: {}
virtual_servers:
  reader:
    description: Reads records.
    match: {path: /mcp/reader}
    servers:
    - name: records
      enabled_tools: [\"get_*\"]
";

/// Sluice, as most have it.
pub(crate) const SLUICE: &str = "Sluice";

/// Sluice that writes spans.
pub(crate) const SPANS: &str = "Sluice, spans";

/// What answers Envoy.
enum Processor {
    DoNothing(Owned),
    Sluice(sluice::Process),
}

impl Processor {
    fn pid(&self) -> u32 {
        match self {
            Self::DoNothing(process) => process.pid(),
            Self::Sluice(process) => process.pid(),
        }
    }
}

/// One of the things compared.
pub(crate) struct Setup {
    pub(crate) name: &'static str,
    envoy: Envoy,
    processor: Option<Processor>,
    _upstream: Rc<Owned>,
    _directory: Rc<TempDir>,
}

/// CPU time so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) envoy: Duration,
    pub(crate) processor: Option<Duration>,
}

impl Cpu {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            envoy: self.envoy.saturating_sub(before.envoy),
            processor: self
                .processor
                .zip(before.processor)
                .map(|(now, then)| now - then),
        }
    }
}

impl Setup {
    /// Starts the MCP server and the set-ups.
    pub(crate) fn start_all(with_sluice: bool, blackhole: bool) -> Result<Vec<Self>, String> {
        let directory = tempfile::Builder::new().prefix("bench-").tempdir();
        let directory = Rc::new(directory.map_err(|error| error.to_string())?);
        let (upstream, address) = start_upstream()?;
        let upstream = Rc::new(upstream);
        let setup = |name, config: &Config, processor| {
            Ok::<_, String>(Self {
                name,
                envoy: Envoy::start(config)?,
                processor,
                _upstream: Rc::clone(&upstream),
                _directory: Rc::clone(&directory),
            })
        };
        let config = |socket: &Path| {
            Config::new(&Sluice::Unix(socket.to_owned()), address).map(Config::discard_access_log)
        };
        let nowhere = directory.path().join("nowhere.sock");
        let plain = config(&nowhere)?.without_ext_proc()?;
        let mut setups = vec![setup("plain Envoy", &plain, None)?];

        let socket = directory.path().join("do-nothing.sock");
        let mut command = this_executable()?;
        command.arg("do-nothing").arg(&socket);
        let processor = Processor::DoNothing(answers_at(&mut command, &socket)?);
        setups.push(setup("do-nothing", &config(&socket)?, Some(processor))?);

        let bare = sluice::Setup::new(env!("CARGO_BIN_EXE_sluice"), MANIFEST);
        let mut wanted = Vec::new();
        if with_sluice {
            wanted.push((SLUICE, bare.clone()));
        }
        if blackhole {
            let collector = format!("http://{}", start_blackhole()?);
            let spans = bare.environment("OTEL_EXPORTER_OTLP_ENDPOINT", &collector);
            let spans = spans.environment("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
            wanted.push((SPANS, spans));
        }
        for (name, wanted) in wanted {
            let sluice = wanted
                .start()
                .map_err(|error| format!("{error}\n(`--without-sluice` measures the rest)"))?;
            let config = config(sluice.socket())?;
            setups.push(setup(name, &config, Some(Processor::Sluice(sluice)))?);
        }
        Ok(setups)
    }

    /// Where clients are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.envoy.address()
    }

    /// Whether something here decides what passes.
    pub(crate) fn decides(&self) -> bool {
        [SLUICE, SPANS].contains(&self.name)
    }

    /// The memory that Sluice holds, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<Option<u64>, String> {
        match &self.processor {
            Some(Processor::Sluice(process)) => process.resident_bytes().map(Some),
            Some(Processor::DoNothing(_)) | None => Ok(None),
        }
    }

    /// The CPU time of Envoy and of its processor so far.
    pub(crate) fn cpu(&self) -> Result<Cpu, String> {
        Ok(Cpu {
            envoy: cpu(self.envoy.pid())?,
            processor: self
                .processor
                .as_ref()
                .map(|process| cpu(process.pid()))
                .transpose()?,
        })
    }
}

/// Starts a collector that takes every connection, and reads and writes nothing.
fn start_blackhole() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    std::thread::spawn(move || drop(listener.incoming().collect::<Vec<_>>()));
    Ok(address)
}

fn this_executable() -> Result<Command, String> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|error| error.to_string())
}

/// Starts the processor that does nothing, and waits until it answers.
fn answers_at(command: &mut Command, socket: &Path) -> Result<Owned, String> {
    let mut process = Owned::spawn(command)?;
    let began = Instant::now();
    while UnixStream::connect(socket).is_err() {
        if let Some(status) = process.ended() {
            return Err(format!(
                "the do-nothing processor ended at its start ({status})"
            ));
        }
        if began.elapsed() > Duration::from_secs(10) {
            return Err("the do-nothing processor does not answer after 10 s".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(process)
}

fn start_upstream() -> Result<(Owned, SocketAddr), String> {
    let mut command = this_executable()?;
    let mut process = Owned::spawn(command.arg("upstream").stdout(Stdio::piped()))?;
    let mut line = String::new();
    let output = process.stdout().ok_or("the MCP server has no output")?;
    BufReader::new(output)
        .read_line(&mut line)
        .map_err(|error| error.to_string())?;
    let address = line
        .trim()
        .parse()
        .map_err(|_| "the MCP server did not start")?;
    Ok((process, address))
}

/// The CPU time of a process, over the threads that it has now.
fn cpu(pid: u32) -> Result<Duration, String> {
    let context = |error: std::io::Error| format!("cannot read the CPU time of {pid}: {error}");
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).map_err(context)? {
        let path = thread.map_err(context)?.path().join("schedstat");
        let text = fs::read_to_string(path).map_err(context)?;
        let on_cpu = text
            .split(' ')
            .next()
            .and_then(|text| text.parse::<u64>().ok());
        nanos += on_cpu.ok_or("schedstat is not as expected")?;
    }
    Ok(Duration::from_nanos(nanos))
}
