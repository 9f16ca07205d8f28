//! What a server says of its tools: calls are held to it, agents see less of it, and it stays what
//! somebody has agreed to.

use std::process::{Command, Output};

use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::clients::{Client, connect, discover, initialize, params};
use crate::house::{envoy_to, sluice};
use crate::python::{Server, client};

const MANIFEST: &str = r#"
guardrails:
  ours: GUARDRAIL
servers: {tracker: {}}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: tracker, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [ours]
"#;

/// The manifest with this guardrail.
fn manifest(guardrail: &str) -> String {
    MANIFEST.replace("GUARDRAIL", guardrail)
}

async fn call(client: &Client, tool: &str, arguments: Value) -> CallToolResult {
    client.call_tool(params(tool, &arguments)).await.unwrap()
}

/// What a model is told of a call that was refused.
#[track_caller]
fn refused(result: &CallToolResult) -> String {
    assert_eq!(result.is_error, Some(true), "{result:?}");
    text(result)
}

/// What a call came to.
#[track_caller]
fn passed(result: &CallToolResult) -> String {
    assert_ne!(result.is_error, Some(true), "{result:?}");
    text(result)
}

fn text(result: &CallToolResult) -> String {
    let content = serde_json::to_value(&result.content).unwrap();
    content[0]["text"].as_str().unwrap().to_owned()
}

/// The names of the tools that a client is listed, sorted.
async fn tools(client: &Client) -> Vec<String> {
    let tools = client.list_all_tools().await.unwrap();
    let mut names: Vec<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
    names.sort_unstable();
    names
}

/// Arguments that the listed schema does not allow, and what a model is told of them.
fn wrong() -> [(Value, &'static str); 4] {
    [
        (json!({"count": 1}), "sku"),
        (json!({"sku": "ABC12345", "count": 101}), "100"),
        (json!({"sku": "abc", "count": 1}), "^[A-Z]{3}[0-9]{5}$"),
        (json!({"sku": "ABC12345", "coupon": "x"}), "coupon"),
    ]
}

#[tokio::test]
async fn a_call_is_held_to_the_schema_that_was_listed() {
    let server = Server::of("tracker.py", "agreed");
    for lifecycle in [initialize(), discover()] {
        let before = server.executed().len();
        let sluice = sluice(&manifest("{type: schema, additional: deny}"));
        let sluice = sluice.start().unwrap();
        let envoy = envoy_to(&sluice, server.address());
        let client = connect(&envoy.url("/mcp/desk"), lifecycle).await;
        let right = json!({"sku": "ABC12345", "count": 100});
        let told = refused(&call(&client, "create_order", right.clone()).await);
        assert!(told.contains("list the tools first"), "{told}");

        assert_eq!(tools(&client).await, ["create_order", "search"]);
        for (arguments, says) in wrong() {
            let told = refused(&call(&client, "create_order", arguments).await);
            assert!(told.starts_with("The guardrail `ours`"), "{told}");
            assert!(told.contains(says), "{told}");
        }
        assert_eq!(server.executed().len(), before, "nothing got there");
        let told = passed(&call(&client, "create_order", right).await);
        assert_eq!(told, "ordered 100 of ABC12345");
        assert_eq!(server.executed()[before..], ["create_order ABC12345 100"]);
        client.cancel().await.unwrap();
    }
}

#[test]
fn a_python_client_is_told_what_the_schema_wants() {
    let server = Server::of("tracker.py", "agreed");
    let wanted = wrong().map(|(arguments, _)| json!(["create_order", arguments]));
    let mut calls = wanted.to_vec();
    calls.push(json!(["create_order", {"sku": "ABC12345"}]));
    let wanted = json!({"calls": calls, "prompts": [], "resources": []});
    for mode in ["legacy", "2026-07-28"] {
        let before = server.executed().len();
        let sluice = sluice(&manifest("{type: schema, additional: deny}"));
        let sluice = sluice.start().unwrap();
        let envoy = envoy_to(&sluice, server.address());
        let done = client(&envoy.url("/mcp/desk"), mode, &wanted);
        for (index, (_, says)) in wrong().into_iter().enumerate() {
            let result = &done["calls"][index]["result"];
            assert_eq!(result["isError"], true, "{done}");
            let told = result["content"][0]["text"].as_str().unwrap();
            assert!(
                told.starts_with("The guardrail `ours`") && told.contains(says),
                "{told}"
            );
        }
        assert_ne!(done["calls"][4]["result"]["isError"], true, "{done}");
        assert_eq!(server.executed()[before..], ["create_order ABC12345 1"]);
    }
}

const ARGUMENTS: &str =
    "{type: arguments, tools: [search], pin: {tenant: acme}, default: {limit: 20}, hide: [debug]}";

/// Calls of `search`, and what the server executes.
fn searches() -> [(Value, &'static str); 3] {
    [
        (json!({"query": "a"}), "search a of acme, 20, debug: False"),
        (
            json!({"query": "b", "limit": 3}),
            "search b of acme, 3, debug: False",
        ),
        (
            json!({"query": "c", "tenant": "other", "debug": true}),
            "search c of acme, 20, debug: False",
        ),
    ]
}

#[tokio::test]
async fn arguments_that_agents_do_not_see_reach_the_server() {
    let server = Server::of("tracker.py", "agreed");
    let sluice = sluice(&manifest(ARGUMENTS)).start().unwrap();
    let envoy = envoy_to(&sluice, server.address());
    let url = envoy.url("/mcp/desk");
    let mut expected = Vec::new();
    for lifecycle in [initialize(), discover()] {
        let client = connect(&url, lifecycle).await;
        let tools = client.list_all_tools().await.unwrap();
        let search = tools.iter().find(|tool| tool.name == "search").unwrap();
        let schema = serde_json::to_value(&search.input_schema).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(names, ["limit", "query"], "{schema}");
        assert_eq!(properties["limit"]["default"], 20, "{schema}");
        assert_eq!(schema["required"], json!(["query"]), "{schema}");
        for (arguments, executed) in searches() {
            passed(&call(&client, "search", arguments).await);
            expected.push(executed);
        }
        client.cancel().await.unwrap();
    }
    let wanted = searches().map(|(arguments, _)| json!(["search", arguments]));
    let wanted = json!({"calls": wanted, "prompts": [], "resources": []});
    for mode in ["legacy", "2026-07-28"] {
        let done = self::client(&url, mode, &wanted);
        let schema = done["tools"][1]["inputSchema"].to_string();
        assert!(
            !schema.contains("tenant") && !schema.contains("debug"),
            "{schema}"
        );
        expected.extend(searches().map(|(_, executed)| executed));
    }
    assert_eq!(server.executed(), expected);
}

/// `sluice lock` of this server.
fn lock(server: &Server, more: &[&str]) -> Output {
    let url = format!("http://{}/mcp", server.address());
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["lock", &url]).args(more).output().unwrap()
}

#[tokio::test]
async fn a_tool_that_changes_after_it_was_agreed_to_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tracker.lock.json");
    let file = file.to_str().unwrap();
    let agreed = Server::of("tracker.py", "agreed");
    let locked = lock(&agreed, &["-o", file]);
    assert!(locked.status.success(), "{locked:?}");
    let sluice = sluice(&manifest(&format!("{{type: pin, file: {file}}}")));
    let sluice = sluice.start().unwrap();
    let order = || json!({"sku": "ABC12345"});

    let envoy = envoy_to(&sluice, agreed.address());
    for lifecycle in [initialize(), discover()] {
        let client = connect(&envoy.url("/mcp/desk"), lifecycle).await;
        assert_eq!(tools(&client).await, ["create_order", "search"]);
        passed(&call(&client, "create_order", order()).await);
        client.cancel().await.unwrap();
    }
    assert_eq!(agreed.executed().len(), 2);
    assert!(lock(&agreed, &["-o", file, "--check"]).status.success());

    let changed = Server::of("tracker.py", "changed");
    let envoy = envoy_to(&sluice, changed.address());
    for lifecycle in [initialize(), discover()] {
        let client = connect(&envoy.url("/mcp/desk"), lifecycle).await;
        assert_eq!(tools(&client).await, ["search"]);
        for (tool, arguments) in [("create_order", order()), ("export_orders", json!({}))] {
            let told = refused(&call(&client, tool, arguments).await);
            assert!(told.contains("not the one that was agreed to"), "{told}");
        }
        let search = json!({"query": "a", "tenant": "acme"});
        passed(&call(&client, "search", search).await);
        client.cancel().await.unwrap();
    }
    let executed = changed.executed();
    assert_eq!(executed.len(), 2, "{executed:?}");
    assert!(executed.iter().all(|it| it.starts_with("search")));
    let checked = lock(&changed, &["-o", file, "--check"]);
    let told = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        told.contains("~ create_order: description changed"),
        "{told}"
    );
}
