//! Tools that clients know by another name: `get_customer` is `look_up`, `drop_customer`, which is not
//! enabled, is `remove`, and `get_all` has the name of another tool, `list_all`.

use serde_json::{Value, json};
use sluice::exchange::BodyEdit;

use super::{ALL, Fate, LEGACY, Up, answers, asks, shows, words};

/// The server's names of tools that clients know by other ones.
const OWN: [&str; 3] = ["get_customer", "drop_customer", "get_all"];

/// These other ones, in the same order.
const SHOWN: [&str; 3] = ["look_up", "remove", "list_all"];

#[test]
fn each_side_has_its_own_name_of_a_tool() {
    for up in ALL {
        for (shown, own) in [
            ("look_up", "get_customer"),
            ("list_all", "get_all"),
            ("get_issue", "get_issue"),
        ] {
            let params = |name: &str| json!({"name": name, "arguments": {"name": "look_up"}});
            let sent = up.passes("tools/call", &params(shown));
            assert_eq!(sent, params(own), "{up:?}");
        }
    }
}

#[test]
fn the_header_has_the_servers_name() {
    let up = Up::V2026_07_28;
    for (called, own) in [("look_up", Some("get_customer")), ("get_issue", None)] {
        let message = up.request("tools/call", json!({"name": called}));
        let sent = up.post(&message).forwarded();
        let named = sent
            .headers
            .set
            .iter()
            .find(|(name, _)| *name == "mcp-name");
        let named = named.map(|(_, value)| value.to_string());
        assert_eq!(named.as_deref(), own, "{called}");
        assert!(own.is_some() || !matches!(sent.body, BodyEdit::Replace(_)));
    }
    // What the client says in the header is held against what it says in the body.
    let message = up.request("tools/call", json!({"name": "look_up"}));
    let call = up.post(&message).without("mcp-name");
    let refused = call.header("mcp-name", "get_customer").refused();
    assert_eq!(refused.status(), 400);
}

#[test]
fn the_servers_name_is_unknown_to_clients() {
    for up in ALL {
        let told = |name: &str| match up.send("tools/call", json!({"name": name})) {
            Fate::Refused(status, told) => (status, told.to_string()),
            sent @ Fate::Forwarded(_) => panic!("{up:?} {name}: {sent:?}"),
        };
        let (status, absent) = told("no_such_tool");
        for name in OWN.into_iter().chain(["remove"]) {
            let expected = absent.replace("no_such_tool", name);
            assert_eq!(told(name), (status, expected), "{up:?}");
        }
    }
}

#[test]
fn lists_have_the_names_that_clients_know() {
    let tool =
        |name: &str| json!({"description": "d", "name": name, "inputSchema": {"type": "object"}});
    let names = [
        "get_customer",
        "drop_customer",
        "get_all",
        "list_all",
        "look_up",
        "get_issue",
    ];
    let shown = ["look_up", "list_all", "get_issue"];
    shows(
        &json!({"tools": names.map(tool)}),
        &json!({"tools": shown.map(tool)}),
    );
}

#[test]
fn a_model_is_shown_the_names_that_clients_know() {
    let tool = |name: &str| json!({"name": name, "description": "d"});
    let call =
        |name: &str| json!({"type": "tool_use", "id": "1", "name": name, "input": {"name": name}});
    let mut shown = call("get_customer");
    shown["name"] = json!("look_up");
    let message = |content: Value| json!({"role": "assistant", "content": content});
    let said = json!({
        "messages": [message(json!([call("get_customer"), call("list_all")])), message(call("get_customer"))],
        "tools": [tool("get_customer"), tool("drop_customer"), tool("list_all")],
    });
    let expected = json!({
        "messages": [message(json!([shown])), message(shown.clone())],
        "tools": [tool("look_up")],
    });
    let method = "sampling/createMessage";
    asks(method, &said, Some(&expected), None);
    let held = |params: &Value| json!({"resultType": "input_required", "inputRequests": {"k": {"method": method, "params": params}}});
    shows(&held(&said), &held(&expected));
}

#[test]
fn a_sampled_call_has_the_servers_name() {
    let call = |name: &str| json!({"type": "tool_use", "id": "1", "name": name, "input": {}});
    let sampled = |name: &str| json!({"role": "assistant", "model": "m", "content": [{"type": "text", "text": "look_up"}, call(name)]});
    // Answers come in batches of their own.
    for up in LEGACY.into_iter().filter(|up| *up != Up::Batch) {
        let send = |name: &str| {
            up.send_message(&json!({"jsonrpc": "2.0", "id": 7, "result": sampled(name)}))
        };
        match send("look_up") {
            Fate::Forwarded(sent) => assert_eq!(sent["result"], sampled("get_customer"), "{up:?}"),
            refused @ Fate::Refused(..) => panic!("{up:?}: {refused:?}"),
        }
        for name in ["get_customer", "remove"] {
            let sent = send(name);
            assert!(matches!(sent, Fate::Refused(400, _)), "{up:?}: {sent:?}");
        }
    }
    let retry =
        |tool: &str, name: &str| json!({"name": tool, "inputResponses": {"k": sampled(name)}});
    let up = Up::V2026_07_28;
    let sent = up.passes("tools/call", &retry("look_up", "look_up"));
    assert_eq!(sent, retry("get_customer", "get_customer"));
    let refused = up.refuses("tools/call", &retry("look_up", "get_customer"));
    assert_eq!(refused.2, "tool_not_enabled");
}

#[test]
fn what_a_server_says_of_a_tool_it_says_of_the_clients() {
    let failed = |text: &str| json!({"content": [{"type": "text", "text": text}], "isError": true});
    for (said, told) in [
        (
            "Error executing tool get_customer: no get_customer",
            "Error executing tool look_up: no get_customer",
        ),
        (
            "Invalid arguments for tool get_issue",
            "Invalid arguments for tool get_issue",
        ),
    ] {
        shows(&failed(said), &failed(told));
        let error = |text: &str| json!({"code": -32602, "message": text});
        for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "error": error(said)})) {
            assert_eq!(down.message()["error"], error(told), "{}", down.way);
        }
    }
    // What is no error is the tool's own text.
    let fine = json!({"content": [{"type": "text", "text": "tool get_customer"}]});
    shows(&fine, &fine);
}

#[test]
fn a_server_that_does_not_have_it_is_not_quoted() {
    let up = Up::V2025_11_25;
    let message = up.request("tools/call", json!({"name": "look_up"}));
    let answer = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Unknown tool: get_customer"}});
    let told = up
        .post(&message)
        .forwarded()
        .json(&answer.to_string())
        .text();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["error"]["message"], "Unknown tool: look_up");
    for down in super::streams(&answer) {
        let error = &down.message()["error"];
        assert_eq!(error["message"], "Unknown tool: look_up", "{}", down.way);
    }
}

/// Messages of a client that name a tool wherever one can be named.
fn messages(up: Up, name: &str) -> Vec<Value> {
    let call = json!({"type": "tool_use", "id": "1", "name": name, "input": {}});
    let sampled = json!({"role": "assistant", "model": "m", "content": call});
    let mut all = vec![
        up.request("tools/call", json!({"name": name})),
        up.request("tools/call", json!({"name": name, "task": {"ttl": 1}})),
    ];
    if up.is_modern() {
        for tool in [name, "get_issue"] {
            let params = json!({"name": tool, "inputResponses": {"k": sampled}});
            all.push(up.request("tools/call", params));
        }
    } else {
        all.push(json!({"jsonrpc": "2.0", "id": 7, "result": sampled}));
    }
    all
}

#[test]
fn no_server_gets_a_name_of_the_clients() {
    for up in ALL {
        for name in SHOWN.into_iter().chain(OWN) {
            for message in messages(up, name) {
                let fate = up.send_message(&message);
                let Fate::Forwarded(sent) = &fate else {
                    continue;
                };
                let is_known = ["look_up", "list_all"].contains(&name);
                assert!(is_known, "{up:?} {message}: {fate:?}");
                let sent = sent.to_string();
                assert!(!sent.contains(name), "{up:?} {message}: {sent}");
            }
        }
    }
}

#[test]
fn no_client_gets_a_name_of_the_servers() {
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    for own in OWN {
        let call = json!({"type": "tool_use", "id": "1", "name": own, "input": {}});
        let params = json!({"messages": [{"role": "user", "content": call}], "tools": [tool(own)]});
        let method = "sampling/createMessage";
        let held = json!({"resultType": "input_required", "inputRequests": {"k": {"method": method, "params": params}}});
        let unknown = format!("Unknown tool: {own}");
        let failed = format!("Error executing tool {own}: no");
        let results = [
            json!({"tools": [tool(own)]}),
            held,
            json!({"isError": true, "content": [{"type": "text", "text": failed}]}),
        ];
        let results = results.map(|result| json!({"jsonrpc": "2.0", "id": 1, "result": result}));
        let errors = [unknown, failed];
        let errors = errors.map(
            |text| json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": text}}),
        );
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let downs = results.iter().chain(&errors).flat_map(answers);
        for down in downs.chain(words(&question)) {
            let came = json!(down.messages).to_string();
            assert!(!came.contains(own), "{}: {came}", down.way);
        }
    }
}
