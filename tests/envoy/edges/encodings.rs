//! Bodies in an encoding: nobody has looked into them, so they do not pass, in either direction.

use serde_json::{Value, json};

use super::wire::{USUAL, Wire, each, post_with, reached};
use crate::house::{House, MANIFEST, envoy_to, sluice};
use crate::message::{call, legacy};
use crate::upstream::{Upstream, plain};

/// A body as gzip writes what it can't make shorter (RFC 1951 §3.2.4, RFC 1952 §2.3).
fn gzip(body: &str) -> Vec<u8> {
    let crc = body.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    let length = u16::try_from(body.len()).unwrap();
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&(!length).to_le_bytes());
    bytes.extend_from_slice(body.as_bytes());
    bytes.extend_from_slice(&(!crc).to_le_bytes());
    bytes.extend_from_slice(&u32::from(length).to_le_bytes());
    bytes
}

#[test]
fn requests_in_an_encoding() {
    let house = House::stateless();
    // The lines; whether the body is compressed; the reason, empty if it passes.
    let table = [
        ("", false, ""),
        ("content-encoding: identity\r\n", false, ""),
        ("content-encoding: Identity\r\n", false, ""),
        ("accept-encoding: gzip, br\r\n", false, ""),
        ("", true, "malformed_json"),
        ("content-encoding: identity\r\n", true, "malformed_json"),
        ("content-encoding: gzip\r\n", true, "encoding"),
        ("Content-Encoding: GZIP\r\n", true, "encoding"),
        ("content-encoding: x-gzip\r\n", true, "encoding"),
        ("content-encoding: gzip, identity\r\n", true, "encoding"),
        ("content-encoding: identity, gzip\r\n", true, "encoding"),
        ("content-encoding: gzip\r\n", false, "encoding"),
        ("content-encoding: deflate\r\n", false, "encoding"),
        ("content-encoding: br\r\n", false, "encoding"),
        ("content-encoding: zstd\r\n", false, "encoding"),
        ("content-encoding: compress\r\n", false, "encoding"),
        ("content-encoding: foo\r\n", false, "encoding"),
        ("content-encoding: \r\n", false, "encoding"),
        (
            "content-encoding: identity\r\ncontent-encoding: identity\r\n",
            false,
            "encoding",
        ),
        (
            "content-encoding: identity\r\ncontent-encoding: gzip\r\n",
            true,
            "encoding",
        ),
    ];
    let message = call(1, "get_me", json!({})).to_string();
    let passed = table.iter().filter(|row| row.2.is_empty()).count() as u64;
    each(&table, |&(lines, compressed, reason)| {
        let body = match compressed {
            true => gzip(&message),
            false => message.clone().into_bytes(),
        };
        let length = body.len();
        let mut wire = Wire::open(house.envoy.address());
        wire.send(format!(
            "POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{USUAL}{lines}content-length: {length}\r\n\r\n"
        ));
        wire.send(body);
        let reply = wire.answer();
        let said = reply.as_ref().map(|reply| (reply.status, reply.reason()));
        let expected = match reason {
            "encoding" => (415, "unsupported_content_encoding".to_owned()),
            "" => (200, String::new()),
            reason => (400, reason.to_owned()),
        };
        (said != Some(expected)).then(|| format!("{lines:?}, {compressed}: {reply:?}"))
    });
    assert_eq!((house.executed(), reached(&house)), (passed, passed));
}

/// An upstream is told to send its answer as it is, whatever the client takes. One that does not
/// is not heard.
#[test]
fn answers_in_an_encoding() {
    let list = json!({"tools": [{"name": "get_me", "inputSchema": {}}, {"name": "delete_repo", "inputSchema": {}}]});
    let answer = move |id: &Value| json!({"jsonrpc": "2.0", "id": id, "result": list}).to_string();
    // The status; the lines; whether the body is compressed; whether it passes.
    let table: Vec<(&str, &str, bool, bool)> = vec![
        ("200 OK", "", false, true),
        ("200 OK", "content-encoding: identity", false, true),
        ("200 OK", "content-encoding: gzip", true, false),
        ("200 OK", "content-encoding: GZIP", true, false),
        ("200 OK", "content-encoding: x-gzip", true, false),
        ("200 OK", "content-encoding: gzip, identity", true, false),
        ("200 OK", "content-encoding: gzip", false, false),
        ("200 OK", "content-encoding: deflate", false, false),
        ("200 OK", "content-encoding: br", false, false),
        ("200 OK", "content-encoding: zstd", false, false),
        ("200 OK", "content-encoding: foo", false, false),
        ("200 OK", "", true, false),
        ("400 Bad Request", "content-encoding: gzip", true, false),
        ("500 Oh", "content-encoding: gzip", true, false),
    ];
    let rows = table.clone();
    let upstream = Upstream::answering(move |arrived| {
        let request: Value = serde_json::from_str(&arrived.body).unwrap();
        let id = &request["id"];
        let row = usize::try_from(id.as_u64().unwrap()).unwrap();
        let (status, lines, compressed, _) = rows[row / 2];
        let (kind, body) = match row % 2 {
            0 => ("application/json", answer(id)),
            _ => ("text/event-stream", format!("data: {}\n\n", answer(id))),
        };
        let body = match compressed {
            true => gzip(&body),
            false => body.into_bytes(),
        };
        let lines = match lines {
            "" => String::new(),
            lines => format!("\r\n{lines}"),
        };
        plain(&format!("{status}\r\ncontent-type: {kind}{lines}"), body)
    });
    let sluice = sluice(MANIFEST).start().unwrap();
    let envoy = envoy_to(&sluice, upstream.address());
    for (row, (status, lines, compressed, passes)) in (0..).zip(table) {
        for id in [2 * row, 2 * row + 1] {
            let message = legacy(id, "tools/list", json!({})).to_string();
            let accept = format!("{USUAL}accept-encoding: gzip, deflate, br, zstd\r\n");
            let mut wire = Wire::open(envoy.address());
            wire.send(post_with("/mcp/triage", &accept, &message));
            let reply = wire.answer().unwrap();
            if compressed && lines.is_empty() && id % 2 == 1 {
                // A stream without an event: before 2026-07-28 a client may come back for it.
                assert_eq!((reply.status, reply.body.as_str()), (200, ""));
                continue;
            }
            let said = reply.message();
            let what = format!("{status} {lines} {compressed}: {reply:?}");
            assert_eq!(said["id"], id, "{what}");
            assert_eq!(said["result"].is_object(), passes, "{what}");
            assert_eq!(said["error"]["code"] == -32603, !passes, "{what}");
            assert!(!format!("{reply:?}").contains("delete_repo"), "{what}");
            assert_eq!(reply.header("content-encoding"), None, "{what}");
        }
    }
    for arrived in upstream.arrived() {
        assert_eq!(arrived.header("accept-encoding"), Some("identity"));
    }
}
