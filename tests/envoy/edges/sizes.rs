//! Heads of requests, up to what Envoy takes and beyond.

use serde_json::json;

use super::wire::{USUAL, ask, each, post_with, reached};
use crate::house::House;
use crate::message::call;

/// Envoy's limit for the head of a request.
const HEAD: usize = 60 << 10;

#[test]
fn heads_at_their_limits() {
    let house = House::stateless();
    let long = |name: &str, length: usize| format!("{name}: {}\r\n", "x".repeat(length));
    let many = |count: usize| (0..count).map(|n| format!("x-{n}: y\r\n")).collect();
    // What is large; the lines; the status, 0 where Envoy closes without a word; the reason.
    let table: Vec<(&str, String, u16, &str)> = vec![
        ("nothing", String::new(), 200, ""),
        ("a value", long("x-padding", HEAD - 1000), 200, ""),
        ("a value", long("x-padding", HEAD), 0, ""),
        ("a value", long("x-padding", 20 * HEAD), 0, ""),
        ("a name", format!("{}: y\r\n", "x".repeat(HEAD)), 0, ""),
        ("many headers", many(80), 200, ""),
        ("many headers", many(84), 400, "header_mismatch"),
        ("many headers", many(90), 400, "header_mismatch"),
        ("many headers", many(101), 0, ""),
        ("many headers", many(5000), 0, ""),
        ("a session", long("mcp-session-id", HEAD - 1000), 404, ""),
        ("an event", long("last-event-id", HEAD - 1000), 200, ""),
        (
            "a name that mirrors",
            long("mcp-name", HEAD - 1000),
            200,
            "",
        ),
        (
            "a version",
            long("mcp-protocol-version", HEAD - 1000),
            400,
            "header_mismatch",
        ),
        (
            "a type",
            long("content-type", HEAD - 1000),
            415,
            "unsupported_content_type",
        ),
    ];
    let allowed = call(1, "get_me", json!({})).to_string();
    let hidden = call(1, "delete_repo", json!({})).to_string();
    let passed = table.iter().filter(|row| row.2 == 200).count() as u64;
    each(&table, |(what, lines, status, row)| {
        let lines = format!("{USUAL}{lines}");
        for (body, reason) in [(&allowed, *row), (&hidden, "tool_not_enabled")] {
            let reply = ask(&house, post_with("/mcp/triage", &lines, body));
            let said = reply.as_ref().map(|reply| (reply.status, reply.reason()));
            let (said, why) = said.unwrap_or_default();
            if said != *status || said == 200 && why != reason || said == 400 && why != *row {
                return Some(format!("{what}, {}: {reply:?}", lines.len()));
            }
        }
        None
    });
    assert_eq!((house.executed(), reached(&house)), (passed, passed));
}

#[test]
fn paths_at_their_limits() {
    let house = House::stateless();
    let body = call(1, "get_me", json!({})).to_string();
    let table = [
        (format!("/mcp/{}", "a".repeat(50_000)), 404),
        (format!("/mcp/{}", "a".repeat(HEAD)), 0),
        (format!("/mcp/triage{}", "/".repeat(50_000)), 404),
        (format!("/mcp/triage?{}", "a".repeat(50_000)), 400),
        (format!("{}/mcp/triage", "/a/..".repeat(9_000)), 200),
        (format!("{}/mcp/nobody", "/a/..".repeat(9_000)), 404),
    ];
    each(&table, |(path, status)| {
        let reply = ask(&house, post_with(path, USUAL, &body));
        let said = reply.as_ref().map_or(0, |reply| reply.status);
        (said != *status).then(|| format!("{:.40}: {reply:?}", path))
    });
    assert_eq!((house.executed(), reached(&house)), (1, 1));
}
