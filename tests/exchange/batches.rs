//! Batches: several messages in one body, which MCP had in 2025-03-26 only.

use bytes::Bytes;
use serde_json::{Value, json};
use sluice::exchange::{Event, Exchange, Headers, Occurrence, Refusal};

use super::driver::{Call, Forwarded, Sent, get, policy, post};

fn batch(body: &str) -> Call {
    post(body).path("/mcp/batches")
}

fn request(id: &str, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

fn call(id: &str, tool: &str) -> String {
    request(id, "tools/call", &format!(r#"{{"name":"{tool}"}}"#))
}

fn json(refusal: &Refusal) -> Value {
    serde_json::from_str(&refusal.body()).unwrap()
}

/// Three requests that may go on.
fn three() -> Forwarded {
    let messages = [
        call("1", "get_issue"),
        call(r#""two""#, "list_issues"),
        request("3", "tools/list", "{}"),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
    ];
    let forwarded = batch(&format!("[{}]", messages.join(" , "))).forwarded();
    assert_eq!(forwarded.rewritten(), None);
    forwarded
}

#[test]
fn a_batch_is_refused_where_none_is_taken() {
    let list = format!("[{}]", request("1", "tools/list", "{}"));
    for body in [list.as_str(), "[]", "[[]]", "[1]"] {
        let refusal = post(body).refused();
        assert_eq!(refusal.status(), 400, "{body}");
        assert_eq!(json(&refusal)["error"]["code"], -32600, "{body}");
        assert_eq!(refusal.reason().as_str(), "batch_not_enabled", "{body}");
    }
}

#[test]
fn a_batch_is_of_2025_03_26_only() {
    let list = format!("[{}]", request("1", "tools/list", "{}"));
    assert!(matches!(batch(&list).send(), Sent::Forwarded(_)));
    let named = |version| batch(&list).header("mcp-protocol-version", version);
    assert!(matches!(named("2025-03-26").send(), Sent::Forwarded(_)));
    for version in ["2025-06-18", "2025-11-25", "2026-07-28", "2024-11-05", "x"] {
        let refusal = named(version).refused();
        let told = json(&refusal);
        assert!(told[0]["error"]["code"].is_i64(), "{version}: {told}");
        assert_eq!(told[0]["id"], 1, "{version}");
    }
}

#[test]
fn what_is_no_batch_is_refused_as_a_whole() {
    let list = request("1", "tools/list", "{}");
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let many = vec![r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#; 101];
    let table = [
        String::new(),
        "1".to_owned(),
        "[]".to_owned(),
        format!("[{list}]"),
        format!("{list},null"),
        format!("{list},{{}}"),
        format!("{list},{answer}"),
        format!(r#"{list},{}"#, request("1", "ping", "{}")),
        format!(r#"{list},{}"#, request(r#""1""#, "ping", "{}")),
        many.join(","),
    ];
    for messages in table {
        let refusal = batch(&format!("[{messages}]")).refused();
        assert_eq!(refusal.status(), 400, "{messages}");
        let told = json(&refusal);
        assert_eq!(told["error"]["code"], -32600, "{messages}");
        assert_eq!(told.get("id"), None, "{messages}");
    }
    let notifications = many[..100].join(",");
    assert!(matches!(
        batch(&format!("[{notifications}]")).send(),
        Sent::Forwarded(_)
    ));
}

#[test]
fn one_refused_message_stops_the_batch() {
    let hidden = [
        call("2", "delete_repo"),
        call("2", "no_such_tool"),
        request("2", "prompts/get", r#"{"name":"hidden"}"#),
        request("2", "resources/read", r#"{"uri":"secret://x"}"#),
        request("2", "tasks/list", "{}"),
        request(
            "2",
            "initialize",
            r#"{"protocolVersion":"2025-03-26","capabilities":{}}"#,
        ),
        request("2", "tools/call", "{}"),
    ];
    for refused in hidden {
        let body = format!(
            "[{},{refused},{}]",
            call("1", "get_issue"),
            call("\"x\"", "get_issue")
        );
        let refusal = batch(&body).refused();
        assert_eq!(refusal.status(), 200, "{refused}");
        let told = json(&refusal);
        let ids: Vec<&Value> = told.as_array().unwrap().iter().map(|a| &a["id"]).collect();
        assert_eq!(ids, [&json!(1), &json!(2), &json!("x")], "{refused}");
        for other in [0, 2] {
            assert_eq!(told[other]["error"]["data"]["reason"], "batch_refused");
        }
        assert_ne!(
            told[1]["error"]["data"]["reason"], "batch_refused",
            "{refused}"
        );
    }
    let body = format!("[{}]", call("7", "delete_repo"));
    let told = json(&batch(&body).refused());
    assert_eq!(told[0]["error"]["message"], "Unknown tool: delete_repo");
    assert_eq!(told.as_array().unwrap().len(), 1);
}

#[test]
fn a_refused_notification_stops_the_batch_too() {
    let notification = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_issue"}}"#;
    let alone = batch(&format!("[{notification}]")).refused();
    assert_eq!(alone.status(), 400);
    let told = json(&batch(&format!("[{notification},{}]", call("1", "get_issue"))).refused());
    assert_eq!(told[0]["error"]["data"]["reason"], "batch_refused");
    assert_eq!(told[0]["id"], 1);
}

#[test]
fn each_message_for_which_a_batch_is_refused_is_told_to_the_log() {
    let headers = Headers::from_iter([
        (":method", b"POST".as_slice()),
        (":path", b"/mcp/batches"),
        ("content-type", b"application/json"),
    ]);
    let (exchange, _) = Exchange::new(policy(), None).handle(Event::RequestHeaders {
        headers,
        end_of_stream: false,
    });
    let messages = [
        call("1", "get_issue"),
        call("2", "delete_repo"),
        r#"{"jsonrpc":"2.0","method":"notifications/x"}"#.to_owned(),
    ];
    let body = Bytes::from(format!("[{}]", messages.join(",")));
    let (_, step) = exchange.handle(Event::RequestBody(body));
    let reasons = step.occurrences.iter().map(|occurrence| match occurrence {
        Occurrence::Refused { reason, .. } => reason.as_str(),
        other @ (Occurrence::Allowed { .. }
        | Occurrence::Answered { .. }
        | Occurrence::InSession(_)
        | Occurrence::Filtered { .. }
        | Occurrence::Guarded { .. }
        | Occurrence::Dropped { .. }) => panic!("{other:?}"),
    });
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        ["tool_not_enabled", "method_not_enabled"]
    );
}

#[test]
fn answers_of_the_client_are_checked_each() {
    let sampled = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":{{"type":"tool_use","name":"{name}"}}}}}}"#
        )
    };
    assert!(matches!(
        batch(&format!("[{}]", sampled("get_issue"))).send(),
        Sent::Forwarded(_)
    ));
    let body = format!("[{},{}]", sampled("get_issue"), sampled("delete_repo"));
    assert_eq!(batch(&body).refused().status(), 400);
}

#[test]
fn what_is_taken_out_of_messages_is_taken_out_of_each() {
    let with_task = |id, name| {
        let params = format!(r#"{{"name":"{name}","task":{{}}}}"#);
        request(id, "tools/call", &params)
    };
    let body = format!(
        "[{},{}]",
        with_task("1", "get_issue"),
        with_task("2", "list_issues")
    );
    let rewritten = batch(&body).forwarded().rewritten().unwrap();
    assert_eq!(rewritten, body.replace(r#","task":{}"#, ""));
}

const LIST: &str =
    r#"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"get_issue"},{"name":"delete_repo"}]}}"#;
const ONE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
const TWO: &str = r#"{"jsonrpc":"2.0","id":"two","result":{"content":[]}}"#;

#[test]
fn answers_are_judged_each_in_an_array_and_in_events() {
    let filtered = LIST.replace(r#",{"name":"delete_repo"}"#, "");
    assert_eq!(
        three().json(&format!("[{LIST}, {ONE},{TWO}]")).text(),
        format!("[{filtered}, {ONE},{TWO}]")
    );
    let events = format!("data: {ONE}\n\ndata: [{TWO},{LIST}]\n\n");
    let expected = format!("data: {ONE}\n\ndata: [{TWO},{filtered}]\n\n");
    assert_eq!(three().events(&events).text(), expected);
}

#[test]
fn what_answers_nobody_leaves_the_array() {
    let stray = r#"{"jsonrpc":"2.0","id":9,"result":{"content":[]}}"#;
    let body = format!("[{stray},{ONE},{ONE},{LIST},{TWO},{stray}]");
    let told: Value = serde_json::from_str(&three().json(&body).text()).unwrap();
    let ids: Vec<&Value> = told.as_array().unwrap().iter().map(|a| &a["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(3), &json!("two")]);
}

#[test]
fn requests_that_the_server_does_not_answer_are_answered() {
    for body in [ONE.to_owned(), format!("[{ONE}]"), format!("[\n{ONE}\n]\n")] {
        let told: Value = serde_json::from_str(&three().json(&body).text()).unwrap();
        let ids: Vec<&Value> = told.as_array().unwrap().iter().map(|a| &a["id"]).collect();
        assert_eq!(ids, [&json!(1), &json!("two"), &json!(3)], "{body}");
        assert!(told[0]["result"].is_object() && told[1]["error"].is_object());
    }
    for nothing in [
        "[]",
        "{}",
        "[1]",
        "null",
        "[[]]",
        "not JSON",
        r#"[{"jsonrpc":"2.0"}]"#,
    ] {
        let told: Value = serde_json::from_str(&three().json(nothing).text()).unwrap();
        assert_eq!(told.as_array().unwrap().len(), 3, "{nothing}");
        assert_eq!(told[2]["error"]["code"], -32603, "{nothing}");
    }
}

#[test]
fn an_answer_that_is_refused_is_refused_alone() {
    let unknown = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: get_issue. There is delete_repo."}}"#;
    let task = r#"{"jsonrpc":"2.0","id":"two","result":{"task":{"taskId":"x"}}}"#;
    let told = three().json(&format!("[{unknown},{task},{LIST}]")).text();
    assert!(
        !told.contains("delete_repo") && !told.contains("taskId"),
        "{told}"
    );
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told[0]["error"]["message"], "Unknown tool: get_issue");
    assert_eq!((&told[0]["id"], &told[1]["id"]), (&json!(1), &json!("two")));
    assert_eq!(told[1]["error"]["data"]["reason"], "upstream_invalid");
    assert_eq!(told.as_array().unwrap().len(), 3);
    assert!(told[2]["result"]["tools"].is_array());

    let events = format!("data: {unknown}\n\ndata: {TWO}\n\ndata: {LIST}\n\n");
    let told = three().events(&events).text();
    assert!(!told.contains("delete_repo"), "{told}");
    assert_eq!(told.matches("data: ").count(), 3, "{told}");
    assert!(told.contains(TWO), "{told}");
}

#[test]
fn failures_answer_the_whole_batch() {
    let status = |status, body: &'static str| {
        three().answer(
            &[(":status", status), ("content-type", "application/json")],
            &[body.as_bytes()],
        )
    };
    let refusal = three()
        .answer(
            &[(":status", "502"), ("content-type", "text/html")],
            &[b"<p>"],
        )
        .refused();
    assert_eq!(json(&refusal).as_array().unwrap().len(), 3);
    let error = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#;
    assert_eq!(status("400", error).text(), error);
    let told: Value = serde_json::from_str(&status("400", LIST).text()).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 3);
}

#[test]
fn a_stream_that_breaks_answers_those_who_wait() {
    let long = format!("data: {ONE}\n\ndata: {}\n\n", "x".repeat(20_000));
    let told = three().events(&long).text();
    assert_eq!(told.matches("data: ").count(), 3, "{told}");
    assert_eq!(told.matches("event_too_large").count(), 2);
}

#[test]
fn arrays_come_on_streams_of_batches_only() {
    let event = format!("data: [{LIST}]\n\n");
    let replayed = get().path("/mcp/batches").forwarded().events(&event).text();
    assert_eq!(replayed, event.replace(r#",{"name":"delete_repo"}"#, ""));
    assert_eq!(get().forwarded().events(&event).text(), ":\n\n");
    let later = get()
        .path("/mcp/batches")
        .header("mcp-protocol-version", "2025-06-18");
    assert_eq!(later.forwarded().events(&event).text(), ":\n\n");
    let single = batch(&request("3", "tools/list", "{}")).forwarded();
    let told: Value = serde_json::from_str(&single.json(&format!("[{LIST}]")).text()).unwrap();
    assert_eq!(told["error"]["data"]["reason"], "upstream_invalid");
}

#[test]
fn answers_before_one_that_is_unreadable_are_not_lost() {
    let all = format!("{ONE},{TWO},{LIST}");
    for messages in [ONE, &all] {
        let told = three().json(&format!("[{messages},1]")).text();
        let told: Value = serde_json::from_str(&told).unwrap();
        let ids: Vec<&Value> = told.as_array().unwrap().iter().map(|a| &a["id"]).collect();
        assert_eq!(ids, [&json!(1), &json!("two"), &json!(3)], "{messages}");
        let told = three().events(&format!("data: [{messages},1]\n\n")).text();
        assert_eq!(told.matches("data: ").count(), 3, "{told}");
    }
}

#[test]
fn a_failure_does_not_list_what_there_is_instead() {
    let ask = batch(&format!("[{}]", call("1", "list_zzz"))).forwarded();
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: list_zzz. Available: delete_repo"}}"#;
    let head = [(":status", "400"), ("content-type", "application/json")];
    let told = ask.answer(&head, &[error.as_bytes()]).text();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told[0]["error"]["data"]["reason"], "upstream_refused");
}
