//! What the server answers.

use bytes::Bytes;
use serde_json::{Value, json};
use sluice::exchange::{BodyEdit, Event, Reply};

use super::driver::{Forwarded, Received, get, modern, post};

fn list() -> Forwarded {
    post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).forwarded()
}

fn call() -> Forwarded {
    post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue"}}"#)
        .forwarded()
}

fn modern_list() -> Forwarded {
    modern("tools/list", "", None).forwarded()
}

fn event(data: &str) -> String {
    format!("event: message\ndata: {data}\n\n")
}

/// The reason of the error that a body or an event holds.
fn reason(text: &str) -> String {
    let json = text.trim_start_matches("data: ").trim();
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(value["id"], 1, "{text}");
    value["error"]["data"]["reason"]
        .as_str()
        .unwrap()
        .to_owned()
}

const LIST: &str = concat!(
    r#"{ "jsonrpc":"2.0", "id":1,"result":{"tools":[ "#,
    r#"{"name":"get_issue","description":"Gets","inputSchema":{"type":"object","x":1.50},"_meta":{"a":1}} ,"#,
    r#"{"name":"delete_repo","inputSchema":{"type":"object"}},"#,
    r#"{"inputSchema":{"type":"object"}}, {"name":7}, "junk","#,
    r#" {"name":"list_secrets"},{"name":"l\u0069st_issues","outputSchema":{}},{"name":"delete_repo"}],"#,
    r#""nextCursor":"","vendor":{"k":[1,2]}}}"#
);

const FILTERED: &str = concat!(
    r#"{ "jsonrpc":"2.0", "id":1,"result":{"tools":[ "#,
    r#"{"name":"get_issue","description":"Gets","inputSchema":{"type":"object","x":1.50},"_meta":{"a":1}},"#,
    r#"{"name":"l\u0069st_issues","outputSchema":{}}],"#,
    r#""nextCursor":"","vendor":{"k":[1,2]}}}"#
);

#[test]
fn a_list_keeps_every_byte_outside_of_what_is_removed() {
    assert_eq!(list().json(LIST).text(), FILTERED);
    assert_eq!(list().events(&event(LIST)).text(), event(FILTERED));
}

#[test]
fn a_list_is_filtered_on_every_stream_and_under_every_id() {
    let resumed = get()
        .header("last-event-id", "7")
        .header("mcp-session-id", "s")
        .sealed();
    assert_eq!(
        resumed.forwarded().events(&event(LIST)).text(),
        event(FILTERED)
    );
    // Not the answer to this request: on its stream it has no business.
    assert_eq!(
        call()
            .events(&event(&LIST.replace(r#""id":1"#, r#""id":2"#)))
            .text(),
        ":\n\n"
    );
    // Under an id that some clients take for the same.
    let aliased = LIST.replace(r#""id":1"#, r#""id":"1""#);
    assert_eq!(
        call().json(&aliased).text(),
        FILTERED.replace(r#""id":1"#, r#""id":"1""#)
    );
}

#[test]
fn lists_of_other_things_are_filtered_too() {
    let answer = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    let table = [
        (
            r#"{"prompts":[{"name":"triage"},{"name":"admin"}]}"#,
            r#"{"prompts":[{"name":"triage"}]}"#,
        ),
        (
            r#"{"resources":[{"uri":"repo://acme/readme","name":"r"},{"uri":"repo://acme/secrets","name":"s"}]}"#,
            r#"{"resources":[{"uri":"repo://acme/readme","name":"r"}]}"#,
        ),
        (
            r#"{"resourceTemplates":[{"uriTemplate":"repo://{owner}/{repo}/issues"},{"uriTemplate":"repo://{+path}"}]}"#,
            r#"{"resourceTemplates":[{"uriTemplate":"repo://{owner}/{repo}/issues"}]}"#,
        ),
        (r#"{"tasks":[{"taskId":"t"}]}"#, r#"{"tasks":[]}"#),
        (r#"{"skills":[{"uri":"skill://x"}]}"#, r#"{"skills":[]}"#),
        (
            r#"{"tools":[{"name":"get_issue","execution":{"taskSupport":"optional"},"icons":[{"src":"data:x"},{"src":"HTTPS://x"},{"src":"http://x"}]}]}"#,
            r#"{"tools":[{"name":"get_issue","execution":{"taskSupport":"forbidden"},"icons":[{"src":"HTTPS://x"}]}]}"#,
        ),
        (
            r#"{"content":[{"type":"text","text":"x"},{"type":"resource_link","uri":"repo://acme/secrets"},{"type":"resource_link","uri":"repo://acme/readme"}]}"#,
            r#"{"content":[{"type":"text","text":"x"},{"type":"resource_link","uri":"repo://acme/readme"}]}"#,
        ),
        (
            r#"{"messages":[{"role":"user","content":{"type":"resource_link","uri":"x:"}},{"role":"user","content":{"type":"text","text":"x"}}]}"#,
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"x"}}]}"#,
        ),
        (
            r#"{"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"},"x":1}}"#,
            r#"{"content":[],"_meta":{"x":1}}"#,
        ),
    ];
    for (result, expected) in table {
        assert_eq!(call().json(&answer(result)).text(), answer(expected));
    }
}

#[test]
fn filtered_lists_are_not_for_other_clients() {
    let table = [
        (
            r#""ttlMs":3600000,"cacheScope":"public""#,
            json!([60_000, "private"]),
        ),
        (r#""ttlMs":5,"cacheScope":"private""#, json!([5, "private"])),
        (r#""ttlMs":-1,"cacheScope":7"#, json!([0, "private"])),
        (r#""x":1"#, json!([0, "private"])),
    ];
    for (fields, expected) in table {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"complete","tools":[{{"name":"get_issue"}}],{fields}}}}}"#
        );
        let value: Value = serde_json::from_str(&modern_list().json(&text).text()).unwrap();
        let result = &value["result"];
        assert_eq!(
            json!([result["ttlMs"], result["cacheScope"]]),
            expected,
            "{fields}"
        );
    }
    let legacy = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;
    assert_eq!(list().json(legacy).text(), legacy);
}

#[test]
fn what_a_server_says_of_itself_is_cut_to_what_is_enforced() {
    let initialize = |route| {
        post(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}"#)
            .route(route)
            .forwarded()
    };
    let said = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"tasks":{},"experimental":{"x":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}},"serverInfo":{"name":"g","description":"has delete_repo","websiteUrl":"http://x"},"instructions":"Use delete_repo."}}"#;
    let kept: Value = serde_json::from_str(&initialize("everything").json(said).text()).unwrap();
    assert_eq!(
        kept["result"]["capabilities"],
        json!({"tools": {"listChanged": true}, "extensions": {}})
    );
    assert_eq!(kept["result"]["instructions"], "Use delete_repo.");

    let dropped = post(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#)
        .forwarded()
        .json(said)
        .text();
    assert!(!dropped.contains("delete_repo"), "{dropped}");
    assert!(!dropped.contains("http://x"));

    let said = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2025-11-25","2026-07-28","2030-01-01"],"capabilities":{},"instructions":"x","ttlMs":1,"cacheScope":"public"}}"#;
    let discover = || {
        modern("server/discover", "", None)
            .path("/mcp/modern")
            .forwarded()
    };
    let replaced: Value = serde_json::from_str(&discover().json(said).text()).unwrap();
    assert_eq!(replaced["result"]["instructions"], "Be brief.");
    assert_eq!(
        replaced["result"]["supportedVersions"],
        json!(["2026-07-28"])
    );
    assert_eq!(replaced["result"]["cacheScope"], "private");
    let old = said.replace(r#","2026-07-28""#, "");
    assert_eq!(reason(&discover().json(&old).text()), "upstream_invalid");

    let ancient =
        r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2024-11-05","capabilities":{}}}"#;
    assert_eq!(
        reason(&initialize("everything").json(ancient).text()),
        "upstream_invalid"
    );
}

#[test]
fn answers_that_clients_read_differently_are_replaced() {
    let ok = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"delete_repo"}]}}"#;
    let table: Vec<(&str, String)> = vec![
        ("array", format!("[{ok}]")),
        ("junk after", format!("{ok} x")),
        ("byte order mark", format!("\u{feff}{ok}")),
        (
            "dup tools",
            ok.replace(r#""result":{"#, r#""result":{"tools":[],"#),
        ),
        (
            "dup result",
            ok.replace(r#""result""#, r#""result":{},"result""#),
        ),
        ("Tools", ok.replace("tools", "Tools")),
        ("other id", ok.replace(r#""id":1"#, r#""id":2"#)),
        ("no id", ok.replace(r#""id":1,"#, "")),
        (
            "tools is no array",
            ok.replace(
                r#"[{"name":"delete_repo"}]"#,
                r#"{"0":{"name":"delete_repo"}}"#,
            ),
        ),
        (
            "result is no object",
            ok.replace(
                r#"{"tools":[{"name":"delete_repo"}]}"#,
                r#"["delete_repo"]"#,
            ),
        ),
        (
            "a task",
            ok.replace(r#""result":{"#, r#""result":{"resultType":"task","#),
        ),
        (
            "a notification",
            r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#.into(),
        ),
        ("truncated", ok.get(..40).unwrap().into()),
        ("nothing", String::new()),
    ];
    for (what, text) in table {
        let received = list().answer(
            &[(":status", "200"), ("content-type", "application/json")],
            &[b" ", text.as_bytes()],
        );
        let body = received.text();
        assert_eq!(reason(&body), "upstream_invalid", "{what}");
        assert!(!body.contains("delete_repo"), "{what}");
    }
}

#[test]
fn heads_that_sluice_can_not_read_are_replaced() {
    let json = ("content-type", "application/json");
    let table: Vec<(Vec<(&str, &str)>, u16)> = vec![
        (vec![(":status", "200")], 200),
        (
            vec![(":status", "200"), ("content-type", "text/plain")],
            200,
        ),
        (
            vec![(":status", "200"), ("content-type", "text/event-streamx")],
            200,
        ),
        (
            vec![(":status", "200"), ("content-type", "application/json-rpc")],
            200,
        ),
        (
            vec![
                (":status", "200"),
                ("content-type", "application/json; charset=utf-16"),
            ],
            200,
        ),
        (
            vec![(":status", "200"), json, ("content-encoding", "gzip")],
            200,
        ),
        (vec![(":status", "206"), json], 200),
        (vec![(":status", "202"), json], 200),
        (vec![(":status", "307"), ("location", "/x")], 200),
        (
            vec![(":status", "401"), ("www-authenticate", "Bearer")],
            200,
        ),
        (
            vec![(":status", "403"), ("www-authenticate", "Bearer")],
            403,
        ),
        (vec![(":status", "404"), ("content-type", "text/html")], 404),
        (
            vec![(":status", "503"), ("content-type", "text/plain")],
            503,
        ),
        (vec![], 200),
    ];
    for (headers, status) in table {
        let refusal = list().answer(&headers, &[b"delete_repo"]).refused();
        assert_eq!(refusal.status(), status, "{headers:?}");
        assert!(
            refusal
                .body()
                .starts_with(r#"{"jsonrpc":"2.0","id":1,"error""#)
        );
        assert!(!refusal.body().contains("delete_repo"));
    }
    let refusal = list().answer(&[(":status", "200"), json], &[]).refused();
    assert_eq!(refusal.reason().as_str(), "upstream_invalid");
    let refusal = get().forwarded().json(LIST).refused();
    assert_eq!(refusal.status(), 502, "a GET has no id to answer under");
    let refusal = get()
        .forwarded()
        .answer(&[(":status", "405")], &[])
        .refused();
    assert_eq!(refusal.status(), 405);
}

#[test]
fn upper_case_types_are_passed_on_in_lower_case() {
    let headers = [
        (":status", "200"),
        ("content-type", "TEXT/Event-Stream; charset=UTF-8"),
    ];
    match list().answer(&headers, &[event(LIST).as_bytes()]) {
        Received::Response { headers, body } => {
            assert!(
                headers
                    .set
                    .contains(&("content-type", "text/event-stream".into()))
            );
            assert_eq!(body, event(FILTERED).as_bytes());
        }
        other @ (Received::Refused(_) | Received::Cut) => panic!("{other:?}"),
    }
}

#[test]
fn failures_keep_their_status_and_only_json_rpc_errors_keep_their_words() {
    let headers = [(":status", "404"), ("content-type", "application/json")];
    let error =
        r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}"#;
    assert_eq!(list().answer(&headers, &[error.as_bytes()]).text(), error);
    let limited = r#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"Slower"}}"#;
    let headers_429 = [(":status", "429"), ("content-type", "application/json")];
    assert_eq!(
        list().answer(&headers_429, &[limited.as_bytes()]).text(),
        r#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"Slower"},"id":1}"#
    );
    for body in [
        LIST,
        r#"{"detail":"no such tool: delete_repo"}"#,
        "delete_repo",
    ] {
        let text = list().answer(&headers, &[body.as_bytes()]).text();
        assert_eq!(reason(&text), "upstream_refused");
        assert!(!text.contains("delete_repo"));
    }
}

#[test]
fn answers_to_notifications_have_no_body() {
    for status in ["200", "202"] {
        let sent = post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).forwarded();
        let headers = [(":status", status), ("content-type", "application/json")];
        assert_eq!(sent.answer(&headers, &[LIST.as_bytes()]).text(), "");
    }
    let ended = get().verb("DELETE").forwarded();
    assert_eq!(
        ended
            .answer(&[(":status", "200")], &[b"delete_repo"])
            .text(),
        ""
    );
}

/// The rows of the table of what clients make of a stream of events.
#[test]
fn events_are_passed_on_in_the_one_form_that_all_clients_read() {
    let hidden = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"delete_repo"}]}}"#;
    let shown = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;
    let canonical = format!("data: {shown}\n\n");
    let table: Vec<(&str, String, String)> = vec![
        ("CRLF", format!("data:{hidden}\r\n\r\n"), canonical.clone()),
        ("CR only", format!("data: {hidden}\r\r"), canonical.clone()),
        (
            "BOM",
            format!("\u{feff}data: {hidden}\n\n"),
            canonical.clone(),
        ),
        (
            "no blank line",
            format!("data: {hidden}\n"),
            canonical.clone(),
        ),
        (
            "no end of line",
            format!("data: {hidden}"),
            canonical.clone(),
        ),
        (
            "two types",
            format!("event: foo\nevent: message\ndata: {hidden}\n\n"),
            format!("event: message\n{canonical}"),
        ),
        (
            "empty type",
            format!("event:\ndata: {hidden}\n\n"),
            canonical.clone(),
        ),
        (
            "comment inside",
            format!(
                "data: {}\n: x\ndata: {}\n\n",
                "{",
                hidden.trim_start_matches('{')
            ),
            format!(
                ":\n\n{}",
                canonical.replacen("{\"jsonrpc", "{\ndata: \"jsonrpc", 1)
            ),
        ),
        (
            "other type",
            format!("event: Message\ndata: {hidden}\n\n"),
            ":\n\n".into(),
        ),
        (
            "endpoint",
            "event: endpoint\ndata: /messages\n\n".into(),
            ":\n\n".into(),
        ),
        (
            "upper-case field",
            format!("DATA: {hidden}\n\n"),
            String::new(),
        ),
        ("keep-alive", ": delete_repo\n\n".into(), ":\n\n".into()),
        (
            "priming",
            "id: 1\nretry: 500\ndata: \n\n".into(),
            "retry: 500\ndata: \n\n".into(),
        ),
        (
            "with an id, and no session to resume in",
            format!("id: 4\ndata: {hidden}\n\n"),
            canonical.clone(),
        ),
    ];
    for (what, stream, expected) in table {
        assert_eq!(list().events(&stream).text(), expected, "{what}");
        // Byte by byte it comes to the same.
        let chunks: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        let headers = [(":status", "200"), ("content-type", "text/event-stream")];
        assert_eq!(
            list().answer(&headers, &chunks).text(),
            expected,
            "{what}, byte by byte"
        );
    }
}

#[test]
fn an_event_that_can_not_be_read_is_not_passed_on() {
    let twice = r#"{"jsonrpc":"2.0","id":1,"result":{},"result":{}}"#;
    for data in ["[]", "{", "{}", "ping", twice, "delete_repo"] {
        let stream = format!("data: {data}\n\n");
        // The answer may still come, and if it does not, the client is told.
        let whole = format!("{stream}{}", event(LIST));
        let expected = format!(":\n\n{}", event(FILTERED));
        assert_eq!(list().events(&whole).text(), expected, "{data}");
        assert_eq!(get().forwarded().events(&whole).text(), expected, "{data}");
        let text = list().events(&stream).text();
        assert_eq!(
            reason(text.trim_start_matches(":\n\n")),
            "upstream_invalid",
            "{data}"
        );
        assert!(!text.contains("delete_repo"));
        assert_eq!(get().forwarded().events(&stream).text(), ":\n\n");
    }
    // What is the answer, and can't be understood, can't be followed by another.
    let odd = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":{}}}"#;
    let text = list()
        .events(&format!("data: {odd}\n\n{}", event(LIST)))
        .text();
    assert_eq!(reason(&text), "upstream_invalid");
}

#[test]
fn only_messages_of_the_protocol_come_down_a_stream() {
    let message = |method: &str, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#)
    };
    let request = |method: &str, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":"s1","method":"{method}","params":{params}}}"#)
    };
    let progress = message(
        "notifications/progress",
        r#"{"progressToken":1,"progress":1}"#,
    );
    let log = message("notifications/message", r#"{"level":"info","data":"x"}"#);
    let hidden = message(
        "notifications/resources/updated",
        r#"{"uri":"repo://acme/secrets"}"#,
    );
    let visible = message(
        "notifications/resources/updated",
        r#"{"uri":"repo://acme/readme"}"#,
    );
    let vendor = message("notifications/vendor", r#"{}"#);
    let ping = request("ping", "{}");
    let execute = request("tools/call", r#"{"name":"delete_repo"}"#);
    for (data, legacy, modern) in [
        (&progress, true, true),
        (&log, true, false),
        (&hidden, false, false),
        (&visible, true, true),
        (&vendor, false, false),
        (&ping, true, false),
        (&execute, false, false),
    ] {
        let stream = format!("data: {data}\n\n");
        let answer = r#"data: {"jsonrpc":"2.0","id":1,"result":{}}"#;
        let whole = format!("{stream}{answer}\n\n");
        let expected = |passes| {
            if passes {
                whole.clone()
            } else {
                format!(":\n\n{answer}\n\n")
            }
        };
        assert_eq!(call().events(&whole).text(), expected(legacy), "{data}");
        let call = super::driver::modern("tools/call", r#""name":"get_issue""#, Some("get_issue"));
        assert_eq!(
            call.forwarded().events(&whole).text(),
            expected(modern),
            "{data}"
        );
    }
    let sampling = request(
        "sampling/createMessage",
        r#"{"messages":[],"tools":[{"name":"delete_repo"},{"name":"get_issue"}],"includeContext":"allServers"}"#,
    );
    let text = get().forwarded().events(&event(&sampling)).text();
    assert!(text.contains(r#""tools":[{"name":"get_issue"}]"#), "{text}");
    assert!(
        !text.contains("includeContext") && !text.contains("delete_repo"),
        "{text}"
    );

    let asks = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"a\/b","inputRequests":{"k":{"method":"sampling/createMessage","params":{"tools":[{"name":"delete_repo"}]}}}}}"#;
    let call = modern("tools/call", r#""name":"get_issue""#, Some("get_issue")).forwarded();
    assert_eq!(
        call.json(asks).text(),
        asks.replace(r#"{"name":"delete_repo"}"#, "")
    );
}

#[test]
fn limits_are_met_exactly() {
    let answer = |length: usize| {
        let frame = r#"{"jsonrpc":"2.0","id":1,"result":{"x":""}}"#.len();
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"x":"{}"}}}}"#,
            "x".repeat(length - frame)
        )
    };
    let limit = 64 << 10;
    assert_eq!(call().json(&answer(limit)).text().len(), limit);
    assert_eq!(
        reason(&call().json(&answer(limit + 1)).text()),
        "upstream_too_large"
    );

    // The limit counts `data: `, both line ends included.
    let limit = (16 << 10) - "data: \n".len();
    assert!(
        call()
            .events(&format!("data: {}\n\n", answer(limit)))
            .text()
            .len()
            > limit
    );
    let text = call()
        .events(&format!("data: {}\n\n", answer(limit + 1)))
        .text();
    assert_eq!(reason(&text), "event_too_large");
    let stream = format!("data: {}\n\n", answer(limit + 1));
    assert!(matches!(get().forwarded().events(&stream), Received::Cut));
}

/// What comes after the answer is read for its end, but not for ever.
#[test]
fn an_answer_that_goes_on_after_its_end_is_cut() {
    let piece = vec![b' '; 1 << 20];
    let long = format!("data: {}\n\n", "x".repeat(17 << 10));
    let answers: [(&str, &[u8]); 3] = [
        (
            "application/json",
            br#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ),
        ("application/json", &[b' '; (64 << 10) + 1]),
        ("text/event-stream", long.as_bytes()),
    ];
    for (kind, answer) in answers {
        for (more, cut) in [(64, false), (65, true)] {
            let chunks: Vec<&[u8]> = std::iter::once(answer)
                .chain((0..more).map(|_| piece.as_slice()))
                .collect();
            let received = call().answer(&[(":status", "200"), ("content-type", kind)], &chunks);
            assert_eq!(matches!(received, Received::Cut), cut, "{kind}, {more} MiB");
        }
    }
}

#[test]
fn a_modern_stream_that_ends_without_an_answer_gets_one() {
    assert_eq!(reason(&modern_list().events("").text()), "upstream_invalid");
    // Older clients poll for it on another stream.
    assert_eq!(list().events("id: 1\ndata:\n\n").text(), "data: \n\n");
}

#[test]
fn a_second_answer_is_not_passed_on() {
    let answer = event(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let sent = call().events(&format!("{answer}{answer}")).text();
    assert_eq!(sent, format!("{answer}:\n\n"));
    let nobodys = event(r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}"#);
    let sent = call().events(&format!("{answer}{nobodys}")).text();
    assert_eq!(sent, format!("{answer}:\n\n"));
}

#[test]
fn what_the_server_does_not_have_looks_like_what_is_hidden() {
    let hidden =
        post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_secrets"}}"#)
            .refused()
            .body();
    let missing = || {
        post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_zzz"}}"#)
            .forwarded()
    };
    let expected = hidden.replace("list_secrets", "list_zzz");
    let answers = [
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: list_zzz. Available: delete_repo"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"tool not found"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Unknown tool: list_zzz"}],"isError":true}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"MCP error -32602: Tool list_zzz not found"}],"isError":true}}"#,
    ];
    for answer in answers {
        assert_eq!(missing().json(answer).text(), expected);
        assert_eq!(
            missing().events(&event(answer)).text(),
            format!("data: {expected}\n\n")
        );
    }
    let other =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"`state` must be open"}}"#;
    assert_eq!(missing().json(other).text(), other);
}

#[test]
fn an_error_without_an_id_is_given_that_of_the_request() {
    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#;
    let value: Value = serde_json::from_str(&list().json(error).text()).unwrap();
    assert_eq!(
        (&value["id"], &value["error"]["code"]),
        (&json!(1), &json!(-32700))
    );
    let text = list().events(&event(error)).text();
    assert!(
        text.contains(r#""id":1"#) && text.contains("-32700"),
        "{text}"
    );
}

#[test]
fn keys_that_differ_in_case_are_not_passed_on() {
    let answer = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    for result in [
        r#"{"toolſ":[{"name":"delete_repo"}]}"#,
        r#"{"Content":[{"type":"text","text":"delete_repo"}]}"#,
        r#"{"inputRequests":[{"method":"sampling/createMessage"}],"x":"delete_repo"}"#,
        r#"{"inputRequests":{"k":{"method":"tools/call"}},"x":"delete_repo"}"#,
    ] {
        let text = list().json(&answer(result)).text();
        assert_eq!(reason(&text), "upstream_invalid", "{result}");
        assert!(!text.contains("delete_repo"));
    }
    let entries =
        answer(r#"{"tools":[{"name":"get_issue","Name":"delete_repo"},{"name":"get_issue"}]}"#);
    assert_eq!(
        list().json(&entries).text(),
        answer(r#"{"tools":[{"name":"get_issue"}]}"#)
    );
}

#[test]
fn a_conversation_for_the_model_holds_no_calls_of_hidden_tools() {
    let ask = |content: &str, more: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{{"messages":[{{"role":"user","content":{content}}}],{more}"maxTokens":1}}}}"#
        )
    };
    let text = r#"{"type":"text","text":"x"}"#;
    let hidden = r#"{"type":"tool_use","id":"h","name":"delete_repo","input":{}},{"type":"tool_result","toolUseId":"h","content":[]}"#;
    let shown = r#"{"type":"tool_use","id":"v","name":"get_issue","input":{}},{"type":"tool_result","toolUseId":"v","content":[]}"#;
    let sent = ask(
        &format!("[{text},{hidden},{shown}]"),
        r#""tools":[{"name":"delete_repo"}],"toolChoice":{"mode":"required"},"#,
    );
    let expected = ask(&format!("[{text},{shown}]"), r#""tools":[],"#);
    let through = |message: &str| {
        get()
            .forwarded()
            .events(&format!("data: {message}\n\n"))
            .text()
    };
    assert_eq!(through(&sent), format!("data: {expected}\n\n"));
    let only = ask(&format!("[{hidden}]"), "");
    assert!(
        through(&only).contains(r#""messages":[]"#),
        "{}",
        through(&only)
    );

    for (url, passes) in [
        ("https://example.com/x", true),
        ("http://localhost:3000/x", true),
        ("http://localhost.example.com/", false),
        ("javascript:alert(1)", false),
    ] {
        let elicit = format!(
            r#"{{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{{"mode":"url","url":"{url}","message":"x"}}}}"#
        );
        assert_eq!(through(&elicit).contains("elicitation"), passes, "{url}");
    }
}

#[test]
fn events_that_are_not_passed_on_leave_their_marks() {
    let call = get().header("mcp-session-id", "s");
    let text = call
        .clone()
        .sealed()
        .forwarded()
        .events("id: 7\nretry: 9\nevent: x\ndata: delete_repo\n\n")
        .text();
    let resumed = call.header("last-event-id", "7").sealed().headers;
    let id = String::from_utf8(resumed[1].1.clone()).unwrap();
    assert_eq!(text, format!("id: {id}\nretry: 9\n\n"));
}

#[test]
fn the_length_tells_the_end_where_it_is_known() {
    // Whatever follows is not part of it, and what is shorter is not complete.
    let length = LIST.len().to_string();
    let headers = [
        (":status", "200"),
        ("content-type", "application/json"),
        ("content-length", &*length),
    ];
    let (first, second) = LIST.as_bytes().split_at(100);
    assert_eq!(list().answer(&headers, &[first, second]).text(), FILTERED);
    assert_eq!(
        reason(&list().answer(&headers, &[first]).text()),
        "upstream_invalid"
    );
}

#[test]
fn halves_of_characters_go_on_as_replacement_characters() {
    let answer = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#
        )
    };
    let cut = answer(r"\ud83d\ude00 \ud83d");
    let whole = answer(r"\ud83d\ude00 \ufffd");
    assert_eq!(call().json(&cut).text(), whole);
    assert_eq!(call().events(&event(&cut)).text(), event(&whole));
    let headers = [(":status", "400"), ("content-type", "application/json")];
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\udc00"}}"#;
    let sent = call().answer(&headers, &[error.as_bytes()]).text();
    assert_eq!(sent, error.replace("udc00", "ufffd"));
    let key = answer(r"x").replace("text\":", "t\\ud800\":");
    assert_eq!(reason(&call().json(&key).text()), "upstream_invalid");
}

#[test]
fn disabled_resources_do_not_come_as_content() {
    let read = || {
        post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}"#)
            .route("everything")
            .forwarded()
    };
    let answer = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    let table = [
        (
            r#"{"contents":[{"uri":"repo://a/secret/k","text":"x"},{"uri":"repo://a/b","text":"y"}]}"#,
            r#"{"contents":[{"uri":"repo://a/b","text":"y"}]}"#,
        ),
        (
            r#"{"content":[{"type":"resource","resource":{"uri":"repo://a/secret/k","text":"x"}},{"type":"resource","resource":{"uri":"other://b","text":"y"}}]}"#,
            r#"{"content":[{"type":"resource","resource":{"uri":"other://b","text":"y"}}]}"#,
        ),
    ];
    for (result, expected) in table {
        assert_eq!(read().json(&answer(result)).text(), answer(expected));
    }
}

#[test]
fn failures_that_say_what_there_is_are_replaced_too() {
    let missing =
        post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_zzz"}}"#);
    let headers = [(":status", "400"), ("content-type", "application/json")];
    let error =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown tool \"list_zzz\""}}"#;
    let text = missing
        .forwarded()
        .answer(&headers, &[error.as_bytes()])
        .text();
    assert_eq!(reason(&text), "tool_not_enabled");
}

#[test]
fn json_goes_out_when_it_is_complete_and_not_when_the_stream_ends() {
    // A response can end by trailers, and then nothing tells that the last piece has come.
    let length = LIST.len().to_string();
    for known in [true, false] {
        let mut headers = vec![(":status", "200"), ("content-type", "application/json")];
        headers.extend(known.then_some(("content-length", &*length)));
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let end_of_stream = false;
        let event = Event::ResponseHeaders {
            headers,
            end_of_stream,
        };
        let (mut exchange, _) = list().exchange.handle(event);
        let mut sent = Vec::new();
        for chunk in LIST.as_bytes().chunks(100) {
            let chunk = Bytes::copy_from_slice(chunk);
            let (next, step) = exchange.handle(Event::ResponseBody {
                chunk,
                end_of_stream,
            });
            exchange = next;
            if let Reply::Continue {
                body: BodyEdit::Replace(body),
                ..
            } = step.reply
            {
                sent.extend_from_slice(&body);
            }
        }
        assert_eq!(sent, FILTERED.as_bytes());
    }
}
