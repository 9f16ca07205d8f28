//! `sluice serve`, as far as it goes without Envoy.

use std::fs;
use std::os::unix::net::UnixListener;

use super::{show, sluice};

const MANIFEST: &str = "\
servers: {crm: {}}
virtual_servers:
  crm: {match: {path: /mcp/crm}, servers: [{name: crm, enabled_tools: [get]}]}
";

#[test]
fn a_manifest_with_errors_is_not_served() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("m.yaml"),
        MANIFEST.replace("name: crm", "name: cmr"),
    )
    .unwrap();
    let arguments = [
        "serve",
        "--manifest",
        "m.yaml",
        "--listen",
        "unix:sluice.sock",
    ];
    insta::assert_snapshot!(show(&sluice(directory.path(), &arguments)), @r#"
    exit code: 1
    --- stdout
    --- stderr
    error[E0301]: there is no server `cmr`
     --> m.yaml:3:51
      |
    3 |   crm: {match: {path: /mcp/crm}, servers: [{name: cmr, enabled_tools: [get]}]}
      |                                                   ^^^
      |
      = help: did you mean `crm`?
    "#);
    assert!(!directory.path().join("sluice.sock").exists());
}

#[test]
fn addresses_that_are_none_are_told() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), MANIFEST).unwrap();
    let serve = |listen| {
        show(&sluice(
            directory.path(),
            &["serve", "--manifest", "m.yaml", "--listen", listen],
        ))
    };
    insta::assert_snapshot!(serve("localhost"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    error: invalid value 'localhost' for '--listen <ADDRESS>': `localhost` is neither `unix:/path/to.sock` nor `address:port`

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(serve("unix:nowhere/sluice.sock"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't listen on unix:nowhere/sluice.sock: No such file or directory (os error 2)
    "#);
    // What is there and is no socket is not replaced.
    insta::assert_snapshot!(serve("unix:m.yaml"), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't listen on unix:m.yaml: there is a file at the path that is not a socket
    "#);
    assert_eq!(
        fs::read_to_string(directory.path().join("m.yaml")).unwrap(),
        MANIFEST
    );
    drop(UnixListener::bind(directory.path().join("stale.sock")).unwrap());
    insta::assert_snapshot!(show(&sluice(
        directory.path(),
        &["serve", "--manifest", "m.yaml", "--listen", "unix:stale.sock", "--log", "x=y=z"]
    )), @r#"
    exit code: 2
    --- stdout
    --- stderr
    sluice: --log x=y=z: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    "#);
}
