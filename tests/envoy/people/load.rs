//! Many callers at once, while keys change, tokens end and the authorization server is away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::place::{Place, oauth2};
use crate::authorization_server::{Kind, now};
use crate::support::github::Arrived;

/// How many people call.
const PEOPLE: usize = 16;

/// How long the tokens of the authorization server live, in seconds.
const LIFETIME: u64 = 12;

/// How long they are used, at most.
const USED: u64 = LIFETIME - 5;

/// How long it is away.
const OUTAGE: Duration = Duration::from_secs(30);

/// How calls ended, by reason, `done` among them.
#[derive(Debug, Default)]
struct Ends(Mutex<BTreeMap<String, u64>>);

impl Ends {
    fn add(&self, end: &str) {
        *self.0.lock().unwrap().entry(end.to_owned()).or_default() += 1;
    }

    /// Those since the last time.
    fn take(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The claims of a token, whoever signed it.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Whether a call came with its caller's own token for this server, and in its time.
fn is_right(arrived: &Arrived) -> bool {
    let token = arrived.header("authorization").strip_prefix("Bearer ");
    let body: Value = serde_json::from_str(&arrived.body).unwrap_or_default();
    token.and_then(claims).is_some_and(|claims| {
        claims["sub"].is_string()
            && claims["sub"] == body["params"]["arguments"]["who"]
            && claims["aud"] == "https://github.example.com"
            && claims["exp"].as_u64().is_some_and(|exp| exp >= now())
    })
}

/// Calls until it is told to stop, each time with a token that is signed just now.
async fn calls(place: &Place, who: &str, ends: &Ends, over: &AtomicBool) {
    let visitor = place.nobody();
    while !over.load(Ordering::Relaxed) {
        let token = place.idp.token(who).text();
        let visitor = visitor.with_token(&token);
        for _ in 0..5 {
            let answer = visitor.call("get_me", json!({"who": who})).await;
            let message = answer.message();
            match message["error"]["data"]["reason"].as_str() {
                Some(reason) => ends.add(reason),
                None if message["result"].is_object() => ends.add("done"),
                None => ends.add(&format!("{answer:?}")),
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
}

/// What happens to the authorization server meanwhile, and what callers see of it.
async fn fate(place: &Place, ends: &Ends, over: &AtomicBool) {
    let second = Duration::from_secs(1);
    tokio::time::sleep(4 * second).await;
    let calm = ends.take();
    assert_eq!(calm.keys().collect::<Vec<_>>(), ["done"], "{calm:?}");
    let first = place.asked();
    assert_eq!(first, PEOPLE as u64, "one token for each");

    // Another key signs; the old one stays for a while, then goes.
    place.idp.rotate(Kind::Rsa, true);
    tokio::time::sleep(second).await;
    let rotated = ends.take();
    assert_eq!(rotated.keys().collect::<Vec<_>>(), ["done"], "{rotated:?}");
    assert!(place.idp.requests("/jwks") <= 3);

    // Longer than any token lives.
    place.idp.set_down(true);
    let (connections, executed) = (place.idp.connections(), place.executed());
    tokio::time::sleep(Duration::from_secs(USED + 1)).await;
    ends.take();
    let stale = place.executed();
    assert!(stale > executed, "what is kept still serves");
    tokio::time::sleep(OUTAGE - Duration::from_secs(USED + 1)).await;
    let outage = ends.take();
    assert_eq!(
        outage.keys().collect::<Vec<_>>(),
        ["credential_unavailable"],
        "{outage:?}"
    );
    assert_eq!(place.executed(), stale, "nothing without a credential");
    let tried = place.idp.connections() - connections;
    assert!(tried < 8 * PEOPLE as u64, "{tried} tries: {outage:?}");

    place.idp.recover();
    let (asked, began) = (place.asked(), Instant::now());
    // The longer it was away, the longer nobody looks whether it is back.
    loop {
        tokio::time::sleep(second).await;
        if ends.take().keys().all(|end| end == "done") {
            break;
        }
        assert!(began.elapsed() < 35 * second, "never again");
    }
    tokio::time::sleep(3 * second).await;
    let after = ends.take();
    assert_eq!(after.keys().collect::<Vec<_>>(), ["done"], "{after:?}");
    let asked = place.asked() - asked;
    let rounds = began.elapsed().as_secs() / USED + 1;
    assert!(asked <= rounds * PEOPLE as u64, "{asked} tokens");
    over.store(true, Ordering::Relaxed);
}

#[tokio::test]
async fn nothing_wrong_is_sent_while_the_authorization_server_is_away() {
    let place = Place::new(&oauth2("token_exchange", ""));
    place.idp.set_lifetime(LIFETIME);
    let wrong = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&wrong);
    place.gate().refuse(move |arrived| {
        if !is_right(arrived) {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        None
    });
    let (ends, over) = (Ends::default(), AtomicBool::new(false));
    let names: Vec<_> = (0..PEOPLE).map(|number| format!("user-{number}")).collect();
    let callers = names.iter().map(|who| calls(&place, who, &ends, &over));
    let callers = futures_util::future::join_all(callers);
    futures_util::join!(callers, fate(&place, &ends, &over));
    assert_eq!(wrong.load(Ordering::Relaxed), 0, "another's, or none");
    let arrived = place.gate().arrived();
    assert!(arrived.iter().any(is_right) || arrived.len() > PEOPLE);
}
