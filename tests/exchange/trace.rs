//! The trace that a request is part of: what the upstream is told of it, and what is known of a message.

use bytes::Bytes;
use sluice::exchange::{
    Answer, Asked, BodyEdit, Event, Exchange, Headers, Occurrence, Reply, Step, Vouched,
};
use sluice::mcp::ProtocolVersion;
use sluice::policy::TargetKind;
use sluice::trace::Hop;

use crate::driver::{Call, modern, policy, post};

const MESSAGE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const HTTP: &str = "00-11112222333344445555666677778888-1111222233334444-01";
const NOBODYS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// What the upstream is told where the message says [`MESSAGE`] of itself.
const OF_MESSAGE: &str = "00-0af7651916cd43dd8448eb211c80319c-0303030303030303-01";
/// The same, where HTTP alone says something.
const OF_HTTP: &str = "00-11112222333344445555666677778888-0303030303030303-01";
/// The same, where a trace begins.
const OF_NOBODY: &str = "00-01010101010101010101010101010101-0303030303030303-01";

fn hop(samples: bool) -> Hop {
    Hop {
        proxy: None,
        trace_id: [1; 16],
        server_span: [2; 8],
        client_span: [3; 8],
        samples,
    }
}

/// What became of a request.
struct Driven {
    exchange: Exchange,
    /// The headers that are set and removed, with all of their values.
    set: Vec<(&'static str, String)>,
    removed: Vec<String>,
    body: String,
    occurrences: Vec<Occurrence>,
}

impl Driven {
    fn of(call: &Call, hop: Option<Hop>) -> Self {
        let body = call.body.clone().unwrap();
        let mut driven = Self {
            exchange: Exchange::new(policy(), None).vouched(Vouched {
                hop: hop.map(Box::new),
                ..Vouched::default()
            }),
            set: Vec::new(),
            removed: Vec::new(),
            body: String::from_utf8(body.clone()).unwrap(),
            occurrences: Vec::new(),
        };
        let pseudo = [
            (":method", "POST"),
            (":path", &call.path),
            (":authority", "a"),
        ];
        let pseudo = pseudo.map(|(name, value)| (name, value.as_bytes()));
        let written = call.headers.iter();
        let written = written.map(|(name, value)| (name.as_str(), value.as_slice()));
        let headers: Headers<'_> = pseudo.into_iter().chain(written).collect();
        driven = driven.handle(Event::RequestHeaders {
            headers,
            end_of_stream: false,
        });
        driven.handle(Event::RequestBody(Bytes::from(body)))
    }

    fn handle(mut self, event: Event<'_>) -> Self {
        let (exchange, step) = self.exchange.handle(event);
        let Step {
            reply, occurrences, ..
        } = step;
        self.exchange = exchange;
        self.occurrences.extend(occurrences);
        if let Reply::Continue { headers, body } = reply {
            let set = headers.set.into_iter();
            self.set
                .extend(set.map(|(name, value)| (name, value.into_owned())));
            self.removed.extend(headers.remove);
            if let BodyEdit::Replace(body) = body {
                self.body = String::from_utf8(body.to_vec()).unwrap();
            }
        }
        self
    }

    fn answered(self, body: &str) -> Self {
        let headers = [(":status", "200"), ("content-type", "application/json")];
        let headers = headers.map(|(name, value)| (name, value.as_bytes()));
        let headers = headers.into_iter().collect();
        let driven = self.handle(Event::ResponseHeaders {
            headers,
            end_of_stream: false,
        });
        driven.handle(Event::ResponseBody {
            chunk: Bytes::copy_from_slice(body.as_bytes()),
            end_of_stream: true,
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut set = self.set.iter();
        let found = set.find(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What it says of the first message.
    fn asked(&self) -> &Asked {
        let asked = self.occurrences.iter().find_map(|it| match it {
            Occurrence::Allowed { asked, .. } => Some(asked),
            Occurrence::Refused { asked, .. } => asked.as_ref(),
            Occurrence::Answered { .. }
            | Occurrence::InSession(_)
            | Occurrence::Filtered { .. }
            | Occurrence::Guarded { .. }
            | Occurrence::Dropped { .. } => None,
        });
        asked.unwrap()
    }
}

/// A call of 2026-07-28 with this in its `_meta`.
fn new(meta: &str) -> Call {
    let mut call = modern("tools/call", r#""name":"get_issue""#, Some("get_issue"));
    let body = String::from_utf8(call.body.unwrap()).unwrap();
    call.body = Some(
        body.replace(r#""_meta":{"#, &format!(r#""_meta":{{{meta}"#))
            .into(),
    );
    call
}

/// A call of 2025-11-25 with this `_meta`.
fn old(meta: &str) -> Call {
    post(format!(
        r#"{{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{{{meta}"name":"get_issue"}}}}"#
    ))
    .header("mcp-protocol-version", "2025-11-25")
}

#[test]
fn the_upstream_is_told_where_the_message_has_a_place_for_it() {
    let says = format!(r#""traceparent":"{MESSAGE}","#);
    let with_state = format!(r#""traceparent":"{MESSAGE}","tracestate":"a=1","#);
    let stale_state = r#""tracestate":"a=1","#.to_owned();
    let in_old = format!(r#""_meta":{{"traceparent":"{MESSAGE}","x":1}},"#);
    // The call, what its header says, what the message says then, and the header.
    let rows = [
        (new(&says), None, Some(OF_MESSAGE), OF_MESSAGE),
        (new(&says), Some(HTTP), Some(OF_MESSAGE), OF_MESSAGE),
        (new(&with_state), None, Some(OF_MESSAGE), OF_MESSAGE),
        (new(""), Some(HTTP), Some(OF_HTTP), OF_HTTP),
        (new(""), None, Some(OF_NOBODY), OF_NOBODY),
        (new(&stale_state), None, Some(OF_NOBODY), OF_NOBODY),
        (
            new(r#""traceparent":"00-no","#),
            Some(HTTP),
            Some(OF_HTTP),
            OF_HTTP,
        ),
        (old(&in_old), None, Some(OF_MESSAGE), OF_MESSAGE),
        (old(r#""_meta":{"x":1},"#), Some(HTTP), None, OF_HTTP),
        (old(""), Some(HTTP), None, OF_HTTP),
        (old(""), None, None, OF_NOBODY),
    ];
    for (call, http, in_message, in_header) in rows {
        let call = match http {
            Some(http) => call.header("traceparent", http),
            None => call,
        };
        let row = String::from_utf8(call.body.clone().unwrap()).unwrap();
        let driven = Driven::of(&call, Some(hop(true)));
        let body: serde_json::Value = serde_json::from_str(&driven.body).unwrap();
        let envelope = &body["params"]["_meta"];
        assert_eq!(envelope["traceparent"].as_str(), in_message, "{row}");
        assert_eq!(
            driven.body.matches("traceparent").count(),
            usize::from(in_message.is_some())
        );
        assert_eq!(driven.header("traceparent"), Some(in_header), "{row}");
        // The state is the parent's, and goes where the parent is not the one that it is of.
        let state = row.contains(&with_state).then_some("a=1");
        assert_eq!(envelope["tracestate"].as_str(), state, "{row}");
        assert_eq!(driven.header("tracestate"), state, "{row}");
        let removed = driven.removed.iter().any(|name| name == "tracestate");
        assert_eq!(removed, state.is_none(), "{row}");
    }
}

#[test]
fn nothing_changes_where_nobody_records() {
    let nobodys = format!(r#""traceparent":"{NOBODYS}","tracestate":"a=1","#);
    let says = format!(r#""traceparent":"{MESSAGE}","#);
    let rows = [
        (new(&nobodys), Some(hop(true))),
        (new(&nobodys).header("traceparent", HTTP), Some(hop(true))),
        (new(""), Some(hop(false))),
        (new(&says).header("traceparent", HTTP), None),
        (old("").header("traceparent", NOBODYS), Some(hop(true))),
    ];
    for (call, hop) in rows {
        let row = String::from_utf8(call.body.clone().unwrap()).unwrap();
        let driven = Driven::of(&call, hop);
        assert_eq!(driven.body, row);
        assert_eq!(driven.header("traceparent"), None, "{row}");
        assert!(
            !driven.removed.iter().any(|name| name.starts_with("trace")),
            "{row}"
        );
    }
}

#[test]
fn of_a_batch_each_message_is_told_where_it_has_a_place_for_it() {
    let call = |id: u8, meta: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{meta}"name":"get_issue"}}}}"#
        )
    };
    let first = format!(r#""_meta":{{"traceparent":"{MESSAGE}"}},"#);
    let body = format!("[{},{}]", call(1, &first), call(2, ""));
    let call = post(body)
        .path("/mcp/batches")
        .header("mcp-protocol-version", "2025-03-26");
    let driven = Driven::of(&call, Some(hop(true)));
    let body: serde_json::Value = serde_json::from_str(&driven.body).unwrap();
    assert_eq!(body[0]["params"]["_meta"]["traceparent"], OF_MESSAGE);
    assert_eq!(body[1]["params"].get("_meta"), None);
    assert_eq!(driven.header("traceparent"), Some(OF_MESSAGE));
}

#[test]
fn what_a_message_asks_for_is_known_whether_it_goes_on_or_not() {
    let trace = format!(r#""traceparent":"{MESSAGE}","#);
    let is = |method, id: Option<&str>, kind, target: Option<&str>| Asked {
        arguments: None,
        method,
        id: id.map(str::to_owned),
        kind,
        target: target.map(str::to_owned),
        version: Some(ProtocolVersion::V2025_11_25),
        trace: None,
    };
    let old_one = |method: &str, id: &str, params: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0"{id},"method":"{method}","params":{{{params}}}}}"#);
        post(body).header("mcp-protocol-version", "2025-11-25")
    };
    let tool = Some(TargetKind::Tool);
    let rows = [
        (
            old(""),
            is(Some("tools/call"), Some("a"), tool, Some("get_issue")),
        ),
        (
            old_one("tools/call", r#","id":1"#, r#""name":"drop""#),
            is(Some("tools/call"), Some("1"), tool, Some("drop")),
        ),
        (
            old_one("prompts/get", r#","id":1"#, r#""name":"triage""#),
            is(
                Some("prompts/get"),
                Some("1"),
                Some(TargetKind::Prompt),
                Some("triage"),
            ),
        ),
        (
            old_one(
                "resources/read",
                r#","id":1"#,
                r#""uri":"repo://acme/readme?k=v""#,
            ),
            is(
                Some("resources/read"),
                Some("1"),
                Some(TargetKind::Resource),
                Some("repo://acme/readme"),
            ),
        ),
        (
            old_one("tools/list", r#","id":1"#, ""),
            is(Some("tools/list"), Some("1"), None, None),
        ),
        (
            old_one("notifications/initialized", "", ""),
            is(Some("notifications/initialized"), None, None, None),
        ),
        (
            old_one("no/such", r#","id":1"#, ""),
            is(None, Some("1"), None, None),
        ),
        (
            new(&trace),
            Asked {
                version: Some(ProtocolVersion::V2026_07_28),
                trace: sluice::trace::TraceContext::read(MESSAGE, None),
                ..is(Some("tools/call"), Some("1"), tool, Some("get_issue"))
            },
        ),
    ];
    for (call, expected) in rows {
        let driven = Driven::of(&call, None);
        assert_eq!(*driven.asked(), expected);
    }
}

#[test]
fn what_the_server_answers_is_known_by_the_id_of_the_request() {
    let rows = [
        (r#""result":{"content":[]}"#, Answer::Result),
        (
            r#""result":{"content":[],"isError":true}"#,
            Answer::ToolError,
        ),
        (
            r#""error":{"code":-32000,"message":"x"}"#,
            Answer::Error { code: Some(-32000) },
        ),
    ];
    for (body, expected) in rows {
        let driven = Driven::of(&old(""), None);
        let driven = driven.answered(&format!(r#"{{"jsonrpc":"2.0","id":"a",{body}}}"#));
        let mut answers = Vec::new();
        for occurrence in &driven.occurrences {
            if let Occurrence::Answered { id, answer } = occurrence {
                answers.push((id.as_str(), answer));
            }
        }
        assert_eq!(answers, [("a", &expected)], "{body}");
    }
}
