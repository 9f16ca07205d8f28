//! Paths, methods and headers of HTTP.

use serde_json::json;

use super::super::driver::{get, post};
use super::{ALL, PATH, SSE, Up};

#[test]
fn there_is_nothing_beside_the_endpoints() {
    for path in [
        "/",
        "/mcp",
        "/MCP/surface",
        "//mcp/surface",
        "/mcp//surface",
        "/mcp/surface/",
        "/mcp/surface/x",
        "/mcp/surface;x",
        "/mcp/%73urface",
        "/mcp/surface%2f",
        "/.well-known/oauth-protected-resource",
        "/.well-known/mcp/server-card.json",
        "/.well-known/mcp.json",
        "/mcp/surface/.well-known/mcp.json",
        "/openapi.json",
        "/tools",
    ] {
        for verb in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
            let call = get().verb(verb).path(path);
            assert_eq!(call.refused().status(), 404, "{verb} {path}");
        }
    }
    for path in [PATH, SSE] {
        for verb in ["HEAD", "PUT", "PATCH", "TRACE", "CONNECT", "post", "get"] {
            assert_eq!(
                get().verb(verb).path(path).refused().status(),
                405,
                "{verb} {path}"
            );
        }
    }
    // A route that has a virtual server has it at all of its paths; a list that stands there as a
    // document does not pass.
    let card = get()
        .path("/.well-known/mcp/server-card.json")
        .route("everything")
        .forwarded();
    assert_eq!(
        card.json(r#"{"tools":[{"name":"delete_repo"}]}"#)
            .refused()
            .status(),
        502
    );
}

#[test]
fn credentials_stay_at_the_gateway_in_every_version() {
    let removed = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "forwarded",
        "baggage",
    ];
    let with = |call: super::Call| {
        removed
            .iter()
            .fold(call, |call, name| call.header(name, "secret"))
    };
    let mut calls: Vec<_> = ALL
        .iter()
        .map(|up| up.post(&up.request("tools/list", json!({}))))
        .collect();
    calls.extend([
        get().path(PATH),
        get().verb("DELETE").path(PATH),
        get().path(SSE),
    ]);
    for call in calls {
        let path = call.path.clone();
        let edits = with(call).forwarded().headers;
        for name in removed {
            assert!(
                edits.remove.iter().any(|gone| gone == name),
                "{path} {name}"
            );
        }
    }
}

#[test]
fn sessions_pass_where_there_are_sessions() {
    let gone = |edits: &super::super::driver::Forwarded, name: &str| {
        edits.headers.remove.iter().any(|removed| removed == name)
    };
    for up in ALL {
        let call = up.post(&up.request("tools/list", json!({})));
        let sent = call
            .header("mcp-session-id", "s")
            .header("last-event-id", "7")
            .sealed()
            .forwarded();
        let has_none = matches!(up, Up::V2024_11_05 | Up::V2026_07_28);
        for name in ["mcp-session-id", "last-event-id"] {
            assert_eq!(gone(&sent, name), has_none, "{up:?} {name}");
        }
    }
    for verb in ["GET", "DELETE"] {
        let call = get().verb(verb).path(PATH).header("mcp-session-id", "s");
        let call = call.sealed();
        assert!(!gone(&call.forwarded(), "mcp-session-id"), "{verb}");
        let twice = get()
            .verb(verb)
            .path(PATH)
            .header("mcp-session-id", "s")
            .header("mcp-session-id", "t");
        assert_eq!(
            twice.refused().reason().as_str(),
            "header_mismatch",
            "{verb}"
        );
    }
    // In HTTP+SSE the query has the session, and nothing else.
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(
        post(ping)
            .path("/mcp/surface/messages?sessionId=a&x=1")
            .refused()
            .status(),
        400
    );
}
