//! The audit log of what two people, or what stands for them, have done.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use sluice::manifest;
use tempfile::TempDir;

use crate::authorization_server::{AuthorizationServer, Running};
use crate::house::{Answer, envoy_to, post, wait_for};
use crate::message::{call, legacy};
use crate::support::envoy::Envoy;
use crate::support::sluice::{Process, Setup};
use crate::upstream::{Arrived, Upstream, Wire, json as json_answer, plain};

const AUDIENCE: &str = "https://mcp.example.com/";

fn manifest(issuer: &str) -> String {
    format!(
        r#"
identity:
  resource: https://mcp.example.com
  issuers:
    - issuer: {issuer}
      audiences: [{AUDIENCE}]
      jwks: {{uri: "{issuer}/jwks"}}
guardrails:
  no-addresses: {{type: redact, entities: [email]}}
servers:
  warehouse: {{}}
virtual_servers:
  analyst:
    match: {{path: /mcp/analyst}}
    servers: [{{name: warehouse, enabled_tools: [find, fails, is_wrong, is_down]}}]
    mcp_tool_post_invoke_guardrails: [no-addresses]
"#
    )
}

/// Someone who issues tokens, an MCP server, Sluice with an audit log, and Envoy.
struct Place {
    issuer: Running,
    manifest: String,
    sluice: Process,
    envoy: Envoy,
    client: reqwest::Client,
    _upstream: Upstream,
    directory: TempDir,
}

fn answer(arrived: &Arrived) -> Wire {
    let message: Value = serde_json::from_str(&arrived.body).unwrap();
    let id = &message["id"];
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let result = |result: Value| {
        json_answer(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
    };
    match message["params"]["name"].as_str() {
        Some("fails") => result(json!({"content": text("no"), "isError": true})),
        Some("is_wrong") => {
            let error = json!({"code": -32000, "message": "no"});
            json_answer(json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
        }
        Some("is_down") => plain("500 Internal Server Error", ""),
        Some(_) => result(json!({"content": text("ask bob@example.com")})),
        None => result(json!({"tools": []})),
    }
}

impl Place {
    fn new(change: impl FnOnce(Setup) -> Setup) -> Self {
        Self::run_by(env!("CARGO_BIN_EXE_sluice"), change)
    }

    /// With something that runs Sluice.
    fn run_by(binary: impl Into<PathBuf>, change: impl FnOnce(Setup) -> Setup) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let issuer = AuthorizationServer::start();
        let upstream = Upstream::answering(answer);
        let manifest = manifest(issuer.issuer());
        let file = directory.path().join("audit");
        let setup = Setup::new(binary, &manifest).argument("--audit", file.to_str().unwrap());
        let sluice = change(setup).start().unwrap();
        let envoy = envoy_to(&sluice, upstream.address());
        Self {
            issuer,
            manifest,
            sluice,
            envoy,
            client: reqwest::Client::new(),
            _upstream: upstream,
            directory,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    async fn ask(&self, user: &str, message: &Value) -> Answer {
        let request = post(&self.client, &self.envoy.url("/mcp/analyst"), message);
        let token = self.issuer.token(user).claim("azp", "helper").text();
        Answer::of(request.bearer_auth(token)).await
    }

    /// So many lines, as soon as they are there. The ones of different exchanges come in any order.
    async fn lines(&self, count: usize) -> Vec<Value> {
        let read = || fs::read_to_string(self.file()).unwrap_or_default();
        wait_for("the lines", || read().lines().count() >= count).await;
        let text = read();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), count, "{text}");
        lines
    }
}

fn verify(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["audit", "verify"]).arg(file).args(more);
    command.output().unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// SHA-256 in hexadecimal digits, by another's hand.
fn sha256(bytes: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bytes");
    fs::write(&file, bytes).unwrap();
    let output = Command::new("sha256sum").arg(file).output().unwrap();
    words(&output).split(' ').next().unwrap().to_owned()
}

fn line<'l>(lines: &'l [Value], target: &str) -> &'l Value {
    let mut found = lines.iter().filter(|line| line["target"] == target);
    found
        .next()
        .unwrap_or_else(|| panic!("no {target}: {lines:#?}"))
}

/// What the published schema says of a line, and that it has a word for everything that is there.
fn assert_is_described(lines: &[Value]) {
    let schema = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["schema", "--audit"])
        .output()
        .unwrap();
    let mut schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    schema["additionalProperties"] = json!(false);
    for part in schema["$defs"].as_object_mut().unwrap().values_mut() {
        if part["type"] == "object" {
            part["additionalProperties"] = json!(false);
        }
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in lines {
        let wrong: Vec<_> = validator
            .iter_errors(line)
            .map(|it| it.to_string())
            .collect();
        assert!(wrong.is_empty(), "{line:#}: {wrong:#?}");
    }
    assert!(!validator.is_valid(&json!({"v": 1})));
}

#[tokio::test]
async fn each_decision_has_a_line_that_says_who_what_and_what_became_of_it() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let place = Place::new(|setup| setup);
    let secret = json!({"q": "the-argument", "n": 1.0});
    let mut found = call("a-1", "find", secret.clone());
    found["params"]["_meta"]["traceparent"] = json!(format!("00-{TRACE}-00f067aa0ba902b7-01"));
    place.ask("alice", &found).await;
    place
        .ask("bob", &call(2, "drop_table", json!({"q": 1})))
        .await;
    for tool in ["fails", "is_wrong", "is_down"] {
        place.ask("bob", &call(3, tool, json!({}))).await;
    }
    place.ask("bob", &legacy(4, "tools/list", json!({}))).await;
    let anonymous = post(
        &place.client,
        &place.envoy.url("/mcp/analyst"),
        &call(5, "find", json!({})),
    );
    assert_eq!(Answer::of(anonymous).await.status, 401);
    let nowhere = post(
        &place.client,
        &place.envoy.url("/mcp/nowhere"),
        &call(6, "find", json!({})),
    );
    assert_eq!(Answer::of(nowhere).await.status, 404);

    let lines = place.lines(8).await;
    assert_is_described(&lines);
    let text = fs::read_to_string(place.file()).unwrap();
    for secret in ["the-argument", "bob@example.com", "eyJ"] {
        assert!(!text.contains(secret), "{text}");
    }
    let digest = manifest::load("m", &place.manifest).unwrap().policy;
    assert_eq!(
        **digest.digest().unwrap(),
        *sha256(place.manifest.as_bytes())
    );

    let found_line = line(&lines, "find");
    let expected = json!({
        "v": 1,
        "issuer": place.issuer.issuer(),
        "subject": "alice",
        "agent": "helper",
        "virtual_server": "analyst",
        "server": "warehouse",
        "method": "tools/call",
        "kind": "tool",
        "target": "find",
        "request_id": "a-1",
        "decision": "allow",
        "rule": "virtual_servers.analyst.servers[0].enabled_tools[0]",
        "manifest": sha256(place.manifest.as_bytes()),
        "arguments_sha256": sha256(secret.to_string().as_bytes()),
        "outcome": "ok",
        "upstream_status": 200,
        "request_bytes": found.to_string().len(),
        "trace_id": TRACE,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(found_line[member], *value, "{member} of {found_line:#}");
    }
    let finding = json!([{
        "guardrail": "no-addresses", "phase": "result", "strategy": "enforce", "rule": "email",
        "path": "$.content[0].text", "entity": "email", "action": "redact", "outcome": "changed",
    }]);
    assert_eq!(found_line["findings"], finding);
    let phases = found_line["phases"].as_array().unwrap();
    let phases: Vec<_> = phases
        .iter()
        .map(|phase| phase["phase"].as_str().unwrap())
        .collect();
    for phase in ["identity", "policy", "upstream", "guardrail"] {
        assert!(phases.contains(&phase), "{phases:?}");
    }

    let denied = line(&lines, "drop_table");
    assert_eq!(
        (&denied["subject"], &denied["decision"]),
        (&json!("bob"), &json!("deny"))
    );
    assert_eq!(denied["reason"], "tool_not_enabled");
    assert_eq!(denied["arguments_sha256"], sha256(br#"{"q":1}"#));
    for (tool, outcome, decision) in [
        ("drop_table", "rpc_error", "deny"),
        ("fails", "tool_error", "allow"),
        ("is_wrong", "rpc_error", "allow"),
    ] {
        let line = line(&lines, tool);
        assert_eq!(
            (&line["outcome"], &line["decision"]),
            (&json!(outcome), &json!(decision)),
            "{line:#}"
        );
    }
    let down = line(&lines, "is_down");
    assert_eq!(
        (&down["upstream_status"], &down["withheld"]),
        (&json!(500), &json!(true)),
        "{down:#}"
    );
    let unknown = lines
        .iter()
        .find(|line| line["reason"] == "unknown_virtual_server")
        .unwrap();
    assert_eq!(unknown["manifest"], found_line["manifest"]);
    assert_eq!(unknown.get("virtual_server"), None);
    let anonymous = lines
        .iter()
        .find(|line| line["virtual_server"] == "analyst" && line.get("subject").is_none());
    assert_eq!(anonymous.unwrap()["decision"], "deny");
}

#[tokio::test]
async fn a_chain_goes_over_files_and_kills_and_shows_what_was_changed() {
    let mut place = Place::new(|setup| {
        let setup = setup.argument("--audit-max-bytes", "5000");
        setup.argument("--audit-keep", "100").flag("--audit-chain")
    });
    for id in 0..20 {
        place.ask("alice", &call(id, "find", json!({}))).await;
    }
    let older = place.directory.path().join("audit.1");
    wait_for("twenty lines", || {
        words(&verify(&place.file(), &[])).contains("20 lines")
    })
    .await;
    assert!(older.exists());
    place.sluice.kill();
    let output = verify(&place.file(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = words(&output);
    let anchor = text
        .lines()
        .find_map(|line| line.strip_prefix("last: "))
        .unwrap();
    assert!(anchor.starts_with("20:"), "{text}");
    let anchored = |anchor: &str| verify(&place.file(), &["--anchor", anchor]).status.code();
    assert_eq!(anchored(anchor), Some(0));
    assert_eq!(anchored(&anchor.replacen("20:", "19:", 1)), Some(1));

    // One that was killed while it wrote.
    let mut file = fs::read(place.file()).unwrap();
    file.extend_from_slice(br#"{"v":1,"seq":21,"pre"#);
    fs::write(place.file(), &file).unwrap();
    let output = verify(&place.file(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        words(&output).contains("the last 20 bytes are no whole line"),
        "{output:?}"
    );

    // What someone changes, in whichever file.
    let text = fs::read_to_string(&older).unwrap();
    fs::write(&older, text.replacen("alice", "carol", 1)).unwrap();
    let output = verify(&place.file(), &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &told["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&json!(older.to_str().unwrap()), &json!(2))
    );
    assert_eq!(told["problems"].as_array().unwrap().len(), 1, "{told:#}");
    let missing = verify(&place.directory.path().join("missing"), &[]);
    assert_eq!(missing.status.code(), Some(2));
}

#[tokio::test]
async fn no_call_fails_for_want_of_room_or_of_the_file() {
    // No file may have more than 8 KiB.
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("small");
    let binary = env!("CARGO_BIN_EXE_sluice");
    let text = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f 16\nexec {binary} \"$@\"\n");
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    let place = Place::run_by(script, |setup| {
        let setup = setup.argument("--log", "info,sluice::telemetry=error");
        setup.flag("--audit-chain")
    });
    for id in 0..20 {
        let answer = place.ask("alice", &call(id, "find", json!({}))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    wait_for("a complaint", || {
        place
            .sluice
            .log()
            .contains("the audit log can't be written")
    })
    .await;
    let output = verify(&place.file(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = words(&output);
    assert!(!text.contains("no whole line"), "{text}");
    fs::remove_file(place.file()).unwrap();
    let answer = place.ask("alice", &call(99, "find", json!({}))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = place.lines(1).await;
    assert!(lines[0]["dropped"].as_u64().unwrap() >= 1, "{lines:#?}");
    assert_eq!(lines[0]["request_id"], "99");
}
