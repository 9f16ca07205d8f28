//! The ids by which clients know sessions and events (MCP 2025-11-25, "Session Management" and
//! "Resumability and Redelivery").

use super::view::Bond;
use crate::seal::Purpose;

/// How a virtual server writes the ids of sessions and events: each opens for this virtual server
/// and this caller only, and that of an event in its session only.
#[derive(Debug, Clone, Copy)]
pub struct SessionIds<'p>(pub(super) Bond<'p>);

impl SessionIds<'_> {
    /// The id that a client gets for the server's own one. `None` if that is too long.
    #[must_use]
    pub fn seal(self, id: &str) -> Option<String> {
        self.0.seal(Purpose::SessionId, &[], &[id])
    }

    /// The server's own id of one that a client has. `None` if it is none that this virtual server
    /// gave out to this caller.
    #[must_use]
    pub fn open(self, sealed: &str) -> Option<String> {
        let texts = self.0.open(Purpose::SessionId, &[], sealed)?;
        let [id]: [String; 1] = texts.try_into().ok()?;
        Some(id)
    }

    /// The id that a client gets for an event of a session, which is named as the server names it.
    /// `None` if it is too long.
    #[must_use]
    pub fn seal_event(self, session: &str, id: &str) -> Option<String> {
        self.0.seal(Purpose::EventId, &[session], &[id])
    }

    /// The server's own id of an event that a client has seen in this session.
    #[must_use]
    pub fn open_event(self, session: &str, sealed: &str) -> Option<String> {
        let texts = self.0.open(Purpose::EventId, &[session], sealed)?;
        let [id]: [String; 1] = texts.try_into().ok()?;
        Some(id)
    }
}
