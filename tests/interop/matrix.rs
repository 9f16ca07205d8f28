//! Every client at every MCP server that it can speak to: a trial for each pair, and a table.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Failed, Trial};

use crate::clients::{CLIENTS, Client, Speaks};
use crate::compare::Verdict;
use crate::everything::everything;
use crate::pair;
use crate::place::Place;
use crate::plan::{Plan, repositories};
use crate::report::Table;
use crate::upstreams::{Feature, Transport, UPSTREAMS, Upstream};

/// How many trials run at a time: each has several processes at work, and some measure time.
pub(crate) const LANES: usize = 2;

/// What is counted besides checks.
const FEATURES: &[Feature] = &[
    Feature::Progress,
    Feature::Logging,
    Feature::Sampling,
    Feature::Elicitation,
    Feature::Announcement,
    Feature::Cancellation,
    Feature::Resumption,
];

/// A server of the matrix, started for the first of its pairs and stopped after the last.
#[derive(Debug)]
struct Row {
    upstream: &'static Upstream,
    place: Mutex<Option<Place>>,
    pairs_left: AtomicUsize,
}

impl Row {
    fn new(upstream: &'static Upstream) -> Arc<Self> {
        Arc::new(Self {
            upstream,
            place: Mutex::default(),
            pairs_left: AtomicUsize::new(clients(upstream).count()),
        })
    }

    /// Tries a client here, when no other one is here.
    fn try_client(&self, client: &Client) -> Result<Verdict, String> {
        let mut place = self
            .place
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let result = match place.take() {
            Some(place) => Ok(place),
            None => Place::start(self.upstream, plan(self.upstream)),
        };
        let result = result.and_then(|started| {
            let verdict = pair::run(&started, client);
            *place = Some(started);
            verdict
        });
        if self.pairs_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            *place = None;
        }
        result
    }
}

/// The clients for which the session of rmcp has no rest of a stream that broke off in the middle,
/// not even directly.
const UNRESUMED_BY_RMCP: &[&str] = &[
    "python-1.30.0",
    "python-2.3.0-legacy",
    "ts-1.32.2",
    "ts-2.4.0-legacy",
    "rmcp-3.9.0-initialize",
];

/// What clients do at a server.
pub(crate) fn plan(upstream: &Upstream) -> Plan {
    match upstream.sdk {
        sdk if sdk.starts_with("everything") => everything(),
        sdk if sdk.starts_with("rmcp") => Plan {
            unresumed: UNRESUMED_BY_RMCP,
            ..repositories()
        },
        _ => repositories(),
    }
}

/// The clients that can speak to a server.
fn clients(upstream: &'static Upstream) -> impl Iterator<Item = &'static Client> {
    CLIENTS
        .iter()
        .filter(move |client| why_not(upstream, client).is_none())
}

/// Why a client can't speak to a server, if it can't.
fn why_not(upstream: &'static Upstream, client: &Client) -> Option<&'static str> {
    let sse = upstream.transport == Transport::Sse;
    match client.speaks {
        Speaks::Sse if !sse => Some("only one of them speaks HTTP+SSE"),
        Speaks::Legacy | Speaks::Modern | Speaks::Either if sse => {
            Some("only one of them speaks HTTP+SSE")
        }
        Speaks::Modern if !upstream.is_modern() => Some("the server does not speak 2026-07-28"),
        Speaks::Legacy if !upstream.is_legacy() => Some("the server speaks only 2026-07-28"),
        Speaks::Sse | Speaks::Legacy | Speaks::Modern | Speaks::Either => None,
    }
}

/// The empty table of the matrix, with the reasons for what stays empty.
pub(crate) fn table() -> Arc<Table> {
    let rows = UPSTREAMS.iter().map(|upstream| upstream.name()).collect();
    let columns = CLIENTS.iter().map(Client::title).collect();
    let table = Table::new("MCP servers × clients: checks passed", rows, columns);
    // In this order, whatever comes first.
    let features = FEATURES.iter().copied().map(name);
    let counted = ["pairs", "checks"].into_iter().chain(features);
    for what in counted.chain(["forbidden executions", "hidden deliveries"]) {
        table.count(what, 0);
    }
    for upstream in UPSTREAMS {
        for client in CLIENTS {
            if let Some(reason) = why_not(upstream, client) {
                table.cannot(&upstream.name(), &client.title(), reason);
            }
        }
    }
    Arc::new(table)
}

/// A trial for each pair. Those that stand side by side are of different servers, so that they
/// can be tried at the same time.
pub(crate) fn trials(table: &Arc<Table>) -> Vec<Trial> {
    let rows: Vec<Arc<Row>> = UPSTREAMS.iter().map(Row::new).collect();
    let mut lanes: Vec<Vec<Trial>> = Vec::new();
    lanes.resize_with(LANES, Vec::new);
    for (number, row) in rows.iter().enumerate() {
        let trials = clients(row.upstream).map(|client| trial(row, client, table));
        lanes[number % LANES].extend(trials);
    }
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let mut trials = Vec::new();
    loop {
        let before = trials.len();
        trials.extend(lanes.iter_mut().filter_map(Iterator::next));
        if trials.len() == before {
            return trials;
        }
    }
}

fn trial(row: &Arc<Row>, client: &'static Client, table: &Arc<Table>) -> Trial {
    let name = format!("matrix::{}::{}", row.upstream.name(), client.name);
    let (row, table) = (Arc::clone(row), Arc::clone(table));
    Trial::test(name, move || {
        let verdict = row.try_client(client);
        fill(&table, &row.upstream.name(), client, &verdict);
        judge(verdict?)
    })
}

/// Fills the cell of a pair.
fn fill(table: &Table, row: &str, client: &Client, verdict: &Result<Verdict, String>) {
    let cell = match verdict {
        Ok(verdict) if verdict.failures.is_empty() => verdict.checks.to_string(),
        Ok(verdict) => format!("{} of {} failed", verdict.failures.len(), verdict.checks),
        Err(_) => "failed".to_owned(),
    };
    table.set(row, &client.title(), cell);
    table.count("pairs", 1);
    if let Ok(verdict) = verdict {
        table.count("checks", verdict.checks);
        for feature in &verdict.features {
            table.count(name(*feature), 1);
        }
        table.count("forbidden executions", verdict.executions);
        table.count("hidden deliveries", verdict.deliveries);
    }
}

/// What a feature is called where pairs are counted.
fn name(feature: Feature) -> &'static str {
    match feature {
        Feature::Progress => "with progress",
        Feature::Logging => "with logging",
        Feature::Sampling => "with sampling",
        Feature::Elicitation => "with elicitation",
        Feature::Announcement => "with announcements",
        Feature::Cancellation => "with cancellation",
        Feature::Resumption => "with resumption",
    }
}

fn judge(verdict: Verdict) -> Result<(), Failed> {
    match verdict.failures.is_empty() {
        true => Ok(()),
        false => Err(verdict.failures.join("\n").into()),
    }
}
