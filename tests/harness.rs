//! What the tests stand on: fetched tools, and nothing left behind.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../examples/support/mod.rs"]
mod support;

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use support::envoy::{Config, Envoy, Sluice};
use support::tools::{self, NodeSet, PythonSdk};

/// What a command prints, without the end of the line.
fn printed(mut command: Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn envoy_is_the_pinned_one_unless_another_is_named() {
    let mut command = Command::new(tools::envoy_binary().unwrap());
    command.arg("--version");
    let version = printed(command);
    let wanted = match std::env::var_os("ENVOY") {
        Some(_) => "version: ".to_owned(),
        None => format!("/{}/", tools::ENVOY_VERSION),
    };
    assert!(version.contains(&wanted), "{version}");
}

#[test]
fn each_python_has_its_mcp_sdk() {
    for sdk in PythonSdk::ALL {
        let mut command = tools::python(sdk).unwrap().command();
        let script =
            "import importlib.metadata as m, mcp.client, mcp.server; print(m.version('mcp'))";
        command.args(["-c", script]);
        assert_eq!(printed(command), sdk.version());
    }
}

#[test]
fn the_guardrail_in_python_has_what_it_needs() {
    let mut command = tools::python_guardrail().unwrap().command();
    let script = "import grpc; from sluice.guardrail.v1 import guardrail_pb2_grpc as rpc; \
                  assert rpc.GuardrailServiceServicer; print(grpc.__version__)";
    command.args(["-c", script]);
    assert_eq!(printed(command), "1.85.1");
}

#[test]
fn node_is_the_pinned_one() {
    let mut command = tools::node_packages(NodeSet::Peers).unwrap().command();
    command.args(["-p", "process.version"]);
    assert_eq!(printed(command), format!("v{}", tools::NODE_VERSION));
}

#[test]
fn each_set_of_npm_packages_is_what_its_pins_say() {
    let sets = [
        (NodeSet::Peers, "@modelcontextprotocol/sdk", "1.32.2"),
        (NodeSet::Peers, "@modelcontextprotocol/server", "2.4.0"),
        (
            NodeSet::Inspector,
            "@modelcontextprotocol/inspector",
            "2.12.0",
        ),
        (
            NodeSet::Conformance,
            "@modelcontextprotocol/conformance",
            "0.2.0-alpha.12",
        ),
    ];
    for (set, package, version) in sets {
        let packages = tools::node_packages(set).unwrap();
        let mut command = packages.command();
        command.args(["-p", "JSON.parse(fs.readFileSync(process.argv[1])).version"]);
        command.arg(packages.package(package).join("package.json"));
        assert_eq!(printed(command), version, "{package}");
    }
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
