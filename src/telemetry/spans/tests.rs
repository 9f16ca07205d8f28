use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::tree::Trees;
use crate::exchange::{Answer, Asked};
use crate::policy::{Reason, TargetKind};
use crate::telemetry::record::{End, Message, Phase, PhaseKind, Record, Refused, Verdict};
use crate::trace::{Hop, TraceContext};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOBODYS: &str = "00-11112222333344445555666677778888-1111222233334444-00";

fn call(id: &str, trace: Option<&str>) -> Message {
    Message {
        asked: Arc::new(Asked {
            method: Some("tools/call"),
            id: Some(id.to_owned()),
            kind: Some(TargetKind::Tool),
            target: Some("get_issue".to_owned()),
            version: None,
            trace: trace.and_then(|trace| TraceContext::read(trace, None)),
            arguments: None,
        }),
        verdict: Verdict::Allowed { rule: None },
        answer: Some(Answer::Result),
        withheld: None,
    }
}

/// An exchange in which each piece of the time took a second.
fn record(messages: Vec<Message>) -> Record {
    let kinds = [
        PhaseKind::Identity,
        PhaseKind::Policy,
        PhaseKind::Middleware("asks".into()),
        PhaseKind::Credential,
        PhaseKind::Upstream,
    ];
    let phases = kinds.into_iter().zip(100..).map(|(kind, began)| Phase {
        kind,
        began: Duration::from_secs(began),
        took: Duration::from_secs(1),
    });
    Record {
        at: Duration::from_secs(1_700_000_000),
        began: Duration::from_secs(100),
        ended: Duration::from_secs(106),
        hop: Some(Box::new(Hop {
            proxy: None,
            trace_id: [1; 16],
            server_span: [2; 8],
            client_span: [3; 8],
            samples: true,
        })),
        messages,
        phases: phases.collect(),
        end: End::Complete,
        ..Record::default()
    }
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_ref()).collect()
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|it| it.key.as_str() == name);
    found.map(|it| it.value.to_string())
}

#[test]
fn each_piece_of_the_time_is_a_child() {
    let spans = Trees::default().of(&record(vec![call("1", Some(PARENT))]));
    let children = ["identity", "policy", "middleware asks", "credential"];
    let call = "tools/call get_issue";
    let expected: Vec<_> = [call].into_iter().chain(children).chain([call]).collect();
    assert_eq!(names(&spans), expected);
    let at = |span: &SpanData| {
        span.start_time
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
    };
    for (index, child) in (0..).zip(&spans[1..]) {
        assert_eq!(child.parent_span_id, SpanId::from_bytes([2; 8]));
        assert_eq!(at(child), Duration::from_secs(1_700_000_000 + index));
        assert_eq!(
            child.end_time.duration_since(child.start_time).unwrap(),
            Duration::from_secs(1)
        );
    }
    let [server, .., client] = spans.as_slice() else {
        panic!("{spans:?}");
    };
    assert_eq!(server.span_kind, SpanKind::Server);
    assert_eq!(server.span_context.span_id(), SpanId::from_bytes([2; 8]));
    assert_eq!(server.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(server.parent_span_is_remote);
    assert_eq!(client.span_kind, SpanKind::Client);
    assert_eq!(client.span_context.span_id(), SpanId::from_bytes([3; 8]));
}

#[test]
fn of_a_batch_each_message_has_a_span_and_the_first_has_the_pieces() {
    let messages = vec![
        call("0", Some(NOBODYS)),
        call("1", None),
        call("2", None),
        call("3", Some(PARENT)),
    ];
    let spans = Trees::default().of(&record(messages));
    let servers: Vec<_> = spans
        .iter()
        .filter(|span| span.span_kind == SpanKind::Server)
        .collect();
    let ids: Vec<_> = servers
        .iter()
        .map(|span| attribute(span, "jsonrpc.request.id").unwrap())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(
        names(&spans)
            .iter()
            .filter(|name| **name == "policy")
            .count(),
        1
    );
    assert_ne!(
        servers[0].span_context.span_id(),
        servers[1].span_context.span_id()
    );
    // The upstream was told one span in each of the two traces.
    let clients = spans
        .iter()
        .filter(|span| span.span_kind == SpanKind::Client);
    let traces: Vec<_> = clients.map(|span| span.span_context.trace_id()).collect();
    assert_eq!(
        traces,
        [
            TraceId::from_bytes([1; 16]),
            servers[2].span_context.trace_id()
        ]
    );
}

#[test]
fn nothing_is_written_where_nobody_records() {
    let mut exchange = record(vec![call("1", None)]);
    exchange.hop = None;
    assert!(Trees::default().of(&exchange).is_empty());
    assert!(
        Trees::default()
            .of(&record(vec![call("1", Some(NOBODYS))]))
            .is_empty()
    );
    assert!(Trees::default().of(&record(Vec::new())).is_empty());
}

#[test]
fn a_span_is_an_error_exactly_if_something_failed() {
    let refused = |answer, status| Refused {
        reason: Reason::ToolNotEnabled,
        status,
        answer,
        detail: "no such tool".into(),
        rule: None,
    };
    let http = |method| Message {
        asked: Arc::new(Asked {
            method,
            ..Asked::default()
        }),
        answer: None,
        ..call("", None)
    };
    let with = |verdict, answer, withheld| Message {
        verdict,
        answer,
        withheld,
        ..call("1", None)
    };
    let allowed = Verdict::Allowed { rule: None };
    let coded = |code| Answer::Error { code };
    let deny = Verdict::Refused(refused(coded(Some(-32602)), 200));
    // The message, how the exchange ended, and the error with its description.
    let rows = [
        (call("1", None), End::Complete, None),
        (
            with(allowed.clone(), Some(Answer::ToolError), None),
            End::Complete,
            Some(("tool_error", "")),
        ),
        (
            with(allowed.clone(), Some(coded(Some(-32000))), None),
            End::Complete,
            Some(("-32000", "")),
        ),
        (
            with(allowed.clone(), Some(coded(None)), None),
            End::Complete,
            Some(("_OTHER", "")),
        ),
        (
            with(deny, None, None),
            End::Complete,
            Some(("-32602", "no such tool")),
        ),
        (
            with(
                allowed.clone(),
                Some(Answer::Result),
                Some(refused(Answer::ToolError, 200)),
            ),
            End::Complete,
            Some(("tool_error", "no such tool")),
        ),
        (
            with(allowed, None, None),
            End::Cancelled,
            Some(("cancelled", "")),
        ),
        (http(Some("GET")), End::Cancelled, None),
        (
            http(Some("DELETE")),
            End::Cancelled,
            Some(("cancelled", "")),
        ),
        (http(Some("subscriptions/listen")), End::Cancelled, None),
    ];
    for (message, end, expected) in rows {
        let row = format!("{message:?} {end:?}");
        let spans = Trees::default().of(&Record {
            end,
            ..record(vec![message])
        });
        let kind = attribute(&spans[0], "error.type");
        let status = spans[0].status.clone();
        assert_eq!(kind.as_deref(), expected.map(|(kind, _)| kind), "{row}");
        let expected = match expected {
            Some((_, detail)) => Status::error(detail),
            None => Status::Unset,
        };
        assert_eq!(status, expected, "{row}");
    }
    let get = Trees::default().of(&record(vec![http(Some("GET"))]));
    assert_eq!(
        attribute(&get[0], "http.request.method").as_deref(),
        Some("GET")
    );
    assert_eq!(attribute(&get[0], "mcp.method.name"), None);
    let unknown = Trees::default().of(&record(vec![http(None)]));
    assert_eq!(
        attribute(&unknown[0], "mcp.method.name").as_deref(),
        Some("_OTHER")
    );
}
