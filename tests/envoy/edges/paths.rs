//! A virtual server has one path, and nothing else leads to the MCP server.

use serde_json::json;

use super::wire::{USUAL, ask, each, post_with, reached};
use crate::house::House;
use crate::message::{call, legacy};

/// What is spelled in another way reaches nothing, whoever refuses it.
#[test]
fn only_the_exact_path_leads_to_the_mcp_server() {
    let house = House::stateless();
    // The target; the status, 0 where Envoy closes without a word; Sluice's reason, if it is asked.
    let table = [
        ("/MCP/triage", 404, "unknown_virtual_server"),
        ("/mcp/Triage", 404, "unknown_virtual_server"),
        ("/mcp/TRIAGE", 404, "unknown_virtual_server"),
        ("//mcp/triage", 404, "unknown_virtual_server"),
        ("/mcp//triage", 404, "unknown_virtual_server"),
        ("/mcp/triage/", 404, "unknown_virtual_server"),
        ("/mcp/triage//", 404, "unknown_virtual_server"),
        ("/mcp/triage/x", 404, "unknown_virtual_server"),
        ("/mcp/triage/mcp", 404, "unknown_virtual_server"),
        ("/mcp/triage;x=1", 404, "unknown_virtual_server"),
        ("/mcp;x/triage", 404, "unknown_virtual_server"),
        ("/mcp/triage?", 400, "malformed_message"),
        ("/mcp/triage?tools=all", 400, "malformed_message"),
        ("/mcp/triage?/mcp/triage", 400, "malformed_message"),
        ("/mcp/triage%20", 404, "unknown_virtual_server"),
        ("/mcp/triage.", 404, "unknown_virtual_server"),
        ("/mcp/triage%3f", 404, "unknown_virtual_server"),
        ("/mcp/triage%3Fx", 404, "unknown_virtual_server"),
        ("/mcp/%2574riage", 404, "unknown_virtual_server"),
        ("/mcp/triage%c0%af", 404, "unknown_virtual_server"),
        ("/mcp/triage/..", 404, "unknown_virtual_server"),
        ("/mcp/triage/../..", 404, "unknown_virtual_server"),
        ("/mcp/triage/..;/x", 404, "unknown_virtual_server"),
        ("/..", 404, "unknown_virtual_server"),
        ("/mcp/../..", 404, "unknown_virtual_server"),
        ("/mcp%2ftriage", 400, ""),
        ("/mcp%2Ftriage", 400, ""),
        ("/mcp%5ctriage", 400, ""),
        ("/mcp/triage%00", 400, ""),
        ("/mcp/triage#x", 400, ""),
        ("*", 0, ""),
        ("", 0, ""),
        ("mcp/triage", 0, ""),
        ("/", 404, "unknown_virtual_server"),
        ("/mcp", 404, "unknown_virtual_server"),
        ("/mcp/", 404, "unknown_virtual_server"),
        ("/mcp/maintainer", 404, "unknown_virtual_server"),
        ("/maintainer/", 404, "unknown_virtual_server"),
        ("/Maintainer", 404, "unknown_virtual_server"),
        ("/sse", 404, "unknown_virtual_server"),
        ("/message", 404, "unknown_virtual_server"),
        ("/admin", 404, "unknown_virtual_server"),
        ("/.well-known/mcp", 404, "unknown_virtual_server"),
        ("/.well-known/mcp/triage", 404, "unknown_virtual_server"),
        (
            "/.well-known/oauth-protected-resource",
            404,
            "unknown_virtual_server",
        ),
        (
            "/.well-known/oauth-protected-resource/mcp/triage",
            404,
            "unknown_virtual_server",
        ),
        (
            "/.well-known/oauth-authorization-server",
            404,
            "unknown_virtual_server",
        ),
        (
            "/mcp/.well-known/openid-configuration",
            404,
            "unknown_virtual_server",
        ),
        ("http://127.0.0.1/mcp/nobody", 404, "unknown_virtual_server"),
        ("http://127.0.0.1/mcp", 404, "unknown_virtual_server"),
        ("http://127.0.0.1", 404, "unknown_virtual_server"),
        ("ftp://127.0.0.1/mcp/triage", 0, ""),
        ("//127.0.0.1/mcp/triage", 404, "unknown_virtual_server"),
    ];
    let messages = [
        call(1, "get_me", json!({})),
        call(1, "delete_repo", json!({})),
    ];
    each(&table, |&(target, status, reason)| {
        for message in &messages {
            let post = post_with(target, USUAL, &message.to_string());
            let reply = ask(&house, post);
            let said = reply.as_ref().map(|reply| (reply.status, reply.reason()));
            if said.unwrap_or_default() != (status, reason.to_owned()) {
                return Some(format!("POST {target}: {reply:?}"));
            }
        }
        for method in ["GET", "DELETE"] {
            let line = format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
            let reply = ask(&house, format!("{line}accept: text/event-stream\r\n\r\n"));
            if reply.as_ref().map_or(0, |reply| reply.status) != status {
                return Some(format!("{method} {target}: {reply:?}"));
            }
        }
        None
    });
    assert_eq!(reached(&house), 0);
    assert_eq!(house.executed(), 0);
}

/// Spellings that Envoy resolves before anybody looks are the same path for everybody: the same is
/// allowed there, and the same is not.
#[test]
fn a_path_that_is_resolved_is_no_other_door() {
    let house = House::stateless();
    let table = [
        "/mcp/triage",
        "/mcp/./triage",
        "/mcp/nobody/../triage",
        "/mcp/%74riage",
        "/mcp/nobody/%2e%2e/triage",
        "/mcp/nobody\\..\\triage",
        "http://127.0.0.1/mcp/triage",
        "HTTP://127.0.0.1/mcp/triage",
        "http://127.0.0.1/mcp/nobody/../triage",
    ];
    let hidden = call(1, "delete_repo", json!({})).to_string();
    let allowed = call(1, "get_me", json!({})).to_string();
    let list = legacy(1, "tools/list", json!({})).to_string();
    for (count, target) in (1..).zip(table) {
        let reply = ask(&house, post_with(target, USUAL, &hidden)).unwrap();
        assert_eq!(reply.reason(), "tool_not_enabled", "{target}: {reply:?}");
        let reply = ask(&house, post_with(target, USUAL, &allowed)).unwrap();
        assert!(reply.message()["result"].is_object(), "{target}: {reply:?}");
        assert_eq!(house.executed(), count, "{target}");
        let reply = ask(&house, post_with(target, USUAL, &list)).unwrap();
        assert!(!reply.body.contains("delete_repo"), "{target}: {reply:?}");
    }
}
