//! Keys that are fetched: once, anew, and not at all.

use super::*;

const INVALID: &str = "The access token is not valid";

/// A token of the test's own, so that no other one helps it.
fn fresh(signer: &Signer, kid: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut claims = claims();
    claims["exp"] = (START + 7 * 24 * 3600).into();
    claims["jti"] = COUNT.fetch_add(1, Ordering::Relaxed).into();
    signer.token(kid, &claims)
}

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    idp.slow(Duration::from_millis(50));
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (verifier, ask) = (
            Arc::clone(&verifier),
            ask(&authentication, &fresh(&RSA, "a")),
        );
        tasks.spawn(async move { verifier.verify(ask).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(outcome(&answer), "alice");
    }
    assert_eq!(idp.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_and_an_old_one_ends() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let old = fresh(&RSA, "a");
    assert_eq!(verify(&verifier, &authentication, &old).await, "alice");
    idp.serve(&[P256.jwk("b")]);
    idp.slow(Duration::from_millis(50));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (verifier, ask) = (
            Arc::clone(&verifier),
            ask(&authentication, &fresh(&P256, "b")),
        );
        tasks.spawn(async move { verifier.verify(ask).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(outcome(&answer), "alice");
    }
    assert_eq!(idp.fetches(), 2);
    assert_eq!(verify(&verifier, &authentication, &old).await, INVALID);
    // The next one within ten seconds waits for its turn.
    idp.serve(&[P384.jwk("c")]);
    let next = fresh(&P384, "c");
    assert_eq!(verify(&verifier, &authentication, &next).await, INVALID);
    clock.forward(10);
    assert_eq!(verify(&verifier, &authentication, &next).await, "alice");
    assert_eq!(idp.fetches(), 3);
}

#[tokio::test]
async fn unknown_keys_are_sought_rarely() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let (verifier, token) = (Arc::clone(&verifier), fresh(&P256, &number.to_string()));
        let ask = ask(&authentication, &token);
        tasks.spawn(async move { verifier.verify(ask).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(outcome(&answer), INVALID);
    }
    assert_eq!(idp.fetches(), 2);
    let answer = verifier.cached(&ask(&authentication, &fresh(&RSA, "x")));
    assert_eq!(outcome(&answer.unwrap()), INVALID, "at once");
    clock.forward(10);
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&RSA, "x")).await,
        INVALID
    );
    assert_eq!(idp.fetches(), 3);
}

#[tokio::test]
async fn old_keys_serve_while_new_ones_are_fetched() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let old = fresh(&RSA, "a");
    assert_eq!(verify(&verifier, &authentication, &old).await, "alice");
    clock.forward(299);
    assert_eq!(verify(&verifier, &authentication, &old).await, "alice");
    assert_eq!(idp.fetches(), 1);
    idp.serve(&[P256.jwk("b")]);
    idp.slow(Duration::from_millis(200));
    clock.forward(1);
    for _ in 0..50 {
        assert_eq!(
            verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
            "alice"
        );
    }
    idp.fetched(2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&P256, "b")).await,
        "alice"
    );
    let cached = verifier
        .cached(&ask(&authentication, &old))
        .map(|answer| outcome(&answer).to_owned());
    assert_ne!(cached.as_deref(), Some("alice"), "its key is gone");
    assert_eq!(idp.fetches(), 2);
}

#[tokio::test]
async fn the_last_good_keys_serve_for_a_while() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let (verifier, clock) = verifier();
    let mut issuer = issuer(idp.keys());
    issuer.max_stale = Duration::from_secs(3600);
    let authentication = authentication(vec![issuer]);
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
        "alice"
    );
    idp.answer(StatusCode::SERVICE_UNAVAILABLE, "");
    clock.forward(300);
    let kept = fresh(&RSA, "a");
    assert_eq!(verify(&verifier, &authentication, &kept).await, "alice");
    idp.fetched(2).await;
    // A key that is unknown may be a new one.
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&P256, "b")).await,
        "unavailable"
    );
    assert_eq!(idp.fetches(), 2);
    clock.forward(3300);
    assert_eq!(verify(&verifier, &authentication, &kept).await, "alice");
    idp.fetched(3).await;
    clock.forward(1);
    assert_eq!(
        verify(&verifier, &authentication, &kept).await,
        "unavailable"
    );
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
        "unavailable"
    );
    idp.serve(&[RSA.jwk("a")]);
    clock.forward(30);
    assert_eq!(verify(&verifier, &authentication, &kept).await, "alice");
}

#[tokio::test]
async fn who_is_down_is_not_hammered() {
    let idp = Idp::start(&[]).await;
    idp.answer(StatusCode::INTERNAL_SERVER_ERROR, "");
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let mut fetched = Vec::new();
    for second in 0..100 {
        let before = idp.fetches();
        for _ in 0..3 {
            assert_eq!(
                verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
                "unavailable"
            );
        }
        if idp.fetches() > before {
            assert_eq!(idp.fetches(), before + 1, "at {second}");
            fetched.push(second);
        }
        clock.forward(1);
    }
    assert_eq!(fetched, [0, 1, 3, 7, 15, 31, 61, 91]);
    idp.serve(&[RSA.jwk("a")]);
    clock.forward(30);
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
        "alice"
    );
}

#[tokio::test]
async fn who_began_the_fetch_may_leave() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    idp.slow(Duration::from_millis(500));
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    tokio::select! {
        answer = verifier.verify(ask(&authentication, &fresh(&RSA, "a"))) => panic!("{answer:?}"),
        () = idp.fetched(1) => {}
    }
    let answer = verify(&verifier, &authentication, &fresh(&RSA, "a")).await;
    assert_eq!(answer, "alice");
    assert_eq!(idp.fetches(), 1);
}

#[tokio::test]
async fn a_runtime_that_ends_takes_nobody_with_it() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    idp.slow(Duration::from_secs(4));
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let first = ask(&authentication, &fresh(&RSA, "a"));
    let other = std::thread::spawn({
        let verifier = Arc::clone(&verifier);
        move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    answer = verifier.verify(first) => panic!("{answer:?}"),
                    ended = ended => ended.unwrap(),
                }
            });
        }
    });
    idp.fetched(1).await;
    idp.slow(Duration::ZERO);
    let token = fresh(&RSA, "a");
    let waiting = verify(&verifier, &authentication, &token);
    let (answer, ()) = tokio::join!(waiting, async { end.send(()).unwrap() });
    assert_eq!(answer, "alice");
    tokio::task::spawn_blocking(|| other.join().unwrap())
        .await
        .unwrap();
    assert_eq!(idp.fetches(), 2);
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    idp.slow(Duration::from_secs(3600));
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let began = tokio::time::Instant::now();
    assert_eq!(
        verify(&verifier, &authentication, &fresh(&RSA, "a")).await,
        "unavailable"
    );
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
}
