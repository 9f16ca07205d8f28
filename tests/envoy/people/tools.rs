//! Two people, one agent, one virtual server: what each sees, can call, and is called with.

use serde_json::{Value, json};

use super::place::{Place, Plan, oauth2};
use super::visitor::{Visitor, is_unknown_session};

const MAPPING: &str = r#"{type: mapping, claim: sub, file: "SECRETS/github.yaml"}"#;

fn mapping() -> Plan {
    let tokens = "alice: canary-github-alice\nbob: canary-github-bob\n";
    Plan::new(MAPPING).secret("github.yaml", tokens)
}

/// Asserts that a tool is not there, in the same words as one that nobody has.
async fn is_absent(visitor: &Visitor, tool: &str, arguments: Value) {
    let hidden = visitor.call(tool, arguments.clone()).await;
    let absent = visitor.call("no_such_tool", arguments).await;
    assert_eq!(hidden.status, absent.status, "{hidden:?}");
    let told = hidden.body.replace(tool, "no_such_tool");
    assert_eq!(told, absent.body);
    assert_eq!(hidden.message()["error"]["code"], -32602, "{hidden:?}");
}

/// Everything that two people do, whose credentials `whose` tells by their tokens.
async fn everything(place: &Place, whose: impl Fn(&str) -> Option<String>) {
    let (alice, bob) = (place.alice().text(), place.bob().text());
    let (as_alice, as_bob) = (
        place.nobody().with_token(&alice),
        place.nobody().with_token(&bob),
    );
    for round in 0..3 {
        for (visitor, name, token) in [(&as_alice, "alice", &alice), (&as_bob, "bob", &bob)] {
            visitor.works().await;
            let last = place.last();
            let sent = place.last_token();
            assert_eq!(whose(&sent).as_deref(), Some(name), "round {round}");
            let all = format!("{:?}", last.headers);
            assert!(!all.contains(token.as_str()) && !last.body.contains(token.as_str()));
        }
    }

    let (hers, his) = (as_alice.tools().await, as_bob.tools().await);
    let his_alone = ["merge_pull_request", "delete_file", "delete_repo"];
    for tool in his_alone {
        assert!(his.iter().any(|it| it == tool), "{his:?}");
        assert!(!hers.iter().any(|it| it == tool), "{hers:?}");
    }
    assert_eq!(his.len(), hers.len() + his_alone.len());

    let repository = json!({"owner": "octo-org", "repo": "hello-world"});
    let before = place.gate().arrived().len();
    for tool in his_alone {
        is_absent(&as_alice, tool, repository.clone()).await;
        assert_eq!(place.github.github().executions(tool), 0);
    }
    assert_eq!(place.gate().arrived().len(), before);
    let done = as_bob.call("delete_repo", repository).await;
    assert!(done.message()["result"].is_object(), "{done:?}");
    assert_eq!(whose(&place.last_token()).as_deref(), Some("bob"));
    assert_eq!(place.github.github().executions("delete_repo"), 1);
}

#[tokio::test]
async fn each_one_comes_with_the_token_that_is_theirs_in_a_file() {
    let place = mapping().build();
    let whose = |token: &str| token.strip_prefix("canary-github-").map(str::to_owned);
    everything(&place, whose).await;
    assert_eq!(place.asked(), 0);
    // One whom the file does not have gets nowhere.
    let executed = place.executed();
    let carol = place.visitor(&place.idp.token("carol"));
    let refused = carol.call("get_me", json!({})).await;
    let error = &refused.message()["error"];
    assert_eq!(error["data"]["reason"], "no_credential", "{refused:?}");
    assert_eq!(place.executed(), executed);
    // The file changes: so does what is sent, and who has something.
    place.write(
        "github.yaml",
        "alice: canary-github-alice\ncarol: canary-github-carol\n",
    );
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    carol.works().await;
    assert_eq!(place.last_token(), "canary-github-carol");
    let bob = place.visitor(&place.bob());
    let refused = bob.call("get_me", json!({})).await;
    let error = &refused.message()["error"];
    assert_eq!(error["data"]["reason"], "no_credential", "{refused:?}");
}

#[tokio::test]
async fn each_one_comes_with_a_token_exchanged_for_theirs() {
    let place = Place::new(&oauth2("token_exchange", ", scopes: [repo]"));
    let whose = |token: &str| {
        let issued = place.idp.find(token)?;
        assert_eq!(issued.claims["aud"], "https://github.example.com");
        assert_eq!(issued.claims["scope"], "repo");
        issued.claims["sub"].as_str().map(str::to_owned)
    };
    everything(&place, whose).await;
    assert_eq!(place.asked(), 2, "one for each of them, and then kept");
    let asked = place.idp.asked();
    assert!(asked.iter().all(|asked| asked.status == 200));
    assert!(asked[0].one("subject_token").is_some());
}

/// A condition on arguments leaves the tool in the list: a call is what it decides.
#[tokio::test]
async fn arguments_decide_too() {
    let place = mapping().build();
    let (alice, bob) = (place.visitor(&place.alice()), place.visitor(&place.bob()));
    let issues = |owner: &str| json!({"owner": owner, "repo": "hello-world"});
    for visitor in [&alice, &bob] {
        assert!(visitor.tools().await.contains(&"list_issues".to_owned()));
    }
    let theirs = alice.call("list_issues", issues("octo-org")).await;
    assert_eq!(theirs.message()["result"]["isError"], true, "{theirs:?}");
    assert!(theirs.body.contains("not allowed for you"), "{theirs:?}");
    assert_eq!(place.executed(), 0);
    alice.call("list_issues", issues("alice")).await;
    assert_eq!(place.executed(), 1);
    let his = bob.call("list_issues", issues("octo-org")).await;
    assert_eq!(his.message()["result"]["isError"], false, "{his:?}");
    assert_eq!(place.executed(), 2);
}

#[tokio::test]
async fn who_may_not_come_in_is_told_what_would_help() {
    let place = mapping().build();
    let other = place.url("other");
    let nobody = place.nobody().elsewhere(&other);
    let (alice, bob) = (
        nobody.with_token(&place.alice().text()),
        nobody.with_token(&place.bob().text()),
    );
    let before = place.gate().arrived().len();
    let challenge = |answer: &crate::house::Answer| {
        let value = answer.headers.get("www-authenticate");
        value
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let metadata = format!(
        "resource_metadata=\"{}\"",
        place
            .envoy
            .url("/.well-known/oauth-protected-resource/mcp/other")
    );
    let refused = nobody.call("get_me", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(challenge(&refused).contains(&metadata), "{refused:?}");
    let refused = nobody
        .with_token("canary-nonsense")
        .call("get_me", json!({}))
        .await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(
        challenge(&refused).contains("error=\"invalid_token\""),
        "{refused:?}"
    );
    let refused = alice.call("get_me", json!({})).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let told = challenge(&refused);
    assert!(
        told.contains("insufficient_scope") && told.contains("scope=\"other.use\""),
        "{told}"
    );
    let mallory = place
        .idp
        .token("mallory")
        .claim("groups", json!(["admins"]));
    let refused = nobody
        .with_token(&mallory.text())
        .call("get_me", json!({}))
        .await;
    assert_eq!(
        (refused.status.as_u16(), challenge(&refused).as_str()),
        (403, "")
    );
    assert_eq!(place.gate().arrived().len(), before);
    bob.works().await;
    let scoped = place.alice().claim("scope", "x other.use");
    nobody.with_token(&scoped.text()).works().await;
}

#[tokio::test]
async fn a_session_is_its_owners() {
    let place = mapping().sessions().build();
    let (alice, bob) = (place.visitor(&place.alice()), place.visitor(&place.bob()));
    let (alice, bob) = (alice.begin().await, bob.begin().await);
    let (hers, his) = (alice.session.clone().unwrap(), bob.session.clone().unwrap());
    let before = place.gate().arrived().len();
    let swapped = [
        alice.in_session(&his),
        bob.in_session(&hers),
        bob.elsewhere(&place.url("other")),
        place.visitor(&place.idp.token("alicia")).in_session(&hers),
    ];
    for visitor in &swapped {
        is_unknown_session(&visitor.call("get_me", json!({})).await);
        is_unknown_session(&visitor.no_stream(None).await);
        is_unknown_session(&visitor.no_stream(Some("0/0")).await);
        is_unknown_session(&visitor.end().await);
    }
    let nobody = place.nobody().in_session(&hers);
    assert_eq!(nobody.call("get_me", json!({})).await.status, 401);
    assert_eq!(nobody.end().await.status, 401);
    assert_eq!(place.gate().arrived().len(), before);
    alice.works().await;
    bob.works().await;
    // A new token of the same person's goes on with it.
    let later = place.visitor(&place.alice()).in_session(&hers);
    later.works().await;
    assert_eq!(place.last_token(), "canary-github-alice");
}
