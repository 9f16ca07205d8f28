//! Issuers that are down, or answer with what makes no sense.

use std::time::{Duration, Instant};

use super::place::Place;
use crate::authorization_server::{Failure, Key, Kind};

const OUTAGE: Duration = Duration::from_secs(30);

/// The keys that were fetched before serve on, for tokens old and new; nothing unknown passes, and
/// nobody runs down the issuer's door.
#[tokio::test]
async fn half_a_minute_without_the_issuer() {
    let place = Place::new();
    place.assert_taken(&place.call(&place.issuer.token("alice").text()).await);
    let before = place.issuer.connections();
    place.issuer.set_down(true);
    let unpublished = Key::new(Kind::Rsa);
    let began = Instant::now();
    let mut good = 1;
    while began.elapsed() < OUTAGE {
        let fresh = place.issuer.token(&format!("user-{good}"));
        let unknown = fresh
            .clone()
            .header("kid", unpublished.kid())
            .signed_by(&unpublished);
        let forged = fresh.clone().signed_by(&unpublished);
        let (fresh, unknown, forged) = (fresh.text(), unknown.text(), forged.text());
        let calls = [
            place.call(&fresh),
            place.call(&unknown),
            place.call(&forged),
        ];
        let answers = futures_util::future::join_all(calls).await;
        place.assert_taken(&answers[0]);
        good += 1;
        assert!(matches!(answers[1].0, 401 | 503), "{answers:?}");
        assert_eq!(answers[2], (401, "invalid_token".to_owned()));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(good > 100, "{good}");
    assert_eq!(place.arrived().len(), good);
    // The pauses between attempts grow.
    let attempts = place.issuer.connections() - before;
    assert!((1..=10).contains(&attempts), "{attempts} attempts");

    // The issuer comes back with another key.
    place.issuer.recover();
    place.issuer.rotate(Kind::P256, true);
    let new = place.issuer.token("alice").text();
    eventually_taken(&place, &new, Duration::from_secs(40)).await;
}

/// Without any keys nobody is let in, nobody waits for long, and it is said to be no fault of the
/// token's.
#[tokio::test]
async fn an_issuer_that_was_never_there() {
    let failures = [
        Failure::Status(500),
        Failure::Status(404),
        Failure::Status(204),
        Failure::Html,
        Failure::Empty,
        Failure::Huge(5 << 20),
        Failure::Endless,
        Failure::Silent,
        Failure::Body("{\"keys\":[]}".to_owned()),
        Failure::Body("{\"keys\":{}}".to_owned()),
        Failure::Body("{\"keys\":[],\"keys\":[]}".to_owned()),
    ];
    let place = Place::new();
    let token = place.issuer.token("alice").text();
    place.issuer.set_down(true);
    assert_eq!(place.call(&token).await, unavailable());
    // It is taken as soon as there are keys.
    place.issuer.recover();
    eventually_taken(&place, &token, Duration::from_secs(5)).await;

    for failure in failures {
        let place = Place::new();
        let token = place.issuer.token("alice").text();
        place.issuer.fail("/jwks", failure.clone());
        let began = Instant::now();
        assert_eq!(place.call(&token).await, unavailable(), "{failure:?}");
        assert!(began.elapsed() < Duration::from_secs(8), "{failure:?}");
        assert_eq!(place.issuer.requests("/jwks"), 1, "{failure:?}");
        place.assert_untouched();
    }
}

async fn eventually_taken(place: &Place, token: &str, patience: Duration) {
    let began = Instant::now();
    while place.call(token).await.0 != 200 {
        assert!(began.elapsed() < patience, "never taken");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn unavailable() -> (u16, String) {
    (503, "identity_unavailable".to_owned())
}

/// Keys come from where the manifest says and from nowhere else.
#[tokio::test]
async fn an_issuer_that_sends_elsewhere_is_not_followed() {
    let place = Place::new();
    let attacker = crate::authorization_server::AuthorizationServer::start();
    place
        .issuer
        .fail("/jwks", Failure::Redirect(attacker.url("/jwks")));
    let stolen = place
        .issuer
        .token("alice")
        .signed_by(&attacker.key(Kind::Rsa));
    let stolen = stolen.header("kid", attacker.key(Kind::Rsa).kid()).text();
    assert_eq!(place.call(&stolen).await, unavailable());
    assert_eq!(attacker.connections(), 0);
    place.assert_untouched();
}
