//! `envoy/rbac.yaml`: rules of the mesh by what Sluice says.

use serde_json::json;

use super::place::Place;
use crate::house::Answer;
use crate::message::call;

#[tokio::test]
async fn what_the_mesh_does_not_allow_goes_nowhere() {
    let place = Place::with(&["rbac.yaml"]);
    let token = place.token("alice");
    let me = place.call(&token, "get_me", json!({})).await;
    assert!(me.message()["result"].is_object(), "{me:?}");
    let executed = place.house.executed();
    // The manifest enables it.
    let repo = json!({"owner": "octo-org", "repo": "hello-world"});
    let denied = place.call(&token, "delete_repo", repo).await;
    assert_eq!(denied.status, 400, "{denied:?}");
    let said = denied.message();
    assert_eq!(said["id"], 7, "{said}");
    assert_eq!(said["error"]["data"]["reason"], "denied_by_gateway");
    assert_eq!(place.house.executed(), executed);
}

#[tokio::test]
async fn a_batch_of_which_no_tool_is_told_goes_nowhere() {
    let batch = json!([call(1, "get_me", json!({})), call(2, "get_me", json!({}))]);
    // The MCP server takes none, and says so if it is asked.
    for (examples, status) in [(&[] as &[&str], 415), (&["rbac.yaml"], 400)] {
        let place = Place::with(examples);
        let client = reqwest::Client::new();
        let request = client
            .post(place.house.url("triage"))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-03-26")
            .bearer_auth(place.token("alice"))
            .body(batch.to_string());
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let line = super::access_log::line(&place.house.envoy, 0).await;
        assert_eq!(
            (&line["method"], &line["messages"]),
            (&json!("batch"), &json!(2))
        );
        assert_eq!(line["tool"], json!(null), "{line}");
    }
}
