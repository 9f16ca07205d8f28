//! A listener in the middle of a connection that keeps a copy of every byte, in both directions.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use regex::bytes::Regex;

/// The frame between two chunks of a body: what is sought may lie across one.
static CHUNK: LazyLock<Regex> = LazyLock::new(|| Regex::new("\r\n[0-9A-Fa-f]+\r\n").unwrap());

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// The bytes of one direction of one connection.
type Bytes = Arc<Mutex<Vec<u8>>>;

/// What all connections of a tap share.
#[derive(Debug, Default)]
struct Shared {
    recorded: Mutex<Vec<(Way, Bytes)>>,
    cut: Mutex<Option<String>>,
    closed: AtomicBool,
}

/// A tap before a server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Tap {
    /// Before the server at this address, at a free port of 127.0.0.1.
    pub(crate) fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.closed.load(Ordering::Relaxed) {
                    return;
                }
                // A server that is gone is seen by the client as a connection that ends.
                drop(connect(&client, server, &shared));
            }
        });
        Ok(Self {
            address,
            shared: kept,
        })
    }

    /// Where clients come.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forgets what went by so far.
    pub(crate) fn forget(&self) {
        for (_, bytes) in self.shared.recorded.lock().unwrap().iter() {
            bytes.lock().unwrap().clear();
        }
    }

    /// Whether this text went by, in a body that is chunked or not.
    pub(crate) fn saw(&self, way: Way, text: &str) -> bool {
        let recorded = self.shared.recorded.lock().unwrap();
        let mut of_way = recorded.iter().filter(|(other, _)| *other == way);
        of_way.any(|(_, bytes)| contains(&bytes.lock().unwrap(), text))
    }

    /// Breaks off the next connection on which this text is about to reach the client.
    pub(crate) fn cut_before(&self, text: &str) {
        *self.shared.cut.lock().unwrap() = Some(text.to_owned());
    }

    /// Whether a cut that was asked for was made; it is not made any more.
    pub(crate) fn was_cut(&self) -> bool {
        self.shared.cut.lock().unwrap().take().is_none()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    let found = |bytes: &[u8]| position(bytes, text).is_some();
    found(bytes) || found(&CHUNK.replace_all(bytes, &b""[..]))
}

fn position(bytes: &[u8], text: &str) -> Option<usize> {
    let mut windows = bytes.windows(text.len());
    windows.position(|window| window == text.as_bytes())
}

/// Copies in both directions, each in a thread of its own.
fn connect(client: &TcpStream, server: SocketAddr, shared: &Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    for (way, from, to) in [(Way::Up, client, &server), (Way::Down, &server, client)] {
        let (from, to) = (from.try_clone()?, to.try_clone()?);
        from.set_nodelay(true)?;
        let bytes = Bytes::default();
        let record = (way, Arc::clone(&bytes));
        shared.recorded.lock().unwrap().push(record);
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // However a direction ends, the other one has nothing more to say: no client of HTTP
            // closes half a connection.
            drop(copy(way, &from, &to, &bytes, &shared));
            drop(from.shutdown(Shutdown::Both));
            drop(to.shutdown(Shutdown::Both));
        });
    }
    Ok(())
}

fn copy(
    way: Way,
    mut from: &TcpStream,
    mut to: &TcpStream,
    bytes: &Bytes,
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = from.read(&mut buffer)?;
        let piece = &buffer[..length];
        if piece.is_empty() {
            return Ok(());
        }
        bytes.lock().unwrap().extend_from_slice(piece);
        if way == Way::Down
            && let Some(until) = cut(piece, shared)
        {
            return to.write_all(&piece[..until]);
        }
        to.write_all(piece)?;
    }
}

/// How many bytes of a piece go through before the cut that is due in it.
fn cut(piece: &[u8], shared: &Shared) -> Option<usize> {
    let mut cut = shared.cut.lock().unwrap();
    let until = position(piece, cut.as_deref()?)?;
    *cut = None;
    Some(until)
}
