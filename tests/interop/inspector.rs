//! MCP Inspector's command line, as people use it to look at a server.

use std::process::Output;
use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::place::Place;
use crate::plan;
use crate::support::tools::{NodeSet, node_packages};
use crate::tap::Way;
use crate::upstreams::UPSTREAMS;

/// What it ends with when a tool is not there or fails.
const TOOL_ERROR: i32 = 5;

/// A trial for each era of the protocol.
pub(crate) fn trials() -> Vec<Trial> {
    ["legacy", "modern"]
        .map(|era| Trial::test(format!("inspector::{era}"), move || lists_and_calls(era)))
        .into()
}

/// Only one of them at a time: each is a whole browser's worth of JavaScript.
static ALONE: Mutex<()> = Mutex::new(());

fn lists_and_calls(era: &str) -> Result<(), Failed> {
    let _alone = ALONE.lock();
    let upstream = UPSTREAMS.iter().find(|upstream| {
        upstream.is_modern() && upstream.is_legacy() && upstream.name().ends_with("sessions")
    });
    let place = Place::start(
        upstream.ok_or("no server speaks both")?,
        plan::repositories(),
    )?;
    let inspector = Inspector::new(&place.url(), era)?;

    let listed = told(&inspector.run(&["--method", "tools/list"])?)?;
    let tools = listed["result"]["tools"].as_array().ok_or("no list")?;
    let names: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert!(names.contains(&"get_repo"), "{names:?}");
    assert!(!names.contains(&"delete_repo"), "{names:?}");

    let called = told(&inspector.call("get_repo")?)?;
    let repository = json!({"name": "linguist", "visibility": "public"});
    assert_eq!(
        called["result"]["structuredContent"], repository,
        "{called}"
    );
    assert!(place.executed().contains(&"get_repo".to_owned()));

    for absent in ["delete_repo", "no_such_tool"] {
        let output = inspector.call(absent)?;
        assert_eq!(output.status.code(), Some(TOOL_ERROR), "{output:?}");
    }
    assert!(!place.executed().contains(&"delete_repo".to_owned()));
    for marker in place.plan().hidden {
        assert!(!place.saw(Way::Down, marker), "the client got {marker}");
    }
    Ok(())
}

/// What it prints when all is well.
fn told(output: &Output) -> Result<Value, String> {
    match output.status.success() {
        true => serde_json::from_slice(&output.stdout).map_err(|error| error.to_string()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Inspector with a configuration that names one server.
#[derive(Debug)]
struct Inspector {
    directory: TempDir,
}

impl Inspector {
    fn new(url: &str, era: &str) -> std::io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("inspector-").tempdir()?;
        let server = json!({"type": "streamable-http", "url": url, "protocolEra": era});
        let config = json!({"mcpServers": {"scope": server}});
        std::fs::write(directory.path().join("mcp.json"), config.to_string())?;
        Ok(Self { directory })
    }

    fn call(&self, tool: &str) -> Result<Output, String> {
        let call = ["--method", "tools/call", "--tool-name", tool];
        self.run(&[&call[..], &["--tool-arg", "name=linguist"]].concat())
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, String> {
        let packages = node_packages(NodeSet::Inspector)?;
        let inspector = packages.package("@modelcontextprotocol/inspector");
        let home = self.directory.path();
        let mut command = packages.command();
        command
            .arg(inspector.join("clients/launcher/build/index.js"))
            .arg("--cli")
            .arg("--config")
            .arg(home.join("mcp.json"))
            .args(["--server", "scope", "--format", "json"])
            .args(arguments)
            // It keeps what it learns at home, and asks for a keychain unless told.
            .env("HOME", home)
            .env("MCP_INSPECTOR_SECRET_STORE", "memory");
        command
            .output()
            .map_err(|error| format!("cannot run Inspector: {error}"))
    }
}
