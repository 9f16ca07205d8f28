//! An HTTP server that answers as written, as no MCP server would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How an answer goes out.
#[derive(Debug, Clone)]
pub(crate) enum Wire {
    /// As it is, and then the connection is closed.
    Raw(Vec<u8>),
    /// A head, and a chunked body of which each piece is sent on its own.
    Pieces {
        head: String,
        pieces: Vec<Vec<u8>>,
        /// Whether the last chunk is sent; without it, the answer breaks off.
        ends: bool,
    },
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Arrived {
    /// Whether there is a header of this name (in lower case).
    pub(crate) fn has(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    /// The value of a header (its name in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut headers = lines.filter_map(|line| line.split_once(": "));
        headers.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// The server, until this is dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    over: Arc<AtomicBool>,
}

impl Upstream {
    /// Answers everything in the same way.
    pub(crate) fn start(wire: Wire) -> Self {
        Self::answering(move |_| wire.clone())
    }

    /// Answers each request as `answer` says.
    pub(crate) fn answering(answer: impl Fn(&Arrived) -> Wire + Send + Sync + 'static) -> Self {
        Self::serving(move |stream, log| {
            let Some(arrived) = read(&stream)? else {
                return Ok(());
            };
            let wire = answer(&arrived);
            log.lock().unwrap().push(arrived);
            self::answer(stream, &wire)
        })
    }

    /// Does with each connection what `serve` does.
    pub(crate) fn serving(
        serve: impl Fn(TcpStream, &Mutex<Vec<Arrived>>) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let serve = Arc::new(serve);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (arrived, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (log, stop) = (Arc::clone(&arrived), Arc::clone(&over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (serve, log) = (Arc::clone(&serve), Arc::clone(&log));
                // A peer that goes away early has seen what it wanted.
                std::thread::spawn(move || drop(serve(stream.unwrap(), &log)));
            }
        });
        Self {
            address,
            arrived,
            over,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that arrived so far.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes it up, so that it sees.
        drop(TcpStream::connect(self.address));
    }
}

/// Reads a request, none if the connection ends before it does.
pub(crate) fn read(stream: &TcpStream) -> std::io::Result<Option<Arrived>> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let mut arrived = Arrived {
        head,
        body: String::new(),
    };
    let mut body = Vec::new();
    if arrived.has("transfer-encoding") {
        loop {
            let mut length = String::new();
            reader.read_line(&mut length)?;
            let length = usize::from_str_radix(length.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk[..length]);
            if length == 0 {
                break;
            }
        }
    } else if let Some(length) = arrived.header("content-length") {
        body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body)?;
    }
    arrived.body = String::from_utf8(body).unwrap();
    Ok(Some(arrived))
}

fn answer(mut stream: TcpStream, wire: &Wire) -> std::io::Result<()> {
    match wire {
        Wire::Raw(bytes) => stream.write_all(bytes),
        Wire::Pieces { head, pieces, ends } => {
            write!(
                stream,
                "HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
            )?;
            for piece in pieces {
                write!(stream, "{:x}\r\n", piece.len())?;
                stream.write_all(piece)?;
                stream.write_all(b"\r\n")?;
                // So that each arrives by itself: what is written at once is read at once.
                std::thread::sleep(Duration::from_millis(1));
            }
            match ends {
                true => stream.write_all(b"0\r\n\r\n"),
                false => Ok(()),
            }
        }
    }
}

/// An answer with a length, as any server would write it.
pub(crate) fn plain(head: &str, body: impl AsRef<[u8]>) -> Wire {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Wire::Raw(bytes)
}

/// A JSON answer.
pub(crate) fn json(body: impl AsRef<[u8]>) -> Wire {
    plain("200 OK\r\ncontent-type: application/json", body)
}

/// A stream of events in these pieces.
pub(crate) fn stream<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Wire {
    let pieces = pieces.into_iter().map(|piece| piece.as_ref().to_vec());
    Wire::Pieces {
        head: "200 OK\r\ncontent-type: text/event-stream".to_owned(),
        pieces: pieces.collect(),
        ends: true,
    }
}
