//! No place of a server's message is passed by: neither one that the protocol has for something else,
//! nor one that no version has.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::manifest;
use sluice::policy::Policy;

use super::talk::{Answer, Talk, allow};

type Judge = fn(&sluice::exchange::GuardrailAsk) -> Answer;

const MANIFEST: &str = "
servers: {crm: {}}
guardrails: {no-mail: {type: redact, entities: [email]}}
virtual_servers:
  crm:
    match: {path: /mcp/crm}
    servers: [{name: crm, enabled_tools: [get]}]
    enabled_resources: [\"file:///a\"]
    mcp_tool_post_invoke_guardrails: [no-mail]
";

const CANARY: &str = "ann.canary@example.com";

fn policy() -> Arc<Policy> {
    Arc::new(manifest::load("m.yaml", MANIFEST).unwrap().policy)
}

/// What the client gets of this event on the stream of a call.
fn heard(message: &Value) -> String {
    let mut talk: Talk<Judge> = Talk::new(&policy(), |_| allow());
    talk.post("/mcp/crm", &[("mcp-protocol-version", "2025-11-25")])
        .on();
    talk.body(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get","arguments":{}}}"#,
    )
    .on();
    talk.answers("text/event-stream").on();
    talk.chunk(&format!("data: {message}\n\n"), false)
        .on()
        .unwrap()
}

#[test]
fn nothing_hides_in_members_of_the_protocol() {
    let in_block = |block: Value| json!({"content": [block]});
    let rows = json!({"rows": [CANARY]});
    let results = [
        in_block(json!({"type": "text", "text": "x", "annotations": {"note": CANARY}})),
        in_block(json!({"type": "text", "text": "x", "annotations": CANARY})),
        in_block(json!({"type": "image", "mimeType": rows, "data": "AA=="})),
        in_block(json!({"type": "image", "mimeType": "image/svg+xml", "data": CANARY})),
        in_block(json!({"type": "image", "mimeType": "image/png", "data": rows})),
        in_block(json!({"type": CANARY, "text": "x"})),
        in_block(json!({"type": "tool_use", "id": rows, "name": "get", "input": {}})),
        in_block(json!({"type": "resource", "resource": {"uri": "file:///a", "blob": [CANARY]}})),
        in_block(
            json!({"type": "resource", "resource": {"uri": "file:///a", "text": "x", "mimeType": CANARY}}),
        ),
        json!({"content": [], "capabilities": {"x": CANARY}}),
        json!({"content": [], "serverInfo": {"x": CANARY}}),
        json!({"content": [], "supportedVersions": [CANARY]}),
        json!({"content": [], "status": CANARY}),
        json!({"content": [], "total": CANARY}),
        json!({"content": [], "modelPreferences": CANARY}),
        json!({"content": [], "toolChoice": CANARY}),
        json!({"content": CANARY}),
        json!({"content": {"type": "text", "text": CANARY}}),
        json!({"content": [], "whatever": {"x": [CANARY]}}),
        json!({"content": [], "x": {CANARY: 1}}),
    ];
    for result in results {
        let out = heard(&json!({"jsonrpc": "2.0", "id": 1, "result": result}));
        assert!(!out.contains(CANARY), "{result} gave {out}");
    }
}

#[test]
fn nothing_hides_in_news_and_errors() {
    let news =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    for message in [
        news(
            "notifications/resources/updated",
            json!({"uri": "file:///a", "title": CANARY}),
        ),
        news(
            "notifications/progress",
            json!({"progressToken": 1, "progress": 1, "capabilities": CANARY}),
        ),
        news(
            "notifications/message",
            json!({"level": "info", "data": 1, "inputRequests": [CANARY]}),
        ),
        news("notifications/message", json!({"level": CANARY, "data": 1})),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": CANARY, "message": "x"}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": CANARY}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x", "data": {"a": CANARY}}}),
    ] {
        let out = heard(&message);
        assert!(!out.contains(CANARY), "{message} gave {out}");
    }
}
