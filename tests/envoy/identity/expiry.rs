//! Callers whose tokens expire while they call.

use std::time::{Duration, Instant};

use super::place::Place;
use crate::authorization_server::now;

/// A token is good until the second that it names, be it known from before or not, and a new one
/// is good at once.
#[tokio::test]
async fn tokens_that_expire_under_load() {
    let place = Place::with("leeway: 0s");
    let began = Instant::now();
    let users = (0..8).map(|user| calls_of(&place, format!("user-{user}"), began));
    let (taken, late): (Vec<usize>, Vec<usize>) = futures_util::future::join_all(users)
        .await
        .into_iter()
        .unzip();
    let taken: usize = taken.iter().sum();
    assert_eq!(place.arrived().len(), taken);
    assert!(late.iter().all(|late| *late > 0), "{late:?}");
    assert_eq!(place.issuer.requests("/jwks"), 1);
}

/// Calls for 8 s, with tokens that hold for 2 s and are used for a little longer. How many calls
/// were taken, and how many were late.
async fn calls_of(place: &Place, user: String, began: Instant) -> (usize, usize) {
    let (mut taken, mut late) = (0, 0);
    while began.elapsed() < Duration::from_secs(8) {
        let end = now() + 2;
        let token = place.issuer.token(&user).claim("exp", end).text();
        loop {
            let before = now();
            let answer = place.call(&token).await;
            let is_over = before >= end;
            match answer.0 {
                200 => {
                    assert!(!is_over, "taken after its end");
                    taken += 1;
                }
                _ => {
                    assert_eq!(answer, (401, "invalid_token".to_owned()));
                    assert!(now() >= end, "refused before its end");
                    late += 1;
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    (taken, late)
}
