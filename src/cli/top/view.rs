//! What is shown, of one page or of what has changed between two.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::page::{Page, Sample};

/// What is shown. What the page does not have is `None`.
#[derive(Debug, Default, Serialize)]
pub(super) struct View {
    /// How many exchanges there are now.
    pub(super) in_flight: Option<f64>,
    /// The generation of the manifest.
    pub(super) generation: Option<f64>,
    pub(super) servers: Vec<Row>,
    pub(super) tools: Vec<Row>,
    pub(super) refusals: Vec<Row>,
}

/// A virtual server, a tool of one, or a reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    /// How many there were since the start.
    pub(super) total: f64,
    /// How many there are in a second.
    pub(super) rate: Option<f64>,
    /// How many of them were refused, or failed, since the start.
    pub(super) failed: Option<f64>,
    /// How long half of them take, and 95 and 99 of 100, in seconds: lately, or since the start.
    pub(super) quantiles: Option<[f64; 3]>,
}

const DURATION: &str = "mcp_server_operation_duration_seconds";
const DECISIONS: &str = "sluice_decisions_total";
const CALLS: &str = "sluice_tool_calls_total";

impl View {
    /// Of a page, and of the one that was read so long before it.
    pub(super) fn of(page: &Page, before: Option<(&Page, Duration)>) -> Self {
        let one = |name| page.named(name).next().map(|sample| sample.value);
        let server = |sample: &Sample| sample.label("virtual_server").to_owned();
        let tool = |sample: &Sample| {
            let tool = sample.label("gen_ai_tool_name");
            format!("{} {tool}", sample.label("virtual_server"))
        };
        let is_refused = |sample: &Sample| sample.label("decision") == "deny";
        let failed = |sample: &Sample| sample.label("outcome") != "ok";
        let table = |name, key: &dyn Fn(&Sample) -> String, fails: &dyn Fn(&Sample) -> bool| {
            rows(page, before, name, key, fails)
        };
        let reason = |sample: &Sample| sample.label("reason").to_owned();
        let mut refusals = table(DECISIONS, &reason, &is_refused);
        refusals.retain(|row| row.failed.is_some_and(|failed| failed > 0.0));
        for row in &mut refusals {
            row.failed = None;
        }
        let mut servers = table(DECISIONS, &server, &is_refused);
        time(&mut servers, page, before, &server);
        let mut tools = table(CALLS, &tool, &failed);
        time(&mut tools, page, before, &tool);
        Self {
            in_flight: one("sluice_exchanges_in_flight"),
            generation: one("sluice_manifest_generation"),
            servers,
            tools,
            refusals,
        }
    }
}

/// The sums of the samples of a name, by key.
fn sums(page: &Page, name: &str, key: &dyn Fn(&Sample) -> String) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for sample in page.named(name) {
        *sums.entry(key(sample)).or_insert(0.0) += sample.value;
    }
    sums
}

fn rows(
    page: &Page,
    before: Option<(&Page, Duration)>,
    name: &str,
    key: &dyn Fn(&Sample) -> String,
    fails: &dyn Fn(&Sample) -> bool,
) -> Vec<Row> {
    let earlier = before.map(|(page, time)| (sums(page, name, key), time.as_secs_f64()));
    let mut failed = BTreeMap::new();
    for sample in page.named(name).filter(|sample| fails(sample)) {
        *failed.entry(key(sample)).or_insert(0.0) += sample.value;
    }
    let rows = sums(page, name, key).into_iter().map(|(name, total)| Row {
        rate: earlier.as_ref().map(|(earlier, seconds)| {
            let since = total - earlier.get(&name).unwrap_or(&0.0);
            // A Sluice that has started anew counts from zero.
            since.max(0.0) / seconds.max(0.001)
        }),
        total,
        failed: Some(failed.get(&name).copied().unwrap_or(0.0)),
        quantiles: None,
        name,
    });
    rows.collect()
}

/// Says of each row how long it takes.
fn time(
    rows: &mut [Row],
    page: &Page,
    before: Option<(&Page, Duration)>,
    key: &dyn Fn(&Sample) -> String,
) {
    let name = format!("{DURATION}_bucket");
    for row in rows {
        let buckets = |page: &Page| {
            let mut buckets: BTreeMap<String, f64> = BTreeMap::new();
            for sample in page.named(&name).filter(|sample| key(sample) == row.name) {
                *buckets.entry(sample.label("le").to_owned()).or_default() += sample.value;
            }
            buckets
        };
        let mut now = buckets(page);
        if let Some((before, _)) = before {
            for (bound, count) in buckets(before) {
                now.entry(bound)
                    .and_modify(|it| *it = (*it - count).max(0.0));
            }
        }
        let bounds = now.into_iter().filter_map(|(bound, count)| {
            let bound = bound.parse::<f64>().ok()?;
            Some((bound, count))
        });
        let mut buckets: Vec<(f64, f64)> = bounds.collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        row.quantiles = quantiles(&buckets);
    }
}

/// The values below which 50, 95 and 99 of 100 lie, by straight lines within buckets; of the last
/// bucket, which has no end, its beginning. `buckets` are bounds, and how many lie below.
fn quantiles(buckets: &[(f64, f64)]) -> Option<[f64; 3]> {
    let (_, all) = buckets.last()?;
    let quantile = |part: f64| {
        let wanted = part * all;
        let (mut start, mut below) = (0.0, 0.0);
        for (bound, count) in buckets {
            if *count >= wanted && bound.is_finite() {
                let share = (wanted - below) / (count - below).max(f64::MIN_POSITIVE);
                return start + (bound - start) * share;
            }
            if bound.is_finite() {
                (start, below) = (*bound, *count);
            }
        }
        start
    };
    (*all > 0.0).then(|| [quantile(0.5), quantile(0.95), quantile(0.99)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_within_their_buckets() {
        assert_eq!(quantiles(&[]), None);
        assert_eq!(quantiles(&[(1.0, 0.0), (f64::INFINITY, 0.0)]), None);
        let even = [(1.0, 50.0), (2.0, 100.0), (f64::INFINITY, 100.0)];
        let near = |[a, b, c]: [f64; 3]| [a, b, c].map(|it| (it * 1000.0).round());
        assert_eq!(quantiles(&even).map(near), Some([1000.0, 1900.0, 1980.0]));
        let long = [(1.0, 50.0), (2.0, 50.0), (f64::INFINITY, 100.0)];
        assert_eq!(quantiles(&long), Some([1.0, 2.0, 2.0]));
    }

    #[test]
    fn rates_are_of_what_has_changed() {
        let page = |allowed: u32, denied: u32, slow: u32| {
            let line = |decision: &str, reason: &str, count: u32| {
                format!(
                    "{DECISIONS}{{virtual_server=\"a\",decision=\"{decision}\",reason=\"{reason}\"}} {count}\n"
                )
            };
            let bucket = |bound: &str, count: u32| {
                format!("{DURATION}_bucket{{virtual_server=\"a\",le=\"{bound}\"}} {count}\n")
            };
            let text = line("allow", "-", allowed) + &line("deny", "tool_not_enabled", denied);
            Page::read(&(text + &bucket("1", allowed) + &bucket("2", allowed + slow)))
        };
        let (first, second) = (page(10, 4, 0), page(10, 10, 6));
        let view = View::of(&second, Some((&first, Duration::from_secs(2))));
        let [server] = view.servers.as_slice() else {
            panic!("{view:?}");
        };
        assert_eq!(
            (server.total, server.failed, server.rate),
            (20.0, Some(10.0), Some(3.0))
        );
        let near = |[a, b, c]: [f64; 3]| [a, b, c].map(|it| (it * 1000.0).round());
        assert_eq!(server.quantiles.map(near), Some([1500.0, 1950.0, 1990.0]));
        let [reason] = view.refusals.as_slice() else {
            panic!("{view:?}");
        };
        assert_eq!(
            (reason.name.as_str(), reason.rate),
            ("tool_not_enabled", Some(3.0))
        );
        let restarted = View::of(&page(1, 0, 0), Some((&second, Duration::from_secs(1))));
        assert_eq!(restarted.servers[0].rate, Some(0.0));
        assert_eq!(View::of(&Page::default(), None).in_flight, None);
    }
}
