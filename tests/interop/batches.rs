//! Batches at servers that execute them: those of the TypeScript SDK, at every version before
//! 2026-07-28.

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::{Process, Setup};
use crate::upstreams::{HIDDEN, Running, UPSTREAMS, Upstream};

const MANIFEST: &str = r#"
servers: {repositories: {}}
virtual_servers:
  scope:
    match: {path: /mcp/scope}
    servers: [{name: repositories, enabled_tools: ["get_*", "search_*"]}]
    batches: true
  without:
    match: {path: /mcp/without}
    servers: [{name: repositories, enabled_tools: ["get_*", "search_*"]}]
"#;

/// The modes that need no session, one for each way to answer and each way to read a body.
const MODES: &[&str] = &[
    "stateless",
    "stateless-json",
    "stateless-json-express",
    "raw",
    "express",
];

/// A trial for each of those servers.
pub(crate) fn trials() -> Vec<Trial> {
    let batching = UPSTREAMS.iter().filter(|upstream| {
        upstream.sdk.starts_with("typescript") && MODES.contains(&upstream.mode)
    });
    batching
        .map(|upstream| {
            let name = format!("batches::{}", upstream.name());
            Trial::test(name, move || takes_batches(upstream))
        })
        .collect()
}

struct House {
    server: Running,
    envoy: Envoy,
    // It ends with this.
    _sluice: Process,
}

impl House {
    fn start(upstream: &Upstream) -> Result<Self, String> {
        let server = upstream.start()?;
        let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), MANIFEST).start()?;
        let envoy = Envoy::start(&Config::new(&sluice.unix(), server.address())?)?;
        Ok(Self {
            server,
            envoy,
            _sluice: sluice,
        })
    }

    /// The server itself.
    fn direct(&self) -> String {
        format!("http://{}/mcp", self.server.address())
    }

    /// What was executed while `batch` was answered, the status, and the answers by id.
    fn ask(&self, url: &str, batch: &Value) -> (Vec<String>, u16, String) {
        let before = self.server.executed().len();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let (status, body) = runtime.unwrap().block_on(async {
            let request = reqwest::Client::new().post(url);
            let request = request.header("content-type", "application/json");
            let request = request.header("accept", "application/json, text/event-stream");
            let answer = request.body(batch.to_string()).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        });
        (self.server.executed().split_off(before), status, body)
    }
}

fn call(id: i64, tool: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": {"name": "hello", "query": "hello"}},
    })
}

fn list(id: i64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"})
}

/// The answers in a body, whatever way they come, in the order of their ids.
fn answers(body: &str) -> Vec<Value> {
    let is_json = body.starts_with(['{', '[']);
    let texts: Vec<&str> = match is_json {
        true => vec![body],
        false => body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect(),
    };
    let mut answers = Vec::new();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        let answer: Value = serde_json::from_str(text).unwrap();
        match answer.as_array() {
            Some(elements) => answers.extend(elements.iter().cloned()),
            None => answers.push(answer),
        }
    }
    answers.retain(|answer| answer.get("id").is_some());
    answers.sort_by_key(|answer| answer["id"].as_i64());
    answers
}

fn takes_batches(upstream: &Upstream) -> Result<(), Failed> {
    let house = House::start(upstream)?;
    let through = house.envoy.url("/mcp/scope");

    // The server runs what Sluice is there to stop.
    let forbidden = json!([call(1, "get_repo"), call(2, "delete_repo"), list(3)]);
    let (executed, _, body) = house.ask(&house.direct(), &forbidden);
    assert_eq!(executed.len(), 2, "{executed:?}");
    assert!(executed.contains(&"delete_repo".to_owned()) && body.contains(HIDDEN));

    let (executed, status, body) = house.ask(&through, &forbidden);
    assert_eq!((executed.len(), status), (0, 200), "{executed:?}");
    assert!(!body.contains(HIDDEN), "{body}");
    let told = answers(&body);
    let reasons: Vec<&Value> = told.iter().map(|a| &a["error"]["data"]["reason"]).collect();
    assert_eq!(
        reasons,
        ["batch_refused", "tool_not_enabled", "batch_refused"]
    );
    assert_eq!(told[1]["error"]["message"], "Unknown tool: delete_repo");

    let allowed = json!([call(1, "get_repo"), list(2), call(3, "search_repos")]);
    let (executed, status, body) = house.ask(&through, &allowed);
    let told = answers(&body);
    assert_eq!((executed.len(), status, told.len()), (2, 200, 3), "{body}");
    assert!(
        !body.contains(HIDDEN) && !body.contains("delete_repo"),
        "{body}"
    );
    let tools = told[1]["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["get_repo", "search_repos"]);
    let (_, _, straight) = house.ask(&house.direct(), &allowed);
    let straight = answers(&straight);
    assert_eq!((&told[0], &told[2]), (&straight[0], &straight[2]));

    let one = json!([list(1)]);
    let (_, _, body) = house.ask(&through, &one);
    assert!(
        !body.contains(HIDDEN) && answers(&body).len() == 1,
        "{body}"
    );

    for url in [house.envoy.url("/mcp/without"), through] {
        let url_takes = url.ends_with("scope");
        let batch = json!([call(1, "delete_repo")]);
        let (executed, status, body) = house.ask(&url, &batch);
        assert!(
            executed.is_empty() && !body.contains(HIDDEN),
            "{executed:?}, {body}"
        );
        assert_eq!(status, if url_takes { 200 } else { 400 }, "{body}");
    }
    Ok(())
}
