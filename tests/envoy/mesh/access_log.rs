//! The access log of `envoy/sluice.yaml`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::House;
use crate::message::{call, legacy, modern};
use crate::support::envoy::Envoy;

/// What the line says of Sluice that comes after so many others.
pub(super) async fn line(envoy: &Envoy, before: usize) -> Value {
    let began = Instant::now();
    loop {
        let mut lines = envoy.access_log();
        if lines.len() > before {
            assert_eq!(lines.len(), before + 1, "{lines:?}");
            return lines.pop().unwrap()["sluice"].take();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no line");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_line_says_what_was_asked_decided_and_answered() {
    let house = House::stateless();
    let tool = |name: &str, more: Value| {
        let mut all = json!({
            "virtual_server": "triage", "server": "github", "method": "tools/call",
            "kind": "tool", "tool": name,
        });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let rule = |rest: &str| format!("virtual_servers.triage.{rest}");
    let tools = |rest: &str| rule(&format!("servers[0].{rest}"));
    let resource = json!({"uri": "repo://octo-org/hello-world/README.md?token=secret"});
    let table = [
        (
            call(1, "get_me", json!({})),
            tool(
                "get_me",
                json!({"decision": "allow", "rule": tools("enabled_tools[0]"), "outcome": "ok"}),
            ),
        ),
        (
            modern(call(1, "get_issue", json!({"no": "such argument"}))),
            tool(
                "get_issue",
                json!({"decision": "allow", "rule": tools("enabled_tools[1]"), "outcome": "tool_error"}),
            ),
        ),
        (
            call(
                1,
                "get_issue",
                json!({"owner": "no", "repo": "no", "number": 1}),
            ),
            tool(
                "get_issue",
                json!({"decision": "allow", "rule": tools("enabled_tools[1]"), "outcome": "tool_error"}),
            ),
        ),
        (
            call(1, "delete_repo", json!({})),
            tool(
                "delete_repo",
                json!({"decision": "deny", "reason": "tool_not_enabled", "outcome": "rpc_error"}),
            ),
        ),
        (
            modern(call(1, "search_code", json!({}))),
            tool(
                "search_code",
                json!({
                    "decision": "deny", "reason": "tool_not_enabled", "outcome": "rpc_error",
                    "rule": tools("disabled_tools[0]"),
                }),
            ),
        ),
        (
            legacy(1, "resources/read", resource),
            json!({
                "virtual_server": "triage", "server": "github", "method": "resources/read",
                "kind": "resource", "resource": "repo://octo-org/hello-world/README.md",
                "decision": "allow", "rule": rule("enabled_resources[0]"), "outcome": "rpc_error",
            }),
        ),
        (
            legacy(1, "invented/by-a-client", json!({})),
            json!({
                "virtual_server": "triage", "server": "github", "decision": "deny",
                "reason": "method_not_enabled", "outcome": "rpc_error",
            }),
        ),
        (
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            json!({
                "virtual_server": "triage", "server": "github",
                "method": "notifications/initialized", "decision": "allow", "outcome": "ok",
            }),
        ),
    ];
    for (index, (message, expected)) in table.iter().enumerate() {
        house.ask(message).await;
        assert_eq!(line(&house.envoy, index).await, *expected, "{message}");
    }
}
