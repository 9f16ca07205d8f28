//! Tokens, for as long as they are good, and failures, for as long as it makes no sense to ask again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache as Store;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::answer::Token;
use crate::clock::Clock;
use crate::exchange::{CredentialFailure, Ticket};

type Key = [u8; 32];

/// The most tokens that are kept.
const MAX_TOKENS: u64 = 100_000;

/// For how long a failure that may be over by now stands.
const UNAVAILABLE: Duration = Duration::from_secs(1);

/// The longest time for which failures stand that follow one another.
const MAX_UNAVAILABLE: Duration = Duration::from_secs(30);

/// For how long a refusal stands.
const REFUSED: Duration = Duration::from_secs(5);

/// For how long a token that replaces one that was not taken is not replaced itself.
const REPLACED: Duration = Duration::from_secs(30);

/// A token that is kept.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) token: SecretString,
    pub(super) ticket: Ticket,
    /// When it is no longer used, by the steady clock.
    until: Duration,
}

/// A failure that stands.
#[derive(Debug, Clone, Copy)]
struct Failed {
    failure: CredentialFailure,
    until: Duration,
    /// For how long it stands.
    delay: Duration,
}

/// What is known.
#[derive(Debug)]
pub(super) enum Looked {
    Issued(Arc<Issued>),
    Failed(CredentialFailure),
    Nothing,
}

/// What is kept, under what it depends on.
#[derive(Debug)]
pub(super) struct Cache {
    clock: Arc<dyn Clock>,
    tokens: Store<Key, Arc<Issued>>,
    failures: Store<Key, Failed>,
    /// When a token was last thrown away because it was not taken.
    rejections: Store<Key, Duration>,
    flights: Store<Key, Arc<Mutex<()>>>,
    issues: AtomicU64,
}

impl Cache {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let hour = Duration::from_secs(3600);
        fn store<T: Clone + Send + Sync + 'static>(idle: Duration) -> Store<Key, T> {
            Store::builder()
                .max_capacity(MAX_TOKENS)
                .time_to_idle(idle)
                .build()
        }
        Self {
            clock,
            tokens: store(24 * hour),
            failures: store(hour),
            rejections: store(hour),
            flights: store(hour),
            issues: AtomicU64::new(0),
        }
    }

    pub(super) fn look(&self, key: &Key) -> Looked {
        let now = self.clock.steady();
        if let Some(issued) = self.tokens.get(key).filter(|issued| now < issued.until) {
            return Looked::Issued(issued);
        }
        match self.failures.get(key).filter(|failed| now < failed.until) {
            Some(failed) => Looked::Failed(failed.failure),
            None => Looked::Nothing,
        }
    }

    /// What whoever asks for this token holds while it asks.
    pub(super) fn flight(&self, key: &Key) -> Arc<Mutex<()>> {
        self.flights.get_with(*key, Arc::default)
    }

    /// Keeps a token until shortly before its end.
    pub(super) fn keep(&self, key: Key, token: Token) -> Arc<Issued> {
        let issue = self.issues.fetch_add(1, Ordering::Relaxed);
        let issued = Arc::new(Issued {
            token: token.access_token,
            ticket: Ticket { key, issue },
            until: self.clock.steady() + useful(token.lifetime),
        });
        self.failures.invalidate(&key);
        self.tokens.insert(key, Arc::clone(&issued));
        issued
    }

    pub(super) fn fail(&self, key: Key, failure: CredentialFailure) {
        let before = self.failures.get(&key).map(|failed| failed.delay);
        let delay = match failure {
            CredentialFailure::Unavailable => {
                let longer = before.map_or(UNAVAILABLE, |before| before * 2);
                longer.min(MAX_UNAVAILABLE)
            }
            CredentialFailure::Refused | CredentialFailure::NoneForCaller => REFUSED,
        };
        let failed = Failed {
            failure,
            until: self.clock.steady() + delay,
            delay,
        };
        self.failures.insert(key, failed);
    }

    pub(super) fn reject(&self, ticket: Ticket) {
        let now = self.clock.steady();
        let is_current = self
            .tokens
            .get(&ticket.key)
            .is_some_and(|issued| issued.ticket == ticket);
        let is_replacement = self
            .rejections
            .get(&ticket.key)
            .is_some_and(|then| now.saturating_sub(then) < REPLACED);
        if is_current && !is_replacement {
            self.rejections.insert(ticket.key, now);
            self.tokens.invalidate(&ticket.key);
        }
    }
}

/// For how long a token of this lifetime is used: until a tenth of it is left, but no less than 5 s
/// and no more than 60 s before its end. One that does not live for that long is used for the first
/// half of its life, since asking for one with each request would bring the server down.
fn useful(lifetime: Duration) -> Duration {
    let margin = (lifetime / 10).clamp(Duration::from_secs(5), Duration::from_secs(60));
    lifetime.saturating_sub(margin.min(lifetime / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_used_until_shortly_before_their_end() {
        for (lifetime, expected) in [
            (0, 0),
            (1, 500),
            (4, 2_000),
            (10, 5_000),
            (20, 15_000),
            (100, 90_000),
            (3_600, 3_540_000),
        ] {
            let used = useful(Duration::from_secs(lifetime));
            assert_eq!(used, Duration::from_millis(expected), "{lifetime} s");
        }
    }
}
