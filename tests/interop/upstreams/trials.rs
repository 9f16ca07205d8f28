//! Each server, met by a client that nothing stands before: it is what the table says.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::{Feature, HIDDEN, Running, Transport, UPSTREAMS, Upstream};
use crate::support::tools::{PythonSdk, python};

/// The tools of the world, those that ask the client last.
const TOOLS: &[&str] = &[
    "announce",
    "count_to",
    "delete_repo",
    "fail",
    "get_repo",
    "say",
    "search_repos",
    "wait",
    "ask_model",
    "ask_user",
];

/// How many of [`TOOLS`] are there in any case.
const ALWAYS: usize = 8;

/// One trial for each server and each kind of client that it has.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for upstream in UPSTREAMS {
        let versions = [
            (upstream.is_legacy(), "2025-11-25"),
            (upstream.is_modern(), "2026-07-28"),
        ];
        for (_, version) in versions.into_iter().filter(|(is_spoken, _)| *is_spoken) {
            let name = format!("upstreams::{}::{version}", upstream.name());
            let trial = move || match upstream.is_everything() {
                true => answers_in_its_own_way(upstream, version),
                false => is_as_the_table_says(upstream, version),
            };
            trials.push(Trial::test(name, trial));
        }
        let name = format!("upstreams::{}::ends", upstream.name());
        trials.push(Trial::test(name, move || ends(upstream)));
    }
    trials
}

/// Starts, lists, executes, and can what the table says, no more and no less.
fn is_as_the_table_says(upstream: &Upstream, version: &str) -> Result<(), Failed> {
    let server = upstream.start()?;
    let steps = steps();
    let report = report(upstream, &server, version, &steps)?;
    assert_eq!(report["version"], version, "{report}");
    let outcome = |name: &str| {
        let named = |step: &Value| step["name"] == name || step["uri"] == name;
        let index = steps.as_array().unwrap().iter().position(named).unwrap();
        report["steps"][index].clone()
    };
    lists_the_world(&report);
    answers(&outcome);
    let heard = |prefix: &str| {
        let mut lines = report["heard"].as_array().unwrap().iter();
        lines.any(|line| line.as_str().unwrap().starts_with(prefix))
    };
    let executed = server.executed();
    let asked = |name: &str| executed.contains(&name.to_owned());
    let found = [
        (
            Feature::Progress,
            outcome("count_to")["progress"] == json!(["step 1", "step 2"]),
        ),
        (Feature::Logging, heard("log: a word")),
        (Feature::Sampling, heard("sampling: ") && asked("ask_model")),
        (
            Feature::Elicitation,
            heard("elicitation: ") && asked("ask_user"),
        ),
        (Feature::Announcement, heard("tools changed")),
        (Feature::Cancellation, is_cancelled_at_once(&executed)),
    ];
    for (feature, is_found) in found {
        let is_listed = upstream.can(feature, version);
        assert_eq!(
            is_found,
            is_listed,
            "{feature:?} of {}: {report}",
            upstream.name()
        );
    }
    let wanted = [
        "get_repo",
        "count_to",
        "say",
        "fail",
        "announce",
        "delete_repo",
        "wait",
    ];
    let more = [
        "summarize",
        "clean_up",
        "repo://octo-org/readme",
        "secret://octo-org/key",
    ];
    for name in wanted.iter().chain(&more) {
        assert!(asked(name), "{name} in {executed:?}");
    }
    Ok(())
}

/// Whether `wait` learned of it before the client went away, which ends it in any case.
fn is_cancelled_at_once(executed: &[String]) -> bool {
    let at = |name: &str| executed.iter().position(|executed| executed == name);
    match (at("wait cancelled"), at("secret://octo-org/key")) {
        (Some(cancelled), Some(last)) => cancelled < last,
        _ => false,
    }
}

/// Starts, lists and executes.
fn answers_in_its_own_way(upstream: &Upstream, version: &str) -> Result<(), Failed> {
    let server = upstream.start()?;
    let steps = json!([
        {"do": "list", "what": "tools"},
        {"do": "call", "name": "echo", "arguments": {"message": "hello"}},
    ]);
    let report = report(upstream, &server, version, &steps)?;
    assert_eq!(report["version"], version, "{report}");
    let [tools, echo] = [0, 1].map(|index| report["steps"][index].to_string());
    assert!(
        tools.contains(r#""name":"trigger-long-running-operation""#),
        "{tools}"
    );
    assert!(echo.contains("Echo: hello"), "{echo}");
    Ok(())
}

/// What the client does.
fn steps() -> Value {
    json!([
        {"do": "list", "what": "tools"},
        {"do": "list", "what": "prompts"},
        {"do": "list", "what": "resources"},
        {"do": "call", "name": "get_repo", "arguments": {"name": "linguist"}},
        {"do": "call", "name": "count_to", "arguments": {"number": 2}},
        {"do": "call", "name": "say", "arguments": {"text": "a word"}},
        {"do": "call", "name": "ask_model", "arguments": {"question": "Whether?"}},
        {"do": "call", "name": "ask_user", "arguments": {"question": "Whether?"}},
        {"do": "call", "name": "fail", "arguments": {}},
        {"do": "call", "name": "announce", "arguments": {}},
        {"do": "call", "name": "delete_repo", "arguments": {"name": "linguist"}},
        {"do": "cancel", "name": "wait", "arguments": {"seconds": 30}, "after": 0.5},
        {"do": "prompt", "name": "summarize", "arguments": {"name": "linguist"}},
        {"do": "prompt", "name": "clean_up", "arguments": {}},
        {"do": "read", "uri": "repo://octo-org/readme"},
        {"do": "read", "uri": "secret://octo-org/key"},
    ])
}

fn lists_the_world(report: &Value) {
    let names = |index: usize, key: &str| -> Vec<String> {
        let list = report["steps"][index]["result"].as_array();
        let list = list.unwrap_or_else(|| panic!("{report}")).iter();
        let mut names: Vec<_> = list
            .map(|entry| entry[key].as_str().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names
    };
    let tools = names(0, "name");
    assert!(
        TOOLS[..ALWAYS]
            .iter()
            .all(|tool| tools.contains(&(*tool).to_owned())),
        "{tools:?}"
    );
    assert!(
        tools.iter().all(|tool| TOOLS.contains(&tool.as_str())),
        "{tools:?}"
    );
    assert_eq!(names(1, "name"), ["clean_up", "summarize"]);
    assert_eq!(
        names(2, "uri"),
        ["repo://octo-org/readme", "secret://octo-org/key"]
    );
    let steps = report["steps"].as_array().unwrap();
    assert!(
        steps[..3]
            .iter()
            .all(|list| list.to_string().contains(HIDDEN)),
        "{report}"
    );
}

fn answers(outcome: &dyn Fn(&str) -> Value) {
    let repository = json!({"name": "linguist", "visibility": "public"});
    let answer = outcome("get_repo");
    assert_eq!(
        answer["result"]["structuredContent"], repository,
        "{answer}"
    );
    let failed = outcome("fail");
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    let prompt = outcome("summarize").to_string();
    assert!(prompt.contains("Summarize linguist."), "{prompt}");
    let readme = outcome("repo://octo-org/readme").to_string();
    assert!(readme.contains("# Hello"), "{readme}");
    for hidden in ["delete_repo", "clean_up", "secret://octo-org/key"] {
        let answer = outcome(hidden).to_string();
        assert!(answer.contains(HIDDEN), "{hidden}: {answer}");
    }
}

/// What the client of the Python SDK that speaks a version reports.
fn report(
    upstream: &Upstream,
    server: &Running,
    version: &str,
    steps: &Value,
) -> Result<Value, Failed> {
    let (sdk, script, mode) = match version {
        "2026-07-28" => (PythonSdk::V2_3_0, "client_v2.py", version),
        _ => (PythonSdk::V1_30_0, "client_v1.py", "legacy"),
    };
    let transport = match upstream.transport {
        Transport::Streamable => "streamable",
        Transport::Sse => "sse",
    };
    let url = format!("http://{}{}", server.address(), upstream.path());
    let job = json!({"url": url, "mode": mode, "transport": transport, "steps": steps});
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/python/");
    let mut command = python(sdk)?.command();
    command.arg(format!("{peers}{script}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = command.stderr(Stdio::piped()).spawn()?;
    // It ends with its input, which ends with this statement.
    writeln!(client.stdin.take().unwrap(), "{job}")?;
    let output = client.wait_with_output()?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned().into())
}

/// Nothing is left when it ends: with its input where it is a script, and with the value.
fn ends(upstream: &Upstream) -> Result<(), Failed> {
    let mut server = upstream.start()?;
    let address = server.address();
    assert!(TcpStream::connect(address).is_ok());
    if let Running::Script(script) = &mut server {
        script.close_input();
        within(Duration::from_secs(20), || script.has_ended())?;
        assert!(TcpStream::connect(address).is_err());
        server = upstream.start()?;
    }
    let address = server.address();
    drop(server);
    within(Duration::from_secs(5), || {
        TcpStream::connect(address).is_err()
    })
}

/// Waits until something is so.
fn within(patience: Duration, mut is_so: impl FnMut() -> bool) -> Result<(), Failed> {
    let end = Instant::now() + patience;
    while !is_so() {
        if Instant::now() > end {
            return Err("it does not end".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
