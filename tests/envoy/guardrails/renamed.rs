//! Tools that clients know by another name than the server does.

use serde_json::{Value, json};

use crate::clients::{connect, discover, initialize, params, refused};
use crate::house::{envoy_to, sluice};
use crate::python::{Server, client, same_refusal};

const MANIFEST: &str = r#"
servers:
  python:
    tool_metadata:
      get_repo: {name: look_up, description: Looks a repository up.}
      fail: {name: give_up}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: python, enabled_tools: [get_repo, fail, "search_*"]}]
"#;

#[test]
fn a_tool_that_is_renamed_is_one_for_the_client_and_one_for_the_server() {
    let wanted = json!({
        "calls": [
            ["look_up", {"name": "hello"}], ["give_up", {}], ["search_repos", {"query": "x"}],
            ["get_repo", {"name": "hello"}], ["no_such_tool", {}],
        ],
        "prompts": [],
        "resources": [],
    });
    for kind in ["sessions", "stateless"] {
        let server = Server::of("server_v2.py", kind);
        let sluice = sluice(MANIFEST).start().unwrap();
        let envoy = envoy_to(&sluice, server.address());
        for mode in ["legacy", "2026-07-28"] {
            let before = server.executed().len();
            let done = client(&envoy.url("/mcp/desk"), mode, &wanted);
            let executed = server.executed().split_off(before);
            assert_eq!(
                executed,
                ["get_repo", "fail", "search_repos"],
                "{kind}, {mode}"
            );
            let tools = done["tools"].as_array().unwrap();
            let names: Vec<&Value> = tools.iter().map(|tool| &tool["name"]).collect();
            assert_eq!(names, ["look_up", "search_repos", "give_up"], "{done}");
            assert_eq!(tools[0]["description"], "Looks a repository up.");
            let calls = &done["calls"];
            let found = &calls[0]["result"]["structuredContent"];
            assert_eq!(found["visibility"], "public", "{calls}");
            let failed = &calls[1]["result"];
            assert_eq!(failed["isError"], true, "{calls}");
            let told = failed["content"][0]["text"].as_str().unwrap();
            assert!(told.contains("give_up") && !told.contains("fail"), "{told}");
            same_refusal(&calls[3], &calls[4], "Unknown tool: get_repo");
        }
    }
}

#[tokio::test]
async fn a_rust_client_calls_it_by_the_name_that_it_was_listed() {
    let server = Server::of("server_v2.py", "stateless");
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, server.address());
    for lifecycle in [initialize(), discover()] {
        let client = connect(&envoy.url("/mcp/desk"), lifecycle).await;
        let tools = client.list_all_tools().await.unwrap();
        let tool = tools.iter().find(|tool| tool.name == "look_up").unwrap();
        let before = server.executed().len();
        let call = params(&tool.name, &json!({"name": "hello"}));
        let result = client.call_tool(call).await.unwrap();
        let result = serde_json::to_value(result).unwrap();
        assert_eq!(result["structuredContent"]["name"], "hello", "{result}");
        let call = params("get_repo", &json!({"name": "hello"}));
        let error = refused(client.call_tool(call).await);
        assert_eq!(error.message, "Unknown tool: get_repo");
        assert_eq!(server.executed()[before..], ["get_repo"]);
        client.cancel().await.unwrap();
    }
}
