//! An Envoy process on `envoy/sluice.yaml`, for as long as the value lives.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Owned, show_on_failure, tail};
use super::tools;

/// The config that everybody uses. The lines marked `CHANGE` are what [`Config`] changes.
const SLUICE_YAML: &str = include_str!("../../envoy/sluice.yaml");

/// How long an Envoy may take to start.
const START: Duration = Duration::from_secs(30);

/// Where Sluice, or what stands for it, listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sluice {
    /// At a Unix socket.
    Unix(PathBuf),
    /// At a TCP address.
    Tcp(SocketAddr),
}

/// What one Envoy is started with: `envoy/sluice.yaml` with its `CHANGE` lines changed.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    text: String,
    concurrency: u32,
    arguments: Vec<String>,
    discard_access_log: bool,
}

impl Config {
    /// The config with Sluice and the MCP server at these addresses, and the listener and the
    /// admin interface at free ports of 127.0.0.1.
    pub(crate) fn new(sluice: &Sluice, upstream: SocketAddr) -> Result<Self, String> {
        let sluice = match sluice {
            // A YAML string in double quotes, as JSON writes it.
            Sluice::Unix(path) => format!("{{pipe: {{path: {:?}}}}}", path.display().to_string()),
            Sluice::Tcp(address) => socket(*address),
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            text: SLUICE_YAML.to_owned(),
            concurrency: 1,
            arguments: Vec::new(),
            discard_access_log: false,
        }
        .change("sluice", &sluice)?
        .change("upstream", &socket(upstream))?
        .change("listener", &socket(anywhere))?
        .change("admin", &socket(anywhere))
    }

    /// Lets the listener listen here.
    pub(crate) fn listener(self, address: SocketAddr) -> Result<Self, String> {
        self.change("listener", &socket(address))
    }

    /// The number of worker threads (1 unless told).
    pub(crate) fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// One more argument for the command line.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Writes the access log nowhere.
    pub(crate) fn discard_access_log(mut self) -> Self {
        self.discard_access_log = true;
        self
    }

    /// Replaces text that the config must contain exactly once.
    pub(crate) fn replace(mut self, from: &str, to: &str) -> Result<Self, String> {
        match self.text.matches(from).count() {
            1 => {
                self.text = self.text.replacen(from, to, 1);
                Ok(self)
            }
            n => Err(format!(
                "`{from}` occurs {n} times in envoy/sluice.yaml, not once"
            )),
        }
    }

    /// Puts in force what stands in a comment that begins with this line, to the comment's end.
    pub(crate) fn uncomment(mut self, first: &str) -> Result<Self, String> {
        let indent = first.split_once('#').map_or("", |(indent, _)| indent);
        let mark = format!("{indent}# ");
        let mut inside = false;
        let mut changed = 0;
        let lines = self.text.lines().map(|line| {
            inside = line == first || inside && line.starts_with(&mark);
            changed += u32::from(line == first);
            match line.strip_prefix(&mark).filter(|_| inside) {
                Some(line) => format!("{indent}{line}\n"),
                None => format!("{line}\n"),
            }
        });
        self.text = lines.collect();
        match changed {
            1 => Ok(self),
            n => Err(format!(
                "envoy/sluice.yaml has {n} lines `{first}`, not one"
            )),
        }
    }

    /// Puts in an example of `envoy/`: what it has for each of the lists that one can add to.
    pub(crate) fn example(mut self, name: &str) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("envoy")
            .join(name);
        let example = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        let parts: Vec<_> = LISTS
            .iter()
            .filter_map(|list| Some((list, section(&example, list.0)?)))
            .collect();
        for &(&(_, next, indent), ref part) in &parts {
            let indent = " ".repeat(indent);
            let lines = part.iter().map(|line| match line.is_empty() {
                true => "\n".to_owned(),
                false => format!("{indent}{line}\n"),
            });
            let part: String = lines.collect();
            self = self.replace(next, &format!("{part}{next}"))?;
        }
        match parts.is_empty() {
            true => Err(format!("{name} has nothing to add")),
            false => Ok(self),
        }
    }

    /// Takes ext_proc out: plain Envoy on the same routes and timeouts, to compare with.
    pub(crate) fn without_ext_proc(mut self) -> Result<Self, String> {
        let from = "          - name: envoy.filters.http.ext_proc\n";
        let to = "          - name: envoy.filters.http.router\n";
        let per_route = "                typed_per_filter_config:\n";
        let cut = |text: &str, from: &str, to: &str| -> Option<String> {
            let (before, rest) = text.split_once(from)?;
            let (_, after) = rest.split_once(to)?;
            Some(format!("{before}{to}{after}"))
        };
        self.text = cut(&self.text, from, to)
            .and_then(|text| cut(&text, per_route, "\n  clusters:\n"))
            .ok_or("envoy/sluice.yaml has no ext_proc where the harness looks for it")?;
        Ok(self)
    }

    /// The config as Envoy reads it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Lets the rate limit service of an example be here.
    pub(crate) fn rate_limit_service(self, address: SocketAddr) -> Result<Self, String> {
        self.change("rate-limit-service", &socket(address))
    }

    /// Changes the one `address: …` that stands on the line marked `# CHANGE what`.
    fn change(mut self, what: &str, address: &str) -> Result<Self, String> {
        let mark = format!(" # CHANGE {what}");
        let mut changed = 0;
        let lines = self.text.lines().map(|line| {
            match (line.strip_suffix(&mark), line.split_once("address: ")) {
                (Some(_), Some((indent, _))) => {
                    changed += 1;
                    format!("{indent}address: {address}{mark}\n")
                }
                _ => format!("{line}\n"),
            }
        });
        self.text = lines.collect();
        match changed {
            1 => Ok(self),
            n => Err(format!(
                "envoy/sluice.yaml has {n} lines marked `{mark}`, not one"
            )),
        }
    }
}

/// The lists of `envoy/sluice.yaml` that examples add to: the name, what follows where they do, and by
/// how much it is indented there.
const LISTS: [(&str, &str, usize); 4] = [
    ("mappers", "\n          # --- One line a request", 12),
    ("access_log", "\n          http_filters:\n", 10),
    (
        "http_filters",
        "          - name: envoy.filters.http.router\n",
        10,
    ),
    ("clusters", "\noverload_manager:\n", 2),
];

/// The lines of a list at the top of an example.
fn section<'e>(example: &'e str, name: &str) -> Option<Vec<&'e str>> {
    let mut lines = example.lines();
    lines.find(|line| line.strip_suffix(':') == Some(name))?;
    let inside = |line: &&str| line.is_empty() || line.starts_with([' ', '-', '#']);
    Some(lines.take_while(inside).collect())
}

fn socket(address: SocketAddr) -> String {
    format!(
        "{{socket_address: {{address: \"{}\", port_value: {}}}}}",
        address.ip(),
        address.port()
    )
}

/// A running Envoy. It ends when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Envoy {
    process: Owned,
    directory: TempDir,
    listener: SocketAddr,
    admin: SocketAddr,
}

impl Envoy {
    /// Starts Envoy and waits until it serves.
    ///
    /// # Errors
    /// A sentence for a person, with the end of Envoy's log.
    pub(crate) fn start(config: &Config) -> Result<Self, String> {
        let binary = tools::envoy_binary()?;
        let context = |error: std::io::Error| format!("cannot start Envoy: {error}");
        let directory = tempfile::Builder::new()
            .prefix("envoy-")
            .tempdir()
            .map_err(context)?;
        let at = |name: &str| directory.path().join(name);
        fs::write(at("envoy.yaml"), &config.text).map_err(context)?;
        let access_log = match config.discard_access_log {
            true => Stdio::null(),
            false => File::create(at("access.log")).map_err(context)?.into(),
        };
        let mut command = Command::new(&binary);
        command
            .arg("--config-path")
            .arg(at("envoy.yaml"))
            .arg("--admin-address-path")
            .arg(at("admin-address"))
            // No shared memory and no sockets that outlive the process or meet another Envoy's.
            .arg("--disable-hot-restart")
            .args(["--concurrency", &config.concurrency.to_string()])
            .args(["--log-level", "warning", "--file-flush-interval-msec", "50"])
            .args(&config.arguments)
            .stdout(access_log)
            .stderr(File::create(at("envoy.log")).map_err(context)?);
        let process = Owned::spawn(&mut command)
            .map_err(|error| format!("{error}; ENVOY=/path names another"))?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut envoy = Self {
            process,
            directory,
            listener: nowhere,
            admin: nowhere,
        };
        match envoy.wait() {
            Ok(()) => Ok(envoy),
            Err(error) => Err(format!("{error}; its log ends:\n{}", tail(&envoy.log()))),
        }
    }

    /// Waits until the admin interface and the listener are up, and learns where they are.
    fn wait(&mut self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.process.ended() {
                return Err(format!("Envoy ended at its start ({status})"));
            }
            let admin = fs::read_to_string(self.directory.path().join("admin-address"));
            if let Some(admin) = admin.ok().and_then(|text| text.trim().parse().ok()) {
                self.admin = admin;
                if self
                    .admin("/ready")
                    .is_ok_and(|answer| answer.trim() == "LIVE")
                    && let Some(listener) = self.find_listener()
                {
                    self.listener = listener;
                    return Ok(());
                }
            }
            if began.elapsed() > START {
                return Err(format!("Envoy is not ready after {} s", START.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn find_listener(&self) -> Option<SocketAddr> {
        let answer: Value =
            serde_json::from_str(&self.admin("/listeners?format=json").ok()?).ok()?;
        let address = answer.pointer("/listener_statuses/0/local_address/socket_address")?;
        let ip = address.get("address")?.as_str()?.parse().ok()?;
        Some(SocketAddr::new(
            ip,
            address.get("port_value")?.as_u64()?.try_into().ok()?,
        ))
    }

    /// The address where clients are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener
    }

    /// The URL of a path (`/mcp/triage`).
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener)
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What the admin interface answers to a GET.
    pub(crate) fn admin(&self, path: &str) -> Result<String, String> {
        let get = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&self.admin, Duration::from_secs(5))?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            write!(
                stream,
                "GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n"
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = get().map_err(|error| format!("Envoy's admin interface: {error}"))?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or("Envoy's admin answer has no end")?;
        match head.contains("transfer-encoding: chunked") {
            true => dechunk(body).ok_or_else(|| "Envoy's admin answer is cut".to_owned()),
            false => Ok(body.to_owned()),
        }
    }

    /// A counter or gauge by its full name (`http.mcp.ext_proc.streams_started`), 0 if there is
    /// none.
    pub(crate) fn stat(&self, name: &str) -> Result<u64, String> {
        let answer = self.admin(&format!("/stats?filter=^{}$", name.replace('.', "\\.")))?;
        let value = answer
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Ok(value
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(0))
    }

    /// The access log so far, one value a request. A line comes within some 50 ms of the end of
    /// its request.
    pub(crate) fn access_log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.directory.path().join("access.log"));
        let text = text.unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Envoy's own log so far.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory.path().join("envoy.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The directory with the config and the logs of this Envoy, gone with it.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        show_on_failure("Envoy", &self.log());
    }
}

fn dechunk(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.push_str(rest.get(..length)?);
        body = rest.get(length..)?.strip_prefix("\r\n")?;
    }
}
