//! Who answers what exchanges ask.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::exchange::{Ask, Event, Ticket};

/// An answer that is still to come.
pub type Pending = Pin<Box<dyn Future<Output = Event<'static>> + Send>>;

/// The answer to an [`Ask`]: the event that the exchange is to be told.
pub enum Answer {
    /// It is known.
    Now(Event<'static>),
    /// It has to be found out. Envoy waits, so this ends within some seconds, whatever happens.
    Later(Pending),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Now",
            Self::Later(_) => "Later",
        })
    }
}

/// Answers what exchanges ask.
pub trait Resolver: Send + Sync + 'static {
    /// Answers.
    fn answer(&self, ask: Ask) -> Answer;

    /// Learns that the upstream did not take a credential.
    fn rejected(&self, ticket: Ticket);
}
