//! Prompts, resources, templates, completions, and what a client listens to.

use serde_json::{Value, json};

use super::{ALL, HIDDEN, LEGACY, Up, shows};

/// The code for a resource that there is not.
fn missing(up: Up) -> i64 {
    if up.is_modern() { -32602 } else { -32002 }
}

#[test]
fn lists_of_prompts_resources_and_templates_show_what_is_enabled() {
    let prompt = |name: &str| json!({"name": name, "title": "t", "arguments": [{"name": "a"}], "icons": [{"src": "https://x.example"}]});
    shows(
        &json!({"prompts": [prompt("triage"), prompt("admin"), {"description": HIDDEN}], "nextCursor": "c"}),
        &json!({"prompts": [prompt("triage")], "nextCursor": "c"}),
    );
    let resource = |uri: &str| json!({"uri": uri, "name": "n", "size": 1, "annotations": {"audience": ["user"]}});
    shows(
        &json!({"resources": [resource("repo://acme/hidden/key"), resource("repo://acme/readme"), resource("other://x"), {"name": HIDDEN}, {"uri": "repo://acme/readme", "URI": "other://x"}]}),
        &json!({"resources": [resource("repo://acme/readme")]}),
    );
    let template = |uri: &str| json!({"uriTemplate": uri, "name": "n"});
    shows(
        &json!({"resourceTemplates": [template("repo://{owner}/{repo}/issues"), template("repo://{+path}"), template("{+any}"), {"uri": "repo://acme/readme", "name": HIDDEN}]}),
        &json!({"resourceTemplates": [template("repo://{owner}/{repo}/issues")]}),
    );
}

#[test]
fn only_enabled_prompts_are_got() {
    for up in ALL {
        let params = json!({"name": "triage", "arguments": {"a": "b"}});
        assert_eq!(up.passes("prompts/get", &params), params, "{up:?}");
        for name in ["admin", "no_such_prompt", "Triage", "get_issue"] {
            let refused = up.refuses("prompts/get", &json!({"name": name}));
            assert_eq!(
                refused,
                (200, -32602, "prompt_not_enabled".into()),
                "{up:?} {name}"
            );
        }
    }
}

#[test]
fn only_enabled_resources_are_read_and_subscribed_to() {
    let hidden = [
        "repo://acme/hidden/key",
        "repo://acme/keys",
        "other://x",
        "repo://acme/x/../hidden/key",
        "repo://acme/%72eadme",
        "REPO://acme/readme",
        "repo://acme/readme#x",
        "",
    ];
    for up in ALL {
        for method in [
            "resources/read",
            "resources/subscribe",
            "resources/unsubscribe",
        ] {
            if up.is_modern() && method != "resources/read" {
                continue;
            }
            for uri in ["repo://acme/readme", "repo://acme/site/issues"] {
                assert_eq!(
                    up.passes(method, &json!({"uri": uri})),
                    json!({"uri": uri}),
                    "{up:?}"
                );
            }
            for uri in hidden {
                let refused = up.refuses(method, &json!({"uri": uri}));
                assert_eq!(
                    refused,
                    (200, missing(up), "resource_not_enabled".into()),
                    "{up:?} {uri}"
                );
            }
        }
    }
}

#[test]
fn completions_come_for_enabled_prompts_and_templates_only() {
    let ask = |reference: Value| json!({"ref": reference, "argument": {"name": "a", "value": "b"}, "context": {"arguments": {}}});
    let prompt = |name: &str| ask(json!({"type": "ref/prompt", "name": name}));
    let resource = |uri: &str| ask(json!({"type": "ref/resource", "uri": uri}));
    for up in ALL {
        for params in [
            prompt("triage"),
            resource("repo://{owner}/{repo}/issues"),
            resource("repo://acme/readme"),
        ] {
            assert_eq!(up.passes("completion/complete", &params), params, "{up:?}");
        }
        let refused = |params: Value| up.refuses("completion/complete", &params);
        assert_eq!(
            refused(prompt("admin")),
            (200, -32602, "prompt_not_enabled".into())
        );
        for uri in ["repo://{+path}", "{+any}", "repo://acme/hidden/{key}"] {
            let expected = (200, missing(up), "resource_not_enabled".into());
            assert_eq!(refused(resource(uri)), expected, "{up:?} {uri}");
        }
        for reference in [
            json!({"type": "ref/tool", "name": "get_issue"}),
            json!({}),
            json!("x"),
            json!(null),
        ] {
            assert_eq!(refused(ask(reference)).2, "invalid_params", "{up:?}");
        }
    }
    let values = json!({"completion": {"values": ["free text"], "hasMore": false}});
    shows(&values, &values);
}

#[test]
fn a_client_listens_to_enabled_resources_only() {
    let listen = |uris: Value| json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": uris}});
    let up = Up::V2026_07_28;
    let mut params = listen(json!([
        "repo://acme/readme",
        "repo://acme/keys",
        "repo://acme/hidden/key",
        7
    ]));
    params["notifications"]["taskIds"] = json!(["t"]);
    assert_eq!(
        up.passes("subscriptions/listen", &params),
        listen(json!(["repo://acme/readme"]))
    );
    for params in [
        json!({"notifications": []}),
        listen(json!("repo://acme/readme")),
    ] {
        assert_eq!(
            up.refuses("subscriptions/listen", &params).2,
            "invalid_params"
        );
    }
    let folded = json!({"notifications": {"ResourceSubscriptions": ["repo://acme/keys"]}});
    assert_eq!(
        up.refuses("subscriptions/listen", &folded).2,
        "malformed_message"
    );
    for up in LEGACY {
        assert_eq!(
            up.refuses("subscriptions/listen", &params).1,
            -32601,
            "{up:?}"
        );
    }
}
