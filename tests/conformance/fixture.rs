//! An MCP server (rmcp) with everything that the conformance suite asks a server for.
//!
//! The suite names its tools, prompts and resources, and says what they do.

#![expect(
    deprecated,
    reason = "the suite asks for what 2026-07-28 has no longer too"
)]

mod content;
mod jobs;
mod rounds;
mod skills;
mod talk;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams,
    CompleteRequestParams, CompleteResult, CompletionInfo, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult,
    Implementation, InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListSkillsResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext, SubscriptionSink};
use rmcp::task_manager::TaskManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use rounds::{Round, Rounds};

/// The server's handler. Clones share their state.
#[derive(Clone)]
struct Fixture {
    tools: Arc<Vec<Tool>>,
    sessions: Arc<LocalSessionManager>,
    rounds: Arc<Rounds>,
    tasks: TaskManager,
    listeners: Arc<Mutex<Vec<SubscriptionSink>>>,
}

/// A fixture that serves until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    /// Dropping it ends the server.
    _stop: oneshot::Sender<()>,
}

/// Serves it on a thread of its own, with sessions for clients before 2026-07-28.
pub(crate) fn start() -> Running {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let listener = runtime.block_on(listener).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                served = serve(listener) => served.unwrap(),
                _ = stopped => {}
            }
        });
    });
    Running {
        address,
        _stop: stop,
    }
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let fixture = Fixture {
        tools: Arc::new(serde_json::from_str(include_str!("fixture/tools.json")).unwrap()),
        sessions: Arc::default(),
        rounds: Arc::default(),
        tasks: TaskManager::new(),
        listeners: Arc::default(),
    };
    let sessions = Arc::clone(&fixture.sessions);
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(move || Ok(fixture.clone()), sessions, config);
    let router = axum::Router::new().nest_service("/mcp", service);
    axum::serve(listener, router).await
}

impl Running {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Fixture {
    fn listeners(&self) -> MutexGuard<'_, Vec<SubscriptionSink>> {
        let listeners = self.listeners.lock();
        listeners.unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever listens that a list is another one now.
    async fn announce(&self, name: &str) -> Option<CallToolResponse> {
        let listeners = self.listeners().clone();
        for listener in listeners {
            // Not everybody listens to this, and some have gone.
            drop(match name {
                "test_trigger_tool_change" => listener.notify_tool_list_changed().await,
                "test_trigger_prompt_change" => listener.notify_prompt_list_changed().await,
                _ => return None,
            });
        }
        let text = ContentBlock::text("announced");
        match name {
            "test_trigger_tool_change" | "test_trigger_prompt_change" => {
                Some(CallToolResult::success(vec![text]).into())
            }
            _ => None,
        }
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .enable_skills_with_directory_read()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("conformance-fixture", "1.0.0"))
            .with_instructions("Everything that the conformance suite asks for.")
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn complete(
        &self,
        _request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let values = vec!["test".to_owned(), "testing".to_owned()];
        let values = CompletionInfo::with_all_values(values);
        let values = values.map_err(|error| ErrorData::internal_error(error, None))?;
        Ok(CompleteResult::new(values))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.to_vec()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.as_ref();
        let arguments = request.arguments.unwrap_or_default();
        let round = Round {
            responses: request.input_responses.as_ref(),
            state: request.request_state.as_deref(),
            capabilities: context.client_capabilities().unwrap_or_default(),
        };
        if let Some(result) = content::tool(name) {
            return Ok(result.into());
        }
        if let Some(response) = self.rounds.call(name, &round) {
            return response;
        }
        if let Some(response) = jobs::call(&self.tasks, name, &arguments, &round) {
            return response;
        }
        if let Some(response) = talk::call(&self.sessions, name, &arguments, &context).await {
            return response;
        }
        let unknown = || ErrorData::invalid_params(format!("Unknown tool: {name}"), None);
        self.announce(name).await.ok_or_else(unknown)
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(content::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name == "test_input_required_result_prompt" {
            let round = Round {
                responses: request.input_responses.as_ref(),
                state: request.request_state.as_deref(),
                capabilities: context.client_capabilities().unwrap_or_default(),
            };
            if round.content("user_context").is_none() {
                let question = "What context should the prompt use?";
                let question = rounds::ask(question, "context", "string");
                let requests = [("user_context".to_owned(), question)].into();
                return Ok(InputRequiredResult::from_input_requests(requests).into());
            }
            return Ok(content::prompt("test_simple_prompt", |_| String::new())?.into());
        }
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| {
            let argument = arguments.get(name).and_then(|argument| argument.as_str());
            argument.unwrap_or("?").to_owned()
        };
        Ok(content::prompt(&request.name, argument)?.into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(content::resources()))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = content::templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(content::resource(&request.uri)?.into())
    }

    async fn subscribe(
        &self,
        _request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.listeners().push(context.sink().clone());
        context.cancelled().await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(self.tasks.get_task(&request.task_id)?))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks
            .update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }

    async fn list_skills(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(ListSkillsResult::with_all_items(vec![skills::skill()]))
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        Ok(GetSkillResult::new(skills::get(&request.uri)?))
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        let children = skills::directory(&request.uri)?;
        Ok(ListResourcesResult::with_all_items(children))
    }
}
