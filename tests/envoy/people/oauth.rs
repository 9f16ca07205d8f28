//! An agent that knows nothing but the URL finds out where tokens come from, and gets one.

use serde_json::{Value, json};

use super::place::{Place, Plan};
use crate::support::tools::{PythonSdk, python};

/// Tokens are for the virtual server that they are asked for.
const BY_RESOURCE: &str = r#"
identity:
  issuers: [{issuer: IDP, jwks: {uri: "IDP/jwks"}}]
  resource: ENVOY
"#;

fn place() -> Place {
    Plan::new(r#"{type: mapping, claim: sub, file: "SECRETS/github.yaml"}"#)
        .identity(BY_RESOURCE)
        .secret("github.yaml", "alice: canary-github-alice\n")
        .sessions()
        .build()
}

/// What the Python SDK's client did, which knows of OAuth.
fn client(place: &Place, name: &str, mode: &str) -> Result<Value, String> {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/peers/python/oauth_client.py"
    );
    let mut command = python(PythonSdk::V2_3_0).unwrap().command();
    command.args([script, &place.url(name), mode]);
    let output = command.args(["get_me", "delete_repo"]).output().unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[tokio::test]
async fn the_python_sdk_finds_its_way() {
    let place = place();
    place
        .idp
        .set_user(json!({"sub": "alice", "groups": ["support"]}));
    for mode in ["legacy", "2026-07-28"] {
        let done = client(&place, "triage", mode).unwrap();
        let steps = done["requests"].as_array().unwrap();
        let metadata = place
            .envoy
            .url("/.well-known/oauth-protected-resource/mcp/triage");
        assert_eq!(steps[0][2], 401, "{done}");
        let challenge = steps[0][3].as_str().unwrap();
        let expected = format!("resource_metadata=\"{metadata}\"");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        assert!(challenge.contains(&expected), "{challenge}");
        assert_eq!(
            (&steps[1][1], &steps[1][2]),
            (&json!(metadata), &json!(200))
        );
        assert!(place.idp.requests("/register") > 0);
        let visited = done["visited"].as_str().unwrap();
        assert!(visited.starts_with(&place.idp.url("/authorize?")));
        let issued = place.idp.find(done["token"].as_str().unwrap()).unwrap();
        assert_eq!(issued.claims["aud"], place.url("triage"));
        assert_eq!(issued.grant, "authorization_code");

        let tools = done["tools"].as_array().unwrap();
        assert!(tools.contains(&json!("get_me")) && !tools.contains(&json!("delete_repo")));
        assert!(done["calls"][0]["result"].is_object(), "{done}");
        assert_eq!(done["calls"][1]["error"]["code"], -32602, "{done}");
        assert_eq!(place.last_token(), "canary-github-alice");
    }
    assert_eq!(place.github.github().executions("get_me"), 2);
    assert_eq!(place.executed(), 2);
    // A token for one virtual server is none for another.
    let done = client(&place, "triage", "legacy").unwrap();
    let token = done["token"].as_str().unwrap();
    let triage = place.nobody().with_token(token);
    triage.begin().await.works().await;
    let other = triage.elsewhere(&place.url("other"));
    let refused = other.call("get_me", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
}

#[tokio::test]
async fn metadata_says_where_tokens_come_from() {
    let place = place();
    let nobody = place.nobody();
    let url = |path: &str| {
        place
            .envoy
            .url(&format!("/.well-known/oauth-protected-resource{path}"))
    };
    for (name, scopes) in [("triage", None), ("other", Some(json!(["other.use"])))] {
        let answer = nobody.get(&url(&format!("/mcp/{name}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.kind(), "application/json");
        let metadata: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(metadata["resource"], place.url(name));
        assert_eq!(
            metadata["authorization_servers"],
            json!([place.idp.issuer()])
        );
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert_eq!(metadata.get("scopes_supported"), scopes.as_ref());
    }
    for path in ["", "/", "/mcp", "/mcp/nothing", "/mcp/triage/x", "x"] {
        let answer = nobody.get(&url(path)).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    assert_eq!(place.gate().arrived().len(), 0);
}
