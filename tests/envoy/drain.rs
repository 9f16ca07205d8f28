//! The end of a Sluice: what is in flight finishes, and a successor takes over.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::failures::rest;
use crate::house::{Answer, House, MANIFEST, post, sluice, stateless, wait_for};
use crate::message::{call, modern};

fn trickle(events: u32, interval_ms: u32) -> Value {
    let arguments = json!({"events": events, "interval_ms": interval_ms});
    let mut message = call(1, "test_trickle", arguments);
    message["params"]["_meta"] = json!({"progressToken": 1});
    message
}

/// An answer that has begun, with the events that came so far.
async fn begun(house: &House, message: &Value) -> (reqwest::Response, String) {
    let request = house.request(&house.url("triage"), message);
    let mut response = request.send().await.unwrap();
    let mut bytes = String::new();
    while !bytes.contains("event 1 of") {
        let chunk = response.chunk().await.unwrap().unwrap();
        bytes.push_str(&String::from_utf8_lossy(&chunk));
    }
    (response, bytes)
}

#[tokio::test]
async fn what_is_in_flight_finishes_and_nothing_new_begins() {
    let setup = sluice(MANIFEST).tcp();
    let mut house = House::from(stateless(), &setup, |config| config);
    let address = format!("http://{}", house.sluice.tcp().unwrap());
    let channel = tonic::transport::Endpoint::try_from(address).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let everything = HealthCheckRequest::default();
    let status = health.check(everything.clone()).await.unwrap().into_inner();
    assert_eq!(status.status(), ServingStatus::Serving);
    let service = "envoy.service.ext_proc.v3.ExternalProcessor".to_owned();
    let status = health.check(HealthCheckRequest { service }).await.unwrap();
    assert_eq!(status.into_inner().status(), ServingStatus::Serving);
    let mut watched = health.watch(everything).await.unwrap().into_inner();
    let status = watched.message().await.unwrap().unwrap();
    assert_eq!(status.status(), ServingStatus::Serving);

    for version in [|message| message, modern] {
        drop(begun(&house, &version(trickle(2, 10))).await);
    }
    let (response, bytes) = begun(&house, &trickle(40, 50)).await;
    house.sluice.signal("TERM").unwrap();
    let status = watched.message().await.unwrap().unwrap();
    assert_eq!(status.status(), ServingStatus::NotServing);

    // Envoy learns of it by a frame that is on its way; what it sends before is still answered.
    let asked = Instant::now();
    while house.ask(&call(1, "get_me", json!({}))).await.status != 503 {
        assert!(asked.elapsed() < Duration::from_secs(2), "at once");
    }
    let executed = house.executed();
    house
        .ask(&call(1, "get_me", json!({})))
        .await
        .is_fail_closed();
    assert!(asked.elapsed() < Duration::from_secs(2), "at once");
    assert_eq!(house.executed(), executed);
    assert_eq!(house.sluice.ended(), None, "it has a stream to finish");

    let whole = rest(response, bytes).await;
    assert!(!whole.cut, "{whole:?}");
    assert!(whole.bytes.contains("40 events"), "{whole:?}");
    let finished = Instant::now();
    wait_for("it ends", || house.sluice.ended().is_some()).await;
    assert!(house.sluice.ended().unwrap().success());
    assert!(finished.elapsed() < Duration::from_secs(3), "at once");
    assert!(!house.sluice.socket().exists(), "it cleans up");
    assert!(house.sluice.log().contains("draining"));
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let setup = sluice(MANIFEST).argument("--drain", "1");
    let mut house = House::from(stateless(), &setup, |config| config);
    let (response, bytes) = begun(&house, &trickle(1000, 20)).await;
    let told = Instant::now();
    house.sluice.signal("TERM").unwrap();
    let piece = rest(response, bytes).await;
    assert!(piece.cut, "a clean end would pass for a whole answer");
    assert!(told.elapsed() > Duration::from_millis(900));
    wait_for("it ends", || house.sluice.ended().is_some()).await;
    assert!(told.elapsed() < Duration::from_secs(5));
    assert!(house.sluice.ended().unwrap().success());
}

#[tokio::test]
async fn a_successor_takes_over_without_a_failed_request() {
    let at = tempfile::Builder::new().prefix("at-").tempdir().unwrap();
    let setup = sluice(MANIFEST).socket(&at.path().join("sock"));
    let mut house = House::from(stateless(), &setup, |config| config.concurrency(2));
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicU32::new(0));
    let clients = (0..4).map(|_| {
        let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
        let (client, url) = (reqwest::Client::new(), house.url("triage"));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let allowed = Answer::of(post(&client, &url, &call(1, "get_me", json!({})))).await;
                assert!(allowed.message()["result"].is_object(), "{allowed:?}");
                let hidden = call(1, "delete_repo", json!({}));
                let hidden = Answer::of(post(&client, &url, &hidden)).await;
                assert_eq!(hidden.message()["error"]["code"], -32602, "{hidden:?}");
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..3 {
        let before = asked.load(Ordering::Relaxed);
        let more = |count| asked.load(Ordering::Relaxed) >= before + count;
        wait_for("the predecessor works", || more(20)).await;
        let (response, bytes) = begun(&house, &trickle(10, 50)).await;
        let successor = setup.start().unwrap();
        house.sluice.signal("TERM").unwrap();
        let whole = rest(response, bytes).await;
        assert!(!whole.cut && whole.bytes.contains("10 events"), "{whole:?}");
        wait_for("it ends", || house.sluice.ended().is_some()).await;
        assert!(house.sluice.ended().unwrap().success());
        assert!(successor.socket().exists(), "it is the successor's now");
        house.sluice = successor;
        wait_for("the successor works", || more(60)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_file_is_not() {
    let at = tempfile::Builder::new().prefix("at-").tempdir().unwrap();
    let socket = at.path().join("sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let setup = sluice(MANIFEST).socket(&socket);
    let house = House::from(stateless(), &setup, |config| config);
    assert_eq!(
        house.ask(&call(1, "get_me", json!({}))).await.message()["id"],
        1
    );

    let file = at.path().join("notes.txt");
    std::fs::write(&file, "precious").unwrap();
    let manifest = at.path().join("sluice.yaml");
    std::fs::write(&manifest, MANIFEST).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["serve", "--manifest"])
        .arg(&manifest)
        .arg("--listen")
        .arg(format!("unix:{}", file.display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not a socket"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
