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
    {"caller":null,"decision":"deny","entries":[],"occurrences":[{"detail":"the virtual server does not enable it","kind":"refused","reason":"tool_not_enabled","rule":null,"status":200,"target":"delete_repo","withheld":null}],"passed":null,"reason":"tool_not_enabled","told":"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Unknown tool: delete_repo\",\"data\":{\"reason\":\"tool_not_enabled\",\"rule\":\"triage.tools\"}}}","virtual_server":"triage"}
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

const DESK: &str = "\
identity:
  issuers:
    - issuer: https://idp.example.com/
      audiences: [https://mcp.example.com]
      jwks: {file: /etc/sluice/keys.json}
servers:
  tracker: {auth_data: {type: mapping, file: /run/secrets/tokens.yaml}}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    collaborators: {in: [group:support], not_in: [user:mallory]}
    servers:
      - name: tracker
        enabled_tools:
          - get_issue
          - {name: \"delete_*\", when: {in: [group:admins]}}
        disabled_tools:
          - {name: delete_repo, when: {not_in: [agent:console]}}
  open:
    match: {path: /mcp/open}
    anonymous: true
    servers: [{name: other, enabled_tools: [get_issue]}]
";

/// What is explained of the virtual server `desk` to who has these claims.
fn explain_for(claims: &str, server: &str, arguments: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let manifest = DESK.replace("virtual_servers:\n", "  other: {}\nvirtual_servers:\n");
    fs::write(directory.path().join("m.yaml"), manifest).unwrap();
    fs::write(directory.path().join("claims.json"), claims).unwrap();
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_issue"},{"name":"delete_issue"},{"name":"delete_repo"},{"name":"other"}]}}"#;
    fs::write(directory.path().join("list.json"), list).unwrap();
    let fixed = [
        "explain",
        "--manifest",
        "m.yaml",
        "--virtual-server",
        server,
    ];
    show(&sluice(directory.path(), &[&fixed, arguments].concat()))
}

const CLAIMS: [&str; 2] = ["--claims", "claims.json"];

#[test]
fn a_caller_by_claims() {
    let call = |claims: &str, tool: &str| {
        explain_for(claims, "desk", &[&CLAIMS[..], &["--tool", tool]].concat())
    };
    insta::assert_snapshot!(call(r#"{"sub": "alice", "groups": ["support", "admins"], "azp": "bot"}"#, "delete_issue"), @r#"
    exit code: 0
    --- stdout
    the caller is `alice` of https://tests.invalid
      user: `alice`
      groups: `support`, `admins`
      agent: `bot`
      scopes: none
    desk allows tools/call `delete_issue`
      by delete_* when {in: [group:admins]} (m.yaml:17:13, virtual_servers.desk.servers[0].enabled_tools[1])
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"name":"delete_issue"}}
    --- stderr
    "#);
    insta::assert_snapshot!(call(r#"{"sub": "bob", "groups": "support", "scope": "a b"}"#, "delete_issue"), @r#"
    exit code: 1
    --- stdout
    the caller is `bob` of https://tests.invalid
      user: `bob`
      groups: `support`
      agent: none
      scopes: `a`, `b`
    desk denies `delete_issue`: tool_not_enabled (the virtual server does not enable it)
      not by delete_* when {in: [group:admins]} (m.yaml:17:13, virtual_servers.desk.servers[0].enabled_tools[1])
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: delete_issue","data":{"reason":"tool_not_enabled","rule":"desk.tools"}}}
    --- stderr
    "#);
    insta::assert_snapshot!(call(r#"{"sub": "alice", "groups": ["support", "admins"], "azp": "bot"}"#, "delete_repo"), @r#"
    exit code: 1
    --- stdout
    the caller is `alice` of https://tests.invalid
      user: `alice`
      groups: `support`, `admins`
      agent: `bot`
      scopes: none
    desk denies `delete_repo`: tool_not_enabled (the virtual server does not enable it)
      by delete_repo when {not_in: [agent:console]} (m.yaml:19:13, virtual_servers.desk.servers[0].disabled_tools[0])
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: delete_repo","data":{"reason":"tool_not_enabled","rule":"desk.tools"}}}
    --- stderr
    "#);
    insta::assert_snapshot!(call(r#"{"sub": "carol"}"#, "get_issue"), @r#"
    exit code: 1
    --- stdout
    the caller is `carol` of https://tests.invalid
      user: `carol`
      groups: none
      agent: none
      scopes: none
    desk denies it: not_a_collaborator (You may not use this MCP server)
    the client is told, with HTTP 403:
      {"jsonrpc":"2.0","error":{"code":-32600,"message":"You may not use this MCP server","data":{"reason":"not_a_collaborator"}}}
    --- stderr
    "#);
    insta::assert_snapshot!(explain_for("", "desk", &["--tool", "get_issue"]), @r#"
    exit code: 1
    --- stdout
    nobody says who calls
    desk denies it: unauthenticated (An access token is needed)
    the client is told, with HTTP 401:
      {"jsonrpc":"2.0","error":{"code":-32600,"message":"An access token is needed","data":{"reason":"unauthenticated"}}}
    --- stderr
    "#);
}

#[test]
fn a_list_for_a_caller() {
    let claims = r#"{"sub": "alice", "iss": "https://idp.example.com/", "groups": ["support"]}"#;
    let message = ["--message", "list.json", "--from", "server"];
    let arguments = [&CLAIMS[..], &message].concat();
    insta::assert_snapshot!(explain_for(claims, "desk", &arguments), @r#"
    exit code: 0
    --- stdout
    the caller is `alice` of https://idp.example.com/
      user: `alice`
      groups: `support`
      agent: none
      scopes: none
    desk shows 1 of 4 tools
      shown   get_issue: by get_issue (m.yaml:16:13, virtual_servers.desk.servers[0].enabled_tools[0])
      hidden  delete_issue: not by delete_* when {in: [group:admins]} (m.yaml:17:13, virtual_servers.desk.servers[0].enabled_tools[1])
      hidden  delete_repo: by delete_repo when {not_in: [agent:console]} (m.yaml:19:13, virtual_servers.desk.servers[0].disabled_tools[0])
      hidden  other: no line enables it
    what goes on:
      {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_issue"}]}}
    --- stderr
    "#);
    let json = [&arguments[..], &["--json"]].concat();
    insta::assert_snapshot!(explain_for(claims, "desk", &json), @r#"
    exit code: 0
    --- stdout
    {"caller":{"agent":null,"groups":["support"],"issuer":"https://idp.example.com/","scopes":[],"subject":"alice","user":"alice"},"decision":"allow","entries":[{"decision":"allow","name":"get_issue","rule":{"column":13,"file":"m.yaml","id":"virtual_servers.desk.servers[0].enabled_tools[0]","line":16,"pattern":"get_issue"}},{"decision":"deny","name":"delete_issue","reason":"tool_not_enabled","rule":null,"withheld":{"column":13,"file":"m.yaml","id":"virtual_servers.desk.servers[0].enabled_tools[1]","line":17,"pattern":"delete_* when {in: [group:admins]}"}},{"decision":"deny","name":"delete_repo","reason":"tool_not_enabled","rule":{"column":13,"file":"m.yaml","id":"virtual_servers.desk.servers[0].disabled_tools[0]","line":19,"pattern":"delete_repo when {not_in: [agent:console]}"},"withheld":null},{"decision":"deny","name":"other","reason":"tool_not_enabled","rule":null,"withheld":null}],"occurrences":[{"kept":1,"kind":"filtered","list":"tools","removed":3}],"passed":"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"get_issue\"}]}}","reason":null,"told":null,"virtual_server":"desk"}
    --- stderr
    "#);
}

#[test]
fn claims_that_say_nothing() {
    let call = |claims: &str, server: &str| {
        explain_for(
            claims,
            server,
            &[&CLAIMS[..], &["--tool", "get_issue"]].concat(),
        )
    };
    insta::assert_snapshot!(call("[]", "desk"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: claims.json is not a JSON object: invalid type: sequence, expected a map at line 1 column 0
    "#);
    insta::assert_snapshot!(call("{\"sub\": \"\"}", "desk"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: claims.json does not say who calls: the claim `sub` is missing, or not what it should be
    "#);
    insta::assert_snapshot!(call("{\"sub\": \"alice\"}", "open"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: `open` does not ask who calls, so that --claims says nothing
    "#);
    let nowhere = ["--claims", "nowhere.json", "--tool", "get_issue"];
    insta::assert_snapshot!(explain_for("", "desk", &nowhere), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't read nowhere.json: No such file or directory (os error 2)
    "#);
}

const RENAMED: &str = "\
servers: {crm: {tool_metadata: {get: {name: look_up}}}}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: crm, enabled_tools: [\"*\"]}]
tests:
  - name: by the name that clients know
    given: {virtual_server: desk, call: {name: look_up}}
    expect: {decision: allow}
  - name: not by the one of the server
    given: {virtual_server: desk, call: {name: get}}
    expect: {decision: deny, reason: tool_not_enabled}
";

#[test]
fn a_tool_that_clients_know_by_another_name() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), RENAMED).unwrap();
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get"},{"name":"look_up"}]}}"#;
    fs::write(directory.path().join("list.json"), list).unwrap();
    let run = |more: &[&str]| {
        let fixed = [
            "explain",
            "--manifest",
            "m.yaml",
            "--virtual-server",
            "desk",
        ];
        show(&sluice(directory.path(), &[&fixed, more].concat()))
    };
    let checked = sluice(directory.path(), &["check", "m.yaml"]);
    assert!(checked.status.success(), "{}", show(&checked));
    insta::assert_snapshot!(run(&["--tool", "look_up"]), @r#"
    exit code: 0
    --- stdout
    desk allows tools/call `get`
      by * (m.yaml:5:43, virtual_servers.desk.servers[0].enabled_tools[0])
    what goes on:
      {"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"name":"get"}}
    --- stderr
    "#);
    insta::assert_snapshot!(run(&["--tool", "get"]), @r#"
    exit code: 1
    --- stdout
    desk denies `get`: tool_not_enabled (clients know the tool by another name)
    the client is told, with HTTP 200:
      {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: get","data":{"reason":"tool_not_enabled","rule":"desk.tools"}}}
    --- stderr
    "#);
    insta::assert_snapshot!(run(&["--message", "list.json", "--from", "server"]), @r#"
    exit code: 0
    --- stdout
    desk shows 1 of 2 tools
      shown   get as look_up: by * (m.yaml:5:43, virtual_servers.desk.servers[0].enabled_tools[0])
      hidden  look_up: clients know another tool by its name
    what goes on:
      {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"look_up"}]}}
    --- stderr
    "#);
    let json = run(&["--message", "list.json", "--from", "server", "--json"]);
    assert!(json.contains(r#""shown_as":"look_up""#), "{json}");
}
