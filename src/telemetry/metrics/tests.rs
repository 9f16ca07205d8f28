//! What is counted, and under which labels.

mod ended;
mod queries;
mod traffic;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::exchange::{Answer, Asked};
use crate::policy::Reason;

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
    metrics.token_requested("crm", Fetched::Refused);
    metrics.keys_fetched("https://idp.example.com", Fetched::Ok);
    metrics.cache_hit(Cache::Credentials);
    metrics.cache_missed(Cache::CallerTokens);
    metrics.cache_missed(Cache::CallerTokens);
    let drops = Drops::default();
    metrics.show_drops("audit", drops.clone());
    drops.count();
    drops.count();
    metrics.began();
    let expected = [
        "sluice_decisions_total{virtual_server=\"v\",decision=\"answer\",reason=\"-\"} 1",
        "sluice_lists_filtered_total{virtual_server=\"v\"} 2",
        "sluice_list_entries_removed_total{virtual_server=\"v\"} 3",
        "sluice_messages_dropped_total{virtual_server=\"v\"} 1",
        "sluice_tokens_rejected_total{virtual_server=\"v\"} 1",
        "sluice_token_requests_total{server=\"crm\",result=\"refused\"} 1",
        "sluice_key_fetches_total{issuer=\"https://idp.example.com\",result=\"ok\"} 1",
        "sluice_cache_requests_total{cache=\"caller_tokens\",result=\"hit\"} 0",
        "sluice_cache_requests_total{cache=\"caller_tokens\",result=\"miss\"} 2",
        "sluice_cache_requests_total{cache=\"credentials\",result=\"hit\"} 1",
        "sluice_cache_requests_total{cache=\"credentials\",result=\"miss\"} 0",
        "sluice_exchanges_in_flight 1",
        "sluice_telemetry_dropped_total{sink=\"audit\"} 2",
        "sluice_manifest_generation 1",
        "sluice_manifest_last_load_timestamp_seconds 1700000000.025",
        "sluice_manifest_loads_failed_total 1",
    ];
    assert_eq!(series(&metrics), expected);
}
