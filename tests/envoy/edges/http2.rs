//! HTTP/2 down to its frames.

use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest, handshake};
use h2::{Reason, SendStream};
use serde_json::{Value, json};
use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::wire::reached;
use crate::house::{House, wait_for};
use crate::message::{answer, call, entries, events, legacy};

type Headers<'a> = &'a [(&'static str, &'a str)];

/// A connection that any frames can be sent on.
async fn connect(house: &House) -> SendRequest<Bytes> {
    let stream = tokio::net::TcpStream::connect(house.envoy.address());
    let (requests, connection) = handshake(stream.await.unwrap()).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    requests
}

/// The head of a POST, with more headers than the usual ones.
async fn begin(
    requests: &SendRequest<Bytes>,
    more: Headers<'_>,
) -> (ResponseFuture, SendStream<Bytes>) {
    let mut request = Request::post("http://127.0.0.1/mcp/triage")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let mut requests = requests.clone().ready().await.unwrap();
    requests
        .send_request(request.body(()).unwrap(), false)
        .unwrap()
}

/// The whole answer.
async fn read(response: ResponseFuture) -> (u16, String) {
    let response = response.await.unwrap();
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        bytes.extend_from_slice(&data.unwrap());
    }
    assert!(body.trailers().await.unwrap().is_none());
    (status, String::from_utf8(bytes).unwrap())
}

/// The answer to a message whose body comes in these frames, followed by these trailers.
async fn ask(
    requests: &SendRequest<Bytes>,
    more: Headers<'_>,
    frames: &[&[u8]],
    trailers: Headers<'_>,
) -> (u16, String) {
    let (response, mut stream) = begin(requests, more).await;
    for frame in frames {
        stream
            .send_data(Bytes::copy_from_slice(frame), false)
            .unwrap();
    }
    if trailers.is_empty() {
        stream.send_data(Bytes::new(), true).unwrap();
    } else {
        let pairs = trailers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        stream.send_trailers(HeaderMap::from_iter(pairs)).unwrap();
    }
    read(response).await
}

/// Whether an answer is what the tool of this name deserves.
#[track_caller]
fn is_right((status, body): &(u16, String), tool: &str) {
    assert_eq!(*status, 200, "{body}");
    let message = answer(body);
    assert_eq!(message["result"].is_object(), tool == "get_me", "{body}");
    let reason = &message["error"]["data"]["reason"];
    assert_eq!(*reason == "tool_not_enabled", tool != "get_me", "{body}");
}

#[tokio::test]
async fn bodies_in_frames_of_any_size() {
    let house = House::stateless();
    let requests = connect(&house).await;
    let mut executed = 0;
    for tool in ["get_me", "delete_repo"] {
        let body = call(1, tool, json!({"x": "日本語"})).to_string();
        for at in 0..=body.len() {
            let (before, after) = body.as_bytes().split_at(at);
            is_right(&ask(&requests, &[], &[before, after], &[]).await, tool);
            executed += u64::from(tool == "get_me");
        }
        let bytes: Vec<&[u8]> = body.as_bytes().chunks(1).collect();
        is_right(&ask(&requests, &[], &bytes, &[]).await, tool);
        executed += u64::from(tool == "get_me");
        assert_eq!((house.executed(), reached(&house)), (executed, executed));
    }
    let list = legacy(2, "tools/list", json!({})).to_string();
    let bytes: Vec<&[u8]> = list.as_bytes().chunks(1).collect();
    let (_, body) = ask(&requests, &[], &bytes, &[]).await;
    assert_eq!(entries(&body, "tools").len(), 13, "{body}");
    assert!(!body.contains("delete_repo"), "{body}");
    let trickle = call(3, "test_trickle", json!({"events": 5, "interval_ms": 5})).to_string();
    let (_, body) = ask(&requests, &[], &[trickle.as_bytes()], &[]).await;
    assert_eq!(events(&body).len(), 6, "{body}");
}

#[tokio::test]
async fn trailers_change_nothing() {
    let house = House::stateless();
    let requests = connect(&house).await;
    let table: [Headers<'_>; 4] = [
        &[("mcp-name", "get_me"), ("mcp-method", "tools/call")],
        &[("mcp-protocol-version", "2026-07-28")],
        &[("x-sluice-route", "maintainer")],
        &[("content-type", "text/plain"), ("content-encoding", "gzip")],
    ];
    for trailers in table {
        for tool in ["get_me", "delete_repo"] {
            let body = call(1, tool, json!({})).to_string();
            is_right(
                &ask(&requests, &[], &[body.as_bytes()], trailers).await,
                tool,
            );
        }
    }
    assert_eq!((house.executed(), reached(&house)), (4, 4));
    assert_eq!(house.github.github().executions("delete_repo"), 0);
}

/// Envoy has no body to hold then, and asks Sluice about none.
#[tokio::test]
async fn a_request_of_trailers_alone_goes_nowhere() {
    let house = House::stateless();
    let requests = connect(&house).await;
    let (status, body) = ask(&requests, &[], &[], &[("x-anything", "1")]).await;
    assert!(status >= 400, "{status} {body}");
    assert!(answer(&body)["error"].is_object(), "{body}");
    assert_eq!(reached(&house), 0, "{body}");
}

#[tokio::test]
async fn headers_that_come_twice() {
    let house = House::stateless();
    let requests = connect(&house).await;
    let allowed = call(1, "get_me", json!({})).to_string();
    let length = allowed.len().to_string();
    let wrong = (allowed.len() - 1).to_string();
    let table: [(Headers<'_>, u16); 5] = [
        (
            &[
                ("mcp-protocol-version", "2025-11-25"),
                ("mcp-protocol-version", "2026-07-28"),
            ],
            400,
        ),
        (&[("content-type", "text/plain")], 415),
        (&[("content-length", &length)], 200),
        // A stream that is not in order is reset, or its connection is closed.
        (&[("content-length", &wrong)], 0),
        (
            &[("content-length", &length), ("content-length", &wrong)],
            0,
        ),
    ];
    for (more, expected) in table {
        let (response, mut stream) = begin(&requests, more).await;
        let body = Bytes::copy_from_slice(allowed.as_bytes());
        drop(stream.send_data(body, true));
        let status = match tokio::time::timeout(Duration::from_secs(20), response)
            .await
            .unwrap()
        {
            Ok(response) => response.status().as_u16(),
            Err(_) => 0,
        };
        let refused = [0, 400].contains(&expected) && [0, 400].contains(&status);
        assert!(status == expected || refused, "{more:?}: {status}");
    }
    assert_eq!((house.executed(), reached(&house)), (1, 1));
}

#[tokio::test]
async fn streams_that_are_given_up() {
    let house = House::stateless();
    let requests = connect(&house).await;
    let idle = async || {
        for cluster in ["sluice", "github"] {
            let stat = format!("cluster.{cluster}.upstream_rq_active");
            wait_for(&stat, || house.envoy.stat(&stat).unwrap() == 0).await;
        }
    };
    let whole: Value = call(
        1,
        "test_trickle",
        json!({"events": 10_000, "interval_ms": 20}),
    );
    let whole = whole.to_string();
    for _ in 0..100 {
        let (_response, mut stream) = begin(&requests, &[]).await;
        let half = Bytes::copy_from_slice(&whole.as_bytes()[..whole.len() / 2]);
        stream.send_data(half, false).unwrap();
        stream.send_reset(Reason::CANCEL);
    }
    idle().await;
    assert_eq!((house.executed(), reached(&house)), (0, 0));
    for count in 1..=20 {
        let (response, mut stream) = begin(&requests, &[]).await;
        stream.send_data(Bytes::from(whole.clone()), true).unwrap();
        let mut body = response.await.unwrap().into_body();
        assert!(body.data().await.unwrap().is_ok());
        assert_eq!(house.github.github().abandoned(), count - 1);
        stream.send_reset(Reason::CANCEL);
        let abandoned = || house.github.github().abandoned() == count;
        wait_for("the tool ends", abandoned).await;
    }
    idle().await;
    // The connection is as good as before.
    let body = call(1, "get_me", json!({})).to_string();
    is_right(
        &ask(&requests, &[], &[body.as_bytes()], &[]).await,
        "get_me",
    );
}
