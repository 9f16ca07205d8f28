//! Methods: those of the house, and those that nobody knows.

use serde_json::json;

use super::{ALL, Fate, LEGACY, Up, asks, tells};

#[test]
fn methods_of_the_house_pass_in_their_versions() {
    let notifications = [
        ("notifications/cancelled", ALL.as_slice()),
        ("notifications/initialized", &LEGACY),
        ("notifications/roots/list_changed", &LEGACY),
        ("notifications/progress", &LEGACY),
    ];
    for up in ALL {
        for (method, params) in [
            ("ping", json!({})),
            ("logging/setLevel", json!({"level": "debug"})),
        ] {
            if up.is_modern() {
                assert_eq!(
                    up.refuses(method, &params),
                    (404, -32601, "method_not_enabled".into())
                );
            } else {
                assert_eq!(up.passes(method, &params), params, "{up:?}");
            }
        }
        for (method, versions) in notifications {
            let message = json!({"jsonrpc": "2.0", "method": method, "params": {"requestId": 1}});
            match up.send_message(&message) {
                Fate::Forwarded(sent) => {
                    assert!(versions.contains(&up), "{up:?} {method}");
                    assert_eq!(sent, message);
                }
                Fate::Refused(status, _) => {
                    assert!(!versions.contains(&up), "{up:?} {method}");
                    assert_eq!(status, 400);
                }
            }
        }
    }
}

#[test]
fn unknown_methods_of_a_client_go_nowhere() {
    for up in ALL {
        let status = if up.is_modern() { 404 } else { 200 };
        for method in [
            "",
            "tools/Call",
            "tools/call ",
            "tools/execute",
            "vendor/list",
            "$/cancelRequest",
            "rpc.discover",
            "sampling/createMessage",
            "elicitation/create",
            "roots/list",
            "notifications/tools/list_changed",
            "resources/directory/list",
        ] {
            let refused = up.refuses(method, &json!({"name": "get_issue"}));
            assert_eq!(
                refused,
                (status, -32601, "method_not_enabled".into()),
                "{up:?} {method}"
            );
        }
        for method in ["notifications/x", "notifications/message", "x", "$/x"] {
            let message = json!({"jsonrpc": "2.0", "method": method});
            match up.send_message(&message) {
                Fate::Refused(status, _) => {
                    assert!(status == 400 || up == Up::Batch, "{up:?} {method}")
                }
                sent @ Fate::Forwarded(_) => panic!("{up:?}: {sent:?}"),
            }
        }
    }
    for method in [
        "initialize",
        "ping",
        "resources/subscribe",
        "resources/unsubscribe",
        "logging/setLevel",
    ] {
        assert_eq!(
            Up::V2026_07_28.refuses(method, &json!({})).0,
            404,
            "{method}"
        );
    }
    for up in LEGACY {
        for method in ["server/discover", "subscriptions/listen"] {
            assert_eq!(up.refuses(method, &json!({})).1, -32601, "{up:?} {method}");
        }
    }
}

#[test]
fn unknown_methods_of_a_server_go_nowhere() {
    let params = json!({"name": "get_issue"});
    for method in [
        "tools/call",
        "tools/list",
        "tasks/get",
        "vendor/x",
        "$/x",
        "initialize",
        "",
    ] {
        asks(method, &params, None, None);
    }
    for method in [
        "notifications/vendor",
        "notifications/initialized",
        "$/x",
        "tools/call",
    ] {
        tells(method, &params, None, None);
    }
    for method in ["ping", "roots/list"] {
        asks(method, &params, Some(&params), None);
    }
}
