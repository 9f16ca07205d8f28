mod canary;
mod counted;
mod outage;
mod server;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use self::server::Server;
use super::*;
use crate::clock::Manual;
use crate::oauth::{Algorithm, BearerToken};
use crate::policy::{Caller, ClaimNames, ClaimPath, ClientAuthentication, Grant, Mapping};

const EXCHANGE: Grant = Grant::TokenExchange {
    actor_token: None,
    requested_token_type: None,
};

fn broker() -> (Arc<Broker>, Arc<Manual>) {
    let clock = Arc::new(Manual::default());
    let dynamic = || Arc::clone(&clock) as Arc<dyn Clock>;
    let secrets = Arc::new(Secrets::new(dynamic()));
    let broker = Broker::new(dynamic(), secrets, Arc::default());
    (Arc::new(broker), clock)
}

fn text(text: &str) -> SecretText {
    SecretText::parse(text).unwrap()
}

fn oauth2(address: SocketAddr, grant: Grant) -> OAuth2 {
    OAuth2 {
        grant,
        token_url: format!("http://{address}/token"),
        client_id: "sluice & co".into(),
        client_authentication: ClientAuthentication::SecretBasic(text("canary:secret/é")),
        audience: None,
        resource: None,
        scopes: Vec::new(),
    }
}

fn caller(claims: Value) -> Arc<Caller> {
    let mut claims = claims.as_object().unwrap().clone();
    claims.insert("iss".into(), "https://idp.example.com".into());
    Arc::new(Caller::of(claims, &ClaimNames::default()).unwrap())
}

fn ask(auth_data: AuthData, caller: Arc<Caller>) -> CredentialAsk {
    CredentialAsk {
        server: "crm".into(),
        auth_data: Arc::new(auth_data),
        caller,
        token: Some(BearerToken::read(b"Bearer canary-caller").unwrap()),
    }
}

fn asks(oauth2: &OAuth2, claims: Value) -> CredentialAsk {
    ask(AuthData::OAuth2(Box::new(oauth2.clone())), caller(claims))
}

fn value(credential: Result<Credential, CredentialFailure>) -> String {
    let credential = credential.unwrap();
    let [(name, value)] = &credential.headers[..] else {
        panic!("{} headers", credential.headers.len());
    };
    format!("{name}: {}", value.expose_secret())
}

#[test]
fn what_is_written_down_is_looked_up() {
    let (broker, _) = broker();
    let nobody = || Arc::new(Caller::anonymous());
    assert!(
        broker
            .cached(&ask(AuthData::None, nobody()))
            .unwrap()
            .unwrap()
            .headers
            .is_empty()
    );
    let headers = |value: &str| AuthData::Header(vec![("x-key".into(), text(value))]);
    let found = broker.cached(&ask(headers("a b"), nobody())).unwrap();
    assert_eq!(value(found), "x-key: a b");
    for bad in ["", "a\nb", "é", " a", "${env:SLUICE_NO_SUCH_VARIABLE}"] {
        let found = broker.cached(&ask(headers(bad), nobody())).unwrap();
        assert_eq!(found.unwrap_err(), CredentialFailure::Unavailable, "{bad}");
    }
    let passed = broker.cached(&ask(AuthData::Passthrough, nobody()));
    assert_eq!(
        value(passed.unwrap()),
        "authorization: Bearer canary-caller"
    );
    let without = CredentialAsk {
        token: None,
        ..ask(AuthData::Passthrough, nobody())
    };
    assert!(broker.cached(&without).unwrap().is_err());
}

#[test]
fn each_caller_has_the_credential_that_a_file_maps() {
    let (broker, clock) = broker();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens.yaml");
    let mapping = |default: Option<&str>| {
        AuthData::Mapping(Mapping {
            claim: ClaimPath::top("sub"),
            file: path.clone(),
            header: "authorization".into(),
            prefix: "Bearer ".into(),
            default: default.map(text),
        })
    };
    let found = |name: Value, default| {
        let claims = json!({"sub": "someone"});
        let mut claims = claims.as_object().unwrap().clone();
        claims.insert("sub".into(), name);
        broker
            .cached(&ask(mapping(default), caller(Value::Object(claims))))
            .unwrap()
    };
    let write = |content: &str| {
        std::fs::write(&path, content).unwrap();
        clock.advance(Duration::from_secs(1));
    };
    assert_eq!(
        found(json!("alice"), None).unwrap_err(),
        CredentialFailure::Unavailable
    );
    write("alice: canary-a\nbob: 'canary-b'\n");
    assert_eq!(
        value(found(json!("alice"), None)),
        "authorization: Bearer canary-a"
    );
    assert_eq!(
        value(found(json!("bob"), None)),
        "authorization: Bearer canary-b"
    );
    for stranger in ["Alice", "alice ", "carol"] {
        let none = found(json!(stranger), None).unwrap_err();
        assert_eq!(none, CredentialFailure::NoneForCaller, "{stranger}");
    }
    assert_eq!(
        value(found(json!("carol"), Some("d"))),
        "authorization: Bearer d"
    );
    write(r#"{"alice": "canary-c"}"#);
    assert_eq!(
        value(found(json!("alice"), None)),
        "authorization: Bearer canary-c"
    );
    assert!(found(json!("bob"), None).is_err());
    // What is broken changes nothing.
    for broken in [
        "alice: [",
        "alice: {a: b}",
        "alice: 1",
        "alice: a\nalice: b",
        "- a",
    ] {
        write(broken);
        let last = value(found(json!("alice"), None));
        assert_eq!(last, "authorization: Bearer canary-c", "{broken}");
    }
    // What is taken away is gone.
    std::fs::remove_file(&path).unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        found(json!("alice"), None).unwrap_err(),
        CredentialFailure::Unavailable
    );
}

#[tokio::test]
async fn each_grant_is_asked_for_as_its_specification_says() {
    let (server, address) = Server::start().await;
    let (broker, _) = broker();
    let sent = async |oauth2: OAuth2| {
        broker
            .obtain(asks(&oauth2, json!({"sub": "alice"})))
            .await
            .unwrap();
        server.last()
    };
    let (form, headers) = sent(OAuth2 {
        scopes: vec!["a".into(), "b".into()],
        audience: Some("https://crm.example.com/".into()),
        resource: Some("https://crm.example.com/mcp".into()),
        ..oauth2(address, Grant::ClientCredentials)
    })
    .await;
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("audience", "https://crm.example.com/"),
        ("resource", "https://crm.example.com/mcp"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let expected: HashMap<String, String> = expected.into_iter().map(owned).collect();
    assert_eq!(form, expected);
    // `sluice+%26+co:canary%3Asecret%2F%C3%A9`, as RFC 6749 section 2.3.1 has it.
    assert_eq!(
        headers["authorization"],
        "Basic c2x1aWNlKyUyNitjbzpjYW5hcnklM0FzZWNyZXQlMkYlQzMlQTk="
    );

    let (form, headers) = sent(OAuth2 {
        client_authentication: ClientAuthentication::SecretPost(text("s")),
        ..oauth2(
            address,
            Grant::TokenExchange {
                actor_token: Some(text("actor")),
                requested_token_type: None,
            },
        )
    })
    .await;
    assert!(!headers.contains_key("authorization"));
    for (name, value) in [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", "canary-caller"),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("actor_token", "actor"),
        (
            "actor_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("client_id", "sluice & co"),
        ("client_secret", "s"),
    ] {
        assert_eq!(form[name], value);
    }
    assert_eq!(form.len(), 8);

    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let (form, _) = sent(OAuth2 {
        client_authentication: ClientAuthentication::PrivateKeyJwt {
            key: text(&key.serialize_pem()),
            algorithm: Algorithm::Es256,
            key_id: Some("k1".into()),
        },
        ..oauth2(address, Grant::JwtBearer)
    })
    .await;
    assert_eq!(
        form["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    assert_eq!(form["assertion"], "canary-caller");
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let public = key.public_key_pem();
    let public = jsonwebtoken::DecodingKey::from_ec_pem(public.as_bytes()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&[format!("http://{address}/token")]);
    // The clock of these tests stands in 2023.
    validation.validate_exp = false;
    let assertion =
        jsonwebtoken::decode::<Value>(&form["client_assertion"], &public, &validation).unwrap();
    assert_eq!(assertion.header.kid.as_deref(), Some("k1"));
    let claims = &assertion.claims;
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!("sluice & co"), &json!("sluice & co"))
    );
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        60
    );
    assert!(claims["jti"].as_str().unwrap().len() > 16);
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept_until_shortly_before_its_end() {
    let (server, address) = Server::start().await;
    *server.takes.lock().unwrap() = Duration::from_millis(50);
    let (broker, clock) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    let all = |claims: Value| {
        let tasks = (0..50).map(|_| {
            let (broker, ask) = (Arc::clone(&broker), asks(&oauth2, claims.clone()));
            tokio::spawn(async move { value(broker.obtain(ask).await) })
        });
        futures_util::future::join_all(tasks.collect::<Vec<_>>())
    };
    for told in all(json!({"sub": "alice"})).await {
        assert_eq!(told.unwrap(), "authorization: Bearer canary-issued-1");
    }
    assert_eq!(server.count(), 1);
    // Another one, and the same one with other rights, have their own.
    all(json!({"sub": "bob"})).await;
    all(json!({"sub": "alice", "scope": "less"})).await;
    assert_eq!(server.count(), 3);
    // A token that is only newer is the same.
    all(json!({"sub": "alice", "iat": 5, "jti": "x"})).await;
    assert_eq!(server.count(), 3);
    clock.advance(Duration::from_secs(269));
    assert!(
        broker
            .cached(&asks(&oauth2, json!({"sub": "alice"})))
            .is_some()
    );
    clock.advance(Duration::from_secs(1));
    assert!(
        broker
            .cached(&asks(&oauth2, json!({"sub": "alice"})))
            .is_none()
    );
    all(json!({"sub": "alice"})).await;
    assert_eq!(server.count(), 4);
    // Nothing outlives the token that it came of.
    let soon = clock.unix().as_secs() + 20;
    let claims = || json!({"sub": "carol", "exp": soon});
    all(claims()).await;
    clock.advance(Duration::from_secs(16));
    assert!(broker.cached(&asks(&oauth2, claims())).is_none());
}

#[tokio::test]
async fn who_gives_up_does_not_keep_others_from_an_answer() {
    let (server, address) = Server::start().await;
    *server.takes.lock().unwrap() = Duration::from_millis(300);
    let (broker, _) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    let ask = || asks(&oauth2, json!({"sub": "alice"}));
    let first = broker.obtain(ask());
    let left = tokio::time::timeout(Duration::from_millis(100), first).await;
    assert!(left.is_err());
    broker.obtain(ask()).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn what_is_no_token_is_not_used_and_not_asked_for_all_the_time() {
    let (server, address) = Server::start().await;
    let oauth2 = oauth2(address, EXCHANGE);
    let good = |change: Value| {
        let mut token = json!({"access_token": "t", "token_type": "bearer", "expires_in": "60"});
        for (name, value) in change.as_object().unwrap() {
            token[name] = value.clone();
        }
        token.to_string()
    };
    let error = |error: &str| json!({"error": error, "error_description": "canary"}).to_string();
    let table = [
        (200, good(json!({})), None),
        (
            200,
            good(json!({"token_type": "mac"})),
            Some("makes no sense"),
        ),
        (
            200,
            good(json!({"token_type": null})),
            Some("makes no sense"),
        ),
        (
            200,
            good(json!({"access_token": "a\nb"})),
            Some("makes no sense"),
        ),
        (
            200,
            good(json!({"access_token": "a b"})),
            Some("makes no sense"),
        ),
        (
            200,
            good(json!({"access_token": ""})),
            Some("makes no sense"),
        ),
        (
            200,
            good(json!({"access_token": 1})),
            Some("makes no sense"),
        ),
        (200, good(json!({"expires_in": -1})), Some("makes no sense")),
        (
            200,
            good(json!({"issued_token_type": "urn:x"})),
            Some("makes no sense"),
        ),
        (200, "<html>".into(), Some("makes no sense")),
        (200, String::new(), Some("makes no sense")),
        (
            200,
            r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#.into(),
            Some("makes no sense"),
        ),
        (200, "x".repeat(300 << 10), Some("too long")),
        (400, error("invalid_grant"), Some("Refused")),
        (401, error("invalid_client"), Some("Refused")),
        (400, error("canary"), Some("HTTP 400")),
        (302, String::new(), Some("HTTP 302")),
        (500, String::new(), Some("HTTP 500")),
        (503, error("temporarily_unavailable"), Some("temporarily")),
    ];
    for (status, body, problem) in table {
        server.say(status, &body);
        let (broker, clock) = broker();
        let before = server.count();
        let ask = || asks(&oauth2, json!({"sub": "alice"}));
        let expected = match problem {
            None => {
                assert_eq!(value(broker.obtain(ask()).await), "authorization: Bearer t");
                continue;
            }
            Some("Refused") => CredentialFailure::Refused,
            Some(_) => CredentialFailure::Unavailable,
        };
        for _ in 0..10 {
            assert_eq!(
                broker.obtain(ask()).await.unwrap_err(),
                expected,
                "{body:.99}"
            );
        }
        assert_eq!(server.count(), before + 1, "{body:.99}");
        // Then it is tried again, ever more seldom.
        for _ in 0..100 {
            clock.advance(Duration::from_secs(1));
            broker.obtain(ask()).await.unwrap_err();
        }
        let tries = server.count() - before;
        assert!((6..=21).contains(&tries), "{tries}: {body:.99}");
        server.say(200, good(json!({})));
        clock.advance(Duration::from_secs(30));
        broker.obtain(ask()).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_no_open_door() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (broker, _) = broker();
    let failure = broker
        .obtain(asks(&oauth2(address, EXCHANGE), json!({"sub": "a"})))
        .await;
    assert_eq!(failure.unwrap_err(), CredentialFailure::Unavailable);
}

#[tokio::test]
async fn what_was_not_taken_is_renewed_once() {
    let (server, address) = Server::start().await;
    let (broker, clock) = broker();
    let oauth2 = oauth2(address, Grant::ClientCredentials);
    let ask = || asks(&oauth2, json!({"sub": "alice"}));
    let ticket = |credential: Result<Credential, _>| credential.unwrap().ticket.unwrap();
    let first = ticket(broker.obtain(ask()).await);
    broker.rejected(first);
    let second = ticket(broker.obtain(ask()).await);
    assert_eq!(server.count(), 2);
    // Late words about the first one do not concern the second.
    clock.advance(Duration::from_secs(31));
    broker.rejected(first);
    assert_eq!(ticket(broker.obtain(ask()).await), second);
    broker.rejected(second);
    let third = ticket(broker.obtain(ask()).await);
    for _ in 0..20 {
        broker.rejected(third);
        assert_eq!(ticket(broker.obtain(ask()).await), third);
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(
        server.count(),
        3,
        "a server that never takes any is no reason to hurry"
    );
}

#[test]
fn nothing_shows_a_secret() {
    let (broker, _) = broker();
    let ask = ask(AuthData::Passthrough, Arc::new(Caller::anonymous()));
    let credential = broker.cached(&ask).unwrap().unwrap();
    let shown = format!("{broker:?} {ask:?} {credential:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
