use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::*;
use crate::policy::SecretText;

const SECRET: &str = "a-secret-of-tests";

/// A webhook that says what it is told to say.
#[derive(Default)]
struct Hook {
    asked: Mutex<Vec<(HeaderMap, String)>>,
    says: Mutex<Option<(u16, String)>>,
    takes: Mutex<Duration>,
}

impl Hook {
    async fn start() -> (Arc<Self>, String) {
        let hook = Arc::new(Self::default());
        let app = Router::new()
            .route("/check", post(answer))
            .route("/elsewhere", post(answer))
            .with_state(Arc::clone(&hook));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/check", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (hook, url)
    }

    fn says(&self, status: u16, body: impl ToString) {
        *self.says.lock().unwrap() = Some((status, body.to_string()));
    }

    fn asked(&self) -> Vec<(HeaderMap, String)> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(hook): State<Arc<Hook>>, headers: HeaderMap, body: String) -> Response {
    hook.asked.lock().unwrap().push((headers, body));
    let takes = *hook.takes.lock().unwrap();
    tokio::time::sleep(takes).await;
    let said = hook.says.lock().unwrap().clone();
    let (status, body) = said.unwrap_or_else(|| (200, r#"{"decision":"DECISION_ALLOW"}"#.into()));
    let location = [("location", "/elsewhere")];
    (StatusCode::from_u16(status).unwrap(), location, body).into_response()
}

fn http(url: &str, secret: Option<&str>) -> Arc<External> {
    Arc::new(External {
        transport: Transport::Http {
            url: url.to_owned(),
            secret: secret.map(|secret| SecretText::parse(secret).unwrap()),
        },
        timeout: LONG,
        max_in_flight: 64,
    })
}

/// What the signature of a request must be.
fn signature(headers: &HeaderMap, body: &str, key: &[u8]) -> String {
    let header = |name: &str| headers[name].to_str().unwrap();
    let signed = format!(
        "{}.{}.{body}",
        header("webhook-id"),
        header("webhook-timestamp")
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(signed.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[test]
fn the_signature_is_that_of_the_standard() {
    // The example that the libraries of Standard Webhooks are tested with.
    let secret = concat!("whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").to_owned();
    let signed = webhook::signature(
        &secret.into(),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        r#"{"test": 2432232314}"#,
    );
    let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(signed.unwrap(), expected);
}

#[tokio::test]
async fn a_webhook_is_asked_with_a_signature() {
    let (hook, url) = Hook::start().await;
    let middlewares = middlewares();
    let encoded = format!("whsec_{}", STANDARD.encode(SECRET));
    for (secret, number) in [(Some(SECRET), 0), (Some(&*encoded), 1), (None, 2)] {
        let external = http(&url, secret);
        assert_eq!(middlewares.judge(ask(&external)).await, passed());
        let (headers, body) = hook.asked().remove(number);
        let asked: Value = serde_json::from_str(&body).unwrap();
        let expected = json!({
            "phase": "PHASE_CALL",
            "operation": "OPERATION_MUTATE",
            "guardrail": "outside",
            "virtualServer": "triage",
            "server": "github",
            "tool": "sql_query",
            "method": "tools/call",
            "subject": {"issuer": "https://idp.example.com", "subject": "alice"},
            "payloadJson": r#"{"query": "SELECT 1"}"#,
        });
        assert_eq!(asked, expected);
        assert_eq!(headers["content-type"], "application/json");
        let timestamp: u64 = headers["webhook-timestamp"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(timestamp > 1_700_000_000);
        match secret {
            Some(_) => assert_eq!(
                headers["webhook-signature"],
                signature(&headers, &body, SECRET.as_bytes())
            ),
            None => assert!(!headers.contains_key("webhook-signature")),
        }
    }
    let ids: Vec<_> = hook
        .asked()
        .iter()
        .map(|(headers, _)| headers["webhook-id"].clone())
        .collect();
    assert!(
        ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2],
        "{ids:?}"
    );
}

#[tokio::test]
async fn what_it_says_is_the_judgement() {
    let (hook, url) = Hook::start().await;
    let middlewares = middlewares();
    let external = http(&url, Some(SECRET));
    hook.says(
        200,
        json!({
            "decision": "DECISION_BLOCK",
            "message": "no",
            "findings": [{"rule": "r", "path": "$.query", "entity": "e"}, {"rule": "s"}],
        }),
    );
    let judgement = middlewares.judge(ask(&external)).await.unwrap();
    assert!(!judgement.allowed);
    assert_eq!(judgement.message.as_deref(), Some("no"));
    let rules: Vec<_> = judgement
        .findings
        .iter()
        .map(|found| &*found.rule)
        .collect();
    assert_eq!(rules, ["r", "s"]);
    for key in ["payloadJson", "payload_json"] {
        hook.says(
            200,
            json!({"decision": "DECISION_ALLOW", key: "{}", "message": null}),
        );
        let judgement = middlewares.judge(ask(&external)).await.unwrap();
        assert_eq!(judgement.payload.as_deref(), Some("{}"), "{key}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_no_answer() {
    use JudgementFailure::{Invalid, Unavailable};

    let (hook, url) = Hook::start().await;
    let middlewares = middlewares();
    let external = http(&url, Some(SECRET));
    let allow = r#"{"decision":"DECISION_ALLOW"}"#;
    for (status, body, expected) in [
        (200, "", Invalid),
        (200, "<html>", Invalid),
        (200, "{}", Invalid),
        (200, r#"{"decision":"DECISION_UNSPECIFIED"}"#, Invalid),
        (200, r#"{"decision":"allow"}"#, Invalid),
        (200, r#"{"decision":true}"#, Invalid),
        (
            200,
            r#"{"decision":"DECISION_BLOCK","decision":"DECISION_ALLOW"}"#,
            Invalid,
        ),
        (
            200,
            r#"{"decision":"DECISION_ALLOW","payload":"{}"}"#,
            Invalid,
        ),
        (
            200,
            r#"{"decision":"DECISION_ALLOW","payloadJson":{}}"#,
            Invalid,
        ),
        (
            200,
            r#"{"decision":"DECISION_ALLOW","payloadJson":"[]"}"#,
            Invalid,
        ),
        (204, "", Invalid),
        (307, allow, Invalid),
        (401, allow, Invalid),
        (404, allow, Invalid),
        (429, allow, Unavailable),
        (500, allow, Unavailable),
        (503, allow, Unavailable),
    ] {
        hook.says(status, body);
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(expected), "{status} {body}");
    }
    assert_eq!(
        hook.asked().len(),
        17,
        "no redirect is followed, and nothing is asked twice"
    );
    hook.says(200, allow.to_owned() + &" ".repeat(34 << 20));
    let judged = middlewares.judge(ask(&external)).await;
    assert_eq!(judged, Err(Invalid), "an answer without end");
}

#[tokio::test]
async fn a_webhook_can_be_late_or_gone() {
    let (hook, url) = Hook::start().await;
    let middlewares = middlewares();
    let External { transport, .. } = Arc::into_inner(http(&url, Some(SECRET))).unwrap();
    let hurried = Arc::new(External {
        transport,
        timeout: SHORT,
        max_in_flight: 1,
    });
    *hook.takes.lock().unwrap() = LONG;
    let judged = middlewares.judge(ask(&hurried)).await;
    assert_eq!(judged, Err(JudgementFailure::Timeout));
    let gone = http("http://127.0.0.1:1/check", Some(SECRET));
    let judged = middlewares.judge(ask(&gone)).await;
    assert_eq!(judged, Err(JudgementFailure::Unavailable));
}

#[tokio::test]
async fn without_its_secret_nothing_is_asked() {
    let (hook, url) = Hook::start().await;
    let middlewares = middlewares();
    for secret in ["${file:/nowhere/at/all}", "whsec_not base64"] {
        let external = http(&url, Some(secret));
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(JudgementFailure::Unavailable), "{secret}");
    }
    assert!(hook.asked().is_empty());
}
