//! Exchanges, driven and watched as Envoy's streams are.

use std::sync::Arc;

use bytes::Bytes;

use super::super::Metrics;
use crate::exchange::{Event, Exchange, Headers, Reply, Step};
use crate::manifest;
use crate::policy::Policy;
use crate::telemetry::{Observer, Telemetry};

/// A tool by its name, tools by a pattern, one that is disabled, and what looks at results.
const MANIFEST: &str = r#"
guardrails:
  no-mail: {type: redact, entities: [email]}
  no-drop: {type: regex, deny: ["(?i)drop table"]}
servers:
  github:
    mcp_tool_pre_invoke_guardrails: [no-drop]
    mcp_tool_post_invoke_guardrails: [no-mail]
    tool_metadata: {get_customer: {title: A customer}}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    batches: true
    servers: [{name: github, enabled_tools: [add_comment, "get_*"], disabled_tools: [get_secret]}]
"#;

/// What drives exchanges of one policy, and counts them.
pub(super) struct Traffic {
    policy: Arc<Policy>,
    telemetry: Arc<Telemetry>,
}

impl Traffic {
    pub(super) fn new() -> Self {
        let policy = manifest::load("m.yaml", MANIFEST).unwrap().policy;
        Self {
            policy: Arc::new(policy),
            telemetry: Arc::new(Telemetry::new(Arc::default())),
        }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.telemetry.metrics
    }

    /// A POST of this body, and the answer of the server to it if it goes on, with status and body.
    /// Without an answer the client leaves.
    pub(super) fn post(&self, path: &str, body: &str, answer: Option<(&str, &str)>) {
        let mut watched = Watched {
            exchange: Some(Exchange::new(Arc::clone(&self.policy), None)),
            observer: Observer::new(Arc::clone(&self.telemetry), None),
        };
        let end_of_stream = false;
        let request = [
            (":method", "POST"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/json"),
        ];
        let headers = headers(&request);
        let event = Event::RequestHeaders {
            headers,
            end_of_stream,
        };
        if !watched.goes_on(event) {
            return;
        }
        let event = Event::RequestBody(Bytes::copy_from_slice(body.as_bytes()));
        if !watched.goes_on(event) {
            return;
        }
        let Some((status, answer)) = answer else {
            return;
        };
        let response = [(":status", status), ("content-type", "application/json")];
        let headers = self::headers(&response);
        let event = Event::ResponseHeaders {
            headers,
            end_of_stream,
        };
        if !watched.goes_on(event) {
            return;
        }
        let event = Event::ResponseBody {
            chunk: Bytes::copy_from_slice(answer.as_bytes()),
            end_of_stream: true,
        };
        watched.goes_on(event);
    }

    /// A call of a tool, which the server answers by this member.
    pub(super) fn call(&self, tool: &str, arguments: &str, answer: &str) {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        let answer = format!(r#"{{"jsonrpc":"2.0","id":1,{answer}}}"#);
        self.post("/mcp/triage", &body, Some(("200", &answer)));
    }
}

struct Watched {
    exchange: Option<Exchange>,
    observer: Observer,
}

impl Watched {
    fn goes_on(&mut self, event: Event<'_>) -> bool {
        self.observer.sees(&event);
        let (exchange, step) = self.exchange.take().unwrap().handle(event);
        let (server, caller) = (exchange.virtual_server(), exchange.caller());
        self.observer.handled(server, caller, &step);
        self.exchange = Some(exchange);
        matches!(
            step,
            Step {
                reply: Reply::Continue { .. },
                ..
            }
        )
    }
}

fn headers<'h>(pairs: &[(&'h str, &'h str)]) -> Headers<'h> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect()
}
