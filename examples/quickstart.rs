//! The whole of it at work on one machine: `cargo run --example quickstart`.
//!
//! A GitHub-like MCP server, Envoy on `envoy/sluice.yaml`, and Sluice with
//! `examples/quickstart.yaml` between them. A client walks through both virtual servers, and then
//! everything stays up for yours until Ctrl-C. With `-- --once` it ends after the walk, and fails
//! unless every step did what it should.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a person"
)]

mod support;

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorData, ProtocolVersion};
use rmcp::service::{RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};
use sluice::server::{Listen, Options, Server};
use support::envoy::{self, Envoy};
use support::github::{self, Github};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

const MANIFEST: &str = include_str!("quickstart.yaml");

/// What `triage` must see of the MCP server's tools.
const TRIAGE: [&str; 7] = [
    "get_issue",
    "list_issues",
    "search_issues",
    "list_issue_comments",
    "add_issue_comment",
    "list_pull_requests",
    "get_pull_request",
];

#[derive(Debug, Parser)]
#[command(about = "Envoy, Sluice and a GitHub-like MCP server, at work")]
struct Arguments {
    /// End after the walk, and fail unless every step did what it should
    #[arg(long)]
    once: bool,
    /// The port that Envoy listens at [default: 10000, or any free one with --once]
    #[arg(long)]
    port: Option<u16>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nquickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let port = arguments
        .port
        .unwrap_or(if arguments.once { 0 } else { 10_000 });
    let listener = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(listener).map_err(|error| {
        format!("Envoy cannot listen at {listener}: {error}; `-- --port N` takes another port")
    })?;
    // Fetched first: it is what may be missing.
    support::tools::envoy_binary()?;

    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    // The last is ended first: nobody is left waiting for an answer.
    let github = Github::start(github::Options::default())?;
    let sluice = Sluice::start(&directory)?;
    let at = envoy::Sluice::Unix(directory.path().join("sluice.sock"));
    let config = envoy::Config::new(&at, github.address())?.listener(listener)?;
    let envoy = Envoy::start(&config)?;

    println!("MCP server  http://{}/mcp", github.address());
    println!("Sluice      examples/quickstart.yaml");
    println!(
        "Envoy       http://{}, with envoy/sluice.yaml",
        envoy.address()
    );
    runtime.block_on(async {
        walk(&github, &envoy).await?;
        if arguments.once {
            return Ok(());
        }
        println!("\nPoint any MCP client (streamable HTTP) at");
        println!("   {}    to triage", envoy.url("/mcp/triage"));
        println!("   {}    to maintain", envoy.url("/maintainer"));
        println!("Ctrl-C ends it all.");
        asked_to_stop().await
    })?;
    drop(envoy);
    drop(sluice);
    Ok(())
}

/// Sluice on a thread of its own, until this is dropped.
struct Sluice {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Sluice {
    /// What `sluice serve --manifest examples/quickstart.yaml --listen unix:…/sluice.sock` does.
    fn start(directory: &TempDir) -> Result<Self, String> {
        let loaded = sluice::manifest::load("examples/quickstart.yaml", MANIFEST)
            .map_err(|diagnostics| diagnostics.render(false))?;
        let listen = Listen::Unix(directory.path().join("sluice.sock"));
        let options = Options {
            drain: Duration::from_secs(2),
            ..Options::default()
        };
        let server = Server::bind(&[listen], options).map_err(|error| error.to_string())?;
        let (_, policies) = watch::channel(Arc::new(loaded.policy));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            server.run(policies, async {
                // Dropping the sender says it too.
                drop(stopped.await);
            })
        });
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Sluice {
    fn drop(&mut self) {
        drop(self.stop.take());
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => eprintln!("quickstart: Sluice: {error}"),
            Some(Err(_)) => eprintln!("quickstart: Sluice panicked"),
            Some(Ok(Ok(()))) | None => {}
        }
    }
}

/// Shows what there is to see, and fails where it is not what it should be.
async fn walk(github: &github::Running, envoy: &Envoy) -> Result<(), String> {
    let executed = |tool| github.github().executions(tool);

    let client = Client::connect(&format!("http://{}/mcp", github.address())).await?;
    let all = client.tools().await?;
    println!("\n1. The MCP server has {} tools:", all.len());
    print_names(&all);
    same(
        "the tools of the MCP server",
        &all,
        &github.github().tool_names(),
    )?;

    let triage = Client::connect(&envoy.url("/mcp/triage")).await?;
    let mine = triage.tools().await?;
    println!(
        "\n2. Through the virtual server `triage` there are {}:",
        mine.len()
    );
    print_names(&mine);
    let expected: Vec<String> = all
        .iter()
        .filter(|name| TRIAGE.contains(&name.as_str()))
        .cloned()
        .collect();
    same("the tools of `triage`", &mine, &expected)?;
    same("their number", &mine.len(), &TRIAGE.len())?;

    let issue = json!({"owner": "octo-org", "repo": "hello-world", "issue_number": 1});
    println!("\n3. `triage` calls a tool that it has:\n   get_issue {issue}");
    let answer = triage.call("get_issue", &issue).await?;
    let answer = answer.map_err(|error| format!("get_issue was refused: {}", error.message))?;
    let structured = answer.structured_content.unwrap_or_default();
    println!("   → {structured}");
    same(
        "the number of the issue",
        structured.get("number").unwrap_or_default(),
        &json!(1),
    )?;
    same("executions of get_issue", &executed("get_issue"), &1)?;

    let repo = json!({"owner": "octo-org", "repo": "hello-world"});
    println!("\n4. `triage` calls one that it does not have:\n   delete_repo {repo}");
    let refusal = triage.refused("delete_repo", &repo).await?;
    println!("   → {}", shown(&refusal));
    same("its error code", &refusal.code.0, &-32602)?;
    same(
        "its message",
        refusal.message.as_ref(),
        "Unknown tool: delete_repo",
    )?;
    println!(
        "   The MCP server executed it {} times.",
        executed("delete_repo")
    );
    same("executions of delete_repo", &executed("delete_repo"), &0)?;

    println!("\n5. … and one that nobody has, to see whether it can tell:\n   no_such_tool {repo}");
    let unknown = triage.refused("no_such_tool", &repo).await?;
    println!("   → {}", shown(&unknown));
    let renamed = shown(&unknown)
        .to_string()
        .replace("no_such_tool", "delete_repo");
    same(
        "the refusal of a tool that does not exist",
        &renamed,
        &shown(&refusal).to_string(),
    )?;

    let maintainer = Client::connect(&envoy.url("/maintainer")).await?;
    let theirs = maintainer.tools().await?;
    println!(
        "\n6. The virtual server `maintainer` has {} tools.",
        theirs.len()
    );
    same(
        "the number of tools of `maintainer`",
        &theirs.len(),
        &(all.len() - 2),
    )?;
    println!("   delete_repo {repo}");
    let refusal = maintainer.refused("delete_repo", &repo).await?;
    println!("   → {}", shown(&refusal));
    same("executions of delete_repo", &executed("delete_repo"), &0)?;
    let branch = json!({"owner": "octo-org", "repo": "hello-world", "branch": "next"});
    let answer = maintainer.call("create_branch", &branch).await?;
    answer.map_err(|error| format!("create_branch was refused: {}", error.message))?;
    println!("   create_branch {branch}\n   → done");
    same(
        "executions of create_branch",
        &executed("create_branch"),
        &1,
    )
}

/// An MCP client that is connected.
struct Client(RunningService<RoleClient, ()>);

impl Client {
    async fn connect(url: &str) -> Result<Self, String> {
        let transport = StreamableHttpClientTransport::from_uri(url);
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: None,
        };
        let client = ().serve_with_lifecycle(transport, lifecycle).await;
        client
            .map(Self)
            .map_err(|error| format!("cannot connect to {url}: {error}"))
    }

    async fn tools(&self) -> Result<Vec<String>, String> {
        let tools = self.0.list_all_tools().await;
        let tools = tools.map_err(|error| format!("cannot list the tools: {error}"))?;
        Ok(tools
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .collect())
    }

    /// The result of a call, or the JSON-RPC error that came in its place.
    async fn call(
        &self,
        tool: &'static str,
        arguments: &Value,
    ) -> Result<Result<CallToolResult, ErrorData>, String> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool).with_arguments(arguments);
        match self.0.call_tool(call).await {
            Ok(result) => Ok(Ok(result)),
            Err(ServiceError::McpError(error)) => Ok(Err(error)),
            Err(error) => Err(format!("cannot call {tool}: {error}")),
        }
    }

    async fn refused(&self, tool: &'static str, arguments: &Value) -> Result<ErrorData, String> {
        match self.call(tool, arguments).await? {
            Err(error) => Ok(error),
            Ok(_) => Err(format!("{tool} was not refused")),
        }
    }
}

fn shown(error: &ErrorData) -> Value {
    serde_json::to_value(error).unwrap_or_default()
}

fn print_names(names: &[String]) {
    let mut line = String::from("  ");
    for name in names {
        if line.len() + name.len() > 90 {
            println!("{line}");
            line = String::from("  ");
        }
        line.push(' ');
        line.push_str(name);
    }
    println!("{line}");
}

/// Fails unless something is what it should be.
fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: found {found:?}, expected {expected:?}")),
    }
}

async fn asked_to_stop() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|error| error.to_string()),
    }
}
