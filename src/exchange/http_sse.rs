//! HTTP+SSE, the transport of MCP 2024-11-05: messages go in by POST, and all that the server says
//! comes on one stream of events, which is another HTTP exchange and may be another replica's.
//!
//! A client waits for its answer on the stream alone. A refusal therefore takes the way through the
//! server: in the place of the request a `ping` goes on whose id is the refusal, and where the
//! server's answer to it comes down the stream, the refusal is taken out of the id again. Nothing
//! has to be remembered. The refused request does not reach the server; the name in the refusal does,
//! as part of an id.

use std::sync::Arc;

use super::Uncredited;
use super::downlink;
use super::head::{Head, Verb};
use super::refusal::Refusal;
use super::reply::{BodyEdit, HeaderEdits};
use super::scope::Scope;
use crate::json::{Document, Splice, quoted};
use crate::jsonrpc::{Message, Outcome, RequestId, Response};
use crate::mcp::{ClientMethod, ProtocolVersion};
use crate::policy::{Limits, View};

/// Begins the ids of the pings that carry refusals. A client's requests must not have such ids.
const MARK: &str = "sluice-refusal:";

/// The names that servers give the session in the URL that they announce.
const SESSION: [&str; 3] = ["session_id", "sessionId", "sessionid"];

/// The longest session, in bytes: as long as what is sealed can be.
const SESSION_BYTES: usize = 2100;

/// Whether an id is one of those that carry refusals.
pub(super) fn is_reserved(id: &RequestId) -> bool {
    id.as_text().starts_with(MARK)
}

/// Sends a refusal on its way to the stream.
pub(super) fn tell(head: &Head, refusal: &Refusal) -> Uncredited {
    let scope = Scope {
        server: Arc::clone(&head.server),
        version: ProtocolVersion::V2024_11_05,
        endpoint: head.endpoint,
        pending: Vec::new(),
        batch: false,
        session: None,
        ticket: None,
    };
    let headers = HeaderEdits {
        remove: head.mirrors.modern.clone(),
        ..HeaderEdits::default()
    };
    let id = quoted(&format!("{MARK}{}", refusal.body()));
    let method = ClientMethod::Ping.as_str();
    let ping = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
    Uncredited {
        scope,
        verb: Verb::Post,
        headers,
        body: BodyEdit::Replace(ping.into()),
        occurrences: refusal.occurrences(),
    }
}

/// The refusal that a message of the server carries in its id, as the client is to get it.
pub(super) fn told(document: &Document<'_>, limits: &Limits) -> Option<String> {
    let id = document.root().get("id")?.as_str()?;
    let text = id.strip_prefix(MARK)?;
    // Whatever the server made of the id, only an error goes on in this way.
    let carried = Document::parse(text.as_bytes(), &limits.json).ok()?;
    let Ok(Message::Response(Response {
        id: Some(_),
        outcome: Outcome::Error(error),
    })) = Message::read(&carried, limits.id_bytes)
    else {
        return None;
    };
    // A server that makes such an id up says no more by it than by an error of its own.
    let mut splice = Splice::new(carried.source());
    downlink::edit_error(error, &mut splice);
    Some(splice.finish())
}

/// What a client is told of where to post, for what the server announces: the virtual server's
/// own path, with the session sealed for the caller.
///
/// # Errors
///
/// Fails when the server announces anything but a path of its own with a session in the query.
pub(super) fn endpoint(
    view: &View,
    announced: &[u8],
    messages: &str,
) -> Result<String, &'static str> {
    let announced = std::str::from_utf8(announced).unwrap_or_default();
    let is_path = announced.starts_with('/') && !announced.starts_with("//");
    let session = announced
        .split_once('?')
        .and_then(|(_, query)| session(query));
    match session.filter(|_| is_path) {
        Some((name, session)) => view
            .session_ids()
            .and_then(|ids| ids.seal(session))
            .map(|sealed| format!("{messages}?{name}={sealed}"))
            .ok_or("the id of the session cannot be sealed"),
        None => {
            Err("the server announces an endpoint that is not a path of its own with a session")
        }
    }
}

/// The URL that goes on for one that a client posts to, with the server's own id of the session.
///
/// # Errors
///
/// Refuses a session that is not the caller's.
pub(super) fn open(view: &View, url: &str) -> Result<String, Refusal> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let opened = session(query).and_then(|(name, sealed)| {
        let query = format!("{name}={}", view.session_ids()?.open(sealed)?);
        // One of the other transport can hold what means something else in a URL.
        is_session(&query).then(|| format!("{path}?{query}"))
    });
    opened.ok_or_else(Refusal::unknown_session)
}

/// Whether a query names a session and nothing else.
pub(super) fn is_session(query: &str) -> bool {
    session(query).is_some()
}

/// The session of a query that names one and nothing else, and what it is called.
fn session(query: &str) -> Option<(&str, &str)> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    query.split_once('=').filter(|(name, session)| {
        SESSION.contains(name)
            && (1..=SESSION_BYTES).contains(&session.len())
            && session.bytes().all(unreserved)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Definition, Match, Policy};
    use crate::seal::Keys;

    fn view() -> View {
        let server = Definition::new("v", "s", Match::Path("/v".into()));
        let server = crate::policy::VirtualServer::new(server);
        let keys = Arc::new(Keys::new([[7; 32]]).unwrap());
        let policy = Policy::new(vec![server], Limits::default()).with_seal_keys(&keys);
        View::anonymous(Arc::clone(policy.virtual_server("v").unwrap()))
    }

    #[test]
    fn what_servers_announce_becomes_the_path_of_the_virtual_server() {
        for (announced, expected) in [
            ("/messages?sessionId=a-b_c", Some("/m?sessionId=a-b_c")),
            ("/messages/?session_id=0af3", Some("/m?session_id=0af3")),
            ("/?sessionid=A.~", Some("/m?sessionid=A.~")),
            ("/messages", None),
            ("/messages?", None),
            ("/messages?sessionId=", None),
            ("/messages?sessionId=a&x=1", None),
            ("/messages?x=1", None),
            ("/messages?sessionId=a#b", None),
            ("/messages?sessionId=a?sessionId=b", None),
            ("/messages?sessionId=%41", None),
            ("//evil.example.com/messages?sessionId=a", None),
            ("https://evil.example.com/messages?sessionId=a", None),
            ("messages?sessionId=a", None),
            ("?sessionId=a", None),
            ("", None),
        ] {
            let told = endpoint(&view(), announced.as_bytes(), "/m").ok();
            let opened = told.map(|told| open(&view(), &told).unwrap());
            assert_eq!(opened.as_deref(), expected, "{announced}");
        }
        assert!(!is_session(&format!("sessionId={}", "a".repeat(2101))));
        assert!(endpoint(&view(), b"/m?sessionId=\xff", "/m").is_err());
        assert!(open(&view(), "/m?sessionId=a").is_err(), "nobody sealed it");
    }
}
