//! `envoy/stats.yaml`: Envoy's own metrics.

use std::time::Duration;

use serde_json::json;

use crate::house::{House, MANIFEST, stateless};
use crate::message::call;

/// The series of this name, once all requests are counted.
async fn series(house: &House, name: &str, requests: usize) -> Vec<String> {
    while house.envoy.access_log().len() < requests {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let page = house.envoy.admin("/stats/prometheus").unwrap();
    let mut lines: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with(name))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn envoy_counts_by_decision_and_outcome_and_clients_make_no_series() {
    let house = House::with(stateless(), MANIFEST, |config| {
        config.example("stats.yaml").unwrap()
    });
    for _ in 0..3 {
        house.ask(&call(1, "get_me", json!({}))).await;
    }
    for index in 0..20 {
        house
            .ask(&call(1, &format!("invented_{index}"), json!({})))
            .await;
    }
    let counted = series(&house, "envoy_sluice_requests{", 23).await;
    assert_eq!(
        counted,
        [
            r#"envoy_sluice_requests{virtual_server="triage",decision="allow",reason="",outcome="ok"} 3"#,
            r#"envoy_sluice_requests{virtual_server="triage",decision="deny",reason="tool_not_enabled",outcome="rpc_error"} 20"#,
        ]
    );
    let durations = series(&house, "envoy_sluice_duration_count{", 23).await;
    assert_eq!(durations.len(), 2, "{durations:?}");
}
