//! What makes a server run a tool.

use serde_json::{Value, json};

use super::{ALL, Fate, LEGACY, Up};

#[test]
fn only_enabled_tools_are_called_in_every_version() {
    for up in ALL {
        for name in ["get_issue", "list_issues"] {
            let params = json!({"name": name, "arguments": {"a": 1}});
            assert_eq!(up.passes("tools/call", &params), params, "{up:?}");
        }
        for name in [
            "delete_repo",
            "list_secrets",
            "no_such_tool",
            "GET_ISSUE",
            "get_issue ",
        ] {
            let refused = up.refuses("tools/call", &json!({"name": name}));
            assert_eq!(
                refused,
                (200, -32602, "tool_not_enabled".into()),
                "{up:?} {name}"
            );
        }
    }
}

#[test]
fn a_retried_call_is_decided_like_the_first() {
    let up = Up::V2026_07_28;
    let retry = |name: &str| json!({"name": name, "requestState": "a\u{0}b", "inputResponses": {"k": {"action": "accept"}}});
    assert_eq!(
        up.passes("tools/call", &retry("get_issue")),
        retry("get_issue")
    );
    assert_eq!(
        up.refuses("tools/call", &retry("delete_repo")).2,
        "tool_not_enabled"
    );
}

#[test]
fn a_call_goes_on_without_its_task() {
    for up in LEGACY {
        let params = json!({"name": "get_issue", "task": {"ttl": 60_000}});
        assert_eq!(
            up.passes("tools/call", &params),
            json!({"name": "get_issue"}),
            "{up:?}"
        );
        let params = json!({"name": "delete_repo", "task": {"ttl": 60_000}});
        assert_eq!(
            up.refuses("tools/call", &params).2,
            "tool_not_enabled",
            "{up:?}"
        );
    }
}

#[test]
fn a_call_without_an_id_that_all_servers_read_goes_nowhere() {
    let ids = [
        None,
        Some(Value::Null),
        Some(json!(true)),
        Some(json!({})),
        Some(json!(1.5)),
    ];
    for up in ALL {
        for id in &ids {
            let mut message = up.request("tools/call", json!({"name": "get_issue"}));
            let members = message.as_object_mut().unwrap();
            members.remove("id");
            if let Some(id) = id {
                members.insert("id".into(), id.clone());
            }
            match up.send_message(&message) {
                Fate::Refused(status, told) => {
                    // A batch is answered as a whole.
                    let expected = if up == Up::Batch { 200 } else { 400 };
                    assert!([400, expected].contains(&status), "{up:?} {id:?}: {told}");
                }
                sent @ Fate::Forwarded(_) => panic!("{up:?} {id:?}: {sent:?}"),
            }
        }
    }
}
