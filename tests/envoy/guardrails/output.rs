//! What a server knows of customers: redacted, hidden behind tokens, cut; and clients that still take
//! it for what the schema promises.

use serde_json::{Value, json};

use crate::authorization_server::AuthorizationServer;
use crate::house::{Answer, Key, envoy_to, post, sluice};
use crate::message::{call, modern};
use crate::python::{Server, client};
use crate::support::envoy::Envoy;
use crate::support::sluice::Process;
use crate::support::tools::{NodeSet, node_packages};

/// What every value that is not for agents has in it.
const CANARIES: [&str; 2] = ["@customers.example", "4111111111111111"];

const MANIFEST: &str = r#"
servers: {crm: {}}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: crm, enabled_tools: ["*"]}]
    mcp_tool_post_invoke_guardrails: [POST]
guardrails:
  redacting: {type: redact, actions: {credit_card: partial}}
  tokens: {type: redact, action: tokenize}
  few: {type: limit, max_rows: 2}
"#;

/// The server of customers, Sluice and Envoy.
struct Desk {
    server: Server,
    _sluice: Process,
    envoy: Envoy,
}

impl Desk {
    fn new(mode: &str, post: &str, identity: &str) -> Self {
        let server = Server::of("crm.py", mode);
        let manifest = format!("{identity}{}", MANIFEST.replace("POST", post));
        let sluice = Key::new().give(sluice(&manifest)).start().unwrap();
        let envoy = envoy_to(&sluice, server.address());
        Self {
            server,
            _sluice: sluice,
            envoy,
        }
    }

    fn url(&self) -> String {
        self.envoy.url("/mcp/desk")
    }

    /// The bytes of an answer to a call, and the message in it.
    async fn call(&self, tool: &str, arguments: Value, token: Option<&str>) -> (String, Value) {
        let message = modern(call(1, tool, arguments));
        let client = reqwest::Client::new();
        let mut request = post(&client, &self.url(), &message);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = Answer::of(request).await;
        let message = answer.message();
        (answer.body, message)
    }
}

#[track_caller]
fn holds_nothing(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{text}");
    }
}

#[tokio::test]
async fn no_copy_of_what_a_tool_returns_comes_through() {
    for mode in ["json", "sse"] {
        let desk = Desk::new(mode, "redacting", "");
        let (bytes, message) = desk.call("find_customers", json!({}), None).await;
        holds_nothing(&bytes);
        let customers = message["result"]["structuredContent"]["customers"]
            .as_array()
            .unwrap();
        assert_eq!(customers.len(), 6, "{message}");
        let one = json!({"name": "ada", "email": "[email]", "card": "************1111", "status": "active"});
        assert_eq!(customers[0], one);
        let text = message["result"]["content"][0]["text"].as_str().unwrap();
        let told: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            told, message["result"]["structuredContent"],
            "both say the same"
        );
        let (bytes, message) = desk.call("complain", json!({}), None).await;
        holds_nothing(&bytes);
        assert!(bytes.contains("[email] has no account"), "{message}");
    }
}

#[test]
fn clients_find_that_it_is_what_the_schema_promises() {
    for post in ["redacting", "tokens", "few, redacting"] {
        let desk = Desk::new("sse", post, "");
        let wanted = json!({"calls": [["find_customers", {}]], "prompts": [], "resources": []});
        for mode in ["legacy", "2026-07-28"] {
            let done = client(&desk.url(), mode, &wanted);
            let result = &done["calls"][0]["result"];
            assert_eq!(
                result["structuredContent"]["customers"][0]["name"], "ada",
                "{done}"
            );
            let schema = done["tools"][0]["outputSchema"].to_string();
            assert!(
                !schema.contains("maxLength") && !schema.contains("\"email\":{\"format\""),
                "{schema}"
            );
            assert!(schema.contains(r#""enum":["active","closed"]"#), "{schema}");
            holds_nothing(&done.to_string());
        }
        let mut node = node_packages(NodeSet::Peers).unwrap().command();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/node/crm.mjs");
        let output = node.args([script, &desk.url()]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let done: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            done["result"]["structuredContent"]["customers"][0]["name"], "ada",
            "{done}"
        );
        holds_nothing(&done.to_string());
    }
}

#[tokio::test]
async fn what_is_left_out_is_told() {
    let desk = Desk::new("json", "few", "");
    let (_, message) = desk.call("find_customers", json!({}), None).await;
    let result = &message["result"];
    assert_eq!(
        result["structuredContent"]["customers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let content = result["content"].as_array().unwrap();
    let note = content.last().unwrap();
    assert_eq!(note["text"], "2 of 6 rows; narrow the query");
}

#[tokio::test]
async fn a_token_stands_for_the_value_for_whoever_got_it() {
    let idp = AuthorizationServer::start();
    let identity = r#"
identity:
  issuers:
    - {issuer: IDP, audiences: ["https://mcp.example.com/"], jwks: {uri: "IDP/jwks"}}
"#;
    let desk = Desk::new("json", "tokens", &identity.replace("IDP", idp.issuer()));
    let (alice, bob) = (idp.token("alice").text(), idp.token("bob").text());
    let (bytes, message) = desk.call("find_customers", json!({}), Some(&alice)).await;
    holds_nothing(&bytes);
    let customer = &message["result"]["structuredContent"]["customers"][0];
    let token = customer["email"].as_str().unwrap();
    assert!(token.starts_with("tok_"), "{customer}");
    let letter = json!({"email": token, "text": format!("To {token}, from us")});

    let (bytes, message) = desk.call("write_to", letter.clone(), Some(&alice)).await;
    holds_nothing(&bytes);
    assert_eq!(
        message["result"]["content"][0]["text"],
        format!("written to {token}")
    );
    let (bytes, _) = desk.call("write_to", letter, Some(&bob)).await;
    holds_nothing(&bytes);
    let executed = desk.server.executed();
    let ada = "ada@customers.example";
    assert_eq!(executed[1], format!("write_to {ada}: To {ada}, from us"));
    assert_eq!(
        executed[2],
        format!("write_to {token}: To {token}, from us")
    );
}
