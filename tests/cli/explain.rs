//! `sluice explain`.

use std::fs;
use std::process::Output;

use super::{show, sluice};

const MANIFEST: &str = "\
servers: {github: {}}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    servers:
      - name: github
        enabled_tools: [get_issue, \"list_*\"]
        disabled_tools: [list_secrets]
    enabled_resources: [\"repo://{owner}/{repo}/issues\"]
";

fn explain(arguments: &[&str], message: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), MANIFEST).unwrap();
    fs::write(directory.path().join("message.json"), message).unwrap();
    let fixed = [
        "explain",
        "--manifest",
        "m.yaml",
        "--virtual-server",
        "triage",
    ];
    sluice(directory.path(), &[&fixed, arguments].concat())
}

#[test]
fn a_tool_that_is_enabled() {
    let output = explain(
        &[
            "--tool",
            "list_issues",
            "--arguments",
            r#"{"state":"open"}"#,
        ],
        "",
    );
    insta::assert_snapshot!(show(&output), @r#"
    exit code: 0
    --- stdout
    triage allows tools/call `list_issues`
      by list_* (m.yaml:7:36, virtual_servers.triage.servers[0].enabled_tools[1])
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"state":"open"},"name":"list_issues"}}
    --- stderr
    "#);
}

#[test]
fn a_tool_that_a_line_disables() {
    insta::assert_snapshot!(show(&explain(&["--tool", "list_secrets"], "")), @r#"
    exit code: 1
    --- stdout
    triage denies `list_secrets`: tool_not_enabled (the virtual server does not enable it)
      by list_secrets (m.yaml:8:26, virtual_servers.triage.servers[0].disabled_tools[0])
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: list_secrets","data":{"reason":"tool_not_enabled","rule":"triage.tools"}}}
    --- stderr
    "#);
}

#[test]
fn a_tool_that_no_line_enables() {
    insta::assert_snapshot!(show(&explain(&["--tool", "delete_repo", "--json"], "")), @r#"
    exit code: 1
    --- stdout
    {"decision":"deny","entries":[],"occurrences":[{"detail":"the virtual server does not enable it","kind":"refused","reason":"tool_not_enabled","rule":null,"status":200,"target":"delete_repo"}],"passed":null,"reason":"tool_not_enabled","told":"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Unknown tool: delete_repo\",\"data\":{\"reason\":\"tool_not_enabled\",\"rule\":\"triage.tools\"}}}","virtual_server":"triage"}
    --- stderr
    "#);
}

#[test]
fn a_resource() {
    insta::assert_snapshot!(show(&explain(&["--resource", "repo://a/b/issues"], "")), @r#"
    exit code: 0
    --- stdout
    triage allows resources/read `repo://a/b/issues`
      by repo://{owner}/{repo}/issues (m.yaml:9:25, virtual_servers.triage.enabled_resources[0])
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"resources/read","params":{"uri":"repo://a/b/issues"}}
    --- stderr
    "#);
    insta::assert_snapshot!(show(&explain(&["--resource", "repo://a/../issues"], "")), @r#"
    exit code: 1
    --- stdout
    triage denies `repo://a/../issues`: resource_not_enabled (the virtual server does not enable it)
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"Resource not found: repo://a/../issues","data":{"reason":"resource_not_enabled","rule":"triage.resources","uri":"repo://a/../issues"}}}
    --- stderr
    "#);
}

#[test]
fn a_skill() {
    let skills = MANIFEST.to_owned()
        + "    enabled_skills: [\"skill://acme/*\"]\n    disabled_skills: [\"skill://acme/secret/SKILL.md\"]\n";
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), skills).unwrap();
    let explain = |arguments: &[&str]| {
        let fixed = [
            "explain",
            "--manifest",
            "m.yaml",
            "--virtual-server",
            "triage",
        ];
        show(&sluice(directory.path(), &[&fixed, arguments].concat()))
    };
    insta::assert_snapshot!(explain(&["--skill", "skill://acme/pdf/SKILL.md"]), @r#"
    exit code: 0
    --- stdout
    triage allows skills/get `skill://acme/pdf/SKILL.md`
      by skill://acme/* (m.yaml:10:22, virtual_servers.triage.enabled_skills[0])
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"skills/get","params":{"uri":"skill://acme/pdf/SKILL.md"}}
    --- stderr
    "#);
    insta::assert_snapshot!(explain(&["--resource", "skill://acme/secret/key.md"]), @r#"
    exit code: 1
    --- stdout
    triage denies `skill://acme/secret/key.md`: resource_not_enabled (the virtual server does not enable it)
      by skill://acme/secret/SKILL.md (m.yaml:11:23, virtual_servers.triage.disabled_skills[0])
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"Resource not found: skill://acme/secret/key.md","data":{"reason":"resource_not_enabled","rule":"triage.resources","uri":"skill://acme/secret/key.md"}}}
    --- stderr
    "#);
}

#[test]
fn a_message_of_the_client() {
    let modern = r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"get_issue","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    insta::assert_snapshot!(show(&explain(&["--message", "message.json"], modern)), @r#"
    exit code: 0
    --- stdout
    triage allows tools/call `get_issue`
      by get_issue (m.yaml:7:25, virtual_servers.triage.servers[0].enabled_tools[0])
    what goes on:
      {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"get_issue","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
    --- stderr
    "#);
    let twice = modern.replace(r#""name""#, r#""name":"x","name""#);
    insta::assert_snapshot!(show(&explain(&["--message", "message.json"], &twice)), @r#"
    exit code: 1
    --- stdout
    triage denies it: malformed_json (Parse error: duplicate key at byte 69)
    the client is told, with HTTP 400:
      {"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: duplicate key at byte 69","data":{"reason":"malformed_json"}}}
    --- stderr
    "#);
}

#[test]
fn a_list_of_the_server() {
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_issue"},{"name":"delete_repo"},{"name":"list_secrets"}]}}"#;
    let arguments = ["--message", "message.json", "--from", "server"];
    insta::assert_snapshot!(show(&explain(&arguments, list)), @r#"
    exit code: 0
    --- stdout
    triage shows 1 of 3 tools
      shown   get_issue: by get_issue (m.yaml:7:25, virtual_servers.triage.servers[0].enabled_tools[0])
      hidden  delete_repo: no line enables it
      hidden  list_secrets: by list_secrets (m.yaml:8:26, virtual_servers.triage.servers[0].disabled_tools[0])
    what goes on:
      {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_issue"}]}}
    --- stderr
    "#);
    let odd = list.replace(r#""tools""#, r#""tools":[],"tools""#);
    insta::assert_snapshot!(show(&explain(&arguments, &odd)), @r#"
    exit code: 0
    --- stdout
    triage does not pass it on: an event does not hold strict JSON
    nothing goes on
    --- stderr
    "#);
}

#[test]
fn a_list_of_the_server_in_whatever_version_is_served() {
    let list = r#"{"jsonrpc":"2.0","id":"x","result":{"resultType":"complete","tools":[{"name":"get_issue"},{"name":"delete_repo"}],"ttlMs":0,"cacheScope":"private"}}"#;
    let arguments = [
        "explain",
        "--manifest",
        "m.yaml",
        "--virtual-server",
        "triage",
        "--message",
        "message.json",
        "--from",
        "server",
    ];
    for versions in ["2026-07-28", "2025-11-25"] {
        let directory = tempfile::tempdir().unwrap();
        let manifest = format!("{MANIFEST}    protocol_versions: [\"{versions}\"]\n");
        fs::write(directory.path().join("m.yaml"), manifest).unwrap();
        fs::write(directory.path().join("message.json"), list).unwrap();
        let output = show(&sluice(directory.path(), &arguments));
        assert!(output.starts_with("exit code: 0"), "{output}");
        assert!(output.contains("triage shows 1 of 2 tools"), "{output}");
    }
}

#[test]
fn what_can_not_be_explained() {
    insta::assert_snapshot!(show(&explain(&["--message", "nowhere.json"], "")), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't read nowhere.json: No such file or directory (os error 2)
    "#);
    insta::assert_snapshot!(show(&explain(&["--tool", "x", "--arguments", "[]"], "")), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: --arguments is not a JSON object: invalid type: sequence, expected a map at line 1 column 0
    "#);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), MANIFEST).unwrap();
    let arguments = [
        "explain",
        "--manifest",
        "m.yaml",
        "--virtual-server",
        "x",
        "--tool",
        "y",
    ];
    insta::assert_snapshot!(show(&sluice(directory.path(), &arguments)), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: m.yaml has no virtual server `x`; it has triage
    "#);
}
