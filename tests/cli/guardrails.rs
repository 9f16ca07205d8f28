//! Guardrails, as `check` tests them and `explain` tells of them.

use std::fs;

use super::{show, sluice};

const MANIFEST: &str = r#"servers: {crm: {}}
guardrails:
  no-drop: {type: regex, arguments: [query], deny: ["(?i)drop"], message: "Read only. {{guardrail_message}}"}
  no-mail: {type: redact, entities: [email]}
  watch: {type: regex, deny: ["."], enforcing_strategy: audit}
virtual_servers:
  crm:
    match: {path: /mcp/crm}
    servers: [{name: crm, enabled_tools: [get]}]
    mcp_tool_pre_invoke_guardrails: [watch, no-drop]
    mcp_tool_post_invoke_guardrails: [no-mail]
tests:
  - name: drops nothing
    given: {virtual_server: crm, call: {name: get, arguments: {query: DROP it}}}
    expect: {decision: deny, reason: guardrail_violation, guardrail: no-drop}
  - name: shows no address
    given:
      virtual_server: crm
      call: {name: get, arguments: {query: Ann}}
      result: {content: [{type: text, text: ann@example.com}]}
    expect:
      decision: allow
      arguments: {query: Ann}
      result: {content: [{type: text, text: "[email]"}]}
"#;

fn checked(manifest: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), manifest).unwrap();
    show(&sluice(directory.path(), &["check", "m.yaml"]))
}

#[test]
fn tests_say_what_guardrails_make_of_calls_and_results() {
    insta::assert_snapshot!(checked(MANIFEST), @r"
    exit code: 0
    --- stdout
    m.yaml: ok, 2 tests passed
    --- stderr
    ");
    for (from, to, expected) in [
        (
            "guardrail: no-drop}",
            "guardrail: watch}",
            "expected deny by the guardrail watch, but it is no-drop that denies it",
        ),
        (
            "arguments: {query: Ann}\n",
            "arguments: {query: Bob}\n",
            r#"the arguments are expected to be {"query":"Bob"}, but they are {"query":"Ann"}"#,
        ),
        (
            "text: \"[email]\"",
            "text: ann@example.com",
            "the contents of the result are expected to be",
        ),
        (
            "{type: redact, entities: [email]}",
            "{type: redact, entities: [email], action: block}",
            "expected allow, but the message is denied: guardrail_violation",
        ),
    ] {
        assert!(MANIFEST.contains(from), "{from}");
        let said = checked(&MANIFEST.replace(from, to));
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("1 of 2 tests failed"), "{said}");
    }
}

#[test]
fn what_a_guardrail_makes_of_a_call_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), MANIFEST).unwrap();
    let explained = |more: &[&str]| {
        let tool = [
            "explain",
            "--manifest",
            "m.yaml",
            "--virtual-server",
            "crm",
            "--tool",
            "get",
        ];
        show(&sluice(directory.path(), &[&tool, more].concat()))
    };
    let refused = explained(&["--arguments", r#"{"query":"drop x"}"#]);
    insta::assert_snapshot!(refused, @r#"
    exit code: 1
    --- stdout
    guardrail watch (m.yaml:5:3), which only audits: blocked
      regex_deny at $.query: block
      regex_deny at $.query: block
    guardrail no-drop (m.yaml:3:3): blocked
      regex_deny at $.query: block
    crm denies `get`: guardrail_violation (the guardrail no-drop looked at the call)
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Read only. `$.query` holds something that is not allowed; leave it out"}],"isError":true}}
    --- stderr
    "#);
    let passed = explained(&[
        "--arguments",
        r#"{"query":"x"}"#,
        "--result",
        r#"{"content":[{"type":"text","text":"ann@example.com"}]}"#,
    ]);
    insta::assert_snapshot!(passed, @r#"
    exit code: 0
    --- stdout
    crm allows tools/call `get`
      by get (m.yaml:9:43, virtual_servers.crm.servers[0].enabled_tools[0])
    guardrail watch (m.yaml:5:3), which only audits: blocked
      regex_deny at $.query: block
      regex_deny at $.query: block
    guardrail no-mail (m.yaml:4:3): changed
      email at $.content[0].text: redact
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"query":"x"},"name":"get"}}
    what the client gets:
      {"id":1,"jsonrpc":"2.0","result":{"content":[{"text":"[email]","type":"text"}]}}
    --- stderr
    "#);
    let json = explained(&["--json", "--arguments", r#"{"query":"drop x"}"#]);
    assert!(json.contains(r#""rule":"regex_deny""#), "{json}");
    assert!(json.contains(r#""guardrail":"no-drop""#), "{json}");
}
