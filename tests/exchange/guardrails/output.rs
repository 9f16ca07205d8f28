//! Guardrails over what servers say: every copy of a value, wherever a message has it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice::exchange::{GuardrailAsk, Occurrence, Outcome};
use sluice::guardrail::Vault as _;
use sluice::manifest;
use sluice::policy::{Caller, ClaimNames, Policy, View};
use sluice::seal::Keys;

use super::talk::{Answer, Talk, allow};

/// What no client may see.
const CANARY: &str = "ada.lovelace@example.com";

const MANIFEST: &str = r#"
servers:
  crm: {}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: crm, enabled_tools: ["*"]}]
    enabled_prompts: ["*"]
    enabled_resources: ["*"]
    batches: true
    tasks: true
    mcp_tool_post_invoke_guardrails: [POST]
  other:
    match: {path: /mcp/other}
    servers: [{name: crm, enabled_tools: ["*"]}]
    mcp_tool_post_invoke_guardrails: [tokens]
guardrails:
  redacting: {type: redact}
  tokens: {type: redact, action: tokenize}
  refusing: {type: redact, operation: validate, message: "Ask for less: {{guardrail_message}}."}
  blocking: {type: redact, actions: {email: block}}
  auditing: {type: redact, enforcing_strategy: audit}
  small: {type: limit, max_rows: 2}
  fewer: {type: limit, operation: validate, fields: {deny: ["**.ssn"]}}
  removing: {type: redact, action: remove}
  clean: {type: sanitize}
  service: {type: grpc, address: "unix:/run/guardrail.sock"}
"#;

fn policy(post: &str) -> Arc<Policy> {
    let keys = Arc::new(Keys::new([[3; 32]]).unwrap());
    let manifest = MANIFEST.replace("POST", post);
    match manifest::load("sluice.yaml", &manifest) {
        Ok(loaded) => Arc::new(loaded.policy.with_seal_keys(&keys)),
        Err(diagnostics) => panic!("{diagnostics:?}"),
    }
}

type Judge = fn(&GuardrailAsk) -> Answer;

/// A request that has gone on, and what the server got.
fn sent(policy: &Arc<Policy>, path: &str, version: &str, request: &Value) -> (Talk<Judge>, Value) {
    let mut talk: Talk<Judge> = Talk::new(policy, |_| allow());
    let mut headers = vec![("mcp-protocol-version", version)];
    let method = request["method"].as_str().unwrap_or_default();
    let name = [&request["params"]["name"], &request["params"]["uri"]];
    let name = name.into_iter().find_map(Value::as_str);
    if version == "2026-07-28" {
        headers.push(("mcp-method", method));
        headers.extend(name.map(|name| ("mcp-name", name)));
    }
    talk.post(path, &headers).on();
    let mut request = request.clone();
    if version == "2026-07-28" {
        request["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        });
    }
    let written = request.to_string();
    let body = talk.body(&written).on().unwrap_or(written);
    (talk, serde_json::from_str(&body).unwrap())
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn tool() -> Value {
    request("tools/call", json!({"name": "find", "arguments": {}}))
}

/// What the client gets of one message, in JSON and as an event.
fn shown(post: &str, version: &str, request: &Value, message: &Value) -> [String; 2] {
    let policy = policy(post);
    let whole = |text: Option<String>, kept: &str| text.unwrap_or_else(|| kept.to_owned());
    let (mut talk, _) = sent(&policy, "/mcp/desk", version, request);
    talk.answers("application/json").on();
    let written = message.to_string();
    let json = whole(talk.chunk(&written, true).on(), &written);
    let (mut talk, _) = sent(&policy, "/mcp/desk", version, request);
    talk.answers("text/event-stream").on();
    let written = format!("data: {message}\n\n");
    let mut event = whole(talk.chunk(&written, false).on(), &written);
    event += &whole(talk.chunk("", true).on(), "");
    [json, event]
}

fn result(result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "result": result})
}

/// No copy of the canary comes through, and its place is filled.
#[track_caller]
fn hides(version: &str, request: &Value, message: &Value, filled: &str) {
    assert!(message.to_string().contains(CANARY) || filled != "[email]");
    for text in shown("redacting", version, request, message) {
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.contains(filled), "{text}");
    }
}

fn blocks(block: Value) -> Value {
    result(json!({"content": [block]}))
}

#[test]
fn nothing_that_a_tool_returns_holds_it() {
    let inside = json!({"rows": [{"email": CANARY}]}).to_string();
    let twice = json!({"inner": inside}).to_string();
    for message in [
        blocks(json!({"type": "text", "text": format!("mail {CANARY} now")})),
        blocks(json!({"type": "text", "text": inside})),
        blocks(json!({"type": "text", "text": twice})),
        blocks(json!({"type": "text", "text": "x", "_meta": {"a": CANARY}})),
        blocks(json!({"type": "text", "text": "x", "unheard_of": [CANARY]})),
        blocks(json!({"type": "resource", "resource": {"uri": "crm://1", "text": CANARY}})),
        blocks(
            json!({"type": "resource", "resource": {"uri": format!("crm://people/{CANARY}"), "text": ""}}),
        ),
        blocks(
            json!({"type": "resource", "resource": {"uri": "crm://1", "text": "", "_meta": {"a": CANARY}}}),
        ),
        blocks(
            json!({"type": "resource_link", "uri": format!("crm://people/{CANARY}"), "name": "n"}),
        ),
        blocks(json!({"type": "resource_link", "uri": "crm://1", "name": CANARY})),
        blocks(
            json!({"type": "resource_link", "uri": "crm://1", "name": "n", "description": CANARY}),
        ),
        blocks(
            json!({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png", "_meta": {"a": CANARY}}),
        ),
        result(json!({"content": [], "structuredContent": {"rows": [{"email": CANARY}]}})),
        result(json!({"content": [], "structuredContent": {CANARY: 1}})),
        result(json!({"content": [], "_meta": {"trace": CANARY}})),
        result(json!({"content": [], "unheard_of": {"a": CANARY}})),
        result(json!({"content": [], "isError": true, "structuredContent": [CANARY]})),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": format!("no {CANARY}")}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no", "data": {"a": [CANARY]}}}),
    ] {
        for version in ["2025-03-26", "2025-11-25", "2026-07-28"] {
            hides(version, &tool(), &message, "[email]");
        }
    }
    let blob = STANDARD.encode(format!("id,email\n1,{CANARY}\n"));
    let message = blocks(json!({"type": "resource", "resource": {"uri": "crm://1", "blob": blob}}));
    let filled = STANDARD.encode("id,email\n1,[email]\n");
    for text in shown("redacting", "2025-11-25", &tool(), &message) {
        assert!(text.contains(&filled) && !text.contains(&blob), "{text}");
    }
}

#[test]
fn nothing_else_that_a_server_answers_holds_it() {
    let text = json!({"type": "text", "text": CANARY});
    for (request, message) in [
        (
            request("prompts/get", json!({"name": "p"})),
            json!({"messages": [{"role": "user", "content": text}]}),
        ),
        (
            request("prompts/get", json!({"name": "p"})),
            json!({"messages": [], "description": CANARY}),
        ),
        (
            request("resources/read", json!({"uri": "crm://1"})),
            json!({"contents": [{"uri": "crm://1", "text": CANARY}]}),
        ),
        (
            request("resources/read", json!({"uri": "crm://1"})),
            json!({"contents": [{"uri": "crm://1", "text": "x", "_meta": {"a": CANARY}}]}),
        ),
        (
            request(
                "completion/complete",
                json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": "x"}}),
            ),
            json!({"completion": {"values": [CANARY]}}),
        ),
        (
            request("resources/list", json!({})),
            json!({"resources": [{"uri": "crm://1", "name": "n", "description": CANARY}]}),
        ),
        (
            request("prompts/list", json!({})),
            json!({"prompts": [{"name": "n", "title": CANARY}]}),
        ),
    ] {
        hides("2025-11-25", &request, &result(message), "[email]");
    }
}

#[test]
fn nothing_that_a_server_says_unasked_holds_it() {
    let asks = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let tells =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string", "description": CANARY}}});
    for message in [
        tells(
            "notifications/progress",
            json!({"progressToken": 1, "progress": 1, "message": CANARY}),
        ),
        tells(
            "notifications/message",
            json!({"level": "info", "data": CANARY}),
        ),
        tells(
            "notifications/message",
            json!({"level": "info", "data": {"a": [CANARY]}}),
        ),
        tells(
            "notifications/message",
            json!({"level": "info", "data": 1, "logger": CANARY}),
        ),
        tells(
            "notifications/message",
            json!({"level": "info", "data": 1, "_meta": {"a": CANARY}}),
        ),
        asks(
            "elicitation/create",
            json!({"message": CANARY, "requestedSchema": {"type": "object", "properties": {}}}),
        ),
        asks(
            "elicitation/create",
            json!({"message": "x", "requestedSchema": schema}),
        ),
        asks(
            "sampling/createMessage",
            json!({"maxTokens": 1, "messages": [{"role": "user", "content": {"type": "text", "text": CANARY}}]}),
        ),
        asks(
            "sampling/createMessage",
            json!({"maxTokens": 1, "messages": [], "systemPrompt": CANARY}),
        ),
        asks(
            "sampling/createMessage",
            json!({"maxTokens": 1, "messages": [{"role": "user", "content": [{"type": "tool_result", "toolUseId": "1", "content": [{"type": "text", "text": CANARY}]}]}]}),
        ),
    ] {
        let policy = policy("redacting");
        let (mut talk, _) = sent(&policy, "/mcp/desk", "2025-11-25", &tool());
        talk.answers("text/event-stream").on();
        // Pieces of any size.
        let written = format!("event: message\ndata: {message}\n\n");
        let (first, second) = written.split_at(written.len() / 2);
        let mut text = talk.chunk(first, false).on().unwrap_or_default();
        text += &talk
            .chunk(second, false)
            .on()
            .unwrap_or_else(|| second.to_owned());
        assert!(
            !text.contains("lovelace") && text.contains("[email]"),
            "{text}"
        );
    }
    let asked = json!({
        "resultType": "input_required",
        "inputRequests": {"a": {"method": "elicitation/create", "params": {"message": CANARY, "requestedSchema": {"type": "object", "properties": {}}}}},
    });
    hides("2026-07-28", &tool(), &result(asked), "[email]");
}

#[test]
fn each_answer_of_a_batch_is_looked_at() {
    let policy = policy("redacting");
    let mut talk: Talk<Judge> = Talk::new(&policy, |_| allow());
    talk.post("/mcp/desk", &[("mcp-protocol-version", "2025-03-26")])
        .on();
    let mut other = tool();
    other["id"] = json!(2);
    talk.body(&json!([tool(), other]).to_string()).on();
    talk.answers("application/json").on();
    let one = blocks(json!({"type": "text", "text": CANARY}));
    let mut two = one.clone();
    two["id"] = json!(2);
    let text = talk
        .chunk(&json!([one, two]).to_string(), true)
        .on()
        .unwrap();
    assert!(!text.contains(CANARY), "{text}");
    assert_eq!(text.matches("[email]").count(), 2, "{text}");
}

#[test]
fn who_only_refuses_says_why_and_who_audits_changes_nothing() {
    let message = blocks(json!({"type": "text", "text": CANARY}));
    for text in shown("refusing", "2025-11-25", &tool(), &message) {
        assert!(!text.contains(CANARY), "{text}");
        assert!(
            text.contains("Ask for less: there is a value of the kind `email` in it."),
            "{text}"
        );
        assert!(text.contains(r#""isError":true"#), "{text}");
    }
    for text in shown("blocking", "2025-11-25", &tool(), &message) {
        assert!(!text.contains(CANARY) && text.contains("isError"), "{text}");
    }
    for text in shown("auditing", "2025-11-25", &tool(), &message) {
        assert!(text.contains(CANARY), "{text}");
    }
    let policy = policy("auditing");
    let (mut talk, _) = sent(&policy, "/mcp/desk", "2025-11-25", &tool());
    talk.answers("application/json").on();
    talk.chunk(&message.to_string(), true).on();
    let said = talk.occurrences.iter().find_map(|it| match it {
        Occurrence::Guarded {
            outcome, findings, ..
        } => Some((*outcome, findings.clone())),
        Occurrence::Allowed { .. }
        | Occurrence::Answered { .. }
        | Occurrence::InSession(_)
        | Occurrence::Refused { .. }
        | Occurrence::Filtered { .. }
        | Occurrence::Dropped { .. } => None,
    });
    let (outcome, findings) = said.unwrap();
    assert_eq!(outcome, Outcome::Changed);
    assert_eq!(findings[0].path, "$.content[0].text");
    assert_eq!(findings[0].entity.as_deref(), Some("email"));
}

#[test]
fn what_is_left_out_is_told_beside_the_result() {
    let rows = json!({"rows": [{"id": 1}, {"id": 2}, {"id": 3}]});
    let message = result(json!({
        "content": [{"type": "text", "text": rows.to_string()}],
        "structuredContent": rows,
    }));
    for text in shown("small", "2025-11-25", &tool(), &message) {
        let text = text.strip_prefix("data: ").unwrap_or(&text);
        let message: Value = serde_json::from_str(text.trim()).unwrap();
        let few = json!({"rows": [{"id": 1}, {"id": 2}]});
        let content = &message["result"]["content"];
        assert_eq!(message["result"]["structuredContent"], few);
        assert_eq!(content[0]["text"], few.to_string());
        assert_eq!(content[1]["text"], "2 of 3 rows; narrow the query");
    }
}

#[test]
fn fields_are_refused_in_json_and_in_what_only_looks_like_it() {
    let is_withheld = |text: &str| {
        let message = blocks(json!({"type": "text", "text": text}));
        let shown = shown("fewer", "2025-11-25", &tool(), &message);
        let text = shown[0].strip_prefix("data: ").unwrap_or(&shown[0]);
        let shown: Value = serde_json::from_str(text.trim()).unwrap();
        shown["result"]["isError"] == true
    };
    for text in [
        r#"{"ssn":1}"#,
        r#"{"ssn":1,"ssn":2}"#,
        "{\"a\":1}\n{\"ssn\":1}\n",
    ] {
        assert!(is_withheld(text), "{text}");
    }
    for text in [r#"{"a":1}"#, "in words", "{\"a\":1}\n{\"b\":1}\n"] {
        assert!(!is_withheld(text), "{text}");
    }
}

/// The token of the canary, as a client of `/mcp/desk` gets it.
fn token(policy: &Arc<Policy>) -> String {
    let (mut talk, _) = sent(policy, "/mcp/desk", "2025-11-25", &tool());
    talk.answers("application/json").on();
    let message = blocks(json!({"type": "text", "text": CANARY}));
    let text = talk.chunk(&message.to_string(), true).on().unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    let token = message["result"]["content"][0]["text"].as_str().unwrap();
    assert!(token.starts_with("tok_"), "{token}");
    token.to_owned()
}

#[test]
fn a_token_is_a_value_again_in_arguments() {
    let policy = policy("tokens");
    let token = token(&policy);
    let nested = json!({"to": token}).to_string();
    let arguments = json!({
        "email": token, "text": format!("write {token}!"), "json": nested, "list": [{"to": token}],
    });
    let call = request(
        "tools/call",
        json!({"name": "send", "arguments": arguments}),
    );
    let restored = arguments.to_string().replace(&token, CANARY);
    for version in ["2025-03-26", "2025-11-25", "2026-07-28"] {
        let (talk, got) = sent(&policy, "/mcp/desk", version, &call);
        assert_eq!(got["params"]["arguments"].to_string(), restored);
        let said = talk.occurrences.iter().find_map(|it| match it {
            Occurrence::Guarded { findings, .. } => Some(findings.len()),
            Occurrence::Allowed { .. }
            | Occurrence::Answered { .. }
            | Occurrence::InSession(_)
            | Occurrence::Refused { .. }
            | Occurrence::Filtered { .. }
            | Occurrence::Dropped { .. } => None,
        });
        assert_eq!(said, Some(4));
    }
    let (_, got) = sent(&policy, "/mcp/other", "2025-11-25", &call);
    assert_eq!(
        got["params"]["arguments"], arguments,
        "it is of another virtual server"
    );
    let batch = json!([call]);
    let mut talk: Talk<Judge> = Talk::new(&policy, |_| allow());
    talk.post("/mcp/desk", &[("mcp-protocol-version", "2025-03-26")])
        .on();
    let body = talk.body(&batch.to_string()).on().unwrap();
    assert!(body.contains(CANARY) && !body.contains(&token), "{body}");
}

#[test]
fn values_are_hidden_for_one_subject() {
    let policy = policy("tokens");
    let view = |subject: &str, path: &str| {
        let (server, _) = policy.select(None, path).unwrap();
        let claims = json!({"iss": "https://idp.example", "sub": subject});
        let claims = claims.as_object().unwrap().clone();
        let caller = Caller::of(claims, &ClaimNames::default()).unwrap();
        View::new(Arc::clone(server), Arc::new(caller))
    };
    let ada = view("ada", "/mcp/desk").hidden_values().unwrap();
    let token = ada.hide(CANARY).unwrap();
    let again = view("ada", "/mcp/desk").hidden_values().unwrap();
    assert_eq!(again.reveal(&token).as_deref(), Some(CANARY));
    assert_eq!(again.digest(CANARY), ada.digest(CANARY));
    let (server, _) = policy.select(None, "/mcp/desk").unwrap();
    let nobody = View::anonymous(Arc::clone(server));
    for other in [view("bob", "/mcp/desk"), view("ada", "/mcp/other"), nobody] {
        let values = other.hidden_values().unwrap();
        assert_eq!(values.reveal(&token), None);
        assert_ne!(values.hide(CANARY).unwrap(), token);
        assert_ne!(values.digest(CANARY), ada.digest(CANARY));
    }
}

#[test]
fn mirrors_of_arguments_stay_in_step() {
    let policy = policy("tokens");
    let token = token(&policy);
    let call = request(
        "tools/call",
        json!({"name": "send", "arguments": {"email": token}}),
    );
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "send"),
        ("mcp-param-email", token.as_str()),
        ("mcp-param-region", "eu"),
    ];
    let mut talk: Talk<Judge> = Talk::new(&policy, |_| allow());
    talk.post("/mcp/desk", &headers).on();
    let mut call = call;
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    talk.body(&call.to_string()).on();
    assert_eq!(
        talk.mirrors,
        [("mcp-param-email".to_owned(), Some(CANARY.to_owned()))]
    );
}

#[test]
fn listed_schemas_promise_what_is_kept() {
    let output = json!({
        "type": "object",
        "properties": {"email": {"type": "string", "format": "email"}, "n": {"type": "integer"}},
        "required": ["email"],
        "additionalProperties": false,
    });
    let listed = json!({"name": "find", "description": "a\u{200b}b", "inputSchema": {"type": "object"}, "outputSchema": output});
    let message = result(json!({"tools": [listed]}));
    let list = request("tools/list", json!({}));
    let shown = |post: &str| -> Value {
        let [json, _] = shown(post, "2025-11-25", &list, &message);
        let message: Value = serde_json::from_str(&json).unwrap();
        message["result"]["tools"][0].clone()
    };
    let tool = shown("redacting, clean");
    assert_eq!(tool["description"], "ab");
    let expected = json!({
        "type": "object",
        "properties": {"email": {"type": "string"}, "n": {"type": ["integer", "string"]}},
        "required": ["email"],
    });
    assert_eq!(tool["outputSchema"], expected);
    assert_eq!(shown("removing")["outputSchema"].get("required"), None);
    let expected = json!({
        "type": "object",
        "properties": {
            "email": {"type": ["string", "null"]},
            "n": {"type": ["integer", "string", "null"]},
        },
    });
    assert_eq!(shown("service")["outputSchema"], expected);
    assert_eq!(shown("refusing")["outputSchema"], output);
    assert_eq!(shown("auditing")["outputSchema"], output);
    assert_eq!(shown("small")["outputSchema"]["required"], json!(["email"]));
}
