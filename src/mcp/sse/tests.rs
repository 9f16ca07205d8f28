//! Streams as servers write them, in one piece and in all others.

use proptest::prelude::*;

use super::*;

const MAX: usize = 1000;

fn decode_chunks<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    max: usize,
) -> (Vec<Item>, Result<(), TooLarge>) {
    let mut decoder = Decoder::new(max);
    let mut items = Vec::new();
    for chunk in chunks {
        if decoder.push(chunk, &mut items).is_err() {
            assert_eq!(decoder.push(b"data: x\n\n", &mut items), Err(TooLarge));
            assert_eq!(decoder.finish(&mut items), Err(TooLarge));
            return (items, Err(TooLarge));
        }
    }
    let result = decoder.finish(&mut items);
    (items, result)
}

/// The items in a form that tests can write, from the stream in one piece and byte by byte.
fn decode(stream: &[u8]) -> Vec<String> {
    let (items, result) = decode_chunks([stream], MAX);
    assert_eq!(result, Ok(()));
    assert_eq!(
        decode_chunks(stream.chunks(1), MAX),
        (items.clone(), Ok(()))
    );
    items.iter().map(describe).collect()
}

fn describe(item: &Item) -> String {
    let Item::Event(event) = item else {
        return "comment".to_owned();
    };
    let data = event
        .data
        .as_ref()
        .map(|data| data.escape_ascii().to_string());
    let fields = [
        ("event", event.event.clone()),
        ("id", event.id.clone()),
        ("retry", event.retry.clone()),
        ("data", data),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    fields.collect::<Vec<_>>().join("|")
}

#[test]
fn streams_are_read_as_the_standard_says() {
    let rows: &[(&[u8], &[&str])] = &[
        // Ends of lines.
        (b"data: a\n\ndata: b\n\n", &["data=a", "data=b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", &["data=a", "data=b"]),
        (b"data: a\r\rdata: b\r\r", &["data=a", "data=b"]),
        (b"data: a\r\n\rdata: b\n\r\n", &["data=a", "data=b"]),
        (b"data: a\r\ndata: b\rdata: c\n\n", &[r"data=a\nb\nc"]),
        (b"\n\n\r\n\rdata: a\n\n\n\n", &["data=a"]),
        // The colon and the space.
        (b"data:a\n\n", &["data=a"]),
        (b"data:  a\n\n", &["data= a"]),
        (b"data:\ta\n\n", &[r"data=\ta"]),
        (b"data: a:b: c\n\n", &["data=a:b: c"]),
        (b"data\n\n", &["data="]),
        (b"data:\n\n", &["data="]),
        (b"data\ndata\n\n", &[r"data=\n"]),
        (b"data: {\ndata: }\n\n", &[r"data={\n}"]),
        // Names.
        (b"DATA: a\n\n", &[]),
        (b"data : a\n\n", &[]),
        (b" data: a\n\n", &[]),
        (b"datax: a\nfoo\n\n", &[]),
        (b"foo: a\ndata: b\n\n", &["data=b"]),
        // Byte order marks.
        (b"\xef\xbb\xbfdata: a\n\n", &["data=a"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", &[]),
        (b"\xef\xbb\xbf\n\ndata: a\n\n", &["data=a"]),
        (b"\n\xef\xbb\xbfdata: a\n\n", &[]),
        (b"data: \xef\xbb\xbfa\n\n", &[r"data=\xef\xbb\xbfa"]),
        // The end of the stream.
        (b"data: a\n", &["data=a"]),
        (b"data: a", &["data=a"]),
        (b"data: a\r", &["data=a"]),
        (b"data: a\n\ndata: b", &["data=a", "data=b"]),
        (b"data: a\n:", &["comment", "data=a"]),
        (b"data: a\nid", &["id=|data=a"]),
        (b"", &[]),
        (b"\xef\xbb\xbf", &[]),
        // Types.
        (
            b"event: foo\ndata: a\n\ndata: b\n\n",
            &["event=foo|data=a", "data=b"],
        ),
        (b"event\ndata: a\n\n", &["data=a"]),
        (
            b"event: foo\nevent: message\ndata: a\n\n",
            &["event=message|data=a"],
        ),
        (b"event: foo\nevent:\ndata: a\n\n", &["data=a"]),
        (b"event: foo\n\n", &["event=foo"]),
        (b"event:\n\n", &[]),
        (b"event: \xff\ndata: a\n\n", &["event=\u{fffd}|data=a"]),
        // Ids and times.
        (b"id: 7\ndata:\n\n", &["id=7|data="]),
        (b"id: 7\nretry: 10\n\n", &["id=7|retry=10"]),
        (b"id\ndata: a\n\n", &["id=|data=a"]),
        (b"id: 7\nid: 8\ndata: a\n\n", &["id=8|data=a"]),
        (b"id: 7\nid: \0\ndata: a\n\n", &["id=7|data=a"]),
        (b"retry: 0010\n\n", &["retry=0010"]),
        (
            b"retry: 1.5\nretry: -1\nretry: +1\nretry:\nretry:  1\nretry: \xd9\xa1\n\n",
            &[],
        ),
        (b"retry: 9999999999999999999\n\n", &[]),
        // Comments.
        (b": ping\n\n", &["comment"]),
        (b":\n:\n", &["comment"]),
        (
            b":\ndata: a\n\n:\n\n: b\n",
            &["comment", "data=a", "comment"],
        ),
        (b"data: a\n: ping\ndata: b\n\n", &["comment", r"data=a\nb"]),
        (b"\xef\xbb\xbf: ping\n\n", &["comment"]),
        // UTF-8 is not for this reader to judge.
        (
            "data: \u{2028}é😀\n\n".as_bytes(),
            &[r"data=\xe2\x80\xa8\xc3\xa9\xf0\x9f\x98\x80"],
        ),
        (b"data: \xff\0\n\n", &[r"data=\xff\x00"]),
    ];
    for (stream, expected) in rows {
        assert_eq!(decode(stream), *expected, "{}", stream.escape_ascii());
    }
}

#[test]
fn nothing_waits_that_is_complete() {
    let mut decoder = Decoder::new(MAX);
    let mut items = Vec::new();
    for (chunk, complete) in [
        ("data: a\r", 0),
        ("\r", 1),
        ("\n", 1),
        (": x\r", 2),
        ("\n", 2),
        ("data: b\n\n", 3),
    ] {
        decoder.push(chunk.as_bytes(), &mut items).unwrap();
        assert_eq!(items.len(), complete, "after {chunk:?}");
    }
}

#[test]
fn comments_in_a_row_are_one_item() {
    let mut decoder = Decoder::new(MAX);
    let mut items = Vec::new();
    for line in [":\n", ": ping\n\n"] {
        decoder
            .push(line.repeat(100_000).as_bytes(), &mut items)
            .unwrap();
    }
    assert_eq!(items.len(), 1);
}

#[test]
fn the_limit_is_exact_and_holds_for_all_lines() {
    // The stream, and how much it takes at least.
    for (stream, bytes) in [
        ("data: abc\n\n", 10),
        ("data: abc\r\n\r\n", 10),
        ("data: abc", 9),
        ("data: a\ndata: b\n\n", 16),
        ("data: abc\n\ndata: abc\n\n", 10),
        (": abcdefg\n", 10),
        (": a\n: a\n: a\n: a\n", 4),
        ("unknown: a\nunknown: b\n", 11),
        ("data\ndata\ndata\n\n", 15),
        ("id: 1\nid: 2\n\n", 12),
        ("data: a\n: abcdef\n\n", 17),
    ] {
        for chunk in 1..=stream.len() {
            let decode = |max| decode_chunks(stream.as_bytes().chunks(chunk), max).1;
            assert_eq!(decode(bytes), Ok(()), "{stream:?} within {bytes}");
            assert_eq!(
                decode(bytes - 1),
                Err(TooLarge),
                "{stream:?} within {}",
                bytes - 1
            );
        }
    }
    let mut decoder = Decoder::new(MAX);
    let mut items = Vec::new();
    assert_eq!(decoder.push(&[b'x'; MAX], &mut items), Ok(()));
    assert_eq!(decoder.push(b"x", &mut items), Err(TooLarge));
    assert_eq!(decoder.push(b"\n", &mut items), Err(TooLarge));
    assert_eq!(decoder.push(b"", &mut items), Err(TooLarge));
}

#[test]
fn events_are_written_in_one_form() {
    let write = |event: Event| {
        let mut out = Vec::new();
        event.write(&mut out);
        String::from_utf8(out).unwrap()
    };
    let some = |text: &str| Some(text.to_owned());
    let all = Event {
        event: some("message"),
        data: Some(b"{\r\n\"a\":\r1\n}".to_vec()),
        id: some("7"),
        retry: some("10"),
    };
    let expected = "event: message\nid: 7\nretry: 10\ndata: {\ndata: \"a\":\ndata: 1\ndata: }\n\n";
    assert_eq!(write(all), expected);
    let priming = Event {
        data: Some(Vec::new()),
        id: some(""),
        ..Event::default()
    };
    assert_eq!(write(priming), "id: \ndata: \n\n");

    // What some client would take for the end of a line.
    for separator in [
        "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}",
    ] {
        let hostile = format!("1{separator}{separator}data: 2");
        let event = Event {
            event: some(&hostile),
            data: Some(format!("\"é{hostile}€\"").into_bytes()),
            id: some(&hostile),
            retry: None,
        };
        let escape = format!("\\u{:04x}", u32::from(separator.chars().next().unwrap()));
        let data = format!("data: \"é1{escape}{escape}data: 2€\"\n\n");
        assert_eq!(
            write(event),
            format!("event: 1\u{fffd}\u{fffd}data: 2\n{data}")
        );
    }
    for hostile in ["1\ndata: 2", "1\rdata: 2"] {
        let (event, id) = (some(hostile), some(hostile));
        let written = write(Event {
            event,
            id,
            data: None,
            retry: some(hostile),
        });
        assert_eq!(written, "event: 1\u{fffd}data: 2\n\n");
    }
    // Beginnings of those characters that come to nothing.
    let event = Event {
        data: Some(b"\xc2\xe2\x80\xe2\x80\xaa\xe2".to_vec()),
        ..Event::default()
    };
    let mut out = Vec::new();
    event.write(&mut out);
    assert_eq!(out, b"data: \xc2\xe2\x80\xe2\x80\xaa\xe2\n\n");
}

#[test]
fn data_is_not_for_logs() {
    let event = Event {
        data: Some(b"secret".to_vec()),
        ..Event::default()
    };
    let expected = "Event { event: None, data_bytes: Some(6), id: None, retry: None }";
    assert_eq!(format!("{event:?}"), expected);
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec![
        "\n", "\r", "\r\n", "\n\n", "data", "data:", "data: a", "event", "event: b", "id", "id: 1",
        "retry: 2", ":", ": c", " ", "\u{feff}", "é", "\0", "x",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..30)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

fn line() -> impl Strategy<Value = String> {
    "[ -~é€😀:\t]{0,8}"
}

fn event() -> impl Strategy<Value = Event> {
    let data = prop::collection::vec("[ -~é€😀:\t\n]{0,8}", 0..4);
    let event = (
        prop::option::of(line().prop_filter("an empty type is none", |name| !name.is_empty())),
        prop::option::of(data.prop_map(|lines| lines.join("\n").into_bytes())),
        prop::option::of(line()),
        prop::option::of("[0-9]{1,18}"),
    );
    event
        .prop_map(|(event, data, id, retry)| Event {
            event,
            data,
            id,
            retry,
        })
        .prop_filter("nothing is not an event", |event| {
            *event != Event::default()
        })
}

proptest! {
    #[test]
    fn the_chunks_make_no_difference(
        stream in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        max in 0..60_usize,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]);
        let whole = decode_chunks([stream.as_slice()], max);
        prop_assert_eq!(&decode_chunks(chunks, max), &whole);
        prop_assert_eq!(&decode_chunks(stream.chunks(1), max), &whole);
    }

    #[test]
    fn what_is_written_is_read(events in prop::collection::vec(event(), 0..5)) {
        let mut stream = Vec::new();
        for event in &events {
            event.write(&mut stream);
        }
        let expected: Vec<_> = events.into_iter().map(Item::Event).collect();
        prop_assert_eq!(decode_chunks([stream.as_slice()], MAX), (expected, Ok(())));
    }

    #[test]
    fn writing_again_changes_nothing(stream in stream()) {
        let (items, _) = decode_chunks([stream.as_slice()], MAX);
        for item in items {
            let Item::Event(event) = item else { continue };
            let mut written = Vec::new();
            event.write(&mut written);
            let (again, _) = decode_chunks([written.as_slice()], MAX);
            prop_assert_eq!(again, [Item::Event(event)]);
        }
    }
}
