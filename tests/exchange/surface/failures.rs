//! Errors, and whatever else HTTP carries besides messages.

use serde_json::json;

use super::super::driver::Received;
use super::{ALL, HIDDEN, Up, answers};

#[test]
fn errors_pass_but_for_urls_that_lead_elsewhere() {
    let error = |elicitations: serde_json::Value| json!({"code": -32042, "message": "free text", "data": {"elicitations": elicitations, "x": 1}});
    let ask = |url: &str| json!({"mode": "url", "url": url, "message": "free text"});
    let said = error(
        json!([ask("https://a.example"), ask("http://a.example"), ask("javascript:x"), {"mode": "url"}]),
    );
    for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "error": said})) {
        let expected = error(json!([ask("https://a.example")]));
        assert_eq!(down.message()["error"], expected, "{}", down.way);
    }
}

#[test]
fn a_server_that_lists_what_it_has_instead_is_not_quoted() {
    let text = format!("Unknown tool: list_zzz. Available: {HIDDEN}");
    let bodies = [
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": text, "data": [HIDDEN]}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {"isError": true, "content": [{"type": "text", "text": text}]}}),
    ];
    for up in ALL
        .into_iter()
        .filter(|up| !matches!(up, Up::V2024_11_05 | Up::Batch))
    {
        for body in &bodies {
            let call = || {
                up.post(&up.request("tools/call", json!({"name": "list_zzz"})))
                    .forwarded()
            };
            let missing = call().json(&body.to_string()).text();
            let event = call().events(&format!("data: {body}\n\n")).text();
            let hidden = up.refuses("tools/call", &json!({"name": "list_secrets"}));
            assert_eq!(hidden.2, "tool_not_enabled");
            for told in [missing, event] {
                assert!(
                    told.contains("tool_not_enabled") && !told.contains(HIDDEN),
                    "{up:?} {told}"
                );
            }
        }
    }
}

#[test]
fn bodies_of_failures_are_replaced_in_every_version() {
    for up in ALL {
        for status in [
            "302", "307", "400", "401", "403", "404", "406", "500", "503",
        ] {
            for (kind, body) in [
                ("text/html", HIDDEN.to_owned()),
                ("application/json", json!({"detail": HIDDEN}).to_string()),
                (
                    "application/json",
                    json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": HIDDEN}]}})
                        .to_string(),
                ),
            ] {
                let headers = [
                    (":status", status),
                    ("content-type", kind),
                    ("location", HIDDEN),
                ];
                let sent = up.post(&up.request("tools/call", json!({"name": "get_issue"})));
                let told = match sent.forwarded().answer(&headers, &[body.as_bytes()]) {
                    Received::Refused(refusal) => refusal.body(),
                    received @ Received::Response { .. } => received.text(),
                    Received::Cut => String::new(),
                };
                assert!(!told.contains(HIDDEN), "{up:?} {status} {kind}: {told}");
            }
        }
    }
}

#[test]
fn headers_that_lead_elsewhere_do_not_reach_the_client() {
    let removed = [
        "www-authenticate",
        "proxy-authenticate",
        "link",
        "location",
        "content-location",
        "refresh",
        "set-cookie",
        "alt-svc",
        "etag",
    ];
    let json = (":status", "200");
    for (kind, body) in [
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(),
        ),
        (
            "text/event-stream",
            "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n".to_owned(),
        ),
    ] {
        let mut headers = vec![json, ("content-type", kind)];
        headers.extend(removed.map(|name| (name, HIDDEN)));
        let sent = Up::V2025_11_25.post(&Up::V2025_11_25.request("ping", json!({})));
        match sent.forwarded().answer(&headers, &[body.as_bytes()]) {
            Received::Response { headers, .. } => {
                for name in removed {
                    assert!(
                        headers.remove.iter().any(|gone| gone == name),
                        "{kind} {name}"
                    );
                }
            }
            other @ (Received::Refused(_) | Received::Cut) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_challenge_of_the_server_is_not_the_clients_to_answer() {
    for up in ALL {
        let sent = up.post(&up.request("tools/list", json!({}))).forwarded();
        let headers = [
            (":status", "401"),
            (
                "www-authenticate",
                "Bearer resource_metadata=\"https://a.example\"",
            ),
        ];
        let refusal = sent.answer(&headers, &[]).refused();
        assert_ne!(refusal.status(), 401, "{up:?}");
        assert!(
            refusal
                .headers()
                .all(|(name, _)| name != "www-authenticate")
        );
        assert!(!refusal.body().contains("a.example"));
    }
}
