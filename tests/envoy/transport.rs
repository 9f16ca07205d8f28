//! The ways that requests take: sessions, HTTP/2, TCP, pieces, and many of them at once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::pin::Pin;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tonic::codegen::{Body as _, Service as _, http};
use tonic::transport::Endpoint;

use crate::house::{Answer, House, MANIFEST, post, sluice, stateless};
use crate::message::{answer, call, events, legacy, modern};
use crate::support::envoy::{Config, Envoy, Sluice};
use crate::support::github::{Github, Options};

#[tokio::test]
async fn sessions_begin_stream_and_end() {
    let house = House::new(Options {
        sessions: true,
        ..stateless()
    });
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let hello = house.ask(&legacy(0, "initialize", hello)).await;
    assert_eq!(hello.message()["result"]["protocolVersion"], "2025-11-25");
    assert!(!hello.body.contains("delete_repo"), "{hello:?}");
    let session = hello.headers["mcp-session-id"].to_str().unwrap().to_owned();
    let url = house.url("triage");
    let in_session =
        |request: reqwest::RequestBuilder| request.header("mcp-session-id", session.clone());
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let ready = Answer::of(in_session(house.request(&url, &ready))).await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (StatusCode::ACCEPTED, "")
    );

    let get = || {
        house
            .client
            .get(&url)
            .header("accept", "text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
    };
    let stream = in_session(get()).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let called = Answer::of(in_session(
        house.request(&url, &call(1, "get_me", json!({}))),
    ))
    .await;
    assert!(
        called.message()["result"].is_object(),
        "while the stream is open: {called:?}"
    );

    let ended = Answer::of(in_session(
        house
            .client
            .delete(&url)
            .header("mcp-protocol-version", "2025-11-25"),
    ))
    .await;
    assert!(ended.status.is_success(), "{ended:?}");
    let called = Answer::of(in_session(
        house.request(&url, &call(2, "get_me", json!({}))),
    ))
    .await;
    assert_eq!(
        called.status,
        StatusCode::NOT_FOUND,
        "clients begin anew then: {called:?}"
    );
    assert!(called.message()["error"]["code"].is_i64(), "{called:?}");
    assert_eq!(house.executed(), 1);

    let modern = |request: reqwest::RequestBuilder| {
        Answer::of(request.header("mcp-protocol-version", "2026-07-28"))
    };
    for request in [house.client.get(&url), house.client.delete(&url)] {
        let answer = modern(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{answer:?}");
        assert!(answer.headers.contains_key("allow"), "{answer:?}");
    }
    let put = Answer::of(house.client.put(&url).body("{}")).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED, "{put:?}");
}

#[tokio::test]
async fn a_body_byte_by_byte() {
    let house = House::stateless();
    for (tool, executed) in [("get_me", 1), ("delete_repo", 1)] {
        let body = call(1, tool, json!({"x": "日本語"})).to_string();
        let mut stream = TcpStream::connect(house.envoy.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        write!(
            stream,
            "POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        .unwrap();
        for byte in body.bytes() {
            stream.write_all(b"1\r\n").unwrap();
            stream.write_all(&[byte]).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\nx-trailer: 1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert_eq!(answer.contains("octocat"), tool == "get_me", "{answer}");
        assert_eq!(
            answer.contains("Unknown tool"),
            tool == "delete_repo",
            "{answer}"
        );
        assert_eq!(house.executed(), executed);
    }
}

/// Sends a request over HTTP/2 and reads the whole answer.
async fn over_http2(
    channel: &mut tonic::transport::Channel,
    url: &str,
    message: &Value,
) -> (u16, String) {
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let request = request.body(tonic::body::Body::new(message.to_string()));
    std::future::poll_fn(|context| channel.poll_ready(context))
        .await
        .unwrap();
    let answer = channel.call(request.unwrap()).await.unwrap();
    let (head, mut body) = answer.into_parts();
    assert_eq!(head.version, http::Version::HTTP_2);
    let mut bytes = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        bytes.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
    }
    (head.status.as_u16(), String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn over_http_2() {
    let house = House::stateless();
    let url = house.url("triage");
    let endpoint = Endpoint::try_from(house.envoy.url("")).unwrap();
    let mut channel = endpoint.connect().await.unwrap();
    let (status, body) = over_http2(&mut channel, &url, &call(1, "get_me", json!({}))).await;
    assert_eq!(status, 200);
    assert!(answer(&body)["result"].is_object(), "{body}");
    let hidden = call("x", "delete_repo", json!({"data": "y".repeat(100_000)}));
    let (status, body) = over_http2(&mut channel, &url, &hidden).await;
    assert_eq!(
        (status, &answer(&body)["error"]["code"]),
        (200, &json!(-32602)),
        "{body}"
    );
    let (_, body) = over_http2(&mut channel, &url, &legacy(2, "tools/list", json!({}))).await;
    assert_eq!(
        answer(&body)["result"]["tools"].as_array().unwrap().len(),
        13
    );
    let trickle = call(3, "test_trickle", json!({"events": 5, "interval_ms": 5}));
    let (_, body) = over_http2(&mut channel, &url, &trickle).await;
    assert_eq!(events(&body).len(), 6, "{body}");
    assert_eq!(house.executed(), 2);
}

#[tokio::test]
async fn sluice_over_tcp() {
    let github = Github::start(stateless()).unwrap();
    let sluice = sluice(MANIFEST).tcp().start().unwrap();
    let config = Config::new(&Sluice::Tcp(sluice.tcp().unwrap()), github.address()).unwrap();
    let envoy = Envoy::start(&config).unwrap();
    let (client, url) = (reqwest::Client::new(), envoy.url("/mcp/triage"));
    let allowed = Answer::of(post(&client, &url, &call(1, "get_me", json!({})))).await;
    assert!(allowed.message()["result"].is_object(), "{allowed:?}");
    let hidden = Answer::of(post(&client, &url, &call(1, "delete_repo", json!({})))).await;
    assert_eq!(hidden.message()["error"]["code"], -32602);
    assert_eq!(github.github().all_executions(), 1);
}

#[tokio::test]
async fn many_at_once_over_two_workers() {
    let setup = sluice(MANIFEST).argument("--workers", "2");
    let house = House::from(stateless(), &setup, |config| config.concurrency(2));
    let ask = async |client: usize| {
        for round in 0..20 {
            let id = format!("{client}-{round}");
            let message = match round % 4 {
                0 => call(id.clone(), "get_me", json!({})),
                1 => call(
                    id.clone(),
                    "delete_repo",
                    json!({"data": "x".repeat(5000 * client)}),
                ),
                2 => legacy(id.clone(), "tools/list", json!({})),
                _ => modern(call(
                    id.clone(),
                    "test_result",
                    json!({"bytes": 1000 * client}),
                )),
            };
            let answer = house.ask(&message).await.message();
            assert_eq!(answer["id"], id, "{answer}");
            assert_eq!(answer["error"].is_object(), round % 4 == 1, "{answer}");
            if round % 4 == 2 {
                assert_eq!(answer["result"]["tools"].as_array().unwrap().len(), 13);
            }
        }
    };
    futures_util::future::join_all((0..24).map(ask)).await;
    assert_eq!(house.executed(), 24 * 10);
    assert_eq!(house.github.github().executions("delete_repo"), 0);
}
