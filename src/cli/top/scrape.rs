//! Asks the administrator's address for its metrics.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::server::Listen;

/// How long one step of asking may take.
const WAIT: Duration = Duration::from_secs(3);

/// A page that is longer is none of Sluice's.
const LONGEST: u64 = 64 << 20;

/// HTTP/1.0 has no chunks, and the connection ends with the answer.
const REQUEST: &[u8] = b"GET /metrics HTTP/1.0\r\nhost: sluice\r\n\r\n";

/// The text of the page.
pub(super) fn metrics(address: &Listen) -> io::Result<String> {
    let answer = match address {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, WAIT)?;
            stream.set_read_timeout(Some(WAIT))?;
            ask(stream)?
        }
        Listen::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(WAIT))?;
            ask(stream)?
        }
    };
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(other)?;
    let mut status = head.split(' ');
    let is_http = status.next().is_some_and(|it| it.starts_with("HTTP/1."));
    match status.next() {
        Some("200") if is_http => Ok(body.to_owned()),
        _ => Err(other()),
    }
}

fn other() -> io::Error {
    io::Error::other("what answers there is no Sluice")
}

fn ask(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(REQUEST)?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer)
}
