//! Streams of events: where lines end, what fields they have, and how many messages.

use super::fake::chunks;
use super::row::{EVENTS, End, LAST, Row, events, fill, json, row};

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = lines();
    rows.extend(fields());
    rows.extend(several());
    rows
}

/// Where lines end.
fn lines() -> Vec<Row> {
    use End::{Error, Filtered, Nothing};
    let mut rows = vec![
        events("LF", Filtered, "data: @all\n\n"),
        events("CRLF", Filtered, "data: @all\r\n\r\n"),
        events("CR", Filtered, "data: @all\r\r"),
        events(
            "CR, with a type before",
            Filtered,
            "event: message\rdata: @all\r\r",
        ),
        events("LF and CR", Filtered, "data: @all\n\r"),
        events("CRLF and LF", Filtered, "event: message\r\ndata: @all\n\n"),
        events("no final blank line", Filtered, "data: @all\n"),
        events("no final line end", Filtered, "data: @all"),
        events("no final blank line after CR", Filtered, "data: @all\r"),
        events("a blank line in CR only", Filtered, "data: @all\n\r\n"),
        events("a mark before", Filtered, "\u{feff}data: @all\n\n"),
        events(
            "a mark before a type",
            Filtered,
            "\u{feff}event: message\ndata: @all\n\n",
        ),
        events("two marks", Nothing, "\u{feff}\u{feff}data: @all\n\n"),
        events("a mark in the data", Error, "data: \u{feff}@all\n\n"),
        events("NUL before", Nothing, "\0data: @all\n\n"),
    ];
    // Ends of lines for Python's `splitlines`, and for nobody else.
    for (name, end) in [
        ("vertical tab", "\u{b}"),
        ("form feed", "\u{c}"),
        ("file separator", "\u{1c}"),
        ("next line", "\u{85}"),
        ("line separator", "\u{2028}"),
        ("paragraph separator", "\u{2029}"),
    ] {
        let text = format!("data: @all{end}{end}");
        rows.push(events(&format!("{name} for LF"), Nothing, &text));
        // Inside of a string that stands in an allowed answer.
        let inside = format!(
            r#"data: {{"jsonrpc":"2.0","id":@id,"result":{{"content":[],"tools":[@allowed],"x":"{end}{end}data: @escaped{end}{end}"@extra}}}}"#
        );
        let what = format!("an event between {name}s in a string");
        let inside = inside + "\n\n";
        // Control characters in strings are not JSON.
        let outcome = match end.chars().next() {
            Some('\u{85}' | '\u{2028}' | '\u{2029}') => Filtered,
            _ => Error,
        };
        let mut inside = row(what, outcome, move |asked| {
            // The whole event is for one reader the string, for the other three events.
            let text = inside.replace("@escaped", &asked.all().replace('"', "\\\""));
            let text = fill(asked, &text);
            chunks(EVENTS, [text.as_bytes()], LAST)
        });
        if outcome == Filtered {
            // The string may pass, but with nothing in it that ends a line for anybody.
            inside.secrets = vec![end.to_owned()];
        }
        rows.push(inside);
    }
    rows
}

/// The fields of an event.
fn fields() -> Vec<Row> {
    use End::{Error, Filtered, Nothing};
    vec![
        events("no space", Filtered, "data:@all\n\n"),
        events("two spaces", Filtered, "data:  @all\n\n"),
        events("a tab", Filtered, "data:\t@all\n\n"),
        events("spaces after", Filtered, "data: @all  \n\n"),
        row("over several lines", Filtered, |asked| {
            let text = asked.all().replace(',', ",\ndata: ");
            chunks(EVENTS, [format!("data: {text}\n\n").as_bytes()], LAST)
        }),
        row(
            "over several lines in CRLF, with empty ones",
            Filtered,
            |asked| {
                let text = asked.all().replace(',', "\r\ndata\r\ndata: ,");
                chunks(EVENTS, [format!("data: {text}\r\n\r\n").as_bytes()], LAST)
            },
        ),
        row("a comment between lines", Filtered, |asked| {
            let text = asked.all().replacen(',', ",\n: HIDDEN-7f3a9c\ndata: ", 1);
            chunks(EVENTS, [format!("data: {text}\n\n").as_bytes()], LAST)
        }),
        row("another field between lines", Filtered, |asked| {
            let text = asked.all().replacen(',', ",\nx: HIDDEN-7f3a9c\ndata: ", 1);
            chunks(EVENTS, [format!("data: {text}\n\n").as_bytes()], LAST)
        }),
        events("type message", Filtered, "event: message\ndata: @all\n\n"),
        events("an empty type", Filtered, "event:\ndata: @all\n\n"),
        events("a type without a colon", Filtered, "event\ndata: @all\n\n"),
        events("type foo", Nothing, "event: foo\ndata: @all\n\n"),
        events("type Message", Nothing, "event: Message\ndata: @all\n\n"),
        events(
            "type message with a space",
            Nothing,
            "event: message \ndata: @all\n\n",
        ),
        events("type error", Nothing, "event: error\ndata: @all\n\n"),
        events("type open", Nothing, "event: open\ndata: @all\n\n"),
        events("type endpoint", Nothing, "event: endpoint\ndata: @all\n\n"),
        events("type ping", Nothing, "event: ping\ndata: @all\n\n"),
        events(
            "foo, then message",
            Filtered,
            "event: foo\nevent: message\ndata: @all\n\n",
        ),
        events(
            "message, then foo",
            Nothing,
            "event: message\nevent: foo\ndata: @all\n\n",
        ),
        events(
            "the type after the data",
            Filtered,
            "data: @all\nevent: message\n\n",
        ),
        events(
            "another type after the data",
            Nothing,
            "data: @all\nevent: foo\n\n",
        ),
        events(
            "an endpoint elsewhere",
            Filtered,
            "event: endpoint\ndata: http://127.0.0.1:1/HIDDEN-7f3a9c\n\ndata: @all\n\n",
        ),
        events("DATA", Nothing, "DATA: @all\n\n"),
        events("a space before the colon", Nothing, "data : @all\n\n"),
        events("a space before the field", Nothing, " data: @all\n\n"),
        events("an id", Filtered, "id: 7\ndata: @all\n\n"),
        events("an id with NUL", Filtered, "id: 7\0\ndata: @all\n\n"),
        events(
            "an id alone first",
            Filtered,
            "id: 7\ndata:\n\nid: 8\ndata: @all\n\n",
        ),
        events(
            "a time to wait",
            Filtered,
            "retry: 10\nid: 7\ndata: @all\n\n",
        ),
        events(
            "a time that is none",
            Filtered,
            "retry: HIDDEN-7f3a9c\ndata: @all\n\n",
        ),
        events(
            "a comment before",
            Filtered,
            ": HIDDEN-7f3a9c\n\n: HIDDEN-7f3a9c\ndata: @all\n\n",
        ),
        events(
            "an unknown field",
            Filtered,
            "HIDDEN-7f3a9c: HIDDEN-7f3a9c\ndata: @all\n\n",
        ),
        events("no data", Nothing, "event: message\n\n"),
        events("a message in the type", Nothing, "event: @all\ndata:\n\n"),
        events("not JSON", Error, "data: HIDDEN-7f3a9c\n\n"),
        events("nothing", Nothing, ""),
        events("a comment only", Nothing, ": HIDDEN-7f3a9c\n\n"),
    ]
}

/// More than one message.
fn several() -> Vec<Row> {
    use End::{Error, Filtered};
    vec![
        events("two in one event", Error, "data: @safe\ndata: @all\n\n"),
        events("two in one line", Error, "data: @safe@all\n\n"),
        events(
            "two in one line, the other way round",
            Error,
            "data: @all @safe\n\n",
        ),
        events("an array in an event", Error, "data: [@all]\n\n"),
        events(
            "an array of two in an event",
            Error,
            "data: [@safe,@all]\n\n",
        ),
        events("twice", Filtered, "data: @all\n\ndata: @all\n\n"),
        events("safe, then all", Filtered, "data: @safe\n\ndata: @all\n\n"),
        events(
            "another's first",
            Filtered,
            "data: @other\n\ndata: @all\n\n",
        ),
        events(
            "another's after",
            Filtered,
            "data: @safe\n\ndata: @other\n\n",
        ),
        events("news first", Filtered, "data: @news\n\ndata: @all\n\n"),
        events(
            "a list in news",
            Filtered,
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list\",\"params\":{\"tools\":[@hidden]}}\n\ndata: @safe\n\n",
        ),
        events(
            "news with a result",
            Error,
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"id\":@id,\"result\":{\"tools\":[@hidden],\"content\":[]@extra}}\n\n",
        ),
        events(
            "a list in a request",
            Filtered,
            "data: {\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[],\"maxTokens\":1,\"tools\":[@hidden]}}\n\ndata: @all\n\n",
        ),
        events(
            "what is no message first",
            Filtered,
            "data: HIDDEN-7f3a9c\n\ndata: @all\n\n",
        ),
        json("an array", Error, "[@all]"),
        json("an array of two", Error, "[@safe,@all]"),
        json(
            "an array of two, the other way round",
            Error,
            "[@all,@safe]",
        ),
        json("an array with another's", Error, "[@all,@other]"),
        json("an array in an array", Error, "[[@all]]"),
        json("an empty array", Error, "[]"),
        json("two documents", Error, "@safe@all"),
        json("two documents, the other way round", Error, "@all@safe"),
        json("documents on lines", Error, "@safe\n@all\n"),
        json("words after", Error, "@all HIDDEN-7f3a9c"),
        json("an event as JSON", Error, "data: @all\n\n"),
    ]
}
