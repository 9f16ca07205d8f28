//! HTTP+SSE, the transport of MCP 2024-11-05: messages go in by POST, answers come on one stream.

use serde_json::{Value, json};

use super::driver::{Call, Forwarded, get, post};

const HTML: (&str, &str) = ("content-type", "text/html");

fn messages(body: &str) -> Call {
    post(body).path("/mcp/old/messages?sessionId=6f-1").sealed()
}

fn stream() -> Forwarded {
    get().path("/mcp/old/sse").forwarded()
}

fn call(id: &str, tool: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
}

/// What the client gets on the stream after the server has answered what `forwarded` sends on.
fn answer_to(forwarded: &Forwarded) -> Value {
    let sent: Value = serde_json::from_str(&forwarded.rewritten().unwrap()).unwrap();
    assert_eq!(sent["method"], "ping");
    assert_eq!(sent.as_object().unwrap().len(), 3, "{sent}");
    let answer = json!({"jsonrpc": "2.0", "id": sent["id"], "result": {}});
    let told = stream().events(&format!("event: message\ndata: {answer}\n\n"));
    let told = told.text();
    let data = told.strip_prefix("event: message\ndata: ").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn it_is_off_unless_a_manifest_says_so() {
    for path in [
        "/mcp/triage/sse",
        "/sse",
        "/mcp/old/sse/",
        "/mcp/old/messages/?sessionId=a",
    ] {
        assert_eq!(get().path(path).refused().status(), 404, "{path}");
    }
    let refusal = post(call("1", "get_issue")).header("mcp-protocol-version", "2024-11-05");
    assert_eq!(refusal.refused().reason().as_str(), "unsupported_version");
}

#[test]
fn each_endpoint_takes_its_method_alone() {
    for (method, path, allow) in [
        ("POST", "/mcp/old/sse", "GET"),
        ("DELETE", "/mcp/old/sse", "GET"),
        ("HEAD", "/mcp/old/sse", "GET"),
        ("GET", "/mcp/old/messages?sessionId=a", "POST"),
        ("DELETE", "/mcp/old/messages?sessionId=a", "POST"),
    ] {
        let refusal = get().verb(method).path(path).refused();
        assert_eq!(refusal.status(), 405, "{method} {path}");
        let mut headers = refusal.headers();
        assert!(
            headers.any(|header| header == ("allow", allow)),
            "{method} {path}"
        );
    }
}

#[test]
fn the_query_names_the_session_and_nothing_else() {
    for (path, status) in [
        ("/mcp/old/messages", 400),
        ("/mcp/old/messages?", 400),
        ("/mcp/old/messages?sessionId=", 400),
        ("/mcp/old/messages?sessionId=a&tools=all", 400),
        ("/mcp/old/messages?tools=all", 400),
        ("/mcp/old/messages?sessionId=a%00", 400),
        ("/mcp/old/messages?sessionId=a/../b", 400),
    ] {
        assert_eq!(
            post(call("1", "get_issue")).path(path).refused().status(),
            status,
            "{path}"
        );
    }
    assert_eq!(
        get().path("/mcp/old/sse?sessionId=a").refused().status(),
        400
    );
    for path in [
        "/mcp/old/messages?session_id=0a",
        "/mcp/old/messages?sessionid=A",
    ] {
        assert_eq!(
            post(call("1", "get_issue"))
                .path(path)
                .sealed()
                .forwarded()
                .rewritten(),
            None
        );
    }
}

#[test]
fn the_announced_endpoint_is_the_virtual_servers_own() {
    let announce = |data: &str| {
        let events = format!("event: endpoint\ndata: {data}\n\n");
        stream().events(&events)
    };
    let told = announce("/messages/?session_id=7").text();
    let own = post("{}").path("/mcp/old/messages?session_id=7").sealed();
    assert_eq!(told, format!("event: endpoint\ndata: {}\n\n", own.path));
    for elsewhere in [
        "https://other.example.com/messages?sessionId=a",
        "//other.example.com/messages?sessionId=a",
        "/messages",
        "/messages?token=a",
        "",
    ] {
        let told = announce(elsewhere);
        assert!(matches!(told, super::driver::Received::Cut), "{elsewhere}");
    }
    // On other streams it means nothing.
    let told = get()
        .forwarded()
        .events("event: endpoint\ndata: /x?sessionId=a\n\n");
    assert_eq!(told.text(), ":\n\n");
}

#[test]
fn what_is_allowed_goes_on_as_it_came_and_its_acknowledgement_has_no_body() {
    let forwarded = messages(&call("1", "get_issue"))
        .header("mcp-session-id", "x")
        .header("last-event-id", "7")
        .forwarded();
    assert_eq!(forwarded.rewritten(), None);
    for gone in ["mcp-session-id", "last-event-id"] {
        assert!(
            forwarded.headers.remove.iter().any(|name| name == gone),
            "{gone}"
        );
    }
    let told = forwarded.answer(&[(":status", "202"), HTML], &[b"Accepted, delete_repo"]);
    assert_eq!(told.text(), "");
}

#[test]
fn a_refusal_comes_down_the_stream_and_the_refused_goes_nowhere() {
    for (id, body, code, reason) in [
        ("1", call("1", "delete_repo"), -32602, "tool_not_enabled"),
        (
            "\"é\\\"\"",
            call("\"é\\\"\"", "no_such_tool"),
            -32602,
            "tool_not_enabled",
        ),
        (
            "2",
            r#"{"jsonrpc":"2.0","id":2,"method":"tasks/list"}"#.to_owned(),
            -32601,
            "method_not_enabled",
        ),
        (
            "3",
            r#"{"jsonrpc":"2.0","id":3,"method":"resources/read","params":{"uri":"secret://x"}}"#
                .to_owned(),
            -32002,
            "resource_not_enabled",
        ),
        (
            "4",
            r#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{}}"#.to_owned(),
            -32602,
            "invalid_params",
        ),
    ] {
        let forwarded = messages(&body)
            .header("mcp-name", "delete_repo")
            .forwarded();
        assert!(
            forwarded
                .headers
                .remove
                .iter()
                .any(|name| name == "mcp-name")
        );
        let told = answer_to(&forwarded);
        assert_eq!(told["id"], serde_json::from_str::<Value>(id).unwrap());
        assert_eq!(told["error"]["code"], code, "{told}");
        assert_eq!(told["error"]["data"]["reason"], reason, "{told}");
        let told = forwarded.answer(&[(":status", "202"), HTML], &[b"Accepted"]);
        assert_eq!(told.text(), "");
    }
}

#[test]
fn what_nobody_waits_for_is_refused_on_the_spot() {
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        // Servers of HTTP+SSE take no batches, whatever the virtual server takes elsewhere.
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, 400),
        (
            r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
            400,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_issue"}}"#,
            400,
        ),
        (r#"{"jsonrpc":"2.0","method":"notifications/x"}"#, 400),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":{"type":"tool_use","name":"delete_repo"}}}"#,
            400,
        ),
    ] {
        assert_eq!(messages(body).refused().status(), status, "{body}");
    }
}

#[test]
fn ids_that_carry_refusals_are_not_a_clients_to_use() {
    let body = call(r#""sluice-refusal:{}""#, "get_issue");
    let told = answer_to(&messages(&body).forwarded());
    assert_eq!(told["error"]["code"], -32600);
    // Elsewhere they carry nothing.
    assert_eq!(post(body).forwarded().rewritten(), None);
}

#[test]
fn only_an_error_comes_out_of_an_id() {
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"delete_repo"}]}}"#;
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#;
    let anonymous = r#"{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}"#;
    let twice = r#"{"jsonrpc":"2.0","id":1,"id":2,"error":{"code":1,"message":"x"}}"#;
    for carried in [list, request, anonymous, twice, "", "{"] {
        let id = format!("sluice-refusal:{carried}");
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": {}});
        let told = stream().events(&format!("data: {answer}\n\n")).text();
        // As far as an id of its length goes, it is an answer to somebody else.
        let passed = serde_json::from_str::<Value>(told.trim_start_matches("data: "));
        match passed {
            Ok(passed) => assert_eq!(passed, answer, "{carried}"),
            Err(_) => assert_eq!(told, ":\n\n", "{carried}"),
        }
    }
}

#[test]
fn the_stream_is_filtered_by_shape() {
    let list = r#"{"jsonrpc":"2.0","id":4,"result":{"tools":[{"name":"get_issue"},{"name":"delete_repo"}]}}"#;
    let told = stream()
        .events(&format!("event: message\ndata: {list}\n\n"))
        .text();
    let filtered = list.replace(r#",{"name":"delete_repo"}"#, "");
    assert_eq!(told, format!("event: message\ndata: {filtered}\n\n"));
    // What can't go on is told to whoever waits for it.
    let task = r#"{"jsonrpc":"2.0","id":5,"result":{"task":{"taskId":"t"}}}"#;
    let told = stream().events(&format!("data: {task}\n\n")).text();
    let told: Value = serde_json::from_str(told.trim_start_matches("data: ")).unwrap();
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(5), &json!(-32603))
    );
}

#[test]
fn failures_of_the_post_stay_failures() {
    let status = |status: &str| {
        let forwarded = messages(&call("1", "get_issue")).forwarded();
        forwarded
            .answer(&[(":status", status), HTML], &[b"<p>delete_repo"])
            .refused()
    };
    for (upstream, expected) in [("404", 404), ("400", 400), ("401", 502), ("302", 502)] {
        assert_eq!(status(upstream).status(), expected, "{upstream}");
    }
}

#[test]
fn any_version_with_sessions_comes_over_it() {
    let hello = |version: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"a","version":"1"}}}}}}"#
        )
    };
    for version in ["2024-11-05", "2025-03-26", "2025-11-25"] {
        assert_eq!(
            messages(&hello(version)).forwarded().rewritten(),
            None,
            "{version}"
        );
    }
    let call = messages(&call("1", "get_issue"));
    for version in ["2024-11-05", "2025-06-18"] {
        let named = call.clone().header("mcp-protocol-version", version);
        assert_eq!(named.forwarded().rewritten(), None, "{version}");
    }
    let named = call
        .header("mcp-protocol-version", "2026-07-28")
        .forwarded();
    assert_eq!(answer_to(&named)["error"]["code"], -32602);
    let modern = super::driver::modern("tools/call", r#""name":"get_issue""#, Some("get_issue"))
        .path("/mcp/old/messages?sessionId=a")
        .sealed();
    assert_eq!(answer_to(&modern.forwarded())["error"]["code"], -32600);
    let get = get()
        .path("/mcp/old/sse")
        .header("mcp-protocol-version", "2026-07-28");
    assert_eq!(get.refused().status(), 400);
}

#[test]
fn a_route_can_name_the_virtual_server_here_too() {
    let stream = get().path("/old/sse").route("old-by-route").forwarded();
    let told = stream
        .events("event: endpoint\ndata: /messages?sessionId=a\n\n")
        .text();
    let own = post("{}").path("/old/messages?sessionId=a");
    let own = own.route("old-by-route").sealed();
    assert_eq!(told, format!("event: endpoint\ndata: {}\n\n", own.path));
    let refused = post(call("1", "delete_repo"))
        .path("/old/messages?sessionId=a")
        .route("old-by-route")
        .sealed()
        .forwarded();
    assert_eq!(
        answer_to(&refused)["error"]["message"],
        "Unknown tool: delete_repo"
    );
}

/// A stream in each version that it can be in, where batches are taken elsewhere.
fn streams() -> [Forwarded; 2] {
    let later = get().path("/mcp/old/sse");
    let later = later.header("mcp-protocol-version", "2025-03-26");
    [stream(), later.forwarded()]
}

#[test]
fn whoever_waits_for_an_answer_that_can_not_go_on_is_told() {
    for answer in [
        r#"{"jsonrpc":"2.0","id":5,"result":{"task":{"taskId":"t"}}}"#,
        r#"{"jsonrpc":"2.0","id":5,"result":{},"x":1}"#,
        r#"{"id":5,"result":{}}"#,
    ] {
        for stream in streams() {
            let told = stream.events(&format!("data: {answer}\n\n")).text();
            let told: Value = serde_json::from_str(told.trim_start_matches("data: ")).unwrap();
            assert_eq!(told["id"], 5, "{answer}");
            assert_eq!(told["error"]["data"]["reason"], "upstream_invalid");
        }
    }
}

#[test]
fn an_error_out_of_an_id_leads_nowhere_else() {
    let data = json!({"elicitations": [{"mode": "url", "url": "http://a.example"}]});
    let error = json!({"code": -32042, "message": "x", "data": data});
    let carried = json!({"jsonrpc": "2.0", "id": 5, "error": error});
    let id = format!("sluice-refusal:{carried}");
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": {}});
    let told = stream().events(&format!("data: {answer}\n\n")).text();
    assert!(
        told.contains("-32042") && !told.contains("a.example"),
        "{told}"
    );
}

#[test]
fn a_server_that_lists_what_it_has_instead_is_not_quoted_on_a_stream() {
    let refused = messages(&call("1", "delete_repo")).forwarded();
    let refused = answer_to(&refused).to_string();
    let expected: Value = serde_json::from_str(&refused.replace("delete_repo", "list_x")).unwrap();
    for text in [
        "Unknown tool: list_x. Available: delete_repo",
        "unknown tool \"list_x\", but delete_repo",
        "MCP error -32602: Tool list_x not found; there is delete_repo",
    ] {
        for body in [
            json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": text, "data": "delete_repo"}}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"isError": true, "content": [{"type": "text", "text": text}]}}),
        ] {
            let event = format!("data: {body}\n\n");
            let [old, later] = streams();
            let resumed = get().path("/mcp/old").forwarded();
            for stream in [old, later, resumed] {
                let told = stream.events(&event).text();
                let told: Value = serde_json::from_str(told.trim_start_matches("data: ")).unwrap();
                assert_eq!(told, expected, "{text}");
            }
        }
    }
    // Words about something else are the server's own.
    for text in [
        "Unknown tool: hammer",
        "tool not found",
        "list_x: no such line",
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": text}});
        let event = format!("data: {body}\n\n");
        assert_eq!(stream().events(&event).text(), event);
    }
}
