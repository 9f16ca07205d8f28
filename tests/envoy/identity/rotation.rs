//! Issuers that sign with new keys.

use std::time::{Duration, Instant};

use super::place::Place;
use crate::authorization_server::{Key, Kind, Token};

/// Keys are fetched once for all, and again when a token names one that is new.
#[tokio::test]
async fn a_new_key_is_fetched_when_it_is_first_used_and_an_old_one_is_forgotten() {
    let place = Place::new();
    let old = place.issuer.token("alice");
    place.assert_taken(&place.call(&old.text()).await);
    place.assert_taken(&place.call(&place.issuer.token("bob").text()).await);
    assert_eq!(place.issuer.requests("/jwks"), 1);

    let unseen = old.clone().claim("sub", "carol");
    place.issuer.rotate(Kind::Rsa, false);
    let new = place.issuer.token("alice").text();
    place.assert_taken(&place.call(&new).await);
    assert_eq!(place.issuer.requests("/jwks"), 2);
    // One that was verified before has lost its key too.
    for token in [&old, &unseen] {
        let (status, reason) = place.call(&token.text()).await;
        assert_eq!((status, reason.as_str()), (401, "invalid_token"));
    }
    assert_eq!(place.arrived().len(), 3);
}

/// While both keys are published, tokens of both are good.
#[tokio::test]
async fn tokens_of_the_old_key_are_good_for_as_long_as_it_is_published() {
    let place = Place::new();
    let old = place.issuer.token("alice");
    place.assert_taken(&place.call(&old.text()).await);
    for kind in [Kind::P256, Kind::Ed25519, Kind::Rsa] {
        let new = place.issuer.rotate(kind, true);
        let new = new_token(&place, &new);
        let began = Instant::now();
        // Between two fetches on account of unknown keys are 10 s.
        while place.call(&new).await.0 != 200 {
            assert!(began.elapsed() < Duration::from_secs(15), "never taken");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        place.assert_taken(&place.call(&old.text()).await);
    }
    assert_eq!(place.issuer.requests("/jwks"), 4);
}

fn new_token(place: &Place, key: &std::sync::Arc<Key>) -> String {
    let token = place.issuer.token("alice").text();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid;
    assert_eq!(kid.as_deref(), Some(key.kid()));
    token
}

/// Whoever makes up key ids makes up no traffic to the issuer.
#[tokio::test]
async fn a_flood_of_unknown_keys_is_no_flood_of_fetches() {
    let place = Place::new();
    let forger = Key::new(Kind::Rsa);
    let began = Instant::now();
    let forged: Vec<String> = (0..300)
        .map(|n| forged(&place, &forger, n).text())
        .collect();
    let calls = forged.iter().map(|token| place.call(token));
    for (status, _) in futures_util::future::join_all(calls).await {
        assert!(matches!(status, 401 | 503), "{status}");
    }
    let fetches = 2 + began.elapsed().as_secs() / 10;
    assert!(
        place.issuer.requests("/jwks") <= fetches,
        "{} fetches",
        place.issuer.requests("/jwks")
    );
    place.assert_untouched();
    // And the flood has locked nobody out.
    place.assert_taken(&place.call(&place.issuer.token("alice").text()).await);
}

fn forged(place: &Place, forger: &std::sync::Arc<Key>, n: usize) -> Token {
    let token = place.issuer.token("alice").signed_by(forger);
    token.header("kid", format!("made-up-{n}"))
}

/// Many first callers at once wait for one fetch.
#[tokio::test]
async fn first_callers_share_one_fetch() {
    let place = Place::new();
    place.issuer.fail(
        "/jwks",
        crate::authorization_server::Failure::Slow(Duration::from_secs(1)),
    );
    let tokens: Vec<String> = (0..100)
        .map(|n| place.issuer.token(&format!("user-{n}")).text())
        .collect();
    let calls = tokens.iter().map(|token| place.call(token));
    for answer in futures_util::future::join_all(calls).await {
        place.assert_taken(&answer);
    }
    assert_eq!(place.issuer.requests("/jwks"), 1);
}
