//! The Rust SDK as a client, with the same jobs and reports as the scripts.

#![expect(
    deprecated,
    reason = "what newer versions of MCP drop, older ones still have"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, CreateMessageRequestParams,
    CreateMessageResult, ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData,
    GetPromptRequestParams, Implementation, LoggingLevel, LoggingMessageNotificationParam,
    ProgressNotificationParam, ProtocolVersion, ReadResourceRequestParams, RequestMetaObject,
    SamplingMessage,
};
use rmcp::service::{NotificationContext, RequestContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceError};
use serde::Serialize;
use serde_json::{Value, json};

/// How long a step may take, unless the job says.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a client shakes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// As up to 2025-11-25.
    Initialize,
    /// As since 2026-07-28.
    Discover,
}

impl Lifecycle {
    fn mode(self) -> ClientLifecycleMode {
        match self {
            Self::Initialize => ClientLifecycleMode::Initialize,
            Self::Discover => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        }
    }

    /// Does a job, and says what came of it.
    ///
    /// # Errors
    /// When there is no runtime for it.
    pub(crate) fn run(self, job: &Value) -> Result<Value, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(runtime.block_on(report(self, job)))
    }
}

/// A client that keeps what it hears, and answers what it is asked.
#[derive(Debug, Clone, Default)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
    progress: Arc<Mutex<Vec<String>>>,
}

impl Ear {
    fn hear(&self, what: String) {
        self.heard.lock().unwrap().push(what);
    }
}

impl ClientHandler for Ear {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder();
        let capabilities = capabilities.enable_sampling().enable_elicitation().build();
        ClientConfig::new(capabilities, Implementation::new("interop", "1"))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let message = params.message.unwrap_or_default();
        self.progress.lock().unwrap().push(message);
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let text = params.data.as_str().map(str::to_owned);
        let text = text.unwrap_or_else(|| params.data.to_string());
        self.hear(format!("log: {text}"));
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.hear("tools changed".to_owned());
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let asked = serde_json::to_value(&params.messages).unwrap_or_default();
        let content = &asked[0]["content"];
        let text = content["text"].as_str().or(content[0]["text"].as_str());
        self.hear(format!("sampling: {}", text.unwrap_or_default()));
        let message = SamplingMessage::assistant_text("The model says yes.");
        let mut result = CreateMessageResult::new(message, "fixed".to_owned());
        result.stop_reason = Some(CreateMessageResult::STOP_REASON_END_TURN.to_owned());
        Ok(result)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let asked = serde_json::to_value(&params).unwrap_or_default();
        let text = asked["message"].as_str().unwrap_or_default();
        self.hear(format!("elicitation: {text}"));
        let answer = json!({"answer": "The user says yes."});
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(answer))
    }
}

type Client = RunningService<RoleClient, Ear>;

async fn report(lifecycle: Lifecycle, job: &Value) -> Value {
    let url = job["url"].as_str().unwrap_or_default().to_owned();
    let transport = StreamableHttpClientTransport::from_uri(url);
    let ear = Ear::default();
    let client = ear
        .clone()
        .serve_with_lifecycle(transport, lifecycle.mode());
    let client = match tokio::time::timeout(PATIENCE, client).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return json!({"failed": format!("{error:?}")}),
        Err(_) => return json!({"failed": "no answer to the first message"}),
    };
    let patience = job["patience"].as_f64();
    let patience = patience.map_or(PATIENCE, Duration::from_secs_f64);
    let mut steps = Vec::new();
    for step in job["steps"].as_array().into_iter().flatten() {
        let modern = lifecycle == Lifecycle::Discover;
        steps.push(take(&client, &ear, step, modern, patience).await);
    }
    let info = client.peer().peer_info();
    let version = info.as_ref().map(|info| info.protocol_version.to_string());
    let instructions = info.and_then(|info| info.instructions.clone());
    drop(client.cancel().await);
    let heard = ear.heard.lock().unwrap().clone();
    json!({"version": version, "instructions": instructions, "steps": steps, "heard": heard})
}

async fn take(client: &Client, ear: &Ear, step: &Value, modern: bool, patience: Duration) -> Value {
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let arguments = step["arguments"].as_object().cloned().unwrap_or_default();
    match text("do").as_str() {
        "list" => match text("what").as_str() {
            "tools" => outcome(client.list_all_tools(), patience).await,
            "prompts" => outcome(client.list_all_prompts(), patience).await,
            "resources" => outcome(client.list_all_resources(), patience).await,
            "resourceTemplates" => outcome(client.list_all_resource_templates(), patience).await,
            other => json!({"unstructured": format!("no such list: {other}")}),
        },
        "prompt" => {
            let params = GetPromptRequestParams::new(text("name")).with_arguments(arguments);
            outcome(client.get_prompt(params), patience).await
        }
        "read" => {
            outcome(
                client.read_resource(ReadResourceRequestParams::new(text("uri"))),
                patience,
            )
            .await
        }
        "call" => {
            ear.progress.lock().unwrap().clear();
            let params = params(&text("name"), step, modern);
            let mut done = outcome(client.call_tool(params), patience).await;
            wait_for_progress(ear, step).await;
            done["progress"] = json!(ear.progress.lock().unwrap().clone());
            done
        }
        "cancel" => {
            let after = Duration::from_secs_f64(step["after"].as_f64().unwrap_or_default());
            let params = params(&text("name"), step, modern);
            // A request whose future is dropped is cancelled.
            match tokio::time::timeout(after, client.call_tool(params)).await {
                Ok(result) => told(result),
                Err(_) => json!({"result": "cancelled"}),
            }
        }
        other => json!({"unstructured": format!("no such step: {other}")}),
    }
}

fn params(tool: &str, step: &Value, modern: bool) -> CallToolRequestParams {
    let arguments = step["arguments"].as_object().cloned().unwrap_or_default();
    let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    if modern {
        // Since 2026-07-28 a server says only what a request asks it to say.
        let mut meta = RequestMetaObject::default();
        meta.set_log_level(LoggingLevel::Info);
        params.meta = Some(meta);
    }
    params
}

/// Progress is told beside the result: the last message of it may come a little later.
async fn wait_for_progress(ear: &Ear, step: &Value) {
    let wanted = step["arguments"]["number"].as_u64().unwrap_or_default();
    for _ in 0..50 {
        if ear.progress.lock().unwrap().len() as u64 >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn outcome<T: Serialize>(
    step: impl Future<Output = Result<T, ServiceError>>,
    patience: Duration,
) -> Value {
    match tokio::time::timeout(patience, step).await {
        Ok(result) => told(result),
        Err(_) => json!({"unstructured": format!("no answer within {} s", patience.as_secs_f64())}),
    }
}

fn told<T: Serialize>(result: Result<T, ServiceError>) -> Value {
    match result {
        Ok(result) => json!({"result": serde_json::to_value(result).unwrap_or_default()}),
        Err(ServiceError::McpError(error)) => json!({"error": error}),
        Err(error) => json!({"unstructured": error.to_string()}),
    }
}
