//! What goes on in the place of the caller's own token, in all the ways in which it is got.

use std::time::Duration;

use serde_json::json;

use super::place::{CLIENT_SECRET, Place, Plan, key_client, oauth2};
use crate::authorization_server::{Client, Method};

#[tokio::test]
async fn a_static_header_follows_its_file() {
    let auth_data = r#"{type: header, headers: {authorization: "Bearer ${file:SECRETS/token}", x-api-key: "${env:API_KEY}"}}"#;
    let place = Plan::new(auth_data)
        .secret("token", "canary-static-1\n")
        .sluice(|setup| setup.environment("API_KEY", "canary-env"))
        .build();
    let (alice, bob) = (place.visitor(&place.alice()), place.visitor(&place.bob()));
    for visitor in [&alice, &bob] {
        visitor.works().await;
        assert_eq!(place.last_token(), "canary-static-1");
        assert_eq!(place.last().header("x-api-key"), "canary-env");
    }
    place.write("token", "canary-static-2");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    alice.works().await;
    assert_eq!(place.last_token(), "canary-static-2");
    // Without it nothing is called.
    let executed = place.executed();
    std::fs::remove_file(place.path("token")).unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let refused = alice.call("get_me", json!({})).await;
    let reason = &refused.message()["error"]["data"]["reason"];
    assert_eq!(reason, "credential_unavailable", "{refused:?}");
    assert!(!refused.body.contains("token"), "{refused:?}");
    assert_eq!(place.executed(), executed);
    place.write("token", "canary-static-3");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    alice.works().await;
    assert_eq!(place.last_token(), "canary-static-3");
}

#[tokio::test]
async fn clients_prove_themselves_in_three_ways() {
    let ways = [
        ("basic", String::new()),
        (
            "post",
            ", client_authentication: client_secret_post".to_owned(),
        ),
        ("key", String::new()),
    ];
    for (way, more) in ways {
        let (client, pem) = key_client("sluice");
        let auth_data = match way {
            "key" => "{type: oauth2, grant_type: client_credentials, token_url: \"IDP/token\", \
                client_id: sluice, client_authentication: private_key_jwt, algorithm: ES256, \
                private_key: \"${file:SECRETS/key}\", audience: \"https://github.example.com\"}"
                .to_owned(),
            _ => oauth2("client_credentials", &more),
        };
        let secret = CLIENT_SECRET.to_owned();
        let client = match way {
            "key" => client,
            "post" => Client::new("sluice", Method::Post(secret)),
            _ => Client::new("sluice", Method::Basic(secret)),
        };
        let plan = Plan::new(&auth_data).secret("key", &pem).client(client);
        let place = plan.build();
        for token in [place.alice(), place.bob()] {
            place.visitor(&token).works().await;
            let claims = place.last_claims();
            assert_eq!(claims["sub"], "sluice", "{way}");
            assert_eq!(claims["aud"], "https://github.example.com", "{way}");
        }
        assert_eq!(place.asked(), 1, "{way}: it is the same for all");
        let asked = place.idp.asked().pop().unwrap();
        let secret = asked.one("client_secret");
        let assertion = asked.one("client_assertion").is_some();
        let basic = asked.header("authorization");
        let basic = basic.is_some_and(|value| value.starts_with("Basic "));
        let shown = (basic, secret, assertion);
        let expected = match way {
            "basic" => (true, None, false),
            "post" => (false, Some(CLIENT_SECRET), false),
            _ => (false, None, true),
        };
        assert_eq!(shown, expected, "{way}");
    }
}

#[tokio::test]
async fn the_callers_token_is_an_assertion() {
    let place = Place::new(&oauth2("jwt_bearer", ""));
    let (alice, bob) = (place.alice().text(), place.bob().text());
    for (token, name) in [(&alice, "alice"), (&bob, "bob"), (&alice, "alice")] {
        place.nobody().with_token(token).works().await;
        assert_eq!(place.last_claims()["sub"], name);
        assert_ne!(place.last_token(), *token);
    }
    assert_eq!(place.asked(), 2);
    assert_eq!(place.idp.asked()[0].one("assertion"), Some(alice.as_str()));
}

#[tokio::test]
async fn an_actor_is_named() {
    let more =
        ", actor_token: \"${file:SECRETS/actor}\", resource: \"https://github.example.com/mcp\"";
    let plan = Plan::new(&oauth2("token_exchange", more)).secret("actor", "none yet");
    let place = plan.build();
    place.write("actor", &place.idp.token("gateway").text());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    place.visitor(&place.alice()).works().await;
    let claims = place.last_claims();
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["act"]["sub"], "gateway");
    let audience = json!([
        "https://github.example.com",
        "https://github.example.com/mcp"
    ]);
    assert_eq!(claims["aud"], audience);
}

#[tokio::test]
async fn passing_through_is_said_aloud() {
    let place = Place::new("{type: passthrough}");
    let alice = place.alice().text();
    place.nobody().with_token(&alice).works().await;
    assert_eq!(place.last_token(), alice);
    let log = place.sluice.log();
    let warned = log
        .lines()
        .any(|line| line.contains("WARN") && line.contains("passthrough"));
    assert!(warned, "{log}");
}

#[tokio::test]
async fn without_a_credential_the_callers_own_stays_behind() {
    let place = Place::new("");
    place.visitor(&place.alice()).works().await;
    let last = place.last();
    for name in ["authorization", "cookie", "proxy-authorization"] {
        assert!(!last.headers.contains_key(name), "{last:?}");
    }
}

#[tokio::test]
async fn tokens_are_kept_until_shortly_before_their_end() {
    let plan = Plan::new(&oauth2("token_exchange", ""));
    let place = plan.build();
    place.idp.set_lifetime(3);
    let alice = place.visitor(&place.alice());
    let mut tokens = Vec::new();
    for _ in 0..12 {
        alice.works().await;
        tokens.push(place.last_token());
        let claims = place.last_claims();
        let now = crate::authorization_server::now();
        assert!(claims["exp"].as_u64().unwrap() > now, "it is over");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    tokens.dedup();
    assert!(tokens.len() >= 2, "the first one is over");
    assert!(place.asked() <= 12, "{}", place.asked());
}
