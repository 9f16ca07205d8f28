//! No credential, in or out, is in anything that is written.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::place::{CLIENT_SECRET, Place, Plan, oauth2};
use super::visitor::Visitor;
use crate::authorization_server::{Client, Failure, Method};

/// All that must be found nowhere: what it is, and the text.
type Canaries = BTreeSet<(&'static str, String)>;

/// The parts of a text that are telling on their own: those of a JWT are three. The header of one
/// is the same for all.
fn parts(what: &'static str, text: &str) -> Vec<(&'static str, String)> {
    let jwt = text.starts_with("eyJ") && text.split('.').count() == 3;
    let parts = text.split('.').skip(usize::from(jwt));
    parts.map(|part| (what, part.to_owned())).collect()
}

/// What the place's own side knows: what was issued, what was asked, what arrived.
fn own(place: &Place) -> Canaries {
    let mut canaries = Canaries::new();
    canaries.insert(("the client's secret", CLIENT_SECRET.to_owned()));
    for issued in place.idp.issued() {
        canaries.extend(parts("an issued token", &issued.token));
    }
    for asked in place.idp.asked() {
        let value = asked.header("authorization").unwrap_or_default();
        let value = value.strip_prefix("Basic ").unwrap_or(value);
        canaries.extend(parts("what proves the client", value));
        for name in [
            "client_assertion",
            "actor_token",
            "subject_token",
            "assertion",
        ] {
            canaries.extend(parts(name, asked.one(name).unwrap_or_default()));
        }
    }
    for arrived in place.gate().arrived() {
        let value = arrived.header("authorization");
        let value = value.strip_prefix("Bearer ").unwrap_or(value);
        canaries.extend(parts("what the server is given", value));
        let session = arrived.header("mcp-session-id").to_owned();
        canaries.insert(("the server's own session", session));
    }
    canaries.retain(|(_, text)| text.len() > 7);
    canaries
}

/// What the clients sent and got of their own: in what they hear the session is theirs, and right.
fn theirs(visitors: &[(&Visitor, &str)]) -> Canaries {
    let mut canaries = Canaries::new();
    for (visitor, token) in visitors {
        canaries.extend(parts("the caller's token", token));
        if let Some(session) = &visitor.session {
            canaries.insert(("the client's session", session.clone()));
        }
    }
    canaries
}

/// Asserts that a text has none of them, and is not empty.
#[track_caller]
fn has_none(place: &str, text: &str, canaries: &Canaries) {
    assert!(!text.is_empty(), "{place} is empty");
    for (what, canary) in canaries {
        if let Some((before, _)) = text.split_once(canary.as_str()) {
            let line = before.lines().next_back().unwrap_or_default();
            panic!("{what} is in {place}, after: {line}");
        }
    }
}

/// What Envoy says of itself, without the config that it was given.
fn admin(place: &Place) -> String {
    let mut said = String::new();
    for path in [
        "/stats",
        "/clusters",
        "/listeners",
        "/server_info",
        "/certs",
    ] {
        said.push_str(&place.envoy.admin(path).unwrap());
    }
    said.push_str(&place.envoy.log());
    for line in place.envoy.access_log() {
        said.push_str(&format!("{line}\n"));
    }
    said
}

/// What `sluice explain` and `sluice check` say.
fn said(place: &Place) -> String {
    let manifest = place.path("manifest.yaml");
    fs::write(&manifest, &place.manifest).unwrap();
    let claims = place.path("claims.json");
    fs::write(&claims, r#"{"sub":"alice","groups":["support"]}"#).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(arguments).arg("--manifest").arg(&manifest);
        command
            .args(["--virtual-server", "triage", "--claims"])
            .arg(&claims);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).unwrap()
    };
    let mut said = run(&["explain", "--tool", "get_me"]);
    said += &run(&["explain", "--tool", "delete_repo", "--json"]);
    let mut check = Command::new(env!("CARGO_BIN_EXE_sluice"));
    let check = check.arg("check").arg(&manifest).output().unwrap();
    said + &String::from_utf8([check.stdout, check.stderr].concat()).unwrap()
}

/// Does what callers do and what they should not, and lets everything fail that can.
async fn life(place: &Place, [alice, bob]: [&Visitor; 2]) {
    for visitor in [alice, bob] {
        visitor.works().await;
        visitor.tools().await;
        visitor.call("delete_repo", json!({})).await;
        visitor.call("get_repository", json!({"owner": "x"})).await;
        visitor
            .elsewhere(&place.url("other"))
            .call("get_me", json!({}))
            .await;
        visitor
            .elsewhere(&place.url("nothing"))
            .call("get_me", json!({}))
            .await;
    }
    let swapped = alice.in_session(&bob.session.clone().unwrap());
    swapped.call("get_me", json!({})).await;
    swapped.no_stream(Some("0/0")).await;
    swapped.end().await;
    place.nobody().call("get_me", json!({})).await;
    place
        .nobody()
        .with_token("not.a.token")
        .call("get_me", json!({}))
        .await;
    for status in [401, 403, 500] {
        place.gate().refuse(move |_| Some(status));
        alice.call("get_me", json!({})).await;
        bob.call("get_me", json!({})).await;
        place.gate().open();
    }
    let nonsense = r#"{"access_token": "canary-of-nonsense", "token_type": "mac"}"#;
    let failures = [
        Failure::Status(500),
        Failure::Body(nonsense.to_owned()),
        Failure::Error("invalid_grant"),
        Failure::Redirect("http://127.0.0.1:1/".to_owned()),
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        place.idp.fail("/token", failure);
        let other = place.idp.token(&format!("other-{number}"));
        place.visitor(&other).call("get_me", json!({})).await;
    }
    place.idp.set_down(true);
    let other = place.visitor(&place.idp.token("other"));
    other.call("get_me", json!({})).await;
    place.idp.recover();
}

/// Lives, and looks at everything that was written.
async fn leaves_no_trace(plan: Plan, format: &'static str, more: &[(&'static str, &str)]) {
    let place = plan
        .sessions()
        .sluice(move |setup| {
            setup
                .argument("--log", "trace")
                .argument("--log-format", format)
                .environment("API_KEY", "canary-of-the-environment")
        })
        .build();
    let (hers, his) = (place.alice().text(), place.bob().text());
    let alice = place.nobody().with_token(&hers).begin().await;
    let bob = place.nobody().with_token(&his).begin().await;
    life(&place, [&alice, &bob]).await;
    // The access log comes after the end of a request.
    tokio::time::sleep(Duration::from_millis(300)).await;

    let mut canaries = own(&place);
    canaries.insert(("nonsense", "canary-of-nonsense".to_owned()));
    for (what, text) in more {
        canaries.insert((what, (*text).to_owned()));
    }
    assert!(canaries.len() > 5, "{}", canaries.len());
    has_none("what clients heard", &alice.heard(), &canaries);
    canaries.extend(theirs(&[(&alice, &hers), (&bob, &his)]));
    has_none("Sluice's log", &place.sluice.log(), &canaries);
    has_none("what Envoy says", &admin(&place), &canaries);
    has_none("what the commands say", &said(&place), &canaries);
    for reason in [
        "not_a_collaborator",
        "unknown_session",
        "credential_refused",
    ] {
        assert!(place.sluice.log().contains(reason), "{reason} is logged");
    }
}

#[tokio::test]
async fn exchanged_tokens_leave_no_trace() {
    let plan = Plan::new(&oauth2("token_exchange", ", scopes: [repo]"));
    leaves_no_trace(plan, "text", &[]).await;
}

#[tokio::test]
async fn tokens_of_the_gateway_leave_no_trace() {
    let more = ", client_authentication: client_secret_post";
    let client = Client::new("sluice", Method::Post(CLIENT_SECRET.to_owned()));
    let plan = Plan::new(&oauth2("client_credentials", more)).client(client);
    leaves_no_trace(plan, "json", &[]).await;
}

#[tokio::test]
async fn secrets_of_files_leave_no_trace() {
    let tokens = "alice: canary-github-alice\nbob: canary-github-bob\n";
    let auth_data =
        r#"{type: mapping, claim: sub, file: "SECRETS/github.yaml", default: "${env:API_KEY}"}"#;
    let plan = Plan::new(auth_data).secret("github.yaml", tokens);
    let more = [
        ("Alice's token", "canary-github-alice"),
        ("Bob's token", "canary-github-bob"),
        ("the default", "canary-of-the-environment"),
    ];
    leaves_no_trace(plan, "json", &more).await;
    let auth_data = r#"{type: header, headers: {authorization: "Bearer ${env:API_KEY}", x-key: "${file:SECRETS/key}"}}"#;
    let plan = Plan::new(auth_data).secret("key", "canary-of-the-file");
    let more = [
        ("the file", "canary-of-the-file"),
        ("the environment", "canary-of-the-environment"),
    ];
    leaves_no_trace(plan, "text", &more).await;
}

#[test]
fn a_canary_is_found() {
    let canaries = Canaries::from([("a token", "canary".to_owned())]);
    has_none("nothing", "canar y", &canaries);
    let found = std::panic::catch_unwind(|| has_none("a text", "a canary", &canaries));
    assert!(found.is_err());
    assert_eq!(parts("x", "eyJh.eyJp.sig").len(), 2);
}
