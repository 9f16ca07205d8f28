//! That the authorization server of the tests is one: it issues, verifies, refuses and fails.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on must fail"
)]

#[path = "support/authorization_server/mod.rs"]
mod authorization_server;

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

use authorization_server::{
    AuthorizationServer, Client, Failure, Key, Kind, Method, Running, Token, hmac, unsigned,
};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(Policy::none());
    builder.build().unwrap()
}

async fn get(url: &str) -> Value {
    let answer = client().get(url).send().await.unwrap();
    answer.json().await.unwrap()
}

/// Asks for a token with a secret in `Authorization`.
async fn ask(server: &Running, form: &[(&str, &str)]) -> (u16, Value) {
    let request = client().post(server.url("/token"));
    let request = request.basic_auth("sluice", Some("s3cret")).form(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn ask_openly(server: &Running, form: &[(&str, &str)]) -> (u16, Value) {
    let request = client().post(server.url("/token")).form(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn server() -> Running {
    let server = AuthorizationServer::start();
    server.add_client(Client::new("sluice", Method::Basic("s3cret".to_owned())));
    server
}

/// The claims of a token, verified with what `/jwks` says.
async fn verified(server: &Running, token: &str) -> Result<Value, String> {
    let header = decode_header(token).map_err(|error| error.to_string())?;
    let keys: JwkSet = serde_json::from_value(get(&server.url("/jwks")).await).unwrap();
    let key = keys
        .find(header.kid.as_deref().unwrap())
        .ok_or("no such key")?;
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(key).unwrap();
    let data = decode(token, &key, &validation).map_err(|error| error.to_string())?;
    Ok(data.claims)
}

#[tokio::test]
async fn metadata_names_the_endpoints() {
    let server = server();
    for path in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = get(&server.url(&format!("/.well-known/{path}"))).await;
        assert_eq!(metadata["issuer"], server.issuer());
        assert_eq!(metadata["token_endpoint"], server.url("/token"));
        assert_eq!(
            metadata["code_challenge_methods_supported"],
            json!(["S256"])
        );
    }
    assert_eq!(server.requests("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn tokens_of_every_kind_of_key_verify_with_the_published_keys() {
    let server = server();
    for kind in [Kind::Rsa, Kind::P256, Kind::P384, Kind::Ed25519] {
        let key = server.rotate(kind, true);
        let token = server.token("alice").text();
        assert_eq!(
            decode_header(&token).unwrap().kid.as_deref(),
            Some(key.kid())
        );
        assert_eq!(verified(&server, &token).await.unwrap()["sub"], "alice");
        let other = server.token("alice").signed_by(&Key::new(kind)).text();
        assert_eq!(
            verified(&server, &other).await.unwrap_err(),
            "InvalidSignature"
        );
    }
}

#[tokio::test]
async fn rotation_drops_the_old_key_or_keeps_it() {
    let server = server();
    let first = server.token("alice").text();
    server.rotate(Kind::Rsa, true);
    let second = server.token("alice").text();
    assert!(verified(&server, &first).await.is_ok());
    server.rotate(Kind::Rsa, false);
    assert_eq!(verified(&server, &second).await.unwrap_err(), "no such key");
    assert_eq!(server.requests("/jwks"), 2);
    let keys: Value = serde_json::from_str(&server.jwks()).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn malformed_tokens_are_made_as_asked() {
    let key = Key::new(Kind::Rsa);
    let token = Token::new("https://a.example/", "b", "alice", key.clone())
        .header("crit", json!(["x"]))
        .without("exp");
    assert!(!token.payload_json().contains("exp"));
    let text = unsigned("{\"alg\":\"none\"}", &token.payload_json());
    assert!(text.ends_with('.') && text.split('.').count() == 3);
    let confused = hmac("{\"alg\":\"HS256\"}", "{}", key.public_pem().as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    let secret = DecodingKey::from_secret(key.public_pem().as_bytes());
    assert!(decode::<Value>(&confused, &secret, &validation).is_ok());
    assert!(serde_json::from_value::<Jwk>(key.jwk()).is_ok());
}

#[tokio::test]
async fn a_user_agrees_and_the_client_gets_a_token_for_the_resource() {
    let server = server();
    server.set_user(json!({"sub": "bob", "groups": ["support"]}));
    let registration = json!({
        "redirect_uris": ["http://127.0.0.1:1/back"],
        "token_endpoint_auth_method": "none",
    });
    let request = client().post(server.url("/register"));
    let answer = request.body(registration.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let registered: Value = answer.json().await.unwrap();
    let id = registered["client_id"].as_str().unwrap();

    // RFC 7636 appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", "http://127.0.0.1:1/back"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("resource", "https://mcp.example.com/mcp/triage"),
        ("scope", "tools"),
        ("state", "xyz"),
    ];
    let code = authorize(&server, &query).await;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("redirect_uri", "http://127.0.0.1:1/back"),
        ("code", code.as_str()),
        ("code_verifier", verifier),
    ];
    let (status, token) = ask_openly(&server, &form).await;
    assert_eq!(status, 200, "{token}");
    let claims = verified(&server, token["access_token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(claims["sub"], "bob");
    assert_eq!(claims["aud"], "https://mcp.example.com/mcp/triage");
    assert_eq!(claims["azp"], id);
    assert_eq!(claims["scope"], "tools");
    assert_eq!(claims["groups"], json!(["support"]));

    // A code is for one use, a wrong verifier gets nothing, and a refresh token gets the same.
    assert_eq!(ask_openly(&server, &form).await.1["error"], "invalid_grant");
    let code = authorize(&server, &query).await;
    form[3] = ("code", &code);
    form[4] = ("code_verifier", "another");
    assert_eq!(ask_openly(&server, &form).await.1["error"], "invalid_grant");
    let refresh = token["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", id),
        ("refresh_token", refresh),
    ];
    let (status, again) = ask_openly(&server, &form).await;
    assert_eq!(status, 200, "{again}");
    let again = verified(&server, again["access_token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(again["aud"], claims["aud"]);
    assert_eq!(ask_openly(&server, &form).await.1["error"], "invalid_grant");

    // Nobody is sent to where codes don't belong.
    query[2] = ("redirect_uri", "http://127.0.0.1:2/evil");
    let request = client().get(authorize_url(&server, &query));
    assert_eq!(request.send().await.unwrap().status(), 400);
}

fn authorize_url(server: &Running, query: &[(&str, &str)]) -> Url {
    Url::parse_with_params(&server.url("/authorize"), query).unwrap()
}

async fn authorize(server: &Running, query: &[(&str, &str)]) -> String {
    let request = client().get(authorize_url(server, query));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = Url::parse(answer.headers()[LOCATION].to_str().unwrap()).unwrap();
    let pairs: std::collections::BTreeMap<_, _> = back.query_pairs().collect();
    assert_eq!(pairs["state"], "xyz");
    assert_eq!(pairs["iss"], server.issuer());
    pairs["code"].to_string()
}

#[tokio::test]
async fn a_subject_is_exchanged_with_its_actor_for_another_audience() {
    let server = server();
    let subject = server
        .token("alice")
        .claim("groups", json!(["admins"]))
        .text();
    let actor = server.token("sluice-agent").text();
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", &subject),
        ("subject_token_type", ACCESS_TOKEN),
        ("actor_token", &actor),
        ("actor_token_type", ACCESS_TOKEN),
        ("audience", "github"),
        ("scope", "repo"),
    ];
    let (status, body) = ask(&server, &form).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    let token = body["access_token"].as_str().unwrap();
    let claims = verified(&server, token).await.unwrap();
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["aud"], "github");
    assert_eq!(claims["act"], json!({"sub": "sluice-agent"}));
    assert_eq!(claims["groups"], json!(["admins"]));
    let issued = server.find(token).unwrap();
    assert_eq!(
        (issued.client.as_str(), issued.grant.as_str()),
        ("sluice", EXCHANGE)
    );
    assert_eq!(server.asked()[0].one("audience"), Some("github"));
    assert_eq!(server.asked()[0].status, 200);

    let expired = server.token("alice").claim("exp", 1).text();
    let foreign = server.token("alice").signed_by(&Key::new(Kind::Rsa)).text();
    for bad in [expired.as_str(), &foreign, "nonsense"] {
        let mut form = form;
        form[1] = ("subject_token", bad);
        let (status, body) = ask(&server, &form).await;
        assert_eq!(
            (status, &body["error"]),
            (400, &json!("invalid_request")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_assertion_gets_a_token_if_it_is_for_this_server() {
    let server = server();
    let assertion = server.token("alice").claim("aud", server.issuer()).text();
    let form = [
        ("grant_type", BEARER),
        ("assertion", assertion.as_str()),
        ("resource", "https://x/"),
    ];
    let (status, body) = ask(&server, &form).await;
    assert_eq!(status, 200, "{body}");
    let claims = verified(&server, body["access_token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (&claims["sub"], &claims["aud"]),
        (&json!("alice"), &json!("https://x/"))
    );

    let elsewhere = server.token("alice").text();
    let form = [("grant_type", BEARER), ("assertion", &elsewhere)];
    assert_eq!(ask(&server, &form).await.1["error"], "invalid_grant");
    let known = Client::new("sluice", Method::Basic("s3cret".to_owned()));
    server.add_client(known.audience("https://mcp.example.com/"));
    assert_eq!(ask(&server, &form).await.0, 200);
}

#[tokio::test]
async fn clients_prove_who_they_are_in_every_way() {
    let server = server();
    let odd = "a:b c%+é";
    server.add_client(Client::new("odd", Method::Basic(odd.to_owned())));
    server.add_client(Client::new("form", Method::Post("p".to_owned())));
    let grant = ("grant_type", "client_credentials");
    let encoded: String = url::form_urlencoded::byte_serialize(odd.as_bytes()).collect();
    for (secret, expected) in [(encoded.as_str(), 200), (odd, 401), ("", 401)] {
        let request = client().post(server.url("/token"));
        let request = request.basic_auth("odd", Some(secret)).form(&[grant]);
        assert_eq!(request.send().await.unwrap().status(), expected, "{secret}");
    }
    let form = [grant, ("client_id", "form"), ("client_secret", "p")];
    assert_eq!(ask_openly(&server, &form).await.0, 200);
    // Twice is once too often; and a client has one method.
    assert_eq!(ask(&server, &form).await.1["error"], "invalid_request");
    let form = [grant, ("client_id", "sluice"), ("client_secret", "s3cret")];
    assert_eq!(
        ask_openly(&server, &form).await.1["error"],
        "invalid_client"
    );
    let form = [grant, ("client_id", "sluice")];
    assert_eq!(
        ask_openly(&server, &form).await.1["error"],
        "invalid_client"
    );
}

#[tokio::test]
async fn a_client_that_signs_is_believed_once() {
    let server = server();
    for kind in [Kind::Rsa, Kind::P256] {
        let key = Key::new(kind);
        server.add_client(Client::new(
            "signer",
            Method::PrivateKeyJwt(vec![key.jwk()]),
        ));
        let good = || Token::new("signer", &server.url("/token"), "signer", key.clone());
        let text = good().text();
        assert_eq!(assert_with(&server, &text).await, 200);
        assert_eq!(assert_with(&server, &text).await, 401);
        let other = Key::named(kind, key.kid());
        for bad in [
            good().claim("aud", "https://elsewhere.example/"),
            good().claim("sub", "another"),
            good().claim("exp", 1),
            good().without("exp"),
            good().without("jti"),
            good().signed_by(&other),
        ] {
            assert_eq!(assert_with(&server, &bad.text()).await, 401, "{bad:?}");
        }
    }
}

async fn assert_with(server: &Running, assertion: &str) -> u16 {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion),
    ];
    ask_openly(server, &form).await.0
}

#[tokio::test]
async fn it_fails_as_told_until_it_recovers() {
    let server = server();
    let url = server.url("/jwks");
    let client = client();
    let fetch = || client.get(&url).timeout(Duration::from_millis(300)).send();
    assert_eq!(fetch().await.unwrap().status(), 200);
    server.set_down(true);
    assert!(
        fetch().await.is_err(),
        "the connection kept open must break too"
    );
    assert!(fetch().await.is_err());
    server.recover();
    for (failure, status) in [
        (Failure::Status(500), 500),
        (Failure::Html, 200),
        (Failure::Empty, 200),
        (Failure::Huge(5 << 20), 200),
        (Failure::Endless, 200),
        (Failure::Redirect("http://127.0.0.1:1/".to_owned()), 307),
        (Failure::Error("invalid_grant"), 400),
    ] {
        server.fail("/jwks", failure.clone());
        assert_eq!(fetch().await.unwrap().status(), status, "{failure:?}");
    }
    server.fail("/jwks", Failure::Slow(Duration::from_secs(5)));
    assert!(fetch().await.unwrap_err().is_timeout());
    server.fail("/jwks", Failure::Endless);
    let endless = fetch().await.unwrap().bytes().await;
    assert!(endless.unwrap_err().is_timeout());
    server.recover();
    assert_eq!(fetch().await.unwrap().status(), 200);
    // Those that broke were never read.
    assert_eq!(server.requests("/jwks"), 11);
}
