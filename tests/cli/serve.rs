//! `sluice serve`, as far as it goes without Envoy.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{show, sluice};

pub(crate) const MANIFEST: &str = "\
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

#[test]
fn a_file_that_is_no_key_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("m.yaml", MANIFEST.as_bytes());
    write("key", &[7; 32]);
    write("short", &[7; 31]);
    write("long", &[7; 4097]);
    let serve = |key| {
        let arguments = ["serve", "--manifest", "m.yaml", "--listen", "unix:s.sock"];
        let keys = ["--seal-key-file", "key", "--seal-key-file", key];
        show(&sluice(directory.path(), &[&arguments[..], &keys].concat()))
    };
    insta::assert_snapshot!(serve("nowhere"), @r"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't read the key file nowhere: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(serve("short"), @r"
    exit code: 2
    --- stdout
    --- stderr
    sluice: the key file short is not one: a key has at least 32 bytes, and this one has 31
    ");
    insta::assert_snapshot!(serve("long"), @r"
    exit code: 2
    --- stdout
    --- stderr
    sluice: the key file long has more than 4096 bytes
    ");
    assert!(!directory.path().join("s.sock").exists());
}

/// The first lines of the log, up to the one that tells where it listens.
pub(crate) fn log(directory: &Path, listen: &str, arguments: &[&str]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .current_dir(directory)
        .args(["serve", "--manifest", "m.yaml", "--listen", listen])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !log.contains("listening") {
        log.push_str(&lines.next().unwrap().unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    log
}

#[test]
fn serving_without_a_key_file_is_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("key", &[7; 32]);
    write("m.yaml", MANIFEST.as_bytes());
    let key = ["--seal-key-file", "key"];
    for (arguments, warns) in [(&[][..], true), (&key[..], false)] {
        let log = log(directory.path(), "127.0.0.1:0", arguments);
        assert_eq!(log.contains("no --seal-key-file"), warns, "{log}");
    }
}

#[test]
fn an_audit_log_that_cannot_be_written_is_told() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("m.yaml"), MANIFEST).unwrap();
    let serve = |audit: &[&str]| {
        let arguments = ["serve", "--manifest", "m.yaml", "--listen", "unix:sock"];
        let output = sluice(directory.path(), &[&arguments, audit].concat());
        (output.status.code().unwrap(), show(&output))
    };
    let (code, text) = serve(&["--audit", "missing/audit"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--audit missing/audit: "), "{text}");
    let (code, text) = serve(&["--audit", "/dev/null"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("it is no regular file"), "{text}");
    let (code, text) = serve(&["--audit-chain"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--audit <FILE>"), "{text}");
}
