//! Web pages: whose origin is listed may call, and read what is refused too; all others may not.

use serde_json::json;

use super::wire::{Reply, USUAL, ask, post_with, reached};
use crate::house::{House, MANIFEST, stateless};
use crate::message::{call, legacy};
use crate::support::envoy::Config;

const OURS: &str = "https://app.example.com";
const ELSEWHERE: &[&str] = &[
    "https://evil.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.example",
    "https://APP.example.com",
    "null",
    "",
];

fn open(config: Config) -> Config {
    let (from, to) = (
        "allow_origin_string_match: []",
        format!("allow_origin_string_match: [{{exact: \"{OURS}\"}}]"),
    );
    config.replace(from, &to).unwrap()
}

/// What a browser asks before it sends a page's POST.
fn preflight(path: &str, origin: &str) -> String {
    format!(
        "OPTIONS {path} HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: {origin}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: content-type,mcp-protocol-version\r\n\r\n"
    )
}

fn from_page(house: &House, origin: &str, message: &serde_json::Value) -> Reply {
    let lines = format!("{USUAL}origin: {origin}\r\n");
    let post = post_with("/mcp/triage", &lines, &message.to_string());
    ask(house, post).unwrap()
}

fn says_nothing_of_origins(reply: &Reply) -> bool {
    !format!("{reply:?}").contains("access-control")
}

fn names(reply: &Reply, header: &str) -> Vec<String> {
    let names = reply.header(header).unwrap_or_default().split(',');
    names.map(|name| name.trim().to_lowercase()).collect()
}

#[test]
fn a_listed_origin_may_call_and_read_refusals() {
    let house = House::with(stateless(), MANIFEST, open);
    for path in ["/mcp/triage", "/mcp/nobody", "/maintainer"] {
        let reply = ask(&house, preflight(path, OURS)).unwrap();
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let origin = reply.header("access-control-allow-origin");
        assert_eq!(origin, Some(OURS), "{path}: {reply:?}");
        assert_eq!(
            names(&reply, "access-control-allow-methods"),
            ["get", "post", "delete"]
        );
        let headers = names(&reply, "access-control-allow-headers");
        for needed in [
            "authorization",
            "content-type",
            "last-event-id",
            "mcp-method",
            "mcp-name",
            "mcp-protocol-version",
            "mcp-session-id",
        ] {
            assert!(headers.iter().any(|name| name == needed), "{reply:?}");
        }
    }
    assert_eq!(reached(&house), 0, "Envoy answers preflights itself");

    // What is allowed, what is refused by its body, by its headers, and by its path.
    let called = from_page(&house, OURS, &call(1, "get_me", json!({})));
    assert!(called.message()["result"].is_object(), "{called:?}");
    let hidden = from_page(&house, OURS, &call(1, "delete_repo", json!({})));
    assert_eq!(hidden.reason(), "tool_not_enabled");
    let with_origin = format!("origin: {OURS}\r\n");
    let typed = ask(&house, post_with("/mcp/triage", &with_origin, "{}")).unwrap();
    assert_eq!(typed.status, 415);
    let lost = ask(&house, post_with("/nowhere", &with_origin, "{}")).unwrap();
    assert_eq!(lost.status, 404);
    for reply in [&called, &hidden, &typed] {
        let origin = reply.header("access-control-allow-origin");
        assert_eq!(origin, Some(OURS), "{reply:?}");
        let exposed = names(reply, "access-control-expose-headers");
        for needed in ["mcp-session-id", "mcp-protocol-version"] {
            assert!(exposed.iter().any(|name| name == needed), "{reply:?}");
        }
    }

    for origin in ELSEWHERE {
        let reply = ask(&house, preflight("/mcp/triage", origin)).unwrap();
        assert_eq!(reply.status, 405, "{origin}: {reply:?}");
        assert!(says_nothing_of_origins(&reply), "{origin}: {reply:?}");
        let hidden = from_page(&house, origin, &call(1, "delete_repo", json!({})));
        assert_eq!(hidden.reason(), "tool_not_enabled", "{origin}");
        assert!(says_nothing_of_origins(&hidden), "{origin}: {hidden:?}");
    }
    assert_eq!((house.executed(), reached(&house)), (1, 1));
}

#[test]
fn no_web_page_may_call_unless_it_is_listed() {
    let house = House::stateless();
    for origin in ELSEWHERE.iter().chain([&OURS]) {
        let reply = ask(&house, preflight("/mcp/triage", origin)).unwrap();
        assert_eq!(reply.status, 405, "{origin}: {reply:?}");
        assert_eq!(reply.header("allow"), Some("GET, POST, DELETE"));
        assert_eq!(reply.reason(), "http_method_not_allowed");
        assert!(says_nothing_of_origins(&reply), "{origin}: {reply:?}");
        let list = from_page(&house, origin, &legacy(1, "tools/list", json!({})));
        assert!(says_nothing_of_origins(&list), "{origin}: {list:?}");
        assert!(!list.body.contains("delete_repo"), "{origin}");
    }
    // What a page may send without a preflight is no message of MCP.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let lines = format!("content-type: {kind}\r\norigin: {OURS}\r\n");
        let body = call(1, "get_me", json!({})).to_string();
        let reply = ask(&house, post_with("/mcp/triage", &lines, &body)).unwrap();
        assert_eq!(reply.status, 415, "{kind}: {reply:?}");
    }
    assert_eq!(house.executed(), 0);
}

/// A name that was made to point at the gateway shows in `Host`, which a list of names in Envoy or
/// an MCP server that looks at it refuses.
#[test]
fn a_host_by_another_name() {
    let named = |config: Config| {
        let (from, to) = ("domains: [\"*\"]", "domains: [\"127.0.0.1:*\", localhost]");
        config.replace(from, to).unwrap()
    };
    let message = call(1, "get_me", json!({})).to_string();
    let ask_at = |house: &House, host: &str| {
        let post = post_with("/mcp/triage", USUAL, &message);
        let post = post.replacen("host: 127.0.0.1", &format!("host: {host}"), 1);
        ask(house, post).unwrap()
    };
    for (house, reaches) in [
        (House::with(stateless(), MANIFEST, named), 0),
        (House::stateless(), 1),
    ] {
        let reply = ask_at(&house, "localhost");
        assert!(reply.message()["result"].is_object(), "{reply:?}");
        let before = reached(&house);
        let reply = ask_at(&house, "rebound.example.com");
        assert!(matches!(reply.status, 403 | 404), "{reply:?}");
        assert_eq!(reached(&house) - before, reaches);
        assert_eq!(house.executed(), 1);
    }
}
