//! A GitHub-like MCP server (rmcp): the tools one would not want to give to just any agent.
//!
//! It speaks streamable HTTP at `/mcp`, to clients of 2026-07-28 and, with or without sessions,
//! to those before. It counts what it executes, so that a test can say "`delete_repo` was
//! executed 0 times" and mean it.

#![expect(
    deprecated,
    reason = "clients before 2026-07-28 set a log level and get logs"
)]

mod data;
mod gate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel,
    LoggingMessageNotificationParam, PaginatedRequestParams, ProgressNotificationParam, Prompt,
    PromptArgument, PromptMessage, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role, ServerCapabilities,
    ServerConfig, SetLevelRequestParams, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use data::{Arguments, World};
pub(crate) use gate::{Arrived, Gate};

/// What the server says of itself, naming tools as real servers do.
pub(crate) const INSTRUCTIONS: &str = "Tools for GitHub. Read with get_issue, list_issues and \
    search_issues before you write. Use create_issue for new problems, add_issue_comment to \
    answer. merge_pull_request, delete_file and delete_repo change what others rely on: ask first.";

/// How the server is to behave.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Keep sessions for clients before 2026-07-28.
    pub(crate) sessions: bool,
    /// Answer with `application/json` where a stream is not needed; only without sessions.
    pub(crate) json_response: bool,
    /// Offer the tools of `test_tools.json` too: a trickle, a result of any size and others.
    pub(crate) test_tools: bool,
    /// Offer as many generated tools more (`generated_0000`, …), of about 400 bytes each.
    pub(crate) generated_tools: usize,
    /// Do not offer the GitHub-like tools.
    pub(crate) no_github_tools: bool,
    /// Tools on one page of the list; all unless given.
    pub(crate) page_size: Option<usize>,
    /// Stand behind a [`Gate`].
    pub(crate) gate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sessions: true,
            json_response: false,
            test_tools: false,
            generated_tools: 0,
            no_github_tools: false,
            page_size: None,
            gate: false,
        }
    }
}

/// The server's handler. Clones share the world and the counts.
#[derive(Debug, Clone)]
pub(crate) struct Github {
    options: Options,
    tools: Arc<Vec<Tool>>,
    world: Arc<Mutex<World>>,
    executions: Arc<Mutex<BTreeMap<String, u64>>>,
    abandoned: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

/// Counts what was begun and given up, if it is dropped before its end.
struct Begun<'a> {
    abandoned: &'a AtomicU64,
    finished: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Github {
    /// A fresh world.
    pub(crate) fn new(options: Options) -> Self {
        let mut tools = Vec::new();
        if !options.no_github_tools {
            tools.extend(read_tools(include_str!("github/tools.json")));
        }
        if options.test_tools {
            tools.extend(read_tools(include_str!("github/test_tools.json")));
        }
        tools.extend((0..options.generated_tools).map(generated_tool));
        Self {
            options,
            tools: Arc::new(tools),
            world: Arc::new(Mutex::new(World::new())),
            executions: Arc::default(),
            abandoned: Arc::default(),
            gate: Arc::default(),
        }
    }

    /// The names of the tools offered, in the order of the list.
    pub(crate) fn tool_names(&self) -> Vec<String> {
        self.tools
            .iter()
            .map(|tool| tool.name.clone().into_owned())
            .collect()
    }

    /// How often a tool was executed. Names that are not tools count too.
    pub(crate) fn executions(&self, tool: &str) -> u64 {
        lock(&self.executions).get(tool).copied().unwrap_or(0)
    }

    /// How often any tool was executed.
    pub(crate) fn all_executions(&self) -> u64 {
        lock(&self.executions).values().sum()
    }

    /// How many trickles were given up before their end: cancelled, or left by their client.
    pub(crate) fn abandoned(&self) -> u64 {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// The gate, which only stands there if [`Options::gate`] says so.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Serves until `shutdown`, at `/mcp`.
    ///
    /// # Errors
    /// When the listener fails.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(self.options.sessions)
            .with_json_response(self.options.json_response)
            .with_max_request_body_bytes(64 << 20);
        let streams = config.cancellation_token.clone();
        let sessions = Arc::new(LocalSessionManager::default());
        let gate = self.options.gate.then(|| Arc::clone(&self.gate));
        let service = StreamableHttpService::new(move || Ok(self.clone()), sessions, config);
        let mut router = axum::Router::new().nest_service("/mcp", service);
        if let Some(gate) = gate {
            router = router.layer(axum::middleware::from_fn(move |request, next| {
                let gate = Arc::clone(&gate);
                async move { gate.pass(request, next).await }
            }));
        }
        let shutdown = async move {
            shutdown.await;
            // Open streams would otherwise keep the server up.
            streams.cancel();
        };
        axum::serve(listener, router)
            .with_graceful_shutdown(shutdown)
            .await
    }

    /// Serves on a thread of its own until the value returned is dropped.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(crate) fn start(options: Options) -> Result<Running, String> {
        let github = Self::new(options);
        let served = github.clone();
        let (started, starts) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let serve = async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
                started
                    .send(listener.local_addr()?)
                    .map_err(std::io::Error::other)?;
                served.serve(listener, async { drop(stopped.await) }).await
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.and_then(|runtime| runtime.block_on(serve))
        });
        match starts.recv() {
            Ok(address) => Ok(Running {
                github,
                address,
                stop: Some(stop),
                thread: Some(thread),
            }),
            Err(_) => Err(match thread.join() {
                Ok(Err(error)) => format!("cannot start the MCP server: {error}"),
                Ok(Ok(())) | Err(_) => "cannot start the MCP server".to_owned(),
            }),
        }
    }

    fn count(&self, tool: &str) {
        *lock(&self.executions).entry(tool.to_owned()).or_default() += 1;
    }

    /// What one of the tools of `test_tools.json` does.
    async fn test_tool(
        &self,
        tool: &str,
        arguments: &Arguments,
        context: &RequestContext<RoleServer>,
    ) -> Result<String, String> {
        match tool {
            "test_trickle" => {
                let events = arguments.number("events")?;
                let interval = Duration::from_millis(arguments.number("interval_ms")?);
                let mut begun = Begun {
                    abandoned: &self.abandoned,
                    finished: false,
                };
                for event in 1..=events {
                    tokio::select! {
                        () = tokio::time::sleep(interval) => {}
                        () = context.ct.cancelled() => return Err("cancelled".to_owned()),
                    }
                    self.report(event, events, context).await?;
                }
                begun.finished = true;
                Ok(format!("{events} events"))
            }
            "test_result" => {
                let bytes = arguments.number("bytes")?;
                Ok("x".repeat(usize::try_from(bytes).map_err(|error| error.to_string())?))
            }
            "test_argument" => Ok(format!("{} bytes", arguments.text("data")?.len())),
            "test_log" => {
                log(arguments.text("message")?, context).await?;
                Ok("logged".to_owned())
            }
            "test_fail" => Err(arguments.text("message")?.to_owned()),
            _ => Ok(format!("{tool} was executed")),
        }
    }

    async fn report(
        &self,
        event: u64,
        events: u64,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), String> {
        let message = format!("event {event} of {events}");
        let Some(token) = context.meta.get_progress_token() else {
            return log(&message, context).await;
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "progress is a float, and this is small"
        )]
        let progress = ProgressNotificationParam::new(token, event as f64)
            .with_total(events as f64)
            .with_message(message);
        context
            .peer
            .notify_progress(progress)
            .await
            .map_err(|error| error.to_string())
    }
}

#[expect(
    deprecated,
    reason = "clients before 2026-07-28 and those that ask for it still get logs"
)]
async fn log(message: &str, context: &RequestContext<RoleServer>) -> Result<(), String> {
    let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(message));
    context
        .peer
        .notify_logging_message(message)
        .await
        .map_err(|error| error.to_string())
}

impl ServerHandler for Github {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("github-like", "1.0.0"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let size = self.options.page_size.unwrap_or(usize::MAX).max(1);
        let start = match request.and_then(|request| request.cursor) {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("from:")
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| ErrorData::invalid_params("unknown cursor", None))?,
        };
        let page: Vec<Tool> = self.tools.iter().skip(start).take(size).cloned().collect();
        let next = start + page.len();
        let mut result = ListToolsResult::with_all_items(page);
        result.next_cursor = (next < self.tools.len()).then(|| format!("from:{next}"));
        Ok(result)
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
        self.count(name);
        if self.get_tool(name).is_none() {
            return Err(ErrorData::invalid_params(
                format!("Unknown tool: {name}"),
                None,
            ));
        }
        let arguments = Arguments(request.arguments.unwrap_or_default());
        let answer = if name.starts_with("test_") || name.starts_with("generated_") {
            self.test_tool(name, &arguments, &context)
                .await
                .map(data::Answer::from)
        } else {
            lock(&self.world).call(name, &arguments)
        };
        Ok(match answer {
            Ok(answer) => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(answer.text)]);
                result.structured_content = answer.structured;
                result.into()
            }
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error)]).into(),
        })
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![
            Prompt::new(
                "triage_issue",
                Some("Sort an issue: what it is, how bad it is, who should see it"),
                Some(vec![
                    PromptArgument::new("issue_number")
                        .with_description("Number of the issue")
                        .with_required(true),
                ]),
            ),
            Prompt::new(
                "clean_up_repository",
                Some("Find what can go from a repository, and delete it"),
                None,
            ),
        ]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.count(&request.name);
        let text = match request.name.as_str() {
            "triage_issue" => {
                let arguments = Arguments(request.arguments.unwrap_or_default());
                let number = arguments.text("issue_number").unwrap_or("?").to_owned();
                format!("Read issue #{number} with get_issue and its comments, and sort it.")
            }
            "clean_up_repository" => "Delete what is no longer needed.".to_owned(),
            name => {
                return Err(ErrorData::invalid_params(
                    format!("Unknown prompt: {name}"),
                    None,
                ));
            }
        };
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![
            Resource::new("repo://octo-org/hello-world/README.md", "README.md")
                .with_mime_type("text/markdown"),
            Resource::new("repo://octo-org/hello-world/src/main.rs", "src/main.rs")
                .with_mime_type("text/x-rust"),
            Resource::new("secret://octo-org/deploy-key", "deploy key")
                .with_mime_type("text/plain"),
        ]))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(vec![
            ResourceTemplate::new("repo://{owner}/{repo}/{+path}", "file of a repository")
                .with_description("A file on the default branch"),
            ResourceTemplate::new("secret://{owner}/{name}", "secret of an organization"),
        ]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.count(&request.uri);
        let text = match request.uri.as_str() {
            "secret://octo-org/deploy-key" => Some("not for agents".to_owned()),
            uri => uri
                .strip_prefix("repo://octo-org/hello-world/")
                .and_then(|path| lock(&self.world).main_file(path).map(str::to_owned)),
        };
        let text = text.ok_or_else(|| ErrorData::resource_not_found("no such resource", None))?;
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into())
    }
}

/// A [`Github`] that serves until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    github: Github,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Running {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The handler, for its counts.
    pub(crate) fn github(&self) -> &Github {
        &self.github
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropping the sender says it too.
        drop(self.stop.take());
        // Not joined: a client that keeps its connection open would be waited for.
        drop(self.thread.take());
    }
}

fn read_tools(json: &str) -> Vec<Tool> {
    #[expect(clippy::expect_used, reason = "the file is part of the program")]
    serde_json::from_str(json).expect("the tool definitions are valid")
}

/// A tool with a definition of the usual size.
fn generated_tool(number: usize) -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to look for, in the usual syntax"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "description": "Where to go on"},
        },
        "required": ["query"],
    });
    let schema = schema.as_object().cloned().unwrap_or_default();
    let description = format!(
        "Looks up records of kind {number:04} and answers with those that match the query, the \
         best ones first, one page at a time."
    );
    Tool::new(format!("generated_{number:04}"), description, schema)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
