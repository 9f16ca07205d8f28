//! Requests as written, for what no HTTP client would send.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status, 0 if none came.
    pub(crate) status: u16,
    /// The header lines, in lower case up to the colon, as they came.
    pub(crate) headers: Vec<(String, String)>,
    /// All that followed the headers; chunks are not put together.
    pub(crate) body: String,
}

/// Sends a request on a connection of its own and reads until the other side closes or resets it.
///
/// `head` is the request line and headers without the last line end; `host`, `connection` and
/// `content-length` are added.
pub(crate) fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let connection = match head.contains("\r\nconnection:") {
        true => "",
        false => "\r\nconnection: close",
    };
    write!(
        stream,
        "{head}\r\nhost: {address}{connection}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // A reset ends the answer too, and may do so.
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => return Err(error),
        Ok(_) | Err(_) => {}
    }
    Ok(parse(&String::from_utf8_lossy(&answer)))
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0);
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Answer {
        status,
        headers,
        body: body.to_owned(),
    }
}
