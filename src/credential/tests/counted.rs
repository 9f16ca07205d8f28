//! What is counted of it.

use super::*;

#[tokio::test]
async fn what_is_asked_for_and_what_is_kept_is_counted() {
    let (server, address) = Server::start().await;
    let (broker, _) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    let get = async |subject: &str| {
        let ask = || asks(&oauth2, json!({"sub": subject}));
        if broker.cached(&ask()).is_none() {
            drop(broker.obtain(ask()).await);
        }
    };
    get("alice").await;
    get("alice").await;
    server.say(400, json!({"error": "invalid_grant"}));
    get("bob").await;
    // The refusal stands for a while: nobody is asked, and nothing was kept that could be used.
    get("bob").await;
    server.say(500, "");
    get("carol").await;
    assert!(
        broker
            .cached(&ask(AuthData::None, caller(json!({"sub": "d"}))))
            .is_some()
    );
    let page = broker.metrics.text();
    for (series, expected) in [
        (r#"token_requests_total{server="crm",result="ok"}"#, 1),
        (r#"token_requests_total{server="crm",result="refused"}"#, 1),
        (
            r#"token_requests_total{server="crm",result="unavailable"}"#,
            1,
        ),
        (
            r#"cache_requests_total{cache="credentials",result="hit"}"#,
            1,
        ),
        (
            r#"cache_requests_total{cache="credentials",result="miss"}"#,
            3,
        ),
    ] {
        let line = format!("sluice_{series} {expected}");
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}
