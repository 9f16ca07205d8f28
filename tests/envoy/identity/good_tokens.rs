//! Tokens that are taken, and what goes on in their place.

use serde_json::json;

use super::bad_tokens::Stage;
use super::place::{AUDIENCE, CREDENTIAL};
use crate::edges::wire::{USUAL, Wire, post_with};
use crate::message::call;

#[test]
fn tokens_of_every_kind_are_taken_and_go_no_further() {
    let stage = Stage::new();
    let good = || stage.good();
    let tokens = [
        good().text(),
        stage.by(&stage.p256).text(),
        stage.by(&stage.p384).text(),
        stage.by(&stage.ed25519).text(),
        stage.by(&stage.ed25519).without_header("kid").text(),
        good().header("typ", "JWT").text(),
        good().header("typ", "application/at+jwt").text(),
        good().without_header("typ").text(),
        good()
            .claim("aud", json!(["https://other.example/", AUDIENCE]))
            .text(),
        good()
            .claim(
                "exp",
                json!(crate::authorization_server::now() as f64 + 30.5),
            )
            .text(),
        good().without("iat").text(),
        good().without("jti").text(),
        // Where keys are is for the manifest to say; that a token says so too does no harm.
        good().header("jku", stage.attacker.url("/jwks")).text(),
        good().claim("groups", vec!["x".repeat(100); 80]).text(),
    ];
    let body = call(1, "get_me", json!({})).to_string();
    for token in &tokens {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let lines = format!("{USUAL}authorization: {scheme} {token}\r\ncookie: a={token}\r\n");
            let mut wire = Wire::open(stage.place.address());
            wire.send(post_with("/mcp/triage", &lines, &body));
            let answer = wire.answer().unwrap();
            assert_eq!(answer.status, 200, "{answer:?} for {token}");
        }
    }
    let arrived = stage.place.arrived();
    assert_eq!(arrived.len(), tokens.len() * 3);
    for arrived in arrived {
        assert_eq!(arrived.header("authorization"), Some(CREDENTIAL));
        assert!(!arrived.has("cookie"), "{arrived:?}");
        assert!(!arrived.head.contains("eyJ"), "{arrived:?}");
    }
    assert_eq!(stage.place.issuer.requests("/jwks"), 1);
    assert_eq!(stage.attacker.connections(), 0);
}

/// Who called on a connection before says nothing of who calls on it next.
#[test]
fn a_connection_is_nobody() {
    let stage = Stage::new();
    let body = call(1, "get_me", json!({})).to_string();
    let good = format!("{USUAL}authorization: Bearer {}\r\n", stage.good().text());
    let mut wire = Wire::open(stage.place.address());
    for (lines, status) in [
        (good.as_str(), 200),
        (USUAL, 401),
        (&good, 200),
        (USUAL, 401),
    ] {
        wire.send(post_with("/mcp/triage", lines, &body));
        assert_eq!(wire.answer().unwrap().status, status);
    }
    assert_eq!(stage.place.arrived().len(), 2);
}
