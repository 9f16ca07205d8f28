//! Keys that come, change and stay away.

use super::*;

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    idp.slow(Duration::from_millis(50));
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(idp.keys())]);
    let token = RSA.token("a", &claims());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (verifier, ask) = (Arc::clone(&verifier), ask(&authentication, &token));
        tasks.spawn(async move { verifier.verify(ask).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(outcome(&answer), "alice");
    }
    assert_eq!(idp.fetches(), 1);
}
