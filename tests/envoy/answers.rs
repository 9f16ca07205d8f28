//! What an upstream may answer, and what of it reaches a client.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::failures::{Piece, read};
use crate::house::{Answer, Key, MANIFEST, envoy_to, post, sluice};
use crate::message::{answer, call, entries, events, legacy, modern};
use crate::support::envoy::Envoy;
use crate::support::sluice::Process;
use crate::upstream::{Upstream, Wire, json as json_answer, plain, stream};

/// Sluice, an Envoy and an upstream that answers as it is told.
struct Stand {
    upstream: Upstream,
    envoy: Envoy,
    client: reqwest::Client,
    key: Key,
    _sluice: Process,
}

impl Stand {
    fn new(wire: Wire) -> Self {
        let upstream = Upstream::start(wire);
        let key = Key::new();
        let sluice = key.give(sluice(MANIFEST)).start().unwrap();
        let client = reqwest::Client::builder();
        // A redirect that is followed would not be seen.
        let client = client.redirect(reqwest::redirect::Policy::none());
        Self {
            envoy: envoy_to(&sluice, upstream.address()),
            upstream,
            client: client.build().unwrap(),
            key,
            _sluice: sluice,
        }
    }

    fn post(&self, message: &Value) -> reqwest::RequestBuilder {
        post(&self.client, &self.envoy.url("/mcp/triage"), message)
    }

    async fn ask(&self, message: &Value) -> Answer {
        Answer::of(self.post(message)).await
    }
}

fn list() -> Value {
    legacy(1, "tools/list", json!({}))
}

/// A list that an agent must not see whole, as the answer to `id`.
fn secrets(id: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{{"name":"get_me","inputSchema":{{"type":"object"}}}},{{"name":"delete_repo","inputSchema":{{"type":"object"}}}}]}}}}"#
    )
}

#[tokio::test]
async fn what_is_not_an_answer_is_replaced() {
    let html = "<html>delete_repo</html>";
    let all = secrets("1");
    let json = "content-type: application/json";
    // What the upstream answers; what the client is told: HTTP status and reason.
    let table: Vec<(&str, Wire, u16, &str)> = vec![
        (
            "HTML",
            plain("200 OK\r\ncontent-type: text/html", html),
            200,
            "upstream_invalid",
        ),
        ("no type", plain("200 OK", &all), 200, "upstream_invalid"),
        (
            "gzip",
            plain(
                &format!("200 OK\r\n{json}\r\ncontent-encoding: gzip"),
                b"\x1f\x8b\x08\x00\x00",
            ),
            200,
            "upstream_invalid",
        ),
        (
            "two types",
            plain(
                &format!("200 OK\r\n{json}\r\ncontent-type: text/event-stream"),
                &all,
            ),
            200,
            "upstream_invalid",
        ),
        (
            "UTF-16",
            plain(
                "200 OK\r\ncontent-type: application/json; charset=utf-16",
                &all,
            ),
            200,
            "upstream_invalid",
        ),
        (
            "a redirect",
            plain(
                &format!("307 Temporary Redirect\r\n{json}\r\nlocation: http://delete_repo/"),
                &all,
            ),
            200,
            "upstream_invalid",
        ),
        ("202", plain("202 Accepted", ""), 200, "upstream_invalid"),
        (
            "204",
            Wire::Raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()),
            200,
            "upstream_invalid",
        ),
        (
            "201",
            plain(&format!("201 Created\r\n{json}"), &all),
            200,
            "upstream_invalid",
        ),
        (
            "nothing",
            plain(&format!("200 OK\r\n{json}"), ""),
            200,
            "upstream_invalid",
        ),
        (
            "401",
            plain(
                &format!(
                    "401 Unauthorized\r\n{json}\r\nwww-authenticate: Bearer realm=\"delete_repo\""
                ),
                &all,
            ),
            200,
            "credential_refused",
        ),
        ("403", plain("403 Forbidden", html), 403, "upstream_refused"),
        (
            "500",
            plain(
                "500 Internal Server Error\r\ncontent-type: text/plain",
                html,
            ),
            500,
            "upstream_refused",
        ),
        (
            "a failure with a result",
            plain(&format!("500 Internal Server Error\r\n{json}"), &all),
            500,
            "upstream_refused",
        ),
        (
            "half",
            json_answer(all.split_at(all.len() / 2).0),
            200,
            "upstream_invalid",
        ),
        (
            "more",
            json_answer(format!("{all}{all}")),
            200,
            "upstream_invalid",
        ),
        (
            "garbage",
            json_answer(b"\xff\xfe{}delete_repo"),
            200,
            "upstream_invalid",
        ),
        (
            "a batch",
            json_answer(format!("[{all}]")),
            200,
            "upstream_invalid",
        ),
        (
            "another id",
            json_answer(secrets("2")),
            200,
            "upstream_invalid",
        ),
        (
            "two lists",
            json_answer(all.replace("\"tools\":", "\"tools\":[],\"tools\":")),
            200,
            "upstream_invalid",
        ),
        (
            "two escaped lists",
            json_answer(all.replace("\"tools\":", "\"tools\":[],\"t\\u006fols\":")),
            200,
            "upstream_invalid",
        ),
        (
            "a list in capitals",
            json_answer(all.replace("tools", "Tools")),
            200,
            "upstream_invalid",
        ),
        (
            "a list that is none",
            json_answer(
                all.replace('[', "{\"0\":")
                    .replace("},{", "},\"1\":{")
                    .replace(']', "}"),
            ),
            200,
            "upstream_invalid",
        ),
    ];
    for (what, wire, status, reason) in table {
        let stand = Stand::new(wire);
        for message in [list(), modern(list())] {
            let answer = stand.ask(&message).await;
            assert_eq!(answer.kind(), "application/json", "{what}: {answer:?}");
            let said = answer.message();
            assert_eq!(said["id"], 1, "{what}: {said}");
            assert_eq!(said["error"]["data"]["reason"], reason, "{what}: {said}");
            assert_eq!(answer.status.as_u16(), status, "{what}: {said}");
            assert_eq!(said["error"]["code"], -32603, "{what}: {said}");
            for header in ["www-authenticate", "location", "content-encoding"] {
                assert!(!answer.headers.contains_key(header), "{what}: {answer:?}");
            }
            assert!(
                !format!("{answer:?}").contains("delete_repo"),
                "{what}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_breaks_off_is_not_passed_for_whole() {
    let all = secrets("1");
    let most = all.split_at(all.len() - 20).0;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: ";
    let half = format!(
        "{head}application/json\r\ncontent-length: {}\r\n\r\n{}",
        all.len(),
        most
    );
    let no_end = |kind: &str, body: String| Wire::Pieces {
        head: format!("200 OK\r\ncontent-type: {kind}"),
        pieces: vec![body.into_bytes()],
        ends: false,
    };
    let table = [
        ("at once", Wire::Raw(Vec::new())),
        (
            "garbage",
            Wire::Raw(b"SSH-2.0-delete_repo\r\n\r\n".to_vec()),
        ),
        ("in the head", Wire::Raw(head.as_bytes().to_vec())),
        ("in the body", Wire::Raw(half.into_bytes())),
        ("in a chunk", no_end("application/json", most.to_owned())),
        (
            "in an event",
            no_end("text/event-stream", format!("data: {}", most)),
        ),
        (
            "before the end of an event",
            no_end("text/event-stream", format!("data: {all}\n")),
        ),
    ];
    for (what, wire) in table {
        let stand = Stand::new(wire);
        for message in [list(), modern(list())] {
            let piece = read(stand.post(&message)).await;
            assert!(!piece.bytes.contains("delete_repo"), "{what}: {piece:?}");
            if !piece.cut {
                let said = answer(&piece.bytes);
                assert_eq!(said["error"]["code"], -32603, "{what}: {piece:?}");
                assert_ne!(piece.status, StatusCode::OK, "{what}: {piece:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_complete_answer_counts_even_if_the_connection_does_not_end_well() {
    // The JSON is complete, the chunked body is not: either is told, and the list is filtered.
    let stand = Stand::new(Wire::Pieces {
        head: "200 OK\r\ncontent-type: application/json".to_owned(),
        pieces: vec![secrets("1").into_bytes()],
        ends: false,
    });
    let piece = read(stand.post(&list())).await;
    assert!(!piece.bytes.contains("delete_repo"), "{piece:?}");
}

#[tokio::test]
async fn headers_that_lead_away_are_removed() {
    let away = "set-cookie: a=b\r\nlink: <http://x/>\r\nalt-svc: h3=\":443\"\r\nrefresh: 1\r\nwww-authenticate: Bearer";
    let head = format!(
        "200 OK\r\ncontent-type: APPLICATION/JSON; charset=UTF-8\r\nmcp-session-id: s1\r\n{away}"
    );
    let stand = Stand::new(plain(&head, secrets("1")));
    let answer = stand.ask(&list()).await;
    assert_eq!(answer.kind(), "application/json");
    assert_eq!(
        answer.headers["mcp-session-id"],
        stand.key.session(MANIFEST, "triage", "s1")
    );
    for line in away.lines() {
        let name = line.split(':').next().unwrap();
        assert!(!answer.headers.contains_key(name), "{answer:?}");
    }
    let names = entries(&answer.body, "tools");
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].0, "get_me");
}

/// A notification and an answer to a call, with a text of many bytes a character.
fn long_words() -> (String, String) {
    let words = "héllo 日本語 🦀 \u{2028}\u{85} end".repeat(3);
    let log = json!({
        "jsonrpc": "2.0", "method": "notifications/message",
        "params": {"level": "info", "data": words},
    });
    let text = json!([{"type": "text", "text": words}]);
    let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": text}});
    (log.to_string(), result.to_string())
}

#[tokio::test]
async fn events_in_pieces_of_any_size() {
    let (log, result) = long_words();
    let get_me = call(1, "get_me", json!({}));
    for end in ["\n", "\r\n", "\r"] {
        let whole = format!(
            "\u{feff}: hi{end}{end}id: 7{end}data: {log}{end}{end}event: message{end}data:{result}{end}{end}"
        );
        for size in [1, 2, 3, 7, whole.len()] {
            let stand = Stand::new(stream(whole.as_bytes().chunks(size)));
            let answer = stand.ask(&get_me).await;
            let data = events(&answer.body);
            assert_eq!(data.len(), 2, "{size}, {end:?}: {answer:?}");
            let same = |text: &str, than: &str| {
                let values = [text, than].map(|text| serde_json::from_str::<Value>(text).unwrap());
                assert_eq!(values[0], values[1]);
            };
            same(&data[0], &log);
            same(&data[1], &result);
        }
    }
}

#[tokio::test]
async fn json_in_pieces_of_any_size() {
    let (_, result) = long_words();
    let all = secrets("1");
    for size in [1, 2, 3, 7, 1000] {
        let pieces = |text: &str| Wire::Pieces {
            head: "200 OK\r\ncontent-type: application/json".to_owned(),
            pieces: text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect(),
            ends: true,
        };
        let stand = Stand::new(pieces(&result));
        let answer = stand.ask(&call(1, "get_me", json!({}))).await;
        assert_eq!(answer.body, result, "{size}");
        let stand = Stand::new(pieces(&all));
        let answer = stand.ask(&list()).await;
        assert!(!answer.body.contains("delete_repo"), "{size}: {answer:?}");
        assert_eq!(entries(&answer.body, "tools").len(), 1, "{size}");
    }
}

#[tokio::test]
async fn lists_on_streams_are_filtered_wherever_they_turn_up() {
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    let result = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    let event = |data: &str| format!("data: {data}\n\n");
    let (own, other) = (secrets("1"), secrets("99"));
    let split = own.replacen("{\"name\":\"delete", "\ndata: {\"name\":\"delete", 1);
    // The events; what of them is an answer to a call with id 1.
    let table = [
        ("its own", event(&own), 1),
        ("over two lines", event(&split), 1),
        ("another's", event(&other) + &event(result), 1),
        ("before", event(progress) + &event(&own), 2),
        ("after", event(result) + &event(&own), 1),
        ("another's after", event(result) + &event(&other), 1),
        (
            "of another type",
            format!("event: other\ndata: {own}\n\n{}", event(result)),
            1,
        ),
        ("a comment", format!(": {own}\n\n{}", event(result)), 1),
    ];
    for (what, body, count) in table {
        let stand = Stand::new(stream([body]));
        for message in [
            call(1, "get_me", json!({})),
            modern(call(1, "get_me", json!({}))),
        ] {
            let answer = stand.ask(&message).await;
            assert!(!answer.body.contains("delete_repo"), "{what}: {answer:?}");
            assert_eq!(events(&answer.body).len(), count, "{what}: {answer:?}");
            assert_eq!(answer.message()["id"], 1, "{what}: {answer:?}");
            assert!(answer.message()["result"].is_object(), "{what}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_an_answer_is_given_one() {
    let stand = Stand::new(stream([": hi\n\n"]));
    let answer = stand.ask(&modern(list())).await;
    assert_eq!(answer.message()["id"], 1);
    assert_eq!(
        answer.message()["error"]["data"]["reason"],
        "upstream_invalid"
    );
    // Before 2026-07-28 a client may come back for the answer.
    assert_eq!(events(&stand.ask(&list()).await.body).len(), 0);
}

#[tokio::test]
async fn a_get_replays_nothing_that_is_hidden() {
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let body = format!(
        "id: 1\ndata: {changed}\n\nid: 2\ndata: {}\n\n",
        secrets("5")
    );
    let stand = Stand::new(stream([body]));
    let get = stand.client.get(stand.envoy.url("/mcp/triage"));
    let get = get.header("accept", "text/event-stream");
    let get = get
        .header(
            "mcp-session-id",
            stand.key.session(MANIFEST, "triage", "s1"),
        )
        .header(
            "last-event-id",
            stand.key.event(MANIFEST, "triage", ("s1", "0")),
        );
    let Piece { status, bytes, cut } = read(get).await;
    assert_eq!((status, cut), (StatusCode::OK, false), "{bytes}");
    assert!(!bytes.contains("delete_repo"), "{bytes}");
    let data = events(&bytes);
    assert_eq!(data[0], changed);
    let names = entries(&data[1], "tools");
    assert_eq!(names.len(), 1);
    for id in ["1", "2"] {
        let sealed = stand.key.event(MANIFEST, "triage", ("s1", id));
        assert!(bytes.contains(&format!("id: {sealed}\n")), "{bytes}");
    }
    let arrived = stand.upstream.arrived().pop().unwrap();
    assert_eq!(arrived.header("mcp-session-id"), Some("s1"));
    assert_eq!(arrived.header("last-event-id"), Some("0"));
}

#[tokio::test]
async fn an_event_at_its_limit() {
    const LIMIT: usize = 10_000;
    let manifest = format!("{MANIFEST}limits: {{max_sse_event_bytes: {LIMIT}}}\n");
    let sluice = sluice(&manifest).start().unwrap();
    let client = reqwest::Client::new();
    let empty = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [], "x": ""}}).to_string();
    for (length, passes) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false)] {
        let padding = length - empty.len() - "data: \n".len();
        let body = empty.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "y".repeat(padding)));
        let event = format!("data: {body}\n\n");
        for size in [1000, event.len()] {
            let upstream = Upstream::start(stream(event.as_bytes().chunks(size)));
            let envoy = envoy_to(&sluice, upstream.address());
            let message = call(1, "get_me", json!({}));
            let answer = Answer::of(post(&client, &envoy.url("/mcp/triage"), &message)).await;
            let said = answer.message();
            assert_eq!(said["id"], 1);
            assert_eq!(said["result"].is_object(), passes, "{length}: {said}");
            let reason = &said["error"]["data"]["reason"];
            assert_eq!(*reason == "event_too_large", !passes, "{length}: {said}");
        }
    }
}
