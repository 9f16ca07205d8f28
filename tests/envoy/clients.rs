//! The rmcp client, in both ways of its life, before the rmcp server in each of its.

use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, ErrorData, GetPromptRequestParams, ProgressNotificationParam,
    ProtocolVersion, ReadResourceRequestParams,
};
use rmcp::service::{NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceError};
use serde_json::{Value, json};

use crate::house::{ENABLED, House, json as answers_in_json, stateless};
use crate::message::{call, entries, legacy, modern};
use crate::support::github::Options;

/// A client that keeps the progress it is told of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness {
    progress: Arc<Mutex<Vec<String>>>,
}

impl ClientHandler for Witness {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let message = params.message.unwrap_or_default();
        self.progress.lock().unwrap().push(message);
    }
}

pub(crate) type Client = RunningService<RoleClient, Witness>;

pub(crate) fn initialize() -> ClientLifecycleMode {
    ClientLifecycleMode::Initialize
}

pub(crate) fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

/// A client that has shaken hands.
pub(crate) async fn connect(url: &str, lifecycle: ClientLifecycleMode) -> Client {
    let transport = StreamableHttpClientTransport::from_uri(url);
    Witness::default()
        .serve_with_lifecycle(transport, lifecycle)
        .await
        .unwrap()
}

pub(crate) fn params(tool: &str, arguments: &Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool.to_owned())
        .with_arguments(arguments.as_object().unwrap().clone())
}

/// The error of MCP that a request ended in.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> ErrorData {
    match result {
        Err(ServiceError::McpError(error)) => error,
        other => panic!("not an error of MCP: {other:?}"),
    }
}

fn as_json<T: serde::Serialize>(values: &[T]) -> Vec<String> {
    let text = |value| serde_json::to_string(value).unwrap();
    values.iter().map(text).collect()
}

/// All that a client does, through Sluice and directly.
async fn everything(options: Options, lifecycle: ClientLifecycleMode) {
    let house = House::new(options);
    let sliced = connect(&house.url("triage"), lifecycle.clone()).await;
    let direct = connect(&house.direct(), lifecycle).await;

    // The lists: the enabled subset, each entry as it was.
    let (tools, all) = (
        sliced.list_all_tools().await.unwrap(),
        direct.list_all_tools().await.unwrap(),
    );
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    let mut enabled = ENABLED.to_vec();
    enabled.extend(
        all.iter()
            .map(|tool| tool.name.as_ref())
            .filter(|name| name.starts_with("test_")),
    );
    assert_eq!(names, enabled);
    let kept: Vec<_> = all
        .iter()
        .filter(|tool| enabled.contains(&tool.name.as_ref()))
        .collect();
    assert_eq!(as_json(&tools), as_json(&kept));
    assert!(all.len() > tools.len() + 5, "there is something to hide");

    let prompts = sliced.list_all_prompts().await.unwrap();
    let kept = direct.list_all_prompts().await.unwrap();
    assert_eq!((prompts.len(), kept.len()), (1, 2));
    assert_eq!(as_json(&prompts), as_json(&kept[..1]));
    let resources = sliced.list_all_resources().await.unwrap();
    let kept = direct.list_all_resources().await.unwrap();
    assert_eq!((resources.len(), kept.len()), (2, 3));
    assert_eq!(as_json(&resources), as_json(&kept[..2]));
    let templates = sliced.list_all_resource_templates().await.unwrap();
    let kept = direct.list_all_resource_templates().await.unwrap();
    assert_eq!((templates.len(), kept.len()), (1, 2));
    assert_eq!(as_json(&templates), as_json(&kept[..1]));

    // What is allowed answers as if nothing stood between.
    assert_eq!(house.executed(), 0);
    let issue = params(
        "get_issue",
        &json!({"owner": "octo-org", "repo": "hello-world", "issue_number": 1}),
    );
    let through = sliced.call_tool(issue.clone()).await.unwrap();
    assert_eq!(through, direct.call_tool(issue).await.unwrap());
    assert_ne!(through.is_error, Some(true), "{through:?}");
    let fails = params("test_fail", &json!({"message": "no luck"}));
    let through = sliced.call_tool(fails.clone()).await.unwrap();
    assert_eq!(through, direct.call_tool(fails).await.unwrap());
    assert_eq!(through.is_error, Some(true));
    let prompt = GetPromptRequestParams::new("triage_issue");
    let through = sliced.get_prompt(prompt.clone()).await.unwrap();
    assert_eq!(through, direct.get_prompt(prompt).await.unwrap());
    let readme = ReadResourceRequestParams::new("repo://octo-org/hello-world/README.md");
    let through = sliced.read_resource(readme.clone()).await.unwrap();
    assert_eq!(through, direct.read_resource(readme).await.unwrap());
    assert_eq!(house.executed(), 8, "each of them, twice");

    // What is not, does not exist.
    let hidden = refused(sliced.call_tool(params("delete_repo", &json!({}))).await);
    let absent = refused(sliced.call_tool(params("no_such_tool", &json!({}))).await);
    assert_eq!(
        (hidden.code.0, &*hidden.message),
        (-32602, "Unknown tool: delete_repo")
    );
    assert_eq!(
        (absent.code.0, &*absent.message),
        (-32602, "Unknown tool: no_such_tool")
    );
    assert_eq!(hidden.data, absent.data);
    assert_eq!(hidden.data.unwrap()["reason"], "tool_not_enabled");
    let disabled = refused(
        sliced
            .call_tool(params("search_code", &json!({"query": "x"})))
            .await,
    );
    assert_eq!(disabled.data, absent.data);
    let hidden = GetPromptRequestParams::new("clean_up_repository");
    let hidden = refused(sliced.get_prompt(hidden).await);
    let absent = refused(
        sliced
            .get_prompt(GetPromptRequestParams::new("nothing"))
            .await,
    );
    assert_eq!((hidden.code, hidden.data), (absent.code, absent.data));
    let hidden = ReadResourceRequestParams::new("secret://octo-org/deploy-key");
    let hidden = refused(sliced.read_resource(hidden).await);
    let absent = refused(
        sliced
            .read_resource(ReadResourceRequestParams::new("x://y"))
            .await,
    );
    let (hidden_data, mut absent_data) = (hidden.data.unwrap(), absent.data.unwrap());
    assert_eq!(hidden_data["uri"], "secret://octo-org/deploy-key");
    assert_eq!(absent_data["uri"], "x://y");
    absent_data["uri"] = hidden_data["uri"].clone();
    assert_eq!((hidden.code, hidden_data), (absent.code, absent_data));
    assert_eq!(house.executed(), 8, "none of them");
    // The counter counts: directly, the repository would be gone.
    drop(direct.call_tool(params("delete_repo", &json!({}))).await);
    assert_eq!(house.github.github().executions("delete_repo"), 1);

    // Instructions name what is hidden; none are left unless the manifest says so.
    let peer = |client: &Client| {
        client
            .peer()
            .peer_info()
            .and_then(|info| info.instructions.clone())
    };
    assert!(peer(&direct).is_some_and(|words| words.contains("delete_repo")));
    assert_eq!(peer(&sliced), None);

    // What comes before the answer comes through.
    let trickle = params("test_trickle", &json!({"events": 3, "interval_ms": 20}));
    let through = sliced.call_tool(trickle).await.unwrap();
    assert_ne!(through.is_error, Some(true), "{through:?}");
    crate::house::wait_for("all progress", || {
        sliced.service().progress.lock().unwrap().len() == 3
    })
    .await;
    let progress = sliced.service().progress.lock().unwrap().clone();
    assert_eq!(progress, ["event 1 of 3", "event 2 of 3", "event 3 of 3"]);

    sliced.cancel().await.unwrap();
    direct.cancel().await.unwrap();
    assert!(
        !house.sluice.log().contains("ERROR"),
        "{}",
        house.sluice.log()
    );
}

fn sessions() -> Options {
    Options {
        sessions: true,
        ..stateless()
    }
}

#[tokio::test]
async fn legacy_with_sessions() {
    everything(sessions(), initialize()).await;
}

#[tokio::test]
async fn legacy_without_sessions() {
    everything(stateless(), initialize()).await;
}

#[tokio::test]
async fn legacy_in_json() {
    everything(answers_in_json(), initialize()).await;
}

#[tokio::test]
async fn modern_beside_sessions() {
    everything(sessions(), discover()).await;
}

#[tokio::test]
async fn modern_in_events() {
    everything(stateless(), discover()).await;
}

#[tokio::test]
async fn modern_in_json() {
    everything(answers_in_json(), discover()).await;
}

#[tokio::test]
async fn lists_are_cut_to_the_byte() {
    for options in [stateless(), answers_in_json()] {
        let house = House::new(Options {
            page_size: Some(5),
            ..options
        });
        for version in [|message| message, modern] {
            let (mut cursor, mut listed) = (None, 0);
            for _ in 0..5 {
                let params = cursor.map_or(json!({}), |cursor| json!({"cursor": cursor}));
                let list = version(legacy(7, "tools/list", params));
                let (sliced, direct) = (house.ask(&list).await, house.ask_directly(&list).await);
                let mut kept = entries(&direct.body, "tools");
                assert!(kept.len() <= 5);
                listed += kept.len();
                kept.retain(|(name, _)| {
                    ENABLED.contains(&name.as_str()) || name.starts_with("test_")
                });
                assert_eq!(entries(&sliced.body, "tools"), kept);
                let (sliced, direct) = (sliced.message(), direct.message());
                assert_eq!(sliced["id"], 7);
                assert_eq!(
                    sliced["result"]["nextCursor"],
                    direct["result"]["nextCursor"]
                );
                cursor = direct["result"]["nextCursor"].as_str().map(str::to_owned);
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!((cursor, listed), (None, 23), "five pages hold all");
        }
    }
}

#[tokio::test]
async fn answers_go_through_to_the_byte() {
    for options in [stateless(), answers_in_json()] {
        let house = House::new(options);
        for version in [|message| message, modern] {
            for id in [json!(1), json!("one"), json!(0), json!("")] {
                let message = version(call(id, "get_me", json!({})));
                let (sliced, direct) = (
                    house.ask(&message).await,
                    house.ask_directly(&message).await,
                );
                assert_eq!(sliced.status, direct.status);
                assert_eq!(sliced.kind(), direct.kind());
                let text = crate::message::answer_text;
                assert_eq!(text(&sliced.body), text(&direct.body));
            }
        }
    }
}
