//! Servers that keep what they say, and say it again to whoever comes back with the id of an
//! event: so a list comes on a stream on which nobody asked for one.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::matrix;
use crate::place::Place;
use crate::upstreams::{UPSTREAMS, Upstream};

/// The first version in which a stream begins with an id to come back with.
const VERSION: &str = "2025-11-25";

/// How long a stream may take to say what it has to say.
const PATIENCE: Duration = Duration::from_secs(20);

/// The servers that keep what they say, and a tool of each that is enabled and one that is not.
const STORES: &[(&str, &str, &str)] = &[
    (
        "typescript-1.32.2-stateful-store",
        "get_repo",
        "delete_repo",
    ),
    ("python-2.3.0-store", "get_repo", "delete_repo"),
    ("everything-2026.8.31-streamableHttp", "echo", "get-env"),
];

/// A trial for each of them.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, enabled, hidden): &'static (&str, &str, &str)| {
        let mut upstreams = UPSTREAMS.iter();
        let upstream = upstreams.find(|upstream| upstream.name() == *name).unwrap();
        Trial::test(format!("replay::{name}"), move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(replays_the_filtered_list(upstream, enabled, hidden))
        })
    };
    STORES.iter().map(trial).collect()
}

async fn replays_the_filtered_list(
    upstream: &'static Upstream,
    enabled: &str,
    hidden: &str,
) -> Result<(), Failed> {
    let place = Place::start(upstream, matrix::plan(upstream))?;
    for (url, is_filtered) in [(place.direct_url(), false), (place.url(), true)] {
        let Replay { asked, replayed } = Replay::at(url).await?;
        for (which, answer) in [("asked", &asked), ("replayed", &replayed)] {
            let names = names(answer);
            let has = |name: &str| names.contains(&name);
            assert!(has(enabled), "{which}: {names:?}");
            assert_eq!(has(hidden), !is_filtered, "{which}: {names:?}");
            let text = answer.to_string();
            let marker = place
                .plan()
                .hidden
                .iter()
                .find(|text_of| text.contains(**text_of));
            assert_eq!(marker.is_some(), !is_filtered, "{which}: {marker:?}");
        }
        assert_eq!(asked, replayed);
    }
    Ok(())
}

/// The answer to `tools/list`: as it came first, and again.
struct Replay {
    asked: Value,
    replayed: Value,
}

impl Replay {
    async fn at(url: String) -> Result<Self, Failed> {
        let client = Client::new();
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        }});
        let greeting = client.post(&url).header("accept", ACCEPT).json(&hello);
        let greeting = greeting.send().await?.error_for_status()?;
        let session = greeting.headers()["mcp-session-id"].to_str()?.to_owned();
        until_answered(greeting).await?;
        let of_session = |request: RequestBuilder| {
            let request = request.header("accept", ACCEPT);
            let request = request.header("mcp-protocol-version", VERSION);
            request.header("mcp-session-id", &session)
        };
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let ready = of_session(client.post(&url)).json(&ready);
        ready.send().await?.error_for_status()?;
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let list = of_session(client.post(&url)).json(&list).send().await?;
        let (first, asked) = until_answered(list).await?;
        let again = of_session(client.get(&url)).header("last-event-id", first);
        let (_, replayed) = until_answered(again.send().await?).await?;
        Ok(Self { asked, replayed })
    }
}

const ACCEPT: &str = "application/json, text/event-stream";

/// The id of the first event of a stream, and the first answer in it.
async fn until_answered(response: Response) -> Result<(String, Value), Failed> {
    let mut response = response.error_for_status()?;
    let mut text = String::new();
    let read = async {
        while let Some(chunk) = response.chunk().await? {
            text.push_str(std::str::from_utf8(&chunk)?);
            let whole = text.replace("\r\n", "\n");
            let events = whole.split_inclusive("\n\n");
            let mut events = events.filter(|event| event.ends_with("\n\n"));
            if let Some(answer) = events.find_map(answer) {
                let mut ids = whole.lines().filter_map(|line| line.strip_prefix("id: "));
                return Ok((ids.next().unwrap_or_default().to_owned(), answer));
            }
        }
        Err(Failed::from("the stream ended"))
    };
    let ended = tokio::time::timeout(PATIENCE, read).await;
    let ended = ended.unwrap_or_else(|_| Err("no answer in time".into()));
    ended.map_err(|error| format!("{error:?}, after {text:?}").into())
}

/// The answer in an event, if it holds one.
fn answer(event: &str) -> Option<Value> {
    let mut lines = event.lines();
    let data = lines.find_map(|line| line.strip_prefix("data: "))?;
    let message: Value = serde_json::from_str(data).ok()?;
    message.get("result").is_some().then_some(message)
}

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().into_iter().flatten();
    tools.filter_map(|tool| tool["name"].as_str()).collect()
}
