//! What the tests stand on: fetched tools, and nothing left behind.

#[path = "../examples/support/mod.rs"]
mod support;

use std::net::TcpStream;
use std::path::Path;

use support::envoy::{Config, Envoy, Sluice};

#[test]
fn python_has_the_pinned_mcp_sdk() {
    let python = support::tools::python_mcp().unwrap();
    let script = "import importlib.metadata as m, mcp.client, mcp.server; print(m.version('mcp'))";
    let output = python.command().args(["-c", script]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "2.3.0",
        "{error}"
    );
}

#[test]
fn an_envoy_ends_with_the_value_that_holds_it() {
    let nowhere = "127.0.0.1:9".parse().unwrap();
    let sluice = Sluice::Unix("/nowhere".into());
    let envoy = Envoy::start(&Config::new(&sluice, nowhere).unwrap()).unwrap();
    let (pid, address) = (envoy.pid(), envoy.address());
    let directory = envoy.directory().to_owned();
    assert!(TcpStream::connect(address).is_ok());
    drop(envoy);
    assert!(TcpStream::connect(address).is_err());
    assert!(!directory.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_config_that_envoy_refuses_says_why() {
    let nowhere = "127.0.0.1:9".parse().unwrap();
    let config = Config::new(&Sluice::Tcp(nowhere), nowhere).unwrap();
    let config = config
        .replace("codec_type: AUTO", "codec_type: SOMETHING")
        .unwrap();
    let error = Envoy::start(&config).unwrap_err();
    assert!(error.contains("SOMETHING"), "{error}");
}

#[test]
fn a_config_without_what_is_to_be_changed_is_an_error() {
    let nowhere = "127.0.0.1:9".parse().unwrap();
    let config = Config::new(&Sluice::Tcp(nowhere), nowhere).unwrap();
    assert!(config.clone().replace("no such text", "").is_err());
    assert!(config.without_ext_proc().is_ok());
}
