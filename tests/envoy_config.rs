//! What `envoy/sluice.yaml` promises by itself, shown on a real Envoy with an external processor
//! that decides nothing.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

#[path = "../examples/support/mod.rs"]
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sluice::telemetry::FIELDS;
use support::do_nothing::{self, Behaviour};
use support::envoy::{Config, Envoy, Sluice};
use support::github::{self, Github, Options};

/// An MCP server, a processor with some behaviour, and Envoy.
struct House {
    github: github::Running,
    processor: do_nothing::Running,
    envoy: Envoy,
    client: reqwest::Client,
}

impl House {
    fn new(behaviour: Behaviour) -> Self {
        Self::with(behaviour, |config| config)
    }

    fn with(behaviour: Behaviour, change: impl FnOnce(Config) -> Config) -> Self {
        let options = Options {
            test_tools: true,
            sessions: false,
            ..Options::default()
        };
        let github = Github::start(options).unwrap();
        let processor = do_nothing::Running::start(behaviour).unwrap();
        let sluice = Sluice::Unix(processor.socket());
        let config = change(Config::new(&sluice, github.address()).unwrap());
        let envoy = Envoy::start(&config).unwrap();
        Self {
            github,
            processor,
            envoy,
            client: reqwest::Client::new(),
        }
    }

    fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client
            .post(self.envoy.url(path))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body.to_string())
    }

    /// The answer to a call of `get_me`.
    async fn call(&self) -> (StatusCode, String, Value) {
        let answer = self
            .post("/mcp/any", &call("get_me", json!({})))
            .send()
            .await
            .unwrap();
        let kind = answer.headers().get("content-type");
        let kind = kind
            .map(|kind| kind.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        (
            status,
            kind,
            serde_json::from_str(&body).unwrap_or(Value::String(body)),
        )
    }
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}},
    })
}

#[test]
fn the_file_as_it_is_is_valid() {
    let output = Command::new(support::tools::envoy_binary().unwrap())
        .args(["--mode", "validate", "--config-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/envoy/sluice.yaml"))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(!log.contains("deprecated"), "{log}");
}

#[test]
fn examples_are_yaml_and_name_what_sluice_says() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/envoy");
    let mut named = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for event in granit_parser::Parser::new_from_str(&text) {
            assert!(event.is_ok(), "{}: {event:?}", path.display());
        }
        let beginnings = [
            "DYNAMIC_METADATA(sluice:",
            "key: sluice, path: [{key: ",
            "filter: sluice\n                    path: [{key: ",
            "metadata.filter_metadata['sluice']['",
        ];
        for beginning in beginnings {
            for field in text.split(beginning).skip(1) {
                let end = field.find([')', '}', '\'']).unwrap();
                let field = &field[..end];
                assert!(FIELDS.contains(&field), "{}: {field}", path.display());
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
}

#[tokio::test]
async fn a_call_passes_and_leaves_a_line_in_the_access_log() {
    let house = House::new(Behaviour::Continue);
    let (status, kind, body) = house.call().await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::OK, "text/event-stream"),
        "{body}"
    );
    assert!(body.as_str().unwrap().contains("octocat"), "{body}");
    assert_eq!(house.github.github().executions("get_me"), 1);

    let line = loop {
        match house.envoy.access_log().pop() {
            Some(line) => break line,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(
        (&line["path"], &line["status"]),
        (&json!("/mcp/any"), &json!(200)),
        "{line}"
    );
}

#[tokio::test]
async fn with_nobody_at_the_tcp_address_nothing_passes() {
    // Nothing listens there, which Envoy learns over TCP.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let github = Github::start(Options::default()).unwrap();
    let config = Config::new(&Sluice::Tcp(nowhere), github.address()).unwrap();
    let envoy = Envoy::start(&config).unwrap();
    let answer = reqwest::Client::new()
        .post(envoy.url("/mcp/any"))
        .body("{}")
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn nothing_passes_when_the_processor_is_in_trouble() {
    let failures = [Behaviour::Silent, Behaviour::Fail, Behaviour::Confused];
    for behaviour in failures {
        let impatient = |config: Config| {
            config
                .replace("message_timeout: 5s", "message_timeout: 0.3s")
                .unwrap()
        };
        let house = House::with(behaviour, impatient);
        let (status, kind, body) = house.call().await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{behaviour:?}");
        assert_eq!(kind, "application/json", "{behaviour:?}");
        assert_eq!(
            body["error"]["code"],
            json!(-32603),
            "{behaviour:?}: {body}"
        );
        assert!(body.get("id").is_none(), "{behaviour:?}: {body}");
        assert_eq!(house.github.github().all_executions(), 0, "{behaviour:?}");
    }

    let mut house = House::new(Behaviour::Continue);
    let socket = house.processor.socket();
    house.processor = do_nothing::Running::start(Behaviour::Continue).unwrap();
    assert!(!socket.exists());
    let (status, kind, body) = house.call().await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "application/json")
    );
    assert_eq!(body["error"]["code"], json!(-32603), "{body}");
    assert_eq!(house.github.github().all_executions(), 0);
}

#[tokio::test]
async fn what_the_processor_answers_itself_is_left_alone() {
    for status in [200, 400, 404, 500, 503] {
        let house = House::new(Behaviour::Answer(status));
        let (answered, _, body) = house.call().await;
        assert_eq!(i32::from(answered.as_u16()), status);
        assert_eq!(body, json!({"from": "the processor"}), "{status}");
        assert_eq!(house.github.github().all_executions(), 0);
    }
}

#[tokio::test]
async fn a_body_may_have_5_mib_and_no_more() {
    let house = House::new(Behaviour::Continue);
    let whole = call("test_argument", json!({"data": ""})).to_string().len();
    for (length, status) in [
        (4 << 20, StatusCode::OK),
        (5 << 20, StatusCode::OK),
        ((5 << 20) + 1, StatusCode::PAYLOAD_TOO_LARGE),
        (20 << 20, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let before = house.github.github().all_executions();
        let body = call("test_argument", json!({"data": "x".repeat(length - whole)}));
        assert_eq!(body.to_string().len(), length);
        let answer = house.post("/mcp/any", &body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{length} bytes");
        let kind = answer.headers()["content-type"].clone();
        // The server executes while the answer is on its way already.
        let body = answer.text().await.unwrap();
        let executed = house.github.github().all_executions() - before;
        assert_eq!(
            executed,
            u64::from(status == StatusCode::OK),
            "{length} bytes: {body}"
        );
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            assert_eq!(kind, "application/json");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"]["code"], json!(-32600), "{body}");
        }
    }
}

#[tokio::test]
async fn an_unreachable_mcp_server_is_a_json_rpc_error_too() {
    let mut house = House::new(Behaviour::Continue);
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sluice = Sluice::Unix(house.processor.socket());
    house.envoy = Envoy::start(&Config::new(&sluice, nowhere).unwrap()).unwrap();
    let (status, kind, body) = house.call().await;
    assert_eq!(
        (status, kind.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "application/json")
    );
    assert_eq!(body["error"]["code"], json!(-32603), "{body}");
}

#[tokio::test]
async fn events_pass_one_by_one() {
    let house = House::new(Behaviour::Continue);
    let body = call("test_trickle", json!({"events": 4, "interval_ms": 250}));
    let began = Instant::now();
    let mut answer = house.post("/mcp/any", &body).send().await.unwrap();
    let mut arrivals = Vec::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        if String::from_utf8_lossy(&chunk).contains("notifications/progress") {
            arrivals.push(began.elapsed().as_millis());
        }
    }
    assert_eq!(arrivals.len(), 4, "{arrivals:?}");
    let gaps: Vec<u128> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        gaps.iter().all(|gap| (150..600).contains(gap)),
        "{arrivals:?}"
    );
}

#[tokio::test]
async fn a_path_has_one_spelling() {
    use support::raw;
    let house = House::new(Behaviour::Continue);
    let body = call("get_me", json!({})).to_string();
    // The path as sent; the status; the path that Sluice sees, if it is asked.
    let table: &[(&str, u16, Option<&str>)] = &[
        ("/mcp/triage", 200, Some("/mcp/triage")),
        (
            "/mcp/triage?x=/mcp/other",
            200,
            Some("/mcp/triage?x=/mcp/other"),
        ),
        ("/mcp/other/../triage", 200, Some("/mcp/triage")),
        ("/mcp/./triage", 200, Some("/mcp/triage")),
        ("/mcp/other/%2e%2e/triage", 200, Some("/mcp/triage")),
        ("/mcp/%74riage", 200, Some("/mcp/triage")),
        ("/mcp/other%2ftriage", 400, None),
        ("/mcp/other%5Ctriage", 400, None),
        ("/mcp/other\\..\\triage", 200, Some("/mcp/triage")),
        ("//mcp/triage", 404, Some("//mcp/triage")),
        ("/mcp//triage", 404, Some("/mcp//triage")),
        ("/mcp/triage/", 404, Some("/mcp/triage/")),
        ("/MCP/triage", 404, Some("/MCP/triage")),
        ("/mcp", 404, Some("/mcp")),
        ("/mcp/triage%00", 400, None),
        ("/mcp/triage;x", 404, Some("/mcp/triage;x")),
        ("/mcp/triage#x", 400, None),
        // The MCP server does not know this host, and says so.
        ("http://other.example/mcp/triage", 403, Some("/mcp/triage")),
    ];
    for &(path, status, seen) in table {
        let before = house.processor.seen().len();
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream"
        );
        let answer = raw::exchange(house.envoy.address(), &head, body.as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let now = house.processor.seen();
        let now = now.get(before).map(|seen| seen.headers[":path"].clone());
        assert_eq!(now.as_deref(), seen, "{path}");
    }
}

#[tokio::test]
async fn headers_that_envoy_and_sluice_act_on_are_not_a_clients_to_send() {
    let house = House::new(Behaviour::Continue);
    let send = |name: &'static str, value: &'static str| {
        house
            .post("/maintainer", &call("get_me", json!({})))
            .header(name, value)
            .send()
    };
    for name in [
        "x-sluice-route",
        "X-Sluice-Anything",
        "x-envoy-original-path",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-retry-on",
    ] {
        assert_eq!(send(name, "1").await.unwrap().status(), StatusCode::OK);
        let seen = house.processor.seen().pop().unwrap();
        assert!(
            !seen.headers.contains_key(&name.to_lowercase()),
            "{name}: {seen:?}"
        );
        assert_eq!(seen.route.as_deref(), Some("maintainer"));
    }
    assert_eq!(
        send("x-forwarded-for", "10.1.2.3").await.unwrap().status(),
        StatusCode::OK
    );
    let seen = house.processor.seen().pop().unwrap();
    assert!(
        !seen.headers["x-forwarded-for"].ends_with("10.1.2.3"),
        "{seen:?}"
    );
    let line = loop {
        match house.envoy.access_log().pop() {
            Some(line) => break line,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(line["client"], json!("127.0.0.1"));
    let head = "POST /maintainer HTTP/1.1\r\nmcp_session_id: 1";
    let answer = support::raw::exchange(house.envoy.address(), head, b"{}").unwrap();
    assert_eq!(answer.status, 0, "no answer at all: {answer:?}");
}

#[tokio::test]
async fn upgrades_are_refused() {
    let house = House::new(Behaviour::Continue);
    let head = "GET /mcp/any HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade, close";
    let answer = support::raw::exchange(house.envoy.address(), head, b"").unwrap();
    assert_eq!(answer.status, 403);
    assert_eq!(house.processor.seen().len(), 0, "Envoy refuses by itself");
}
