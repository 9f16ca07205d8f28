//! Authorization servers that fail, and MCP servers that do not take what they gave.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::place::{Place, Plan, oauth2};
use super::visitor::Visitor;
use crate::authorization_server::Failure;
use crate::house::Answer;

fn place() -> Place {
    Place::new(&oauth2("token_exchange", ""))
}

/// Asserts that a call ended in an error for this reason, and tells nothing of what happened.
#[track_caller]
fn failed(answer: &Answer, reason: &str) {
    let error = &answer.message()["error"];
    assert_eq!(error["data"]["reason"], reason, "{answer:?}");
    assert!(error["code"].is_i64(), "{answer:?}");
    assert_ne!(answer.status, 401, "{answer:?}");
    assert!(
        !answer.headers.contains_key("www-authenticate"),
        "{answer:?}"
    );
    for told in ["gate-detail", "upstream.invalid", "127.0.0.1", "it hurts"] {
        assert!(!answer.body.contains(told), "{answer:?}");
        assert!(
            !format!("{:?}", answer.headers).contains(told),
            "{answer:?}"
        );
    }
}

async fn get_me(visitor: &Visitor) -> Answer {
    visitor.call("get_me", json!({})).await
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced() {
    for status in [401, 403] {
        let place = place();
        let (alice, bob) = (place.visitor(&place.alice()), place.visitor(&place.bob()));
        alice.works().await;
        bob.works().await;
        let (first, his) = (place.gate().arrived()[0].clone(), place.last_token());
        let (refused, executed) = (first.header("authorization").to_owned(), place.executed());
        place
            .gate()
            .refuse(move |arrived| (arrived.header("authorization") == refused).then_some(status));
        failed(&get_me(&alice).await, "credential_refused");
        assert_eq!(place.executed(), executed);
        alice.works().await;
        assert_eq!(place.asked(), 3, "one more, for her alone");
        bob.works().await;
        assert_eq!(place.last_token(), his);
        assert_eq!(place.asked(), 3);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_token_makes_no_storm() {
    let place = place();
    place.gate().refuse(|_| Some(401));
    let alice = place.visitor(&place.alice());
    let began = Instant::now();
    for _ in 0..40 {
        failed(&get_me(&alice).await, "credential_refused");
    }
    let calls = (0..40).map(|_| get_me(&alice));
    for answer in futures_util::future::join_all(calls).await {
        failed(&answer, "credential_refused");
    }
    let most = 3 + began.elapsed().as_secs();
    assert!(place.asked() <= most, "{} for 80 calls", place.asked());
    assert_eq!(place.executed(), 0);
    // With others, or without a credential of Sluice's, it is the same to the client.
    place.gate().open();
    let before = Instant::now();
    while !get_me(&alice).await.message()["result"].is_object() {
        assert!(before.elapsed() < Duration::from_secs(20), "never again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Calls while the authorization server fails, and asserts that nothing is executed.
async fn while_failing(place: &Place, subject: &str, reason: &str) {
    let visitor = place.visitor(&place.idp.token(subject));
    let began = Instant::now();
    let answer = get_me(&visitor).await;
    failed(&answer, reason);
    assert!(began.elapsed() < Duration::from_secs(12), "{subject}");
    assert_eq!(place.executed(), 0, "{subject}");
    assert_eq!(place.gate().arrived().len(), 0, "{subject}");
}

#[tokio::test]
async fn without_a_credential_nothing_is_called() {
    let body = |value: Value| Failure::Body(value.to_string());
    let token = "canary-issued-with-nonsense";
    let table = [
        ("500", Failure::Status(500)),
        ("404", Failure::Status(404)),
        ("429", Failure::Status(429)),
        ("html", Failure::Html),
        ("empty", Failure::Empty),
        ("huge", Failure::Huge(32 << 20)),
        ("endless", Failure::Endless),
        ("nothing", body(json!({}))),
        ("array", body(json!([]))),
        ("no type", body(json!({"access_token": token}))),
        (
            "another type",
            body(json!({"access_token": token, "token_type": "mac"})),
        ),
        (
            "two lines",
            body(json!({"access_token": "a\r\nx: y", "token_type": "Bearer"})),
        ),
        (
            "empty token",
            body(json!({"access_token": "", "token_type": "Bearer"})),
        ),
        (
            "no text",
            body(json!({"access_token": 7, "token_type": "Bearer"})),
        ),
        (
            "elsewhere",
            Failure::Redirect("http://127.0.0.1:9/".to_owned()),
        ),
    ];
    // Each has a place of its own, since nobody asks soon again where a server was down.
    for (what, failure) in table {
        let place = place();
        place.idp.fail("/token", failure);
        while_failing(&place, what, "credential_unavailable").await;
    }
    let place = place();
    place.visitor(&place.idp.token("known")).tools().await;
    place.idp.set_down(true);
    let unlucky = place.visitor(&place.idp.token("down"));
    failed(&get_me(&unlucky).await, "credential_unavailable");
    assert_eq!(place.executed(), 0);
    let place = self::place();
    place.idp.fail("/token", Failure::Error("invalid_grant"));
    while_failing(&place, "refused", "no_credential").await;
    place.idp.recover();
    place.visitor(&place.idp.token("later")).works().await;
}

#[tokio::test]
async fn slowness_ends_in_an_error_in_time() {
    let silent = async {
        let place = place();
        place.idp.fail("/token", Failure::Silent);
        while_failing(&place, "silent", "credential_unavailable").await;
    };
    let late = async {
        let place = place();
        let failure = Failure::Slow(Duration::from_secs(30));
        place.idp.fail("/token", failure);
        while_failing(&place, "late", "credential_unavailable").await;
    };
    // Keys that do not come: nobody is known.
    let keys = async {
        let place = place();
        place.idp.fail("/jwks", Failure::Silent);
        let began = Instant::now();
        let answer = get_me(&place.visitor(&place.alice())).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        failed(&answer, "identity_unavailable");
        assert!(began.elapsed() < Duration::from_secs(12));
        assert_eq!(place.gate().arrived().len(), 0);
    };
    futures_util::join!(silent, late, keys);
}

/// Envoy would give up after a second; it is asked for more.
#[tokio::test]
async fn envoy_waits_for_who_is_asked() {
    for endpoint in ["/token", "/jwks"] {
        let place = Plan::new(&oauth2("token_exchange", ""))
            .envoy(|config, _| {
                let short = config.replace(
                    "              message_timeout: 5s",
                    "              message_timeout: 1s",
                );
                short.unwrap()
            })
            .build();
        let failure = Failure::Slow(Duration::from_secs(3));
        place.idp.fail(endpoint, failure);
        let began = Instant::now();
        place.visitor(&place.alice()).works().await;
        assert!(began.elapsed() >= Duration::from_secs(3), "{endpoint}");
        let timeouts = place
            .envoy
            .stat("http.mcp.ext_proc.message_timeouts")
            .unwrap();
        assert_eq!(timeouts, 0, "{endpoint}");
        let asked = place
            .envoy
            .stat("http.mcp.ext_proc.override_message_timeout_received")
            .unwrap();
        assert_eq!(asked, 2, "{endpoint}: for the keys, and for the token");
    }
}
