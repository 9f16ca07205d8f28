//! Guardrails that are services elsewhere: what they are asked, and what follows from what they say.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice::exchange::{Judgement, JudgementFailure, Occurrence};
use sluice::guardrail::{Operation, Strategy};
use sluice::policy::guard::{Attached, External, Guard, Guards, Means, Message, Transport};
use sluice::policy::{
    Definition, HttpSse, Limits, Location, Match, Pattern, Policy, Rule, RuleId, Rules, View,
    VirtualServer,
};
use sluice::seal::Keys;

use super::talk::{Talk, allow, block, replace};

fn guard(name: &str, operation: Operation, strategy: Strategy) -> Guard {
    let external = External {
        transport: Transport::Grpc {
            address: "unix:/nowhere".to_owned(),
        },
        timeout: Duration::from_secs(5),
        max_in_flight: 1,
    };
    Guard {
        name: name.into(),
        location: location(),
        means: Means::External(Arc::new(external)),
        operation,
        strategy,
        message: None,
        tools: Vec::new(),
        exempt: Vec::new(),
    }
}

fn location() -> Location {
    Location {
        file: "test.yaml".into(),
        line: 1,
        column: 1,
    }
}

fn mutating(name: &str) -> Guard {
    guard(name, Operation::Mutate, Strategy::Enforce)
}

/// A virtual server with these guardrails, with batches and with HTTP+SSE.
fn policy(call: Vec<Guard>, result: Vec<Guard>) -> Arc<Policy> {
    let attached = |guards: Vec<Guard>| {
        let guards = guards.into_iter().map(|guard| Attached {
            guard: Arc::new(guard),
            tool: None,
        });
        guards.collect()
    };
    let pattern = Pattern::name("get_*").unwrap();
    let rule = Rule::new(RuleId::new("tools[0]"), location(), "get_*", pattern);
    let server = VirtualServer::new(Definition {
        tools: Rules::new(vec![rule], Vec::new()),
        guards: Guards::new(attached(call), attached(result)),
        batches: true,
        http_sse: Some(HttpSse {
            path: "/mcp/desk/sse".to_owned(),
            messages: "/mcp/desk/messages".to_owned(),
        }),
        ..Definition::new("desk", "tracker", Match::Path("/mcp/desk".into()))
    });
    let keys = Arc::new(Keys::new([[3; 32]]).unwrap());
    Arc::new(Policy::new(vec![server], Limits::default()).with_seal_keys(&keys))
}

const V: (&str, &str) = ("mcp-protocol-version", "2025-11-25");
const OLD: (&str, &str) = ("mcp-protocol-version", "2025-06-18");
const BATCH: (&str, &str) = ("mcp-protocol-version", "2025-03-26");

fn call(id: u64, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}"{arguments}}}}}"#
    )
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn calls_are_shown_in_order_each_as_the_one_before_left_it() {
    let policy = policy(vec![mutating("first"), mutating("second")], vec![]);
    let mut talk = Talk::new(&policy, |ask| match &*ask.guardrail {
        "first" => replace(r#"{"a": 2}"#),
        _ => replace(r#"{"a": 3}"#),
    });
    talk.post("/mcp/desk", &[V]).on();
    let body = talk
        .body(&call(1, "get_x", r#","arguments":{"a": 1}"#))
        .on();
    assert_eq!(body.unwrap(), call(1, "get_x", r#","arguments":{"a": 3}"#));
    assert_eq!(
        talk.asked,
        [
            r#"first call get_x tools/call {"a": 1}"#,
            r#"second call get_x tools/call {"a": 2}"#
        ]
    );
}

#[test]
fn a_call_without_arguments_is_shown_as_one_with_none() {
    for arguments in ["", r#","arguments":null"#, r#","arguments":{}"#] {
        let policy = policy(vec![mutating("g")], vec![]);
        let mut talk = Talk::new(&policy, |_| allow());
        talk.post("/mcp/desk", &[V]).on();
        let body = talk.body(&call(1, "get_x", arguments)).on();
        assert_eq!(talk.asked, ["g call get_x tools/call {}"]);
        let body = body.map_or_else(
            || parsed(&call(1, "get_x", arguments)),
            |body| parsed(&body),
        );
        assert_eq!(body["params"]["arguments"], json!({}));
    }
}

#[test]
fn a_refused_call_is_told_as_the_version_has_it() {
    let policy = policy(vec![mutating("g")], vec![]);
    for (version, expected) in [
        (
            V,
            json!({"jsonrpc": "2.0", "id": 7, "result": {
                "content": [{"type": "text", "text": "The guardrail `g` does not allow these arguments: use fewer"}],
                "isError": true,
            }}),
        ),
        (
            OLD,
            json!({"jsonrpc": "2.0", "id": 7, "error": {
                "code": -32602,
                "message": "The guardrail `g` does not allow these arguments: use fewer",
                "data": {"reason": "guardrail_violation", "rule": "desk.guardrails.g"},
            }}),
        ),
    ] {
        let mut talk = Talk::new(&policy, |_| block("use fewer"));
        talk.post("/mcp/desk", &[version]).on();
        let refusal = talk.body(&call(7, "get_x", "")).refused();
        assert_eq!(refusal.reason().as_str(), "guardrail_violation");
        assert_eq!(refusal.status(), 200);
        assert_eq!(parsed(&refusal.body()), expected);
    }
}

#[test]
fn the_operators_words_come_first() {
    let mut guard = mutating("g");
    guard.message = Some(Message("Ask Ann. ({{guardrail_message}})".to_owned()));
    let policy = policy(vec![guard], vec![]);
    let mut talk = Talk::new(&policy, |_| block("too much"));
    talk.post("/mcp/desk", &[OLD]).on();
    let refusal = talk.body(&call(1, "get_x", "")).refused();
    let told = parsed(&refusal.body());
    assert_eq!(told["error"]["message"], "Ask Ann. (too much)");
}

#[test]
fn what_can_not_be_told_passes_where_the_manifest_says_so() {
    let failures = [
        JudgementFailure::Timeout,
        JudgementFailure::Unavailable,
        JudgementFailure::Busy,
        JudgementFailure::Invalid,
    ];
    for failure in failures {
        for (strategy, passes) in [
            (Strategy::Enforce, false),
            (Strategy::EnforceButIgnoreOnError, true),
            (Strategy::Audit, true),
        ] {
            let both = || vec![guard("g", Operation::Mutate, strategy)];
            let policy = policy(both(), both());
            let mut talk = Talk::new(&policy, |ask| match ask.phase {
                sluice::guardrail::Phase::Call if passes => Err(failure),
                sluice::guardrail::Phase::Call => allow(),
                sluice::guardrail::Phase::Result => Err(failure),
            });
            talk.post("/mcp/desk", &[V]).on();
            talk.body(&call(1, "get_x", r#","arguments":{}"#)).on();
            talk.answers("application/json").on();
            let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
            let came = talk.chunk(answer, true).on();
            match passes {
                true => assert_eq!(came, None, "{failure} {strategy:?}"),
                false => {
                    let told = parsed(&came.unwrap());
                    assert_eq!(told["result"]["isError"], true, "{failure} {told}");
                }
            }

            let mut talk = Talk::new(&policy, |_| Err(failure));
            talk.post("/mcp/desk", &[V]).on();
            let came = talk.body(&call(1, "get_x", r#","arguments":{}"#));
            match passes {
                true => assert_eq!(came.on(), None),
                false => assert_eq!(came.refused().reason().as_str(), "guardrail_failed"),
            }
        }
    }
}

#[test]
fn whoever_validates_changes_nothing_and_only_audits_where_that_is_said() {
    let finding = || sluice::exchange::JudgedFinding {
        rule: "r".to_owned(),
        path: "$.a".to_owned(),
        entity: None,
    };
    for (strategy, is_refused) in [(Strategy::Enforce, true), (Strategy::Audit, false)] {
        let policy = policy(vec![guard("g", Operation::Validate, strategy)], vec![]);
        let mut talk = Talk::new(&policy, |_| {
            Ok(Judgement {
                allowed: false,
                payload: Some(r#"{"a":"changed"}"#.to_owned()),
                findings: vec![finding()],
                ..allow()?
            })
        });
        talk.post("/mcp/desk", &[V]).on();
        let came = talk.body(&call(1, "get_x", r#","arguments":{"a":1}"#));
        match is_refused {
            true => assert_eq!(came.refused().reason().as_str(), "guardrail_violation"),
            false => assert_eq!(came.on(), None),
        }
        let guarded = talk
            .occurrences
            .iter()
            .filter_map(|occurrence| match occurrence {
                Occurrence::Guarded { findings, .. } => Some(findings.len()),
                Occurrence::Allowed { .. }
                | Occurrence::Answered { .. }
                | Occurrence::InSession(_)
                | Occurrence::Refused { .. }
                | Occurrence::Filtered { .. }
                | Occurrence::Dropped { .. } => None,
            });
        assert_eq!(guarded.collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_none() {
    for payload in ["", "[]", "1", "{", r#"{"a":1,"a":2}"#, "{} {}"] {
        let policy = policy(vec![mutating("g")], vec![]);
        let mut talk = Talk::new(&policy, |_| replace(payload));
        talk.post("/mcp/desk", &[V]).on();
        let refusal = talk.body(&call(1, "get_x", "")).refused();
        assert_eq!(refusal.reason().as_str(), "guardrail_failed", "{payload}");
    }
}

#[test]
fn each_message_of_a_stream_is_shown() {
    let policy = policy(vec![], vec![mutating("g")]);
    let mut talk = Talk::new(&policy, |ask| match &*ask.method {
        "notifications/progress" => block("no"),
        "notifications/message" => replace(r#"{"level":"info","data":"x"}"#),
        _ => replace(r#"{"content":[{"type":"text","text":"x"}]}"#),
    });
    talk.post("/mcp/desk", &[V]).on();
    talk.body(&call(1, "get_x", "")).on();
    talk.answers("text/event-stream").on();
    let message = |method: &str, params: &str| {
        format!("data: {{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}\n\n")
    };
    let stream = [
        message(
            "notifications/progress",
            r#"{"progressToken":1,"progress":1}"#,
        ),
        ": still here\n\n".to_owned(),
        message(
            "notifications/message",
            r#"{"level":"info","data":"secret"}"#,
        ),
        "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n".to_owned(),
    ];
    let out = talk.chunk(&stream.concat(), true).on().unwrap();
    assert_eq!(talk.asked.len(), 3, "{:?}", talk.asked);
    assert!(talk.asked[1].starts_with("g result get_x notifications/message"));
    let data: Vec<&str> = out
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    assert_eq!(
        data,
        [
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}]}}"#
        ]
    );
}

#[test]
fn a_withheld_result_is_an_answer_still() {
    let policy = policy(vec![], vec![mutating("g")]);
    for content_type in ["application/json", "text/event-stream"] {
        let mut talk = Talk::new(&policy, |_| block("it names people"));
        talk.post("/mcp/desk", &[OLD]).on();
        talk.body(&call(1, "get_x", "")).on();
        talk.answers(content_type).on();
        let result =
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"secret"}]}}"#;
        let out = match content_type {
            "application/json" => talk.chunk(result, true),
            _ => talk.chunk(&format!("data: {result}\n\n"), true),
        };
        let out = out.on().unwrap();
        assert!(!out.contains("secret"), "{out}");
        let told = parsed(out.trim_start_matches("data: ").trim());
        assert_eq!(told["id"], 1);
        assert_eq!(told["result"]["isError"], true);
        assert_eq!(
            told["result"]["content"][0]["text"],
            "The guardrail `g` withheld the result: it names people"
        );
    }
}

#[test]
fn a_withheld_question_ends_the_call_that_waits_for_its_answer() {
    let policy = policy(vec![], vec![mutating("g")]);
    let question = concat!(
        r#"data: {"jsonrpc":"2.0","id":7,"method":"elicitation/create","#,
        r#""params":{"message":"secret","requestedSchema":{"type":"object","properties":{}}}}"#,
        "\n\n"
    );
    let mut talk = Talk::new(&policy, |_| block("it names people"));
    talk.post("/mcp/desk", &[OLD]).on();
    talk.body(&call(1, "get_x", "")).on();
    talk.answers("text/event-stream").on();
    let out = talk.chunk(question, false).on().unwrap();
    assert!(!out.contains("secret"), "{out}");
    let told = parsed(out.trim_start_matches("data: ").trim());
    assert_eq!(told["id"], 1);
    assert_eq!(told["result"]["isError"], true);
    assert_eq!(
        told["result"]["content"][0]["text"],
        "The guardrail `g` withheld the result: it names people"
    );
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n";
    let later = talk.chunk(answer, true).on();
    assert_eq!(later.as_deref(), Some(""), "nobody is answered twice");
    let said = format!("{:?}", talk.occurrences);
    assert!(
        said.contains("Guarded") && said.contains("Refused"),
        "{said}"
    );

    // Where nobody waits it is left out.
    let mut talk = Talk::new(&policy, |_| block("it names people"));
    talk.post("/mcp/desk", &[OLD]).on();
    let news = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    talk.body(news).on();
    talk.answers("text/event-stream").on();
    let out = talk.chunk(question, false).on().unwrap();
    assert_eq!(out.trim(), "", "{out}");
}

#[test]
fn of_a_batch_one_refused_call_refuses_all() {
    let policy = policy(vec![mutating("g")], vec![]);
    let mut talk = Talk::new(&policy, |ask| match ask.payload.as_str() {
        r#"{"bad":1}"# => block("bad"),
        _ => allow(),
    });
    talk.post("/mcp/desk", &[BATCH]).on();
    let messages = [
        call(1, "get_x", r#","arguments":{"a":1}"#),
        call(2, "get_x", r#","arguments":{"bad":1}"#),
        r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#.to_owned(),
    ];
    let refusal = talk.body(&format!("[{}]", messages.join(","))).refused();
    let told = parsed(&refusal.body());
    let reasons: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["error"]["data"]["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["batch_refused", "guardrail_violation", "batch_refused"]
    );
    assert_eq!(told[1]["id"], 2);
}

#[test]
fn of_the_answers_to_a_batch_one_may_be_withheld() {
    let policy = policy(vec![], vec![mutating("g")]);
    let mut talk = Talk::new(&policy, |ask| match ask.payload.contains("secret") {
        true => block("no"),
        false => allow(),
    });
    talk.post("/mcp/desk", &[BATCH]).on();
    let messages = [call(1, "get_x", ""), call(2, "get_y", "")];
    talk.body(&format!("[{}]", messages.join(","))).on();
    talk.answers("application/json").on();
    let answers = r#"[{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"secret"}]}},{"jsonrpc":"2.0","id":1,"result":{"content":[]}},{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"secret"}}]"#;
    let out = parsed(&talk.chunk(answers, true).on().unwrap());
    assert_eq!(out.as_array().unwrap().len(), 2, "{out}");
    assert_eq!(out[0]["result"]["isError"], true);
    assert_eq!(out[1]["result"]["content"], json!([]));
    assert!(!out.to_string().contains("secret"));
    assert!(talk.asked[0].starts_with("g result get_y tools/call"));
}

#[test]
fn tools_that_a_model_calls_through_the_server_are_looked_at() {
    let policy = policy(vec![mutating("g")], vec![]);
    let mut talk = Talk::new(&policy, |_| block("no"));
    talk.post("/mcp/desk", &[V]).on();
    let answer = r#"{"jsonrpc":"2.0","id":9,"result":{"role":"assistant","model":"m","content":[{"type":"tool_use","id":"u","name":"get_x","input":{"a":1}}]}}"#;
    let refusal = talk.body(answer).refused();
    assert_eq!(talk.asked, [r#"g call get_x tools/call {"a":1}"#]);
    // Nobody waits for an answer to an answer.
    assert_eq!(refusal.status(), 400);
}

#[test]
fn over_http_sse_a_refusal_comes_down_the_stream() {
    let policy = policy(vec![mutating("g")], vec![]);
    let mut talk = Talk::new(&policy, |_| block("no"));
    let (server, _) = policy.select(None, "/mcp/desk").unwrap();
    let view = View::anonymous(Arc::clone(server));
    let session = view.session_ids().unwrap().seal("1").unwrap();
    let path = format!("/mcp/desk/messages?sessionId={session}");
    talk.post(&path, &[]).on();
    let sent = talk.body(&call(1, "get_x", "")).on().unwrap();
    assert_eq!(parsed(&sent)["method"], "ping", "{sent}");
    assert!(!sent.contains("arguments\":"), "{sent}");
}

#[test]
fn a_message_that_leaves_a_batch_moves_no_other() {
    let mut of_one = mutating("one");
    of_one.tools = vec![Pattern::name("get_x").unwrap()];
    let policy = policy(vec![], vec![mutating("news"), of_one]);
    let mut talk = Talk::new(&policy, |ask| match (&*ask.guardrail, &*ask.method) {
        ("news", "notifications/message") => block("no"),
        ("one", _) => replace(r#"{"content":[{"type":"text","text":"clean"}]}"#),
        _ => allow(),
    });
    talk.post("/mcp/desk", &[BATCH]).on();
    let messages = [call(1, "get_x", ""), call(2, "get_y", "")];
    talk.body(&format!("[{}]", messages.join(","))).on();
    talk.answers("application/json").on();
    let answers = r#"[{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"news"}},{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"secret"}]}},{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"other"}]}}]"#;
    let out = parsed(&talk.chunk(answers, true).on().unwrap());
    assert_eq!(out.as_array().unwrap().len(), 2, "{out}");
    assert_eq!(out[0]["result"]["content"][0]["text"], "clean");
    assert_eq!(out[1]["result"]["content"][0]["text"], "other");
}

#[test]
fn a_payload_that_does_not_fit_in_its_place_is_none() {
    let depth = Limits::default().json.depth;
    let nested = |levels: usize| {
        let (open, close) = (r#"{"a":"#.repeat(levels), "}".repeat(levels));
        format!("{open}1{close}")
    };
    for (levels, passes) in [(depth - 2, true), (depth - 1, false), (depth, false)] {
        let policy = policy(vec![mutating("g")], vec![]);
        let mut talk = Talk::new(&policy, |_| replace(nested(levels)));
        talk.post("/mcp/desk", &[V]).on();
        let came = talk.body(&call(1, "get_x", ""));
        match passes {
            true => assert!(came.on().is_some()),
            false => assert_eq!(came.refused().reason().as_str(), "guardrail_failed"),
        }
    }
}

#[test]
fn whoever_only_validates_refuses_what_it_would_change_or_has_found() {
    let finding = || sluice::exchange::JudgedFinding {
        rule: "seen".to_owned(),
        path: "$.a".to_owned(),
        entity: None,
    };
    for (payload, findings) in [(None, vec![finding()]), (Some("{}".to_owned()), vec![])] {
        let policy = policy(
            vec![guard("g", Operation::Validate, Strategy::Enforce)],
            vec![],
        );
        let mut talk = Talk::new(&policy, |_| {
            Ok(Judgement {
                payload: payload.clone(),
                findings: findings.clone(),
                ..allow()?
            })
        });
        talk.post("/mcp/desk", &[V]).on();
        let refusal = talk
            .body(&call(1, "get_x", r#","arguments":{"a":1}"#))
            .refused();
        assert_eq!(refusal.reason().as_str(), "guardrail_violation");
    }
}

#[test]
fn news_on_the_stream_of_a_tool_is_shown_to_those_of_all_tools() {
    let mut of_another = mutating("another");
    of_another.tools = vec![Pattern::name("get_y").unwrap()];
    let policy = policy(vec![], vec![of_another]);
    let mut talk = Talk::new(&policy, |_| block("no"));
    talk.post("/mcp/desk", &[V]).on();
    talk.body(&call(1, "get_x", "")).on();
    talk.answers("text/event-stream").on();
    let news = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"of y\"}}\n\n";
    let out = talk.chunk(news, false).on().unwrap();
    assert!(!out.contains("of y"), "{out}");
    assert_eq!(talk.asked.len(), 1);
}
