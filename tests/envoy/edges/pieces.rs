//! Messages in pieces: where they are cut makes no difference, and what trails them is dropped.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::wire::{Reply, USUAL, Wire, post_with};
use crate::house::{House, MANIFEST, envoy_to, sluice};
use crate::message::{call, entries, legacy, modern};
use crate::upstream::{Upstream, Wire as Answered, json as json_answer};

/// A chunked POST in these chunks, with trailers.
fn chunked(chunks: &[&[u8]], trailers: &str) -> Vec<u8> {
    let mut bytes = format!(
        "POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{USUAL}transfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
    bytes
}

/// Whether an answer is what the tool of this name deserves.
#[track_caller]
fn is_right(reply: &Reply, tool: &str, what: usize) {
    assert_eq!(reply.status, 200, "{what}: {reply:?}");
    let message = reply.message();
    let allowed = message["result"].is_object() && reply.body.contains("octocat");
    let refused = reply.reason() == "tool_not_enabled";
    let expected = (tool == "get_me", tool != "get_me");
    assert_eq!((allowed, refused), expected, "{what}: {reply:?}");
}

#[test]
fn a_request_cut_at_every_byte() {
    let house = House::stateless();
    let mut executed = 0;
    for tool in ["get_me", "delete_repo"] {
        let body = call(1, tool, json!({"x": "日本語"})).to_string();
        let mut wire = Wire::open(house.envoy.address());
        // Two chunks.
        for at in 1..body.len() {
            let (before, after) = body.as_bytes().split_at(at);
            wire.send(chunked(&[before, after], ""));
            is_right(&wire.answer().unwrap(), tool, at);
            executed += u64::from(tool == "get_me");
        }
        // Two writes, head and framing included.
        let whole = chunked(&[body.as_bytes()], "");
        for at in 1..whole.len() {
            let (before, after) = whole.split_at(at);
            wire.send(before);
            wire.send(after);
            is_right(&wire.answer().unwrap(), tool, at);
            executed += u64::from(tool == "get_me");
        }
        assert_eq!(house.executed(), executed);
    }
    assert_eq!(house.github.github().executions("delete_repo"), 0);
}

#[test]
fn trailers_of_requests_do_not_arrive() {
    let upstream = Upstream::start(json_answer(
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":"octocat"}}"#,
    ));
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    let mut wire = Wire::open(envoy.address());
    let trailers = [
        "mcp-name: delete_repo\r\n",
        "Mcp-Name: safe\r\nMcp-Method: tools/list\r\n",
        "content-length: 5\r\n",
        "transfer-encoding: chunked\r\n",
        "authorization: secret\r\nx-sluice-route: maintainer\r\n",
        "content-encoding: gzip\r\n",
    ];
    for trailer in trailers {
        for tool in ["get_me", "delete_repo"] {
            let before = upstream.arrived().len();
            let body = call(1, tool, json!({})).to_string();
            wire.send(chunked(&[body.as_bytes()], trailer));
            is_right(&wire.answer().unwrap(), tool, before);
            let arrived = upstream.arrived().split_off(before);
            assert_eq!(arrived.len(), usize::from(tool == "get_me"), "{trailer}");
            for arrived in arrived {
                assert_eq!(arrived.body, body, "{trailer}");
                for line in trailer.lines() {
                    let (name, value) = line.split_once(": ").unwrap();
                    let found = arrived.header(&name.to_lowercase());
                    assert!(
                        found != Some(value) || name.starts_with("transfer"),
                        "{arrived:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_client_that_expects_to_be_told_to_go_on_is_told() {
    let house = House::stateless();
    let told = Instant::now();
    for (tool, executed) in [("get_me", 1), ("delete_repo", 1)] {
        let body = call(1, tool, json!({})).to_string();
        for expect in ["expect: 100-continue\r\n", "Expect: 100-Continue\r\n"] {
            let lines = format!("{USUAL}{expect}");
            let post = post_with("/mcp/triage", &lines, &body);
            let (head, _) = post.split_once("\r\n\r\n").unwrap();
            let mut wire = Wire::open(house.envoy.address());
            wire.send(format!("{head}\r\n\r\n"));
            assert_eq!(wire.answer().unwrap().status, 100);
            wire.send(&body);
            is_right(&wire.answer().unwrap(), tool, 0);
        }
        assert_eq!(house.executed(), 2 * executed);
    }
    // What the head alone condemns is refused without its body.
    for (lines, status) in [
        ("content-type: text/plain\r\n", 415),
        (
            "content-type: application/json\r\nmcp-name: \u{e9}\r\n",
            400,
        ),
    ] {
        let mut wire = Wire::open(house.envoy.address());
        wire.send(format!("POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}expect: 100-continue\r\ncontent-length: 10\r\n\r\n"));
        let mut reply = wire.answer().unwrap();
        if reply.status == 100 {
            reply = wire.answer().unwrap();
        }
        assert_eq!(reply.status, status, "{reply:?}");
    }
    assert!(told.elapsed() < Duration::from_secs(20), "nobody waited");
    assert_eq!(house.executed(), 2);
}

/// The answer to a list, in the form and cut at the place that the request's id tells.
fn cut(arrived: &crate::upstream::Arrived) -> Answered {
    let request: Value = serde_json::from_str(&arrived.body).unwrap();
    let at = usize::try_from(request["id"].as_u64().unwrap()).unwrap();
    let (kind, whole) = framed(&request["id"], arrived.has("x-events"));
    let (before, after) = whole.as_bytes().split_at(at % whole.len());
    Answered::Pieces {
        head: format!("200 OK\r\ncontent-type: {kind}\r\ntrailer: x-hidden"),
        pieces: [before, after]
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
        ends: true,
    }
}

fn framed(id: &Value, events: bool) -> (&'static str, String) {
    let list = json!({"jsonrpc": "2.0", "id": id, "result": {"tools": [
        {"name": "get_me", "description": "日本語 🦀", "inputSchema": {"type": "object"}},
        {"name": "delete_repo", "inputSchema": {"type": "object"}},
    ]}});
    match events {
        true => (
            "text/event-stream",
            format!(": hi\r\nid: é\r\ndata: {list}\r\n\r\n"),
        ),
        false => ("application/json", list.to_string()),
    }
}

#[test]
fn an_answer_cut_at_every_byte() {
    let upstream = Upstream::answering(cut);
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    for (events, version) in [(false, "2025-11-25"), (true, "2026-07-28")] {
        let length = framed(&json!(100), events).1.len();
        let mut wire = Wire::open(envoy.address());
        for at in 100..100 + length {
            let list = legacy(at, "tools/list", json!({}));
            let mut lines = match events {
                true => "x-events: 1\r\n".to_owned(),
                false => String::new(),
            };
            let list = match version {
                "2026-07-28" => {
                    lines.push_str("mcp-method: tools/list\r\n");
                    modern(list)
                }
                _ => list,
            };
            let lines = format!("{}{lines}", USUAL.replace("2025-11-25", version));
            wire.send(post_with("/mcp/triage", &lines, &list.to_string()));
            let reply = wire.answer().unwrap();
            assert!(reply.whole, "{at}: {reply:?}");
            let names = entries(&reply.body, "tools");
            assert_eq!(names.len(), 1, "{at}: {reply:?}");
            assert!(reply.body.contains("日本語 🦀"), "{at}: {reply:?}");
            assert!(!reply.body.contains("delete_repo"), "{at}: {reply:?}");
        }
    }
}

/// Trailers of an answer go past Sluice, so Envoy drops them.
#[test]
fn trailers_of_answers_do_not_arrive() {
    let answer = |kind: &str, body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\ntrailer: x-hidden\r\nconnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\nx-hidden: delete_repo\r\nset-cookie: a=b\r\nmcp-session-id: stolen\r\n\r\n",
            body.len()
        )
    };
    let sluice = sluice(MANIFEST).start().unwrap();
    for events in [false, true] {
        let (kind, body) = framed(&json!(1), events);
        let upstream = Upstream::start(Answered::Raw(answer(kind, &body).into_bytes()));
        let envoy = envoy_to(&sluice, upstream.address());
        let mut wire = Wire::open(envoy.address());
        let list = legacy(1, "tools/list", json!({})).to_string();
        let lines = format!("{USUAL}te: trailers\r\n");
        wire.send(post_with("/mcp/triage", &lines, &list));
        let reply = wire.answer().unwrap();
        assert_eq!(entries(&reply.body, "tools").len(), 1, "{reply:?}");
        assert_eq!(reply.trailers, "", "{reply:?}");
        assert!(!format!("{reply:?}").contains("delete_repo"), "{reply:?}");
    }
}
