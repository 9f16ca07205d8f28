//! Sluice down, late or misconfigured: nothing is done, and the client is told so.

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use crate::house::{Answer, House, MANIFEST, sluice, stateless, wait_for};
use crate::message::{call, legacy, modern};
use crate::support::envoy::Config;

/// A directory for a socket that outlives the processes that listen at it.
fn directory() -> TempDir {
    tempfile::Builder::new().prefix("at-").tempdir().unwrap()
}

/// What came of an answer until it ended or broke off.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) status: StatusCode,
    pub(crate) bytes: String,
    /// Whether it broke off.
    pub(crate) cut: bool,
}

/// Reads an answer to its end, whichever it is.
pub(crate) async fn read(request: reqwest::RequestBuilder) -> Piece {
    rest(request.send().await.unwrap(), String::new()).await
}

/// Reads what is left of an answer, after `bytes`.
pub(crate) async fn rest(mut response: reqwest::Response, mut bytes: String) -> Piece {
    let status = response.status();
    let cut = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.push_str(&String::from_utf8_lossy(&chunk)),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    Piece { status, bytes, cut }
}

/// How many requests Envoy waits for Sluice with.
fn held(house: &House) -> u64 {
    house
        .envoy
        .stat("cluster.sluice.upstream_rq_active")
        .unwrap()
}

#[tokio::test]
async fn killed_and_started_again() {
    let at = directory();
    let setup = sluice(MANIFEST).socket(&at.path().join("sock"));
    let mut house = House::from(stateless(), &setup, |config| config);
    let allowed = call(1, "get_me", json!({}));
    let hidden = call(1, "delete_repo", json!({}));
    for round in 1..=2 {
        assert_eq!(house.ask(&allowed).await.message()["id"], 1);
        assert_eq!(house.executed(), round);
        house.sluice.kill();
        for message in [
            &allowed,
            &hidden,
            &legacy(1, "tools/list", json!({})),
            &legacy(1, "initialize", json!({})),
            &modern(allowed.clone()),
        ] {
            house.ask(message).await.is_fail_closed();
        }
        let get = house.client.get(house.url("triage"));
        Answer::of(get.header("accept", "text/event-stream"))
            .await
            .is_fail_closed();
        Answer::of(house.client.delete(house.url("triage")))
            .await
            .is_fail_closed();
        assert_eq!(house.executed(), round);

        assert!(house.sluice.socket().exists(), "it could not clean up");
        house.sluice = setup.start().unwrap();
        assert_eq!(house.ask(&hidden).await.message()["error"]["code"], -32602);
        assert_eq!(house.executed(), round);
    }
}

#[tokio::test]
async fn killed_while_it_holds_a_request() {
    let mut house = House::stateless();
    house.sluice.signal("STOP").unwrap();
    let asked = house.request(&house.url("triage"), &call(1, "get_me", json!({})));
    let asked = tokio::spawn(Answer::of(asked));
    wait_for("a request is held", || held(&house) == 1).await;
    house.sluice.kill();
    asked.await.unwrap().is_fail_closed();
    assert_eq!(house.executed(), 0);
}

#[tokio::test]
async fn killed_in_the_middle_of_an_answer() {
    let at = directory();
    let setup = sluice(MANIFEST).socket(&at.path().join("sock"));
    let mut house = House::from(stateless(), &setup, |config| config);
    for version in [|message| message, modern] {
        let mut trickle = call(
            1,
            "test_trickle",
            json!({"events": 1000, "interval_ms": 20}),
        );
        trickle["params"]["_meta"] = json!({"progressToken": 1});
        let request = house.request(&house.url("triage"), &version(trickle));
        let mut response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut bytes = String::new();
        while !bytes.contains("event 2 of 1000") {
            let chunk = response.chunk().await.unwrap().unwrap();
            bytes.push_str(&String::from_utf8_lossy(&chunk));
        }
        house.sluice.kill();
        let piece = rest(response, bytes).await;
        assert!(
            piece.cut,
            "a clean end would pass for a whole answer: {piece:?}"
        );
        assert!(!piece.bytes.contains("1000 events"), "{piece:?}");
        house.sluice = setup.start().unwrap();
    }
}

#[tokio::test]
async fn late() {
    let impatient = |config: Config| {
        let timeouts = ("message_timeout: 5s", "message_timeout: 0.3s");
        config.replace(timeouts.0, timeouts.1).unwrap()
    };
    let house = House::with(stateless(), MANIFEST, impatient);
    assert_eq!(
        house.ask(&call(1, "get_me", json!({}))).await.message()["id"],
        1
    );
    house.sluice.signal("STOP").unwrap();
    for message in [
        call(1, "get_me", json!({})),
        legacy(1, "tools/list", json!({})),
    ] {
        house.ask(&message).await.is_fail_closed();
        house.ask(&modern(message)).await.is_fail_closed();
    }
    house.sluice.signal("CONT").unwrap();
    // It wakes up to requests that nobody waits for any more, and does not act on them.
    assert_eq!(
        house.ask(&call(2, "get_me", json!({}))).await.message()["id"],
        2
    );
    assert_eq!(house.executed(), 2);
}

#[tokio::test]
async fn modes_that_would_let_something_by() {
    let request = "request_body_mode: BUFFERED";
    let response = "response_body_mode: STREAMED";
    let table = [
        (request, "request_body_mode: NONE"),
        (request, "request_body_mode: STREAMED"),
        (request, "request_body_mode: BUFFERED_PARTIAL"),
        (response, "response_body_mode: NONE"),
        (response, "response_body_mode: BUFFERED"),
        (response, "response_body_mode: BUFFERED_PARTIAL"),
    ];
    for (from, to) in table {
        let change = |config: Config| config.replace(from, to).unwrap();
        let house = House::with(stateless(), MANIFEST, change);
        for message in [
            call(1, "get_me", json!({})),
            call(1, "delete_repo", json!({})),
            legacy(1, "tools/list", json!({})),
        ] {
            let answer = house.ask(&message).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{to}");
            answer.is_fail_closed();
        }
        assert_eq!(house.executed(), 0, "{to}");
        let log = house.sluice.log();
        assert!(
            log.contains("Envoy is not configured for Sluice"),
            "{to}: {log}"
        );
    }
}

#[tokio::test]
async fn headers_that_sluice_is_not_shown() {
    for skipped in ["request_header_mode", "response_header_mode"] {
        let change = |config: Config| {
            let (from, to) = (format!("{skipped}: SEND"), format!("{skipped}: SKIP"));
            config.replace(&from, &to).unwrap()
        };
        let house = House::with(stateless(), MANIFEST, change);
        let hidden = read(house.request(&house.url("triage"), &call(1, "delete_repo", json!({}))));
        assert!(!hidden.await.bytes.contains("deleted"), "{skipped}");
        assert_eq!(house.executed(), 0, "{skipped}");
        let list = read(house.request(&house.url("triage"), &legacy(1, "tools/list", json!({}))));
        let list = list.await;
        assert!(!list.bytes.contains("inputSchema"), "{skipped}: {list:?}");
    }
}

#[tokio::test]
async fn trailers_do_no_harm() {
    let change = |config: Config| {
        let config = config.replace("response_trailer_mode: SKIP", "response_trailer_mode: SEND");
        config.unwrap()
    };
    let house = House::with(stateless(), MANIFEST, change);
    assert_eq!(
        house.ask(&call(1, "get_me", json!({}))).await.message()["id"],
        1
    );
    let refused = house.ask(&call(1, "delete_repo", json!({}))).await;
    assert_eq!(refused.message()["error"]["code"], -32602);
    assert_eq!(house.executed(), 1);
}

#[tokio::test]
async fn an_unreachable_mcp_server_is_not_an_open_door() {
    let house = House::stateless();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = free.local_addr().unwrap();
    drop(free);
    let envoy = crate::house::envoy_to(&house.sluice, nowhere);
    let url = envoy.url("/mcp/triage");
    let hidden = Answer::of(house.request(&url, &call(1, "delete_repo", json!({})))).await;
    assert_eq!(hidden.status, StatusCode::OK);
    assert_eq!(hidden.message()["error"]["code"], -32602);
    let allowed = Answer::of(house.request(&url, &call(1, "get_me", json!({})))).await;
    assert_eq!(allowed.kind(), "application/json", "{allowed:?}");
    assert_eq!(allowed.message()["error"]["code"], -32603, "{allowed:?}");
}
