//! The counters, and the page that shows them.
//!
//! They are plain numbers: whoever exports them, in whatever protocol, reads the same ones.

use std::array;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::record::Record;
use super::text::Text;
use crate::exchange::Occurrence;
use crate::policy::Reason;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What stands for a virtual server that is not known, and for the reason of what needs none.
const NONE: &str = "-";

/// Everything that is counted. One serves all policies and all runtimes.
#[derive(Debug, Default)]
pub struct Metrics {
    /// By name. It only grows, by names that a manifest has; a counter must not go back to zero
    /// because its virtual server was away for a while.
    servers: RwLock<BTreeMap<Box<str>, PerServer>>,
    unknown: PerServer,
    /// How many exchanges have begun and not ended.
    in_flight: AtomicU64,
    /// How many manifests came into force.
    manifests: AtomicU64,
    manifests_failed: AtomicU64,
    /// When the last one came into force, in milliseconds since 1970.
    manifest_at: AtomicU64,
}

/// The counters of one virtual server.
#[derive(Debug)]
struct PerServer {
    allowed: AtomicU64,
    answered: AtomicU64,
    /// In the order of [`Reason::ALL`].
    refused: [AtomicU64; Reason::ALL.len()],
    lists: AtomicU64,
    removed: AtomicU64,
    dropped: AtomicU64,
    /// Tokens that the upstream did not take.
    rejected: AtomicU64,
}

impl Default for PerServer {
    fn default() -> Self {
        Self {
            allowed: AtomicU64::default(),
            answered: AtomicU64::default(),
            refused: array::from_fn(|_| AtomicU64::default()),
            lists: AtomicU64::default(),
            removed: AtomicU64::default(),
            dropped: AtomicU64::default(),
            rejected: AtomicU64::default(),
        }
    }
}

impl PerServer {
    fn count(&self, occurrence: &Occurrence) {
        match occurrence {
            Occurrence::Allowed { .. } => add(&self.allowed, 1),
            Occurrence::Refused { reason, .. } => {
                if let Some(counter) = self.refused.get(*reason as usize) {
                    add(counter, 1);
                }
            }
            Occurrence::Filtered { removed, .. } => {
                add(&self.lists, 1);
                add(&self.removed, u64::try_from(*removed).unwrap_or(u64::MAX));
            }
            Occurrence::Dropped { .. } => add(&self.dropped, 1),
            // What a guardrail refuses is counted as refused.
            Occurrence::Guarded { .. } | Occurrence::Answered { .. } | Occurrence::InSession(_) => {
            }
        }
    }

    /// The series of decisions that have been made: decision, reason, how often.
    fn decisions(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let refused = Reason::ALL.iter().zip(&self.refused);
        let refused = refused.map(|(reason, count)| ("deny", reason.as_str(), get(count)));
        [
            ("allow", NONE, get(&self.allowed)),
            ("answer", NONE, get(&self.answered)),
        ]
        .into_iter()
        .chain(refused)
        .filter(|(_, _, count)| *count > 0)
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
    pub fn ended(&self, _record: &Record) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a request that Sluice answered itself, without a decision.
    pub fn answered(&self, virtual_server: Option<&str>) {
        self.with(virtual_server, |server| add(&server.answered, 1));
    }

    /// Counts a token of an authorization server that the upstream did not take.
    pub fn token_rejected(&self, virtual_server: Option<&str>) {
        self.with(virtual_server, |server| add(&server.rejected, 1));
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
        let mut text = Text::default();
        self.write_decisions(&mut text);
        self.write_per_server(&mut text);
        self.write_manifest(&mut text);
        text.finish()
    }

    fn write_decisions(&self, text: &mut Text) {
        let name = "sluice_decisions_total";
        let help =
            "Messages of clients that were allowed, denied for a reason, or answered by Sluice.";
        text.family(name, "counter", help);
        self.each(|server, counters| {
            for (decision, reason, count) in counters.decisions() {
                let labels = [
                    ("virtual_server", server),
                    ("decision", decision),
                    ("reason", reason),
                ];
                text.sample(name, &labels, count);
            }
        });
    }

    fn write_per_server(&self, text: &mut Text) {
        type Counter = fn(&PerServer) -> &AtomicU64;
        let families: [(&str, &str, Counter); 4] = [
            (
                "sluice_lists_filtered_total",
                "Lists of servers that were cut to what is enabled.",
                |server| &server.lists,
            ),
            (
                "sluice_list_entries_removed_total",
                "Entries that were cut out of lists.",
                |server| &server.removed,
            ),
            (
                "sluice_messages_dropped_total",
                "Messages of servers that were not passed on.",
                |server| &server.dropped,
            ),
            (
                "sluice_tokens_rejected_total",
                "Tokens of authorization servers that a server did not take.",
                |server| &server.rejected,
            ),
        ];
        for (name, help, counter) in families {
            text.family(name, "counter", help);
            self.each(|server, counters| {
                let count = get(counter(counters));
                if count > 0 {
                    text.sample(name, &[("virtual_server", server)], count);
                }
            });
        }
    }

    fn write_manifest(&self, text: &mut Text) {
        let name = "sluice_manifest_generation";
        let help = "How many manifests came into force since the start, the first one included.";
        text.family(name, "gauge", help);
        text.sample(name, &[], get(&self.manifests));
        let name = "sluice_manifest_last_load_timestamp_seconds";
        let help = "When the manifest in force was loaded, in seconds since 1970.";
        text.family(name, "gauge", help);
        let at = get(&self.manifest_at);
        let at = format_args!("{}.{:03}", at / 1000, at % 1000).to_string();
        text.sample(name, &[], at);
        let name = "sluice_manifest_loads_failed_total";
        let help = "Changed manifests that did not come into force.";
        text.family(name, "counter", help);
        text.sample(name, &[], get(&self.manifests_failed));
    }

    /// Visits every virtual server, and last what belongs to none.
    fn each(&self, mut visit: impl FnMut(&str, &PerServer)) {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        for (name, server) in servers.iter() {
            visit(name, server);
        }
        visit(NONE, &self.unknown);
    }

    fn with(&self, virtual_server: Option<&str>, count: impl Fn(&PerServer)) {
        let Some(name) = virtual_server else {
            return count(&self.unknown);
        };
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(name) {
            return count(server);
        }
        drop(servers);
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        count(servers.entry(name.into()).or_default());
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
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::exchange::{Answer, Asked};

    fn allowed(target: &str) -> Occurrence {
        let asked = Asked {
            method: Some("tools/call"),
            target: Some(target.to_owned()),
            ..Asked::default()
        };
        Occurrence::Allowed {
            asked: Arc::new(asked),
            rule: None,
        }
    }

    fn refused(reason: Reason, target: &str) -> Occurrence {
        Occurrence::Refused {
            reason,
            status: 200,
            answer: Answer::Error { code: None },
            detail: "".into(),
            target: Some(target.to_owned()),
            asked: None,
            rule: None,
        }
    }

    fn series(metrics: &Metrics) -> Vec<String> {
        let text = metrics.text();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.map(str::to_owned).collect()
    }

    #[test]
    fn each_reason_is_counted_under_its_own_word() {
        let metrics = Metrics::default();
        for (index, reason) in Reason::ALL.iter().enumerate() {
            for _ in 0..=index {
                metrics.count(Some("v"), &refused(*reason, "t"));
            }
        }
        let series = series(&metrics);
        for (index, reason) in Reason::ALL.iter().enumerate() {
            let line = format!(
                "sluice_decisions_total{{virtual_server=\"v\",decision=\"deny\",reason=\"{reason}\"}} {}",
                index + 1
            );
            assert!(series.contains(&line), "{line}");
        }
    }

    #[test]
    fn what_a_message_names_makes_no_series() {
        let metrics = Metrics::default();
        metrics.count(Some("v"), &allowed("a"));
        metrics.count(None, &refused(Reason::UnknownVirtualServer, "a"));
        metrics.count(Some("v"), &refused(Reason::ToolNotEnabled, "a"));
        let before = series(&metrics).len();
        for index in 0..1000 {
            let name = format!("invented-{index}");
            metrics.count(Some("v"), &allowed(&name));
            metrics.count(Some("v"), &refused(Reason::ToolNotEnabled, &name));
            metrics.count(None, &refused(Reason::UnknownVirtualServer, &name));
        }
        assert_eq!(series(&metrics).len(), before);
        let line = "sluice_decisions_total{virtual_server=\"-\",decision=\"deny\",reason=\"unknown_virtual_server\"} 1001";
        assert!(series(&metrics).iter().any(|found| found == line));
    }

    #[test]
    fn the_rest_is_counted_as_it_happens() {
        let metrics = Metrics::default();
        for removed in [0, 3] {
            let list = "tools";
            let kept = 1;
            metrics.count(
                Some("v"),
                &Occurrence::Filtered {
                    list,
                    kept,
                    removed,
                },
            );
        }
        metrics.count(Some("v"), &Occurrence::Dropped { detail: "" });
        metrics.answered(Some("v"));
        metrics.token_rejected(Some("v"));
        metrics.manifest_loaded(Duration::from_millis(1_700_000_000_025));
        metrics.manifest_failed();
        let expected = [
            "sluice_decisions_total{virtual_server=\"v\",decision=\"answer\",reason=\"-\"} 1",
            "sluice_lists_filtered_total{virtual_server=\"v\"} 2",
            "sluice_list_entries_removed_total{virtual_server=\"v\"} 3",
            "sluice_messages_dropped_total{virtual_server=\"v\"} 1",
            "sluice_tokens_rejected_total{virtual_server=\"v\"} 1",
            "sluice_manifest_generation 1",
            "sluice_manifest_last_load_timestamp_seconds 1700000000.025",
            "sluice_manifest_loads_failed_total 1",
        ];
        assert_eq!(series(&metrics), expected);
    }
}
