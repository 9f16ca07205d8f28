//! The loads, and the client that puts them on: as many requests as the connections allow, each
//! sent when the one before is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The kind of request that is sent.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    request: Vec<u8>,
    denied: bool,
}

/// What every answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A result.
    Result,
    /// A list of this many tools.
    Tools(usize),
    /// The error for a tool that is not there.
    UnknownTool,
}

impl Load {
    pub(crate) fn all() -> [Self; 3] {
        // 600 bytes of body.
        let arguments =
            json!({"record": 7, "fields": ["title", "body"], "filter": "x".repeat(310)});
        let call = |tool: &str| {
            request(
                "tools/call",
                Some(tool),
                json!({"name": tool, "arguments": arguments}),
            )
        };
        [
            Self {
                name: "allowed call",
                request: call("get_record_01"),
                denied: false,
            },
            Self {
                name: "denied call",
                request: call("del_record_01"),
                denied: true,
            },
            Self {
                name: "list",
                request: request("tools/list", None, json!({})),
                denied: false,
            },
        ]
    }

    /// What this load is answered where something decides, or where nothing does.
    pub(crate) fn answer(&self, decides: bool) -> Answer {
        match (self.name, decides) {
            ("list", true) => Answer::Tools(50),
            ("list", false) => Answer::Tools(100),
            _ if self.denied && decides => Answer::UnknownTool,
            _ => Answer::Result,
        }
    }
}

/// A request of MCP 2026-07-28, as it goes over the wire.
fn request(method: &str, name: Option<&str>, mut params: Value) -> Vec<u8> {
    if let Some(params) = params.as_object_mut() {
        params.insert(
            "_meta".to_owned(),
            json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }),
        );
    }
    // In the order in which clients write it.
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let name = name
        .map(|name| format!("mcp-name: {name}\r\n"))
        .unwrap_or_default();
    format!(
        "POST /mcp/reader HTTP/1.1\r\nhost: bench.example\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
         mcp-method: {method}\r\n{name}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What one run saw.
pub(crate) struct Run {
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) elapsed: Duration,
}

/// Puts a load on for some time.
pub(crate) fn run(
    address: SocketAddr,
    load: &Load,
    answer: Answer,
    connections: usize,
    time: Duration,
) -> Result<Run, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let mut latencies = histogram()?;
        let began = Instant::now();
        let until = began + time;
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let request = load.request.clone();
            clients.spawn(async move { client(address, &request, answer, until).await });
        }
        while let Some(client) = clients.join_next().await {
            let client = client.map_err(|error| error.to_string())??;
            latencies.add(client).map_err(|error| error.to_string())?;
        }
        Ok(Run {
            latencies,
            elapsed: began.elapsed(),
        })
    })
}

fn histogram() -> Result<Histogram<u64>, String> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).map_err(|error| error.to_string())
}

/// One connection: the first answer is read and understood, the others must be as long.
async fn client(
    address: SocketAddr,
    request: &[u8],
    answer: Answer,
    until: Instant,
) -> Result<Histogram<u64>, String> {
    let context = |error: std::io::Error| format!("the connection to Envoy: {error}");
    let mut latencies = histogram()?;
    let mut stream = TcpStream::connect(address).await.map_err(context)?;
    stream.set_nodelay(true).map_err(context)?;
    let mut buffer = Vec::with_capacity(256 << 10);
    let mut expected = None;
    while expected.is_none() || Instant::now() < until {
        let sent = Instant::now();
        stream.write_all(request).await.map_err(context)?;
        buffer.clear();
        let body = loop {
            if stream.read_buf(&mut buffer).await.map_err(context)? == 0 {
                return Err("Envoy closed the connection".to_owned());
            }
            if let Some(body) = complete(&buffer)? {
                break body;
            }
        };
        let nanos = u64::try_from(sent.elapsed().as_nanos()).unwrap_or(u64::MAX);
        latencies.saturating_record(nanos);
        match expected {
            None => {
                check(&buffer, answer)?;
                expected = Some(body);
            }
            Some(expected) if expected != body => {
                return Err(format!("an answer of {body} bytes instead of {expected}"));
            }
            Some(_) => {}
        }
    }
    Ok(latencies)
}

/// The length of the body if the answer is complete.
fn complete(answer: &[u8]) -> Result<Option<usize>, String> {
    let Some((head, body)) = split(answer) else {
        return Ok(None);
    };
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(format!("not a 200: {}", String::from_utf8_lossy(answer)));
    }
    if let Some(length) = content_length(head) {
        return Ok((body.len() >= length).then_some(length));
    }
    if !body.ends_with(b"0\r\n\r\n") {
        return Ok(None);
    }
    Ok(dechunk(body).map(|body| body.len()))
}

fn split(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = answer.split_at_checked(end + 4)?;
    Some((head, body))
}

fn content_length(head: &[u8]) -> Option<usize> {
    std::str::from_utf8(head).ok()?.lines().find_map(|line| {
        line.strip_prefix("content-length: ")
            .and_then(|length| length.trim().parse().ok())
    })
}

fn dechunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n")?;
        let (length, rest) = body.split_at_checked(end)?;
        let length = usize::from_str_radix(std::str::from_utf8(length).ok()?, 16).ok()?;
        let (chunk, rest) = rest.get(2..)?.split_at_checked(length)?;
        whole.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n")?;
        if length == 0 {
            return Some(whole);
        }
    }
}

/// Fails unless the answer is what it must be.
fn check(answer: &[u8], expected: Answer) -> Result<(), String> {
    let bad = |what: &str| format!("{what}: {}", String::from_utf8_lossy(answer));
    let (head, body) = split(answer).ok_or_else(|| bad("not an answer"))?;
    let body = match content_length(head) {
        Some(_) => body.to_vec(),
        None => dechunk(body).ok_or_else(|| bad("not in chunks"))?,
    };
    let body: Value = serde_json::from_slice(&body).map_err(|_| bad("not JSON"))?;
    let tools = body
        .pointer("/result/tools")
        .and_then(Value::as_array)
        .map(Vec::len);
    let right = match expected {
        Answer::Result => body.get("result").is_some(),
        Answer::Tools(count) => tools == Some(count),
        Answer::UnknownTool => body.pointer("/error/code") == Some(&json!(-32602)),
    };
    match right && body.get("id") == Some(&json!(1)) {
        true => Ok(()),
        false => Err(bad(&format!("not {expected:?}"))),
    }
}
