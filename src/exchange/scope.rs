//! Where the messages of a response belong.

use std::sync::Arc;

use super::target::Named;
use crate::jsonrpc::RequestId;
use crate::mcp::{ClientMethod, ProtocolVersion};
use crate::policy::VirtualServer;

/// What is known of an exchange once its request has gone on.
#[derive(Debug)]
pub(super) struct Scope {
    /// The virtual server whose eyes the client has.
    pub(super) server: Arc<VirtualServer>,
    /// The version of the request.
    pub(super) version: ProtocolVersion,
    /// The request that waits for its answer. `None` on a GET, and after notifications.
    pub(super) pending: Option<Pending>,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    /// Its id.
    pub(super) id: RequestId,
    /// Its method.
    pub(super) method: ClientMethod,
    /// What it names.
    pub(super) named: Option<Named<'static>>,
    /// Whether it asked for log messages (MCP 2026-07-28).
    pub(super) log_level: bool,
    /// Whether the answer has gone out.
    pub(super) answered: bool,
}

impl Scope {
    /// The id to answer under, as long as nobody has.
    pub(super) fn unanswered(&self) -> Option<&RequestId> {
        self.pending
            .as_ref()
            .filter(|pending| !pending.answered)
            .map(|pending| &pending.id)
    }

    /// Notes that the answer has gone out.
    pub(super) fn set_answered(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.answered = true;
        }
    }
}
