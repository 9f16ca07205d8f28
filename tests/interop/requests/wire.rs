//! Bytes on a socket, and what comes back for them.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// An answer, as far as HTTP/1.1 frames it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header lines.
    pub(crate) head: String,
    /// The body, chunks put together.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The message that it holds: the last one, if it is a stream. Null if there is none.
    pub(crate) fn message(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        let last = text.lines().rfind(|line| line.starts_with("data: {"));
        let text = last
            .and_then(|line| line.strip_prefix("data: "))
            .unwrap_or(&text);
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// All that came back on one connection.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The complete answers. Those with a status below 200 are left out.
    pub(crate) answers: Vec<Answer>,
    /// Every byte, as it came.
    pub(crate) bytes: Vec<u8>,
    /// Whether the other side neither ended nor answered within the bound.
    pub(crate) hung: bool,
}

impl Heard {
    /// Whether these words stand anywhere in what came, however its chunks were cut.
    pub(crate) fn holds(&self, words: &str) -> bool {
        let holds = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(words);
        holds(&self.bytes) || self.answers.iter().any(|answer| holds(&answer.body))
    }
}

/// Sends the bytes on a connection of their own, and reads until `expected` answers are complete
/// and the other side has closed, or until the bound.
///
/// # Errors
/// When there is no connection to be had.
pub(crate) fn exchange(
    address: SocketAddr,
    bytes: &[u8],
    expected: usize,
    bound: Duration,
) -> io::Result<Heard> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(bound))?;
    // Who answers before all is read may close before all is written.
    let sent = stream.write_all(bytes);
    let mut heard = Heard {
        answers: Vec::new(),
        bytes: Vec::new(),
        hung: sent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock),
    };
    let mut chunk = vec![0; 1 << 16];
    let mut is_done = false;
    loop {
        let Some(left) = bound.checked_sub(began.elapsed()) else {
            heard.hung = !is_done;
            break;
        };
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => heard.bytes.extend_from_slice(&chunk[..length]),
            Err(error) if is_timeout(&error) => continue,
            // A reset ends the answer too, and may do so.
            Err(_) => break,
        }
        if !is_done && parse(&heard.bytes, false).len() >= expected {
            is_done = true;
            // What else would come comes now, up to the end.
            drop(stream.shutdown(Shutdown::Write));
        }
    }
    heard.answers = parse(&heard.bytes, true);
    Ok(heard)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// The complete answers at the beginning of the bytes; `ended` says that no more will come.
fn parse(mut bytes: &[u8], ended: bool) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some((answer, rest)) = one(bytes, ended) {
        bytes = rest;
        if answer.status >= 200 {
            answers.push(answer);
        }
    }
    answers
}

fn one(bytes: &[u8], ended: bool) -> Option<(Answer, &[u8])> {
    let end = find(bytes, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let rest = &bytes[end + 4..];
    let status = head.lines().next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| {
        head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_lowercase())
        })
    };
    let (body, rest) = if matches!(status, 100..=199 | 204 | 304) {
        (Vec::new(), rest)
    } else if header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        dechunk(rest)?
    } else if let Some(length) = header("content-length") {
        let length: usize = length.parse().ok()?;
        (rest.get(..length)?.to_vec(), &rest[length..])
    } else if ended {
        (rest.to_vec(), &rest[rest.len()..])
    } else {
        return None;
    };
    Some((Answer { status, head, body }, rest))
}

fn dechunk(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut whole = Vec::new();
    loop {
        let end = find(rest, b"\r\n")?;
        let length = std::str::from_utf8(&rest[..end]).ok()?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if length == 0 {
            let end = find(rest, b"\r\n")?;
            return Some((whole, &rest[end + 2..]));
        }
        whole.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length + 2..)?;
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
