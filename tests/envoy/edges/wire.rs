//! Connections on which anything can be written, and answers read one by one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::House;
use crate::message;

/// The headers of every POST that is in order, apart from its host and its length.
pub(crate) const USUAL: &str = "content-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\n";

/// An answer of HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// Without the framing of its chunks.
    pub(crate) body: String,
    /// What follows the last chunk.
    pub(crate) trailers: String,
    /// Whether it came to its end.
    pub(crate) whole: bool,
}

impl Reply {
    /// The first value of a header (its name in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    /// The message that it holds: the last one, if it is a stream.
    #[track_caller]
    pub(crate) fn message(&self) -> Value {
        assert!(self.whole, "{self:?}");
        message::answer(&self.body)
    }

    /// Why Sluice refused, empty if it did not.
    pub(crate) fn reason(&self) -> String {
        let message: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let reason = message["error"]["data"]["reason"].as_str();
        reason.unwrap_or_default().to_owned()
    }
}

/// A connection to Envoy.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        Self(BufReader::new(stream))
    }

    /// Writes bytes as they are. That the other side has closed already shows in the answer.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.0.get_mut().write_all(bytes.as_ref()));
    }

    /// Waits for this long for what comes next, in place of 20 s.
    pub(crate) fn patience(&mut self, patience: Duration) {
        let stream = self.0.get_ref();
        stream.set_read_timeout(Some(patience)).unwrap();
    }

    /// Says that nothing more will be written.
    pub(crate) fn finish(&mut self) {
        drop(self.0.get_mut().shutdown(std::net::Shutdown::Write));
    }

    /// The next answer; none if the connection ends instead.
    pub(crate) fn answer(&mut self) -> Option<Reply> {
        let mut reply = self.head()?;
        let told = reply.header("content-length").map(|l| l.parse().unwrap());
        if reply.status < 200 || matches!(reply.status, 204 | 304) {
            return Some(reply);
        }
        reply.whole = match told {
            Some(length) => self.counted(length, &mut reply.body),
            None if reply.header("transfer-encoding") == Some("chunked") => {
                self.chunked(&mut reply).is_some()
            }
            None => self.0.read_to_string(&mut reply.body).is_ok(),
        };
        Some(reply)
    }

    /// The head of the next answer.
    pub(crate) fn head(&mut self) -> Option<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1)?.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        Some(Reply {
            status,
            headers,
            body: String::new(),
            trailers: String::new(),
            whole: true,
        })
    }

    /// One chunk of a body, none at its end or where it breaks off.
    pub(crate) fn chunk(&mut self) -> Option<String> {
        let length = usize::from_str_radix(&self.line()?, 16).unwrap();
        let mut chunk = vec![0; length];
        self.0.read_exact(&mut chunk).ok()?;
        if length > 0 {
            self.line()?;
        }
        Some(String::from_utf8_lossy(&chunk).into_owned())
    }

    /// Whether the other side has nothing more to say and closes.
    pub(crate) fn ends(&mut self) -> bool {
        let mut byte = [0];
        match self.0.read(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok()?;
        line.strip_suffix("\r\n").map(str::to_owned)
    }

    fn counted(&mut self, length: usize, body: &mut String) -> bool {
        let mut bytes = vec![0; length];
        let whole = self.0.read_exact(&mut bytes).is_ok();
        body.push_str(&String::from_utf8_lossy(&bytes));
        whole
    }

    fn chunked(&mut self, reply: &mut Reply) -> Option<()> {
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                break;
            }
            reply.body.push_str(&chunk);
        }
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(());
            }
            reply.trailers.push_str(&line);
        }
    }
}

/// A POST with these header lines in place of the usual ones, each with its line end.
pub(crate) fn post_with(path: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}content-length: {length}\r\n\r\n{body}"
    )
}

/// A POST to `triage` that is in order.
pub(crate) fn post(message: &Value) -> String {
    post_with("/mcp/triage", USUAL, &message.to_string())
}

/// The answer to bytes on a connection of their own.
pub(crate) fn ask(house: &House, bytes: impl AsRef<[u8]>) -> Option<Reply> {
    let mut wire = Wire::open(house.envoy.address());
    wire.send(bytes);
    wire.answer()
}

/// How many requests Envoy has sent on to the MCP server.
pub(crate) fn reached(house: &House) -> u64 {
    let stat = "cluster.github.upstream_rq_total";
    house.envoy.stat(stat).unwrap()
}

/// Waits for something to become true, and fails if it does not within 20 s.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Checks the rows of a table side by side, since a connection that is closed without a word takes
/// a second, and fails with all that is wrong.
#[track_caller]
pub(crate) fn each<T: Sync>(rows: &[T], check: impl Fn(&T) -> Option<String> + Sync) {
    let share = rows.len().div_ceil(24).max(1);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let check = &check;
        let shares = rows.chunks(share);
        let workers = shares
            .map(|rows| scope.spawn(move || rows.iter().filter_map(check).collect::<Vec<_>>()));
        let workers: Vec<_> = workers.collect();
        let all = workers.into_iter().map(|worker| worker.join().unwrap());
        all.flatten().collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
