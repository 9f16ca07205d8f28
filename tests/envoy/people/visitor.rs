//! Someone at a virtual server: whose token, which session.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::house::{Answer, post};
use crate::message::{LEGACY, call, legacy};

/// Someone at a virtual server. Clones share what they heard.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    client: reqwest::Client,
    url: String,
    token: Option<String>,
    pub(super) session: Option<String>,
    heard: Arc<Mutex<String>>,
}

impl Visitor {
    /// Someone without a token and without a session.
    pub(super) fn at(url: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            url: url.to_owned(),
            token: None,
            session: None,
            heard: Arc::default(),
        }
    }

    /// The same, at another virtual server.
    pub(super) fn elsewhere(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// The same, with a token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same, who comes on another way.
    pub(super) fn with_client(&self, client: reqwest::Client) -> Self {
        Self {
            client,
            ..self.clone()
        }
    }

    /// The same, in a session.
    pub(super) fn in_session(&self, session: &str) -> Self {
        Self {
            session: Some(session.to_owned()),
            ..self.clone()
        }
    }

    /// The same, in a session that begins now.
    pub(super) async fn begin(&self) -> Self {
        let hello = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let hello = self.ask(&legacy(0, "initialize", hello)).await;
        let session = hello.headers.get("mcp-session-id");
        let session = session.unwrap_or_else(|| panic!("no session: {hello:?}"));
        let begun = self.in_session(session.to_str().unwrap());
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let ready = begun.ask(&ready).await;
        assert_eq!(ready.status, 202, "{ready:?}");
        begun
    }

    /// All that was answered, headers and bodies.
    pub(super) fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    fn as_is(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let headers = [
            (
                "authorization",
                self.token.as_ref().map(|it| format!("Bearer {it}")),
            ),
            ("mcp-session-id", self.session.clone()),
        ];
        headers
            .into_iter()
            .fold(request, |request, (name, value)| match value {
                Some(value) => request.header(name, value),
                None => request,
            })
    }

    async fn hear(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = Answer::of(self.as_is(request)).await;
        let mut heard = self.heard.lock().unwrap();
        heard.push_str(&format!("{:?}\n{}\n", answer.headers, answer.body));
        answer
    }

    /// POSTs a message.
    pub(super) async fn ask(&self, message: &Value) -> Answer {
        self.hear(post(&self.client, &self.url, message)).await
    }

    /// Calls a tool.
    pub(super) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.ask(&call(1, tool, arguments)).await
    }

    /// Calls `get_me`, and asserts that it is done.
    #[track_caller]
    pub(super) fn works(&self) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.call("get_me", json!({})).await;
            let done = answer.status == 200 && answer.message()["result"].is_object();
            assert!(done, "at {place}: {answer:?}");
        }
    }

    /// The names of the tools in the list.
    pub(super) async fn tools(&self) -> Vec<String> {
        let answer = self.ask(&legacy(1, "tools/list", json!({}))).await;
        let tools = answer.message()["result"]["tools"].clone();
        let tools = tools
            .as_array()
            .unwrap_or_else(|| panic!("no list: {answer:?}"));
        tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// GETs the session's stream, or, from an event on, the stream that this was of.
    pub(super) async fn stream(&self, last_event: Option<&str>) -> reqwest::Response {
        let request = self.client.get(&self.url);
        let request = request
            .header("accept", "text/event-stream")
            .header("mcp-protocol-version", LEGACY);
        let request = match last_event {
            Some(event) => request.header("last-event-id", event),
            None => request,
        };
        self.as_is(request).send().await.unwrap()
    }

    /// GETs a stream that does not begin, and what is said in its place.
    pub(super) async fn no_stream(&self, last_event: Option<&str>) -> Answer {
        let response = self.stream(last_event).await;
        let (status, headers) = (response.status(), response.headers().clone());
        assert_ne!(status, 200, "a stream begins");
        let body = response.text().await.unwrap();
        Answer {
            status,
            headers,
            body,
        }
    }

    /// GETs something else than a virtual server.
    pub(super) async fn get(&self, url: &str) -> Answer {
        self.hear(self.client.get(url)).await
    }

    /// Ends the session.
    pub(super) async fn end(&self) -> Answer {
        let request = self.client.delete(&self.url);
        self.hear(request.header("mcp-protocol-version", LEGACY))
            .await
    }

    /// POSTs a call whose stream is read by the caller.
    pub(super) async fn begin_call(&self, message: &Value) -> reqwest::Response {
        let request = post(&self.client, &self.url, message);
        self.as_is(request).send().await.unwrap()
    }
}

/// Asserts that an answer says that there is no such session, and nothing else.
#[track_caller]
pub(super) fn is_unknown_session(answer: &Answer) {
    assert_eq!(answer.status, 404, "{answer:?}");
    let error = &answer.message()["error"];
    assert_eq!(error["data"]["reason"], "unknown_session", "{answer:?}");
    assert_eq!(error["message"], "Session not found", "{answer:?}");
    assert!(!answer.headers.contains_key("mcp-session-id"), "{answer:?}");
}
