//! What is counted when an exchange has ended.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::traffic::Traffic;
use super::*;
use crate::guardrail::{Action, Finding, Phase, Strategy};
use crate::telemetry::{Guarded, PhaseKind, Record};

const FINE: &str = r#""result":{"content":[{"type":"text","text":"fine"}]}"#;
const FAILED: &str = r#""result":{"isError":true,"content":[{"type":"text","text":"no"}]}"#;

/// The series of these names, without times, which no test knows.
fn counts(metrics: &Metrics, name: &str) -> Vec<String> {
    let found = series(metrics).into_iter();
    let found = found.filter(|line| line.starts_with(name));
    found
        .map(|line| {
            line.replacen(name, "", 1)
                .replace("virtual_server=\"triage\",", "")
        })
        .collect()
}

#[test]
fn calls_are_counted_by_tool_and_by_what_became_of_them() {
    let traffic = Traffic::new();
    traffic.call("add_comment", "{}", FINE);
    traffic.call("add_comment", "{}", FINE);
    traffic.call("add_comment", "{}", FAILED);
    traffic.call(
        "get_customer",
        "{}",
        r#""error":{"code":-32602,"message":"no"}"#,
    );
    traffic.call(
        "get_issue",
        "{}",
        r#""error":{"code":-31999,"message":"no"}"#,
    );
    traffic.call("get_issue", r#"{"q":"drop table users"}"#, FINE);
    traffic.call("get_secret", "{}", FINE);
    traffic.call("unheard_of", "{}", FINE);
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_comment"}}"#;
    traffic.post("/mcp/triage", body, None);
    traffic.post("/mcp/triage", body, Some(("500", "down")));
    assert_eq!(
        counts(traffic.metrics(), "sluice_tool_calls_total"),
        [
            r#"{gen_ai_tool_name="-",outcome="refused"} 2"#,
            r#"{gen_ai_tool_name="add_comment",outcome="cancelled"} 1"#,
            r#"{gen_ai_tool_name="add_comment",outcome="ok"} 2"#,
            r#"{gen_ai_tool_name="add_comment",outcome="refused"} 1"#,
            r#"{gen_ai_tool_name="add_comment",outcome="tool_error"} 1"#,
            r#"{gen_ai_tool_name="get_*",outcome="refused"} 1"#,
            r#"{gen_ai_tool_name="get_*",outcome="rpc_error"} 1"#,
            r#"{gen_ai_tool_name="get_customer",outcome="rpc_error"} 1"#,
        ]
    );
    let operations = counts(
        traffic.metrics(),
        "mcp_server_operation_duration_seconds_count",
    );
    assert_eq!(
        operations,
        [
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="-",error_type="-32602"} 2"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="add_comment",error_type="-"} 2"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="add_comment",error_type="cancelled"} 1"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="add_comment",error_type="http_error"} 1"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="add_comment",error_type="tool_error"} 1"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="get_*",error_type="-32602"} 1"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="get_*",error_type="_OTHER"} 1"#,
            r#"{mcp_method_name="tools/call",gen_ai_tool_name="get_customer",error_type="-32602"} 1"#,
        ]
    );
}

#[test]
fn what_is_no_operation_has_no_time() {
    let traffic = Traffic::new();
    let response = r#"{"jsonrpc":"2.0","id":9,"result":{}}"#;
    traffic.post("/mcp/triage", response, Some(("202", "")));
    let unknown = r#"{"jsonrpc":"2.0","id":9,"method":"invented"}"#;
    traffic.post("/mcp/triage", unknown, None);
    traffic.post("/elsewhere", unknown, None);
    let operations = counts(
        traffic.metrics(),
        "mcp_server_operation_duration_seconds_count",
    );
    assert_eq!(
        operations,
        [
            r#"{mcp_method_name="_OTHER",gen_ai_tool_name="-",error_type="-32601"} 1"#,
            r#"{virtual_server="-",mcp_method_name="_OTHER",gen_ai_tool_name="-",error_type="http_error"} 1"#,
        ]
    );
    let filtered = counts(traffic.metrics(), "sluice_filter_duration_seconds_count");
    assert_eq!(filtered.len(), 2, "{filtered:?}");
}

#[test]
fn upstreams_are_waited_for_where_a_request_goes_on() {
    let traffic = Traffic::new();
    traffic.call("add_comment", "{}", FINE);
    traffic.call("unheard_of", "{}", FINE);
    let name = "sluice_upstream_duration_seconds_count";
    assert_eq!(
        counts(traffic.metrics(), name),
        [r#"{virtual_server="triage"} 1"#]
    );
    let name = "sluice_exchanges_in_flight";
    assert_eq!(counts(traffic.metrics(), name), [" 0"]);
}

#[test]
fn findings_are_counted_by_what_they_are() {
    let traffic = Traffic::new();
    let mails =
        r#""result":{"content":[{"type":"text","text":"ann@example.com, bob@example.com"}]}"#;
    traffic.call("get_issue", "{}", mails);
    traffic.call("get_issue", "{}", FINE);
    traffic.call("get_issue", r#"{"q":"drop table users"}"#, FINE);
    assert_eq!(
        counts(traffic.metrics(), "sluice_findings_total"),
        [
            r#"{guardrail="no-drop",entity="regex_deny",action="block"} 1"#,
            r#"{guardrail="no-mail",entity="email",action="redact"} 2"#,
        ]
    );
    assert_eq!(
        counts(traffic.metrics(), "sluice_guardrail_looks_total"),
        [
            r#"{guardrail="no-drop",outcome="blocked"} 1"#,
            r#"{guardrail="no-drop",outcome="passed"} 2"#,
            r#"{guardrail="no-mail",outcome="changed"} 1"#,
            r#"{guardrail="no-mail",outcome="passed"} 1"#,
        ]
    );
}

/// The record of an exchange in which a guardrail of this name found this.
fn found(guardrail: &str, rule: Cow<'static, str>, entity: Option<String>) -> Record {
    let finding = Finding {
        rule,
        path: "$".to_owned(),
        entity,
        action: Action::Report,
    };
    let guarded = Guarded {
        guardrail: guardrail.into(),
        phase: Phase::Result,
        strategy: Strategy::Enforce,
        outcome: crate::exchange::Outcome::Passed,
        target: None,
        findings: vec![finding],
    };
    let phase = crate::telemetry::Phase {
        kind: PhaseKind::Guardrail(guarded),
        began: Duration::ZERO,
        took: Duration::ZERO,
    };
    Record {
        phases: vec![phase],
        ..Record::default()
    }
}

#[test]
fn words_of_services_elsewhere_make_no_series() {
    let metrics = Metrics::default();
    for index in 0..1000 {
        let word = || format!("invented-{index}");
        for record in [
            found("elsewhere", word().into(), None),
            found("elsewhere", word().into(), Some(word())),
            found("elsewhere", word().into(), Some("iban".to_owned())),
            found("elsewhere", "email".to_owned().into(), None),
        ] {
            metrics.began();
            metrics.ended(&record);
        }
    }
    let found: Vec<_> = counts(&metrics, "sluice_findings_total");
    assert_eq!(
        found,
        [
            r#"{virtual_server="-",guardrail="elsewhere",entity="email",action="report"} 1000"#,
            r#"{virtual_server="-",guardrail="elsewhere",entity="iban",action="report"} 1000"#,
            r#"{virtual_server="-",guardrail="elsewhere",entity="other",action="report"} 2000"#,
        ]
    );
}

#[test]
fn ten_thousand_names_that_clients_invent_make_no_series() {
    let traffic = Traffic::new();
    let send = |index: u32| {
        let word = format!("invented-{index}");
        let glob = format!("get_{word}");
        traffic.call(&word, "{}", FINE);
        traffic.call(&glob, "{}", FINE);
        if !index.is_multiple_of(10) {
            return;
        }
        traffic.call(&glob, "{}", FAILED);
        traffic.call(&glob, r#"{"q":"drop table users"}"#, FINE);
        let error = format!(r#""error":{{"code":-4{index},"message":"{word}"}}"#);
        traffic.call(&glob, "{}", &error);
        let unknown = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{word}"}}"#);
        traffic.post("/mcp/triage", &unknown, None);
        traffic.post(&format!("/mcp/{word}"), &unknown, None);
    };
    send(0);
    let names = || -> BTreeSet<String> {
        let series = series(traffic.metrics()).into_iter();
        let name = |line: String| line.rsplit_once(' ').unwrap().0.to_owned();
        series.map(name).collect()
    };
    let before = names();
    for index in 1..10_000 {
        send(index);
    }
    assert_eq!(names(), before);
    let calls = counts(traffic.metrics(), "sluice_tool_calls_total");
    assert!(
        calls.contains(&r#"{gen_ai_tool_name="get_*",outcome="ok"} 10000"#.to_owned()),
        "{calls:?}"
    );
}
