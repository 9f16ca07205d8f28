//! `sluice check` and `sluice schema`.

use std::fs;

use super::{show, sluice};

const FINE: &str = "\
servers: {crm: {}}
virtual_servers:
  crm: {match: {path: /mcp/crm}, servers: [{name: crm, enabled_tools: [get]}]}
";

/// Warns, since nothing enables `drop`.
const WARNS: &str = "\
servers: {crm: {}}
virtual_servers:
  crm: {match: {path: /mcp/crm}, servers: [{name: crm, enabled_tools: [get], disabled_tools: [drop]}]}
";

const WRONG: &str = "\
servers: {crm: {}}
virtual_servers:
  crm: {match: {path: /mcp/crm}, servers: [{name: cmr, enabled_tools: [get]}]}
";

fn files() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("fine.yaml", FINE),
        ("warns.yaml", WARNS),
        ("wrong.yaml", WRONG),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

#[test]
fn a_manifest_that_is_fine() {
    let output = sluice(files().path(), &["check", "fine.yaml"]);
    insta::assert_snapshot!(show(&output), @r#"
    exit code: 0
    --- stdout
    fine.yaml: ok
    --- stderr
    "#);
}

#[test]
fn several_manifests_end_with_the_worst_code() {
    let output = sluice(
        files().path(),
        &["check", "fine.yaml", "wrong.yaml", "warns.yaml"],
    );
    insta::assert_snapshot!(show(&output), @r#"
    exit code: 1
    --- stdout
    fine.yaml: ok
    warns.yaml: 1 warning
    --- stderr
    error[E0301]: there is no server `cmr`
     --> wrong.yaml:3:51
      |
    3 |   crm: {match: {path: /mcp/crm}, servers: [{name: cmr, enabled_tools: [get]}]}
      |                                                   ^^^
      |
      = help: did you mean `crm`?

    wrong.yaml: 1 error
    warning[W0401]: `drop` is disabled, but nothing enables it
     --> warns.yaml:3:95
      |
    3 |   crm: {match: {path: /mcp/crm}, servers: [{name: crm, enabled_tools: [get], disabled_tools: [drop]}]}
      |                                                                                               ^^^^
      |
      = help: what is not enabled needs no disabling
    "#);
}

#[test]
fn warnings_can_be_denied() {
    let directory = files();
    assert_eq!(
        sluice(directory.path(), &["check", "warns.yaml"])
            .status
            .code(),
        Some(0)
    );
    let output = sluice(
        directory.path(),
        &["check", "--deny-warnings", "warns.yaml"],
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn json_goes_to_standard_output_alone() {
    let output = sluice(
        files().path(),
        &["check", "--json", "fine.yaml", "wrong.yaml"],
    );
    insta::assert_snapshot!(show(&output), @r#"
    exit code: 1
    --- stdout
    {"code":"E0301","column":51,"end_column":54,"end_line":3,"file":"wrong.yaml","help":"did you mean `crm`?","label":null,"line":3,"message":"there is no server `cmr`","related":[],"severity":"error"}
    --- stderr
    "#);
}

#[test]
fn a_file_that_is_not_there() {
    let output = sluice(files().path(), &["check", "nowhere.yaml", "fine.yaml"]);
    insta::assert_snapshot!(show(&output), @r#"
    exit code: 2
    --- stdout
    fine.yaml: ok
    --- stderr
    sluice: can't read nowhere.yaml: No such file or directory (os error 2)
    "#);
}

#[test]
fn usage_errors_have_a_code_of_their_own() {
    for arguments in [&["check"][..], &["chek"], &[]] {
        let output = sluice(files().path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_schema_knows_the_keys() {
    let output = sluice(files().path(), &["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["required"],
        serde_json::json!(["servers", "virtual_servers"])
    );
    let definitions = &schema["$defs"];
    assert_eq!(
        definitions["VirtualServer"]["properties"]["match"]["maxProperties"],
        1
    );
    assert!(definitions["Annotations"]["properties"]["readOnlyHint"].is_object());
    assert!(definitions["Guardrail"]["properties"]["enforcing_strategy"].is_object());
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains("\"null\"")
    );
}

const TESTED: &str = "\
servers: {crm: {}}
virtual_servers:
  crm: {match: {path: /mcp/crm}, servers: [{name: crm, enabled_tools: [get]}]}
tests:
  - {name: gets, given: {virtual_server: crm, call: {name: get}}, expect: {decision: allow}}
  - {name: hides, given: {virtual_server: crm, call: {name: put}}, expect: {decision: deny, reason: tool_not_enabled}}
  - name: knows no tasks
    given: {virtual_server: crm, message: {jsonrpc: \"2.0\", id: 1, method: tasks/list}}
    expect: {decision: deny, reason: method_not_enabled}
";

#[test]
fn the_tests_of_a_manifest_are_run() {
    let directory = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(directory.path().join("m.yaml"), text).unwrap();
    write(TESTED);
    insta::assert_snapshot!(show(&sluice(directory.path(), &["check", "m.yaml"])), @r#"
    exit code: 0
    --- stdout
    m.yaml: ok, 3 tests passed
    --- stderr
    "#);
    write(&TESTED.replace("[get]", "[put]"));
    insta::assert_snapshot!(show(&sluice(directory.path(), &["check", "m.yaml"])), @r#"
    exit code: 1
    --- stdout
    --- stderr
    m.yaml:5:5: test `gets` failed: expected allow, but the message is denied: tool_not_enabled
    m.yaml:6:5: test `hides` failed: expected deny, but the message is allowed
    m.yaml: 2 of 3 tests failed
    "#);
    write(&TESTED.replace("tool_not_enabled", "malformed_json"));
    insta::assert_snapshot!(show(&sluice(directory.path(), &["check", "--json", "m.yaml"])), @r#"
    exit code: 1
    --- stdout
    {"column":5,"file":"m.yaml","line":5,"message":null,"passed":true,"test":"gets"}
    {"column":5,"file":"m.yaml","line":6,"message":"expected deny for malformed_json, but the reason is tool_not_enabled","passed":false,"test":"hides"}
    {"column":5,"file":"m.yaml","line":7,"message":null,"passed":true,"test":"knows no tasks"}
    --- stderr
    "#);
}

#[test]
fn the_manifests_that_people_read_are_fine() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (manifest, _) = rest.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("readme.yaml"), manifest).unwrap();
    let identity = fs::read_to_string(root.join("docs/identity.md")).unwrap();
    let (_, rest) = identity.split_once("```yaml\n").unwrap();
    let (manifest, _) = rest.split_once("```").unwrap();
    fs::write(directory.path().join("identity.yaml"), manifest).unwrap();
    let guardrails = fs::read_to_string(root.join("docs/guardrails.md")).unwrap();
    let (_, rest) = guardrails.split_once("```yaml\n").unwrap();
    let (manifest, _) = rest.split_once("```").unwrap();
    fs::write(directory.path().join("guardrails.yaml"), manifest).unwrap();
    let quickstart = root.join("examples/quickstart.yaml");
    fs::copy(quickstart, directory.path().join("quickstart.yaml")).unwrap();
    let arguments = [
        "check",
        "--deny-warnings",
        "readme.yaml",
        "quickstart.yaml",
        "identity.yaml",
        "guardrails.yaml",
    ];
    insta::assert_snapshot!(show(&sluice(directory.path(), &arguments)), @r#"
    exit code: 0
    --- stdout
    readme.yaml: ok, 1 test passed
    quickstart.yaml: ok, 6 tests passed
    identity.yaml: ok, 5 tests passed
    guardrails.yaml: ok, 2 tests passed
    --- stderr
    "#);
}
