//! Notifications of the server.

use serde_json::json;

use super::{Up, tells};

#[test]
fn log_messages_pass_where_they_were_asked_for() {
    let log = json!({"level": "info", "logger": "l", "data": {"any": ["free text"]}});
    tells("notifications/message", &log, Some(&log), None);
    let up = Up::V2026_07_28;
    let asking =
        json!({"name": "get_issue", "_meta": {"io.modelcontextprotocol/logLevel": "info"}});
    let message = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": log});
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let events = format!("data: {message}\n\ndata: {answer}\n\n");
    let sent = up.post(&up.request("tools/call", asking)).forwarded();
    assert_eq!(sent.events(&events).text(), events);
}

#[test]
fn progress_passes_with_its_words() {
    let progress = json!({"progressToken": "p", "progress": 1, "total": 2, "message": "free text"});
    tells(
        "notifications/progress",
        &progress,
        Some(&progress),
        Some(&progress),
    );
}

#[test]
fn news_come_of_enabled_resources_only() {
    let method = "notifications/resources/updated";
    for uri in ["repo://acme/readme", "repo://acme/site/issues"] {
        let shown = json!({"uri": uri, "_meta": {"io.modelcontextprotocol/subscriptionId": "1"}});
        tells(method, &shown, Some(&shown), Some(&shown));
    }
    for params in [
        json!({"uri": "repo://acme/hidden/key"}),
        json!({"uri": "repo://acme/keys"}),
        json!({"uri": "repo://acme/readme", "Uri": "repo://acme/keys"}),
        json!({"uri": 7}),
        json!({}),
    ] {
        tells(method, &params, None, None);
    }
}

#[test]
fn what_a_client_is_told_that_it_listens_to_names_nothing_hidden() {
    let honoured = |uris: serde_json::Value| json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": uris}});
    let mut said = honoured(json!([
        "repo://acme/keys",
        "repo://acme/readme",
        "repo://acme/hidden/key",
        7
    ]));
    said["notifications"]["taskIds"] = json!(["t"]);
    let shown = honoured(json!(["repo://acme/readme"]));
    let method = "notifications/subscriptions/acknowledged";
    tells(method, &said, None, Some(&shown));
    tells(method, &json!({"notifications": []}), None, None);
    tells(method, &honoured(json!("repo://acme/keys")), None, None);
}
