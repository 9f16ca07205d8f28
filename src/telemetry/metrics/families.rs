//! All numbers at one moment.

use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

use super::family::{Description, Family, Kind, Label, Number};
use super::per_server::PerServer;
use super::{Cache, Metrics, get};

const DECISIONS: Description = Description {
    name: "sluice_decisions_total",
    otlp: "sluice.decisions",
    unit: "{decision}",
    help: "Messages of clients that were allowed, denied for a reason, or answered by Sluice.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer, Label::Decision, Label::Reason],
};

const OPERATIONS: Description = Description {
    name: "mcp_server_operation_duration_seconds",
    otlp: "mcp.server.operation.duration",
    unit: "s",
    help: "How long requests and notifications of clients took, from the first byte to the last.",
    kind: Kind::Histogram,
    labels: &[
        Label::VirtualServer,
        Label::Method,
        Label::Tool,
        Label::Error,
    ],
};

const FILTER: Description = Description {
    name: "sluice_filter_duration_seconds",
    otlp: "sluice.filter.duration",
    unit: "s",
    help: "How long Sluice itself was at work for an exchange.",
    kind: Kind::Histogram,
    labels: &[Label::VirtualServer],
};

const UPSTREAM: Description = Description {
    name: "sluice_upstream_duration_seconds",
    otlp: "sluice.upstream.duration",
    unit: "s",
    help: "How long servers were waited for, from the end of the request to the head of the response.",
    kind: Kind::Histogram,
    labels: &[Label::VirtualServer],
};

const CALLS: Description = Description {
    name: "sluice_tool_calls_total",
    otlp: "sluice.tool_calls",
    unit: "{call}",
    help: "Calls of tools, by what became of them.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer, Label::Tool, Label::Outcome],
};

const LOOKS: Description = Description {
    name: "sluice_guardrail_looks_total",
    otlp: "sluice.guardrail.looks",
    unit: "{look}",
    help: "Looks of guardrails, by what they came to.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer, Label::Guardrail, Label::Outcome],
};

const FINDINGS: Description = Description {
    name: "sluice_findings_total",
    otlp: "sluice.findings",
    unit: "{finding}",
    help: "What guardrails found, and what was done about it.",
    kind: Kind::Counter,
    labels: &[
        Label::VirtualServer,
        Label::Guardrail,
        Label::Entity,
        Label::Action,
    ],
};

const LISTS: Description = Description {
    name: "sluice_lists_filtered_total",
    otlp: "sluice.lists_filtered",
    unit: "{list}",
    help: "Lists of servers that were cut to what is enabled.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer],
};

const REMOVED: Description = Description {
    name: "sluice_list_entries_removed_total",
    otlp: "sluice.list_entries_removed",
    unit: "{entry}",
    help: "Entries that were cut out of lists.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer],
};

const DROPPED: Description = Description {
    name: "sluice_messages_dropped_total",
    otlp: "sluice.messages_dropped",
    unit: "{message}",
    help: "Messages of servers that were not passed on.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer],
};

const REJECTED: Description = Description {
    name: "sluice_tokens_rejected_total",
    otlp: "sluice.tokens_rejected",
    unit: "{token}",
    help: "Tokens of authorization servers that a server did not take.",
    kind: Kind::Counter,
    labels: &[Label::VirtualServer],
};

const TOKENS: Description = Description {
    name: "sluice_token_requests_total",
    otlp: "sluice.token_requests",
    unit: "{request}",
    help: "Requests for tokens to authorization servers, by the server that the token is for.",
    kind: Kind::Counter,
    labels: &[Label::Server, Label::Result],
};

const KEYS: Description = Description {
    name: "sluice_key_fetches_total",
    otlp: "sluice.key_fetches",
    unit: "{fetch}",
    help: "Fetches of the keys of issuers (JWKS).",
    kind: Kind::Counter,
    labels: &[Label::Issuer, Label::Result],
};

const CACHES: Description = Description {
    name: "sluice_cache_requests_total",
    otlp: "sluice.cache_requests",
    unit: "{request}",
    help: "How often a cache had what was needed, and how often it had to be found out.",
    kind: Kind::Counter,
    labels: &[Label::Cache, Label::Result],
};

const IN_FLIGHT: Description = Description {
    name: "sluice_exchanges_in_flight",
    otlp: "sluice.exchanges_in_flight",
    unit: "{exchange}",
    help: "Exchanges that have begun and not ended.",
    kind: Kind::Gauge,
    labels: &[],
};

const LOST: Description = Description {
    name: "sluice_telemetry_dropped_total",
    otlp: "sluice.telemetry_dropped",
    unit: "{record}",
    help: "Records of exchanges that were dropped because their writer could not keep up.",
    kind: Kind::Counter,
    labels: &[Label::Sink],
};

const GENERATION: Description = Description {
    name: "sluice_manifest_generation",
    otlp: "sluice.manifest.generation",
    unit: "{manifest}",
    help: "How many manifests came into force since the start, the first one included.",
    kind: Kind::Gauge,
    labels: &[],
};

const LOADED: Description = Description {
    name: "sluice_manifest_last_load_timestamp_seconds",
    otlp: "sluice.manifest.last_load_timestamp",
    unit: "s",
    help: "When the manifest in force was loaded, in seconds since 1970.",
    kind: Kind::Gauge,
    labels: &[],
};

const FAILED: Description = Description {
    name: "sluice_manifest_loads_failed_total",
    otlp: "sluice.manifest.loads_failed",
    unit: "{load}",
    help: "Changed manifests that did not come into force.",
    kind: Kind::Counter,
    labels: &[],
};

impl Metrics {
    /// All numbers, as they are now.
    pub(crate) fn families(&self) -> Vec<Family> {
        let mut families = vec![
            self.decisions(),
            self.operations(),
            self.tool_calls(),
            self.times(&FILTER, |server| server.filter.seen().map(Number::Times)),
            self.times(&UPSTREAM, |server| {
                server.upstream.seen().map(Number::Times)
            }),
            self.looks(),
            self.findings(),
            self.counters(&LISTS, |server| &server.lists),
            self.counters(&REMOVED, |server| &server.removed),
            self.counters(&DROPPED, |server| &server.dropped),
            self.counters(&REJECTED, |server| &server.rejected),
        ];
        families.extend(self.of_the_process());
        families
    }

    fn decisions(&self) -> Family {
        let mut family = Family::new(&DECISIONS);
        self.each(|server, counters| {
            for (decision, reason, count) in counters.decisions() {
                family.add_counted(&[server, decision, reason], count);
            }
        });
        family
    }

    fn operations(&self) -> Family {
        let mut family = Family::new(&OPERATIONS);
        self.each(|server, counters| {
            counters.each_tool(|name, tool| {
                tool.operations.each(|(method, error), times| {
                    if let Some(times) = times.seen() {
                        family.add(&[server, method, name, error], Number::Times(times));
                    }
                });
            });
        });
        family
    }

    fn tool_calls(&self) -> Family {
        let mut family = Family::new(&CALLS);
        self.each(|server, counters| {
            counters.each_tool(|name, tool| {
                tool.calls.each(|outcome, count| {
                    family.add_counted(&[server, name, outcome], get(count));
                });
            });
        });
        family
    }

    fn looks(&self) -> Family {
        let mut family = Family::new(&LOOKS);
        self.each(|server, counters| {
            counters.guardrails.each(|name, guardrail| {
                guardrail.looks.each(|outcome, count| {
                    family.add_counted(&[server, name, outcome], get(count));
                });
            });
        });
        family
    }

    fn findings(&self) -> Family {
        let mut family = Family::new(&FINDINGS);
        self.each(|server, counters| {
            counters.guardrails.each(|name, guardrail| {
                guardrail.findings.each(|entity, actions| {
                    actions.each(|action, count| {
                        family.add_counted(&[server, name, entity, action], get(count));
                    });
                });
            });
        });
        family
    }

    fn times(
        &self,
        description: &'static Description,
        seen: impl Fn(&PerServer) -> Option<Number>,
    ) -> Family {
        let mut family = Family::new(description);
        self.each(|server, counters| {
            if let Some(times) = seen(counters) {
                family.add(&[server], times);
            }
        });
        family
    }

    fn counters(
        &self,
        description: &'static Description,
        counter: impl Fn(&PerServer) -> &AtomicU64,
    ) -> Family {
        let mut family = Family::new(description);
        self.each(|server, counters| family.add_counted(&[server], get(counter(counters))));
        family
    }

    /// What belongs to no virtual server.
    fn of_the_process(&self) -> [Family; 8] {
        let mut tokens = Family::new(&TOKENS);
        self.token_requests.each(|server, results| {
            results.each(|result, count| tokens.add_counted(&[server, result], get(count)));
        });
        let mut keys = Family::new(&KEYS);
        self.key_fetches.each(|issuer, results| {
            results.each(|result, count| keys.add_counted(&[issuer, result], get(count)));
        });
        let mut caches = Family::new(&CACHES);
        for (cache, counts) in Cache::ALL.iter().zip(&self.caches) {
            for (result, count) in ["hit", "miss"].iter().zip(counts) {
                caches.add(&[cache.as_str(), result], Number::Whole(get(count)));
            }
        }
        let mut lost = Family::new(&LOST);
        let drops = self.drops.read().unwrap_or_else(PoisonError::into_inner);
        for (sink, count) in drops.iter() {
            lost.add(&[sink], Number::Whole(count.get()));
        }
        let one = |description, number| {
            let mut family = Family::new(description);
            family.add(&[], number);
            family
        };
        let whole = |counter| Number::Whole(get(counter));
        [
            tokens,
            keys,
            caches,
            one(&IN_FLIGHT, whole(&self.in_flight)),
            lost,
            one(&GENERATION, whole(&self.manifests)),
            one(&LOADED, Number::Fraction(seconds(get(&self.manifest_at)))),
            one(&FAILED, whole(&self.manifests_failed)),
        ]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are exact for longer than any computer runs"
)]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1e3
}
