//! The counters, and what shows them.
//!
//! They are plain numbers, of which one picture is taken ([`Metrics::families`]) whoever wants to see
//! them: the page for Prometheus, and what is sent to collectors (OTLP). The instruments of the
//! OpenTelemetry SDK would count everything a second time, under labels that are looked up by all of
//! their values on each call; and two sources of numbers differ.

mod families;
mod family;
mod histogram;
mod otlp;
mod per_server;
mod series;
mod words;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::record::Record;
use super::sink::Drops;
use super::text;
use crate::exchange::Occurrence;
#[cfg(test)]
pub(super) use family::Description;
use family::NONE;
pub(super) use family::{Distribution, Family, Kind, Label, Number, Sample};
pub(super) use otlp::Origin;
use per_server::PerServer;
use series::{Series, Words};

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is counted. One serves all policies and all runtimes.
#[derive(Debug, Default)]
pub struct Metrics {
    /// By name.
    servers: Series<Box<str>, PerServer>,
    unknown: PerServer,
    /// By the physical server that they are for, and by what came of them.
    token_requests: Series<Box<str>, Words>,
    /// By issuer, and by what came of them.
    key_fetches: Series<Box<str>, Words>,
    /// In the order of [`Cache::ALL`]: how often it had what was asked for, and how often not.
    caches: [[AtomicU64; 2]; Cache::ALL.len()],
    /// Of each writer of records, how many it was not given.
    drops: RwLock<BTreeMap<&'static str, Drops>>,
    /// How many exchanges have begun and not ended.
    in_flight: AtomicU64,
    /// How many manifests came into force.
    manifests: AtomicU64,
    manifests_failed: AtomicU64,
    /// When the last one came into force, in milliseconds since 1970.
    manifest_at: AtomicU64,
}

/// What is kept so that it need not be found out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// Tokens of callers, verified.
    CallerTokens,
    /// Tokens of authorization servers, for upstreams.
    Credentials,
}

impl Cache {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CallerTokens, Self::Credentials];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallerTokens => "caller_tokens",
            Self::Credentials => "credentials",
        }
    }
}

/// What came of asking somebody for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It was had.
    Ok,
    /// It was refused.
    Refused,
    /// It could not be had.
    Unavailable,
}

impl Fetched {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Metrics {
    /// Counts what happened. `virtual_server` is its name in the manifest, never what a client
    /// says.
    pub fn count(&self, virtual_server: Option<&str>, occurrence: &Occurrence) {
        self.with(virtual_server, |server| server.count(occurrence));
    }

    /// Counts an exchange that begins.
    pub fn began(&self) {
        add(&self.in_flight, 1);
    }

    /// Counts an exchange that has ended.
    pub fn ended(&self, record: &Record) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let server = record.virtual_server.as_deref().map(|server| server.name());
        self.with(server, |server| server.ended(record));
    }

    /// Counts a request that Sluice answered itself, without a decision.
    pub fn answered(&self, virtual_server: Option<&str>) {
        self.with(virtual_server, |server| add(&server.answered, 1));
    }

    /// Counts a token of an authorization server that the upstream did not take.
    pub fn token_rejected(&self, virtual_server: Option<&str>) {
        self.with(virtual_server, |server| add(&server.rejected, 1));
    }

    /// Counts a request for a token to an authorization server. `server` is the physical server that
    /// it is for, by its name in the manifest.
    pub fn token_requested(&self, server: &str, result: Fetched) {
        self.token_requests
            .with(server, |results| results.count(result.as_str()));
    }

    /// Counts a fetch of an issuer's keys. `issuer` is its name in the manifest.
    pub fn keys_fetched(&self, issuer: &str, result: Fetched) {
        self.key_fetches
            .with(issuer, |results| results.count(result.as_str()));
    }

    /// Counts that a cache had what was needed.
    pub fn cache_hit(&self, cache: Cache) {
        self.cached(cache, 0);
    }

    /// Counts that a cache did not have what was needed.
    pub fn cache_missed(&self, cache: Cache) {
        self.cached(cache, 1);
    }

    fn cached(&self, cache: Cache, result: usize) {
        let counts = self.caches.get(cache as usize);
        if let Some(count) = counts.and_then(|counts| counts.get(result)) {
            add(count, 1);
        }
    }

    /// Shows this counter of what a writer of records was not given.
    pub fn show_drops(&self, sink: &'static str, drops: Drops) {
        let mut shown = self.drops.write().unwrap_or_else(PoisonError::into_inner);
        shown.insert(sink, drops);
    }

    /// Counts a manifest that came into force; `now` is the time since 1970.
    pub fn manifest_loaded(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.manifest_at.store(now, Ordering::Relaxed);
        add(&self.manifests, 1);
    }

    /// Counts a changed manifest that did not come into force.
    pub fn manifest_failed(&self) {
        add(&self.manifests_failed, 1);
    }

    /// All of them in Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        text::page(&self.families())
    }

    /// Visits every virtual server, and last what belongs to none.
    fn each(&self, mut visit: impl FnMut(&str, &PerServer)) {
        self.servers.each(|name, server| visit(name, server));
        visit(NONE, &self.unknown);
    }

    fn with(&self, virtual_server: Option<&str>, count: impl Fn(&PerServer)) {
        match virtual_server {
            Some(name) => self.servers.with(name, count),
            None => count(&self.unknown),
        }
    }
}

/// No counter orders anything else, and none is read to decide.
fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests;
