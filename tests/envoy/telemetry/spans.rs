//! The spans of an agent's turn, as a collector has them in the end.

use serde_json::{Value, json};

use super::collector::{Collector, Span};
use crate::house::{Answer, post, sluice};
use crate::message::{call, legacy, modern};
use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::{Process, Setup};
use crate::upstream::{Arrived, Upstream, Wire, json as json_answer, plain};

const MANIFEST: &str = r#"
guardrails:
  good-sql:
    type: sql
    tools: [sql_query]
    operation: mutate
    arguments: [query]
    dialect: postgres
    require_limit: 100
  no-addresses:
    type: redact
    entities: [email]
servers:
  warehouse: {}
virtual_servers:
  analyst:
    match: {path: /mcp/analyst}
    servers: [{name: warehouse, enabled_tools: [sql_query, fails, is_wrong, is_down]}]
    mcp_tool_pre_invoke_guardrails: [good-sql]
    mcp_tool_post_invoke_guardrails: [no-addresses]
  told:
    match: {path: /mcp/told}
    servers: [{name: warehouse, enabled_tools: [sql_query]}]
    telemetry: {payloads: [arguments, results], max_payload_bytes: 120}
  told-arguments:
    match: {path: /mcp/told-arguments}
    servers: [{name: warehouse, enabled_tools: [sql_query]}]
    telemetry: {payloads: [arguments]}
"#;

/// The trace of the agent, and its spans.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TURN: &str = "b7ad6b7169203331";
const CALL: &str = "00f067aa0ba902b7";

/// What spans of MCP may say, by OpenTelemetry's conventions.
const CONVENTIONS: &[&str] = &[
    "mcp.method.name",
    "error.type",
    "gen_ai.tool.name",
    "gen_ai.prompt.name",
    "jsonrpc.request.id",
    "mcp.resource.uri",
    "rpc.response.status_code",
    "gen_ai.operation.name",
    "jsonrpc.protocol.version",
    "mcp.protocol.version",
    "mcp.session.id",
    "network.protocol.name",
    "network.protocol.version",
    "network.transport",
    "server.address",
    "server.port",
    "client.address",
    "client.port",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "http.request.method",
];

/// What Sluice says besides.
const OWN: &[&str] = &[
    "sluice.virtual_server",
    "sluice.server",
    "sluice.decision",
    "sluice.reason",
    "sluice.rule",
    "sluice.findings",
    "sluice.guardrail",
    "sluice.phase",
    "sluice.strategy",
    "sluice.outcome",
];

fn parent(span: &str) -> String {
    format!("00-{TRACE}-{span}-01")
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An MCP server whose tools do what their names say.
fn warehouse(arrived: &Arrived) -> Wire {
    let message: Value = serde_json::from_str(&arrived.body).unwrap();
    let id = &message["id"];
    let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    let answer = match (
        message["method"].as_str(),
        message["params"]["name"].as_str(),
    ) {
        (Some("tools/list"), _) => {
            json!({"result": {"tools": [{"name": "sql_query", "inputSchema": {"type": "object"}}]}})
        }
        (_, Some("fails")) => {
            let mut result = text("the table is gone");
            result["isError"] = json!(true);
            json!({"result": result})
        }
        (_, Some("is_wrong")) => json!({"error": {"code": -32000, "message": "no such thing"}}),
        (_, Some("is_down")) => return plain("500 Internal Server Error", "down"),
        _ => json!({"result": text("ada@example.com has 3 orders")}),
    };
    let mut answer = answer;
    answer["jsonrpc"] = json!("2.0");
    answer["id"] = id.clone();
    json_answer(answer.to_string())
}

/// What stands between the agent and its tools.
struct Place {
    upstream: Upstream,
    sluice: Process,
    envoy: Envoy,
    client: reqwest::Client,
}

impl Place {
    fn new(setup: &Setup, change: impl FnOnce(Config) -> Config) -> Self {
        let upstream = Upstream::answering(warehouse);
        let sluice = setup.start().unwrap();
        let config = Config::new(&sluice.unix(), upstream.address()).unwrap();
        Self {
            envoy: Envoy::start(&change(config)).unwrap(),
            upstream,
            sluice,
            client: reqwest::Client::new(),
        }
    }

    fn request(&self, message: &Value) -> reqwest::RequestBuilder {
        post(&self.client, &self.envoy.url("/mcp/analyst"), message)
    }

    async fn ask(&self, message: &Value) -> Answer {
        Answer::of(self.request(message)).await
    }
}

fn query(id: u32) -> Value {
    call(id, "sql_query", json!({"query": "SELECT name FROM users"}))
}

/// The one span with this name.
fn one<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let mut found = spans.iter().filter(|span| span.name() == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("no `{name}` in {spans:#?}"));
    assert!(found.next().is_none(), "several `{name}` in {spans:#?}");
    span
}

#[tokio::test]
async fn a_turn_is_one_trace_in_which_every_span_has_its_parent() {
    let collector = Collector::start();
    let place = Place::new(&collector.give(sluice(MANIFEST)), |config| {
        collector.traced(config)
    });
    // A list that says in HTTP what it is part of, and a call that says so itself too.
    let list = legacy(1, "tools/list", json!({}));
    let list = place.request(&list).header("traceparent", parent(TURN));
    assert_eq!(Answer::of(list).await.status, 200);
    let mut message = modern(query(2));
    message["params"]["_meta"]["traceparent"] = json!(parent(CALL));
    let called = place.request(&message).header("traceparent", parent(TURN));
    assert_eq!(Answer::of(called).await.status, 200);

    let servers = collector.wait("sluice", "tools/call sql_query", 2).await;
    collector.wait("envoy", "ingress", 2).await;
    let spans = collector.spans();
    for span in &spans {
        assert_eq!(hex(&span.proto.trace_id), TRACE, "{span:#?}");
    }

    let call = servers.iter().find(|span| span.proto.kind == 2).unwrap();
    assert_eq!(hex(call.parent()), CALL);
    let [link] = call.proto.links.as_slice() else {
        panic!("{call:#?}");
    };
    let envoys = |id: &[u8]| {
        let mut spans = spans.iter().filter(|span| span.service == "envoy");
        let found = spans.find(|span| span.id() == id);
        found.unwrap_or_else(|| panic!("Envoy has no span {}", hex(id)))
    };
    let asks = envoys(&link.span_id);
    assert!(asks.name().contains("ExternalProcessor"), "{asks:#?}");
    assert_eq!(hex(envoys(asks.parent()).parent()), TURN);

    let list = collector.wait("sluice", "tools/list", 2).await;
    let list = list.iter().find(|span| span.proto.kind == 2).unwrap();
    assert!(list.proto.links.is_empty());
    let asks = envoys(list.parent());
    assert!(asks.name().contains("ExternalProcessor"), "{asks:#?}");
    assert_eq!(hex(envoys(asks.parent()).parent()), TURN);

    let children: Vec<_> = spans
        .iter()
        .filter(|span| span.parent() == call.id())
        .cloned()
        .collect();
    let mut names: Vec<_> = children.iter().map(Span::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names,
        [
            "guardrail good-sql",
            "guardrail no-addresses",
            "policy",
            "tools/call sql_query"
        ]
    );
    let waits = one(&children, "tools/call sql_query");
    assert_eq!(waits.proto.kind, 3);
    assert!(children.iter().map(Span::took).sum::<u64>() <= call.took());
    // The upstream was told the span that waits for it.
    let arrived = place.upstream.arrived();
    let told: Value = serde_json::from_str(&arrived[1].body).unwrap();
    let told = told["params"]["_meta"]["traceparent"].as_str().unwrap();
    assert_eq!(told, parent(&hex(waits.id())));
}

#[tokio::test]
async fn attributes_are_those_of_the_conventions() {
    let collector = Collector::start();
    let place = Place::new(&collector.give(sluice(MANIFEST)), |config| config);
    let mut message = modern(query(7));
    message["params"]["_meta"]["traceparent"] = json!(parent(CALL));
    assert_eq!(place.ask(&message).await.status, 200);
    let spans = collector.wait("sluice", "tools/call sql_query", 2).await;
    let server = spans.iter().find(|span| span.proto.kind == 2).unwrap();
    let expected = json!({
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "sql_query",
        "gen_ai.operation.name": "execute_tool",
        "jsonrpc.request.id": "7",
        "mcp.protocol.version": "2026-07-28",
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "sluice.virtual_server": "analyst",
        "sluice.server": "warehouse",
        "sluice.decision": "allow",
        "sluice.rule": "virtual_servers.analyst.servers[0].enabled_tools[0]",
        "sluice.findings": [
            "good-sql: sql_limit at $.query: change",
            "no-addresses: email at $.content[0].text: redact",
        ],
    });
    assert_eq!(json!(server.attributes), expected);
    assert_eq!(server.status(), (0, ""));
    let client = spans.iter().find(|span| span.proto.kind == 3).unwrap();
    assert_eq!(client.attributes["server.address"], "warehouse");
    let spans = collector.spans();
    let looked = one(&spans, "guardrail no-addresses");
    let expected = json!({
        "sluice.guardrail": "no-addresses",
        "sluice.phase": "result",
        "sluice.strategy": "enforce",
        "sluice.outcome": "changed",
        "sluice.findings": ["no-addresses: email at $.content[0].text: redact"],
    });
    assert_eq!(json!(looked.attributes), expected);
    for span in &spans {
        for name in span.attributes.keys() {
            let known = CONVENTIONS.contains(&name.as_str()) || OWN.contains(&name.as_str());
            assert!(known, "`{name}` is in no convention");
        }
        let text = format!("{:?}", span.proto);
        assert!(
            !text.contains("SELECT") && !text.contains("orders"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_fails_is_marked_however_it_says_so() {
    let collector = Collector::start();
    let place = Place::new(&collector.give_by_http(sluice(MANIFEST)), |config| config);
    let rows = [
        ("sql_query", None, None),
        ("fails", Some("tool_error"), None),
        ("is_wrong", Some("-32000"), Some("-32000")),
        ("is_down", Some("-32603"), Some("-32603")),
        ("drop_table", Some("-32602"), Some("-32602")),
    ];
    for (tool, kind, code) in rows {
        let arguments = json!({"query": "SELECT name FROM users LIMIT 1"});
        place.ask(&call(1, tool, arguments)).await;
        let name = format!("tools/call {tool}");
        let spans = collector.wait("sluice", &name, 1).await;
        let server = spans.iter().find(|span| span.proto.kind == 2).unwrap();
        let text = |name: &str| server.attributes.get(name).and_then(Value::as_str);
        assert_eq!(text("error.type"), kind, "{tool}");
        assert_eq!(text("rpc.response.status_code"), code, "{tool}");
        assert_eq!(server.status().0 == 2, kind.is_some(), "{tool}");
    }
    let refused = collector.wait("sluice", "tools/call drop_table", 1).await;
    let [refused] = refused.as_slice() else {
        panic!("the upstream was not asked: {refused:#?}");
    };
    assert_eq!(refused.attributes["sluice.decision"], "deny");
    assert_eq!(refused.attributes["sluice.reason"], "tool_not_enabled");
    assert!(!refused.status().1.is_empty());
}

#[tokio::test]
async fn the_upstream_is_told_in_header_and_message() {
    let collector = Collector::start();
    let place = Place::new(&collector.give(sluice(MANIFEST)), |config| config);
    let mut message = modern(query(1));
    message["params"]["_meta"]["traceparent"] = json!(parent(CALL));
    message["params"]["_meta"]["tracestate"] = json!("vendor=1");
    place.ask(&message).await;
    // Who is in no trace begins one, and an old message has no place for it.
    place.ask(&query(2)).await;
    let waits = collector.wait("sluice", "tools/call sql_query", 4).await;
    let mut waits: Vec<_> = waits.iter().filter(|span| span.proto.kind == 3).collect();
    waits.sort_by_key(|span| span.proto.start_time_unix_nano);
    let arrived = place.upstream.arrived();
    for (arrived, waits) in arrived.iter().zip(&waits) {
        let (trace, span) = (hex(&waits.proto.trace_id), hex(waits.id()));
        let told = format!("00-{trace}-{span}-01");
        assert_eq!(arrived.header("traceparent"), Some(told.as_str()));
    }
    let body: Value = serde_json::from_str(&arrived[0].body).unwrap();
    let envelope = &body["params"]["_meta"];
    assert_eq!(envelope["traceparent"], parent(&hex(waits[0].id())));
    assert_eq!(envelope["tracestate"], "vendor=1");
    assert_eq!(arrived[0].header("tracestate"), Some("vendor=1"));
    let body: Value = serde_json::from_str(&arrived[1].body).unwrap();
    assert_eq!(body["params"].get("_meta"), None);
    assert_ne!(waits[0].proto.trace_id, waits[1].proto.trace_id);
}

#[tokio::test]
async fn what_the_parent_does_not_record_nobody_does() {
    let collector = Collector::start();
    let place = Place::new(&collector.give(sluice(MANIFEST)), |config| config);
    let unsampled = format!("00-{TRACE}-{CALL}-00");
    let asked = place.request(&query(1)).header("traceparent", &unsampled);
    assert_eq!(Answer::of(asked).await.status, 200);
    let told = place.upstream.arrived();
    assert_eq!(told[0].header("traceparent"), Some(unsampled.as_str()));
    place.ask(&query(2)).await;
    let spans = collector.wait("sluice", "tools/call sql_query", 2).await;
    assert!(spans.iter().all(|span| hex(&span.proto.trace_id) != TRACE));
}

#[tokio::test]
async fn what_waits_is_sent_when_sluice_ends() {
    let collector = Collector::start();
    let setup = collector.give(sluice(MANIFEST));
    let setup = setup.environment("OTEL_BSP_SCHEDULE_DELAY", "600000");
    let setup = setup.environment("OTEL_SERVICE_NAME", "gateway");
    let place = Place::new(&setup, |config| config);
    place.ask(&query(1)).await;
    assert_eq!(collector.spans().len(), 0);
    place.sluice.signal("TERM").unwrap();
    collector.wait("gateway", "tools/call sql_query", 2).await;
}

#[tokio::test]
async fn what_calls_carry_is_told_where_the_manifest_says_so_and_redacted() {
    let collector = Collector::start();
    let place = Place::new(&collector.give(sluice(MANIFEST)), |config| config);
    let card = concat!("4111 1111 ", "1111 1111");
    let sql = format!("SELECT name FROM users WHERE card = '{card}'");
    let long = format!("SELECT '{}'", "x".repeat(200));
    let huge = format!("SELECT '{}'", "x".repeat(70 << 10));
    let mut told = Vec::new();
    for (index, (path, sql)) in [
        ("/mcp/told", &sql),
        ("/mcp/told-arguments", &sql),
        ("/mcp/analyst", &sql),
        ("/mcp/told", &long),
        ("/mcp/told", &huge),
    ]
    .into_iter()
    .enumerate()
    {
        let message = call(1, "sql_query", json!({"query": sql}));
        let url = place.envoy.url(path);
        let answer = Answer::of(post(&place.client, &url, &message)).await;
        assert_eq!(answer.status, 200);
        let spans = collector
            .wait("sluice", "tools/call sql_query", 2 * (index + 1))
            .await;
        let mut servers: Vec<_> = spans.iter().filter(|span| span.proto.kind == 2).collect();
        servers.sort_by_key(|span| span.proto.start_time_unix_nano);
        let attributes = &servers[index].attributes;
        let text = |name: &str| {
            attributes
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        told.push((
            text("gen_ai.tool.call.arguments"),
            text("gen_ai.tool.call.result"),
        ));
    }
    let sql = r#"{"query":"SELECT name FROM users WHERE card = '[credit_card]'"}"#;
    let result = r#"{"content":[{"text":"[email] has 3 orders","type":"text"}]}"#;
    assert_eq!(told[0], (Some(sql.to_owned()), Some(result.to_owned())));
    assert_eq!(told[1], (Some(sql.to_owned()), None));
    assert_eq!(told[2], (None, None));
    let cut = told[3].0.as_deref().unwrap();
    assert!(
        cut.starts_with(r#"{"query":"SELECT 'xxx"#) && cut.ends_with("x… [221 bytes]"),
        "{cut}"
    );
    assert!(cut.len() < 140, "{cut}");
    let left_out = "[left out: too long to be redacted]";
    assert_eq!(told[4].0.as_deref(), Some(left_out));
    for span in collector.spans() {
        let text = format!("{:?}", span.proto);
        assert!(
            !text.contains(card) && !text.contains("ada@example.com"),
            "{text}"
        );
    }
}
