//! What the client sends.

use serde_json::{Value, json};

use super::driver::{Call, get, modern, post};

fn call(name: &str) -> Call {
    let name = serde_json::to_string(name).unwrap();
    post(format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":{name},"arguments":{{}}}}}}"#
    ))
}

fn request(method: &str, params: Value) -> Call {
    post(json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string())
}

fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_enabled_tool_is_called_with_the_bytes_as_they_came() {
    for name in ["get_issue", "list_issues"] {
        assert_eq!(call(name).forwarded().rewritten(), None, "{name}");
    }
    let odd = " {\"params\" :{\"arguments\":{\"n\":1.50e+1},\"n\\u0061me\":\"get_\\u0069ssue\"},\
               \"method\":\"tools\\/call\",\"id\":\"x\",\"jsonrpc\":\"2.0\"}\r\n";
    assert_eq!(post(odd).forwarded().rewritten(), None);
}

#[test]
fn hidden_and_nonexistent_tools_get_the_same_answer() {
    let names = [
        "delete_repo",
        "nonsense",
        "list_secrets",
        "GET_ISSUE",
        "get_issue ",
        "get_issue\0",
        "",
    ];
    for name in names {
        let refusal = call(name).refused();
        assert_eq!(refusal.status(), 200);
        let expected = json!({
            "jsonrpc": "2.0",
            "id": 7,
            "error": {
                "code": -32602,
                "message": format!("Unknown tool: {name}"),
                "data": {"reason": "tool_not_enabled", "rule": "triage.tools"},
            },
        });
        assert_eq!(body(&refusal.body()), expected);
    }
}

#[test]
fn the_id_comes_back_as_it_was_written() {
    for id in ["0", "-1", "9007199254740991", r#""a\u00e9\/""#, r#""""#] {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"x"}}}}"#
        );
        let refusal = post(text).refused().body();
        assert!(
            refusal.contains(&format!(r#""id":{id},"error""#)),
            "{refusal}"
        );
    }
}

#[test]
fn prompts_resources_and_completions_are_decided_like_tools() {
    let allowed = [
        ("prompts/get", json!({"name": "triage"})),
        ("resources/read", json!({"uri": "repo://acme/readme"})),
        ("resources/read", json!({"uri": "repo://acme/site/issues"})),
        ("resources/subscribe", json!({"uri": "repo://acme/readme"})),
        (
            "resources/unsubscribe",
            json!({"uri": "repo://acme/readme"}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "triage"}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/resource", "uri": "repo://{owner}/{repo}/issues"}}),
        ),
    ];
    for (method, params) in allowed {
        assert_eq!(
            request(method, params.clone()).forwarded().rewritten(),
            None,
            "{params}"
        );
    }
    let denied = [
        (
            "prompts/get",
            json!({"name": "admin"}),
            -32602,
            "prompt_not_enabled",
        ),
        (
            "resources/read",
            json!({"uri": "repo://acme/secrets"}),
            -32002,
            "resource_not_enabled",
        ),
        (
            "resources/read",
            json!({"uri": "repo://acme/../issues"}),
            -32002,
            "resource_not_enabled",
        ),
        (
            "resources/subscribe",
            json!({"uri": "x:"}),
            -32002,
            "resource_not_enabled",
        ),
        (
            "resources/unsubscribe",
            json!({"uri": "x:"}),
            -32002,
            "resource_not_enabled",
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "admin"}}),
            -32602,
            "prompt_not_enabled",
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/resource", "uri": "repo://{x}"}}),
            -32002,
            "resource_not_enabled",
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/tool", "name": "get_issue"}}),
            -32602,
            "invalid_params",
        ),
        ("tools/call", json!({}), -32602, "invalid_params"),
        (
            "tools/call",
            json!({"name": ["get_issue"]}),
            -32602,
            "invalid_params",
        ),
        (
            "tools/call",
            json!({"name": "get_issue", "arguments": "x"}),
            -32602,
            "invalid_params",
        ),
    ];
    for (method, params, code, reason) in denied {
        let refusal = request(method, params.clone()).refused();
        let error = body(&refusal.body());
        assert_eq!(refusal.status(), 200, "{params}");
        assert_eq!(error["error"]["code"], code, "{params}");
        assert_eq!(error["error"]["data"]["reason"], reason, "{params}");
    }
    let params = r#""uri":"repo://acme/secrets""#;
    let refusal = modern("resources/read", params, Some("repo://acme/secrets")).refused();
    let error = body(&refusal.body());
    assert_eq!(error["error"]["code"], -32602);
    assert_eq!(error["error"]["data"]["uri"], "repo://acme/secrets");
}

/// The rows of the table of parser differences that are about the request's JSON.
#[test]
fn bodies_that_two_parsers_read_differently_are_refused() {
    let safe = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue"}}"#;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}1{}}}"#,
        r#"{"a":"#.repeat(130),
        "}".repeat(130)
    );
    let digits = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"n":{}}}}}"#,
        "9".repeat(100_000 / 2)
    );
    let long_id = format!(
        r#"{{"jsonrpc":"2.0","id":"{}","method":"ping"}}"#,
        "x".repeat(65)
    );
    let utf16: Vec<u8> = safe.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with = |params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#)
            .into_bytes()
    };
    let table: Vec<(&str, Vec<u8>, i64, &str)> = vec![
        (
            "dup name",
            with(r#"{"name":"get_issue","name":"x"}"#),
            -32700,
            "malformed_json",
        ),
        (
            "dup escaped",
            with(r#"{"name":"get_issue","n\u0061me":"x"}"#),
            -32700,
            "malformed_json",
        ),
        (
            "dup deep",
            with(r#"{"name":"get_issue","arguments":{"a":{"b":1,"b":2}}}"#),
            -32700,
            "malformed_json",
        ),
        (
            "case",
            with(r#"{"name":"get_issue","Name":"x"}"#),
            -32600,
            "malformed_message",
        ),
        (
            "case folded",
            with(r#"{"name":"get_issue","argumentſ":{}}"#),
            -32600,
            "malformed_message",
        ),
        (
            "Method",
            br#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "unknown key",
            br#"{"jsonrpc":"2.0","id":1,"method":"ping","x":1}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "result too",
            br#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "batch",
            format!("[{safe}]").into_bytes(),
            -32600,
            "batch_not_enabled",
        ),
        ("empty batch", b"[]".to_vec(), -32600, "batch_not_enabled"),
        (
            "two documents",
            format!("{safe}{safe}").into_bytes(),
            -32700,
            "malformed_json",
        ),
        (
            "lines",
            format!("{safe}\n{safe}").into_bytes(),
            -32700,
            "malformed_json",
        ),
        (
            "trailing NUL",
            format!("{safe}\0").into_bytes(),
            -32700,
            "malformed_json",
        ),
        (
            "byte order mark",
            format!("\u{feff}{safe}").into_bytes(),
            -32700,
            "malformed_json",
        ),
        ("UTF-16", utf16, -32700, "malformed_json"),
        (
            "invalid UTF-8",
            with("{\"name\":\"get_issue\",\"a\":\"?\"}")
                .iter()
                .map(|b| if *b == b'?' { 0xff } else { *b })
                .collect(),
            -32700,
            "malformed_json",
        ),
        (
            "lone surrogate",
            with(r#"{"name":"get_issue","a":"\ud800"}"#),
            -32700,
            "malformed_json",
        ),
        (
            "NaN",
            with(r#"{"name":"get_issue","a":NaN}"#),
            -32700,
            "malformed_json",
        ),
        (
            "infinite",
            with(r#"{"name":"get_issue","a":1e999}"#),
            -32700,
            "malformed_json",
        ),
        (
            "comment",
            with(r#"{"name":"get_issue"/**/}"#),
            -32700,
            "malformed_json",
        ),
        ("digits", digits.into_bytes(), -32700, "number_too_long"),
        ("deep", deep.into_bytes(), -32700, "json_too_deep"),
        ("long id", long_id.into_bytes(), -32600, "id_too_long"),
        (
            "id null",
            br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "id true",
            br#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "id 1.0",
            br#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "id 2^53",
            br#"{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "no id",
            br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_issue"}}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        (
            "params array",
            br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#.to_vec(),
            -32600,
            "malformed_message",
        ),
        ("empty", b" ".to_vec(), -32700, "malformed_json"),
    ];
    for (what, text, code, reason) in table {
        let refusal = post(text).refused();
        let error = body(&refusal.body());
        assert_eq!(refusal.status(), 400, "{what}");
        assert_eq!(error["error"]["code"], code, "{what}: {error}");
        assert_eq!(error["error"]["data"]["reason"], reason, "{what}");
    }
}

/// The rows of the table of parser differences that are about HTTP.
#[test]
fn headers_that_two_servers_read_differently_are_refused() {
    let ping = || post(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    let typed = |value: &str| ping().without("content-type").header("content-type", value);
    let table: Vec<(Call, u16, &str)> = vec![
        (
            ping().without("content-type"),
            415,
            "unsupported_content_type",
        ),
        (
            ping().header("content-type", "application/json"),
            415,
            "unsupported_content_type",
        ),
        (typed("text/plain"), 415, "unsupported_content_type"),
        (
            typed("application/json, text/plain"),
            415,
            "unsupported_content_type",
        ),
        (
            typed("application/json; charset=utf-16"),
            415,
            "unsupported_content_type",
        ),
        (
            ping().header("content-encoding", "gzip"),
            415,
            "unsupported_content_encoding",
        ),
        (
            ping().header("content-encoding", "foo"),
            415,
            "unsupported_content_encoding",
        ),
        (
            ping().header("content-length", "2097153"),
            413,
            "body_too_large",
        ),
        (
            ping().header("content-length", "4x"),
            400,
            "header_mismatch",
        ),
        (post(vec![b' '; 2_097_153]), 413, "body_too_large"),
        (ping().header("mcp_name", "x"), 400, "header_mismatch"),
        (
            (0..92).fold(ping(), |call, n| call.header(&format!("x-{n}"), "y")),
            400,
            "header_mismatch",
        ),
        (ping().header(":authority", "a,b"), 400, "header_mismatch"),
        (ping().header(":authority", "u@a"), 400, "header_mismatch"),
        (
            ping().header(":authority", "a").header(":authority", "a"),
            400,
            "header_mismatch",
        ),
        (
            ping().header("mcp-name", "a").header("mcp-name", "a"),
            400,
            "header_mismatch",
        ),
        (ping().header("mcp-param-x", "ü"), 400, "header_mismatch"),
        (
            ping()
                .header("mcp-session-id", "a")
                .header("mcp-session-id", "b"),
            400,
            "header_mismatch",
        ),
        (
            ping()
                .header("mcp-protocol-version", "2025-06-18")
                .header("mcp-protocol-version", "2026-07-28"),
            400,
            "header_mismatch",
        ),
        (
            ping().header("mcp-protocol-version", "2025-06-18, 2026-07-28"),
            400,
            "unsupported_version",
        ),
        (
            ping().header("mcp-protocol-version", "2024-11-05"),
            400,
            "unsupported_version",
        ),
        (
            ping().path("/mcp/triage?read_only=false"),
            400,
            "malformed_message",
        ),
        (ping().path("/mcp/triage?"), 400, "malformed_message"),
        (ping().path("/mcp/other"), 404, "unknown_virtual_server"),
        (ping().path("/mcp/triage/"), 404, "unknown_virtual_server"),
        (ping().path("/MCP/triage"), 404, "unknown_virtual_server"),
        (ping().path("//mcp/triage"), 404, "unknown_virtual_server"),
        (ping().path("/mcp/%74riage"), 404, "unknown_virtual_server"),
        (ping().route("nowhere"), 404, "unknown_virtual_server"),
        (ping().verb("PUT"), 405, "http_method_not_allowed"),
        (ping().verb("get"), 405, "http_method_not_allowed"),
        (ping().verb("GET"), 400, "malformed_message"),
        (ping().verb("DELETE"), 400, "malformed_message"),
        (
            get()
                .verb("POST")
                .header("content-type", "application/json"),
            400,
            "malformed_message",
        ),
        (
            get().header("mcp-protocol-version", "2026-07-28"),
            405,
            "http_method_not_allowed",
        ),
        (get().path("/mcp/modern"), 405, "http_method_not_allowed"),
        (
            get().path("/mcp/modern").verb("DELETE"),
            405,
            "http_method_not_allowed",
        ),
        (
            get().header("mcp-protocol-version", "1"),
            400,
            "unsupported_version",
        ),
    ];
    for (index, (call, status, reason)) in table.into_iter().enumerate() {
        let refusal = call.refused();
        assert_eq!(
            refusal.reason().as_str(),
            reason,
            "row {index}: {}",
            refusal.body()
        );
        assert_eq!(refusal.status(), status, "row {index}");
    }
}

#[test]
fn body_and_headers_must_agree_on_the_version() {
    let meta = |version: &str| {
        post(format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{version}","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
        ))
    };
    let list = || post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    let call = || modern("tools/call", r#""name":"get_issue""#, Some("get_issue"));
    let table: Vec<(Call, i64)> = vec![
        (meta("2026-07-28"), -32020),
        (
            meta("2026-07-28").header("mcp-protocol-version", "2025-11-25"),
            -32020,
        ),
        (
            meta("2026-07-28").header("mcp-protocol-version", "2026-07-28"),
            -32020,
        ),
        (
            meta("2026-07-28")
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call"),
            -32020,
        ),
        (
            meta("2025-11-25")
                .header("mcp-protocol-version", "2025-11-25")
                .header("mcp-method", "tools/list"),
            -32022,
        ),
        (
            meta("2027-01-01")
                .header("mcp-protocol-version", "2027-01-01")
                .header("mcp-method", "tools/list"),
            -32022,
        ),
        (
            list()
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/list"),
            -32602,
        ),
        (list().header("mcp-protocol-version", "2030-01-01"), -32022),
        (list().path("/mcp/modern"), -32022),
        (call().without("mcp-name"), -32020),
        (
            call().without("mcp-name").header("mcp-name", "list_issues"),
            -32020,
        ),
        (
            call()
                .without("mcp-name")
                .header("mcp-name", "=?base64?!?="),
            -32020,
        ),
        (
            call().without("mcp-name").header("mcp-name", "GET_ISSUE"),
            -32020,
        ),
    ];
    for (index, (call, code)) in table.into_iter().enumerate() {
        let refusal = call.refused();
        assert_eq!(body(&refusal.body())["error"]["code"], code, "row {index}");
        assert_eq!(refusal.status(), 400, "row {index}");
        assert_eq!(body(&refusal.body())["id"], 1, "row {index}");
    }
    call().forwarded();
    call()
        .without("mcp-name")
        .header("mcp-name", "=?base64?Z2V0X2lzc3Vl?=")
        .forwarded();
    list().forwarded();
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        list().header("mcp-protocol-version", version).forwarded();
    }
}

#[test]
fn methods_that_sluice_does_not_know_do_not_pass() {
    for method in [
        "tasks/list",
        "tasks/result",
        "skills/list",
        "server/discover",
        "$/x",
        "vendor/x",
    ] {
        let refusal = request(method, json!({})).refused();
        assert_eq!(
            refusal.status(),
            200,
            "a 404 would end the session of older clients"
        );
        assert_eq!(body(&refusal.body())["error"]["code"], -32601, "{method}");
    }
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "tasks/get",
    ] {
        let refusal = modern(method, "", None).refused();
        assert_eq!(refusal.status(), 404);
        assert_eq!(body(&refusal.body())["error"]["code"], -32601, "{method}");
    }
    let refusal = post(r#"{"jsonrpc":"2.0","method":"notifications/vendor"}"#).refused();
    assert_eq!(
        (refusal.status(), refusal.reason().as_str()),
        (400, "method_not_enabled")
    );
    for method in ["notifications/initialized", "notifications/cancelled"] {
        post(format!(r#"{{"jsonrpc":"2.0","method":"{method}"}}"#)).forwarded();
    }
    let refusal = request("notifications/cancelled", json!({})).refused();
    assert_eq!(
        refusal.reason().as_str(),
        "method_not_enabled",
        "it has an id"
    );
}

#[test]
fn what_could_not_be_enforced_is_taken_out_of_requests() {
    let table = [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue","task":{"ttl":1},"arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue","arguments":{}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"tasks":{"list":{}}}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{}}}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"baggage":"a=b","x":1}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":1}}}"#,
        ),
    ];
    for (sent, expected) in table {
        assert_eq!(
            post(sent).forwarded().rewritten().as_deref(),
            Some(expected)
        );
    }
    let listen = modern(
        "subscriptions/listen",
        r#""notifications":{"taskIds":["t"],"resourceSubscriptions":["repo://acme/readme","repo://acme/secrets"]}"#,
        None,
    );
    let sent = body(&listen.forwarded().rewritten().unwrap());
    assert_eq!(
        sent["params"]["notifications"],
        json!({"resourceSubscriptions": ["repo://acme/readme"]})
    );
    let mut extended = modern("tools/list", "", None);
    let text = String::from_utf8(extended.body.unwrap()).unwrap().replace(
        r#"clientCapabilities":{}"#,
        r#"clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{},"io.modelcontextprotocol/ui":{}}}"#,
    );
    extended.body = Some(text.into_bytes());
    let sent = body(&extended.forwarded().rewritten().unwrap());
    assert_eq!(
        sent["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"],
        json!({"extensions": {"io.modelcontextprotocol/ui": {}}})
    );
}

#[test]
fn tools_that_a_sampled_message_names_are_decided_too() {
    let answer = |name: &str| {
        let content = json!([{"type": "text", "text": "x"}, {"type": "tool_use", "id": "1", "name": name, "input": {}}]);
        post(
            json!({"jsonrpc": "2.0", "id": 1, "result": {"role": "assistant", "content": content}})
                .to_string(),
        )
    };
    answer("get_issue").forwarded();
    let form = r#"{"jsonrpc":"2.0","id":5,"result":{"action":"accept","content":{"Name":"Bob","Type":"x"}}}"#;
    post(form).forwarded();
    let folded =
        r#"{"jsonrpc":"2.0","id":5,"result":{"content":{"Type":"tool_use","name":"delete_repo"}}}"#;
    post(folded).refused();
    let refusal = answer("delete_repo").refused();
    assert_eq!(
        (refusal.status(), refusal.reason().as_str()),
        (400, "tool_not_enabled")
    );

    for responses in [
        r#"[{"content":{"type":"tool_use","name":"delete_repo"}}]"#,
        r#"{"k":{"Content":{"type":"tool_use","name":"delete_repo"}}}"#,
        r#"{"k":{"content":{"type":"tool_use","name":"get_issue","Name":"delete_repo"}}}"#,
        r#"{"k":7}"#,
    ] {
        let params = format!(r#""name":"get_issue","inputResponses":{responses}"#);
        modern("tools/call", &params, Some("get_issue")).refused();
    }
    let retry = |name: &str| {
        let params = format!(
            r#""name":"get_issue","inputResponses":{{"k":{{"content":{{"type":"tool_use","name":"{name}"}}}}}}"#
        );
        modern("tools/call", &params, Some("get_issue"))
    };
    retry("list_issues").forwarded();
    assert_eq!(
        retry("delete_repo").refused().reason().as_str(),
        "tool_not_enabled"
    );
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let refusal = post(response)
        .header("mcp-protocol-version", "2026-07-28")
        .refused();
    assert_eq!(refusal.reason().as_str(), "malformed_message");
}

#[test]
fn credentials_and_foreign_headers_do_not_reach_the_upstream() {
    let removed = [
        "authorization",
        "cookie",
        "x-sluice-route",
        "x-http-method-override",
        "baggage",
    ];
    let mut call = post(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    for name in removed {
        call = call.header(name, "x");
    }
    let call = call
        .header("mcp-method", "ping")
        .header("mcp-param-a", "1")
        .header("x-other", "1");
    let edits = call.header("mcp-session-id", "s").sealed();
    let edits = edits.forwarded().headers;
    for name in removed.into_iter().chain(["mcp-method", "mcp-param-a"]) {
        assert!(edits.remove.iter().any(|removed| removed == name), "{name}");
    }
    for name in ["x-other", "mcp-session-id"] {
        assert!(
            !edits.remove.iter().any(|removed| removed == name),
            "{name}"
        );
    }
    assert!(edits.set.contains(&("accept-encoding", "identity".into())));

    let modern = modern("tools/list", "", Some("x")).header("mcp-session-id", "s");
    let edits = modern.header("last-event-id", "1").forwarded().headers;
    for name in ["mcp-session-id", "last-event-id", "mcp-name"] {
        assert!(edits.remove.iter().any(|removed| removed == name), "{name}");
    }
    assert!(!edits.remove.iter().any(|removed| removed == "mcp-method"));
}

#[test]
fn initialize_asks_for_a_version_that_is_served() {
    let initialize = |route, version: &str| {
        let params = json!({"protocolVersion": version, "capabilities": {}});
        request("initialize", params)
            .route(route)
            .forwarded()
            .rewritten()
    };
    for (asked, sent) in [
        ("2025-11-25", None),
        ("2025-03-26", None),
        ("2099-01-01", Some("2025-11-25")),
        ("2026-07-28", Some("2025-11-25")),
        ("2025-07-01", Some("2025-06-18")),
        ("2024-11-05", Some("2025-03-26")),
    ] {
        let rewritten = initialize("everything", asked).map(|text| body(&text));
        let version = rewritten.map(|message| message["params"]["protocolVersion"].clone());
        assert_eq!(version, sent.map(Value::from), "{asked}");
    }
    let refusal = request("initialize", json!({})).refused();
    assert_eq!(refusal.reason().as_str(), "invalid_params");
    let params = json!({"protocolVersion": "2025-11-25"});
    let refusal = request("initialize", params).path("/mcp/modern").refused();
    assert_eq!(refusal.reason().as_str(), "unsupported_version");
}

#[test]
fn a_body_of_many_members_costs_no_more_than_its_length() {
    // Quadratic work would take minutes here.
    let members: Vec<String> = (0..50_000).map(|n| format!(r#""x{n}":0"#)).collect();
    let text = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"_meta":{{"io.modelcontextprotocol/clientCapabilities":{{"extensions":{{{}}}}}}}}}}}"#,
        members.join(",")
    );
    let sent = post(text).forwarded().rewritten().unwrap();
    assert!(sent.contains(r#""extensions":{}"#), "{sent}");
}

#[test]
fn mirrors_that_nobody_has_checked_do_not_reach_the_upstream() {
    let cancelled = || {
        post(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#)
            .header("mcp-protocol-version", "2026-07-28")
    };
    let refusal = cancelled().header("mcp-method", "tools/call").refused();
    assert_eq!(refusal.reason().as_str(), "header_mismatch");
    let edits = cancelled()
        .header("mcp-method", "notifications/cancelled")
        .header("mcp-name", "delete_repo")
        .header("mcp-param-x", "1")
        .forwarded()
        .headers;
    assert_eq!(edits.remove, ["mcp-name", "mcp-param-x"]);
    let call = modern("tools/call", r#""name":"get_issue""#, Some("get_issue"));
    assert!(
        call.header("mcp-param-x", "1")
            .forwarded()
            .headers
            .remove
            .is_empty()
    );
    let foreign = modern("tools/list", "", None).header("x-mcp-toolsets", "all");
    let edits = foreign
        .header("mcp-vendor", "1")
        .header("x-original-url", "/x")
        .forwarded()
        .headers;
    assert_eq!(
        edits.remove,
        ["x-mcp-toolsets", "mcp-vendor", "x-original-url"]
    );
}

#[test]
fn keys_that_differ_in_case_are_refused_wherever_a_decision_rests_on_them() {
    for params in [
        json!({"ref": {"type": "ref/prompt", "name": "triage", "Name": "admin"}}),
        json!({"ref": {"type": "ref/prompt", "name": "triage"}, "Ref": {}}),
    ] {
        let refusal = request("completion/complete", params.clone()).refused();
        assert_eq!(refusal.reason().as_str(), "malformed_message", "{params}");
    }
}
