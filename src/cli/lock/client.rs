//! A client that lists the tools of an MCP server by streamable HTTP, in 2026-07-28 or before.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::mcp::sse::{Decoder, Item};
use crate::mcp::{ProtocolVersion, header};
use crate::outbound;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer, in bytes.
const MOST: usize = 64 << 20;
/// The most pages of a list.
const PAGES: usize = 1000;
/// The version that is asked for where there is a handshake.
const LEGACY: ProtocolVersion = ProtocolVersion::V2025_11_25;
const MODERN: ProtocolVersion = ProtocolVersion::V2026_07_28;

/// A client of one server.
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
    /// The version that is spoken.
    version: ProtocolVersion,
    next_id: u64,
}

/// Why there is no result.
enum Trouble {
    /// The server refuses, in these words.
    Refused(String),
    /// There is no answer that makes sense.
    Other(String),
}

impl Trouble {
    fn text(self) -> String {
        match self {
            Self::Refused(text) => format!("the server refuses: {text}"),
            Self::Other(text) => text,
        }
    }
}

impl Client {
    /// A client that sends these headers.
    pub(super) fn new(url: &str, headers: &[(&str, &str)]) -> Result<Self, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name
                .parse()
                .map_err(|_| format!("`{name}` is no name of a header"))?;
            let mut value: HeaderValue = value
                .parse()
                .map_err(|_| format!("the value of `{name}` is none of a header"))?;
            value.set_sensitive(true);
            map.append(name, value);
        }
        Ok(Self {
            http: outbound::client(PATIENCE).map_err(|trouble| trouble.to_string())?,
            url: url.to_owned(),
            headers: map,
            version: MODERN,
            next_id: 0,
        })
    }

    /// The definitions of all tools, in JSON.
    pub(super) async fn tools(&mut self) -> Result<Vec<String>, String> {
        match self.list().await {
            Ok(tools) => return Ok(tools),
            Err(Trouble::Refused(_)) => {}
            Err(other) => return Err(other.text()),
        }
        // A server of before wants a handshake first.
        self.initialize().await.map_err(Trouble::text)?;
        self.list().await.map_err(Trouble::text)
    }

    async fn list(&mut self) -> Result<Vec<String>, Trouble> {
        let mut tools = Vec::new();
        let mut cursor: Option<Value> = None;
        for _ in 0..PAGES {
            let params = cursor.map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
            let result = self.request("tools/list", params).await?;
            let listed = result.get("tools").and_then(Value::as_array);
            let listed = listed.ok_or_else(|| other("the server's answer has no tools"))?;
            tools.extend(listed.iter().map(Value::to_string));
            cursor = result
                .get("nextCursor")
                .filter(|it| it.is_string())
                .cloned();
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(other("the server's list does not end"))
    }

    async fn initialize(&mut self) -> Result<(), Trouble> {
        self.version = LEGACY;
        let params = json!({
            "protocolVersion": LEGACY.as_str(),
            "capabilities": {},
            "clientInfo": info(),
        });
        let result = self.request("initialize", params).await?;
        let version = result.get("protocolVersion").and_then(Value::as_str);
        let version = version.and_then(ProtocolVersion::parse);
        self.version = version.ok_or_else(|| other("the server speaks an unknown version"))?;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let sent = self.post("notifications/initialized", &initialized);
        self.send(sent).await.map(drop)
    }

    /// The result of a request.
    async fn request(&mut self, method: &str, mut params: Value) -> Result<Value, Trouble> {
        self.next_id += 1;
        let id = self.next_id;
        if self.version.is_modern()
            && let Some(params) = params.as_object_mut()
        {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": self.version.as_str(),
                "io.modelcontextprotocol/clientInfo": info(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params.insert("_meta".to_owned(), meta);
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let response = self.send(self.post(method, &message)).await?;
        if let Some(session) = response.headers().get(header::SESSION_ID) {
            let name = HeaderName::from_static(header::SESSION_ID);
            self.headers.insert(name, session.clone());
        }
        answer(response, id).await
    }

    fn post(&self, method: &str, message: &Value) -> RequestBuilder {
        let mut request = self
            .http
            .post(&self.url)
            .headers(self.headers.clone())
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(message.to_string());
        if method != "initialize" {
            request = request.header(header::PROTOCOL_VERSION, self.version.as_str());
        }
        if self.version.is_modern() {
            request = request.header(header::METHOD, method);
        }
        request
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let response = outbound::send(request).await;
        let response = response.map_err(|trouble| other(&format!("{}: {trouble}", self.url)))?;
        let status = response.status();
        match status.as_u16() {
            200..=299 => Ok(response),
            401 | 403 => Err(other(&format!(
                "the server answers {status}; give a credential by `--header`"
            ))),
            400..=499 => Err(Trouble::Refused(status.to_string())),
            _ => Err(other(&format!("the server answers {status}"))),
        }
    }
}

fn info() -> Value {
    json!({"name": "sluice", "version": env!("CARGO_PKG_VERSION")})
}

fn other(text: &str) -> Trouble {
    Trouble::Other(text.to_owned())
}

/// The result in an answer, which is JSON or a stream of events.
async fn answer(mut response: Response, id: u64) -> Result<Value, Trouble> {
    let kind = response.headers().get("content-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        let body = outbound::read(response, MOST).await;
        let body = body.map_err(|trouble| other(&trouble.to_string()))?;
        return outcome(&body, id).unwrap_or_else(|| Err(other("the server's answer is none")));
    }
    let mut decoder = Decoder::new(MOST);
    let mut items = Vec::new();
    let mut read = 0;
    while let Ok(Some(piece)) = response.chunk().await {
        read += piece.len();
        if read > MOST || decoder.push(&piece, &mut items).is_err() {
            return Err(other("the server's answer is too long"));
        }
        for item in items.drain(..) {
            if let Item::Event(event) = item
                && let Some(outcome) = event.data.and_then(|data| outcome(&data, id))
            {
                return outcome;
            }
        }
    }
    Err(other("the stream ended without an answer"))
}

/// What a message says, if it answers the request.
fn outcome(message: &[u8], id: u64) -> Option<Result<Value, Trouble>> {
    let mut message: Value = serde_json::from_slice(message).ok()?;
    if let Some(error) = message.get("error") {
        let text = error.get("message").and_then(Value::as_str);
        return Some(Err(Trouble::Refused(text.unwrap_or("an error").to_owned())));
    }
    let is_answer = message.get("id").and_then(Value::as_u64) == Some(id);
    let result = message.get_mut("result").filter(|_| is_answer)?;
    Some(Ok(result.take()))
}
