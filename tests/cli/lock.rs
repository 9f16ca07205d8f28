//! `sluice lock`: servers of both kinds, and what has changed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::{show, sluice};

/// An answer: the status, a header more, and the body.
type Answer = (u16, String, String);

/// Serves these answers to the messages of clients, one connection each, and tells its URL.
fn serve(answer: impl Fn(&str) -> Answer + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&mut stream);
            let (status, header, body) = answer(&request);
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{header}\r\nconnection: close\r\n");
            let text = format!("{head}content-length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    url
}

/// The head and the body of a request.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).unwrap();
        text.push_str(std::str::from_utf8(piece.get(..read).unwrap()).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if read == 0 || body.len() >= length.unwrap_or("0").parse().unwrap() {
            return text;
        }
    }
}

fn json(body: &str) -> Answer {
    (
        200,
        "content-type: application/json".to_owned(),
        body.to_owned(),
    )
}

/// A server of 2026-07-28 that lists two pages.
fn modern(description: &'static str) -> String {
    serve(move |request| {
        assert!(request.contains("mcp-method: tools/list"), "{request}");
        assert!(request.contains("x-key: k"), "{request}");
        let id = if request.contains(r#""id":1"#) { 1 } else { 2 };
        let (tools, cursor) = match request.contains(r#""cursor":"next""#) {
            false => (
                format!(r#"{{"name":"a","description":"{description}"}}"#),
                r#","nextCursor":"next""#,
            ),
            true => (r#"{"name":"b"}"#.to_owned(), ""),
        };
        json(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{tools}]{cursor}}}}}"#
        ))
    })
}

/// A server of before, that wants a handshake and answers by events.
fn legacy() -> String {
    serve(|request| {
        let is_known = request.contains("mcp-session-id: s1");
        let event = |body: &str| {
            let header = "content-type: text/event-stream\r\nmcp-session-id: s1".to_owned();
            (200, header, format!(": hello\n\ndata: {body}\n\n"))
        };
        if request.contains(r#""method":"initialize""#) {
            return event(r#"{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-06-18"}}"#);
        }
        if !is_known {
            return (
                400,
                "content-type: text/plain".to_owned(),
                "no session".to_owned(),
            );
        }
        if request.contains("notifications/initialized") {
            return (202, "x-y: z".to_owned(), String::new());
        }
        assert!(
            request.contains("mcp-protocol-version: 2025-06-18"),
            "{request}"
        );
        event(r#"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"a","description":"A"}]}}"#)
    })
}

#[test]
fn a_definition_that_has_changed_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let lock = |url: &str, more: &[&str]| {
        let arguments = ["lock", url, "--header", "x-key: k", "-o", "tools.lock.json"];
        show(&sluice(directory.path(), &[&arguments[..], more].concat()))
    };
    let made = lock(&modern("A"), &[]);
    assert_eq!(
        made,
        "exit code: 0\n--- stdout\ntools.lock.json: 2 tools\n--- stderr\n"
    );
    let file = fs::read_to_string(directory.path().join("tools.lock.json")).unwrap();
    assert!(file.contains(r#""description""#), "{file}");
    let same = lock(&modern("A"), &["--check"]);
    assert_eq!(same, "exit code: 0\n--- stdout\n--- stderr\n");
    let changed = lock(&modern("Another"), &["--check"]);
    assert_eq!(
        changed,
        "exit code: 1\n--- stdout\n~ a: description changed\n--- stderr\n"
    );
    let gone = lock(&legacy(), &["--check"]);
    assert_eq!(
        gone, "exit code: 1\n--- stdout\n- b: is gone\n--- stderr\n",
        "the same of a server of before"
    );
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("http://{}/mcp", {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    });
    let told = show(&sluice(directory.path(), &["lock", &url]));
    assert_eq!(
        told,
        format!("exit code: 2\n--- stdout\n--- stderr\nsluice: {url}: no connection\n")
    );
}
