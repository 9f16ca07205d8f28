//! A server that answers lists and calls in the framing that it is told.
//!
//! No SDK would write such answers, so it is made of sockets; everything else it answers as any
//! server would.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What a framing is given to put on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The id of the request, as JSON.
    pub(crate) id: String,
    /// Whether the request is of 2026-07-28.
    pub(crate) is_modern: bool,
}

/// Bytes on their way to a client.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    /// Each is written by itself. After the last one the connection is closed.
    pub(crate) pieces: Vec<Vec<u8>>,
}

/// Frames an answer.
pub(crate) type Frame = Arc<dyn Fn(&Asked) -> Wire + Send + Sync>;

/// The framing of the moment: of answers to lists and calls, and of streams that are resumed.
#[derive(Clone)]
pub(crate) struct Framing {
    pub(crate) answer: Frame,
    pub(crate) resumed: Option<Frame>,
}

/// The server, until this is dropped.
pub(crate) struct Fake {
    address: SocketAddr,
    now: Arc<Mutex<Now>>,
    over: Arc<AtomicBool>,
}

/// What the server is at.
#[derive(Default)]
struct Now {
    framing: Option<Framing>,
    /// What was asked last, which is what a resumed stream goes on with.
    asked: Option<Asked>,
}

impl Fake {
    /// At a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let fake = Self {
            address: listener.local_addr()?,
            now: Arc::default(),
            over: Arc::default(),
        };
        let (now, over) = (Arc::clone(&fake.now), Arc::clone(&fake.over));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let now = Arc::clone(&now);
                // A peer that goes away early has seen what it wanted.
                std::thread::spawn(move || drop(serve(&stream, &now)));
            }
        });
        Ok(fake)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Frames what is asked from now on in this way.
    pub(crate) fn set(&self, framing: Framing) {
        *self.now.lock().unwrap() = Now {
            framing: Some(framing),
            asked: None,
        };
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes it up, so that it sees.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(mut stream: &TcpStream, now: &Mutex<Now>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some((verb, body)) = read(stream)? else {
        return Ok(());
    };
    let wire = match verb.as_str() {
        "GET" => resume(now),
        "POST" => answer(&body, now),
        _ => plain("200 OK", ""),
    };
    for piece in wire.pieces {
        stream.write_all(&piece)?;
        // So that each arrives by itself: what is written at once is read at once.
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// The method and the body of a request; nothing if the connection ends before one.
fn read(stream: &TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut is_chunked) = (0, false);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let Some((verb, _)) = line.split_once(' ') else {
        return Ok(None);
    };
    let verb = verb.to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let lower = line.trim().to_lowercase();
        match lower.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(("transfer-encoding", _)) => is_chunked = true,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    while is_chunked {
        line.clear();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk)?;
        body.extend_from_slice(&chunk[..size]);
        is_chunked = size > 0;
    }
    Ok(Some((verb, body)))
}

fn resume(now: &Mutex<Now>) -> Wire {
    let now = now.lock().unwrap();
    let resumed = now
        .framing
        .as_ref()
        .and_then(|framing| framing.resumed.as_ref());
    match (resumed, &now.asked) {
        (Some(resumed), Some(asked)) => resumed(asked),
        _ => plain("405 Method Not Allowed", ""),
    }
}

fn answer(body: &[u8], now: &Mutex<Now>) -> Wire {
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(id) = message
        .get("id")
        .filter(|_| message.get("method").is_some())
    else {
        return plain("202 Accepted", "");
    };
    let params = &message["params"];
    let is_modern = params["_meta"]["io.modelcontextprotocol/protocolVersion"].is_string();
    let info = json!({"name": "fake", "version": "1"});
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": info,
        }),
        "server/discover" => json!({
            "resultType": "complete",
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "_meta": {"io.modelcontextprotocol/serverInfo": info},
            "ttlMs": 0,
            "cacheScope": "private",
        }),
        _ => {
            let asked = Asked {
                id: id.to_string(),
                is_modern,
            };
            let mut now = now.lock().unwrap();
            now.asked = Some(asked.clone());
            let framing = now.framing.clone();
            drop(now);
            return framing.map_or_else(|| plain("500 Not Yet", ""), |f| (f.answer)(&asked));
        }
    };
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
    plain("200 OK\r\ncontent-type: application/json", answer)
}

/// An answer with a length, as any server would write it.
pub(crate) fn plain(head: &str, body: impl AsRef<[u8]>) -> Wire {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Wire {
        pieces: vec![[head.as_bytes(), body].concat()],
    }
}

/// An answer in chunks, each of which is written by itself.
pub(crate) fn chunks<'a>(
    head: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    end: &str,
) -> Wire {
    let head =
        format!("HTTP/1.1 {head}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut wire = vec![head.into_bytes()];
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        let length = format!("{:x}\r\n", piece.len());
        wire.push([length.as_bytes(), piece, b"\r\n"].concat());
    }
    wire.push(end.as_bytes().to_vec());
    Wire { pieces: wire }
}
