//! What an exchange carried, for those sinks that look into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::exchange::{BodyEdit, Headers};

/// How much all records may hold that wait for workers, in bytes. What comes then is told without.
const MOST_HELD: usize = 64 << 20;

/// What of an exchange a sink wants to look into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How much of the body of the request, in bytes.
    pub request: usize,
    /// How much of the body of the response, in bytes.
    pub response: usize,
    /// Whether the heads.
    pub heads: bool,
}

impl Wanted {
    /// What two want.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            request: self.request.max(other.request),
            response: self.response.max(other.response),
            heads: self.heads || other.heads,
        }
    }
}

/// What an exchange carried, as far as anyone wants it. These are the real bytes: whoever shows them
/// redacts them first.
#[derive(Debug, Clone, Default)]
pub struct Bodies {
    /// The head of the request, as it came. Without the headers that hold credentials.
    pub request_head: Vec<(String, String)>,
    /// The head of the response, as it came.
    pub response_head: Vec<(String, String)>,
    /// The body of the request, as it came.
    pub request: Kept,
    /// The body of the request, as it went on, if that is another one.
    pub request_sent: Option<Kept>,
    /// The body of the response, as it came.
    pub response: Kept,
    /// The body of the response, as it went on; of a refusal, what the client was told.
    pub response_sent: Kept,
}

impl Bodies {
    /// How much is kept, in bytes.
    pub(super) fn size(&self) -> usize {
        let bodies = [&self.request, &self.response, &self.response_sent];
        let bodies = bodies.into_iter().chain(&self.request_sent);
        bodies.map(Kept::size).sum()
    }

    /// Nothing, and that there was something.
    pub(super) fn dropped(&self) -> Self {
        Self {
            request: self.request.dropped(),
            request_sent: self.request_sent.as_ref().map(Kept::dropped),
            response: self.response.dropped(),
            response_sent: self.response_sent.dropped(),
            request_head: Vec::new(),
            response_head: Vec::new(),
        }
    }
}

/// How much all records hold that wait for workers.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

/// A part of it, until this is dropped.
#[derive(Debug)]
pub struct Share {
    held: Arc<Held>,
    bytes: usize,
}

impl Held {
    /// Holds so much more; `None` if that would be too much.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<Arc<Share>> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let share = Share {
            held: Arc::clone(self),
            bytes,
        };
        (before.saturating_add(bytes) <= MOST_HELD).then(|| Arc::new(share))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body, in the pieces in which it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The pieces, and when each came, on the clock of the process.
    pub pieces: Vec<(Duration, Bytes)>,
    /// Whether there was more of it.
    pub is_cut: bool,
}

impl Kept {
    /// Keeps a piece, as long as all of them are not longer than this.
    pub(super) fn push(&mut self, at: Duration, piece: Bytes, most: usize) {
        if piece.is_empty() || most == 0 {
            return;
        }
        let room = most.saturating_sub(self.size());
        self.is_cut |= room < piece.len();
        if room > 0 && !piece.is_empty() {
            // A piece that is cut is copied, so that the rest of it is not held.
            let kept = match piece.get(..room) {
                Some(part) if part.len() < piece.len() => Bytes::copy_from_slice(part),
                Some(_) | None => piece,
            };
            self.pieces.push((at, kept));
        }
    }

    fn size(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.len()).sum()
    }

    fn dropped(&self) -> Self {
        Self {
            pieces: Vec::new(),
            is_cut: self.is_cut || !self.pieces.is_empty(),
        }
    }

    /// All of it, in one piece.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        let pieces = self.pieces.iter().map(|(_, piece)| &**piece);
        pieces.collect::<Vec<_>>().concat()
    }
}

/// The headers that are never kept: those that hold credentials, or tie to a session.
const SECRET: &[&str] = &[
    "authorization",
    "cookie",
    "dpop",
    "last-event-id",
    "mcp-session-id",
    "proxy-authorization",
    "set-cookie",
];

/// The headers that may be kept.
pub(super) fn head(headers: &Headers<'_>) -> Vec<(String, String)> {
    let is_known = |name: &str| {
        let begins = [":", "content-", "mcp-", "accept", "user-agent"];
        !SECRET.contains(&name) && begins.iter().any(|prefix| name.starts_with(prefix))
    };
    let known = headers.iter().filter(|(name, _)| is_known(name));
    let text = |value| String::from_utf8_lossy(value).into_owned();
    known
        .map(|(name, value)| (name.to_owned(), text(value)))
        .collect()
}

/// What goes on for a body.
pub(super) fn sent(edit: &BodyEdit, came: &Bytes) -> Bytes {
    match edit {
        BodyEdit::Keep => came.clone(),
        BodyEdit::Replace(bytes) => bytes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_is_wanted() {
        let mut kept = Kept::default();
        for (at, piece) in ["abc", "", "defg", "h"].into_iter().enumerate() {
            kept.push(Duration::from_secs(at as u64), Bytes::from(piece), 5);
        }
        assert_eq!(kept.whole(), b"abcde");
        assert!(kept.is_cut);
        assert_eq!(kept.pieces.len(), 2);
        let mut none = Kept::default();
        none.push(Duration::ZERO, Bytes::from("a"), 0);
        assert_eq!(none, Kept::default());
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let held = Arc::new(Held::default());
        let first = held.take(MOST_HELD - 1).unwrap();
        assert!(held.take(2).is_none());
        let second = held.take(1).unwrap();
        assert!(held.take(1).is_none());
        drop(first);
        assert!(held.take(MOST_HELD - 1).is_some());
        drop(second);
        let mut bodies = Bodies::default();
        bodies.request.push(Duration::ZERO, Bytes::from("abc"), 9);
        assert_eq!(bodies.size(), 3);
        let dropped = bodies.dropped();
        assert!(dropped.request.is_cut && !dropped.response.is_cut);
        assert_eq!(dropped.size(), 0);
    }

    #[test]
    fn heads_hold_no_credentials() {
        let headers = [
            (":path", "/mcp"),
            ("authorization", "Bearer x"),
            ("mcp-session-id", "s"),
            ("mcp-method", "ping"),
            ("x-api-key", "k"),
            ("content-type", "application/json"),
        ];
        let headers: Headers<'_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let names: Vec<String> = head(&headers).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [":path", "mcp-method", "content-type"]);
    }
}
