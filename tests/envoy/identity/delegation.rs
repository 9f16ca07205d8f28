//! Tokens that Sluice exchanges for callers (RFC 8693): whose they are when they reach the upstream,
//! and what happens when they expire or can't be had.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;

use super::place::{AUDIENCE, Place};
use crate::authorization_server::{AuthorizationServer, Client, Failure, Method, now};
use crate::upstream::Arrived;

/// An issuer that is the authorization server of the upstream too.
fn place() -> Place {
    let server = AuthorizationServer::start();
    let method = Method::Basic("client-secret".to_owned());
    server.add_client(Client::new("sluice", method));
    Place::of(server, |issuer| {
        format!(
            r#"
identity:
  resource: https://mcp.example.com
  issuers:
    - issuer: {issuer}
      audiences: [{AUDIENCE}]
      jwks: {{uri: "{issuer}/jwks"}}
servers:
  github:
    auth_data:
      type: oauth2
      grant_type: token_exchange
      token_url: {issuer}/token
      client_id: sluice
      client_secret: ${{env:CLIENT_SECRET}}
      audience: github
virtual_servers:
  triage:
    match: {{path: /mcp/triage}}
    servers:
      - {{name: github, enabled_tools: [get_me]}}
"#
        )
    })
}

/// Asserts that a request arrived with a token for the upstream, of the user that it says it is of.
#[track_caller]
fn assert_is_theirs(place: &Place, arrived: &Arrived) -> String {
    let body: Value = serde_json::from_str(&arrived.body).unwrap();
    let user = body["params"]["arguments"]["user"].as_str().unwrap();
    let authorization = arrived.header("authorization").unwrap();
    let token = authorization.strip_prefix("Bearer ").unwrap();
    let issued = place.issuer.find(token).unwrap();
    assert_eq!(issued.claims["sub"], user);
    assert_eq!(issued.claims["aud"], "github");
    assert_eq!(issued.client, "sluice");
    token.to_owned()
}

#[tokio::test]
async fn many_first_calls_of_a_user_are_one_exchange() {
    let place = place();
    place
        .issuer
        .fail("/token", Failure::Slow(Duration::from_millis(500)));
    let users: Vec<String> = (0..10).map(|user| format!("user-{user}")).collect();
    let mut calls = Vec::new();
    for user in &users {
        // As it is when clients refresh: several tokens of one user are one user still.
        let token = place.issuer.token(user).text();
        calls.extend((0..10).map(|_| (token.clone(), user)));
    }
    let answers = calls.iter().map(|(token, user)| place.call_as(token, user));
    for answer in join_all(answers).await {
        place.assert_taken(&answer);
    }
    let arrived = place.arrived();
    assert_eq!(arrived.len(), 100);
    for arrived in &arrived {
        assert_is_theirs(&place, arrived);
    }
    assert_eq!(place.issuer.requests("/token"), 10);
}

/// No token reaches the upstream after its end or as another user's, and each is exchanged no more
/// often than it expires.
#[tokio::test]
async fn exchanged_tokens_that_expire_under_load() {
    const LIFETIME: u64 = 4;
    const LOAD: Duration = Duration::from_secs(12);
    let place = place();
    place.issuer.set_lifetime(LIFETIME);
    let began = Instant::now();
    let users: Vec<String> = (0..6).map(|user| format!("user-{user}")).collect();
    let tokens: BTreeMap<&String, String> = users
        .iter()
        .map(|user| (user, place.issuer.token(user).text()))
        .collect();
    // Three clients of each user at once.
    let clients = users.iter().cycle().take(users.len() * 3).map(|user| {
        let (place, token) = (&place, &tokens[user]);
        async move {
            let mut calls = 0;
            while began.elapsed() < LOAD {
                place.assert_taken(&place.call_as(token, user).await);
                let newest = place.arrived().into_iter().rev();
                let mut newest =
                    newest.filter(|arrived| arrived.body.contains(&format!("\"{user}\"")));
                let sent = assert_is_theirs(place, &newest.next().unwrap());
                let end = place.issuer.find(&sent).unwrap().claims["exp"]
                    .as_u64()
                    .unwrap();
                assert!(now() <= end, "sent after its end");
                calls += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            calls
        }
    });
    let calls: usize = join_all(clients).await.into_iter().sum();
    let arrived = place.arrived();
    assert_eq!(arrived.len(), calls);
    for arrived in &arrived {
        assert_is_theirs(&place, arrived);
    }
    let exchanges = place.issuer.requests("/token");
    let most = users.len() as u64 * (LOAD.as_secs() + 1);
    let least = users.len() as u64 * (LOAD.as_secs() / LIFETIME);
    assert!(
        (least..=most).contains(&exchanges),
        "{exchanges} for {calls} calls"
    );
}

/// Who has a token goes on with it; who has none is told so, and the upstream hears of neither
/// without one.
#[tokio::test]
async fn half_a_minute_without_the_token_endpoint() {
    let place = place();
    let alice = place.issuer.token("alice").text();
    place.assert_taken(&place.call_as(&alice, "alice").await);
    place.issuer.set_down(true);
    let before = place.issuer.connections();
    let began = Instant::now();
    let mut good = 1;
    let mut refused = 0;
    while began.elapsed() < Duration::from_secs(30) {
        let bob = place.issuer.token("bob").text();
        let (with, without) =
            futures_util::future::join(place.call_as(&alice, "alice"), place.call_as(&bob, "bob"))
                .await;
        place.assert_taken(&with);
        good += 1;
        assert_eq!(without.1, "credential_unavailable", "{without:?}");
        refused += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused > 20, "{refused}");
    let arrived = place.arrived();
    assert_eq!(arrived.len(), good);
    for arrived in &arrived {
        assert_is_theirs(&place, arrived);
    }
    let attempts = place.issuer.connections() - before;
    // The pauses between attempts grow; each attempt is made twice if there is no connection.
    assert!(
        (1..=20).contains(&attempts),
        "{attempts} for {refused} refused"
    );
    place.issuer.recover();
    let bob = place.issuer.token("bob").text();
    let began = Instant::now();
    while place.call_as(&bob, "bob").await.0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(35), "never taken");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_is_theirs(&place, place.arrived().last().unwrap());
}

/// Whatever the endpoint answers in the place of a token, the upstream is not called with it.
#[tokio::test]
async fn what_is_no_token_goes_nowhere() {
    let body = |text: &str| Failure::Body(text.to_owned());
    let place = place();
    let elsewhere = AuthorizationServer::start();
    let failures = [
        (Failure::Status(500), "credential_unavailable"),
        (Failure::Status(404), "credential_unavailable"),
        (Failure::Error("invalid_grant"), "no_credential"),
        (Failure::Error("invalid_client"), "no_credential"),
        (Failure::Html, "credential_unavailable"),
        (Failure::Empty, "credential_unavailable"),
        (Failure::Huge(5 << 20), "credential_unavailable"),
        (Failure::Endless, "credential_unavailable"),
        (Failure::Silent, "credential_unavailable"),
        (
            Failure::Redirect(elsewhere.url("/token")),
            "credential_unavailable",
        ),
        (body("{}"), "credential_unavailable"),
        (body("[]"), "credential_unavailable"),
        (
            body(r#"{"access_token":"","token_type":"Bearer"}"#),
            "credential_unavailable",
        ),
        (
            body(r#"{"access_token":7,"token_type":"Bearer"}"#),
            "credential_unavailable",
        ),
        (
            body(r#"{"access_token":"a b","token_type":"Bearer"}"#),
            "credential_unavailable",
        ),
        (
            body(r#"{"access_token":"a\r\nx-evil: 1","token_type":"Bearer"}"#),
            "credential_unavailable",
        ),
        (
            body(r#"{"access_token":"abc","token_type":"DPoP"}"#),
            "credential_unavailable",
        ),
        (body(r#"{"access_token":"abc"}"#), "credential_unavailable"),
        (
            body(r#"{"access_token":"abc","access_token":"def","token_type":"Bearer"}"#),
            "credential_unavailable",
        ),
    ];
    let mut wrong = Vec::new();
    for (user, (failure, reason)) in failures.iter().enumerate() {
        place.issuer.fail("/token", failure.clone());
        let user = format!("user-{user}");
        let began = Instant::now();
        let answer = place
            .call_as(&place.issuer.token(&user).text(), &user)
            .await;
        if answer.1 != *reason || began.elapsed() > Duration::from_secs(12) {
            wrong.push((failure, answer, began.elapsed()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    place.assert_untouched();
    assert_eq!(elsewhere.connections(), 0);
}
