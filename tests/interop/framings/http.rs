//! What HTTP says about an answer, and puts around it.

use super::fake::{Wire, chunks, plain};
use super::row::{EVENTS, End, JSON, Row, row};
use crate::requests::encodings::{brotli, deflate, gzip};

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = types();
    rows.extend(codings());
    rows.extend(statuses());
    rows.extend(http());
    rows
}

/// What the body is said to be.
fn types() -> Vec<Row> {
    use End::{Error, Filtered};
    // The type, and what comes of it if it is JSON and if it is a stream.
    let table = [
        ("content-type: APPLICATION/JSON\r\n", Filtered, Error),
        (
            "content-type: application/json; charset=utf-8\r\n",
            Filtered,
            Error,
        ),
        (
            "content-type: application/json;charset=\"UTF-8\"\r\n",
            Filtered,
            Error,
        ),
        (
            "content-type: application/json; charset=utf-16\r\n",
            Error,
            Error,
        ),
        (
            "content-type: application/json; charset=iso-8859-1\r\n",
            Error,
            Error,
        ),
        ("content-type: application/json; x=y\r\n", Error, Error),
        ("content-type: application/json-rpc\r\n", Error, Error),
        ("content-type: application/jsonx\r\n", Error, Error),
        ("content-type: application/problem+json\r\n", Error, Error),
        (
            "content-type: application/json, text/event-stream\r\n",
            Error,
            Error,
        ),
        (
            "content-type: application/json\r\ncontent-type: text/event-stream\r\n",
            Error,
            Error,
        ),
        (
            "content-type: text/event-stream\r\ncontent-type: application/json\r\n",
            Error,
            Error,
        ),
        ("content-type: text/plain\r\n", Error, Error),
        ("content-type: text/html\r\n", Error, Error),
        ("content-type: \r\n", Error, Error),
        ("", Error, Error),
        ("content-type: TEXT/EVENT-STREAM\r\n", Error, Filtered),
        (
            "content-type: text/event-stream; charset=utf-8\r\n",
            Error,
            Filtered,
        ),
        (
            "content-type: text/event-stream;charset=utf-16\r\n",
            Error,
            Error,
        ),
        ("content-type: text/event-streamx\r\n", Error, Error),
        ("content-type: xtext/event-stream\r\n", Error, Error),
    ];
    let mut rows = Vec::new();
    for (line, in_json, in_events) in table {
        let head = format!("200 OK\r\n{line}x-a: b");
        let is_stream = line.to_lowercase().contains("stream");
        let said = line.trim().replace("\r\n", " and ");
        let stream = head.clone();
        if !is_stream || line.contains("json") {
            rows.push(row(format!("JSON of {said:?}"), in_json, move |asked| {
                plain(&head, asked.all())
            }));
        }
        if is_stream {
            rows.push(row(
                format!("events of {said:?}"),
                in_events,
                move |asked| plain(&stream, format!("data: {}\n\n", asked.all())),
            ));
        }
    }
    rows.push(row("JSON said to be events", End::Nothing, |asked| {
        plain(EVENTS, asked.all())
    }));
    rows
}

/// Encoded bodies.
fn codings() -> Vec<Row> {
    let coded = |name: &'static str, code: fn(&[u8]) -> Vec<u8>| {
        row(format!("coded as {name}"), End::Error, move |asked| {
            plain(
                &format!("{JSON}\r\ncontent-encoding: {name}"),
                code(asked.all().as_bytes()),
            )
        })
    };
    vec![
        coded("gzip", gzip),
        coded("x-gzip", gzip),
        coded("deflate", deflate),
        coded("br", brotli),
        coded("foo", <[u8]>::to_vec),
        row("events coded as gzip", End::Error, |asked| {
            let text = format!("data: {}\n\n", asked.all());
            plain(
                &format!("{EVENTS}\r\ncontent-encoding: gzip"),
                gzip(text.as_bytes()),
            )
        }),
        row("coded as identity", End::Filtered, |asked| {
            plain(
                &format!("{JSON}\r\ncontent-encoding: identity"),
                asked.all(),
            )
        }),
        row("coded as identity and gzip", End::Error, |asked| {
            plain(
                &format!("{JSON}\r\ncontent-encoding: identity\r\ncontent-encoding: gzip"),
                gzip(asked.all().as_bytes()),
            )
        }),
    ]
}

/// Other statuses than 200.
fn statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    let statuses = [
        "201 Created",
        "202 Accepted",
        "203 Non-Authoritative Information",
        "204 No Content",
        "205 Reset Content",
        "206 Partial Content",
        "226 IM Used",
        "299 HIDDEN-7f3a9c",
        "300 Multiple Choices",
        "304 Not Modified",
        "400 Bad Request",
        "401 Unauthorized",
        "402 Payment Required",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "406 Not Acceptable",
        "409 Conflict",
        "410 Gone",
        "415 Unsupported Media Type",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "599 HIDDEN-7f3a9c",
    ];
    for status in statuses {
        let head = format!("{status}\r\ncontent-type: application/json");
        // A length has no business there, which Envoy minds.
        let end = match status.starts_with("204") {
            true => End::Unreachable,
            false => End::Error,
        };
        rows.push(row(format!("{status} with JSON"), end, move |asked| {
            plain(&head, asked.all())
        }));
    }
    for status in [
        "202 Accepted",
        "206 Partial Content",
        "400 Bad Request",
        "500 Internal Server Error",
    ] {
        let head = format!("{status}\r\ncontent-type: text/event-stream");
        rows.push(row(
            format!("{status} with events"),
            End::Error,
            move |asked| plain(&head, format!("data: {}\n\n", asked.all())),
        ));
    }
    for status in [
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "500 Internal Server Error",
    ] {
        let head = format!(
            "{status}\r\ncontent-type: text/plain\r\nwww-authenticate: Bearer realm=\"HIDDEN-7f3a9c\""
        );
        rows.push(row(format!("{status} with words"), End::Error, move |_| {
            plain(&head, "HIDDEN-7f3a9c")
        }));
    }
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let head = format!(
            "{status}\r\ncontent-type: application/json\r\nlocation: http://127.0.0.1:1/HIDDEN-7f3a9c"
        );
        rows.push(row(
            format!("{status} with JSON"),
            End::Error,
            move |asked| plain(&head, asked.all()),
        ));
    }
    rows
}

/// Other things of HTTP.
fn http() -> Vec<Row> {
    use End::{Filtered, Unreachable};
    let raw = |what: &str, end, head: &'static str| {
        row(what, end, move |asked| {
            let all = asked.all();
            let head = head.replace("@length", &all.len().to_string());
            Wire {
                pieces: vec![format!("{head}\r\n\r\n{all}").into_bytes()],
            }
        })
    };
    vec![
        row("trailers", Filtered, |asked| {
            chunks(
                JSON,
                [asked.all().as_bytes()],
                "0\r\nx-tools: HIDDEN-7f3a9c\r\ncontent-type: text/plain\r\n\r\n",
            )
        }),
        row("trailers after events", Filtered, |asked| {
            chunks(
                EVENTS,
                [format!("data: {}\n\n", asked.all()).as_bytes()],
                "0\r\nx-tools: HIDDEN-7f3a9c\r\n\r\n",
            )
        }),
        row("a chunk with an extension", Filtered, |asked| {
            let all = asked.all();
            Wire { pieces: vec![format!("HTTP/1.1 {JSON}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{:x};HIDDEN-7f3a9c\r\n{all}\r\n0\r\n\r\n", all.len()).into_bytes()] }
        }),
        row("words behind a chunk", Filtered, |asked| {
            let safe = asked.safe();
            Wire { pieces: vec![format!("HTTP/1.1 {JSON}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{:x}\r\n{safe}HIDDEN-7f3a9c\r\n0\r\n\r\n", safe.len()).into_bytes()] }
        }),
        raw(
            "a word for the status",
            Filtered,
            "HTTP/1.1 200 HIDDEN-7f3a9c\r\ncontent-type: application/json\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "early hints",
            Filtered,
            "HTTP/1.1 103 Early Hints\r\nlink: </HIDDEN-7f3a9c>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "continue",
            Filtered,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "headers that lead away",
            Filtered,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlink: </HIDDEN-7f3a9c>\r\nset-cookie: a=HIDDEN-7f3a9c\r\nlocation: /HIDDEN-7f3a9c\r\nrefresh: 0; url=/HIDDEN-7f3a9c\r\ncontent-location: /HIDDEN-7f3a9c\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "a length and chunks",
            Unreachable,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "two lengths",
            Unreachable,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ncontent-length: @length\r\nconnection: close",
        ),
        raw(
            "a length that is none",
            Unreachable,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: x@length\r\nconnection: close",
        ),
        raw(
            "HTTP/1.0",
            Filtered,
            "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\ncontent-length: @length",
        ),
        raw("no HTTP", Unreachable, "SSH-2.0-HIDDEN-7f3a9c"),
        row("two answers", Filtered, |asked| {
            let (safe, all) = (asked.safe(), asked.all());
            let head = |body: &str| {
                format!(
                    "HTTP/1.1 {JSON}\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            Wire {
                pieces: vec![format!("{}{}", head(&safe), head(&all)).into_bytes()],
            }
        }),
    ]
}
