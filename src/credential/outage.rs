//! Token endpoints that are down. All callers share one outage: one request at a time finds out
//! whether it is over, ever more seldom, and the others are not kept waiting for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// For how long a first failure stands.
const FIRST: Duration = Duration::from_secs(1);

/// The longest time for which failures stand that follow one another.
const LONGEST: Duration = Duration::from_secs(30);

/// The endpoints that are down, by their URL.
#[derive(Debug)]
pub(super) struct Outages {
    clock: Arc<dyn Clock>,
    endpoints: Mutex<HashMap<String, Outage>>,
}

#[derive(Debug)]
struct Outage {
    /// When it was last seen.
    seen: Duration,
    /// Nobody asks before this.
    until: Duration,
    /// For how long it stands.
    delay: Duration,
}

impl Outages {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            endpoints: Mutex::default(),
        }
    }

    /// Whether whoever asks this may ask the endpoint. When an outage may be over, the first one
    /// may; the next one may if nothing has come of it for as long again.
    pub(super) fn admits(&self, endpoint: &str) -> bool {
        let now = self.clock.steady();
        match self.endpoints().get_mut(endpoint) {
            None => true,
            Some(outage) if now < outage.until => false,
            Some(outage) => {
                outage.until = now + outage.delay;
                true
            }
        }
    }

    /// Whether the endpoint is down, as far as is known.
    pub(super) fn has(&self, endpoint: &str) -> bool {
        self.endpoints().contains_key(endpoint)
    }

    /// Learns that the endpoint has answered.
    pub(super) fn over(&self, endpoint: &str) {
        self.endpoints().remove(endpoint);
    }

    /// Learns that the endpoint has failed whoever asked it at `began`, by the steady clock.
    pub(super) fn seen(&self, endpoint: &str, began: Duration) {
        let now = self.clock.steady();
        let mut endpoints = self.endpoints();
        let delay = match endpoints.get(endpoint) {
            // Of many requests that were under way when it was first seen, each fails on its own.
            Some(outage) if began <= outage.seen => return,
            Some(outage) => (outage.delay * 2).min(LONGEST),
            None => FIRST,
        };
        let outage = Outage {
            seen: now,
            until: now + delay,
            delay,
        };
        endpoints.insert(endpoint.to_owned(), outage);
    }

    fn endpoints(&self) -> MutexGuard<'_, HashMap<String, Outage>> {
        self.endpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
