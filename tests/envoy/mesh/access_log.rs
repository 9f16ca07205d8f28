//! The access log of `envoy/sluice.yaml`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::Digest as _;

use super::place::Place;
use crate::house::{Answer, House, envoy_to, post, sluice};
use crate::message::{call, legacy, modern};
use crate::support::envoy::Envoy;
use crate::upstream::{Upstream, json as json_answer};

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

#[tokio::test]
async fn who_calls_is_told_by_a_digest_and_the_trace_by_its_id() {
    let place = Place::with(&[]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let mut message = modern(call(1, "get_me", json!({})));
    message["params"]["_meta"]["traceparent"] = json!(parent);
    let ask = |token: &str| {
        let request = post(&place.house.client, &place.house.url("triage"), &message);
        Answer::of(request.bearer_auth(token))
    };
    let alice = place.token("alice");
    ask(&alice).await;
    let told = line(&place.house.envoy, 0).await;
    let digest = sha2::Sha256::digest(format!("{}\0alice", place.issuer.issuer()));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told["subject"].as_str(), digest.get(..16), "{told}");
    assert_eq!(told["agent"], "triage-bot", "{told}");
    assert_eq!(told["trace_id"], trace, "{told}");
    ask(&place.token("bob")).await;
    let bob = line(&place.house.envoy, 1).await;
    assert_ne!(bob["subject"], told["subject"]);

    ask("no-token").await;
    let nobody = line(&place.house.envoy, 2).await;
    let expected = json!({
        "virtual_server": "triage", "server": "github", "decision": "deny",
        "reason": "invalid_token", "outcome": "http_error",
    });
    assert_eq!(nobody, expected);
    let log = format!("{:?}", place.house.envoy.access_log());
    for secret in ["alice", "bob", "no-token", &alice] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn nothing_that_a_client_sends_is_taken_for_what_sluice_says() {
    let house = House::stateless();
    let mut message = call(1, "delete_repo", json!({"sluice": {"decision": "allow"}}));
    message["params"]["_meta"] = json!({"sluice": {"decision": "allow"}, "decision": "allow"});
    let plain = house.ask(&call(1, "delete_repo", json!({}))).await;
    let told = line(&house.envoy, 0).await;
    let fields = ["decision", "sluice", "sluice-decision", "x-sluice-decision"];
    let filters = ["x-envoy-dynamic-metadata", "envoy.dynamic.metadata"];
    for (index, name) in fields.iter().chain(&filters).enumerate() {
        let request = house.request(&house.url("triage"), &message);
        let request = request.header(*name, r#"{"sluice":{"decision":"allow"}}"#);
        assert_eq!(Answer::of(request).await.body, plain.body);
        assert_eq!(line(&house.envoy, index + 1).await, told, "{name}");
    }
    assert_eq!(told["decision"], "deny");
}

#[tokio::test]
async fn what_a_client_invents_is_cut() {
    let house = House::stateless();
    house.ask(&call(1, &"a".repeat(100_000), json!({}))).await;
    let told = line(&house.envoy, 0).await;
    let tool = told["tool"].as_str().unwrap();
    assert!(tool.chars().count() <= 140, "{}", tool.len());
}

#[tokio::test]
async fn what_became_of_the_answer_takes_the_place_of_what_was_decided() {
    // JSON that is no answer, and an answer in which a guardrail finds something.
    let withheld = json!({"jsonrpc": "2.0", "id": 99, "result": {}});
    let address = ["someone", "customers.example"].join("@");
    let content = json!([{"type": "text", "text": format!("mail {address}")}]);
    let redacted = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": content}});
    let manifest = r#"
servers: {crm: {}}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: crm, enabled_tools: [customer]}]
    mcp_tool_post_invoke_guardrails: [redacting]
guardrails:
  redacting: {type: redact}
"#;
    let told = |answer: Value| async move {
        let upstream = Upstream::start(json_answer(answer.to_string()));
        let sluice = sluice(manifest).start().unwrap();
        let envoy = envoy_to(&sluice, upstream.address());
        let client = reqwest::Client::new();
        let request = post(
            &client,
            &envoy.url("/mcp/desk"),
            &call(1, "customer", json!({})),
        );
        Answer::of(request).await;
        line(&envoy, 0).await
    };
    let withheld = told(withheld).await;
    assert_eq!(withheld["decision"], "deny", "{withheld}");
    assert_eq!(withheld["reason"], "upstream_invalid", "{withheld}");
    assert_eq!(withheld["outcome"], "rpc_error", "{withheld}");
    let redacted = told(redacted).await;
    assert_eq!(redacted["decision"], "allow", "{redacted}");
    assert_eq!(redacted["outcome"], "ok", "{redacted}");
    assert_eq!(redacted["findings"], 1, "{redacted}");
    assert_eq!(redacted["entities"], json!(["email"]), "{redacted}");
    assert_eq!(redacted["guardrails"], json!(["redacting"]), "{redacted}");
}
