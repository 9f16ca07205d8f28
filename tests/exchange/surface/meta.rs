//! `_meta`, which every message and every part of one can have.

use serde_json::{Value, json};

use super::{ALL, Fate, LEGACY, asks, shows, tells};

fn server(more: bool) -> Value {
    let mut meta = json!({"example.com/x": 1, "traceparent": "00-0-0-01"});
    if more {
        meta["io.modelcontextprotocol/related-task"] = json!({"taskId": "t"});
        meta["io.modelcontextprotocol/model-immediate-response"] = json!("delete_repo");
    }
    meta
}

#[test]
fn what_belongs_to_tasks_leaves_the_meta_of_every_message_of_the_server() {
    let with = |more| json!({"_meta": server(more)});
    shows(
        &json!({"content": [], "_meta": server(true)}),
        &json!({"content": [], "_meta": server(false)}),
    );
    tells(
        "notifications/progress",
        &with(true),
        Some(&with(false)),
        Some(&with(false)),
    );
    asks("elicitation/create", &with(true), Some(&with(false)), None);
    let held = |more| {
        let request = json!({"method": "elicitation/create", "params": with(more)});
        json!({"resultType": "input_required", "inputRequests": {"k": request}})
    };
    shows(&held(true), &held(false));
}

#[test]
fn baggage_and_tasks_leave_the_meta_of_every_message_of_the_client() {
    let client = |more: bool| {
        let mut meta =
            json!({"progressToken": "p", "traceparent": "00-0-0-01", "example.com/x": 1});
        if more {
            meta["baggage"] = json!("user=bob");
            meta["io.modelcontextprotocol/related-task"] = json!({"taskId": "t"});
        }
        meta
    };
    for up in ALL {
        let with = |more| json!({"name": "get_issue", "_meta": client(more)});
        let sent = up.passes("tools/call", &with(true));
        assert_eq!(sent, with(false), "{up:?}");
        let retry = |more| json!({"name": "get_issue", "inputResponses": {"k": {"action": "accept", "_meta": client(more)}}});
        assert_eq!(
            up.passes("tools/call", &retry(true)),
            retry(false),
            "{up:?}"
        );
    }
    for up in LEGACY.into_iter().filter(|up| *up != super::Up::Batch) {
        let answer = |more| json!({"jsonrpc": "2.0", "id": "s1", "result": {"action": "accept", "_meta": client(more)}});
        match up.send_message(&answer(true)) {
            Fate::Forwarded(sent) => assert_eq!(sent, answer(false), "{up:?}"),
            refused @ Fate::Refused(..) => panic!("{up:?}: {refused:?}"),
        }
    }
}
