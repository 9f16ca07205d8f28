//! Tasks (SEP-2663): calls that go on, under ids that name their tool and that nobody can make up.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::policy::View;
use sluice::seal::{Keys, Purpose};

use super::driver::{Call, Forwarded, OLD_KEY, modern, policy};

const METHODS: [&str; 3] = ["tasks/get", "tasks/update", "tasks/cancel"];

/// The extension.
const ID: &str = "io.modelcontextprotocol/tasks";

/// The id that the server gave a task.
const OWN: &str = "786512e2-9e0d-44bd-8f29";

/// What a client is told of whatever is no task of this virtual server's tools.
const UNKNOWN: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown task","data":{"reason":"unknown_task","rule":"tasks.tools"}}}"#;

/// An id as a virtual server hands it out.
fn sealed_by(virtual_server: &str, tool: &str, id: &str) -> String {
    let policy = policy();
    let server = policy.virtual_server(virtual_server).unwrap();
    let view = View::anonymous(Arc::clone(server));
    view.task_ids().unwrap().seal(tool, id).unwrap()
}

fn sealed() -> String {
    sealed_by("tasks", "get_issue", OWN)
}

/// A request about a task with this id.
fn about(method: &str, id: &str) -> Call {
    let answers = r#""inputResponses":{"a":{"action":"accept","content":{}}}"#;
    let params = match method {
        "tasks/update" => format!(r#""taskId":"{id}",{answers}"#),
        _ => format!(r#""taskId":"{id}""#),
    };
    declaring(modern(method, &params, Some(id)), &json!({ID: {}}))
}

/// The request, to a virtual server with tasks, of a client that declares these extensions.
fn declaring(mut call: Call, extensions: &Value) -> Call {
    let text = String::from_utf8(call.body.take().unwrap()).unwrap();
    let claim = format!(r#"clientCapabilities":{{"extensions":{extensions}}}"#);
    call.body = Some(text.replace(r#"clientCapabilities":{}"#, &claim).into());
    call.path("/mcp/tasks")
}

fn call(path: &'static str) -> Forwarded {
    let call = modern("tools/call", r#""name":"get_issue""#, Some("get_issue"));
    call.path(path).forwarded()
}

/// What comes of this result of a request, as the client gets it.
fn told(forwarded: Forwarded, result: &Value) -> Value {
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result});
    let told = forwarded.json(&answer.to_string()).text();
    serde_json::from_str(&told).unwrap()
}

/// What comes of this error in answer to a request.
fn failed(forwarded: Forwarded, error: &Value) -> Value {
    let answer = json!({"jsonrpc": "2.0", "id": 1, "error": error});
    let told = forwarded.json(&answer.to_string()).text();
    serde_json::from_str(&told).unwrap()
}

fn get() -> Forwarded {
    about("tasks/get", &sealed()).forwarded()
}

/// The parameters of a listening client that goes on, and what the server sends it.
fn listen(ids: &Value) -> Forwarded {
    let params = json!({"notifications": {"taskIds": ids}}).to_string();
    let params = params.trim_start_matches('{').trim_end_matches('}');
    let call = modern("subscriptions/listen", &format!("{params}}}"), None);
    call.path("/mcp/tasks").forwarded()
}

/// The events that come of these ones.
fn events(forwarded: Forwarded, messages: &[Value]) -> Vec<Value> {
    let sent: Vec<String> = messages
        .iter()
        .map(|message| format!("data: {message}\n\n"))
        .collect();
    let told = forwarded.events(&sent.concat()).text();
    let data = told.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn news(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": params})
}

#[test]
fn a_call_that_goes_on_does_so_under_a_sealed_id() {
    let task = json!({
        "resultType": "task", "taskId": OWN, "status": "working", "ttlMs": 86_400_000,
        "statusMessage": format!("{OWN} has begun"),
    });
    let told = told(call("/mcp/tasks"), &task);
    let mut expected = task.clone();
    expected["taskId"] = json!(sealed());
    expected["statusMessage"] = json!(format!("{} has begun", sealed()));
    assert_eq!(told["result"], expected);
}

#[test]
fn only_a_task_that_a_call_became_is_one() {
    let task = json!({"resultType": "task", "taskId": OWN, "status": "working"});
    let withheld = |told: &Value| {
        assert_eq!(told["error"]["data"]["reason"], "upstream_invalid");
        assert!(!told.to_string().contains(OWN), "{told}");
    };
    let list = || modern("tools/list", "", None).path("/mcp/tasks");
    withheld(&told(list().forwarded(), &task));
    withheld(&told(call("/mcp/triage"), &task));
    for (member, value) in [
        ("taskId", json!("")),
        ("taskId", json!(7)),
        ("taskId", json!("x".repeat(2000))),
        ("taskID", json!(OWN)),
        ("resultType", json!("complete")),
    ] {
        let mut odd = task.clone();
        odd[member] = value;
        withheld(&told(call("/mcp/tasks"), &odd));
    }
    withheld(&told(
        call("/mcp/tasks"),
        &json!({"resultType": "task", "status": "working"}),
    ));
}

#[test]
fn the_server_is_asked_about_its_own_id() {
    for method in METHODS {
        let sent = about(method, &sealed()).forwarded();
        let body: Value = serde_json::from_str(&sent.rewritten().unwrap()).unwrap();
        assert_eq!(body["params"]["taskId"], OWN, "{method}");
        let name = sent.headers.set.iter().rfind(|it| it.0 == "mcp-name");
        assert_eq!(name.unwrap().1, OWN, "{method}");
    }
}

#[test]
fn what_is_no_task_of_this_virtual_server_gets_one_answer() {
    let sealed = sealed();
    let strange = Keys::new([[7; 32]]).unwrap();
    let strange = strange.seal(Purpose::TaskId, &["tasks"], &["get_issue", OWN]);
    let flip = |at: usize| {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(changed).unwrap()
    };
    for id in [
        // The server's own, and made up ones.
        OWN.to_owned(),
        String::new(),
        "get_issue".to_owned(),
        strange.unwrap(),
        // Changed ones.
        flip(0),
        flip(30),
        flip(sealed.len() / 2),
        sealed.chars().skip(1).collect(),
        format!("{sealed}A"),
        // Another virtual server's of the same server.
        sealed_by("other-tasks", "get_issue", OWN),
        // One of a tool that is not enabled any more.
        sealed_by("tasks", "list_secrets", OWN),
        sealed_by("tasks", "delete_repo", OWN),
    ] {
        for method in METHODS {
            let refusal = about(method, &id).refused();
            assert_eq!(refusal.body(), UNKNOWN, "{method} {id}");
            assert_eq!(refusal.status(), 200);
        }
    }
    about("tasks/get", &sealed).forwarded();
}

#[test]
fn a_task_is_named_once_and_in_one_way() {
    let sealed = sealed();
    for method in METHODS {
        let other = sealed_by("tasks", "get_issue", "other");
        let call = about(method, &sealed).without("mcp-name");
        call.clone().refused();
        let refusal = call.header("mcp-name", &other).refused();
        assert_eq!(refusal.reason().as_str(), "header_mismatch", "{method}");
        let twice = format!(r#""taskId":"{sealed}","TaskId":"{other}""#);
        for (params, reason) in [
            (twice.as_str(), "malformed_message"),
            ("", "invalid_params"),
            (r#""taskId":7"#, "invalid_params"),
        ] {
            let call = declaring(modern(method, params, Some(&sealed)), &json!({ID: {}}));
            assert_eq!(call.refused().reason().as_str(), reason, "{params}");
        }
    }
}

#[test]
fn only_clients_that_declare_tasks_ask_about_them() {
    for method in METHODS {
        for id in [&sealed(), "made up"] {
            let params = format!(r#""taskId":"{id}""#);
            let call = modern(method, &params, Some(id));
            let refusal = declaring(call, &json!({"vendor/x": {}})).refused();
            assert_eq!(refusal.status(), 400);
            let told: Value = serde_json::from_str(&refusal.body()).unwrap();
            let needed = json!({"extensions": {ID: {}}});
            assert_eq!(told["error"]["code"], -32021, "{method}");
            assert_eq!(told["error"]["data"]["requiredCapabilities"], needed);
        }
    }
}

#[test]
fn what_an_older_key_sealed_is_good_still() {
    let keys = Keys::new([OLD_KEY]).unwrap();
    let old = keys.seal(Purpose::TaskId, &["tasks"], &["get_issue", OWN]);
    let old = old.unwrap();
    assert_ne!(old, sealed());
    let task = json!({"resultType": "complete", "taskId": OWN, "status": "working"});
    let told = told(about("tasks/get", &old).forwarded(), &task);
    assert_eq!(told["result"]["taskId"], json!(old), "it is the same task");
}

#[test]
fn what_a_task_comes_to_is_judged_like_the_answer_of_a_call() {
    let link = |uri: &str| json!({"type": "resource_link", "uri": uri, "name": "x"});
    let shown = [link("repo://acme/readme"), link("repo://acme/secrets")];
    let direct = json!({"resultType": "complete", "content": shown});
    let direct = told(call("/mcp/tasks"), &direct)["result"].clone();
    assert!(!direct.to_string().contains("secrets"), "{direct}");
    let task = json!({
        "resultType": "complete", "taskId": OWN, "status": "completed",
        "statusMessage": format!("{OWN} is done"),
        "result": {"resultType": "complete", "content": shown},
    });
    let result = told(get(), &task)["result"].clone();
    assert_eq!(result["result"], direct);
    assert_eq!(result["taskId"], json!(sealed()));
    assert_eq!(
        result["statusMessage"],
        json!(format!("{} is done", sealed()))
    );

    let tools = json!([{"name": "get_issue"}, {"name": "list_secrets"}]);
    let task = json!({"taskId": OWN, "status": "completed", "result": {"tools": tools}});
    let result = told(get(), &task).to_string();
    assert!(result.contains("get_issue") && !result.contains("list_secrets"));
}

#[test]
fn what_a_task_may_not_come_to_is_withheld() {
    let task = |member: &str, value: Value| {
        let mut task = json!({"taskId": OWN, "status": "working"});
        task[member] = value;
        task
    };
    let nested = json!({"resultType": "task", "taskId": OWN, "status": "working"});
    for odd in [
        task("taskId", json!("another")),
        task("taskId", json!(7)),
        task("Result", json!({"tools": []})),
        task("result", nested),
        task("result", json!([])),
        task("inputRequests", json!([])),
        task(
            "inputRequests",
            json!({"a": {"method": "tools/call", "params": {}}}),
        ),
    ] {
        let told = told(get(), &odd);
        assert_eq!(told["error"]["data"]["reason"], "upstream_invalid", "{odd}");
    }
}

#[test]
fn what_a_task_asks_is_edited_like_any_question() {
    let params = json!({"messages": [], "maxTokens": 1, "includeContext": "allServers",
        "tools": [{"name": "get_issue"}, {"name": "list_secrets"}]});
    let asked = json!({"a": {"method": "sampling/createMessage", "params": params}});
    let task = json!({"taskId": OWN, "status": "input_required", "inputRequests": asked});
    let told = told(get(), &task)["result"].clone();
    let params = &told["inputRequests"]["a"]["params"];
    assert_eq!(params["tools"], json!([{"name": "get_issue"}]));
    assert_eq!(params.get("includeContext"), None);
    let news = news("tasks", &task);
    let heard = events(listen(&json!([sealed()])), &[news]);
    assert_eq!(heard[0]["params"], told);
}

#[test]
fn errors_do_not_tell_the_id_of_the_server() {
    let error = json!({"code": -32000, "message": format!("{OWN} is stuck in {OWN}")});
    let message = format!("{} is stuck in {}", sealed(), sealed());
    for method in METHODS {
        let told = failed(about(method, &sealed()).forwarded(), &error);
        assert_eq!(told["error"]["message"], json!(message), "{method}");
    }
    let task = json!({"taskId": OWN, "status": "failed", "error": error});
    assert_eq!(
        told(get(), &task)["result"]["error"]["message"],
        json!(message)
    );
    let answer = json!({"jsonrpc": "2.0", "id": 1, "error": error}).to_string();
    let headers = [(":status", "400"), ("content-type", "application/json")];
    let told = get().answer(&headers, &[answer.as_bytes()]).text();
    assert!(told.contains(&message) && !told.contains(OWN), "{told}");
}

#[test]
fn a_task_that_the_server_does_not_have_is_one_that_was_never_given_out() {
    let error = json!({"code": -32602, "message": format!("no task {OWN}")});
    let unknown: Value = serde_json::from_str(UNKNOWN).unwrap();
    for method in METHODS {
        let told = failed(about(method, &sealed()).forwarded(), &error);
        assert_eq!(told, unknown, "{method}");
    }
    // An answer can be wrong too.
    let error = json!({"code": -32602, "message": "`a` wants an age"});
    let told = failed(about("tasks/update", &sealed()).forwarded(), &error);
    assert_eq!(told["error"], error);
}

#[test]
fn a_client_listens_to_tasks_of_its_own() {
    let second = sealed_by("tasks", "list_issues", "second");
    let foreign = sealed_by("other-tasks", "get_issue", "foreign");
    let hidden = sealed_by("tasks", "list_secrets", "hidden");
    let sent = listen(&json!([OWN, sealed(), foreign, 7, hidden, second]));
    let body: Value = serde_json::from_str(&sent.rewritten().unwrap()).unwrap();
    let filter = &body["params"]["notifications"];
    assert_eq!(filter["taskIds"], json!([OWN, "second"]));

    let state = |id: &str| {
        let said = format!("{id}!");
        json!({"taskId": id, "status": "working", "statusMessage": said})
    };
    let acknowledged = |ids: Value| {
        let params = json!({"notifications": {"taskIds": ids}});
        news("subscriptions/acknowledged", &params)
    };
    let heard = events(
        sent,
        &[
            acknowledged(json!(["second", "hidden", OWN, 7])),
            acknowledged(json!({"hidden": "hidden"})),
            acknowledged(json!("hidden")),
            news("tasks", &state("second")),
            news("tasks", &state("hidden")),
            news("tasks", &state("foreign")),
            news("tasks", &json!({"status": "working", "hidden": 1})),
            news("tasks/status", &state(OWN)),
            news("tasks", &state(OWN)),
        ],
    );
    assert_eq!(
        heard,
        [
            acknowledged(json!([second, sealed()])),
            news("tasks", &state(&second)),
            news("tasks", &state(&sealed())),
        ]
    );
}

#[test]
fn what_a_client_listens_to_is_an_array_that_ends() {
    let listen = |ids: Value| {
        let filter = json!({"taskIds": ids});
        let params = format!(r#""notifications":{filter}"#);
        modern("subscriptions/listen", &params, None).path("/mcp/tasks")
    };
    listen(json!(vec![sealed(); 1000])).forwarded();
    for ids in [
        json!("t"),
        json!({"a": sealed()}),
        json!(vec![sealed(); 1001]),
    ] {
        assert_eq!(listen(ids).refused().reason().as_str(), "invalid_params");
    }
}

#[test]
fn the_two_sides_may_agree_on_tasks_where_they_are_on() {
    for (path, on) in [("/mcp/triage", false), ("/mcp/tasks", true)] {
        let left = if on { json!({ID: {}}) } else { json!({}) };
        let claim = json!({ID: {}, "vendor/x": {}});
        let call = declaring(modern("tools/list", "", None), &claim).path(path);
        let sent: Value = serde_json::from_str(&call.forwarded().rewritten().unwrap()).unwrap();
        let capabilities = "io.modelcontextprotocol/clientCapabilities";
        let capabilities = &sent["params"]["_meta"][capabilities];
        assert_eq!(capabilities["extensions"], left, "{path}");

        let offered = json!({"capabilities": {"extensions": {ID: {}, "vendor/x": {}}}});
        let discover = modern("server/discover", "", None).path(path);
        let told = told(discover.forwarded(), &offered);
        assert_eq!(told["result"]["capabilities"]["extensions"], left, "{path}");
    }
}

#[test]
fn where_they_are_off_tasks_do_not_exist() {
    for method in METHODS {
        let refusal = about(method, &sealed()).path("/mcp/triage").refused();
        assert_eq!(refusal.reason().as_str(), "method_not_enabled", "{method}");
        assert_eq!(refusal.status(), 404);
    }
    for method in ["tasks/list", "tasks/result"] {
        let refusal = about(method, &sealed()).refused();
        assert_eq!(refusal.reason().as_str(), "method_not_enabled", "{method}");
    }
}

#[test]
fn the_tasks_of_2025_11_25_do_not_come_with_them() {
    let call = |method: &str, params: Value| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let call = super::driver::post(body.to_string()).path("/mcp/tasks");
        call.header("mcp-protocol-version", "2025-11-25")
    };
    for method in ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"] {
        let refusal = call(method, json!({"taskId": sealed()})).refused();
        assert_eq!(refusal.reason().as_str(), "method_not_enabled", "{method}");
    }
    let augmented = json!({"name": "get_issue", "task": {"ttl": 1}});
    let sent = call("tools/call", augmented).forwarded();
    assert!(!sent.rewritten().unwrap().contains("ttl"));
    let told = told(sent, &json!({"task": {"taskId": OWN, "status": "working"}}));
    assert_eq!(told["error"]["data"]["reason"], "upstream_invalid");
    let capabilities =
        json!({"tasks": {"list": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities});
    let sent = call("initialize", params).forwarded().rewritten().unwrap();
    assert!(!sent.contains("tasks"), "{sent}");
}

#[test]
fn a_task_of_a_tool_that_clients_know_by_another_name() {
    let call = modern("tools/call", r#""name":"look_up""#, Some("look_up"));
    let sent = call.path("/mcp/tasks").forwarded();
    assert!(
        sent.rewritten()
            .unwrap()
            .contains(r#""name":"get_customer""#)
    );
    let task = json!({"resultType": "task", "taskId": OWN, "status": "working", "statusMessage": "tool get_customer runs"});
    let answer = told(sent, &task);
    assert_eq!(answer["result"]["statusMessage"], "tool look_up runs");
    let sealed = answer["result"]["taskId"].as_str().unwrap();
    assert_eq!(sealed, sealed_by("tasks", "get_customer", OWN));
    let sent = about("tasks/get", sealed).forwarded();
    assert!(sent.rewritten().unwrap().contains(OWN));
    let named = sent
        .headers
        .set
        .iter()
        .find(|(name, _)| *name == "mcp-name");
    assert_eq!(named.unwrap().1, OWN);
}
