//! Methods of HTTP that MCP has no use for, and headers that would make one of another.

use serde_json::json;

use super::wire::{USUAL, Wire, ask, each, post_with, reached};
use crate::house::{House, MANIFEST, envoy_to, sluice};
use crate::message::call;
use crate::upstream::{Upstream, json as json_answer};

#[test]
fn other_methods_reach_nothing() {
    let house = House::stateless();
    let hidden = call(1, "delete_repo", json!({})).to_string();
    // The method; its target; the status, 0 where Envoy closes without a word.
    let mut table = Vec::new();
    for method in ["HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        table.push((method, "/mcp/triage", 405));
        table.push((method, "/mcp/nobody", 404));
        table.push((method, "/mcp", 404));
    }
    table.push(("BREW", "/mcp/triage", 0));
    table.push(("get", "/mcp/triage", 0));
    table.push(("POSTS", "/mcp/triage", 0));
    each(&table, |&(method, target, status)| {
        for body in ["", &hidden] {
            let post = post_with(target, USUAL, body);
            let mut wire = Wire::open(house.envoy.address());
            wire.send(post.replacen("POST", method, 1));
            let reply = match method {
                "HEAD" => wire.head(),
                _ => wire.answer(),
            };
            let said = reply.as_ref().map_or(0, |reply| reply.status);
            let allow = reply.as_ref().and_then(|reply| reply.header("allow"));
            let tells = said != 405 || allow == Some("GET, POST, DELETE");
            if said != status || !tells {
                return Some(format!("{method} {target} {body}: {reply:?}"));
            }
        }
        None
    });
    // Without a path there is no route.
    for line in [
        "CONNECT 127.0.0.1:80",
        "CONNECT 127.0.0.1",
        "CONNECT /mcp/triage",
        "OPTIONS *",
    ] {
        for body in ["", &hidden] {
            let post = post_with("", USUAL, body).replacen("POST ", line, 1);
            let reply = ask(&house, post);
            let refused = reply.as_ref().is_none_or(|reply| reply.status >= 400);
            assert!(refused, "{line}: {reply:?}");
        }
    }
    assert_eq!((house.executed(), reached(&house)), (0, 0));
}

const OVERRIDES: &[&str] = &[
    "x-http-method",
    "x-http-method-override",
    "X-HTTP-Method-Override",
    "x-method-override",
];

#[test]
fn no_header_makes_one_method_of_another() {
    let house = House::stateless();
    let hidden = call(1, "delete_repo", json!({})).to_string();
    let allowed = call(1, "get_me", json!({})).to_string();
    let mut passed = 0;
    for name in OVERRIDES {
        for value in ["POST", "GET", "DELETE", "OPTIONS"] {
            let lines = format!("{USUAL}{name}: {value}\r\n");
            // What has a body is no GET and no DELETE, and what is refused stays refused.
            for method in ["GET", "DELETE"] {
                let post = post_with("/mcp/triage", &lines, &allowed);
                let reply = ask(&house, post.replacen("POST", method, 1)).unwrap();
                assert_eq!(reply.reason(), "malformed_message", "{method}: {reply:?}");
            }
            let reply = ask(&house, post_with("/mcp/triage", &lines, &hidden)).unwrap();
            assert_eq!(reply.reason(), "tool_not_enabled", "{reply:?}");
            assert_eq!(house.executed(), passed);
            let reply = ask(&house, post_with("/mcp/triage", &lines, &allowed)).unwrap();
            assert!(reply.message()["result"].is_object(), "{reply:?}");
            passed += 1;
            assert_eq!((house.executed(), reached(&house)), (passed, passed));
        }
    }
}

/// Headers by which a server could take a request for another one, or the client for another one.
#[test]
fn headers_that_could_make_a_request_another_one_do_not_arrive() {
    let upstream = Upstream::start(json_answer(
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#,
    ));
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    let others = [
        "x-original-url",
        "x-rewrite-url",
        "x-mcp-toolsets",
        "mcp-something",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-internal",
        "proxy-connection",
        "keep-alive",
        "te",
        "expect",
    ];
    let names: Vec<&str> = OVERRIDES.iter().copied().chain(others).collect();
    let lines: String = names
        .iter()
        .filter(|name| **name != "expect")
        .map(|name| format!("{name}: /secret\r\n"))
        .collect();
    let message = call(1, "get_me", json!({})).to_string();
    let lines = format!("{USUAL}{lines}expect: 100-continue\r\nconnection: x-a, mcp-name\r\n");
    let mut wire = Wire::open(envoy.address());
    wire.send(post_with("/mcp/triage", &lines, &message));
    assert_eq!(wire.answer().unwrap().status, 100);
    let reply = wire.answer().unwrap();
    assert!(reply.message()["result"].is_object(), "{reply:?}");
    let arrived = upstream.arrived().pop().unwrap();
    assert!(
        arrived.head.starts_with("POST /mcp HTTP/1.1\r\n"),
        "{arrived:?}"
    );
    for name in names {
        assert!(!arrived.has(&name.to_lowercase()), "{name}: {arrived:?}");
    }
    assert!(!arrived.head.contains("secret"), "{arrived:?}");
    let path = arrived.header("x-envoy-original-path");
    assert_eq!(path, Some("/mcp/triage"), "Envoy's own");
    assert!(!arrived.has("connection"), "{arrived:?}");
}
