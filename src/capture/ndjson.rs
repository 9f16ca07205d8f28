//! Exchanges as recorders of MCP write them: a JSON-RPC message a line, each with `_meta` that says which
//! way it went (`send` to the server, `recv` from it), through which server, and when.

use serde_json::{Value, json};

use super::entry::{Entry, Piece};
use crate::mcp::sse;

/// The messages of an exchange, as the client saw them.
#[must_use]
pub fn ndjson(entry: &Entry) -> Vec<String> {
    let at = |since: u64| (entry.summary.at_us + since) / 1000;
    let sent = entry.request.received.iter();
    let sent = sent.flat_map(|text| lines(text, "send", at(0), &entry.summary.server));
    let pieces = entry.response.iter().flat_map(|response| {
        let is_stream = response.content_type.starts_with("text/event-stream");
        response.sent.iter().flat_map(move |piece| {
            match is_stream {
                true => events(piece),
                false => vec![piece.text.clone()],
            }
            .into_iter()
            .map(|text| (piece.at_us, text))
        })
    });
    let received =
        pieces.flat_map(|(since, text)| lines(&text, "recv", at(since), &entry.summary.server));
    sent.chain(received).collect()
}

/// The messages in a text: one, or those of a batch.
fn lines(text: &str, direction: &str, at: u64, server: &str) -> Vec<String> {
    let messages = match serde_json::from_str(text) {
        Ok(Value::Array(messages)) => messages,
        Ok(message) => vec![message],
        Err(_) => Vec::new(),
    };
    let line = |mut message: Value| {
        let about = json!({"dir": direction, "server": server, "ts": at});
        message.as_object_mut()?.insert("_meta".to_owned(), about);
        Some(message.to_string())
    };
    messages.into_iter().filter_map(line).collect()
}

/// The data of the events in a piece of a stream.
fn events(piece: &Piece) -> Vec<String> {
    let mut decoder = sse::Decoder::new(usize::MAX);
    let mut items = Vec::new();
    if decoder.push(piece.text.as_bytes(), &mut items).is_err()
        || decoder.finish(&mut items).is_err()
    {
        return Vec::new();
    }
    let data = |item| match item {
        sse::Item::Event(event) => String::from_utf8(event.data?).ok(),
        sse::Item::Comment => None,
    };
    items.into_iter().filter_map(data).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::entry::{Request, Response, Summary};

    #[test]
    fn messages_of_both_ways_are_lines() {
        let piece = |at_us, text: &str| Piece {
            at_us,
            text: text.to_owned(),
        };
        let entry = Entry {
            summary: Summary {
                at_us: 5_000_000,
                server: "s".to_owned(),
                ..Summary::default()
            },
            request: Request {
                received: Some(r#"[{"id":1},{"id":2}]"#.to_owned()),
                ..Request::default()
            },
            response: Some(Response {
                content_type: "text/event-stream".to_owned(),
                sent: vec![
                    piece(1000, "id: 7\ndata: {\"id\":1}\n\n: x\n\n"),
                    piece(2000, "data: {\"id\":2}\n\ndata: no\n\n"),
                ],
                ..Response::default()
            }),
            ..Entry::default()
        };
        let expected = [
            r#"{"_meta":{"dir":"send","server":"s","ts":5000},"id":1}"#,
            r#"{"_meta":{"dir":"send","server":"s","ts":5000},"id":2}"#,
            r#"{"_meta":{"dir":"recv","server":"s","ts":5001},"id":1}"#,
            r#"{"_meta":{"dir":"recv","server":"s","ts":5002},"id":2}"#,
        ];
        let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let lines: Vec<Value> = ndjson(&entry).iter().map(|line| parse(line)).collect();
        assert_eq!(lines, expected.map(parse));
    }
}
