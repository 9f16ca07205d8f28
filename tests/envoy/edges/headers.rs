//! Headers that say a thing twice, in another spelling, or at too great a length.

use serde_json::json;

use super::wire::{USUAL, Wire, ask, each, post_with, reached};
use crate::house::{House, MANIFEST, envoy_to, sluice};
use crate::message::{call, modern};
use crate::upstream::{Upstream, json as json_answer};

/// The lines of a request, as values to change.
fn lines(of: &[(&str, &str)]) -> String {
    of.iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect()
}

const LEGACY: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2025-11-25"),
];

const MODERN: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "get_me"),
];

/// Two values are two readings: the first, the last, or both in one.
#[test]
fn headers_that_say_a_thing_twice() {
    let house = House::stateless();
    let legacy = call(1, "get_me", json!({}));
    let modern_call = modern(legacy.clone());
    // The header; what stands there besides; the reason.
    let table = [
        ("mcp-protocol-version", "2025-11-25", "header_mismatch"),
        ("mcp-protocol-version", "2025-06-18", "header_mismatch"),
        ("mcp-protocol-version", "2026-07-28", "header_mismatch"),
        ("MCP-Protocol-Version", "2026-07-28", "header_mismatch"),
        ("mcp-method", "tools/call", "header_mismatch"),
        ("mcp-method", "tools/list", "header_mismatch"),
        ("mcp-name", "get_me", "header_mismatch"),
        ("Mcp-Name", "delete_repo", "header_mismatch"),
        ("mcp-session-id", "s1", "header_mismatch"),
        ("mcp-session-id", "s2", "header_mismatch"),
        ("last-event-id", "1", "header_mismatch"),
        (
            "content-type",
            "application/json",
            "unsupported_content_type",
        ),
        ("content-type", "text/plain", "unsupported_content_type"),
    ];
    let mut wrong = Vec::new();
    for (name, value, reason) in table {
        for (usual, message) in [(LEGACY, &legacy), (MODERN, &modern_call)] {
            let own = usual.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            let own = own.map_or(value, |(_, value)| value);
            let rest: Vec<_> = usual
                .iter()
                .copied()
                .filter(|(key, _)| !key.eq_ignore_ascii_case(name))
                .collect();
            // On two lines, either one first; apart; and joined on one line.
            let mut twice = vec![
                lines(&rest) + &lines(&[(name, own), (name, value)]),
                lines(&rest) + &lines(&[(name, value), (name, own)]),
                lines(&[(name, own)]) + &lines(&rest) + &lines(&[(name, value)]),
            ];
            // A name or an id may hold a comma.
            if !matches!(name, "mcp-session-id" | "last-event-id") {
                let joined = format!("{own}, {value}");
                twice.push(lines(&rest) + &lines(&[(name, &joined)]));
            }
            for lines in twice {
                let post = post_with("/mcp/triage", &lines, &message.to_string());
                let reply = ask(&house, post).unwrap();
                let refused = ["header_mismatch", "unsupported_version", reason];
                // What a legacy request has of the headers of 2026-07-28 is not read, and removed.
                let ignored = usual.len() == LEGACY.len()
                    && matches!(name, "mcp-method" | "mcp-name" | "Mcp-Name")
                    && lines.matches(&name.to_lowercase()).count() < 2
                    && lines.matches(name).count() < 2;
                if !refused.contains(&reply.reason().as_str()) && !ignored {
                    wrong.push(format!("{lines}: {reply:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Spellings that some servers read as the header that was checked.
#[test]
fn headers_in_another_spelling() {
    let house = House::stateless();
    let body = call(1, "get_me", json!({})).to_string();
    // The line; the status, 0 where Envoy closes without a word, 200 where it is removed or has one
    // reading for all, 404 where that is a session that nobody was given.
    let table = [
        ("mcp_name: delete_repo", 0),
        ("MCP_SESSION_ID: 1", 0),
        ("mcp_protocol_version: 2026-07-28", 0),
        ("content_type: text/plain", 0),
        ("x_anything: 1", 0),
        ("mcp-name : delete_repo", 0),
        ("mcp-name\t: delete_repo", 0),
        (" mcp-name: delete_repo", 0),
        ("mcp-name: \0", 0),
        ("mcp-session-id: \u{e9}", 400),
        ("mcp-param-x: \u{65e5}", 400),
        ("mcp-session-id: a\u{7f}", 0),
        ("mcp-session-id: 1\r\n 2", 404),
        ("mcp-session-id: 1\r\n\t2", 404),
        ("mcp-session-id: a\rmcp-name: b", 404),
        ("x-other: 1\r\n 2", 200),
        ("x-other: a\rmcp-name: b", 200),
        ("mcp.name: delete_repo", 200),
        ("mcpname: delete_repo", 200),
        ("mcp-name-: delete_repo", 200),
    ];
    let passed = table.iter().filter(|row| row.1 == 200).count() as u64;
    each(&table, |&(line, status)| {
        let lines = format!("{line}\r\n{USUAL}");
        let reply = ask(&house, post_with("/mcp/triage", &lines, &body));
        let said = reply.as_ref().map_or(0, |reply| reply.status);
        (said != status).then(|| format!("{line:?}: {reply:?}"))
    });
    assert_eq!((house.executed(), reached(&house)), (passed, passed));
}

/// What Envoy puts together is put together for everybody: a folded line is one line, and a lone CR
/// is no end of a line.
#[test]
fn lines_that_could_be_several_are_one() {
    let upstream = Upstream::start(json_answer(
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#,
    ));
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    let body = call(1, "get_me", json!({})).to_string();
    for (line, value) in [
        ("x-other: a\r\n b", "a b"),
        ("x-other: a\r\n\tmcp-name: b", "a\tmcp-name: b"),
        ("x-other: a\rmcp-name: b", "amcp-name: b"),
        ("x-other: \t a \t", "a"),
    ] {
        let mut wire = Wire::open(envoy.address());
        let lines = format!("{line}\r\n{USUAL}");
        wire.send(post_with("/mcp/triage", &lines, &body));
        assert_eq!(wire.answer().unwrap().status, 200, "{line:?}");
        let arrived = upstream.arrived().pop().unwrap();
        assert_eq!(arrived.header("x-other"), Some(value), "{arrived:?}");
        assert!(!arrived.has("mcp-name"), "{arrived:?}");
    }
}
