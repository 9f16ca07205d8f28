//! Whose answer it is, and in how many pieces it comes.

use std::sync::Arc;

use super::fake::{Asked, Wire, chunks, plain};
use super::row::{EVENTS, End, JSON, LAST, Row, events, fill, row};

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = ids();
    rows.extend(pieces());
    rows.extend(resumed());
    rows
}

/// Ids of answers.
fn ids() -> Vec<Row> {
    use End::{Error, Filtered, Nothing};
    let mut rows = Vec::new();
    let with = |id: &'static str| {
        move |asked: &Asked| match id {
            "string" => asked.other(&format!("\"{}\"", asked.id.trim_matches('"'))),
            "fraction" => asked.other(&format!("{}.0", asked.id.trim_matches('"'))),
            "exponent" => asked.other(&format!("{}e0", asked.id.trim_matches('"'))),
            "spaces" => asked.other(&format!("\" {} \"", asked.id.trim_matches('"'))),
            "absent" => asked
                .all()
                .replacen(&format!("\"id\":{},", asked.id), "", 1),
            "twice" => asked.other(&format!("{},\"id\":\"another\"", asked.id)),
            "twice, its own last" => asked.other(&format!("\"another\",\"id\":{}", asked.id)),
            "in capitals" => asked.all().replacen("\"id\"", "\"ID\"", 1),
            other => asked.other(other),
        }
    };
    // What kind of id, what JSON ends in, what a stream ends in.
    let table = [
        ("string", Filtered, Filtered),
        ("fraction", Error, Error),
        ("exponent", Error, Error),
        ("spaces", Error, Nothing),
        ("\"another\"", Error, Nothing),
        ("4711", Error, Nothing),
        ("-1", Error, Nothing),
        ("null", Error, Error),
        ("true", Error, Error),
        ("{}", Error, Error),
        ("absent", Error, Error),
        ("twice", Error, Error),
        ("twice, its own last", Error, Error),
        ("in capitals", Error, Error),
    ];
    for (id, in_json, in_events) in table {
        rows.push(row(format!("an id: {id}"), in_json, move |asked| {
            plain(JSON, with(id)(asked))
        }));
        rows.push(row(
            format!("an id in an event: {id}"),
            in_events,
            move |asked| {
                chunks(
                    EVENTS,
                    [format!("data: {}\n\n", with(id)(asked)).as_bytes()],
                    LAST,
                )
            },
        ));
    }
    rows
}

/// Answers in pieces, and such that break off.
fn pieces() -> Vec<Row> {
    use End::{Any, Error, Filtered, Nothing, Unreachable};
    let event = |asked: &Asked| format!("id: 7\r\nevent: message\r\ndata: {}\r\n\r\n", asked.all());
    let cut = |text: String, less: usize| text.as_bytes()[..text.len() - less].to_vec();
    vec![
        row("each byte by itself", Filtered, move |asked| {
            chunks(EVENTS, event(asked).as_bytes().chunks(1), LAST)
        }),
        row("seven bytes at a time", Filtered, move |asked| {
            chunks(EVENTS, event(asked).as_bytes().chunks(7), LAST)
        }),
        row("JSON, each byte by itself", Filtered, |asked| {
            chunks(JSON, asked.all().as_bytes().chunks(1), LAST)
        }),
        row("JSON with a length, in two pieces", Filtered, |asked| {
            let mut wire = plain(JSON, asked.all());
            let whole = wire.pieces.remove(0);
            let (first, second) = whole.split_at(whole.len() / 2);
            wire.pieces = vec![first.to_vec(), second.to_vec()];
            wire
        }),
        row("until the connection closes", Filtered, |asked| Wire {
            pieces: vec![
                format!(
                    "HTTP/1.1 {JSON}\r\nconnection: close\r\n\r\n{}",
                    asked.all()
                )
                .into_bytes(),
            ],
        }),
        row("events until the connection closes", Filtered, |asked| {
            Wire {
                pieces: vec![
                    format!(
                        "HTTP/1.1 {EVENTS}\r\nconnection: close\r\n\r\ndata: {}\n\n",
                        asked.all()
                    )
                    .into_bytes(),
                ],
            }
        }),
        row("cut off in an event", Any, move |asked| {
            let most = cut(event(asked), 20);
            chunks(EVENTS, [most.as_slice()], "")
        }),
        row("cut off behind an event", Any, move |asked| {
            chunks(EVENTS, [event(asked).as_bytes()], "")
        }),
        row("ended in an event", Nothing, move |asked| {
            let most = cut(event(asked), 20);
            chunks(EVENTS, [most.as_slice()], LAST)
        }),
        row("cut off in JSON", Any, move |asked| {
            let most = cut(asked.all(), 20);
            chunks(JSON, [most.as_slice()], "")
        }),
        row("ended in JSON", Error, move |asked| {
            plain(JSON, cut(asked.all(), 1))
        }),
        row("cut off behind JSON", Any, |asked| {
            chunks(JSON, [asked.all().as_bytes()], "")
        }),
        row("shorter than said", Any, |asked| Wire {
            pieces: vec![
                format!(
                    "HTTP/1.1 {JSON}\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n{}",
                    asked.all()
                )
                .into_bytes(),
            ],
        }),
        row("longer than said", Error, |asked| {
            let all = asked.all();
            Wire {
                pieces: vec![
                    format!(
                        "HTTP/1.1 {JSON}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{all}",
                        all.len() - 5
                    )
                    .into_bytes(),
                ],
            }
        }),
        row("closed at once", Unreachable, |_| Wire {
            pieces: Vec::new(),
        }),
        row("closed in the head", Unreachable, |_| Wire {
            pieces: vec![b"HTTP/1.1 200 OK\r\nx: HIDDEN-7f3a9c\r\n".to_vec()],
        }),
    ]
}

/// Streams that a client resumes, before 2026-07-28.
fn resumed() -> Vec<Row> {
    let resumed = |what: &str, text: &'static str| {
        let mut row = events(what, End::Any, "id: 1\nretry: 1\ndata:\n\n");
        row.framing.resumed = Some(Arc::new(move |asked: &Asked| {
            let text = fill(asked, text);
            chunks(EVENTS, [text.as_bytes()], LAST)
        }));
        row
    };
    vec![
        resumed("resumed", "id: 2\ndata: @all\n\n"),
        resumed("resumed, under another id", "id: 2\ndata: @other\n\n"),
        resumed(
            "resumed, with more before",
            "id: 2\ndata: @news\n\nid: 3\ndata: @all\n\n",
        ),
        resumed("resumed, in an array", "id: 2\ndata: [@all]\n\n"),
    ]
}
