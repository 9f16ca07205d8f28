//! Who calls, and with what credential: answered from the caches, or found out.

use crate::exchange::{Ask, CredentialFailure, Event, IdentityFailure, Ticket};
use crate::ext_proc::{Answer, Resolver};

/// Answers what exchanges ask.
#[derive(Debug)]
pub(super) struct Answers {}

impl Answers {
    pub(super) fn new() -> Self {
        Self {}
    }
}

impl Resolver for Answers {
    fn answer(&self, ask: Ask) -> Answer {
        Answer::Now(match ask {
            Ask::Identity(_) => Event::Identified(Err(IdentityFailure::Unavailable)),
            Ask::Credential(_) => Event::Credential(Err(CredentialFailure::Unavailable)),
        })
    }

    fn rejected(&self, _ticket: Ticket) {}
}
