//! What is kept of exchanges, and what the command line shows of it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{Answer, post, sluice, wait_for};
use crate::message::{call, legacy};
use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::{Process, Setup};
use crate::upstream::{Arrived, Upstream, Wire, json as json_answer, plain};

const MANIFEST: &str = r#"
servers:
  crm: {}
virtual_servers:
  desk:
    match: {path: /mcp/desk}
    servers: [{name: crm, enabled_tools: [find, follow, fails]}]
    capture: {keep: 24h}
  raw:
    match: {path: /mcp/raw}
    servers: [{name: crm, enabled_tools: [find]}]
    capture: {redact: false, max_bytes: 1KiB}
  unseen:
    match: {path: /mcp/unseen}
    servers: [{name: crm, enabled_tools: [find]}]
"#;

/// An MCP server whose tools do what their names say.
fn crm(arrived: &Arrived) -> Wire {
    let message: Value = serde_json::from_str(&arrived.body).unwrap();
    let id = &message["id"];
    let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    match message["params"]["name"].as_str() {
        Some("follow") => {
            let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress",
                "params": {"progressToken": 1, "progress": 1, "message": "bob@example.com"}});
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": text("done")});
            let events = format!("data: {progress}\n\nid: 4\ndata: {answer}\n\n");
            plain("200 OK\r\ncontent-type: text/event-stream", events)
        }
        Some("fails") => {
            let mut result = text("the table is gone");
            result["isError"] = json!(true);
            json_answer(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
        }
        _ => {
            let result = text("ada@example.com has 3 orders");
            json_answer(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
        }
    }
}

/// An agent, its tools, and what is kept of them.
struct Place {
    kept: TempDir,
    _upstream: Upstream,
    sluice: Process,
    envoy: Envoy,
    client: reqwest::Client,
}

impl Place {
    fn new(change: impl FnOnce(Setup) -> Setup) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let upstream = Upstream::answering(crm);
        let setup = sluice(MANIFEST).argument("--capture", &kept.path().display().to_string());
        let sluice = change(setup).start().unwrap();
        let config = Config::new(&sluice.unix(), upstream.address()).unwrap();
        Self {
            envoy: Envoy::start(&config).unwrap(),
            kept,
            _upstream: upstream,
            sluice,
            client: reqwest::Client::new(),
        }
    }

    async fn ask(&self, path: &str, message: &Value) -> Answer {
        let request = post(&self.client, &self.envoy.url(path), message);
        Answer::of(request.bearer_auth("not-to-be-kept")).await
    }

    async fn call(&self, path: &str, id: u32, tool: &str, arguments: Value) -> Answer {
        self.ask(path, &call(id, tool, arguments)).await
    }

    /// What is listed, once it is so much.
    async fn listed(&self, count: usize) -> Vec<Value> {
        wait_for("the exchanges are kept", || self.list().len() >= count).await;
        self.list()
    }

    fn list(&self) -> Vec<Value> {
        lines(&self.run(&["ls", "--json"]))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let (command, rest) = arguments.split_first().unwrap();
        capture(command, self.kept.path(), rest)
    }
}

fn capture(command: &str, kept: &Path, rest: &[&str]) -> Output {
    let mut run = Command::new(env!("CARGO_BIN_EXE_sluice"));
    run.args(["capture", command]).arg(kept).args(rest);
    run.output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// All bytes of the files below a directory.
fn all_bytes(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        bytes.extend(if path.is_dir() {
            all_bytes(&path)
        } else {
            std::fs::read(path).unwrap()
        });
    }
    bytes
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

#[tokio::test]
async fn a_session_is_kept_and_can_be_looked_at() {
    let place = Place::new(|setup| setup);
    let list = legacy(1, "tools/list", json!({}));
    assert_eq!(place.ask("/mcp/desk", &list).await.status, 200);
    place
        .call("/mcp/desk", 2, "find", json!({"who": "eve@example.com"}))
        .await;
    place.call("/mcp/desk", 3, "follow", json!({})).await;
    place.call("/mcp/desk", 4, "fails", json!({})).await;
    place.call("/mcp/desk", 5, "delete", json!({})).await;
    place.call("/mcp/unseen", 6, "find", json!({})).await;

    let listed = place.listed(5).await;
    let told: Vec<_> = listed
        .iter()
        .map(|it| {
            (
                &it["method"],
                &it["target"],
                &it["decision"],
                &it["outcome"],
            )
        })
        .map(|(a, b, c, d)| [a, b, c, d].map(|it| it.as_str().unwrap_or("-").to_owned()))
        .collect();
    let expected = [
        ["tools/list", "-", "allow", "ok"],
        ["tools/call", "find", "allow", "ok"],
        ["tools/call", "follow", "allow", "ok"],
        ["tools/call", "fails", "allow", "tool_error"],
        ["tools/call", "delete", "deny", "rpc_error"],
    ];
    assert_eq!(told, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(listed[4]["reason"], "tool_not_enabled");

    let entries = lines(&place.run(&["export", "--format", "entries"]));
    let (find, follow) = (&entries[1], &entries[2]);
    assert_eq!(find["request"]["path"], "/mcp/desk");
    assert_eq!(find["manifest"].as_str().unwrap().len(), 64);
    let received = find["request"]["received"].as_str().unwrap();
    assert!(received.contains("[email]"), "{received}");
    let answer = find["response"]["sent"][0]["text"].as_str().unwrap();
    assert!(answer.contains("[email] has 3 orders"), "{answer}");
    assert_eq!(follow["response"]["content_type"], "text/event-stream");
    let sent = follow["response"]["sent"].as_array().unwrap();
    let sent: String = sent.iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(
        sent.contains("\"message\":\"[email]\"") && sent.contains("done"),
        "{sent}"
    );
    let refusal = entries[4]["response"]["sent"][0]["text"].as_str().unwrap();
    assert!(refusal.contains("Unknown tool: delete"), "{refusal}");
    let phases = find["phases"].as_array().unwrap();
    assert!(
        phases.iter().any(|phase| phase["kind"] == "upstream"),
        "{phases:?}"
    );

    let bytes = all_bytes(place.kept.path());
    for secret in [
        "not-to-be-kept",
        "eve@example.com",
        "ada@example.com",
        "bob@example.com",
    ] {
        assert!(!has(&bytes, secret), "{secret}");
    }
}

#[tokio::test]
async fn what_is_kept_is_found_and_shown() {
    let place = Place::new(|setup| setup);
    place.call("/mcp/desk", 1, "find", json!({})).await;
    place.call("/mcp/desk", 2, "delete", json!({})).await;
    place
        .call("/mcp/raw", 3, "find", json!({"who": "eve@example.com"}))
        .await;
    place.listed(3).await;

    let denied = lines(&place.run(&["ls", "--json", "--decision", "deny"]));
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["target"], "delete");
    let raw = place.run(&["ls", "--virtual-server", "raw", "--tool", "find"]);
    let text = String::from_utf8(raw.stdout).unwrap();
    let id = text
        .lines()
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    let shown = place.run(&["show", &id]);
    assert_eq!(shown.status.code(), Some(0));
    let shown = String::from_utf8(shown.stdout).unwrap();
    for part in [
        "POST /mcp/raw",
        "allow tools/call find -> ok",
        "upstream",
        "eve@example.com",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(
        place.run(&["ls", "--tool", "nothing"]).status.code(),
        Some(1)
    );
    assert_eq!(place.run(&["show", "0"]).status.code(), Some(1));
    let nowhere = capture("ls", Path::new("/nowhere/at/all"), &[]);
    assert_eq!(nowhere.status.code(), Some(2));

    let messages =
        lines(&place.run(&["export", "--virtual-server", "desk", "--decision", "allow"]));
    let told: Vec<_> = messages
        .iter()
        .map(|it| {
            (
                it["_meta"]["dir"].as_str().unwrap(),
                it["id"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("send", 1), ("recv", 1)]);
}

#[tokio::test]
async fn what_is_encrypted_needs_its_key() {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), [7; 32]).unwrap();
    let key = key.path().display().to_string();
    let place = Place::new(|setup| setup.argument("--capture-key-file", &key));
    place
        .call("/mcp/raw", 1, "find", json!({"who": "eve@example.com"}))
        .await;
    wait_for("the exchange is kept", || {
        !lines(&place.run(&["ls", "--json", "--key-file", &key])).is_empty()
    })
    .await;
    assert_eq!(place.run(&["ls"]).status.code(), Some(2));
    assert!(!has(&all_bytes(place.kept.path()), "eve@example.com"));
}

#[tokio::test]
async fn what_was_kept_before_a_kill_can_be_read() {
    let place = Place::new(|setup| setup);
    for id in 0..20 {
        place.call("/mcp/desk", id, "find", json!({})).await;
    }
    place.listed(20).await;
    let kept = place.kept.path().to_owned();
    let calls = (20..200).map(|id| place.call("/mcp/desk", id, "find", json!({})));
    let load = futures_util::future::join_all(calls);
    let kill = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        place.sluice.signal("KILL").unwrap();
    };
    tokio::join!(load, kill);
    let listed = capture("ls", &kept, &["--json"]);
    assert!(lines(&listed).len() >= 20);
    let entries = lines(&capture("export", &kept, &["--format", "entries"]));
    assert_eq!(entries.len(), lines(&listed).len());
}
