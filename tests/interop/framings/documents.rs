//! What is in the JSON.

use super::fake::plain;
use super::row::{End, JSON, Row, allowed, hidden, json, result, row};
use crate::requests::encodings::{utf16, utf32};

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = documents();
    rows.extend(results());
    rows.extend(texts());
    rows
}

/// What a document of JSON can be.
fn documents() -> Vec<Row> {
    use End::{Error, Filtered};
    vec![
        json("plain", Filtered, "@all"),
        json("spaces around", Filtered, " \r\n\t@all\n "),
        json("a mark before JSON", Error, "\u{feff}@all"),
        json("an empty body", Error, ""),
        json("null", Error, "null"),
        json("a string", Error, "\"HIDDEN-7f3a9c\""),
        json("no JSON", Error, "HIDDEN-7f3a9c"),
        json("a comment before", Error, "/* HIDDEN-7f3a9c */@all"),
        json(
            "result twice: safe, all",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":{"tools":[@allowed],"content":[]@extra},"result":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "result twice: all, safe",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":{"tools":[@hidden],"content":[]@extra},"result":{"tools":[@allowed],"content":[]@extra}}"#,
        ),
        json(
            "result twice, one escaped",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":{"tools":[@allowed],"content":[]@extra},"r\u0065sult":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "the key of the result escaped",
            Filtered,
            r#"{"jsonrpc":"2.0","id":@id,"r\u0065sult":{"tools":[@hidden,@allowed],"content":[]@extra}}"#,
        ),
        json(
            "Result beside result",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"Result":{"tools":[@hidden]},"result":{"tools":[@allowed],"content":[]@extra}}"#,
        ),
        json(
            "Result alone",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"Result":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "a result and an error",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":{"tools":[@hidden],"content":[]@extra},"error":{"code":1,"message":"m"}}"#,
        ),
        json(
            "a result and a method",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"method":"ping","result":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "a result and params",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"params":{"tools":[@hidden]},"result":{"tools":[@allowed],"content":[]@extra}}"#,
        ),
        json(
            "an unknown member",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"tools":[@hidden],"result":{"tools":[@allowed],"content":[]@extra}}"#,
        ),
        json(
            "no version",
            Error,
            r#"{"id":@id,"result":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "another version",
            Error,
            r#"{"jsonrpc":"1.0","id":@id,"result":{"tools":[@hidden],"content":[]@extra}}"#,
        ),
        json(
            "a result that is an array",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":[{"tools":[@hidden]}]}"#,
        ),
        json(
            "a result that is a string",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":"HIDDEN-7f3a9c"}"#,
        ),
        json(
            "a result that is null",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"result":null}"#,
        ),
        json(
            "a request in its place",
            Error,
            r#"{"jsonrpc":"2.0","id":@id,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1,"tools":[@hidden]}}"#,
        ),
        json(
            "news in its place",
            Error,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"HIDDEN-7f3a9c"}}"#,
        ),
    ]
}

/// What a result can be.
fn results() -> Vec<Row> {
    use End::{Error, Filtered};
    vec![
        result(
            "tools twice: safe, all",
            Error,
            r#""tools":[@allowed],"tools":[@hidden]"#,
        ),
        result(
            "tools twice: all, safe",
            Error,
            r#""tools":[@hidden],"tools":[@allowed]"#,
        ),
        result(
            "tools twice, one escaped",
            Error,
            r#""tools":[@allowed],"t\u006fols":[@hidden]"#,
        ),
        result(
            "the key of the tools escaped",
            Filtered,
            r#""t\u006Fols":[@hidden,@allowed]"#,
        ),
        result(
            "Tools beside tools",
            Error,
            r#""tools":[@allowed],"Tools":[@hidden]"#,
        ),
        result("Tools alone", Error, r#""Tools":[@hidden]"#),
        result("tools in an object", Error, r#""tools":{"0":@hidden}"#),
        result("tools in a string", Error, r#""tools":"HIDDEN-7f3a9c""#),
        result(
            "tools in arrays",
            Filtered,
            r#""tools":[[@hidden],@allowed]"#,
        ),
        result(
            "a tool that is a string",
            Filtered,
            r#""tools":["HIDDEN-7f3a9c",@allowed]"#,
        ),
        result(
            "a tool that is null",
            Filtered,
            r#""tools":[null,@allowed,@hidden]"#,
        ),
        result(
            "a tool without a name",
            Filtered,
            r#""tools":[{"description":"HIDDEN-7f3a9c","inputSchema":{"type":"object"}},@allowed]"#,
        ),
        result(
            "a name that is an array",
            Filtered,
            r#""tools":[{"name":["get_repo"],"description":"HIDDEN-7f3a9c","inputSchema":{"type":"object"}},@allowed]"#,
        ),
        result(
            "a name twice: allowed, hidden",
            Error,
            r#""tools":[{"name":"get_repo","name":"delete_repo","description":"HIDDEN-7f3a9c","inputSchema":{"type":"object"}}]"#,
        ),
        result(
            "a name twice: hidden, allowed",
            Error,
            r#""tools":[{"name":"delete_repo","name":"get_repo","description":"HIDDEN-7f3a9c","inputSchema":{"type":"object"}}]"#,
        ),
        result(
            "a name escaped",
            Filtered,
            r#""tools":[{"n\u0061me":"delet\u0065_repo","description":"HIDDEN-7f3a9c","inputSchema":{"type":"object"}},@allowed]"#,
        ),
        result(
            "Name beside name",
            Filtered,
            r#""tools":[@allowed,{"name":"get_it","Name":"delete_repo","inputSchema":{"type":"object"}}]"#,
        ),
        result(
            "the hidden tool many times",
            Filtered,
            r#""tools":[@hidden,@hidden,@allowed,@hidden,@hidden]"#,
        ),
        result(
            "the hidden tool first",
            Filtered,
            r#""tools":[@hidden,@allowed]"#,
        ),
        result(
            "the hidden tool alone, then an empty page",
            Filtered,
            r#""tools":[@hidden]"#,
        ),
        result(
            "tools in _meta",
            Filtered,
            r#""tools":[@allowed],"_meta":{"x":{"y":1}}"#,
        ),
    ]
}

/// Texts in other bytes than UTF-8, and numbers.
fn texts() -> Vec<Row> {
    use End::{Error, Filtered};
    let coded = |what: &str, code: fn(&str) -> Vec<u8>| {
        row(what, Error, move |asked| plain(JSON, code(&asked.all())))
    };
    let described = |what: &str, end, with: &[u8]| {
        let with = with.to_vec();
        row(what, end, move |asked| {
            let all = asked.all();
            let (before, after) = all.split_once("HIDDEN-7f3a9c").unwrap();
            let before = [before, "HIDDEN-7f3a9c"].concat();
            plain(JSON, [before.as_bytes(), &with, after.as_bytes()].concat())
        })
    };
    let member = |what: &str, end, value: String| {
        row(what, end, move |asked| {
            let tools = format!(r#""x":{value},"tools":[{},{}]"#, allowed(), hidden());
            plain(JSON, asked.answer(&tools))
        })
    };
    vec![
        coded("UTF-16 LE", |text| utf16(text, u16::to_le_bytes)),
        coded("UTF-16 BE with a mark", |text| {
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)
        }),
        coded("UTF-32 LE", |text| utf32(text, u32::to_le_bytes)),
        described("a byte that is not UTF-8", Error, b"\xff"),
        described("half a character in CESU-8", Error, b"\xed\xa0\x80"),
        described("half a character", Filtered, b"\\ud800"),
        described("NUL", Error, b"\0"),
        described("an escape that is none", Error, b"\\x"),
        member("NaN", Error, "NaN".to_owned()),
        member("a number too large", Error, "1e999".to_owned()),
        member("100000 digits", Error, "9".repeat(100_000)),
        member("a fraction", Filtered, "1.50e+1".to_owned()),
        member(
            "nested 60 deep",
            Filtered,
            format!("{}1{}", "[".repeat(60), "]".repeat(60)),
        ),
        member(
            "nested 1000 deep",
            Error,
            format!("{}1{}", "[".repeat(1000), "]".repeat(1000)),
        ),
        member(
            "nested 100000 deep",
            Error,
            format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        member("a comma too many", Error, "[1,]".to_owned()),
    ]
}
