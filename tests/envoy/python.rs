//! The Python SDK, as client and as server, and the rmcp client before the Python server.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::{connect, discover, initialize, params, refused};
use crate::house::{
    Answer, ENABLED, House, envoy_to, json as answers_in_json, post, sluice, stateless,
};
use crate::message::{call, legacy};
use crate::support::github::Options;
use crate::support::tools::{PythonSdk, python};

/// The modes of the Python client, and the versions that they lead to.
const MODES: [(&str, &str); 3] = [
    ("legacy", "2025-11-25"),
    ("2026-07-28", "2026-07-28"),
    ("auto", "2026-07-28"),
];

/// What one may have of the Python server.
const REPOSITORIES: &str = r#"
servers: {python: {}}
virtual_servers:
  repositories:
    match: {path: /mcp/triage}
    servers:
      - {name: python, enabled_tools: [get_repo, "search_*", count_to, fail, announce]}
    enabled_prompts: [summarize]
    enabled_resources: ["repo://octo-org/*"]
"#;

/// The tools of the Python server that [`REPOSITORIES`] enables, in the order of its list.
const TOOLS: [&str; 5] = ["get_repo", "search_repos", "count_to", "fail", "announce"];

/// What the Python client did, as it tells it.
pub(crate) fn client(url: &str, mode: &str, wanted: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/python/client.py");
    let wanted = wanted.to_string();
    let mut command = python(PythonSdk::V2_3_0).unwrap().command();
    let output = command.args([script, url, mode, &wanted]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{mode} at {url}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A Python server, until this is dropped or this process ends.
pub(crate) struct Server {
    child: Child,
    directory: TempDir,
    address: SocketAddr,
}

impl Server {
    fn start(kind: &str) -> Self {
        Self::of("server_v2.py", kind)
    }

    /// A script of `tests/peers/python`, in one of its modes.
    pub(crate) fn of(script: &str, kind: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("python-")
            .tempdir()
            .unwrap();
        let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/python");
        let script = format!("{peers}/{script}");
        let mut command = python(PythonSdk::V2_3_0).unwrap().command();
        command
            .args([&script, kind])
            .arg(directory.path().join("executions"));
        // The server ends with its standard input, which ends with this process.
        let log = File::create(directory.path().join("log")).unwrap();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        let port: u16 = line.trim().parse().unwrap();
        Self {
            child,
            directory,
            address: ([127, 0, 0, 1], port).into(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it executed, in order.
    pub(crate) fn executed(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.directory.path().join("executions"));
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("log"));
            let log = log.unwrap_or_default();
            drop(writeln!(
                std::io::stderr(),
                "--- the Python server's log\n{log}"
            ));
        }
    }
}

/// The entries of a list that have one of these names.
fn only(list: &Value, key: &str, names: &[&str]) -> Vec<Value> {
    let entries = list.as_array().unwrap().iter();
    let named = |entry: &&Value| names.contains(&entry[key].as_str().unwrap());
    entries.filter(named).cloned().collect()
}

/// Four calls that are allowed, then one that is hidden and one of a tool that does not exist.
fn only_hidden_calls_differ(calls: &Value, straight: &Value) {
    for call in 0..4 {
        assert!(calls[call]["result"].is_object(), "{calls}");
        assert_eq!(calls[call], straight[call]);
    }
    same_refusal(&calls[4], &calls[5], "Unknown tool: delete_repo");
    assert_eq!(calls[4]["error"]["code"], -32602);
}

/// Asserts that two ways of asking for what is not enabled end in the same error but for the name.
#[track_caller]
pub(crate) fn same_refusal(hidden: &Value, absent: &Value, name: &str) {
    let (hidden, absent) = (&hidden["error"], &absent["error"]);
    assert!(hidden["code"].is_i64(), "{hidden}");
    assert_eq!(hidden["code"], absent["code"]);
    let mut data = absent["data"].clone();
    // Each repeats what it was asked for.
    if data["uri"].is_string() {
        assert_eq!(hidden["data"]["uri"], name);
        data["uri"] = hidden["data"]["uri"].clone();
    }
    assert_eq!(hidden["data"], data);
    assert!(hidden["data"]["reason"].is_string(), "{hidden}");
    let said = hidden["message"].as_str().unwrap();
    assert!(said.ends_with(name), "{said}");
}

#[test]
fn a_python_client_before_the_rust_server() {
    let wanted = json!({
        "calls": [
            ["get_issue", {"owner": "octo-org", "repo": "hello-world", "issue_number": 1}],
            ["test_trickle", {"events": 3, "interval_ms": 10}],
            ["test_fail", {"message": "no luck"}],
            ["get_me", {}],
            ["delete_repo", {"owner": "octo-org", "repo": "hello-world"}],
            ["no_such_tool", {}],
        ],
        "prompts": [["triage_issue", {"issue_number": "1"}], ["clean_up_repository"], ["nothing"]],
        "resources": [
            "repo://octo-org/hello-world/README.md", "secret://octo-org/deploy-key", "no://such",
        ],
    });
    let sessions = Options {
        sessions: true,
        ..stateless()
    };
    let [legacy, modern, auto] = MODES;
    let table = [
        (sessions, vec![legacy, auto]),
        (stateless(), vec![modern]),
        (answers_in_json(), vec![legacy, modern]),
    ];
    for (options, modes) in table {
        for (mode, version) in modes {
            let house = House::new(options.clone());
            let sliced = client(&house.url("triage"), mode, &wanted);
            let github = house.github.github();
            for name in [
                "delete_repo",
                "no_such_tool",
                "clean_up_repository",
                "nothing",
            ] {
                assert_eq!(github.executions(name), 0, "{name}");
            }
            assert_eq!(house.executed(), 6);
            let direct = client(&house.direct(), mode, &wanted);
            assert_eq!(github.executions("delete_repo"), 1, "the counter counts");

            assert_eq!(sliced["version"], version);
            assert_eq!(sliced["instructions"], Value::Null);
            let mut enabled = ENABLED.to_vec();
            enabled.extend([
                "test_trickle",
                "test_result",
                "test_argument",
                "test_log",
                "test_fail",
            ]);
            let tools = only(&direct["tools"], "name", &enabled);
            assert_eq!(sliced["tools"], json!(tools));
            assert_eq!(tools.len(), enabled.len());
            let prompts = only(&direct["prompts"], "name", &["triage_issue"]);
            assert_eq!(sliced["prompts"], json!(prompts));
            assert_eq!(
                sliced["resources"],
                json!(direct["resources"].as_array().unwrap()[..2])
            );
            assert_eq!(
                sliced["templates"],
                json!(direct["templates"].as_array().unwrap()[..1])
            );

            let (calls, straight) = (&sliced["calls"], &direct["calls"]);
            only_hidden_calls_differ(calls, straight);
            assert_eq!(sliced["prompt"][0], direct["prompt"][0]);
            same_refusal(
                &sliced["prompt"][1],
                &sliced["prompt"][2],
                "clean_up_repository",
            );
            assert_eq!(sliced["read"][0], direct["read"][0]);
            same_refusal(
                &sliced["read"][1],
                &sliced["read"][2],
                "secret://octo-org/deploy-key",
            );
            let steps = ["event 1 of 3", "event 2 of 3", "event 3 of 3"];
            assert_eq!(sliced["progress"], direct["progress"]);
            if !options.json_response || version == "2025-11-25" {
                assert_eq!(sliced["progress"], json!(steps), "{mode}");
            }
        }
    }
}

#[test]
fn a_python_client_before_the_python_server() {
    let wanted = json!({
        "calls": [
            ["get_repo", {"name": "hello"}], ["search_repos", {"query": "h\u{e9}llo \u{1f980}"}],
            ["count_to", {"number": 3}], ["fail", {}],
            ["delete_repo", {"name": "hello"}], ["no_such_tool", {}],
        ],
        "prompts": [["summarize", {"name": "hello"}], ["clean_up"], ["nothing"]],
        "resources": ["repo://octo-org/readme", "secret://octo-org/key", "no://such"],
    });
    for kind in ["sessions", "stateless"] {
        let server = Server::start(kind);
        let sluice = sluice(REPOSITORIES).start().unwrap();
        let envoy = envoy_to(&sluice, server.address);
        for (mode, version) in MODES {
            let before = server.executed().len();
            let sliced = client(&envoy.url("/mcp/triage"), mode, &wanted);
            let executed = server.executed().split_off(before);
            let allowed = [
                "get_repo",
                "search_repos",
                "count_to",
                "fail",
                "summarize",
                "repo://octo-org/readme",
            ];
            assert_eq!(executed, allowed, "{kind}, {mode}");
            let direct = client(&format!("http://{}/mcp", server.address), mode, &wanted);
            assert!(
                server.executed().contains(&"delete_repo".to_owned()),
                "the counter counts"
            );

            assert_eq!(sliced["version"], version);
            assert_eq!(sliced["instructions"], Value::Null);
            let tools = only(&direct["tools"], "name", &TOOLS);
            assert_eq!(sliced["tools"], json!(tools));
            assert_eq!(tools.len(), TOOLS.len());
            assert_eq!(
                sliced["prompts"],
                json!(direct["prompts"].as_array().unwrap()[..1])
            );
            assert_eq!(
                sliced["resources"],
                json!(direct["resources"].as_array().unwrap()[..1])
            );
            let (calls, straight) = (&sliced["calls"], &direct["calls"]);
            only_hidden_calls_differ(calls, straight);
            // The server itself would have told one from the other.
            assert!(straight[4]["result"].is_object() && straight[4] != straight[5]);
            assert_eq!(sliced["prompt"][0], direct["prompt"][0]);
            same_refusal(&sliced["prompt"][1], &sliced["prompt"][2], "clean_up");
            assert_eq!(sliced["read"][0], direct["read"][0]);
            same_refusal(
                &sliced["read"][1],
                &sliced["read"][2],
                "secret://octo-org/key",
            );
            assert_eq!(sliced["progress"], direct["progress"]);
            if kind == "sessions" {
                assert_eq!(sliced["progress"], json!(["step 1", "step 2", "step 3"]));
            }
        }
    }
}

#[tokio::test]
async fn a_rust_client_before_the_python_server() {
    for kind in ["sessions", "stateless"] {
        let server = Server::start(kind);
        let sluice = sluice(REPOSITORIES).start().unwrap();
        let envoy = envoy_to(&sluice, server.address);
        for lifecycle in [initialize(), discover()] {
            let before = server.executed().len();
            let sliced = connect(&envoy.url("/mcp/triage"), lifecycle.clone()).await;
            let direct = connect(&format!("http://{}/mcp", server.address), lifecycle).await;
            let (tools, all) = (
                sliced.list_all_tools().await.unwrap(),
                direct.list_all_tools().await.unwrap(),
            );
            assert_eq!(json!(tools), json!(only(&json!(all), "name", &TOOLS)));
            assert_eq!(tools.len(), TOOLS.len());
            let prompts = sliced.list_all_prompts().await.unwrap();
            assert_eq!(
                json!(prompts),
                json!(direct.list_all_prompts().await.unwrap()[..1])
            );

            let find = params("search_repos", &json!({"query": "h\u{e9}llo"}));
            let through = sliced.call_tool(find.clone()).await.unwrap();
            assert_eq!(through, direct.call_tool(find).await.unwrap());
            let hidden = params("delete_repo", &json!({"name": "x"}));
            let hidden = refused(sliced.call_tool(hidden).await);
            let absent = refused(sliced.call_tool(params("no_such_tool", &json!({}))).await);
            assert_eq!((hidden.code.0, absent.code.0), (-32602, -32602));
            assert_eq!(&*hidden.message, "Unknown tool: delete_repo");
            assert_eq!(hidden.data, absent.data);
            assert_eq!(
                server.executed()[before..],
                ["search_repos", "search_repos"]
            );
            sliced.cancel().await.unwrap();
            direct.cancel().await.unwrap();
        }
    }
}

#[tokio::test]
async fn news_comes_on_the_sessions_own_stream() {
    let server = Server::start("sessions");
    let sluice = sluice(REPOSITORIES).start().unwrap();
    let envoy = envoy_to(&sluice, server.address);
    let (client, url) = (reqwest::Client::new(), envoy.url("/mcp/triage"));
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let hello = Answer::of(post(&client, &url, &legacy(0, "initialize", hello))).await;
    let session = hello.headers["mcp-session-id"].clone();
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let ready = post(&client, &url, &ready).header("mcp-session-id", &session);
    assert_eq!(Answer::of(ready).await.status, 202);

    let get = client.get(&url).header("accept", "text/event-stream");
    let get = get.header("mcp-session-id", &session);
    let mut stream = get.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let announce = post(&client, &url, &call(1, "announce", json!({})));
    let announce = Answer::of(announce.header("mcp-session-id", &session)).await;
    assert!(announce.message()["result"].is_object(), "{announce:?}");
    let mut bytes = String::new();
    while !bytes.contains("notifications/tools/list_changed") {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await;
        let chunk = chunk.unwrap().unwrap().unwrap();
        bytes.push_str(&String::from_utf8_lossy(&chunk));
    }
}
