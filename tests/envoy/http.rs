//! Requests as they stand on the wire: what is refused, how, and what of them goes on.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::house::{Answer, House, Key, MANIFEST, envoy_to, post, sluice};
use crate::message::{call, legacy, mirrors, modern};
use crate::support::raw;
use crate::upstream::{Upstream, json as json_answer};

#[tokio::test]
async fn hidden_and_nonexistent_are_told_apart_by_nothing() {
    let house = House::stateless();
    let ids = [
        json!(1),
        json!("seven"),
        json!(0),
        json!(-5),
        json!("é\"\\"),
        json!(9_007_199_254_740_991_u64),
    ];
    for id in ids {
        for version in [|message| message, modern] {
            let hidden = version(call(id.clone(), "delete_repo", json!({"repo": "x"})));
            let absent = version(call(id.clone(), "nothing_abc", json!({"repo": "x"})));
            let (hidden, absent) = (house.ask(&hidden).await, house.ask(&absent).await);
            assert_eq!(hidden.status, StatusCode::OK);
            assert_eq!(hidden.kind(), "application/json");
            let said = hidden.message();
            assert_eq!(said["id"], id);
            assert_eq!(said["error"]["code"], -32602);
            assert_eq!(said["error"]["message"], "Unknown tool: delete_repo");
            assert_eq!(said["error"]["data"]["reason"], "tool_not_enabled");
            assert_eq!(
                hidden.body,
                absent.body.replace("nothing_abc", "delete_repo")
            );
            let but_time = |answer: &Answer| {
                let mut headers = answer.headers.clone();
                headers.remove("date");
                headers
            };
            assert_eq!(absent.status, hidden.status);
            assert_eq!(but_time(&hidden), but_time(&absent));
        }
    }
    assert_eq!(house.executed(), 0);
}

#[tokio::test]
async fn bodies_that_are_not_one_message() {
    let house = House::stateless();
    let allowed = call(1, "get_me", json!({})).to_string();
    let utf16: Vec<u8> = allowed.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}1{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    // The body, the code, the reason.
    let table: Vec<(Vec<u8>, i64, &str)> = vec![
        (b"{".to_vec(), -32700, "malformed_json"),
        (b" ".to_vec(), -32700, "malformed_json"),
        (b"delete_repo".to_vec(), -32700, "malformed_json"),
        (utf16, -32700, "malformed_json"),
        (
            [b"\xef\xbb\xbf", allowed.as_bytes()].concat(),
            -32700,
            "malformed_json",
        ),
        (
            format!("{allowed}{allowed}").into(),
            -32700,
            "malformed_json",
        ),
        (
            allowed.replace("get_me", "get_\u{0}me").into(),
            -32700,
            "malformed_json",
        ),
        (
            [allowed.as_bytes(), b"\xff"].concat(),
            -32700,
            "malformed_json",
        ),
        (
            allowed.replace("{}", "NaN").into(),
            -32700,
            "malformed_json",
        ),
        (
            allowed.replace("{}", "{\"a\":1,\"\\u0061\":2}").into(),
            -32700,
            "malformed_json",
        ),
        (
            allowed
                .replace("\"get_me\"", "\"get_me\",\"name\":\"delete_repo\"")
                .into(),
            -32700,
            "malformed_json",
        ),
        (deep.into(), -32700, "json_too_deep"),
        (
            allowed.replace("{}", &"9".repeat(2000)).into(),
            -32700,
            "number_too_long",
        ),
        (b"{}".to_vec(), -32600, "malformed_message"),
        (b"1".to_vec(), -32600, "malformed_message"),
        (b"[]".to_vec(), -32600, "batch_not_enabled"),
        (format!("[{allowed}]").into(), -32600, "batch_not_enabled"),
        (
            allowed.replace("2.0", "1.0").into(),
            -32600,
            "malformed_message",
        ),
        (
            allowed.replace("\"id\":1", "\"id\":null").into(),
            -32600,
            "malformed_message",
        ),
        (
            allowed.replace("\"id\":1", "\"id\":[1]").into(),
            -32600,
            "malformed_message",
        ),
        (
            allowed
                .replace("\"id\":1", &format!("\"id\":\"{}\"", "x".repeat(300)))
                .into(),
            -32600,
            "id_too_long",
        ),
        // A call without an id, which some servers run.
        (
            allowed.replace("\"id\":1,", "").into(),
            -32600,
            "malformed_message",
        ),
    ];
    for (body, code, reason) in table {
        let shown = String::from_utf8_lossy(&body)
            .chars()
            .take(200)
            .collect::<String>();
        let request = post(&house.client, &house.url("triage"), &json!({})).body(body);
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{shown}: {answer:?}"
        );
        assert_eq!(answer.kind(), "application/json", "{shown}");
        let said = answer.message();
        assert_eq!(said["error"]["code"], code, "{shown}: {said}");
        assert_eq!(said["error"]["data"]["reason"], reason, "{shown}: {said}");
        assert!(
            said.get("id").is_none_or(|id| !id.is_null()),
            "clients wait for ever: {said}"
        );
    }
    let empty = raw::exchange(
        house.envoy.address(),
        "POST /mcp/triage HTTP/1.1\r\ncontent-type: application/json",
        b"",
    );
    assert_eq!(empty.unwrap().status, 400);
    assert_eq!(house.executed(), 0);
}

#[tokio::test]
async fn headers_that_disagree_with_the_body() {
    let house = House::stateless();
    let allowed = modern(call(1, "get_me", json!({})));
    let hidden = modern(call(1, "delete_repo", json!({})));
    let own = |message: &Value| {
        mirrors(message)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Vec<_>>()
    };
    let without = |name: &str| {
        own(&allowed)
            .into_iter()
            .filter(|(key, _)| key != name)
            .collect::<Vec<_>>()
    };
    let with = |name: &str, value: &str| {
        [without(name), vec![(name.to_owned(), value.to_owned())]].concat()
    };
    let and = |name: &str, value: &str| {
        [own(&allowed), vec![(name.to_owned(), value.to_owned())]].concat()
    };
    let table = [
        ("no version", without("mcp-protocol-version")),
        (
            "another version",
            with("mcp-protocol-version", "2025-11-25"),
        ),
        ("two versions", and("mcp-protocol-version", "2026-07-28")),
        ("no method", without("mcp-method")),
        ("another method", with("mcp-method", "tools/list")),
        ("two methods", and("mcp-method", "tools/call")),
        ("no name", without("mcp-name")),
        ("another name", with("mcp-name", "delete_repo")),
        ("two names", and("mcp-name", "delete_repo")),
        ("a name in another case", with("mcp-name", "GET_ME")),
    ];
    let send = |message: &Value, headers: Vec<(String, String)>| {
        let request = house
            .client
            .post(house.url("triage"))
            .body(message.to_string());
        let request = request
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        Answer::of(headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        }))
    };
    for (what, headers) in table {
        let answer = send(&allowed, headers).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {answer:?}");
        assert_eq!(
            answer.message()["error"]["code"],
            -32020,
            "{what}: {answer:?}"
        );
    }
    // Headers of something allowed do not carry something hidden through.
    let answer = send(&hidden, own(&allowed)).await;
    assert_eq!(answer.message()["error"]["code"], -32020, "{answer:?}");
    // A body without its version under a modern header is nobody's.
    let answer = send(&call(1, "get_me", json!({})), own(&allowed)).await;
    assert_eq!(
        (answer.status, &answer.message()["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!(-32602))
    );
    assert_eq!(house.executed(), 0);

    let answer = send(&allowed, with("mcp-name", "=?base64?Z2V0X21l?=")).await;
    assert_eq!(answer.message()["id"], 1);
    assert!(
        answer.message()["result"].is_object(),
        "the same name, encoded: {answer:?}"
    );
    assert_eq!(house.executed(), 1);
}

#[tokio::test]
async fn virtual_servers_are_found_by_path_or_route_alone() {
    let house = House::stateless();
    let list = legacy(1, "tools/list", json!({}));
    let ask = |path: &str, header: Option<&str>| {
        let request = house.request(&house.envoy.url(path), &list);
        Answer::of(match header {
            Some(route) => request.header("x-sluice-route", route),
            None => request,
        })
    };
    for header in [None, Some("maintainer"), Some("triage"), Some("nobody")] {
        let answer = ask("/mcp/nobody", header).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        assert_eq!(
            answer.message()["error"]["data"]["reason"],
            "unknown_virtual_server"
        );
        let answer = ask("/mcp/maintainer", header).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        let answer = ask("/maintainer", header).await;
        let tools = &answer.message()["result"]["tools"];
        assert_eq!(tools[1]["name"], "merge_pull_request", "{answer:?}");
        assert_eq!(tools.as_array().unwrap().len(), 2);
        let answer = ask("/mcp/triage", header).await;
        assert!(!answer.body.contains("merge_pull_request"), "{answer:?}");
        assert_eq!(
            answer.message()["result"]["tools"]
                .as_array()
                .unwrap()
                .len(),
            13
        );
    }
    assert_eq!(ask("/mcp", None).await.status, StatusCode::NOT_FOUND);
    let merge = json!({"owner": "octo-org", "repo": "hello-world", "pull_number": 1});
    let merge = call(1, "merge_pull_request", merge);
    let refused = house.ask(&merge).await;
    assert_eq!(refused.message()["error"]["code"], -32602);
    assert_eq!(house.executed(), 0);
    let url = house.envoy.url("/maintainer");
    let done = Answer::of(house.request(&url, &merge)).await;
    assert!(done.message()["result"].is_object(), "{done:?}");
    let hidden = Answer::of(house.request(&url, &call(1, "get_issue", json!({})))).await;
    assert_eq!(hidden.message()["error"]["code"], -32602);
    assert_eq!(house.github.github().executions("merge_pull_request"), 1);
    assert_eq!(house.executed(), 1);
}

#[tokio::test]
async fn what_of_the_headers_reaches_the_upstream() {
    let upstream = Upstream::start(json_answer(
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#,
    ));
    let key = Key::new();
    let sluice = key.give(sluice(MANIFEST)).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    let client = reqwest::Client::new();
    let removed = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "baggage",
        "forwarded",
        "x-http-method-override",
        "x-sluice-claims",
    ];
    let kept = [
        "traceparent",
        "user-agent",
        "x-request-id",
        "mcp-session-id",
    ];
    let message = call(
        1,
        "get_me",
        json!({"x": 1.50, "é": [1, {"b": "\u{1f980}"}]}),
    );
    let traced = [
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        ("mcp-session-id", &key.session(MANIFEST, "triage", "s1")),
        ("mcp-name", "delete_repo"),
        ("accept-encoding", "gzip"),
    ];
    let request = post(&client, &envoy.url("/mcp/triage"), &message).header("user-agent", "agent");
    let request = removed
        .iter()
        .fold(request, |request, name| request.header(*name, "secret"));
    let request = traced.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let answer = Answer::of(request).await;
    assert!(answer.message()["result"].is_object(), "{answer:?}");
    let arrived = upstream.arrived().pop().unwrap();
    for name in removed {
        assert!(!arrived.has(name), "{name}: {arrived:?}");
    }
    assert!(!arrived.head.contains("secret"), "{arrived:?}");
    for name in kept {
        assert!(arrived.has(name), "{name}: {arrived:?}");
    }
    assert!(
        !arrived.has("mcp-name"),
        "a legacy server reads none, so nobody checked it"
    );
    assert_eq!(arrived.header("mcp-session-id"), Some("s1"));
    assert_eq!(arrived.header("accept-encoding"), Some("identity"));
    assert!(arrived.head.starts_with("POST /mcp"), "{arrived:?}");
    assert_eq!(arrived.body, message.to_string(), "byte for byte");

    // What is refused does not arrive at all.
    let count = upstream.arrived().len();
    let hidden = post(
        &client,
        &envoy.url("/mcp/triage"),
        &call(1, "delete_repo", json!({})),
    );
    assert_eq!(Answer::of(hidden).await.message()["error"]["code"], -32602);
    assert_eq!(upstream.arrived().len(), count);
}
