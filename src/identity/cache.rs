//! Tokens that have been verified.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::source::Source;
use crate::oauth::BearerToken;
use crate::policy::{Authentication, Caller};

/// How long a token is kept. After it, its signature is checked again.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// How many bytes of tokens are kept. Their claims take about four times as much.
const MAX_BYTES: u64 = 32 << 20;

/// What a token takes besides its own bytes.
const OVERHEAD: usize = 512;

/// Verified tokens, under their digests: the tokens themselves are not kept.
pub(super) struct Verified(Cache<[u8; 32], Entry>);

/// A token that has been verified, but for its audience.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) caller: Arc<Caller>,
    /// What was asked of it.
    pub(super) authentication: Arc<Authentication>,
    /// Whose keys, and which of them.
    pub(super) source: Arc<Source>,
    pub(super) generation: u64,
    /// Until when it holds, in seconds since 1970.
    pub(super) end: f64,
    keep: Duration,
    bytes: u32,
}

/// What is kept under a token.
pub(super) fn digest(token: &BearerToken) -> [u8; 32] {
    Sha256::digest(token.expose()).into()
}

impl Entry {
    /// An entry for a token that holds until `end`, at `now`, both in seconds since 1970.
    pub(super) fn new(
        caller: Caller,
        authentication: &Arc<Authentication>,
        (source, generation): (Arc<Source>, u64),
        (now, end): (f64, f64),
        token: &BearerToken,
    ) -> Self {
        let end = end.min(now + LONGEST.as_secs_f64());
        Self {
            caller: Arc::new(caller),
            authentication: Arc::clone(authentication),
            source,
            generation,
            end,
            keep: Duration::try_from_secs_f64(end - now).unwrap_or_default(),
            bytes: u32::try_from(token.expose().len() + OVERHEAD).unwrap_or(u32::MAX),
        }
    }
}

impl Verified {
    pub(super) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|_, entry: &Entry| entry.bytes)
            .expire_after(UntilEnd);
        Self(cache.build())
    }

    pub(super) fn get(&self, digest: &[u8; 32]) -> Option<Entry> {
        self.0.get(digest)
    }

    pub(super) fn insert(&self, digest: [u8; 32], entry: Entry) {
        self.0.insert(digest, entry);
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

struct UntilEnd;

impl Expiry<[u8; 32], Entry> for UntilEnd {
    fn expire_after_create(&self, _: &[u8; 32], entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.keep)
    }

    fn expire_after_update(
        &self,
        _: &[u8; 32],
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.keep)
    }
}
