//! Where the keys of an issuer come from, and those that came last.
//!
//! One source serves all policies and all runtimes. No lock is held while something is waited for,
//! but the turn to fetch, which one caller has at a time.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::fetch::{self, NotFetched};
use super::file;
use super::keys::{KeySet, NoKeySet};
use crate::clock::Clock;
use crate::outbound::Trouble;
use crate::policy::{IssuerKeys, SecretText};
use crate::stamp::Stamp;
use crate::telemetry::{Fetched, Metrics};

/// How old a fetched set may be before the next one is fetched, while it goes on being used.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// How often files and secrets are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How much time is between two fetches on account of keys that are unknown.
const UNKNOWN: Duration = Duration::from_secs(10);

/// The longest pause after fetches that failed. The first one is a second, and each next one twice
/// as long.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What knows the secrets of manifests. It tells `None` when it can't be had.
pub(super) type Secrets = dyn Fn(&SecretText) -> Option<SecretString> + Send + Sync;

/// What all sources need.
pub(super) struct Means {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secrets: Box<Secrets>,
    pub(super) metrics: Arc<Metrics>,
    client: OnceLock<Result<Client, Trouble>>,
}

/// The keys of one issuer at one place.
pub(super) struct Source {
    means: Arc<Means>,
    issuer: String,
    place: IssuerKeys,
    turn: Arc<Turn<()>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    good: Option<Good>,
    /// When the next look at the place is due, and after what failures.
    next: Duration,
    failures: u32,
    /// From when on an unknown key is a reason to fetch.
    unknown_from: Duration,
    is_flying: bool,
    /// How many looks have come to their end.
    flights: u64,
    stamp: Option<Stamp>,
    error: Option<NoKeys>,
}

#[derive(Clone)]
struct Good {
    keys: Arc<KeySet>,
    /// Counts the sets that differed.
    generation: u64,
    /// When they were last known to be the issuer's.
    at: Duration,
}

/// A source as it is at a moment.
pub(super) struct View {
    /// The keys, if there are some that may still be used, and which ones.
    pub(super) keys: Option<(Arc<KeySet>, u64)>,
    /// Whether it is time to look again.
    pub(super) is_due: bool,
    /// Whether someone is looking.
    pub(super) is_flying: bool,
    /// Whether the last look failed.
    pub(super) has_failed: bool,
    /// Whether an unknown key is a reason to look again.
    pub(super) may_seek: bool,
    flights: u64,
}

/// Why a look gave no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoKeys {
    #[error(transparent)]
    NotFetched(#[from] NotFetched),
    #[error("the file cannot be read: {0}")]
    File(std::io::ErrorKind),
    #[error("the secret cannot be had")]
    Secret,
    #[error(transparent)]
    NoKeySet(#[from] NoKeySet),
}

/// What a look found.
enum Found {
    Keys(KeySet),
    /// The file has not changed.
    Same,
}

impl Means {
    pub(super) fn new(clock: Arc<dyn Clock>, secrets: Box<Secrets>, metrics: Arc<Metrics>) -> Self {
        Self {
            clock,
            secrets,
            metrics,
            client: OnceLock::new(),
        }
    }

    /// The client, made when it is first needed: whoever has keys in files only needs no roots.
    fn client(&self) -> Result<&Client, NotFetched> {
        let client = self.client.get_or_init(fetch::client);
        client.as_ref().map_err(|trouble| (*trouble).into())
    }
}

impl Source {
    pub(super) fn new(means: Arc<Means>, issuer: &str, place: &IssuerKeys) -> Self {
        Self {
            means,
            issuer: issuer.to_owned(),
            place: place.clone(),
            turn: Arc::default(),
            state: Mutex::default(),
        }
    }

    /// Whether these are the keys at this place.
    pub(super) fn is_at(&self, place: &IssuerKeys) -> bool {
        self.place == *place
    }

    /// How it is now.
    pub(super) fn view(&self, max_stale: Duration) -> View {
        let now = self.means.clock.steady();
        let state = self.state();
        let is_usable = |good: &&Good| now.saturating_sub(good.at) <= max_stale;
        let keys = state.good.as_ref().filter(is_usable);
        let may_fetch = state.failures == 0 || now >= state.next;
        View {
            keys: keys.map(|good| (Arc::clone(&good.keys), good.generation)),
            is_due: !state.is_flying && now >= state.next,
            is_flying: state.is_flying,
            has_failed: state.failures > 0,
            may_seek: self.is_remote() && may_fetch && now >= state.unknown_from,
            flights: state.flights,
        }
    }

    /// Looks again, unless someone has since the view: waiting for it, or not.
    pub(super) async fn look(self: &Arc<Self>, view: &View, seek: Seek) {
        let turn = Arc::clone(&self.turn);
        let turn = if seek == Seek::Behind {
            turn.try_lock_owned().ok()
        } else {
            Some(turn.lock_owned().await)
        };
        let Some(flight) = turn.and_then(|turn| Flight::begin(self, turn, view, seek)) else {
            return;
        };
        if !self.is_remote() {
            // This waits for nothing.
            return flight.fly().await;
        }
        // Whoever began it may go away; the others still wait for it.
        let flight = tokio::spawn(flight.fly());
        if seek != Seek::Behind && flight.await.is_err() {
            tracing::error!(
                issuer = self.issuer,
                "fetching an issuer's keys was given up"
            );
        }
    }

    async fn find(&self) -> Result<Found, NoKeys> {
        match &self.place {
            IssuerKeys::Uri(uri) => {
                let body = fetch::fetch(self.means.client()?, uri).await?;
                Ok(Found::Keys(KeySet::read(&body)?))
            }
            IssuerKeys::File(path) => {
                let stamp = Stamp::of(path);
                let (before, error) = {
                    let mut state = self.state();
                    (std::mem::replace(&mut state.stamp, stamp), state.error)
                };
                match (stamp == before, error) {
                    (true, Some(error @ NoKeys::NoKeySet(_))) => return Err(error),
                    (true, None) if stamp.is_some() => return Ok(Found::Same),
                    _ => {}
                }
                let bytes = file::read(path).map_err(|error| NoKeys::File(error.kind()))?;
                Ok(Found::Keys(KeySet::read(&bytes)?))
            }
            IssuerKeys::Secret(text) => {
                let secret = (self.means.secrets)(text).ok_or(NoKeys::Secret)?;
                let secret = secret.expose_secret().as_bytes();
                Ok(Found::Keys(KeySet::of_secret(secret)?))
            }
        }
    }

    /// Counts a look, if it was a fetch.
    fn count(&self, has_keys: bool) {
        if self.is_remote() {
            let result = if has_keys {
                Fetched::Ok
            } else {
                Fetched::Unavailable
            };
            self.means.metrics.keys_fetched(&self.issuer, result);
        }
    }

    fn is_remote(&self) -> bool {
        matches!(self.place, IssuerKeys::Uri(_))
    }

    /// The place, as it may be logged.
    fn shown(&self) -> String {
        match &self.place {
            IssuerKeys::Uri(uri) => fetch::shown(uri),
            IssuerKeys::File(path) => path.display().to_string(),
            IssuerKeys::Secret(_) => "a secret".to_owned(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and a state is whole after each line.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seek {
    /// It is time. Nobody waits for it.
    Behind,
    /// There are no keys.
    Any,
    /// There is none of the token's.
    Unknown,
}

/// A look on its way. There is one at a time; if it is dropped, the next caller's begins.
struct Flight {
    source: Arc<Source>,
    _turn: OwnedMutexGuard<()>,
}

impl Flight {
    fn begin(
        source: &Arc<Source>,
        turn: OwnedMutexGuard<()>,
        view: &View,
        seek: Seek,
    ) -> Option<Self> {
        let mut state = source.state();
        if state.flights != view.flights {
            return None;
        }
        state.is_flying = true;
        if seek == Seek::Unknown {
            state.unknown_from = source.means.clock.steady() + UNKNOWN;
        }
        Some(Self {
            source: Arc::clone(source),
            _turn: turn,
        })
    }

    async fn fly(self) {
        let found = self.source.find().await;
        self.source.count(found.is_ok());
        let now = self.source.means.clock.steady();
        let mut state = self.source.state();
        state.flights += 1;
        let before = state.error;
        match found {
            Ok(found) => {
                state.keep(found, now);
                let pause = if self.source.is_remote() { FRESH } else { LOOK };
                state.next = now + pause;
            }
            Err(error) => {
                state.error = Some(error);
                state.failures = state.failures.saturating_add(1);
                let pause = LONGEST_PAUSE.min(LOOK * (1 << (state.failures - 1).min(5)));
                state.next = now + if self.source.is_remote() { pause } else { LOOK };
            }
        }
        let after = state.error;
        drop(state);
        self.tell(before, after);
    }

    /// Logs each fetch that failed, and of what is looked at each second the changes.
    fn tell(&self, before: Option<NoKeys>, after: Option<NoKeys>) {
        let (issuer, place) = (&self.source.issuer, self.source.shown());
        match after {
            Some(error) if self.source.is_remote() || before != after => {
                tracing::warn!(issuer, %place, %error, "an issuer's keys can't be had; the last good ones stay");
            }
            None if before.is_some() => {
                tracing::info!(issuer, %place, "an issuer's keys can be had again");
            }
            Some(_) | None => {}
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.source.state().is_flying = false;
    }
}

impl State {
    fn keep(&mut self, found: Found, now: Duration) {
        self.failures = 0;
        self.error = None;
        let keys = match (found, &mut self.good) {
            (Found::Same, good) => {
                if let Some(good) = good {
                    good.at = now;
                }
                return;
            }
            (Found::Keys(keys), Some(good)) if good.keys.is_same(&keys) => {
                good.at = now;
                return;
            }
            (Found::Keys(keys), _) => keys,
        };
        let generation = self.good.as_ref().map_or(0, |good| good.generation + 1);
        self.good = Some(Good {
            keys: Arc::new(keys),
            generation,
            at: now,
        });
    }
}
