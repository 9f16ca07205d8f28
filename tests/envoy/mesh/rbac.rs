//! `envoy/rbac.yaml`: rules of the mesh by what Sluice says.

use serde_json::json;

use super::place::Place;

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
