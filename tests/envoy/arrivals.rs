//! Streams that last: each event passes when it comes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failures::rest;
use crate::house::House;
use crate::message::{call, events, modern};

const EVENTS: usize = 60;

/// A Sluice may grow by this much while a stream of a minute passes.
const GROWTH: u64 = 2 << 20;

fn trickle(events: usize, interval: Duration) -> Value {
    let interval = u64::try_from(interval.as_millis()).unwrap();
    let mut message = call(
        1,
        "test_trickle",
        json!({"events": events, "interval_ms": interval}),
    );
    message["params"]["_meta"] = json!({"progressToken": "t"});
    message
}

/// The memory that Sluice holds, where it can be told.
fn memory(house: &House) -> u64 {
    match cfg!(target_os = "linux") {
        true => house.sluice.resident_bytes().unwrap(),
        false => 0,
    }
}

/// One event a second for a minute, and meanwhile a stream that is silent for longer than Envoy
/// keeps its gRPC client for.
#[tokio::test]
async fn a_minute_of_events_and_a_minute_of_silence() {
    let house = House::stateless();
    let url = house.url("triage");
    let silent = house
        .request(&url, &trickle(1, Duration::from_secs(62)))
        .send();
    let silent = tokio::spawn(silent);

    let asked = Instant::now();
    let request = house.request(&url, &modern(trickle(EVENTS, Duration::from_secs(1))));
    let mut response = request.send().await.unwrap();
    let mut arrivals = Vec::new();
    let mut bytes = String::new();
    let mut before = 0;
    while arrivals.len() < EVENTS {
        let chunk = response.chunk().await.unwrap().unwrap();
        let chunk = String::from_utf8(chunk.to_vec()).unwrap();
        for _ in chunk.matches("notifications/progress") {
            arrivals.push(asked.elapsed().as_secs_f64());
        }
        bytes.push_str(&chunk);
        if arrivals.len() == 10 {
            before = memory(&house);
        }
    }
    let after = memory(&house);
    let whole = rest(response, bytes).await;
    assert!(!whole.cut, "{whole:?}");

    // The server's clock drifts a little with each event, so each is measured from the one before.
    let gaps: Vec<f64> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let prompt = gaps.iter().filter(|gap| (0.7..1.4).contains(*gap)).count();
    // A busy machine may be late now and then; a buffer would always be.
    assert!(prompt * 4 >= EVENTS * 3, "{arrivals:?}");
    assert!(gaps.iter().all(|gap| *gap < 5.0), "{arrivals:?}");
    assert!(arrivals[EVENTS - 1] > 59.0, "{arrivals:?}");
    let data = events(&whole.bytes);
    assert_eq!(data.len(), EVENTS + 1, "{data:?}");
    let answer: Value = serde_json::from_str(&data[EVENTS]).unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "60 events");

    let growth = after.saturating_sub(before);
    assert!(growth < GROWTH, "grew from {before} to {after} bytes");

    let silent = rest(silent.await.unwrap().unwrap(), String::new()).await;
    assert!(!silent.cut, "{silent:?}");
    assert!(silent.bytes.contains("event 1 of 1"), "{silent:?}");
    assert!(silent.bytes.contains("1 events"), "{silent:?}");
}

/// A limit on whole answers is none on streams.
#[tokio::test]
async fn many_small_events_may_be_more_than_the_limit_of_an_answer() {
    let manifest = format!(
        "{}limits: {{max_response_bytes: 2KiB, max_sse_event_bytes: 2KiB}}\n",
        crate::house::MANIFEST
    );
    let house = House::with(crate::house::stateless(), &manifest, |config| config);
    let answer = house.ask(&trickle(60, Duration::from_millis(1))).await;
    assert!(answer.body.len() > 6 << 10, "{}", answer.body.len());
    assert_eq!(events(&answer.body).len(), 61);
    assert_eq!(
        answer.message()["result"]["content"][0]["text"],
        "60 events"
    );
}
