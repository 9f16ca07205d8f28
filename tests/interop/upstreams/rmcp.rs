//! rmcp as a server of the test world, in this process.

#![expect(
    deprecated,
    reason = "clients before 2026-07-28 get logs and are asked by requests"
)]

mod asks;
mod lists;

use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, ListPromptsResult, ListResourcesResult,
    ListToolsResult, LoggingLevel, LoggingMessageNotificationParam, PaginatedRequestParams,
    ProgressNotificationParam, PromptMessage, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ResourceContents, Role, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscriptionFilter, Tool,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, oneshot};

use super::HIDDEN;

/// The server, until this is dropped.
#[derive(Debug)]
pub(crate) struct Rmcp {
    address: SocketAddr,
    executed: Executed,
    /// Dropping it ends the server.
    _stop: oneshot::Sender<()>,
}

/// What was executed, in order.
#[derive(Debug, Clone, Default)]
struct Executed(Arc<Mutex<Vec<String>>>);

impl Executed {
    fn push(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.to_owned());
    }

    fn all(&self) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.clone()
    }
}

/// Starts it: `sessions`, `stateless`, or `json`, which is stateless too.
///
/// # Errors
/// A sentence for a person.
pub(super) fn start(mode: &str) -> Result<Rmcp, String> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(mode == "sessions")
        .with_json_response(mode == "json");
    let repositories = Repositories {
        asks: mode == "sessions",
        executed: Executed::default(),
        news: broadcast::Sender::new(16),
    };
    let executed = repositories.executed.clone();
    let (started, starts) = channel();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let serve = async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            started.send(address).map_err(std::io::Error::other)?;
            tokio::select! {
                served = serve(repositories, config, listener) => served,
                _ = stopped => Ok(()),
            }
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // An error is told by the sender, which goes with it.
        drop(
            runtime
                .enable_all()
                .build()
                .map(|runtime| runtime.block_on(serve)),
        );
    });
    let address = starts.recv();
    Ok(Rmcp {
        address: address.map_err(|error| format!("cannot start the server: {error}"))?,
        executed,
        _stop: stop,
    })
}

async fn serve(
    repositories: Repositories,
    config: StreamableHttpServerConfig,
    listener: TcpListener,
) -> std::io::Result<()> {
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(repositories.clone()), sessions, config);
    let router = axum::Router::new().nest_service("/mcp", service);
    axum::serve(listener, router).await
}

impl Rmcp {
    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it executed, in order.
    pub(super) fn executed(&self) -> Vec<String> {
        self.executed.all()
    }
}

/// The handler.
#[derive(Debug, Clone)]
struct Repositories {
    /// Whether clients before 2026-07-28 can be asked; without a session their answer is lost.
    asks: bool,
    executed: Executed,
    /// Tells those who listen that the tools have changed.
    news: broadcast::Sender<()>,
}

type Context = RequestContext<RoleServer>;

impl Repositories {
    async fn call(&self, request: CallToolRequestParams, context: Context) -> CallToolResponse {
        let arguments = Arguments(request.arguments.clone().unwrap_or_default());
        let name = request.name.as_ref();
        if !matches!(name, "ask_model" | "ask_user") {
            self.executed.push(name);
        }
        let answer = match name {
            "get_repo" => {
                let found = json!({"name": arguments.text("name"), "visibility": "public"});
                return CallToolResult::structured(found).into();
            }
            "search_repos" => {
                let found = |number| format!("{}-{number}", arguments.text("query"));
                let found = [0, 1, 2].map(|number| ContentBlock::text(found(number)));
                return CallToolResult::success(found.into()).into();
            }
            "count_to" => count(arguments.number("number"), &context).await,
            "say" => say(&arguments.text("text"), &context).await,
            "wait" => self.wait(arguments.number("seconds"), &context).await,
            "announce" => self.announce(&context).await,
            "ask_model" | "ask_user" => return self.ask(request, context).await,
            "delete_repo" => Ok(format!("{} is deleted. {HIDDEN}", arguments.text("name"))),
            _ => Err("no luck".to_owned()),
        };
        match answer {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]).into(),
            Err(text) => CallToolResult::error(vec![ContentBlock::text(text)]).into(),
        }
    }

    async fn announce(&self, context: &Context) -> Result<String, String> {
        if asks::is_modern(context) {
            // There is none to tell where nobody listens.
            drop(self.news.send(()));
        } else {
            let told = context.peer.notify_tool_list_changed().await;
            told.map_err(|error| error.to_string())?;
        }
        Ok("announced".to_owned())
    }

    async fn wait(&self, seconds: u64, context: &Context) -> Result<String, String> {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => Ok("waited".to_owned()),
            () = context.ct.cancelled() => {
                self.executed.push("wait cancelled");
                Err("cancelled".to_owned())
            }
        }
    }

    fn tools(&self, context: &Context) -> Vec<Tool> {
        let is_asked =
            |tool: &Tool| !tool.name.starts_with("ask_") || self.asks || asks::is_modern(context);
        lists::tools().into_iter().filter(is_asked).collect()
    }
}

/// Reports as many steps.
async fn count(number: u64, context: &Context) -> Result<String, String> {
    let Some(token) = context.meta.get_progress_token() else {
        return Ok("done".to_owned());
    };
    for step in 1..=number {
        #[expect(
            clippy::cast_precision_loss,
            reason = "progress is a float, and this is small"
        )]
        let progress = ProgressNotificationParam::new(token.clone(), step as f64)
            .with_message(format!("step {step}"));
        let told = context.peer.notify_progress(progress).await;
        told.map_err(|error| error.to_string())?;
    }
    Ok("done".to_owned())
}

/// Logs a text.
async fn say(text: &str, context: &Context) -> Result<String, String> {
    let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(text));
    let told = context.peer.notify_logging_message(message).await;
    told.map(|()| "said".to_owned())
        .map_err(|error| error.to_string())
}

/// What a tool is called with. What is missing is empty.
struct Arguments(Map<String, Value>);

impl Arguments {
    fn text(&self, name: &str) -> String {
        let text = self.0.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    fn number(&self, name: &str) -> u64 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or_default()
    }
}

impl ServerHandler for Repositories {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("repositories", "1"))
            .with_instructions(format!(
                "Look with get_repo. Never call delete_repo. {HIDDEN}"
            ))
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: Context,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut news = self.news.subscribe();
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                Ok(()) = news.recv() => {
                    // Who does not listen any more is cancelled next.
                    context.sink().notify_tool_list_changed().await.ok();
                }
            }
        }
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools(&context)))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let tools = self.tools(&context);
        match tools.iter().any(|tool| tool.name == request.name) {
            true => Ok(self.call(request, context).await),
            false => Err(ErrorData::invalid_params("tool not found", None)),
        }
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(lists::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = Arguments(request.arguments.unwrap_or_default());
        let text = match request.name.as_str() {
            "summarize" => format!("Summarize {}.", arguments.text("name")),
            "clean_up" => format!("Delete it all. {HIDDEN}"),
            _ => return Err(ErrorData::invalid_params("prompt not found", None)),
        };
        self.executed.push(&request.name);
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(lists::resources()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let text = match request.uri.as_str() {
            "repo://octo-org/readme" => "# Hello",
            "secret://octo-org/key" => HIDDEN,
            _ => return Err(ErrorData::resource_not_found("no such resource", None)),
        };
        self.executed.push(&request.uri);
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into())
    }
}
