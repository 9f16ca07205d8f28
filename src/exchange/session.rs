//! Sessions and the events in them, bound to the virtual server and the caller that they were given
//! to. A client keeps what Sluice has sealed; the server's own ids stay behind.

use sha2::{Digest as _, Sha256};

use super::head::Verb;
use super::refusal::Refusal;
use super::reply::HeaderEdits;
use crate::mcp::{ProtocolVersion, header};
use crate::policy::View;

/// The session that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Session {
    /// None.
    None,
    /// One of this caller's: the server's own id.
    Bound(String),
    /// None that this caller was given here.
    Foreign,
}

impl Session {
    /// Checks that a message of this version may go on in the session.
    ///
    /// # Errors
    ///
    /// Refuses one that is not the caller's, if the version has sessions.
    pub(super) fn check(&self, version: ProtocolVersion) -> Result<(), Refusal> {
        if *self == Self::Foreign && !version.is_modern() {
            return Err(Refusal::unknown_session());
        }
        Ok(())
    }
}

/// What a request says of its session (before MCP 2026-07-28).
#[derive(Debug, Default)]
pub(super) struct Named {
    /// `Mcp-Session-Id`.
    pub(super) session: Option<String>,
    /// `Last-Event-ID`.
    pub(super) last_event: Option<String>,
}

/// Opens the session that a request names, and names it to the server by the server's own id. Of one
/// that is not the caller's the server hears nothing; whether that is refused, the version says,
/// which for a message only its body tells.
///
/// # Errors
///
/// Refuses a request without a message that names a session which is not the caller's, or an event
/// that is not of the session.
pub(super) fn open(
    view: &View,
    verb: Verb,
    named: &Named,
    edits: &mut HeaderEdits,
) -> Result<Session, Refusal> {
    let session = match &named.session {
        None => Session::None,
        Some(sealed) => view
            .session_ids()
            .and_then(|ids| ids.open(sealed))
            .map_or(Session::Foreign, Session::Bound),
    };
    match &session {
        Session::Bound(id) => edits.set(header::SESSION_ID, id.clone()),
        Session::Foreign if verb != Verb::Post => return Err(Refusal::unknown_session()),
        Session::Foreign => edits.remove(header::SESSION_ID),
        Session::None => {}
    }
    if let Some(sealed) = &named.last_event {
        match last_event(view, &session, sealed) {
            Some(id) => edits.set(header::LAST_EVENT_ID, id),
            None if verb == Verb::Get => return Err(Refusal::unknown_session()),
            None => edits.remove(header::LAST_EVENT_ID),
        }
    }
    Ok(session)
}

/// The server's own id of an event of this session.
fn last_event(view: &View, session: &Session, sealed: &str) -> Option<String> {
    let Session::Bound(session) = session else {
        return None;
    };
    view.session_ids()?.open_event(session, sealed)
}

/// A name of a session for logs: it is the same for all exchanges of the session, and nobody can use
/// the session by it.
pub(super) fn digest(id: &str) -> String {
    let digest = Sha256::digest(id);
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The id that a client gets for an event. `None` if it gets none: the event can't be resumed from.
pub(super) fn seal_event(view: &View, session: Option<&str>, id: &str) -> Option<String> {
    view.session_ids()?.seal_event(session?, id)
}

/// The id that a client gets for a session of the server's.
///
/// # Errors
///
/// Fails when there is none: the id is too long.
pub(super) fn seal(view: &View, id: &str) -> Result<String, Refusal> {
    let sealed = view.session_ids().and_then(|ids| ids.seal(id));
    sealed.ok_or_else(|| Refusal::upstream_invalid("the id of the session cannot be sealed"))
}
