mod answers;
mod faults;
mod logs;
mod runtimes;
mod server;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::proto::{self, CheckResponse, Decision};
use super::*;
use crate::clock::{Manual, SystemClock};
use crate::exchange::{GuardrailAsk, JudgedFinding, JudgementFailure};
use crate::guardrail::{Operation, Phase};
use crate::policy::guard::{External, Transport};
use server::Server;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(10);

/// How long what never answers is waited for.
const SHORT: Duration = Duration::from_millis(200);

/// What is asked, with answers that can be compared.
struct Asker(Middlewares);

/// A judgement.
#[derive(Debug, PartialEq)]
struct Said {
    allowed: bool,
    message: Option<String>,
    payload: Option<String>,
    findings: Vec<JudgedFinding>,
}

impl Asker {
    async fn judge(&self, ask: GuardrailAsk) -> Result<Said, JudgementFailure> {
        self.0.judge(ask).await.map(|judgement| Said {
            allowed: judgement.allowed,
            message: judgement.message,
            payload: judgement.payload,
            findings: judgement.findings,
        })
    }
}

fn middlewares() -> Asker {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets = Secrets::new(Arc::clone(&clock));
    Asker(Middlewares::new(clock, Arc::new(secrets)))
}

fn grpc(address: &str) -> External {
    External {
        transport: Transport::Grpc {
            address: address.to_owned(),
        },
        timeout: LONG,
        max_in_flight: 64,
    }
}

fn ask(external: &Arc<External>) -> GuardrailAsk {
    GuardrailAsk {
        guardrail: "outside".into(),
        external: Arc::clone(external),
        phase: Phase::Call,
        operation: Operation::Mutate,
        virtual_server: "triage".to_owned(),
        server: "github".to_owned(),
        tool: Some("sql_query".to_owned()),
        method: "tools/call".to_owned(),
        payload: r#"{"query": "SELECT 1"}"#.to_owned(),
        subject: Some(("https://idp.example.com".to_owned(), "alice".to_owned())),
    }
}

fn allows() -> CheckResponse {
    CheckResponse {
        decision: Decision::Allow.into(),
        ..CheckResponse::default()
    }
}

fn passed() -> Result<Said, JudgementFailure> {
    Ok(Said {
        allowed: true,
        message: None,
        payload: None,
        findings: Vec::new(),
    })
}

/// A directory, and the address of a socket in it.
fn socket() -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let address = format!("unix:{}", directory.path().join("guardrail").display());
    (directory, address)
}

#[tokio::test]
async fn a_guardrail_is_asked_over_tcp_and_unix_sockets() {
    let (_directory, unix) = socket();
    for server in [Server::tcp(), Server::unix(&unix)] {
        server.says(|_| Ok(allows()));
        let middlewares = middlewares();
        let external = Arc::new(grpc(server.address()));
        assert_eq!(middlewares.judge(ask(&external)).await, passed());
        let anonymous = GuardrailAsk {
            phase: Phase::Result,
            operation: Operation::Validate,
            tool: None,
            subject: None,
            ..ask(&external)
        };
        assert_eq!(middlewares.judge(anonymous).await, passed());
        let asked = server.asked();
        let (first, second) = (&asked[0], &asked[1]);
        assert_eq!(first.phase(), proto::Phase::Call);
        assert_eq!(first.operation(), proto::Operation::Mutate);
        assert_eq!(first.guardrail, "outside");
        assert_eq!(first.virtual_server, "triage");
        assert_eq!(first.server, "github");
        assert_eq!(first.tool.as_deref(), Some("sql_query"));
        assert_eq!(first.method, "tools/call");
        assert_eq!(first.payload_json, r#"{"query": "SELECT 1"}"#);
        let subject = first.subject.as_ref().unwrap();
        assert_eq!(subject.issuer, "https://idp.example.com");
        assert_eq!(subject.subject, "alice");
        assert_eq!(second.phase(), proto::Phase::Result);
        assert_eq!(second.operation(), proto::Operation::Validate);
        assert_eq!((&second.tool, &second.subject), (&None, &None));
        assert_eq!(server.connections(), 1, "{}", server.address());
    }
}

#[tokio::test]
async fn what_it_says_is_the_judgement() {
    let server = Server::tcp();
    let middlewares = middlewares();
    let external = Arc::new(grpc(server.address()));
    server.says(|_| {
        Ok(CheckResponse {
            message: "one table only".to_owned(),
            findings: vec![proto::Finding {
                rule: "sql.tables".to_owned(),
                path: "$.query".to_owned(),
                entity: String::new(),
            }],
            decision: Decision::Block.into(),
            payload_json: None,
        })
    });
    let judgement = middlewares.judge(ask(&external)).await.unwrap();
    assert!(!judgement.allowed);
    assert_eq!(judgement.message.as_deref(), Some("one table only"));
    assert_eq!(judgement.findings[0].rule, "sql.tables");
    assert_eq!(judgement.findings[0].path, "$.query");
    assert_eq!(judgement.findings[0].entity, None);
    server.says(|request| {
        let payload = request.payload_json.replace('1', "2");
        Ok(CheckResponse {
            payload_json: Some(payload),
            ..allows()
        })
    });
    let judgement = middlewares.judge(ask(&external)).await.unwrap();
    assert!(judgement.allowed);
    assert_eq!(
        judgement.payload.as_deref(),
        Some(r#"{"query": "SELECT 2"}"#)
    );
    let validates = GuardrailAsk {
        operation: Operation::Validate,
        ..ask(&external)
    };
    assert_eq!(middlewares.judge(validates).await, passed());
}

#[tokio::test]
async fn a_payload_may_be_long_but_not_longer() {
    let server = Server::tcp();
    server.says(|request| {
        Ok(CheckResponse {
            payload_json: Some(request.payload_json),
            ..allows()
        })
    });
    let middlewares = middlewares();
    let external = Arc::new(grpc(server.address()));
    let long = |bytes: usize| GuardrailAsk {
        payload: json!({"text": "a".repeat(bytes - r#"{"text":""}"#.len())}).to_string(),
        ..ask(&external)
    };
    let judgement = middlewares.judge(long(16 << 20)).await.unwrap();
    assert_eq!(judgement.payload.unwrap().len(), 16 << 20);
    let longer = long((16 << 20) + 1);
    assert_eq!(
        middlewares.judge(longer).await,
        Err(JudgementFailure::Invalid)
    );
    assert_eq!(server.asked().len(), 1, "it is not even sent");
    for more in [1, 4 << 20] {
        server.says(move |_| {
            let text = "a".repeat((16 << 20) + more);
            Ok(CheckResponse {
                payload_json: Some(json!({ "text": text }).to_string()),
                ..allows()
            })
        });
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(JudgementFailure::Invalid), "{more}");
    }
}
