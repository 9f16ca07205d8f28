//! Where the messages of a response belong.

use std::sync::Arc;

use super::ask::Ticket;
use super::refusal::Recipients;
use super::target::Named;
use super::task::Task;
use crate::jsonrpc::RequestId;
use crate::mcp::{ClientMethod, ProtocolVersion};
use crate::policy::{Endpoint, View};

/// What is known of an exchange once its request has gone on.
#[derive(Debug)]
pub(super) struct Scope {
    /// The virtual server whose eyes the client has.
    pub(super) server: Arc<View>,
    /// The version of the request.
    pub(super) version: ProtocolVersion,
    /// The endpoint that it came to.
    pub(super) endpoint: Endpoint,
    /// The requests that wait for their answers on this stream: none on a GET, after notifications
    /// and in HTTP+SSE, several after a batch.
    pub(super) pending: Vec<Pending>,
    /// Whether the requests came as a batch, so that their answers may.
    pub(super) batch: bool,
    /// The server's own id of the session that the exchange is part of.
    pub(super) session: Option<String>,
    /// By what the credential that the request went on with is known.
    pub(super) ticket: Option<Ticket>,
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
    /// The tasks that it is about (SEP-2663).
    pub(super) tasks: Vec<Task>,
    /// Whether it asked for log messages (MCP 2026-07-28).
    pub(super) log_level: bool,
    /// Whether the answer has gone out.
    pub(super) answered: bool,
}

impl Scope {
    /// Whether an answer to a request is to come.
    pub(super) fn awaits(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether a request waits for its answer still.
    pub(super) fn is_owed(&self) -> bool {
        self.pending.iter().any(|pending| !pending.answered)
    }

    /// Whether the stream may stay silent until the client closes it.
    pub(super) fn may_end_unanswered(&self) -> bool {
        self.pending.iter().all(|pending| {
            pending.answered || !self.version.is_modern() || pending.method == ClientMethod::Listen
        })
    }

    /// Whom to answer, as long as nobody has.
    pub(super) fn recipients(&self) -> Recipients {
        let unanswered = self.pending.iter().filter(|pending| !pending.answered);
        let mut ids = unanswered.map(|pending| pending.id.clone());
        if self.batch {
            Recipients::Batch(ids.collect())
        } else {
            ids.next().map_or(Recipients::Nobody, Recipients::One)
        }
    }
}
