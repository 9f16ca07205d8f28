//! What a vector is: bytes that try to have the hidden tool executed, and what Sluice says to them.

/// The tool that the virtual server does not have.
pub(crate) const HIDDEN: &str = "delete_repo";
/// A tool that it has. It takes the same arguments.
pub(crate) const ALLOWED: &str = "get_repo";

/// The version of the protocol in which vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With sessions, where the server keeps them, and this version in the header.
    Legacy(&'static str),
    /// 2026-07-28: the version in `_meta`, and headers that mirror the message.
    Modern,
}

impl Form {
    pub(crate) fn is_modern(self) -> bool {
        self == Self::Modern
    }

    /// The version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Legacy(version) => version,
            Self::Modern => "2026-07-28",
        }
    }

    /// Puts into a template what the form has instead of `@meta`.
    pub(crate) fn fill(self, template: &str) -> String {
        let meta = match self {
            Self::Legacy(_) => "",
            Self::Modern => {
                r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"#
            }
        };
        template.replace("@meta", meta)
    }

    /// A call of a tool. It ends with `"arguments":{"name":"x"}}}`.
    pub(crate) fn call(self, tool: &str) -> String {
        self.fill(&template(tool))
    }

    /// A POST of this body, which calls `tool`, with the headers that belong to it.
    pub(crate) fn post(self, tool: &str, body: impl Into<Vec<u8>>) -> Request {
        let request = Request::new("POST", body)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream");
        match self {
            Self::Legacy(version) => request.header("MCP-Protocol-Version", version),
            Self::Modern => request
                .header("MCP-Protocol-Version", "2026-07-28")
                .header("Mcp-Method", "tools/call")
                .header("Mcp-Name", tool),
        }
    }
}

/// A call of a tool, as [`Form::fill`] takes it.
pub(crate) fn template(tool: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{@meta"name":"{tool}","arguments":{{"name":"x"}}}}}}"#
    )
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Sluice refuses: the HTTP status, the code, the reason.
    Refused(u16, i64, &'static str),
    /// Envoy refuses with this status before Sluice is asked; 0 if it closes without a word.
    Envoy(u16),
    /// It goes on, and the allowed tool is executed once.
    Passed,
}

/// Not strict JSON.
pub(crate) const JSON: Expect = Expect::Refused(400, -32700, "malformed_json");
/// JSON, but not one message.
pub(crate) const MESSAGE: Expect = Expect::Refused(400, -32600, "malformed_message");
/// A call of a tool that is not enabled.
pub(crate) const TOOL: Expect = Expect::Refused(200, -32602, "tool_not_enabled");
/// Parameters that are not what `tools/call` takes.
pub(crate) const PARAMS: Expect = Expect::Refused(200, -32602, "invalid_params");
/// An array.
pub(crate) const BATCH: Expect = Expect::Refused(400, -32600, "batch_not_enabled");
/// Nested too deep.
pub(crate) const DEEP: Expect = Expect::Refused(400, -32700, "json_too_deep");
/// A number of too many digits.
pub(crate) const DIGITS: Expect = Expect::Refused(400, -32700, "number_too_long");
/// An id that is too long.
pub(crate) const ID: Expect = Expect::Refused(400, -32600, "id_too_long");
/// A content type that is not read.
pub(crate) const TYPE: Expect = Expect::Refused(415, -32600, "unsupported_content_type");
/// An encoded body.
pub(crate) const ENCODING: Expect = Expect::Refused(415, -32600, "unsupported_content_encoding");
/// A header that is missing, malformed, repeated, or at odds with the body.
pub(crate) const HEADER: Expect = Expect::Refused(400, -32020, "header_mismatch");
/// A version that is not served.
pub(crate) const VERSION: Expect = Expect::Refused(400, -32022, "unsupported_version");
/// No virtual server.
pub(crate) const NOBODY: Expect = Expect::Refused(404, -32601, "unknown_virtual_server");
/// A method of HTTP that MCP does not use.
pub(crate) const VERB: Expect = Expect::Refused(405, -32601, "http_method_not_allowed");
/// A body that is too long.
pub(crate) const LARGE: Expect = Expect::Refused(413, -32600, "body_too_large");

/// A method that does not pass.
pub(crate) const fn method(form: Form) -> Expect {
    let status = match form {
        Form::Legacy(_) => 200,
        Form::Modern => 404,
    };
    Expect::Refused(status, -32601, "method_not_enabled")
}

/// The columns of servers, as vectors name them: without Sluice, a server of a column that the
/// vector names executes the hidden tool.
///
/// `T` TypeScript that reads the body itself, `E` behind `express.json()`, `2` Python 2.x before
/// 2026-07-28, `M` since then, `1` Python 1.x, `R` rmcp.
pub(crate) type Columns = &'static str;

/// All of them.
pub(crate) const ALL: Columns = "TE2M1R";

/// Requests on one connection.
#[derive(Debug, Clone)]
pub(crate) struct Vector {
    pub(crate) what: String,
    pub(crate) requests: Vec<(Request, Expect)>,
    pub(crate) bites: Columns,
    /// Whether a server without Sluice may be asked too. Some would be busy for minutes.
    pub(crate) direct: bool,
}

impl Vector {
    pub(crate) fn new(what: impl Into<String>, request: Request, expect: Expect) -> Self {
        Self {
            what: what.into(),
            requests: vec![(request, expect)],
            bites: "",
            direct: true,
        }
    }

    /// Servers of these columns execute the hidden tool when Sluice is not there.
    pub(crate) fn bites(mut self, columns: Columns) -> Self {
        self.bites = columns;
        self
    }

    /// Whether nothing is to be heard.
    pub(crate) fn is_silent(&self) -> bool {
        let mut expected = self.requests.iter().map(|(_, expect)| *expect);
        expected.all(|expect| expect == Expect::Envoy(0))
    }

    /// One more request on the same connection.
    pub(crate) fn then(mut self, request: Request, expect: Expect) -> Self {
        self.requests.push((request, expect));
        self
    }

    /// Only through Sluice.
    pub(crate) fn not_directly(mut self) -> Self {
        self.direct = false;
        self
    }
}

/// How a body is framed.
#[derive(Debug, Clone)]
pub(crate) enum Framing {
    /// By its length.
    Length,
    /// In chunks of this many bytes, with these trailer lines.
    Chunks(usize, &'static str),
    /// As the headers of the request say; nothing is added.
    Bare,
}

/// A request as it stands on the wire. Nothing of it is checked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    verb: String,
    /// `@path` stands for the path of the server.
    target: String,
    protocol: &'static str,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    framing: Framing,
    has_session: bool,
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: &'static str,
    pub(crate) session: Option<String>,
}

impl Request {
    pub(crate) fn new(verb: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            verb: verb.into(),
            target: "@path".to_owned(),
            protocol: "HTTP/1.1",
            headers: Vec::new(),
            body: body.into(),
            framing: Framing::Length,
            has_session: true,
        }
    }

    /// One more header line.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// One more header line, before all others.
    pub(crate) fn first(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let line = (name.to_owned(), value.as_ref().to_vec());
        self.headers.insert(0, line);
        self
    }

    /// Without the header lines of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// With one header line of this name.
    pub(crate) fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn verb(mut self, verb: &str) -> Self {
        verb.clone_into(&mut self.verb);
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    pub(crate) fn protocol(mut self, protocol: &'static str) -> Self {
        self.protocol = protocol;
        self
    }

    pub(crate) fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Without the id of the session.
    pub(crate) fn without_session(mut self) -> Self {
        self.has_session = false;
        self
    }

    /// The bytes; the last request of a connection says so.
    pub(crate) fn bytes(&self, place: &Place, is_last: bool) -> Vec<u8> {
        let target = self.target.replace("@path", place.path);
        let mut bytes = format!("{} {target} {}\r\n", self.verb, self.protocol).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        let has = |name: &str| {
            let mut names = self.headers.iter().map(|(key, _)| key.as_str());
            names.any(|key| key.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            line("Host", b"127.0.0.1:8000");
        }
        if is_last && !has("connection") {
            line("Connection", b"close");
        }
        if let Some(session) = place.session.as_ref().filter(|_| self.has_session) {
            line("Mcp-Session-Id", session.as_bytes());
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        match self.framing {
            Framing::Length => line("Content-Length", self.body.len().to_string().as_bytes()),
            Framing::Chunks(..) => line("Transfer-Encoding", b"chunked"),
            Framing::Bare => {}
        }
        bytes.extend_from_slice(b"\r\n");
        match self.framing {
            Framing::Length | Framing::Bare => bytes.extend_from_slice(&self.body),
            Framing::Chunks(size, trailers) => {
                for chunk in self.body.chunks(size) {
                    let length = format!("{:x}\r\n", chunk.len());
                    bytes.extend_from_slice(length.as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            }
        }
        bytes
    }
}
