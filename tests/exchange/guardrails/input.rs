//! Guardrails of arguments, from a manifest to what the client and the server get.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::exchange::Occurrence;
use sluice::manifest;
use sluice::policy::Policy;

use super::talk::{Came, Talk, allow};

const NEW: &str = "2025-11-25";
const OLD: &str = "2025-06-18";

/// A virtual server with one guardrail, which has these keys.
fn policy(keys: &str) -> Arc<Policy> {
    let text = format!(
        "
servers: {{tracker: {{}}}}
guardrails:
  g: {{{keys}}}
virtual_servers:
  desk:
    match: {{path: /mcp/desk}}
    servers: [{{name: tracker, enabled_tools: [\"*\"]}}]
    mcp_tool_pre_invoke_guardrails: [g]
"
    );
    let loaded = manifest::load("test.yaml", &text);
    let loaded = loaded.unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
    Arc::new(loaded.policy)
}

fn call(arguments: &Value) -> String {
    let params = json!({"name": "run", "arguments": arguments});
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).to_string()
}

/// What becomes of a call, and what was found.
fn outcome(policy: &Arc<Policy>, version: &str, arguments: &Value) -> (Came, Vec<String>) {
    let mut talk = Talk::new(policy, |_| allow());
    talk.post("/mcp/desk", &[("mcp-protocol-version", version)])
        .on();
    let came = talk.body(&call(arguments));
    let mut found = Vec::new();
    for occurrence in &talk.occurrences {
        if let Occurrence::Guarded { findings, .. } = occurrence {
            let rules = findings.iter();
            found.extend(rules.map(|it| format!("{} {}", it.rule, it.path)));
        }
    }
    (came, found)
}

/// One guardrail of each type, an argument that it refuses and the rule by which it does, one that
/// passes, and what the model is told.
fn types() -> Vec<(&'static str, Value, &'static str, Value, &'static str)> {
    vec![
        (
            "type: regex, arguments: [text], deny: ['(?i)drop table'], normalize: [percent]",
            json!({"text": "x DROP%20TABLE y"}),
            "regex_deny $.text",
            json!({"text": "drop the table"}),
            "`$.text` holds something that is not allowed; leave it out",
        ),
        (
            "type: sql, arguments: [query], dialect: postgres, select_star: deny",
            json!({"query": "SELECT * FROM users"}),
            "sql_select_star $.query",
            json!({"query": "SELECT name FROM users"}),
            "the SQL in `$.query` is refused: it asks for all columns; name the columns that are \
             needed instead of `*`",
        ),
        (
            "type: network, arguments: [url]",
            json!({"url": "http://169.254.169.254/latest/meta-data"}),
            "network_private $.url",
            json!({"url": "https://example.com/"}),
            "the URL in `$.url` leads to an address that is not of the public internet; use a \
             public host",
        ),
        (
            "type: path, arguments: [file], roots: [/srv/data]",
            json!({"file": "/srv/data/%2e%2e/%2e%2e/etc/passwd"}),
            "path_traversal $.file",
            json!({"file": "/srv/data/report.csv"}),
            "the path in `$.file` has `..` in it; write where it leads instead",
        ),
    ]
}

#[test]
fn a_refused_argument_is_told_as_the_version_has_it() {
    for (keys, bad, rule, _, says) in types() {
        let policy = policy(keys);
        let words = format!("The guardrail `g` does not allow these arguments: {says}");
        for version in [NEW, OLD] {
            let (came, found) = outcome(&policy, version, &bad);
            let refusal = came.refused();
            assert_eq!(refusal.status(), 200);
            assert_eq!(refusal.reason().as_str(), "guardrail_violation");
            let told: Value = serde_json::from_str(&refusal.body()).unwrap();
            assert_eq!(told["id"], 7);
            if version == NEW {
                assert_eq!(told["result"]["isError"], true);
                assert_eq!(told["result"]["content"][0]["text"], words, "{keys}");
            } else {
                assert_eq!(told["error"]["code"], -32602);
                assert_eq!(told["error"]["message"], words, "{keys}");
            }
            assert_eq!(found, [rule], "{keys}");
        }
    }
}

#[test]
fn what_is_fine_goes_on_as_it_came() {
    for (keys, _, _, good, _) in types() {
        for operation in ["validate", "mutate"] {
            let policy = policy(&format!("{keys}, operation: {operation}"));
            let (came, found) = outcome(&policy, NEW, &good);
            assert_eq!(came.on(), None, "{keys}");
            assert_eq!(found, [""; 0], "{keys}");
        }
    }
}

#[test]
fn an_audit_reports_and_changes_nothing() {
    for (keys, bad, rule, _, _) in types() {
        for operation in ["validate", "mutate"] {
            let policy = policy(&format!(
                "{keys}, operation: {operation}, enforcing_strategy: audit"
            ));
            let (came, found) = outcome(&policy, NEW, &bad);
            assert_eq!(came.on(), None, "{keys}");
            assert_eq!(found, [rule], "{keys}");
        }
    }
}

#[test]
fn what_can_be_mended_is_mended() {
    for (keys, arguments, expected) in [
        (
            "type: regex, deny: ['secret-\\w+'], with: '***'",
            json!({"a": ["my secret-x", 1], "b": "fine"}),
            json!({"a": ["my ***", 1], "b": "fine"}),
        ),
        (
            "type: sql, arguments: [query], dialect: postgres, require_limit: 50",
            json!({"query": "SELECT name FROM users;", "n": 1.0}),
            json!({"query": "SELECT name FROM users LIMIT 50;", "n": 1.0}),
        ),
    ] {
        let policy = policy(&format!("{keys}, operation: mutate"));
        let (came, found) = outcome(&policy, NEW, &arguments);
        assert_eq!(came.on(), Some(call(&expected)), "{keys}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn what_can_not_be_mended_is_refused() {
    for (keys, bad, rule, _, _) in types() {
        if keys.starts_with("type: regex") {
            continue;
        }
        let policy = policy(&format!("{keys}, operation: mutate"));
        let (came, found) = outcome(&policy, NEW, &bad);
        assert_eq!(came.refused().reason().as_str(), "guardrail_violation");
        assert_eq!(found, [rule], "{keys}");
    }
}

#[test]
fn arguments_that_are_not_there_are_no_sql() {
    let policy = policy("type: sql, arguments: [query], dialect: postgres");
    for arguments in [
        json!({}),
        json!({"sql": "DROP TABLE t"}),
        json!({"query": null}),
    ] {
        let (came, found) = outcome(&policy, NEW, &arguments);
        assert_eq!(came.refused().reason().as_str(), "guardrail_violation");
        assert_eq!(found, ["sql_syntax $"]);
    }
}

#[test]
fn the_values_are_in_nothing_that_is_told() {
    for (keys, arguments) in [
        (
            "type: regex, deny: ['token=\\w+']",
            json!({"a": "token=zebra4711"}),
        ),
        (
            "type: network",
            json!({"a": "see http://zebra4711.internal/x"}),
        ),
        (
            "type: path, arguments: [a], roots: [/srv]",
            json!({"a": "/etc/zebra4711"}),
        ),
        (
            "type: sql, arguments: [a], dialect: mysql, select_star: deny",
            json!({"a": "SELECT * FROM t WHERE b = 'zebra4711'"}),
        ),
    ] {
        let (came, found) = outcome(&policy(keys), NEW, &arguments);
        assert!(!found.is_empty(), "{keys}");
        assert!(!came.refused().body().contains("zebra4711"), "{keys}");
        assert!(!format!("{found:?}").contains("zebra4711"), "{keys}");
    }
}
