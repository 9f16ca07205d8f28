//! A client (rmcp) for the suite to examine, which is this same program once more.
//!
//! It lists everything that it finds and asks for all of it, with made-up arguments.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::ExitCode;

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationCapability, ErrorData, GetPromptRequestParams, Implementation,
    JsonObject, ProtocolVersion, ReadResourceRequestParams, Tool,
};
use rmcp::service::{RequestContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};

use crate::House;

/// In whose environment this is, that is a client.
const WAY: &str = "CONFORMANCE_CLIENT";

/// How the client gets to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the suite says.
    Direct,
    /// Through a Sluice and an Envoy of its own.
    ThroughSluice,
}

/// What makes a client of this program.
pub(crate) fn ask_for(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::Direct => (WAY, "direct"),
        Way::ThroughSluice => (WAY, "through sluice"),
    }
}

/// Is a client, if the environment says so: the suite adds the server's URL to the arguments.
pub(crate) fn main() -> Option<ExitCode> {
    let way = std::env::var_os(WAY)?;
    let url = std::env::args().next_back()?;
    let outcome = match way == OsStr::new(ask_for(Way::ThroughSluice).1) {
        true => through_sluice(&url),
        false => visit(&url),
    };
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The suite keeps it, and shows it when the scenario fails.
            drop(std::io::Write::write_all(
                &mut std::io::stderr(),
                error.as_bytes(),
            ));
            ExitCode::FAILURE
        }
    })
}

fn through_sluice(url: &str) -> Result<(), String> {
    let url = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let port = url.port().ok_or("the suite's servers have ports")?;
    let house = House::new(SocketAddr::from(([127, 0, 0, 1], port)), url.path())?;
    visit(&house.url())
}

fn visit(url: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let transport = StreamableHttpClientTransport::from_uri(url);
        let client = Visitor.serve_with_lifecycle(transport, lifecycle()).await;
        let client = client.map_err(|error| error.to_string())?;
        ask_for_everything(&client).await;
        client
            .cancel()
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    })
}

/// The way of life that belongs to the version that the suite examines.
fn lifecycle() -> ClientLifecycleMode {
    match std::env::var_os("MCP_CONFORMANCE_PROTOCOL_VERSION") {
        Some(version) if version == "2026-07-28" => ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        },
        _ => ClientLifecycleMode::Initialize,
    }
}

/// What fails is seen by the suite, if it matters.
async fn ask_for_everything(client: &RunningService<RoleClient, Visitor>) {
    let tools = client.list_all_tools().await.unwrap_or_default();
    for call in calls(&tools) {
        drop(client.call_tool(call).await);
    }
    for resource in client.list_all_resources().await.unwrap_or_default() {
        let read = ReadResourceRequestParams::new(resource.uri);
        drop(client.read_resource(read).await);
    }
    for prompt in client.list_all_prompts().await.unwrap_or_default() {
        let get = GetPromptRequestParams::new(prompt.name);
        drop(client.get_prompt(get).await);
    }
}

/// The calls that the scenario asks for, or one of each tool.
fn calls(tools: &[Tool]) -> Vec<CallToolRequestParams> {
    let context = std::env::var_os("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let context: Value = serde_json::from_str(&context.to_string_lossy()).unwrap_or_default();
    let call = |name: &str, arguments: JsonObject| {
        CallToolRequestParams::new(name.to_owned()).with_arguments(arguments)
    };
    match context.get("toolCalls").and_then(Value::as_array) {
        Some(asked) => asked
            .iter()
            .filter_map(|asked| {
                let name = asked.get("name")?.as_str()?;
                Some(call(name, asked.get("arguments")?.as_object()?.clone()))
            })
            .collect(),
        None => tools
            .iter()
            .map(|tool| {
                let mut arguments = make_up(&schema(tool));
                // One scenario wants to see what came of its schemas.
                if let (Some(shown), Some(first)) = (arguments.get_mut("schema"), tools.first()) {
                    *shown = schema(first);
                }
                call(&tool.name, arguments)
            })
            .collect(),
    }
}

fn schema(tool: &Tool) -> Value {
    Value::Object(tool.input_schema.as_ref().clone())
}

/// Values for the properties of a schema: their defaults, if they have some.
fn make_up(schema: &Value) -> JsonObject {
    let properties = schema.get("properties").and_then(Value::as_object);
    let value = |schema: &Value| {
        let kind = schema.get("type").and_then(Value::as_str);
        schema.get("default").cloned().unwrap_or(match kind {
            Some("number" | "integer") => json!(5),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!("x"),
        })
    };
    let properties = properties.into_iter().flatten();
    properties
        .map(|(name, schema)| (name.clone(), value(schema)))
        .collect()
}

/// The handler: accepts what it is asked.
#[derive(Debug, Clone)]
struct Visitor;

impl ClientHandler for Visitor {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(ElicitationCapability::default());
        ClientConfig::new(capabilities, Implementation::new("visitor", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams {
            requested_schema, ..
        } = request
        else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let schema = serde_json::to_value(requested_schema).unwrap_or_default();
        let content = Value::Object(make_up(&schema));
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(content))
    }
}
