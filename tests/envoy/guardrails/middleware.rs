//! The guardrail in Python beside Sluice: it blocks and changes calls and results, and dies.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::python::Guardrail;
use crate::house::{Answer, House, json, sluice, stateless};
use crate::message::{self, call, modern};
use crate::support::github::Options;

const EMAIL: &str = "alice@example.com";

/// What looks before the call, and what after it; and each, as seriously as there is.
const MANIFEST: &str = r#"
guardrails:
  strict: {type: grpc, address: "ADDRESS", message: "{{guardrail_message}} Say it otherwise."}
  brief: {type: grpc, address: "ADDRESS", timeout: 1s}
  patient: {type: grpc, address: "ADDRESS", timeout: 10s}
  lenient: {type: grpc, address: "ADDRESS", enforcing_strategy: enforce_but_ignore_on_error}
  watching: {type: grpc, address: "ADDRESS", enforcing_strategy: audit}
  validating: {type: grpc, address: "ADDRESS", operation: validate}
servers: {github: {}}
virtual_servers:
  before: {match: {path: /mcp/before}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [strict]}
  brief: {match: {path: /mcp/brief}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [brief]}
  patient: {match: {path: /mcp/patient}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [patient]}
  before_lenient: {match: {path: /mcp/before_lenient}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [lenient]}
  before_watched: {match: {path: /mcp/before_watched}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [watching]}
  validated: {match: {path: /mcp/validated}, servers: [SERVER], mcp_tool_pre_invoke_guardrails: [validating]}
  twice:
    match: {path: /mcp/twice}
    servers: [SERVER]
    mcp_tool_pre_invoke_guardrails: [validating, strict, lenient]
    mcp_tool_post_invoke_guardrails: [watching, strict, patient]
  after: {match: {path: /mcp/after}, servers: [SERVER], mcp_tool_post_invoke_guardrails: [strict]}
  after_lenient: {match: {path: /mcp/after_lenient}, servers: [SERVER], mcp_tool_post_invoke_guardrails: [lenient]}
  after_watched: {match: {path: /mcp/after_watched}, servers: [SERVER], mcp_tool_post_invoke_guardrails: [watching]}
"#;

const SERVER: &str = r#"{name: github, enabled_tools: ["*"]}"#;

/// A house with the guardrail beside it.
struct Place {
    house: House,
    guardrail: Guardrail,
}

impl Place {
    async fn new(options: Options) -> Self {
        let guardrail = Guardrail::start().await;
        let manifest = MANIFEST.replace("SERVER", SERVER);
        let manifest = manifest.replace("ADDRESS", &guardrail.address());
        let house = House::from(options, &sluice(&manifest), |config| config);
        Self { house, guardrail }
    }

    async fn ask(&self, virtual_server: &str, message: &Value) -> Answer {
        let url = self.house.url(virtual_server);
        Answer::of(self.house.request(&url, message)).await
    }

    /// What became of a search that would drop a table: how often it was executed, and the answer.
    async fn search(&self, virtual_server: &str) -> (u64, Value) {
        self.search_for(virtual_server, "'; DROP TABLE issues")
            .await
    }

    async fn search_for(&self, virtual_server: &str, query: &str) -> (u64, Value) {
        let before = self.house.executed();
        let answer = self.ask(virtual_server, &search(query)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (self.house.executed() - before, answer.message())
    }

    /// Writes an address into an issue, past Sluice.
    async fn write(&self) {
        let update = issue(
            "update_issue",
            json!({"title": format!("Ask {EMAIL}"), "body": EMAIL}),
        );
        let answer = self.house.ask_directly(&update).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

fn search(query: &str) -> Value {
    call(1, "search_issues", json!({"query": query}))
}

/// A call about an issue.
fn issue(tool: &str, mut arguments: Value) -> Value {
    arguments["owner"] = json!("octo-org");
    arguments["repo"] = json!("hello-world");
    arguments["issue_number"] = json!(1);
    call(1, tool, arguments)
}

/// What a refused model is told.
#[track_caller]
fn refusal(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[track_caller]
fn is_served(answer: &Value) {
    assert!(answer["result"]["content"].is_array(), "{answer}");
    assert_ne!(answer["result"]["isError"], true, "{answer}");
}

/// Asserts that a guardrail that could not tell let nothing through.
#[track_caller]
fn could_not_tell(answer: &Value, why: &str) {
    let told = refusal(answer);
    assert!(told.contains("could not check this"), "{told}");
    assert!(told.ends_with(why), "{told}");
}

#[tokio::test]
async fn it_blocks_calls_and_says_why() {
    let place = Place::new(json()).await;
    for message in [
        search("DROP TABLE issues"),
        modern(search("DROP TABLE issues")),
    ] {
        let answer = place.ask("before", &message).await.message();
        let expected = "`query` must not drop or truncate anything. Say it otherwise.";
        assert_eq!(refusal(&answer), expected);
    }
    assert_eq!(place.house.executed(), 0);
    let (executed, answer) = place.search_for("before", "hello").await;
    is_served(&answer);
    assert_eq!(executed, 1);
    let log = place.house.sluice.log();
    assert!(
        log.contains("sql.drops") && log.contains("$.query"),
        "{log}"
    );
    assert!(!log.contains("DROP TABLE"), "{log}");
}

#[tokio::test]
async fn it_changes_the_arguments_of_calls() {
    let place = Place::new(json()).await;
    let comment = issue(
        "add_issue_comment",
        json!({"body": format!("Ask {EMAIL}, \u{1f600}")}),
    );
    let comments = issue("list_issue_comments", json!({}));
    for comment in [comment.clone(), modern(comment)] {
        let answer = place.ask("before", &comment).await.message();
        is_served(&answer);
        let answer = place.house.ask_directly(&comments).await.message();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        let written: Vec<Value> = serde_json::from_str(text).unwrap();
        assert_eq!(written[written.len() - 1]["body"], "Ask [email], \u{1f600}");
    }
    // One that only validates refuses what it would have changed.
    let before = place.house.executed();
    let comment = issue("add_issue_comment", json!({"body": EMAIL}));
    let answer = place.ask("validated", &comment).await.message();
    assert!(refusal(&answer).contains("does not allow"), "{answer}");
    assert_eq!(place.house.executed(), before);
}

#[tokio::test]
async fn several_look_at_one_message() {
    for options in [json(), stateless()] {
        let place = Place::new(options).await;
        place.write().await;
        let (executed, answer) = place.search("twice").await;
        assert!(refusal(&answer).contains("must not drop"), "{answer}");
        assert_eq!(executed, 0);
        let answer = place.ask("twice", &issue("get_issue", json!({}))).await;
        is_served(&answer.message());
        assert!(
            answer.body.contains("[email]") && !answer.body.contains(EMAIL),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn it_changes_results_in_json_and_in_events() {
    for (options, kind) in [
        (json(), "application/json"),
        (stateless(), "text/event-stream"),
    ] {
        let place = Place::new(options).await;
        place.write().await;
        let read = issue("get_issue", json!({}));
        for message in [read.clone(), modern(read.clone())] {
            let answer = place.ask("after", &message).await;
            assert!(answer.kind().starts_with(kind), "{answer:?}");
            assert!(!answer.body.contains(EMAIL), "{answer:?}");
            let result = &answer.message()["result"];
            assert_eq!(result["structuredContent"]["body"], "[email]", "{answer:?}");
            assert_eq!(
                result["structuredContent"]["title"], "Ask [email]",
                "{answer:?}"
            );
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("Ask [email]"), "{answer:?}");
        }
        // Without the guardrail it would all have been there.
        let answer = place.ask("before", &read).await;
        assert!(answer.body.contains(EMAIL), "{answer:?}");
        let answer = place.ask("after_watched", &read).await;
        assert!(answer.body.contains(EMAIL), "{answer:?}");
    }
}

#[tokio::test]
async fn it_changes_what_comes_before_the_result() {
    let place = Place::new(stateless()).await;
    let log = call(1, "test_log", json!({"message": format!("Ask {EMAIL}")}));
    let answer = place.ask("after", &log).await;
    let events = message::events(&answer.body);
    let logged: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(logged["method"], "notifications/message", "{answer:?}");
    assert_eq!(logged["params"]["data"], "Ask [email]", "{answer:?}");
    is_served(&answer.message());
    let fail = call(1, "test_fail", json!({"message": EMAIL}));
    let answer = place.ask("after", &fail).await;
    assert!(
        answer.body.contains("[email]") && !answer.body.contains(EMAIL),
        "{answer:?}"
    );
}

#[tokio::test]
async fn killed_it_fails_as_the_manifest_says_and_comes_back() {
    let mut place = Place::new(json()).await;
    place.write().await;
    for round in 0..3 {
        for (virtual_server, expected) in
            [("before", 0), ("before_lenient", 0), ("before_watched", 1)]
        {
            let (executed, answer) = place.search(virtual_server).await;
            assert_eq!(executed, expected, "{round} {virtual_server} {answer}");
        }
        place.guardrail.kill();
        let (executed, answer) = place.search_for("before", "hello").await;
        could_not_tell(&answer, "it cannot be reached");
        assert_eq!(executed, 0, "{answer}");
        for virtual_server in ["before_lenient", "before_watched"] {
            let (executed, answer) = place.search(virtual_server).await;
            is_served(&answer);
            assert_eq!(executed, 1, "{virtual_server} {answer}");
        }
        let read = issue("get_issue", json!({}));
        let answer = place.ask("after", &read).await;
        could_not_tell(&answer.message(), "it cannot be reached");
        assert!(!answer.body.contains(EMAIL), "{answer:?}");
        for virtual_server in ["after_lenient", "after_watched"] {
            let answer = place.ask(virtual_server, &read).await;
            is_served(&answer.message());
            assert!(answer.body.contains(EMAIL), "{answer:?}");
        }
        // The same Sluice finds it again.
        place.guardrail.come_back().await;
        let (executed, answer) = place.search_for("before", "hello").await;
        is_served(&answer);
        assert_eq!(executed, 1);
        let answer = place.ask("after", &read).await;
        assert!(answer.body.contains("[email]"), "{answer:?}");
    }
    let log = place.house.sluice.log();
    assert!(log.contains("an external guardrail fails"), "{log}");
    assert!(log.contains("an external guardrail answers again"), "{log}");
}

#[tokio::test]
async fn frozen_it_is_late_and_waited_for_as_long_as_the_manifest_says() {
    let place = Place::new(json()).await;
    place.guardrail.signal("STOP");
    let began = Instant::now();
    let (executed, answer) = place.search_for("brief", "hello").await;
    could_not_tell(&answer, "it did not answer in time");
    assert_eq!(executed, 0);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    // Envoy itself waits for 5 s, unless it is told to wait for longer.
    let thaw = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        place.guardrail.signal("CONT");
    };
    let url = place.house.url("patient");
    let asked = Answer::of(place.house.request(&url, &search("hello")));
    let (answer, ()) = tokio::join!(asked, thaw);
    is_served(&answer.message());
    let (executed, answer) = place.search_for("brief", "hello").await;
    is_served(&answer);
    assert_eq!(executed, 1);
}
