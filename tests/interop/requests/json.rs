//! Messages that two readers read differently.

use super::encodings::{utf16, utf32};
use super::vector::{
    ALL, ALLOWED, BATCH, Columns, DEEP, DIGITS, Expect, Form, HEADER, HIDDEN, ID, JSON, MESSAGE,
    PARAMS, TOOL, Vector, method, template,
};

/// A call in which one piece of text stands for another: what it is, the text, what stands in its
/// place, what Sluice says, and where it is executed without Sluice.
type Edit = (&'static str, &'static str, &'static str, Expect, Columns);

const NAME: &str = r#""name":"delete_repo""#;
const METHOD: &str = r#""method":"tools/call""#;
const ARGUMENTS: &str = r#""arguments":{"name":"x"}"#;
const END: &str = r#""arguments":{"name":"x"}}}"#;
const ID_1: &str = r#""id":1"#;
const PARAMETERS: &str = r#""params":{"#;
const VERSION: &str = r#""jsonrpc":"2.0""#;

/// Calls of the hidden tool.
#[rustfmt::skip]
const CALLS: &[Edit] = &[
    ("the call itself", "", "", TOOL, ALL),
    // Keys that come twice.
    ("name twice: allowed, hidden", NAME, r#""name":"get_repo","name":"delete_repo""#, JSON, "TE2M1"),
    ("name twice: hidden, allowed", NAME, r#""name":"delete_repo","name":"get_repo""#, JSON, ""),
    ("name three times", NAME, r#""name":"delete_repo","name":"get_repo","name":"delete_repo""#, JSON, "TE2M1"),
    ("name twice, the second escaped", NAME, r#""name":"get_repo","n\u0061me":"delete_repo""#, JSON, "TE2M1"),
    ("name twice, the first escaped", NAME, r#""n\u0061me":"get_repo","name":"delete_repo""#, JSON, "TE2M1"),
    ("name before and after the arguments", END, r#""arguments":{"name":"x"},"name":"get_repo"}}"#, JSON, ""),
    ("params twice: allowed, hidden", PARAMETERS, r#""params":{@meta"name":"get_repo","arguments":{"name":"x"}},"params":{"#, JSON, "TE2M1"),
    ("params twice: hidden, allowed", END, r#""arguments":{"name":"x"}},"params":{@meta"name":"get_repo","arguments":{"name":"x"}}}"#, JSON, ""),
    ("params twice, one escaped", PARAMETERS, r#""p\u0061rams":{@meta"name":"get_repo","arguments":{"name":"x"}},"params":{"#, JSON, "TE2M1"),
    ("method twice: list, call", METHOD, r#""method":"tools/list","method":"tools/call""#, JSON, "TE2M1"),
    ("method twice: call, list", METHOD, r#""method":"tools/call","method":"tools/list""#, JSON, ""),
    ("method twice: ping, escaped", METHOD, r#""method":"ping","meth\u006fd":"tools/call""#, JSON, "TE2M1"),
    ("id twice", ID_1, r#""id":2,"id":1"#, JSON, "TE2M1"),
    ("jsonrpc twice", VERSION, r#""jsonrpc":"1.0","jsonrpc":"2.0""#, JSON, "TE2M1"),
    ("arguments twice", ARGUMENTS, r#""arguments":{"name":"y"},"arguments":{"name":"x"}"#, JSON, "TE2M1"),
    ("an argument twice", ARGUMENTS, r#""arguments":{"name":"y","name":"x"}"#, JSON, "TE2M1R"),
    ("an argument twice, deep", ARGUMENTS, r#""arguments":{"name":"x","n":[{"a":1,"\u0061":2}]}"#, JSON, "TE2M1"),
    ("_meta twice", NAME, r#""_meta":{},"name":"delete_repo","_meta":{}"#, JSON, ""),
    // The same in other letters.
    ("the key of the name escaped", NAME, r#""n\u0061me":"delete_repo""#, TOOL, ALL),
    ("the whole key escaped", NAME, r#""\u006E\u0061\u006d\u0065":"delete_repo""#, TOOL, ALL),
    ("the name escaped", NAME, r#""name":"delet\u0065\u005frepo""#, TOOL, ALL),
    ("the method escaped", METHOD, r#""method":"tools\/call""#, TOOL, ALL),
    ("the method escaped otherwise", METHOD, r#""method":"tools\u002fcall""#, TOOL, ALL),
    ("the key of the method escaped", METHOD, r#""\u006dethod":"tools/call""#, TOOL, ALL),
    ("the key of params escaped", PARAMETERS, r#""par\u0061ms":{"#, TOOL, ALL),
    ("the version escaped", VERSION, r#""json\u0072pc":"2.\u0030""#, TOOL, ALL),
    ("spaces everywhere", ",", " \r\n\t, ", TOOL, ALL),
    ("Name after name", NAME, r#""name":"get_repo","Name":"delete_repo""#, MESSAGE, ""),
    ("Name before name", NAME, r#""Name":"get_repo","name":"delete_repo""#, MESSAGE, ALL),
    ("Name alone", NAME, r#""Name":"delete_repo""#, MESSAGE, ""),
    ("NAME in long s and dotless i", ARGUMENTS, r#""argument\u017f":{},"arguments":{"name":"x"}"#, MESSAGE, ALL),
    ("Params before params", PARAMETERS, r#""Params":{"name":"get_repo"},"params":{"#, MESSAGE, "2M1R"),
    ("Params alone", PARAMETERS, r#""Params":{"#, MESSAGE, ""),
    ("Method before method", METHOD, r#""Method":"ping","method":"tools/call""#, MESSAGE, "2M1R"),
    ("Method alone", METHOD, r#""Method":"tools/call""#, MESSAGE, ""),
    ("ID before id", ID_1, r#""ID":2,"id":1"#, MESSAGE, "2M1R"),
    ("JsonRpc alone", VERSION, r#""JsonRpc":"2.0""#, MESSAGE, ""),
    ("Arguments beside arguments", ARGUMENTS, r#""Arguments":{},"arguments":{"name":"x"}"#, MESSAGE, ALL),
    // Members that do not belong there.
    ("an unknown member", VERSION, r#""jsonrpc":"2.0","x":1"#, MESSAGE, "2M1R"),
    ("a result too", VERSION, r#""jsonrpc":"2.0","result":{}"#, MESSAGE, "2M1"),
    ("an error too", VERSION, r#""jsonrpc":"2.0","error":{"code":1,"message":"m"}"#, MESSAGE, "M"),
    ("__proto__ at the top", VERSION, r#""jsonrpc":"2.0","__proto__":{"method":"ping"}"#, MESSAGE, ""),
    ("__proto__ with the name", NAME, r#""__proto__":{"name":"delete_repo"}"#, PARAMS, ""),
    ("__proto__ with another name", NAME, r#""name":"delete_repo","__proto__":{"name":"get_repo"}"#, TOOL, ""),
    ("constructor", NAME, r#""constructor":{"prototype":{"name":"delete_repo"}}"#, PARAMS, ""),
    // What is not JSON.
    ("a comment", NAME, r#"/*"name":"get_repo",*/"name":"delete_repo""#, JSON, ""),
    ("a comment to the end of the line", NAME, "//\n\"name\":\"delete_repo\"", JSON, ""),
    ("a comment of a script", NAME, "#\n\"name\":\"delete_repo\"", JSON, ""),
    ("a comma too many", END, r#""arguments":{"name":"x",}}}"#, JSON, ""),
    ("a comma at the end", END, r#""arguments":{"name":"x"}},}"#, JSON, ""),
    ("a comma missing", VERSION, r#""jsonrpc":"2.0" "x":1"#, JSON, ""),
    ("single quotes", NAME, r#"'name':"delete_repo""#, JSON, ""),
    ("no quotes", NAME, r#"name:"delete_repo""#, JSON, ""),
    ("a leading zero", ARGUMENTS, r#""arguments":{"name":"x","n":01}"#, JSON, ""),
    ("a plus", ARGUMENTS, r#""arguments":{"name":"x","n":+1}"#, JSON, ""),
    ("a point without digits", ARGUMENTS, r#""arguments":{"name":"x","n":1.}"#, JSON, ""),
    ("a point at the start", ARGUMENTS, r#""arguments":{"name":"x","n":.5}"#, JSON, ""),
    ("hexadecimal", ARGUMENTS, r#""arguments":{"name":"x","n":0x1}"#, JSON, ""),
    ("underscores in digits", ARGUMENTS, r#""arguments":{"name":"x","n":1_0}"#, JSON, ""),
    ("an unknown escape", NAME, r#""n\x61me":"delete_repo""#, JSON, ""),
    ("half an escape", NAME, r#""n\u61me":"delete_repo""#, JSON, ""),
    ("a tab in a string", ARGUMENTS, "\"arguments\":{\"name\":\"x\ty\"}", JSON, ""),
    ("a line end in a string", ARGUMENTS, "\"arguments\":{\"name\":\"x\ny\"}", JSON, ""),
    ("NUL in a key", NAME, "\"na\u{0}me\":\"delete_repo\"", JSON, ""),
    ("a space of another kind", NAME, "\u{a0}\"name\":\"delete_repo\"", JSON, ""),
    ("a form feed", NAME, "\u{c}\"name\":\"delete_repo\"", JSON, ""),
    ("True", ARGUMENTS, r#""arguments":{"name":"x","n":True}"#, JSON, ""),
    ("NaN", ARGUMENTS, r#""arguments":{"name":"x","n":NaN}"#, JSON, "2M1"),
    ("Infinity", ARGUMENTS, r#""arguments":{"name":"x","n":Infinity}"#, JSON, "2M1"),
    ("-Infinity", ARGUMENTS, r#""arguments":{"name":"x","n":-Infinity}"#, JSON, "2M1"),
    ("a number too large", ARGUMENTS, r#""arguments":{"name":"x","n":1e999}"#, JSON, "TE2M1"),
    ("a number too large for floats", ARGUMENTS, r#""arguments":{"name":"x","n":-1E+400}"#, JSON, "TE2M1"),
    ("half a character", ARGUMENTS, r#""arguments":{"name":"x","n":"\ud800"}"#, JSON, "TEM"),
    ("the other half", ARGUMENTS, r#""arguments":{"name":"x","n":"\udc00"}"#, JSON, "TEM"),
    ("the halves in the wrong order", ARGUMENTS, r#""arguments":{"name":"x","n":"\udc00\ud800"}"#, JSON, "TEM"),
    ("half a character in a key", ARGUMENTS, r#""arguments":{"name":"x","\ud800":1}"#, JSON, "TEM"),
    // Ids.
    ("id null", ID_1, r#""id":null"#, MESSAGE, ""),
    ("id true", ID_1, r#""id":true"#, MESSAGE, ""),
    ("id {}", ID_1, r#""id":{}"#, MESSAGE, ""),
    ("id []", ID_1, r#""id":[]"#, MESSAGE, ""),
    ("id [1]", ID_1, r#""id":[1]"#, MESSAGE, ""),
    ("id 1.0", ID_1, r#""id":1.0"#, MESSAGE, "TER"),
    ("id 1e0", ID_1, r#""id":1e0"#, MESSAGE, "TER"),
    ("id 1.5", ID_1, r#""id":1.5"#, MESSAGE, ""),
    ("id -0", ID_1, r#""id":-0"#, MESSAGE, "TE"),
    ("id 2^53 - 1", ID_1, r#""id":9007199254740991"#, TOOL, ALL),
    ("id 2^53 + 1", ID_1, r#""id":9007199254740993"#, MESSAGE, "2M1R"),
    ("id 2^63", ID_1, r#""id":9223372036854775808"#, MESSAGE, "2M1"),
    ("id 2^64 + 1", ID_1, r#""id":18446744073709551617"#, MESSAGE, "2M1"),
    ("an empty id", ID_1, r#""id":"""#, TOOL, ALL),
    ("an id like a number", ID_1, r#""id":"0x1""#, TOOL, ALL),
    ("an id with spaces", ID_1, r#""id":" 1 ""#, TOOL, ALL),
    ("no id", r#""id":1,"#, "", MESSAGE, ""),
    // Members of another type.
    ("no version", r#""jsonrpc":"2.0","#, "", MESSAGE, ""),
    ("version 1.0", VERSION, r#""jsonrpc":"1.0""#, MESSAGE, ""),
    ("version 2.0 as a number", VERSION, r#""jsonrpc":2.0"#, MESSAGE, ""),
    ("version null", VERSION, r#""jsonrpc":null"#, MESSAGE, ""),
    ("a method in an array", METHOD, r#""method":["tools/call"]"#, MESSAGE, ""),
    ("no method", r#""method":"tools/call","#, "", MESSAGE, ""),
    ("a name in an array", NAME, r#""name":["delete_repo"]"#, PARAMS, ""),
    ("a name in an object", NAME, r#""name":{"name":"delete_repo"}"#, PARAMS, ""),
    ("no name", r#""name":"delete_repo","#, "", PARAMS, ""),
    ("arguments in a string", ARGUMENTS, r#""arguments":"{\"name\":\"x\"}""#, PARAMS, ""),
    ("arguments in an array", ARGUMENTS, r#""arguments":[{"name":"x"}]"#, PARAMS, ""),
    ("a task", NAME, r#""task":{"ttl":1000},"name":"delete_repo""#, TOOL, ""),
];

/// Calls of the allowed tool, which pass: hidden things are only talked about.
#[rustfmt::skip]
const PASSING: &[Edit] = &[
    ("the call itself", "", "", Expect::Passed, ""),
    ("the key of the name escaped", r#""name":"get_repo""#, r#""n\u0061me":"get_\u0072epo""#, Expect::Passed, ""),
    ("the method escaped", METHOD, r#""method":"tools\/call""#, Expect::Passed, ""),
    ("spaces everywhere", ",", " \r\n\t, ", Expect::Passed, ""),
    ("the hidden name in an argument", ARGUMENTS, r#""arguments":{"name":"x","n":{"name":"delete_repo","method":"tools/call"}}"#, Expect::Passed, ""),
    ("a call in a string", ARGUMENTS, r#""arguments":{"name":"\"},\"name\":\"delete_repo\""}"#, Expect::Passed, ""),
    ("line separators in a string", ARGUMENTS, "\"arguments\":{\"name\":\"x\u{2028}y\u{85}z\"}", Expect::Passed, ""),
    ("an empty id", ID_1, r#""id":"""#, Expect::Passed, ""),
    ("id 2^53 - 1", ID_1, r#""id":9007199254740991"#, Expect::Passed, ""),
    ("id -1", ID_1, r#""id":-1"#, Expect::Passed, ""),
    ("__proto__ with the hidden name", r#""name":"get_repo""#, r#""name":"get_repo","__proto__":{"name":"delete_repo"}"#, Expect::Passed, ""),
];

/// Names that are not the hidden one, and methods that are not `tools/call`.
const NAMES: &[&str] = &[
    "DELETE_REPO",
    "Delete_Repo",
    " delete_repo",
    "delete_repo ",
    "delete_repo\\u0000",
    "delete_repo\\n",
    "delete_repo\\u200b",
    "delete\\u00adrepo",
    "\\uff44elete_repo",
    "d\\u0435lete_repo",
    "./delete_repo",
    "repositories/delete_repo",
    "delete%5Frepo",
    "",
    // Patterns enable these, and the server does not have them.
    "get_repo\\u0000delete_repo",
    "get_/../delete_repo",
    "get_*",
];

const METHODS: &[&str] = &[
    "TOOLS/CALL",
    "tools/Call",
    "tools/call ",
    " tools/call",
    "tools/call\\u0000",
    "tools//call",
    "tools/./call",
    "/tools/call",
    "tools.call",
    "tools/execute",
    "$/tools/call",
    "rpc.tools/call",
    "tools%2fcall",
    "",
];

/// The vectors of this form.
pub(crate) fn vectors(form: Form) -> Vec<Vector> {
    let edits = |tool: &'static str, edits: &'static [Edit]| {
        edits.iter().map(move |(what, from, to, expect, bites)| {
            let body = form.fill(&edit(&template(tool), from, to));
            Vector::new(format!("{tool}: {what}"), form.post(tool, body), *expect).bites(bites)
        })
    };
    let mut vectors: Vec<Vector> = edits(HIDDEN, CALLS)
        .chain(edits(ALLOWED, PASSING))
        .collect();
    vectors.extend(names(form));
    vectors.extend(bytes(form));
    vectors.extend(sizes(form));
    vectors.extend(arrays(form));
    vectors.extend(documents(form));
    vectors
}

/// Replaces text that must be there.
fn edit(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    match from {
        "" => text.to_owned(),
        _ => text.replace(from, to),
    }
}

fn names(form: Form) -> Vec<Vector> {
    let mut vectors = Vec::new();
    for name in NAMES {
        let text: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        let header = sluice::mcp::header::encode_value(&text).into_owned();
        let body = form.call(HIDDEN).replace(HIDDEN, name);
        let what = format!("a name that is not the hidden one: {name:?}");
        vectors.push(Vector::new(what, form.post(&header, body), TOOL));
    }
    for name in METHODS {
        let text: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        let body = form.call(HIDDEN).replace("tools/call", name);
        let request = form.post(HIDDEN, body);
        let request = match form {
            Form::Legacy(_) => request,
            // Spaces at the edges of a header's value are not part of it.
            Form::Modern => request.with("Mcp-Method", text.replace('\0', "")),
        };
        let expect = match form {
            Form::Modern if text.trim() != text || text.contains('\0') => HEADER,
            Form::Modern | Form::Legacy(_) => method(form),
        };
        vectors.push(Vector::new(
            format!("a method that is none: {name:?}"),
            request,
            expect,
        ));
    }
    vectors
}

/// Texts in other bytes than UTF-8.
fn bytes(form: Form) -> Vec<Vector> {
    let call = form.call(HIDDEN);
    let bom = |text: &str| format!("\u{feff}{text}");
    // Bytes between the halves of the call that this text parts.
    let between = |at: &str, before: &str, with: &[u8], after: &str| {
        let (start, end) = call.split_once(at).unwrap();
        [start, before]
            .concat()
            .into_bytes()
            .into_iter()
            .chain(with.iter().copied())
            .chain([after, end].concat().into_bytes())
            .collect::<Vec<u8>>()
    };
    let argument = |with: &[u8]| between("\"x\"", "\"x", with, "\"");
    let key = |with: &[u8]| between("\"name\"", "\"n", with, "me\"");
    let table: Vec<(&str, Vec<u8>, Columns)> = vec![
        ("a byte order mark", bom(&call).into(), "TEM1"),
        ("two byte order marks", bom(&bom(&call)).into(), ""),
        ("UTF-16 LE", utf16(&call, u16::to_le_bytes), "M1"),
        ("UTF-16 BE", utf16(&call, u16::to_be_bytes), "M1"),
        (
            "UTF-16 LE with a mark",
            utf16(&bom(&call), u16::to_le_bytes),
            "M1",
        ),
        (
            "UTF-16 BE with a mark",
            utf16(&bom(&call), u16::to_be_bytes),
            "M1",
        ),
        ("UTF-32 LE", utf32(&call, u32::to_le_bytes), "M1"),
        ("UTF-32 BE", utf32(&call, u32::to_be_bytes), "M1"),
        (
            "UTF-32 LE with a mark",
            utf32(&bom(&call), u32::to_le_bytes),
            "M1",
        ),
        (
            "UTF-32 BE with a mark",
            utf32(&bom(&call), u32::to_be_bytes),
            "M1",
        ),
        (
            "UTF-7",
            call.replace("delete_repo", "delete+AF8-repo").into(),
            "",
        ),
        ("a byte that is not UTF-8", argument(b"\xff"), "TE"),
        (
            "half a character in CESU-8",
            argument(b"\xed\xa0\x80"),
            "TEM",
        ),
        ("a character cut off", argument(b"\xe2\x80"), "TE"),
        ("beyond Unicode", argument(b"\xf4\x90\x80\x80"), "TE"),
        ("a key in overlong UTF-8", key(b"\xc1\xa1"), ""),
        (
            "a slash in overlong UTF-8",
            between("tools/call", "tools", b"\xc0\xaf", "call"),
            "",
        ),
        (
            "a byte after the message",
            [call.as_bytes(), b"\xff"].concat(),
            "",
        ),
        (
            "NUL before the message",
            [b"\0", call.as_bytes()].concat(),
            "",
        ),
        (
            "NUL after the message",
            [call.as_bytes(), b"\0"].concat(),
            "",
        ),
        (
            "a form feed before the message",
            [b"\x0c", call.as_bytes()].concat(),
            "",
        ),
    ];
    let table = table.into_iter().map(|(what, body, bites)| {
        let expect = match what {
            "UTF-7" => TOOL,
            _ => JSON,
        };
        let tool = match what {
            "UTF-7" => "delete+AF8-repo",
            _ => HIDDEN,
        };
        Vector::new(format!("bytes: {what}"), form.post(tool, body), expect).bites(bites)
    });
    table.collect()
}

/// Much of something.
fn sizes(form: Form) -> Vec<Vector> {
    let argument = |tool: &str, value: &str| {
        let to = format!(r#""arguments":{{"name":"x","n":{value}}}"#);
        form.call(tool).replace(ARGUMENTS, &to)
    };
    let nested = |tool: &str, depth: usize| {
        argument(
            tool,
            &format!("{}1{}", "[".repeat(depth), "]".repeat(depth)),
        )
    };
    let objects = |depth: usize| {
        argument(
            HIDDEN,
            &format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)),
        )
    };
    let id = |length: usize| {
        form.call(HIDDEN)
            .replace(ID_1, &format!("\"id\":\"{}\"", "x".repeat(length)))
    };
    let table: Vec<(String, String, Expect, Columns)> = vec![
        ("nested 60 deep".into(), nested(HIDDEN, 60), TOOL, ALL),
        ("nested 130 deep".into(), nested(HIDDEN, 130), DEEP, "TE2M1"),
        ("nested 200 deep".into(), nested(HIDDEN, 200), DEEP, "TEM1"),
        ("nested 1000 deep".into(), nested(HIDDEN, 1000), DEEP, "TE"),
        (
            "nested 11000 deep".into(),
            nested(HIDDEN, 11_000),
            DEEP,
            "T",
        ),
        (
            "nested 100000 deep".into(),
            nested(HIDDEN, 100_000),
            DEEP,
            "T",
        ),
        ("objects 130 deep".into(), objects(130), DEEP, "TE2M1"),
        ("objects 1000 deep".into(), objects(1000), DEEP, "TE"),
        ("objects 100000 deep".into(), objects(100_000), DEEP, ""),
        (
            "nested and never closed".into(),
            "[".repeat(100_000),
            DEEP,
            "",
        ),
        (
            "objects never closed".into(),
            "{\"a\":".repeat(100_000),
            DEEP,
            "",
        ),
        (
            "128 digits".into(),
            argument(HIDDEN, &"9".repeat(128)),
            TOOL,
            "TE2M1",
        ),
        (
            "129 digits".into(),
            argument(HIDDEN, &"9".repeat(129)),
            DIGITS,
            "TE2M1",
        ),
        (
            "100000 digits".into(),
            argument(HIDDEN, &"9".repeat(90_000)),
            DIGITS,
            "TE",
        ),
        (
            "a fraction of 10000 digits".into(),
            argument(HIDDEN, &format!("0.{}1", "0".repeat(10_000))),
            DIGITS,
            "TE2M1",
        ),
        (
            "an exponent of 1000 digits".into(),
            argument(HIDDEN, &format!("1e-{}", "9".repeat(1000))),
            DIGITS,
            "",
        ),
        ("an id of 256 bytes".into(), id(256), TOOL, ALL),
        ("an id of 64 kB".into(), id(64 << 10), ID, "TE2M1R"),
        (
            "an id of 1000 digits".into(),
            form.call(HIDDEN)
                .replace(ID_1, &format!("\"id\":{}", "9".repeat(1000))),
            DIGITS,
            "",
        ),
        (
            "10000 spaces before".into(),
            " ".repeat(10_000) + &form.call(HIDDEN),
            TOOL,
            ALL,
        ),
        (
            "1000 unknown members".into(),
            form.call(HIDDEN).replace(
                VERSION,
                &(VERSION.to_owned()
                    + &(0..1000)
                        .map(|n| format!(",\"x{n}\":1"))
                        .collect::<String>()),
            ),
            MESSAGE,
            "2M1R",
        ),
    ];
    let hidden = table.into_iter().map(|(what, body, expect, bites)| {
        Vector::new(what, form.post(HIDDEN, body), expect).bites(bites)
    });
    let allowed = [
        (
            "spaces around what is allowed",
            format!(" \r\n\t{}\n \r", form.call(ALLOWED)),
        ),
        ("allowed, nested 50 deep", nested(ALLOWED, 50)),
    ];
    let allowed = allowed
        .into_iter()
        .map(|(what, body)| Vector::new(what, form.post(ALLOWED, body), Expect::Passed));
    hidden.chain(allowed).collect()
}

/// Batches, and what else is no object.
fn arrays(form: Form) -> Vec<Vector> {
    // Servers of this SDK run batches in every version before 2026-07-28.
    let bites = match form {
        Form::Legacy(_) => "TE",
        Form::Modern => "",
    };
    let hidden = form.call(HIDDEN);
    let allowed = form.call(ALLOWED).replace(ID_1, "\"id\":2");
    let table: Vec<(&str, String, Expect, Columns)> = vec![
        ("a batch of one", format!("[{hidden}]"), BATCH, bites),
        ("a batch: allowed, hidden", format!("[{allowed},{hidden}]"), BATCH, bites),
        ("a batch: hidden, allowed", format!("[{hidden},{allowed}]"), BATCH, bites),
        ("a batch of two with the same id", format!("[{hidden},{hidden}]"), BATCH, bites),
        ("a batch after spaces", format!(" \n[ {hidden} ]"), BATCH, bites),
        ("a batch in a batch", format!("[[{hidden}]]"), BATCH, ""),
        ("an empty batch", "[]".into(), BATCH, ""),
        ("a batch of a notification", format!("[{}]", hidden.replace("\"id\":1,", "")), BATCH, ""),
        ("a batch with a comma too many", format!("[{hidden},]"), JSON, ""),
        ("a message in a string", serde_json::to_string(&hidden).unwrap(), MESSAGE, ""),
        ("a message in an object", format!("{{\"0\":{hidden}}}"), MESSAGE, ""),
        ("null", "null".into(), MESSAGE, ""),
        ("an empty object", "{}".into(), MESSAGE, ""),
        ("params in an array", form.fill(&template(HIDDEN)).replace("\"params\":{", "\"params\":[{").replace("}}}", "}}]}"), MESSAGE, ""),
        ("params in a string", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"{\"name\":\"delete_repo\"}"}"#.into(), MESSAGE, ""),
    ];
    let table = table.into_iter();
    table
        .map(|(what, body, expect, bites)| {
            Vector::new(what, form.post(HIDDEN, body), expect).bites(bites)
        })
        .collect()
}

/// More than one document.
fn documents(form: Form) -> Vec<Vector> {
    let (hidden, allowed) = (form.call(HIDDEN), form.call(ALLOWED));
    let table = [
        ("allowed, hidden", format!("{allowed}{hidden}")),
        ("hidden, allowed", format!("{hidden}{allowed}")),
        (
            "allowed, hidden, on lines",
            format!("{allowed}\n{hidden}\n"),
        ),
        (
            "hidden, allowed, on lines",
            format!("{hidden}\n{allowed}\n"),
        ),
        ("separated by commas", format!("{allowed},{hidden}")),
        (
            "with a record separator",
            format!("\u{1e}{allowed}\n\u{1e}{hidden}\n"),
        ),
        ("words after it", format!("{hidden} xyz")),
        ("a brace after it", format!("{hidden}}}")),
        ("half of one", hidden.strip_suffix('}').unwrap().to_owned()),
        ("an event", format!("data: {hidden}\n\n")),
        ("a form", format!("body={hidden}")),
    ];
    let table = table.into_iter();
    table
        .map(|(what, body)| {
            Vector::new(format!("documents: {what}"), form.post(HIDDEN, body), JSON)
        })
        .collect()
}
