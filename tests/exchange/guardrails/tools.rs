//! Guardrails about what tools are: their schemas, their arguments, their definitions.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::exchange::Occurrence;
use sluice::guardrail::pin::Lock;
use sluice::manifest;
use sluice::policy::Policy;

use super::talk::{Came, Talk, allow};

const MANIFEST: &str = r#"
servers: {tracker: {}}
guardrails:
  fits: {type: schema, additional: deny}
  lenient: {type: schema, enforcing_strategy: enforce_but_ignore_on_error}
  ours: {type: arguments, pin: {tenant: acme, region: eu}, default: {limit: 10}, hide: [debug]}
  as-agreed: {type: pin, file: tracker.lock.json, on_suspicion: hide}
virtual_servers:
  strict:
    match: {path: /strict}
    servers: [{name: tracker, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [fits]
  lenient:
    match: {path: /lenient}
    servers: [{name: tracker, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [lenient]
  ours:
    match: {path: /ours}
    servers: [{name: tracker, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [ours, fits]
  pinned:
    match: {path: /pinned}
    servers: [{name: tracker, enabled_tools: ["*"]}]
    mcp_tool_pre_invoke_guardrails: [as-agreed]
"#;

const SEARCH: &str = r#"{"name":"search","description":"Searches.","inputSchema":{"type":"object","properties":{"q":{"type":"string"},"limit":{"type":"integer","maximum":100},"tenant":{"type":"string"},"region":{"type":"string","x-mcp-header":"Region"},"debug":{}},"required":["q","tenant"]}}"#;

fn policy() -> Arc<Policy> {
    let lock = Lock::of([SEARCH]).write();
    let files = |name: &str| {
        assert_eq!(name, "tracker.lock.json");
        Ok(lock.clone())
    };
    match manifest::load_with("sluice.yaml", MANIFEST, &files) {
        Ok(loaded) => Arc::new(loaded.policy.with_learned(&Arc::default())),
        Err(diagnostics) => panic!("{diagnostics:?}"),
    }
}

const V: (&str, &str) = ("mcp-protocol-version", "2025-11-25");

/// What a list of these tools becomes.
fn list(policy: &Arc<Policy>, path: &str, tools: &[&str]) -> (Vec<Value>, Vec<Occurrence>) {
    let mut talk = Talk::new(policy, |_| allow());
    talk.post(path, &[V]).on();
    let asks = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    talk.body(asks).on();
    talk.answers("application/json").on();
    let tools = tools.join(",");
    let answer = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{tools}]}}}}"#);
    let listed = talk.chunk(&answer, true).on().unwrap_or(answer);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    (tools, talk.occurrences)
}

/// What a call of `search` becomes: the arguments that go on, or what is said.
fn call(policy: &Arc<Policy>, path: &str, arguments: &str) -> Result<Value, String> {
    let mut talk = Talk::new(policy, |_| allow());
    talk.post(path, &[V]).on();
    let asks = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search","arguments":{arguments}}}}}"#
    );
    match talk.body(&asks) {
        Came::On(body) => {
            let sent: Value = serde_json::from_str(&body.unwrap_or(asks)).unwrap();
            Ok(sent["params"]["arguments"].clone())
        }
        Came::Refused(refusal) => {
            let told: Value = serde_json::from_str(&refusal.body()).unwrap();
            Err(told["result"]["content"][0]["text"]
                .as_str()
                .unwrap()
                .to_owned())
        }
        Came::Cut => panic!("cut"),
    }
}

#[test]
fn schemas_are_learned_from_the_list_that_this_virtual_server_gave() {
    let policy = policy();
    let good = r#"{"q":"a","tenant":"t","limit":100}"#;
    let unknown = call(&policy, "/strict", good).unwrap_err();
    assert!(unknown.contains("list the tools first"), "{unknown}");
    assert!(call(&policy, "/lenient", r#"{"q":5}"#).is_ok());

    let (tools, _) = list(&policy, "/strict", &[SEARCH]);
    assert_eq!(tools.len(), 1);
    assert!(call(&policy, "/strict", good).is_ok());
    for (arguments, says) in [
        (r#"{"q":"a"}"#, "`$`: the member `tenant` is missing"),
        (
            r#"{"q":"a","tenant":"t","limit":101}"#,
            "`$.limit`: must be at most 100",
        ),
        (
            r#"{"q":"a","tenant":"t","more":1}"#,
            "`$.more`: the tool has no such argument",
        ),
    ] {
        let told = call(&policy, "/strict", arguments).unwrap_err();
        assert!(told.contains(says), "{told}");
    }
    // What one has learned another one has not.
    assert!(call(&policy, "/lenient", r#"{"q":5}"#).is_ok());
    list(&policy, "/lenient", &[SEARCH]);
    assert!(call(&policy, "/lenient", r#"{"q":5,"tenant":"t"}"#).is_err());
}

#[test]
fn nothing_is_learned_from_what_only_looks_like_a_list() {
    let policy = policy();
    list(&policy, "/strict", &[SEARCH]);
    let mut talk = Talk::new(&policy, |_| allow());
    talk.post("/strict", &[V]).on();
    let good = r#"{"q":"a","tenant":"t"}"#;
    talk.body(&format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search","arguments":{good}}}}}"#
    ))
    .on();
    talk.answers("application/json").on();
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"tools":[{"name":"search","inputSchema":{}}]}}"#;
    talk.chunk(answer, true).on();
    assert!(call(&policy, "/strict", "{}").is_err());
}

#[test]
fn arguments_of_the_operator_are_hidden_and_set() {
    let policy = policy();
    let (tools, _) = list(&policy, "/ours", &[SEARCH]);
    let schema = &tools[0]["inputSchema"];
    assert_eq!(schema["required"], json!(["q"]));
    let properties = schema["properties"].as_object().unwrap();
    let names: Vec<_> = properties.keys().collect();
    assert_eq!(names, ["limit", "q"]);
    assert_eq!(properties["limit"]["default"], 10);
    // The whole schema is learned, so that what is set fits it.
    for (arguments, expected) in [
        (
            r#"{"q":"a"}"#,
            json!({"q": "a", "tenant": "acme", "region": "eu", "limit": 10}),
        ),
        (
            r#"{"q":"a","tenant":"evil","debug":true,"limit":1}"#,
            json!({"q": "a", "tenant": "acme", "region": "eu", "limit": 1}),
        ),
    ] {
        assert_eq!(call(&policy, "/ours", arguments).unwrap(), expected);
    }
    let told = call(&policy, "/ours", r#"{"q":"a","Tenant":"evil"}"#).unwrap_err();
    assert!(told.contains("differs in case only"), "{told}");
}

#[test]
fn headers_that_mirror_arguments_follow_them() {
    let head = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "search"),
        ("mcp-param-region", "us"),
        ("mcp-param-other", "x"),
    ];
    let asks = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"q":"a","region":"us"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    let lenient = MANIFEST.replace("[ours, fits]", "[ours]");
    let lock = Lock::of([SEARCH]).write();
    let loaded = manifest::load_with("sluice.yaml", &lenient, &|_| Ok(lock.clone()));
    let policy = Arc::new(loaded.unwrap().policy.with_learned(&Arc::default()));
    let mirrors = || {
        let mut talk = Talk::new(&policy, |_| allow());
        talk.post("/ours", &head).on();
        let body = talk.body(asks).on().unwrap();
        assert!(body.contains(r#""region":"eu""#), "{body}");
        talk.mirrors.sort();
        talk.mirrors
    };
    let removed = |name: &str| (name.to_owned(), None);
    let all = [removed("mcp-param-other"), removed("mcp-param-region")];
    assert_eq!(mirrors(), all, "nobody knows which they are");
    list(&policy, "/ours", &[SEARCH]);
    let region = ("mcp-param-region".to_owned(), Some("eu".to_owned()));
    assert_eq!(mirrors(), [removed("mcp-param-other"), region]);
}

#[test]
fn headers_say_what_guardrails_have_looked_at() {
    let policy = policy();
    let asks = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"q":"a","tenant":"t","region":"eu"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    let head = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "search"),
        ("mcp-param-region", "us"),
    ];
    let mirrors = || {
        let mut talk = Talk::new(&policy, |_| allow());
        talk.post("/lenient", &head).on();
        assert_eq!(talk.body(asks).on(), None, "the body goes on as it came");
        talk.mirrors
    };
    assert_eq!(mirrors(), [], "nobody knows what the header stands for");
    list(&policy, "/lenient", &[SEARCH]);
    let region = ("mcp-param-region".to_owned(), Some("eu".to_owned()));
    assert_eq!(mirrors(), [region]);
}

#[test]
fn a_tool_that_has_changed_is_hidden_and_not_called() {
    let policy = policy();
    let unknown = call(&policy, "/pinned", "{}").unwrap_err();
    assert!(unknown.contains("list the tools first"), "{unknown}");
    let (tools, _) = list(&policy, "/pinned", &[SEARCH, r#"{"name":"new"}"#]);
    assert_eq!(tools.len(), 1);
    assert!(call(&policy, "/pinned", "{}").is_ok());
    let changed = SEARCH.replace("Searches.", "Searches, and more.");
    let (tools, occurrences) = list(&policy, "/pinned", &[&changed]);
    assert!(tools.is_empty());
    let paths = occurrences.iter().filter_map(|it| match it {
        Occurrence::Guarded { findings, .. } => Some(findings[0].path.clone()),
        Occurrence::Allowed { .. }
        | Occurrence::Answered { .. }
        | Occurrence::InSession(_)
        | Occurrence::Refused { .. }
        | Occurrence::Filtered { .. }
        | Occurrence::Dropped { .. } => None,
    });
    assert_eq!(paths.collect::<Vec<_>>(), ["$.description"]);
    let told = call(&policy, "/pinned", "{}").unwrap_err();
    assert!(told.contains("not the one that was agreed to"), "{told}");
    list(&policy, "/pinned", &[SEARCH]);
    assert!(
        call(&policy, "/pinned", "{}").is_ok(),
        "it is as it was again"
    );
}
