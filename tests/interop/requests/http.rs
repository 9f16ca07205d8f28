//! Requests that two readers of HTTP read differently.

use super::encodings::{brotli, deflate, gzip, utf16, utf32};
use super::vector::{
    ALL, ALLOWED, Columns, ENCODING, Expect, Form, Framing, HEADER, HIDDEN, JSON, LARGE, MESSAGE,
    NOBODY, Request, TOOL, TYPE, VERB, VERSION, Vector, method,
};

/// The vectors of this form.
pub(crate) fn vectors(form: Form) -> Vec<Vector> {
    let mut vectors = types(form);
    vectors.extend(codings(form));
    vectors.extend(framings(form));
    vectors.extend(smuggled(form));
    vectors.extend(mirrors(form));
    vectors.extend(versions(form));
    vectors.extend(verbs(form));
    vectors.extend(paths(form));
    vectors.extend(lines(form));
    vectors
}

fn hidden(form: Form) -> Request {
    form.post(HIDDEN, form.call(HIDDEN))
}

fn allowed(form: Form) -> Request {
    form.post(ALLOWED, form.call(ALLOWED))
}

/// What the body is said to be.
fn types(form: Form) -> Vec<Vector> {
    let python = match form {
        Form::Legacy(_) => "21",
        Form::Modern => "M1",
    };
    let modern = |columns: Columns| match form {
        Form::Legacy(_) => "",
        Form::Modern => columns,
    };
    let mut vectors = vec![
        Vector::new(
            "no content type",
            hidden(form).without("content-type"),
            TYPE,
        ),
        Vector::new(
            "two content types",
            hidden(form).header("Content-Type", "text/plain"),
            TYPE,
        ),
        Vector::new(
            "two content types, JSON last",
            hidden(form).first("Content-Type", "text/plain"),
            TYPE,
        ),
        Vector::new(
            "JSON twice",
            hidden(form).header("Content-Type", "application/json"),
            TYPE,
        ),
    ];
    // The type, what Sluice says to it, and who reads it as JSON.
    let table: Vec<(&str, Expect, Columns)> = vec![
        ("", TYPE, ""),
        ("text/plain", TYPE, ""),
        ("text/json", TYPE, ""),
        ("application/json-rpc", TYPE, ""),
        ("application/vnd.api+json", TYPE, ""),
        ("application/x-www-form-urlencoded", TYPE, ""),
        ("multipart/form-data; boundary=x", TYPE, ""),
        ("application/json, text/plain", TYPE, python),
        ("text/plain, application/json", TYPE, ""),
        ("application/json,application/json", TYPE, ""),
        ("application/jsonx", TYPE, modern("M")),
        ("xapplication/json", TYPE, ""),
        ("application/json; boundary=x", TYPE, ALL),
        ("application/json;", TYPE, ""),
        ("application/json; charset=iso-8859-1", TYPE, "T2M1R"),
        ("application/json; charset=utf-16le", TYPE, "T2M1R"),
        ("application/json; charset=utf-7", TYPE, "T2M1R"),
        ("application/json; charset=utf-8; charset=utf-16", TYPE, ""),
        ("application/json; charset=\"utf-16\"", TYPE, ""),
        ("application/json\t; charset=utf-8", TOOL, ""),
        ("application/json ; charset=utf-8", TOOL, ""),
        ("application/json; charset=utf-8", TOOL, ALL),
        ("application/json; charset=\"UTF-8\"", TOOL, ""),
        ("APPLICATION/JSON", TOOL, "TER"),
        ("text/event-stream", TYPE, ""),
    ];
    for (value, expect, bites) in table {
        let request = hidden(form).with("Content-Type", value);
        vectors.push(Vector::new(format!("type {value:?}"), request, expect).bites(bites));
    }
    let call = form.call(HIDDEN);
    let said = |charset: &str, body: Vec<u8>| {
        let value = format!("application/json; charset={charset}");
        let request = form.post(HIDDEN, body).with("Content-Type", value);
        Vector::new(format!("in {charset}, and said to be"), request, TYPE).bites("EM1")
    };
    vectors.push(said("utf-16le", utf16(&call, u16::to_le_bytes)));
    vectors.push(said("utf-16be", utf16(&call, u16::to_be_bytes)));
    vectors.push(said(
        "utf-16",
        utf16(&format!("\u{feff}{call}"), u16::to_le_bytes),
    ));
    vectors.push(said("utf-32le", utf32(&call, u32::to_le_bytes)));
    vectors.push(said("utf-32be", utf32(&call, u32::to_be_bytes)));
    for value in [
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
    ] {
        let request = allowed(form).with("Content-Type", value);
        vectors.push(Vector::new(
            format!("{ALLOWED}: type {value:?}"),
            request,
            Expect::Passed,
        ));
    }
    vectors
}

/// Encoded bodies, and such that are said to be.
fn codings(form: Form) -> Vec<Vector> {
    let call = form.call(HIDDEN);
    let encoded = |coding: &str, body: Vec<u8>, bites| {
        let request = form.post(HIDDEN, body).header("Content-Encoding", coding);
        Vector::new(format!("coded as {coding:?}"), request, ENCODING).bites(bites)
    };
    let labelled = |coding: &str, expect, bites| {
        let request = hidden(form).header("Content-Encoding", coding);
        Vector::new(format!("said to be coded as {coding:?}"), request, expect).bites(bites)
    };
    let plain = form.post(HIDDEN, gzip(call.as_bytes()));
    vec![
        encoded("gzip", gzip(call.as_bytes()), "E"),
        encoded("GZIP", gzip(call.as_bytes()), "E"),
        encoded("deflate", deflate(call.as_bytes()), "E"),
        encoded("br", brotli(call.as_bytes()), "E"),
        encoded("gzip, gzip", gzip(&gzip(call.as_bytes())), ""),
        Vector::new("gzip, not said to be", plain, JSON),
        labelled("gzip", ENCODING, "T2M1R"),
        labelled("foo", ENCODING, "T2M1R"),
        labelled("identity, gzip", ENCODING, "T2M1R"),
        labelled("", ENCODING, ""),
        labelled("identity", TOOL, ALL),
        Vector::new(
            "identity and gzip",
            form.post(HIDDEN, gzip(call.as_bytes()))
                .header("Content-Encoding", "identity")
                .header("Content-Encoding", "gzip"),
            ENCODING,
        ),
        Vector::new(
            "a transfer coding gzip",
            form.post(HIDDEN, gzip(call.as_bytes()))
                .header("Transfer-Encoding", "gzip, chunked")
                .framing(Framing::Bare),
            Expect::Envoy(0),
        ),
    ]
}

/// Bodies in pieces.
fn framings(form: Form) -> Vec<Vector> {
    let pieces =
        |request: Request, size, trailers| request.framing(Framing::Chunks(size, trailers));
    let bare = |head: &[(&str, &str)], body: Vec<u8>| {
        let request = form.post(HIDDEN, body).framing(Framing::Bare);
        head.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    };
    let call = form.call(HIDDEN);
    let chunk = |head: &str, body: &str| format!("{head}\r\n{body}\r\n0\r\n\r\n").into_bytes();
    let length = format!("{:x}", call.len());
    let chunked = [("Transfer-Encoding", "chunked")];
    vec![
        Vector::new("a chunk for each byte", pieces(hidden(form), 1, ""), TOOL).bites(ALL),
        Vector::new("a chunk for seven bytes", pieces(hidden(form), 7, ""), TOOL).bites(ALL),
        Vector::new(
            "trailers with another name",
            pieces(hidden(form), 9, "Mcp-Name: get_repo\r\n"),
            TOOL,
        )
        .bites(ALL),
        Vector::new(
            "trailers with another type",
            pieces(
                hidden(form),
                9,
                "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n",
            ),
            TOOL,
        ),
        Vector::new(
            "allowed, a chunk for each byte",
            pieces(allowed(form), 1, ""),
            Expect::Passed,
        ),
        Vector::new(
            "allowed, the hidden name in trailers",
            pieces(allowed(form), 5, "Mcp-Name: delete_repo\r\n"),
            Expect::Passed,
        ),
        Vector::new(
            "a chunk with an extension",
            bare(&chunked, chunk(&format!("{length};x=y"), &call)),
            TOOL,
        ),
        Vector::new(
            "a chunk with zeros before its length",
            bare(&chunked, chunk(&format!("000{length}"), &call)),
            TOOL,
        ),
        Vector::new(
            "a chunk with a sign",
            bare(&chunked, chunk(&format!("+{length}"), &call)),
            Expect::Envoy(0),
        ),
        // Envoy skips what stands between a chunk and the end of its line; it goes nowhere.
        Vector::new(
            "words behind a chunk",
            bare(
                &chunked,
                format!(
                    "{:x}\r\n{}{call}\r\n0\r\n\r\n",
                    form.call(ALLOWED).len(),
                    form.call(ALLOWED)
                )
                .into(),
            )
            .with("Mcp-Name", ALLOWED),
            Expect::Passed,
        ),
        Vector::new(
            "a chunk that is too short",
            bare(&chunked, chunk("5", &call)),
            JSON,
        ),
        Vector::new(
            "a chunk of a length beyond numbers",
            bare(&chunked, chunk("fffffffffffffffff", &call)),
            Expect::Envoy(0),
        )
        .not_directly(),
        Vector::new(
            "chunks ended by line feeds",
            bare(&chunked, format!("{length}\n{call}\n0\n\n").into()),
            Expect::Envoy(0),
        )
        .not_directly(),
        Vector::new(
            "a length of no number",
            bare(&[("Content-Length", "4x")], call.clone().into()),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a length with a sign",
            bare(
                &[("Content-Length", &format!("+{}", call.len()))],
                call.clone().into(),
            ),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a negative length",
            bare(&[("Content-Length", "-1")], call.clone().into()),
            Expect::Envoy(0),
        ),
        Vector::new(
            "no length",
            bare(&[], call.clone().into()),
            Expect::Refused(400, -32600, "malformed_message"),
        ),
        Vector::new(
            "no body",
            form.post(HIDDEN, ""),
            Expect::Refused(400, -32600, "malformed_message"),
        ),
        Vector::new(
            "a body of 5 000 000 bytes",
            form.post(HIDDEN, call.clone() + &" ".repeat(5_000_000)),
            LARGE,
        ),
        Vector::new(
            "the same in chunks",
            pieces(
                form.post(HIDDEN, call + &" ".repeat(5_000_000)),
                1 << 16,
                "",
            ),
            LARGE,
        ),
    ]
}

/// Requests that hide in others.
fn smuggled(form: Form) -> Vec<Vector> {
    let inner = String::from_utf8(hidden(form).bytes(
        &super::vector::Place {
            path: "/mcp",
            session: None,
        },
        true,
    ))
    .unwrap();
    let call = form.call(ALLOWED);
    let chunks = format!("{:x}\r\n{call}\r\n0\r\n\r\n", call.len());
    let both = |length: usize, body: String| {
        form.post(ALLOWED, body)
            .header("Content-Length", length.to_string())
            .header("Transfer-Encoding", "chunked")
            .framing(Framing::Bare)
    };
    let coded = |value: &str| {
        form.post(ALLOWED, chunks.clone() + &inner)
            .header("Content-Length", chunks.len().to_string())
            .header("Transfer-Encoding", value)
            .framing(Framing::Bare)
    };
    let keep = |request: Request| request.header("Connection", "keep-alive");
    vec![
        Vector::new(
            "two requests on one connection",
            keep(allowed(form)),
            Expect::Passed,
        )
        .then(hidden(form), TOOL)
        .bites(ALL),
        Vector::new("the hidden one first", keep(hidden(form)), TOOL)
            .then(allowed(form), Expect::Passed)
            .bites(ALL),
        Vector::new(
            "a length and chunks",
            both(chunks.len(), chunks.clone()),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a length that ends behind the chunks",
            both(chunks.len() + inner.len(), chunks.clone() + &inner),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a length of nothing and chunks",
            both(0, chunks.clone()),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a space before the coding",
            coded(" chunked"),
            Expect::Envoy(0),
        ),
        Vector::new("a coding in capitals", coded("CHUNKED"), Expect::Envoy(0)),
        Vector::new(
            "a coding that nobody knows",
            coded("xchunked"),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a coding with a vertical tab",
            coded("\u{b}chunked"),
            Expect::Envoy(0),
        ),
        Vector::new(
            "two lengths",
            form.post(ALLOWED, call.clone() + &inner)
                .header("Content-Length", call.len().to_string())
                .header("Content-Length", (call.len() + inner.len()).to_string())
                .framing(Framing::Bare),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a list of lengths",
            form.post(ALLOWED, call.clone() + &inner)
                .header("Content-Length", format!("{}, {}", call.len(), call.len()))
                .framing(Framing::Bare),
            Expect::Envoy(0),
        ),
        Vector::new(
            "a request in a body",
            form.post(ALLOWED, inner.clone()),
            JSON,
        ),
    ]
}

/// Headers that mirror the message.
fn mirrors(form: Form) -> Vec<Vector> {
    // A header that means something since 2026-07-28 only; before, it is taken off.
    let modern = |expect: Expect, otherwise: Expect| match form {
        Form::Modern => expect,
        Form::Legacy(_) => otherwise,
    };
    let bites = |modern: Columns| match form {
        Form::Modern => modern,
        Form::Legacy(_) => ALL,
    };
    let lie = form.post(ALLOWED, form.call(HIDDEN));
    let mut vectors = vec![
        Vector::new("headers of what is allowed", lie, modern(HEADER, TOOL)).bites(bites("")),
        Vector::new(
            "headers of what is hidden",
            form.post(HIDDEN, form.call(ALLOWED)),
            modern(HEADER, Expect::Passed),
        ),
        Vector::new(
            "a list in the header",
            hidden(form).with("Mcp-Method", "tools/list"),
            modern(HEADER, TOOL),
        )
        .bites(bites("")),
        Vector::new(
            "no method in the headers",
            hidden(form).without("Mcp-Method"),
            modern(HEADER, TOOL),
        )
        .bites(bites("")),
        Vector::new(
            "no name in the headers",
            hidden(form).without("Mcp-Name"),
            modern(HEADER, TOOL),
        )
        .bites(bites("")),
        Vector::new(
            "an empty name",
            hidden(form).with("Mcp-Name", ""),
            modern(HEADER, TOOL),
        ),
        Vector::new(
            "the name encoded",
            hidden(form).with("Mcp-Name", "=?base64?ZGVsZXRlX3JlcG8=?="),
            TOOL,
        ),
        Vector::new(
            "the name encoded without an end",
            hidden(form).with("Mcp-Name", "=?base64?ZGVsZXRlX3JlcG8?="),
            modern(HEADER, TOOL),
        ),
        Vector::new(
            "the name encoded in capitals",
            hidden(form).with("Mcp-Name", "=?BASE64?ZGVsZXRlX3JlcG8=?="),
            modern(HEADER, TOOL),
        ),
        Vector::new(
            "the allowed name encoded",
            form.post("=?base64?Z2V0X3JlcG8=?=", form.call(ALLOWED)),
            Expect::Passed,
        ),
        Vector::new(
            "spaces around the name",
            hidden(form).with("Mcp-Name", " \tdelete_repo\t "),
            TOOL,
        ),
        Vector::new(
            "the name in letters beyond ASCII",
            hidden(form).with("Mcp-Name", "delete_repo\u{e9}"),
            HEADER,
        ),
        Vector::new(
            "the name with a byte beyond ASCII",
            hidden(form).with("Mcp-Name", b"delete_repo\xff"),
            HEADER,
        ),
        Vector::new(
            "a header of an argument",
            hidden(form).header("Mcp-Param-Name", "get_repo"),
            TOOL,
        )
        .bites(ALL),
        Vector::new(
            "an unknown header",
            hidden(form).header("Mcp-Tool", "get_repo"),
            TOOL,
        )
        .bites(ALL),
        Vector::new(
            "settings of servers",
            hidden(form)
                .header("X-MCP-Tools", "delete_repo")
                .header("X-MCP-Toolsets", "all"),
            TOOL,
        )
        .bites(ALL),
    ];
    for name in [
        "Mcp-Method",
        "Mcp-Name",
        "MCP-Protocol-Version",
        "Mcp-Session-Id",
    ] {
        let (own, other) = match (name, form) {
            ("Mcp-Method", _) => ("tools/call", "tools/list"),
            ("Mcp-Name", _) => (HIDDEN, ALLOWED),
            ("MCP-Protocol-Version", Form::Legacy(version)) => (version, "2026-07-28"),
            ("MCP-Protocol-Version", Form::Modern) => ("2026-07-28", "2025-06-18"),
            _ => ("a", "b"),
        };
        for (what, values) in [
            ("own, other", [own, other]),
            ("other, own", [other, own]),
            ("the same", [own, own]),
        ] {
            let request = hidden(form).without_session().without(name);
            let request = request.header(name, values[0]).header(name, values[1]);
            vectors.push(Vector::new(
                format!("{name} twice: {what}"),
                request,
                HEADER,
            ));
        }
    }
    // Envoy closes without a word: another server might read `_` as `-`.
    for name in [
        "Mcp_Name",
        "Mcp_Method",
        "MCP_Protocol_Version",
        "mcp_session_id",
        "x_y",
    ] {
        let request = hidden(form).header(name, "get_repo");
        vectors.push(Vector::new(format!("a header {name}"), request, Expect::Envoy(0)).bites(ALL));
    }
    vectors
}

/// Versions of the protocol.
fn versions(form: Form) -> Vec<Vector> {
    let meta = |version: &str| Form::Modern.call(HIDDEN).replace("2026-07-28", version);
    let post = |header: &str, body: String| {
        Form::Modern
            .post(HIDDEN, body)
            .with("MCP-Protocol-Version", header)
    };
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{@meta"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    let mut vectors = match form {
        Form::Legacy(_) => vec![
            Vector::new("no version", hidden(form).without("MCP-Protocol-Version"), TOOL).bites(ALL),
            Vector::new("no version, allowed", allowed(form).without("MCP-Protocol-Version"), Expect::Passed),
            Vector::new("a legacy body under a modern header", hidden(form).with("MCP-Protocol-Version", "2026-07-28"), Expect::Refused(400, -32602, "invalid_params")),
            Vector::new("both versions in one header", hidden(form).with("MCP-Protocol-Version", "2025-06-18, 2026-07-28"), VERSION),
            Vector::new("a version that nobody knows", hidden(form).with("MCP-Protocol-Version", "2099-01-01"), VERSION),
            Vector::new("a draft", hidden(form).with("MCP-Protocol-Version", "DRAFT-2026-v1"), VERSION),
            Vector::new("an empty version", hidden(form).with("MCP-Protocol-Version", ""), VERSION),
            Vector::new("a modern body without a header", Form::Modern.post(HIDDEN, meta("2026-07-28")).without("MCP-Protocol-Version"), HEADER).bites("21"),
            Vector::new("a modern body under a legacy header", post("2025-11-25", meta("2026-07-28")), HEADER).bites("21"),
            Vector::new("a legacy claim in the body", post("2025-11-25", meta("2025-11-25")), VERSION).bites("21R"),
            Vector::new("a claim that is null", post("2025-11-25", meta("2026-07-28").replace("\"2026-07-28\"", "null")), Expect::Refused(400, -32602, "invalid_params")),
        ],
        Form::Modern => vec![
            Vector::new("a version that nobody knows", post("2099-01-01", meta("2099-01-01")), VERSION),
            Vector::new("a modern header over a legacy claim", post("2026-07-28", meta("2025-11-25")), HEADER),
            Vector::new("no capabilities", form.post(HIDDEN, form.call(HIDDEN).replace(r#","io.modelcontextprotocol/clientCapabilities":{}"#, "")), Expect::Refused(400, -32602, "invalid_params")),
            Vector::new("_meta in an array", form.post(HIDDEN, form.call(HIDDEN).replace("\"_meta\":{", "\"_meta\":[{").replace("{}},", "{}}],")), Expect::Refused(400, -32602, "invalid_params")),
            Vector::new("a session", hidden(form).without_session().header("Mcp-Session-Id", "x"), TOOL).bites(ALL),
            Vector::new("a session, allowed", allowed(form).without_session().header("Mcp-Session-Id", "x"), Expect::Passed),
            Vector::new("an event to resume from", hidden(form).header("Last-Event-ID", "1"), TOOL).bites(ALL),
            Vector::new("initialize", form.post(HIDDEN, form.fill(initialize)).with("Mcp-Method", "initialize").without("Mcp-Name"), method(form)),
            Vector::new("an answer of the client", form.post(HIDDEN, r#"{"jsonrpc":"2.0","id":1,"result":{"role":"assistant","model":"m","content":{"type":"tool_use","id":"1","name":"delete_repo","input":{}}}}"#), MESSAGE),
            Vector::new("a tool in the answers to a server", form.post(ALLOWED, form.call(ALLOWED).replace(r#""arguments""#, r#""inputResponses":{"a":{"role":"assistant","model":"m","content":[{"type":"tool_use","id":"1","name":"delete_repo","input":{}}]}},"arguments""#)), TOOL),
        ],
    };
    if let Form::Legacy(_) = form {
        let sampled = r#"{"jsonrpc":"2.0","id":1,"result":{"role":"assistant","model":"m","content":[{"type":"tool_use","id":"1","name":"delete_repo","input":{}}]}}"#;
        vectors.push(Vector::new(
            "a tool in an answer of the client",
            form.post(HIDDEN, sampled),
            Expect::Refused(400, -32602, "tool_not_enabled"),
        ));
    }
    vectors
}

/// Methods of HTTP, and headers that stand for them.
fn verbs(form: Form) -> Vec<Vector> {
    let mut vectors = Vec::new();
    for verb in ["PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        vectors.push(Vector::new(
            format!("{verb} with the call"),
            hidden(form).verb(verb),
            VERB,
        ));
    }
    for verb in ["POSTX", "post"] {
        let request = hidden(form).verb(verb);
        vectors.push(Vector::new(
            format!("{verb} with the call"),
            request,
            Expect::Envoy(0),
        ));
    }
    for verb in ["GET", "DELETE"] {
        let request = hidden(form).verb(verb);
        vectors.push(Vector::new(format!("{verb} with the call"), request, MESSAGE).not_directly());
        let request = hidden(form).verb(verb).framing(Framing::Chunks(9, ""));
        vectors.push(
            Vector::new(format!("{verb} with the call in chunks"), request, MESSAGE).not_directly(),
        );
    }
    for header in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
    ] {
        let get = hidden(form).verb("GET").header(header, "POST");
        vectors.push(Vector::new(format!("GET with {header}"), get, MESSAGE).not_directly());
        let put = hidden(form).verb("PUT").header(header, "POST");
        vectors.push(Vector::new(format!("PUT with {header}"), put, VERB));
        let post = allowed(form).header(header, "DELETE");
        vectors.push(Vector::new(
            format!("POST with {header}"),
            post,
            Expect::Passed,
        ));
    }
    vectors.push(
        Vector::new(
            "CONNECT",
            Request::new("CONNECT", "").target("localhost:80"),
            NOBODY,
        )
        .not_directly(),
    );
    vectors
}

/// Other ways to the server.
fn paths(form: Form) -> Vec<Vector> {
    // Where Envoy has no route, Sluice is not asked.
    let table: Vec<(&str, Expect)> = vec![
        ("@path?", MESSAGE),
        ("@path?tool=delete_repo", MESSAGE),
        ("@path#x", Expect::Envoy(400)),
        ("@path/", NOBODY),
        ("/@path", NOBODY),
        ("/mcp", NOBODY),
        ("/", NOBODY),
        ("/sse", NOBODY),
        ("/MCP/scope", NOBODY),
        ("/mcp/SCOPE", NOBODY),
        ("/mcp/other", NOBODY),
        ("/mcp/scope.", NOBODY),
        ("/mcp/./scope", TOOL),
        ("/mcp/x/../scope", TOOL),
        ("/mcp/..", NOBODY),
        ("/mcp/scope/..", NOBODY),
        ("/mcp/scope/../../mcp", NOBODY),
        ("/mcp/scop%65", TOOL),
        ("/mcp/%2e%2e/mcp", NOBODY),
        ("/mcp%2fscope", Expect::Envoy(400)),
        ("/mcp%5cscope", Expect::Envoy(400)),
        ("/mcp\\scope", TOOL),
        ("/mcp/scope%00", Expect::Envoy(400)),
        ("/mcp/scope;x=y", NOBODY),
        ("/mcp/scope%3ftool=delete_repo", NOBODY),
        ("http://localhost@path", TOOL),
        ("http://x:y@localhost@path", TOOL),
        ("*", Expect::Envoy(0)),
        ("scope", Expect::Envoy(0)),
    ];
    let table = table.into_iter();
    table
        .map(|(target, expect)| {
            let request = hidden(form).target(target);
            Vector::new(format!("to {target}"), request, expect).not_directly()
        })
        .collect()
}

/// Lines of the head.
fn lines(form: Form) -> Vec<Vector> {
    // What the headers say, too.
    let differs = match form {
        Form::Modern => HEADER,
        Form::Legacy(_) => TOOL,
    };
    let table: Vec<(&str, Request, Expect)> = vec![
        (
            "HTTP/1.0",
            hidden(form).protocol("HTTP/1.0"),
            Expect::Envoy(0),
        ),
        (
            "HTTP/1.2",
            hidden(form).protocol("HTTP/1.2"),
            Expect::Envoy(0),
        ),
        (
            "HTTP/2.0",
            hidden(form).protocol("HTTP/2.0"),
            Expect::Envoy(0),
        ),
        (
            "Expect: 100-continue",
            hidden(form).header("Expect", "100-continue"),
            TOOL,
        ),
        (
            "Expect: something else",
            hidden(form).header("Expect", "x"),
            TOOL,
        ),
        (
            "an upgrade to WebSocket",
            hidden(form)
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket"),
            Expect::Envoy(403),
        ),
        (
            "an upgrade to HTTP/2",
            hidden(form)
                .header("Connection", "Upgrade, HTTP2-Settings")
                .header("Upgrade", "h2c")
                .header("HTTP2-Settings", "AAMAAABkAAQAAP__"),
            TOOL,
        ),
        (
            "a folded header",
            hidden(form).with("Mcp-Name", "get_repo\r\n delete_repo"),
            differs,
        ),
        (
            "a space before the colon",
            hidden(form).header("Mcp-Name ", "get_repo"),
            Expect::Envoy(0),
        ),
        (
            "a line feed in a header",
            hidden(form).header("X-A", "a\nMcp-Name: get_repo"),
            differs,
        ),
        (
            "a carriage return in a header",
            hidden(form).header("X-A", "a\rMcp-Name: get_repo"),
            TOOL,
        ),
        (
            "NUL in a header",
            hidden(form).header("X-A", "a\0b"),
            Expect::Envoy(0),
        ),
        (
            "a header without a name",
            hidden(form).header("", "x"),
            Expect::Envoy(0),
        ),
        (
            "a line without a colon",
            hidden(form).header("X-A", "a\r\nx"),
            Expect::Envoy(0),
        ),
        (
            "two hosts",
            hidden(form).header("Host", "a").header("Host", "b"),
            HEADER,
        ),
        (
            "headers of 100 kB",
            hidden(form).header("X-A", "a".repeat(100_000)),
            Expect::Envoy(0),
        ),
        (
            "200 headers",
            (0..200).fold(hidden(form), |request, n| {
                request.header(&format!("X-{n}"), "x")
            }),
            Expect::Envoy(0),
        ),
        (
            "Connection takes off the version",
            hidden(form).header("Connection", "close, mcp-protocol-version"),
            differs,
        ),
        (
            "a route of the client's own",
            hidden(form).header("x-sluice-route", "maintainer"),
            TOOL,
        ),
        (
            "a path of Envoy's",
            hidden(form).header("x-envoy-original-path", "/mcp/other"),
            TOOL,
        ),
        (
            "another URL",
            hidden(form)
                .header("X-Original-URL", "/mcp")
                .header("X-Rewrite-URL", "/mcp"),
            TOOL,
        ),
    ];
    let table = table.into_iter();
    table
        .map(|(what, request, expect)| Vector::new(format!("line: {what}"), request, expect))
        .collect()
}
