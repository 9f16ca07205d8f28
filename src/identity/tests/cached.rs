//! Tokens that come again.

use super::*;

const EXPIRED: &str = "The access token is expired";
const ELSEWHERE: &str = "The access token is not for this resource";

/// A token that holds for a day.
fn long() -> String {
    let mut claims = claims();
    claims["exp"] = (START + 24 * 3600).into();
    RSA.token("a", &claims)
}

fn checks(verifier: &Verifier) -> u64 {
    verifier.checks.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_signature_is_checked_every_five_minutes() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let authentication = authentication(vec![issuer(file.keys())]);
    let (verifier, clock) = verifier();
    let token = long();
    assert!(
        verifier.cached(&ask(&authentication, &token)).is_none(),
        "there are no keys yet"
    );
    for (seconds, expected) in [(0, 1), (1, 1), (298, 1), (1, 2), (299, 2), (1, 3)] {
        clock.forward(seconds);
        assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
        let answer = verifier.cached(&ask(&authentication, &token)).unwrap();
        assert_eq!(outcome(&answer), "alice");
        assert_eq!(checks(&verifier), expected, "after {seconds} s more");
    }
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let mut issuer = issuer(file.keys());
    issuer.leeway = Duration::from_secs(10);
    let authentication = authentication(vec![issuer]);
    let (verifier, clock) = verifier();
    let mut claims = claims();
    claims["exp"] = (START + 100).into();
    let token = RSA.token("a", &claims);
    for (seconds, expected) in [(0, "alice"), (109, "alice"), (1, EXPIRED), (1, EXPIRED)] {
        clock.forward(seconds);
        assert_eq!(verify(&verifier, &authentication, &token).await, expected);
        let answer = verifier.cached(&ask(&authentication, &token)).unwrap();
        assert_eq!(outcome(&answer), expected, "after {seconds} s more");
    }
    assert_eq!(checks(&verifier), 1);
}

#[tokio::test]
async fn the_audience_is_looked_at_each_time() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let authentication = authentication(vec![issuer(file.keys())]);
    let (verifier, _) = verifier();
    let token = long();
    assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
    let mut elsewhere = ask(&authentication, &token);
    elsewhere.resource = Some("https://mcp.example.com/mcp/b".to_owned());
    let answer = verifier.cached(&elsewhere).unwrap();
    assert_eq!(outcome(&answer), ELSEWHERE);
    assert_eq!(checks(&verifier), 1);
}

#[tokio::test]
async fn audiences_of_the_manifest_are_taken_to_the_letter() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let mut issuer = issuer(file.keys());
    issuer.audiences = vec!["api://one".to_owned(), "api://two/".to_owned()];
    let authentication = authentication(vec![issuer]);
    let (verifier, _) = verifier();
    for (audience, expected) in [
        (json!("api://one"), "alice"),
        (json!(["x", "api://two/"]), "alice"),
        (json!("api://two"), ELSEWHERE),
        (json!("API://one"), ELSEWHERE),
        (json!(RESOURCE), ELSEWHERE),
    ] {
        let mut claims = claims();
        claims["aud"] = audience.clone();
        let token = RSA.token("a", &claims);
        assert_eq!(
            verify(&verifier, &authentication, &token).await,
            expected,
            "{audience}"
        );
    }
}

#[tokio::test]
async fn what_was_asked_otherwise_is_asked_again() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let before = authentication(vec![issuer(file.keys())]);
    let (verifier, _) = verifier();
    let token = long();
    assert_eq!(verify(&verifier, &before, &token).await, "alice");
    let same = Arc::new(Authentication::clone(&before));
    assert_eq!(verify(&verifier, &same, &token).await, "alice");
    assert_eq!(checks(&verifier), 1, "a manifest that says the same");
    let mut named = Authentication::clone(&before);
    named.claims.user = crate::policy::ClaimPath::top("iss");
    let caller = verifier
        .verify(ask(&Arc::new(named), &token))
        .await
        .unwrap();
    assert_eq!(caller.user(), Some(ISSUER));
    let mut narrow = issuer(file.keys());
    narrow.algorithms = vec![Algorithm::Es256];
    let answer = verify(&verifier, &authentication(vec![narrow]), &token).await;
    assert_eq!(answer, "The access token is not valid");
    let gone = verify(&verifier, &authentication(Vec::new()), &token).await;
    assert_eq!(gone, "The access token is not valid");
}

#[tokio::test]
async fn fetches_and_what_is_kept_are_counted() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let authentication = authentication(vec![issuer(idp.keys())]);
    let (verifier, clock) = verifier();
    let token = long();
    for _ in 0..3 {
        assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
    }
    // One that is refused for what it claims costs no signature.
    verify(&verifier, &authentication, "e30.e30.e30").await;
    idp.answer(StatusCode::SERVICE_UNAVAILABLE, "");
    clock.forward(301);
    assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
    idp.fetched(2).await;
    let page = verifier.means.metrics.text();
    for (series, expected) in [
        (
            r#"key_fetches_total{issuer="https://idp.example.com/",result="ok"}"#,
            1,
        ),
        (
            r#"key_fetches_total{issuer="https://idp.example.com/",result="unavailable"}"#,
            1,
        ),
        (
            r#"cache_requests_total{cache="caller_tokens",result="hit"}"#,
            2,
        ),
        (
            r#"cache_requests_total{cache="caller_tokens",result="miss"}"#,
            2,
        ),
    ] {
        let line = format!("sluice_{series} {expected}");
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}
