//! `sluice check` and `sluice schema`, as the built program runs them.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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

fn sluice(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap()
}

fn show(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "exit code: {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
}

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
    sluice: cannot read nowhere.yaml: No such file or directory (os error 2)
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
    assert!(
        definitions["ToolMetadata"]["properties"]["annotations"]["properties"]["readOnlyHint"]
            .is_object()
    );
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains("\"null\"")
    );
}
