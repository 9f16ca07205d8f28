//! One MCP server with Sluice and Envoy before it, and a tap on every connection.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use crate::plan::Plan;
use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::{Process, Setup};
use crate::tap::{Tap, Way};
use crate::upstreams::{Running, Transport, Upstream};

/// An MCP server and everything before it.
#[derive(Debug)]
pub(crate) struct Place {
    upstream: &'static Upstream,
    running: Running,
    plan: Plan,
    /// Between Envoy and the server.
    back: Tap,
    /// Before the server, for clients that come directly.
    direct: Tap,
    /// Before Envoy.
    front: Tap,
    /// The executions that are forgotten.
    forgotten: Mutex<usize>,
    // They end with this.
    _sluice: Process,
    _envoy: Envoy,
}

impl Place {
    /// Starts it all.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(crate) fn start(upstream: &'static Upstream, plan: Plan) -> Result<Self, String> {
        let context = |error: io::Error| format!("cannot start a tap: {error}");
        let running = upstream.start()?;
        let back = Tap::start(running.address()).map_err(context)?;
        let (manifest, messages) = match upstream.transport {
            Transport::Streamable => (plan.manifest.to_owned(), None),
            Transport::Sse => (over_sse(plan.manifest), Some(messages(running.address())?)),
        };
        let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), &manifest).start()?;
        let mut config = Config::new(&sluice.unix(), back.address())?.discard_access_log();
        if let Some(path) = messages {
            let (from, to) = (
                "substitution: /messages}",
                format!("substitution: {path}}}"),
            );
            config = config.replace(from, &to)?;
        }
        let envoy = Envoy::start(&config)?;
        Ok(Self {
            direct: Tap::start(running.address()).map_err(context)?,
            front: Tap::start(envoy.address()).map_err(context)?,
            upstream,
            running,
            plan,
            back,
            forgotten: Mutex::default(),
            _sluice: sluice,
            _envoy: envoy,
        })
    }

    /// What clients do here.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the virtual server is.
    pub(crate) fn url(&self) -> String {
        let path = match self.upstream.transport {
            Transport::Streamable => "/mcp/scope",
            Transport::Sse => "/mcp/scope/sse",
        };
        format!("http://{}{path}", self.front.address())
    }

    /// Where the server itself is.
    pub(crate) fn direct_url(&self) -> String {
        format!("http://{}{}", self.direct.address(), self.upstream.path())
    }

    /// The server.
    pub(crate) fn upstream(&self) -> &'static Upstream {
        self.upstream
    }

    /// Forgets what went by and what was executed so far.
    pub(crate) fn forget(&self) {
        for tap in [&self.back, &self.direct, &self.front] {
            tap.forget();
        }
        *self.forgotten.lock().unwrap() = self.running.executed().len();
    }

    /// What the server executed since, in order.
    pub(crate) fn executed(&self) -> Vec<String> {
        let forgotten = *self.forgotten.lock().unwrap();
        self.running.executed().split_off(forgotten)
    }

    /// Whether a text went by on the way through Sluice: to the client behind it, to the server
    /// before it.
    pub(crate) fn saw(&self, way: Way, text: &str) -> bool {
        match way {
            Way::Up => self.back.saw(way, text),
            Way::Down => self.front.saw(way, text),
        }
    }

    /// Whether a text came directly from the server.
    pub(crate) fn saw_directly(&self, text: &str) -> bool {
        self.direct.saw(Way::Down, text)
    }

    /// The tap before Envoy.
    pub(crate) fn tap(&self) -> &Tap {
        &self.front
    }

    /// The tap before the server, for clients that come directly.
    pub(crate) fn direct_tap(&self) -> &Tap {
        &self.direct
    }
}

/// The manifest with HTTP+SSE.
fn over_sse(manifest: &str) -> String {
    let from = "match: {path: /mcp/scope}\n";
    let paths = "http_sse: {path: /mcp/scope/sse, messages: /mcp/scope/messages}";
    manifest.replace(from, &format!("{from}    {paths}\n"))
}

/// The path where a server of HTTP+SSE takes messages, as the first event of its stream has it.
fn messages(server: SocketAddr) -> Result<String, String> {
    let path = || -> io::Result<Option<String>> {
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET /sse HTTP/1.1\r\nhost: {server}\r\naccept: text/event-stream\r\n\r\n"
        )?;
        let mut lines = BufReader::new(stream).lines();
        lines
            .find_map(|line| line.map(|line| endpoint(&line)).transpose())
            .transpose()
    };
    let found = path().map_err(|error| format!("cannot look for where messages go: {error}"))?;
    found.ok_or_else(|| "the server does not say where messages go".to_owned())
}

/// The path in the data of an event, without the query, which has the session.
fn endpoint(line: &str) -> Option<String> {
    let (path, _) = line.strip_prefix("data: ")?.split_once('?')?;
    Some(path.to_owned())
}
