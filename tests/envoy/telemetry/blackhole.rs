//! A collector that accepts everything and answers nothing: nobody waits for it, and nothing grows.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::collector::spans_to;
use crate::house::{Answer, json as answering_json, post, sluice, wait_for};
use crate::message::call;
use crate::support::envoy::{Config, Envoy};
use crate::support::github::Github;
use crate::support::sluice::Process;

const MANIFEST: &str = "
servers:
  github: {}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    servers: [{name: github, enabled_tools: [get_me]}]
    telemetry: {payloads: [arguments, results]}
";

/// For how long there is load, and how many calls are under way at a time.
const LOAD: Duration = Duration::from_secs(8);
const AT_ONCE: usize = 8;

/// Takes every connection, and reads and writes nothing.
fn blackhole() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let connections: Vec<_> = listener.incoming().collect();
        drop(connections);
    });
    address
}

/// Calls for a while, and says how long the slowest took and how many there were.
async fn load(url: &str, call: &Value, time: Duration) -> (Duration, usize) {
    let began = Instant::now();
    let one = || async {
        let client = reqwest::Client::new();
        let (mut slowest, mut calls) = (Duration::ZERO, 0);
        while began.elapsed() < time {
            let asked = Instant::now();
            let answer = Answer::of(post(&client, url, call)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            slowest = slowest.max(asked.elapsed());
            calls += 1;
        }
        (slowest, calls)
    };
    let all = futures_util::future::join_all((0..AT_ONCE).map(|_| one())).await;
    all.into_iter().fold((Duration::ZERO, 0), |sum, one| {
        (sum.0.max(one.0), sum.1 + one.1)
    })
}

async fn is_ignored(protocol: &str) {
    let setup = spans_to(blackhole(), sluice(MANIFEST))
        .environment("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .environment("OTEL_EXPORTER_OTLP_TIMEOUT", "3000")
        .environment("OTEL_BSP_MAX_QUEUE_SIZE", "256")
        .environment("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64");
    let github = Github::start(answering_json()).unwrap();
    let mut sluice: Process = setup.start().unwrap();
    let config = Config::new(&sluice.unix(), github.address()).unwrap();
    let envoy = Envoy::start(&config).unwrap();
    let url = envoy.url("/mcp/triage");
    let message = call(1, "get_me", json!({"x": "y".repeat(2000)}));

    // Until all queues are full.
    load(&url, &message, LOAD / 2).await;
    let before = sluice.resident_bytes().unwrap();
    let (slowest, calls) = load(&url, &message, LOAD).await;
    let after = sluice.resident_bytes().unwrap();
    assert!(calls > 200, "{calls} calls");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let grown = after.saturating_sub(before) >> 20;
    assert!(
        grown < 8,
        "grown by {grown} MiB to {} MiB in {calls} calls",
        after >> 20
    );
    assert!(
        sluice.log().contains("spans can't be sent"),
        "{}",
        sluice.log()
    );
    assert_eq!(sluice.log().matches("spans can't be sent").count(), 1);

    // Nor does the end wait for it for long.
    sluice.signal("TERM").unwrap();
    let began = Instant::now();
    wait_for("the end", || sluice.ended().is_some()).await;
    assert!(
        began.elapsed() < Duration::from_secs(12),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_collector_that_never_answers_by_grpc_is_waited_for_by_nobody() {
    is_ignored("grpc").await;
}

#[tokio::test]
async fn a_collector_that_never_answers_by_http_is_waited_for_by_nobody() {
    is_ignored("http/protobuf").await;
}
