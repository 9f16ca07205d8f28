//! What a server asks of the client's model and its user, and what they answer.

use serde_json::{Value, json};

use super::{ALL, Fate, HIDDEN, LEGACY, Up, asks, shows, withholds};

/// A question, asked for itself and as one of those that a result holds.
fn asked(method: &str, params: &Value, shown: &Value) {
    asks(method, params, Some(shown), None);
    let held = |params: &Value| json!({"resultType": "input_required", "requestState": "a\u{0}\\/b", "inputRequests": {"k": {"method": method, "params": params}}});
    shows(&held(params), &held(shown));
}

/// The same for one that does not reach the client.
fn unasked(method: &str, params: &Value) {
    asks(method, params, None, None);
    withholds(
        &json!({"resultType": "input_required", "inputRequests": {"k": {"method": method, "params": params}}}),
    );
}

#[test]
fn a_model_is_shown_enabled_tools_only() {
    let tool = |name: &str| json!({"name": name, "description": "d", "icons": [{"src": "https://x.example"}]});
    let mut foreign = tool("list_issues");
    foreign["icons"] = json!([{"src": "http://x.example"}, {"src": "https://x.example"}]);
    asked(
        "sampling/createMessage",
        &json!({"messages": [], "systemPrompt": "free text", "maxTokens": 1, "toolChoice": {"mode": "required"}, "tools": [tool("delete_repo"), tool("get_issue"), {"description": HIDDEN}, foreign]}),
        &json!({"messages": [], "systemPrompt": "free text", "maxTokens": 1, "toolChoice": {"mode": "required"}, "tools": [tool("get_issue"), tool("list_issues")]}),
    );
    asked(
        "sampling/createMessage",
        &json!({"messages": [], "toolChoice": {"mode": "required"}, "tools": [tool("delete_repo")]}),
        &json!({"messages": [], "tools": []}),
    );
    unasked(
        "sampling/createMessage",
        &json!({"messages": [], "tools": {"0": tool(HIDDEN)}}),
    );
    unasked(
        "sampling/createMessage",
        &json!({"messages": [], "Tools": [tool(HIDDEN)]}),
    );
}

#[test]
fn a_model_is_shown_no_calls_of_hidden_tools() {
    let text = json!({"type": "text", "text": "free text"});
    let turn = |id: &str, name: &str| {
        [
            json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            json!({"type": "tool_result", "toolUseId": id, "content": [text]}),
        ]
    };
    let ([call, result], [hidden, hidden_result]) =
        (turn("v", "get_issue"), turn("h", "delete_repo"));
    let message = |content: Value| json!({"role": "user", "content": content});
    asked(
        "sampling/createMessage",
        &json!({"messages": [
            message(json!([text, hidden, call])), message(json!([hidden_result, result])),
            message(hidden.clone()), message(hidden_result), message(json!([hidden])),
            message(json!({"Type": "tool_use", "id": "h", "name": "delete_repo"})),
        ]}),
        &json!({"messages": [message(json!([text, call])), message(json!([result]))]}),
    );
}

#[test]
fn a_model_is_given_no_context_of_other_servers_and_no_task() {
    for context in ["allServers", "thisServer", "none"] {
        asked(
            "sampling/createMessage",
            &json!({"messages": [], "includeContext": context, "task": {"ttl": 1}}),
            &json!({"messages": []}),
        );
    }
}

#[test]
fn a_model_names_enabled_tools_only() {
    let answer = |block: Value, single: bool| {
        let content = if single {
            block
        } else {
            json!([{"type": "text", "text": "x"}, block])
        };
        json!({"role": "assistant", "model": "m", "content": content})
    };
    let call = |name: &str| json!({"type": "tool_use", "id": "1", "name": name, "input": {}});
    for (single, name, passes) in [
        (true, "get_issue", true),
        (false, "get_issue", true),
        (true, "delete_repo", false),
        (false, "delete_repo", false),
        (false, "no_such_tool", false),
    ] {
        let result = answer(call(name), single);
        for up in LEGACY {
            let message = json!({"jsonrpc": "2.0", "id": "s1", "result": result});
            // Answers come in batches of their own.
            let fate = if up == Up::Batch {
                let other = r#"{"jsonrpc":"2.0","id":"s0","result":{}}"#;
                let call = super::post(format!("[{other},{message}]")).path(super::PATH);
                matches!(call.send(), super::Sent::Forwarded(_))
            } else {
                matches!(up.send_message(&message), Fate::Forwarded(_))
            };
            assert_eq!(fate, passes, "{up:?} {name}");
        }
        for method in ["tools/call", "prompts/get", "resources/read"] {
            let mut params = json!({"inputResponses": {"a": {"action": "decline"}, "k": result}});
            match method {
                "tools/call" => params["name"] = json!("get_issue"),
                "prompts/get" => params["name"] = json!("triage"),
                _ => params["uri"] = json!("repo://acme/readme"),
            }
            for up in ALL {
                match passes {
                    true => assert_eq!(up.passes(method, &params), params, "{up:?}"),
                    false => {
                        assert_eq!(up.refuses(method, &params).2, "tool_not_enabled", "{up:?}")
                    }
                }
            }
        }
    }
}

#[test]
fn a_user_is_led_to_https_only_and_asked_whatever_else() {
    let form = json!({"mode": "form", "message": "free text", "requestedSchema": {"type": "object", "properties": {"a": {"type": "string"}}}});
    asked("elicitation/create", &form, &form);
    for url in [
        "https://a.example/x",
        "http://localhost:1/x",
        "http://127.0.0.1/x",
    ] {
        let params =
            json!({"mode": "url", "message": "free text", "url": url, "elicitationId": "e"});
        asked("elicitation/create", &params, &params);
    }
    for url in [
        "http://a.example",
        "http://localhost.a.example",
        "javascript:x",
        "file:///etc",
        "data:x",
        "",
    ] {
        unasked(
            "elicitation/create",
            &json!({"mode": "url", "message": HIDDEN, "url": url}),
        );
    }
}

#[test]
fn what_a_user_answers_passes() {
    for result in [
        json!({"action": "accept", "content": {"name": "delete_repo", "type": "x"}}),
        json!({"roots": [{"uri": "file:///home/bob", "name": "home"}]}),
    ] {
        for up in LEGACY.into_iter().filter(|up| *up != Up::Batch) {
            let message = json!({"jsonrpc": "2.0", "id": "s1", "result": result});
            assert!(
                matches!(up.send_message(&message), Fate::Forwarded(sent) if sent == message),
                "{up:?}"
            );
        }
        let params = json!({"name": "get_issue", "requestState": "s\u{1f}", "inputResponses": {"k": result}});
        assert_eq!(Up::V2026_07_28.passes("tools/call", &params), params);
    }
    assert!(matches!(
        Up::V2026_07_28.send_message(&json!({"jsonrpc": "2.0", "id": "s1", "result": {}})),
        Fate::Refused(400, _)
    ));
}

#[test]
fn a_result_holds_no_questions_but_the_known_ones() {
    for requests in [
        json!({"k": {"method": "tools/call", "params": {"name": HIDDEN}}}),
        json!({"k": {"method": "roots/list", "Method": "tools/call", "params": {"x": HIDDEN}}}),
        json!({"k": {"method": "sampling/createMessage", "Params": {"tools": [{"name": HIDDEN}]}}}),
        json!([{"method": "roots/list", "x": HIDDEN}]),
    ] {
        withholds(&json!({"resultType": "input_required", "inputRequests": requests}));
    }
}
