//! Good tokens that are not where tokens are read, and requests with several.

use serde_json::{Value, json};

use super::{Row, Stage};
use crate::edges::wire::{USUAL, post_with};
use crate::message::{call, legacy};

const NO_TOKEN: (u16, Option<&str>) = (401, None);
/// Envoy closes the connection without a word, since it is no HTTP, or too much of it.
const CLOSED: (u16, Option<&str>) = (0, None);
const INVALID: (u16, Option<&str>) = (401, Some("invalid_token"));

#[test]
fn tokens_that_are_in_the_wrong_place() {
    let stage = Stage::new();
    let good = stage.good().text();
    let lines = |name, lines: String, expected| Row::with(name, &lines, expected);
    let header = |name, value: String| lines(name, format!("authorization: {value}\r\n"), NO_TOKEN);
    let body = call(1, "get_me", json!({})).to_string();
    let request = |name, request, expected| Row {
        name,
        request,
        expected,
    };
    let form = format!("access_token={good}");
    let as_form = USUAL.replace(
        "application/json\r\naccept",
        "application/x-www-form-urlencoded\r\naccept",
    );
    let rows = [
        Row::with("none at all", "", NO_TOKEN),
        header("another scheme", "Basic YWxpY2U6c2VjcmV0".to_owned()),
        header("a good one under another scheme", format!("DPoP {good}")),
        header("a good one without a scheme", good.clone()),
        header("no space after the scheme", format!("Bearer{good}")),
        header("a colon after the scheme", format!("Bearer: {good}")),
        header("an empty header", String::new()),
        lines(
            "a scheme alone",
            "authorization: bearer\r\n".to_owned(),
            INVALID,
        ),
        lines(
            "two spaces after the scheme",
            format!("authorization: Bearer  {good}\r\n"),
            INVALID,
        ),
        lines(
            "in a cookie",
            format!("cookie: access_token={good}; authorization={good}\r\n"),
            NO_TOKEN,
        ),
        lines(
            "for a proxy",
            format!("proxy-authorization: Bearer {good}\r\n"),
            NO_TOKEN,
        ),
        lines(
            "in a header of proxies",
            format!("x-forwarded-access-token: {good}\r\n"),
            NO_TOKEN,
        ),
        lines(
            "in a header of Azure",
            format!("x-ms-token-aad-access-token: {good}\r\n"),
            NO_TOKEN,
        ),
        request(
            "in the query",
            post_with(&format!("/mcp/triage?access_token={good}"), USUAL, &body),
            NO_TOKEN,
        ),
        request(
            "in a form",
            post_with("/mcp/triage", &as_form, &form),
            NO_TOKEN,
        ),
        request(
            "in the message",
            post_with(
                "/mcp/triage",
                USUAL,
                &json!({"access_token": good}).to_string(),
            ),
            NO_TOKEN,
        ),
        request("in a trailer", in_a_trailer(&good, &body), NO_TOKEN),
    ];
    stage.assert_refused(&rows);
}

/// Whatever is asked for, a token is asked for first.
#[test]
fn requests_of_every_kind_without_a_token() {
    let stage = Stage::new();
    let expired = stage.good().claim("exp", 1).text();
    let head = |method: &str, more: &str| {
        let lines = USUAL.replace("application/json, ", "");
        format!("{method} /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}{more}\r\n")
    };
    let post = |message: Value| post_with("/mcp/triage", USUAL, &message.to_string());
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let session = "mcp-session-id: 7\r\n";
    let requests = [
        ("a call", post(call(1, "get_me", json!({})))),
        (
            "a call of what there is not",
            post(call(1, "delete_repo", json!({}))),
        ),
        ("a list", post(legacy(1, "tools/list", json!({})))),
        ("a beginning", post(legacy(1, "initialize", json!({})))),
        ("a ping", post(legacy(1, "ping", json!({})))),
        ("a notification", post(notification)),
        (
            "an answer",
            post(json!({"jsonrpc": "2.0", "id": 1, "result": {}})),
        ),
        ("a batch", post(json!([call(1, "get_me", json!({}))]))),
        ("what is no JSON", post_with("/mcp/triage", USUAL, "{")),
        ("a stream", head("GET", session)),
        (
            "a stream that goes on",
            head("GET", &format!("{session}last-event-id: 1\r\n")),
        ),
        ("the end of a session", head("DELETE", session)),
    ];
    let mut rows = Vec::new();
    for (name, request) in requests {
        let line = format!("\r\nauthorization: Bearer {expired}\r\n");
        let with_expired = request.replacen("\r\n", &line, 1);
        let expired = Row {
            name,
            request: with_expired,
            expected: INVALID,
        };
        rows.extend([
            Row {
                name,
                request,
                expected: NO_TOKEN,
            },
            expired,
        ]);
    }
    stage.assert_refused(&rows);
}

#[test]
fn requests_with_several_tokens_or_too_long_a_one() {
    let stage = Stage::new();
    let good = stage.good().text();
    let other = stage.place.issuer.token("bob").text();
    let two = |name, first: &str, second: &str| {
        let lines = format!("authorization: {first}\r\nauthorization: {second}\r\n");
        Row::with(name, &lines, INVALID)
    };
    let bearer = |token: &str| format!("Bearer {token}");
    let one =
        |name, value: String| Row::with(name, &format!("authorization: {value}\r\n"), INVALID);
    let long = |letters: usize| stage.good().claim("x", "x".repeat(letters)).text();
    let rows = [
        two("two headers", &bearer(&good), &bearer(&other)),
        two("the same twice", &bearer(&good), &bearer(&good)),
        two("a good one after a bad one", "Bearer x", &bearer(&good)),
        two("a good one before a bad one", &bearer(&good), "Bearer x"),
        two(
            "a good one before another scheme",
            &bearer(&good),
            "Basic eDp5",
        ),
        Row::with(
            "in another case",
            &format!("authorization: Bearer {good}\r\nAUTHORIZATION: Bearer {other}\r\n"),
            INVALID,
        ),
        one(
            "two in one, with a comma",
            format!("Bearer {good}, Bearer {other}"),
        ),
        one(
            "two in one, without a scheme",
            format!("Bearer {good},{other}"),
        ),
        one("two in one, with a space", format!("Bearer {good} {other}")),
        one("longer than 16 KiB", bearer(&long(16 << 10))),
        Row::with(
            "longer than headers may be",
            &format!("authorization: Bearer {}\r\n", "x".repeat(70 << 10)),
            CLOSED,
        ),
        Row::with(
            "a byte that no header has",
            "authorization: Bearer x\0\r\n",
            CLOSED,
        ),
    ];
    stage.assert_refused(&rows);
}

fn in_a_trailer(token: &str, body: &str) -> String {
    let head = format!("POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{USUAL}");
    let chunked = "trailer: authorization\r\ntransfer-encoding: chunked\r\n\r\n";
    let length = body.len();
    format!("{head}{chunked}{length:x}\r\n{body}\r\n0\r\nauthorization: Bearer {token}\r\n\r\n")
}
