//! What a server could leak and a client could invoke: for every message and field of MCP that
//! names, describes, carries or runs what is hidden, a test, in every version that has it and in
//! every way in which it can come. `docs/security.md` is the table of these tests.

mod calls;
mod content;
mod failures;
mod handshake;
mod meta;
mod methods;
mod news;
mod questions;
mod reads;
mod renamed;
mod tasks;
mod tools;
mod transport;

use serde_json::{Map, Value, json};

use super::driver::{Call, Received, Sent, get, post};

/// What stands in everything that no client may see.
const HIDDEN: &str = "HIDDEN-7f3a9c";

const PATH: &str = "/mcp/surface";
const MESSAGES: &str = "/mcp/surface/messages?sessionId=a";
const SSE: &str = "/mcp/surface/sse";

/// How a message of a client comes: the versions of MCP, and what 2025-03-26 has besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Up {
    /// HTTP+SSE.
    V2024_11_05,
    V2025_03_26,
    /// As an element of a batch, beside a message that may pass.
    Batch,
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
}

/// The versions with sessions.
const LEGACY: [Up; 5] = [
    Up::V2024_11_05,
    Up::V2025_03_26,
    Up::Batch,
    Up::V2025_06_18,
    Up::V2025_11_25,
];

/// All versions.
const ALL: [Up; 6] = [
    Up::V2024_11_05,
    Up::V2025_03_26,
    Up::Batch,
    Up::V2025_06_18,
    Up::V2025_11_25,
    Up::V2026_07_28,
];

/// What became of a request.
#[derive(Debug)]
enum Fate {
    /// It went on; the message as the server gets it.
    Forwarded(Value),
    /// It did not; the HTTP status of the answer, and the message as the client gets it.
    Refused(u16, Value),
}

impl Up {
    fn is_modern(self) -> bool {
        self == Self::V2026_07_28
    }

    /// A POST of one message, by the endpoint of the version and with the headers that it needs.
    fn post(self, message: &Value) -> Call {
        let body = message.to_string();
        match self {
            Self::V2024_11_05 => post(body).path(MESSAGES).sealed(),
            Self::V2025_03_26 => post(body).path(PATH),
            Self::Batch => post(format!(
                r#"[{{"jsonrpc":"2.0","id":"beside","method":"tools/list"}},{body}]"#
            ))
            .path(PATH),
            Self::V2025_06_18 => post(body)
                .path(PATH)
                .header("mcp-protocol-version", "2025-06-18"),
            Self::V2025_11_25 => post(body)
                .path(PATH)
                .header("mcp-protocol-version", "2025-11-25"),
            Self::V2026_07_28 => {
                let call = post(body)
                    .path(PATH)
                    .header("mcp-protocol-version", "2026-07-28")
                    .header("mcp-method", message["method"].as_str().unwrap_or_default());
                let params = &message["params"];
                let name = match message["method"].as_str() {
                    Some("tools/call" | "prompts/get") => &params["name"],
                    Some("resources/read") => &params["uri"],
                    _ => &Value::Null,
                };
                match name.as_str() {
                    Some(name) => call.header("mcp-name", name),
                    None => call,
                }
            }
        }
    }

    /// The same, but a batch of nothing else.
    fn alone(self, message: &Value) -> Call {
        if self == Self::Batch {
            return post(self.written(message)).path(PATH);
        }
        self.post(message)
    }

    /// A message as a body or an event holds it.
    fn written(self, message: &Value) -> String {
        if self == Self::Batch {
            return format!("[{message}]");
        }
        message.to_string()
    }

    /// The message of a request with id 1.
    fn request(self, method: &str, mut params: Value) -> Value {
        if self.is_modern() {
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            let capabilities = &mut meta["io.modelcontextprotocol/clientCapabilities"];
            if capabilities.is_null() {
                *capabilities = json!({});
            }
        }
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    }

    /// Sends a request with id 1.
    #[track_caller]
    fn send(self, method: &str, params: Value) -> Fate {
        self.send_message(&self.request(method, params))
    }

    /// Sends a message.
    #[track_caller]
    fn send_message(self, message: &Value) -> Fate {
        let call = self.post(message);
        let written = call.body.clone().unwrap();
        match call.send() {
            Sent::Refused(refusal) => {
                let told: Value = serde_json::from_str(&refusal.body()).unwrap();
                Fate::Refused(refusal.status(), Self::element(told))
            }
            Sent::Forwarded(forwarded) => {
                let sent = forwarded.rewritten().map_or(written, String::into_bytes);
                let sent: Value = serde_json::from_slice(&sent).unwrap();
                let id = sent["id"].as_str().unwrap_or_default();
                match id.strip_prefix("sluice-refusal:") {
                    // It comes down the stream of HTTP+SSE, where 200 is all that there is.
                    Some(told) => Fate::Refused(200, serde_json::from_str(told).unwrap()),
                    None => Fate::Forwarded(Self::element(sent)),
                }
            }
        }
    }

    /// The message itself, out of a batch that holds another one.
    fn element(whole: Value) -> Value {
        match whole.as_array() {
            Some(elements) => elements.last().unwrap().clone(),
            None => whole,
        }
    }

    /// Asserts that a request goes on, and gives the parameters that the server gets, without the
    /// `_meta` that every modern request has.
    #[track_caller]
    fn passes(self, method: &str, params: &Value) -> Value {
        match self.send(method, params.clone()) {
            Fate::Forwarded(mut sent) => {
                assert_eq!(sent["method"], method, "{self:?}");
                let mut params = sent["params"].take();
                if let (true, Some(params)) = (self.is_modern(), params.as_object_mut()) {
                    let meta = params.get_mut("_meta").and_then(Value::as_object_mut);
                    let meta = meta.unwrap();
                    meta.retain(|key, _| !key.starts_with("io.modelcontextprotocol/"));
                    if meta.is_empty() {
                        params.remove("_meta");
                    }
                }
                params
            }
            refused @ Fate::Refused(..) => panic!("{self:?} {method} {params}: {refused:?}"),
        }
    }

    /// Asserts that a request is refused under its id, and gives the status, the code and the
    /// reason.
    #[track_caller]
    fn refuses(self, method: &str, params: &Value) -> (u16, i64, String) {
        match self.send(method, params.clone()) {
            Fate::Refused(status, told) => {
                assert_eq!(told["id"], 1, "{self:?} {method} {params}: {told}");
                let error = &told["error"];
                let reason = error["data"]["reason"].as_str().unwrap().to_owned();
                (status, error["code"].as_i64().unwrap(), reason)
            }
            sent @ Fate::Forwarded(_) => panic!("{self:?} {method} {params}: {sent:?}"),
        }
    }
}

/// What a client got of a message of the server, in one of the ways in which it can come.
#[derive(Debug)]
struct Down {
    /// The way.
    way: String,
    /// Whether it is a way of 2026-07-28.
    modern: bool,
    /// The messages that came, those of a batch one by one.
    messages: Vec<Value>,
}

/// The ways in which an answer can come.
fn answers(answer: &Value) -> Vec<Down> {
    let mut all = Vec::new();
    let call = json!({"name": "get_issue"});
    for up in ALL {
        let message = up.request("tools/call", call.clone());
        // Only the one message, so that there is only one answer.
        let forwarded = || up.alone(&message).forwarded();
        let body = up.written(answer);
        if up != Up::V2024_11_05 {
            let json = forwarded().json(&body);
            all.push(Down::new(format!("{up:?}, JSON"), up, json));
            let events = forwarded().events(&format!("id: 1\ndata: {body}\n\n"));
            all.push(Down::new(format!("{up:?}, event"), up, events));
        }
    }
    // Some clients take it for an answer to 1.
    let mut aliased = answer.clone();
    aliased["id"] = json!("1");
    let forwarded = Up::V2025_11_25
        .post(&Up::V2025_11_25.request("tools/call", call))
        .forwarded();
    let mut down = Down::new(
        "an id of another type".into(),
        Up::V2025_11_25,
        forwarded.json(&aliased.to_string()),
    );
    down.messages[0]["id"] = json!(1);
    all.push(down);
    all.extend(streams(answer));
    all
}

/// The ways in which a message can come on a stream that no request of the client waits on.
fn streams(message: &Value) -> Vec<Down> {
    let mut all = Vec::new();
    let events = format!("event: message\ndata: {message}\n\n");
    for (up, version) in [
        (Up::V2025_03_26, None),
        (Up::V2025_06_18, Some("2025-06-18")),
        (Up::V2025_11_25, Some("2025-11-25")),
    ] {
        for resumed in [false, true] {
            let mut call = get().path(PATH).header("mcp-session-id", "s");
            if let Some(version) = version {
                call = call.header("mcp-protocol-version", version);
            }
            if resumed {
                call = call.header("last-event-id", "7");
            }
            call = call.sealed();
            let way = format!("{up:?}, GET, resumed: {resumed}");
            all.push(Down::new(way, up, call.forwarded().events(&events)));
        }
    }
    let stream = get().path(SSE).forwarded();
    let way = "HTTP+SSE".to_owned();
    all.push(Down::new(way, Up::V2024_11_05, stream.events(&events)));
    all
}

/// The ways in which a server can say something, or ask for something, before it answers.
fn words(message: &Value) -> Vec<Down> {
    let mut all = streams(message);
    for up in ALL {
        let request = up.request("tools/call", json!({"name": "get_issue"}));
        if up == Up::V2024_11_05 {
            continue;
        }
        let call = up.alone(&request);
        let events = format!("data: {}\n\n", up.written(message));
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
        let received = call
            .forwarded()
            .events(&format!("{events}data: {answer}\n\n"));
        let mut down = Down::new(format!("{up:?}, event before the answer"), up, received);
        let last = down.messages.pop().unwrap();
        assert_eq!(last["id"], 1, "{down:?}");
        // What becomes of the message is nothing to the requests of a batch.
        assert!(up != Up::Batch || last.get("result").is_some(), "{last}");
        all.push(down);
    }
    let listen = Up::V2026_07_28.request("subscriptions/listen", json!({"notifications": {}}));
    let stream = Up::V2026_07_28.post(&listen).forwarded();
    let received = stream.events(&format!("data: {message}\n\n"));
    all.push(Down::new("listen".into(), Up::V2026_07_28, received));
    all
}

impl Down {
    fn new(way: String, up: Up, received: Received) -> Self {
        let text = received.text();
        let data = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .chain(text.starts_with(['{', '[']).then_some(&*text));
        let mut messages = Vec::new();
        for data in data {
            let value: Value =
                serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {text}"));
            match value.as_array() {
                Some(elements) => messages.extend_from_slice(elements),
                None => messages.push(value),
            }
        }
        Self {
            way,
            modern: up.is_modern(),
            messages,
        }
    }

    /// The only message that came.
    #[track_caller]
    fn message(&self) -> &Value {
        assert_eq!(self.messages.len(), 1, "{self:?}");
        &self.messages[0]
    }
}

/// Asserts that of an answer with the result `said` a client gets `expected`, in whatever way it
/// comes. What only tells how long a list may be kept is left out.
#[track_caller]
fn shows(said: &Value, expected: &Value) {
    for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "result": said})) {
        let mut message = down.message().clone();
        if let Some(result) = message["result"].as_object_mut() {
            for field in ["cacheScope", "ttlMs"] {
                if down.modern && !said.as_object().unwrap().contains_key(field) {
                    result.remove(field);
                }
            }
        }
        let expected = json!({"jsonrpc": "2.0", "id": 1, "result": expected});
        assert_eq!(message, expected, "{}", down.way);
    }
}

/// Asserts that an answer with the result `said` does not reach a client, in whatever way it comes:
/// whoever waits for one is told that there is none.
#[track_caller]
fn withholds(said: &Value) {
    for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "result": said})) {
        for message in &down.messages {
            assert_eq!(message["error"]["code"], -32603, "{}: {message}", down.way);
            let text = message.to_string();
            assert!(!text.contains(HIDDEN), "{}: {text}", down.way);
        }
        let nobody_waits = down.way.contains("GET");
        assert_eq!(down.messages.is_empty(), nobody_waits, "{}", down.way);
    }
}

/// Asserts that a notification of the server comes with these parameters: `None` where it does not
/// come. The first is for versions with sessions, the second for 2026-07-28.
#[track_caller]
fn tells(method: &str, params: &Value, legacy: Option<&Value>, modern: Option<&Value>) {
    let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
    comes(&message, legacy, modern);
}

/// The same for a request of the server. Its id is one that the client has used too.
#[track_caller]
fn asks(method: &str, params: &Value, legacy: Option<&Value>, modern: Option<&Value>) {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    comes(&message, legacy, modern);
}

#[track_caller]
fn comes(message: &Value, legacy: Option<&Value>, modern: Option<&Value>) {
    for down in words(message) {
        let expected = if down.modern { modern } else { legacy };
        let Some(expected) = expected else {
            assert!(down.messages.is_empty(), "{down:?}");
            continue;
        };
        let mut whole = message.clone();
        whole["params"] = expected.clone();
        assert_eq!(down.message(), &whole, "{}", down.way);
    }
}

/// An object of these members.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(key, value)| (key.to_owned(), value));
    Value::Object(Map::from_iter(members))
}
