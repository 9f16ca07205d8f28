//! The webhook in Python: it checks signatures.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;

use serde_json::json;

use super::python::command;
use crate::house::{House, json, sluice, wait_for};
use crate::message::call;
use crate::support::process::Owned;

const SECRET: &str = "a-secret-of-the-tests";

const MANIFEST: &str = r#"
guardrails:
  hook: {type: http, url: "http://ADDRESS/", secret: "${env:HOOK_SECRET}"}
servers: {github: {}}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    servers: [{name: github, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [hook]
"#;

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_webhook_answers_what_is_signed_with_its_secret() {
    let address = free_address();
    let mut webhook = command("webhook.py");
    webhook
        .arg(address.port().to_string())
        .env("WEBHOOK_SECRET", SECRET);
    webhook.stderr(Stdio::null());
    let _webhook = Owned::spawn(&mut webhook).unwrap();
    wait_for("the webhook listens", || {
        TcpStream::connect(address).is_ok()
    })
    .await;
    let manifest = MANIFEST.replace("ADDRESS", &address.to_string());
    for (secret, expected) in [
        (SECRET, [None, Some("No passwords, please.")]),
        ("another", [Some("its answer makes no sense"); 2]),
    ] {
        let setup = sluice(&manifest).environment("HOOK_SECRET", secret);
        let house = House::from(json(), &setup, |config| config);
        for (query, expected) in ["hello", "my password"].into_iter().zip(expected) {
            let search = call(1, "search_issues", json!({"query": query}));
            let answer = house.ask(&search).await.message();
            let refused = answer["result"]["isError"] == true;
            assert_eq!(refused, expected.is_some(), "{answer}");
            let told = answer["result"]["content"][0]["text"].as_str().unwrap();
            assert!(told.ends_with(expected.unwrap_or_default()), "{told}");
        }
        let executed = expected
            .iter()
            .filter(|expected| expected.is_none())
            .count();
        assert_eq!(house.executed(), executed as u64);
        assert!(!house.sluice.log().contains(secret));
    }
}
