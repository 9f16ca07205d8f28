use super::*;

fn alone(name: &str) -> Value {
    json!({ "sub": name })
}

#[tokio::test]
async fn an_outage_is_one_for_all_callers() {
    let (server, address) = Server::start().await;
    let (broker, clock) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    server.say(503, "");
    for second in 0..30 {
        for caller in 0..10 {
            let ask = asks(&oauth2, alone(&format!("{second}-{caller}")));
            let failure = broker.obtain(ask).await.unwrap_err();
            assert_eq!(failure, CredentialFailure::Unavailable);
        }
        clock.advance(Duration::from_secs(1));
    }
    // After 0, 1, 3, 7 and 15 s.
    assert_eq!(server.count(), 5);
    server.say(200, r#"{"access_token": "t", "token_type": "Bearer"}"#);
    clock.advance(Duration::from_secs(30));
    for caller in 0..10 {
        // Also those whose own requests failed: they need not wait for longer than others.
        let ask = asks(&oauth2, alone(&format!("0-{caller}")));
        broker.obtain(ask).await.unwrap();
    }
    assert_eq!(server.count(), 15);
}

#[tokio::test]
async fn failures_of_one_moment_count_as_one() {
    let (server, address) = Server::start().await;
    let (broker, clock) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    server.say(503, "");
    *server.takes.lock().unwrap() = Duration::from_millis(300);
    let all = (0..20).map(|caller| broker.obtain(asks(&oauth2, alone(&caller.to_string()))));
    for asked in futures_util::future::join_all(all).await {
        asked.unwrap_err();
    }
    assert_eq!(server.count(), 20);
    // One of them tries for all, while it does the others are told at once, and what it finds
    // serves all.
    server.say(200, r#"{"access_token": "t", "token_type": "Bearer"}"#);
    clock.advance(Duration::from_secs(1));
    let first = broker.obtain(asks(&oauth2, alone("0")));
    let second = broker.obtain(asks(&oauth2, alone("1")));
    let (first, second) = futures_util::future::join(first, second).await;
    first.unwrap();
    assert_eq!(second.unwrap_err(), CredentialFailure::Unavailable);
    assert_eq!(server.count(), 21);
    broker.obtain(asks(&oauth2, alone("1"))).await.unwrap();
}

#[tokio::test]
async fn what_fails_for_one_caller_fails_for_no_other() {
    let (server, address) = Server::start().await;
    let (broker, _) = broker();
    let oauth2 = oauth2(address, EXCHANGE);
    for (status, body) in [
        (500, ""),
        (400, r#"{"error": "invalid_grant"}"#),
        (200, "?"),
    ] {
        server.say(status, body);
        let mallory = asks(&oauth2, json!({"sub": "mallory", "of": status}));
        broker.obtain(mallory).await.unwrap_err();
        server.say(200, r#"{"access_token": "t", "token_type": "Bearer"}"#);
        let alice = asks(&oauth2, json!({"sub": "alice", "of": status}));
        broker.obtain(alice).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_waited_for_in_bounds() {
    // The system takes the connection, and nobody reads from it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (broker, _) = broker();
    let ask = asks(
        &oauth2(listener.local_addr().unwrap(), EXCHANGE),
        alone("alice"),
    );
    let asked = tokio::time::timeout(Duration::from_millis(9_500), broker.obtain(ask)).await;
    assert_eq!(asked.unwrap().unwrap_err(), CredentialFailure::Unavailable);
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    // Reading the environment is what the HTTP client would do, so that it takes a process.
    let mut test = std::process::Command::new(std::env::current_exe().unwrap());
    test.args([
        "--exact",
        "credential::tests::what_was_not_taken_is_renewed_once",
    ]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        test.env(name, "http://127.0.0.1:1");
    }
    let output = test.env_remove("no_proxy").env_remove("NO_PROXY").output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(said.contains("test result: ok. 1 passed"), "{said}");
}

#[tokio::test]
async fn a_token_is_for_who_acts_and_needs_the_callers_own() {
    let (server, address) = Server::start().await;
    let (broker, _) = broker();
    let actor = |actor: Option<&str>| Grant::TokenExchange {
        actor_token: actor.map(text),
        requested_token_type: None,
    };
    for (number, name) in [None, Some("a"), Some("b")].into_iter().enumerate() {
        let ask = asks(&oauth2(address, actor(name)), alone("alice"));
        broker.obtain(ask).await.unwrap();
        assert_eq!(server.count(), number + 1, "{name:?}");
    }
    let without = || CredentialAsk {
        token: None,
        ..asks(&oauth2(address, EXCHANGE), alone("alice"))
    };
    let failure = broker.cached(&without()).unwrap().unwrap_err();
    assert_eq!(failure, CredentialFailure::NoneForCaller);
    assert!(broker.obtain(without()).await.is_err());
    let own = CredentialAsk {
        token: None,
        ..asks(&oauth2(address, Grant::ClientCredentials), alone("alice"))
    };
    broker.obtain(own).await.unwrap();
}
