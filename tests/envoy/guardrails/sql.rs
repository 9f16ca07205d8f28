//! The story of the tool that runs SQL: a model that asks for too much is told so, and one that asks
//! well gets as many rows as are good for it.

use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clients::{connect, discover, initialize, params};
use crate::house::{Answer, envoy_to, post, sluice};
use crate::message::{call, modern};

const MANIFEST: &str = r#"
guardrails:
  good-sql:
    type: sql
    tools: [sql_query]
    operation: mutate
    arguments: [query]
    dialect: postgres
    tables: {allow: [users, orders]}
    columns: {deny: [users.ssn]}
    select_star: deny
    require_limit: 100
    message: "Ask for what you need. {{guardrail_message}}"
servers:
  warehouse: {}
virtual_servers:
  analyst:
    match: {path: /mcp/analyst}
    servers: [{name: warehouse, enabled_tools: [sql_query]}]
    mcp_tool_pre_invoke_guardrails: [good-sql]
"#;

/// An MCP server that repeats the SQL that it would have run, until this is dropped.
struct Warehouse {
    address: SocketAddr,
    ran: Arc<Mutex<Vec<String>>>,
    _stop: oneshot::Sender<()>,
}

#[derive(Clone, Default)]
struct Handler {
    ran: Arc<Mutex<Vec<String>>>,
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
        });
        let schema = Arc::new(schema.as_object().unwrap().clone());
        let tool = Tool::new("sql_query", "Runs SQL.", schema);
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let query = arguments["query"].as_str().unwrap().to_owned();
        self.ran.lock().unwrap().push(query.clone());
        Ok(CallToolResult::success(vec![ContentBlock::text(query)]).into())
    }
}

impl Warehouse {
    fn start() -> Self {
        let handler = Handler::default();
        let ran = Arc::clone(&handler.ran);
        let (started, starts) = channel();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let serve = async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                started.send(listener.local_addr().unwrap()).unwrap();
                let config = StreamableHttpServerConfig::default()
                    .with_legacy_session_mode(false)
                    .with_json_response(true);
                let sessions = Arc::new(LocalSessionManager::default());
                let service =
                    StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
                let router = axum::Router::new().nest_service("/mcp", service);
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(serve);
        });
        Self {
            address: starts.recv().unwrap(),
            ran,
            _stop: stop,
        }
    }

    fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }
}

/// What is refused, and what the model is told.
const REFUSED: [(&str, &str); 5] = [
    ("SELECT * FROM users", "name the columns that are needed"),
    (
        "SELECT name, ssn FROM users",
        "the column `ssn` may not be used",
    ),
    (
        "SELECT name FROM users; DROP TABLE users",
        "send one at a time",
    ),
    ("DROP TABLE users", "allowed is select"),
    (
        "SELECT usename FROM pg_shadow",
        "those that may be are `users`, `orders`",
    ),
];

/// What is run, and as what.
const RUN: [(&str, &str); 3] = [
    (
        "SELECT name FROM users LIMIT 10",
        "SELECT name FROM users LIMIT 10",
    ),
    (
        "SELECT name FROM users -- all",
        "SELECT name FROM users LIMIT 100 -- all",
    ),
    (
        "SELECT name FROM users LIMIT 5000",
        "SELECT name FROM users LIMIT 100",
    ),
];

#[tokio::test]
async fn a_model_that_asks_for_too_much_is_told_so() {
    let warehouse = Warehouse::start();
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, warehouse.address);
    let url = envoy.url("/mcp/analyst");

    for lifecycle in [initialize(), discover()] {
        let client = connect(&url, lifecycle).await;
        for (query, told) in REFUSED {
            let result = client
                .call_tool(params("sql_query", &json!({"query": query})))
                .await;
            let result = result.unwrap();
            assert_eq!(result.is_error, Some(true), "{query}");
            let text = serde_json::to_value(&result.content).unwrap()[0]["text"].clone();
            let text = text.as_str().unwrap();
            assert!(
                text.starts_with("Ask for what you need. the SQL in"),
                "{text}"
            );
            assert!(text.contains(told), "{text}");
        }
        assert_eq!(warehouse.ran(), [""; 0]);
        for (query, run) in RUN {
            let result = client
                .call_tool(params("sql_query", &json!({"query": query})))
                .await;
            let result = serde_json::to_value(result.unwrap()).unwrap();
            assert_eq!(result["content"][0]["text"], run);
        }
        assert_eq!(warehouse.ran(), RUN.map(|(_, run)| run));
        warehouse.ran.lock().unwrap().clear();
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn what_the_server_gets_is_the_message_but_for_the_sql() {
    let warehouse = Warehouse::start();
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, warehouse.address);
    let client = reqwest::Client::new();
    let url = envoy.url("/mcp/analyst");
    for message in [
        call(1, "sql_query", json!({"query": "SELECT name FROM users"})),
        modern(call(
            "x",
            "sql_query",
            json!({"query": "SELECT name FROM users"}),
        )),
    ] {
        let answer = Answer::of(post(&client, &url, &message)).await;
        let told: Value = answer.message();
        assert_eq!(told["id"], message["id"], "{told}");
        let text = &told["result"]["content"][0]["text"];
        assert_eq!(text, "SELECT name FROM users LIMIT 100", "{told}");
    }
    // Before 2025-11-25 a refused argument is an error of the protocol.
    let star = call(2, "sql_query", json!({"query": "SELECT * FROM users"}));
    let request = client
        .post(&url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .body(star.to_string());
    let told = Answer::of(request).await.message();
    assert_eq!(told["error"]["code"], -32602, "{told}");
    assert_eq!(
        told["error"]["data"]["reason"], "guardrail_violation",
        "{told}"
    );
    assert_eq!(warehouse.ran().len(), 2);
}
