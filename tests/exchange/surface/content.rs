//! What tools return: passed but for what leads to resources that are hidden.

use serde_json::{Value, json};

use super::shows;

const PNG: &str = "iVBORw0KGgo=";

#[test]
fn text_images_and_structured_content_pass_as_they_are() {
    for structured in [
        json!({"a": [1, {"b": null}]}),
        json!(null),
        json!([1]),
        json!("x"),
        json!(1.5),
    ] {
        let said = json!({
            "content": [
                {"type": "text", "text": "delete_repo", "annotations": {"priority": 1}},
                {"type": "image", "data": PNG, "mimeType": "image/png"},
                {"type": "audio", "data": PNG, "mimeType": "audio/wav"},
            ],
            "structuredContent": structured,
            "isError": true,
        });
        shows(&said, &said);
    }
}

fn blocks(kept: &Value, others: &[Value]) -> (Value, Value) {
    let mut all = vec![kept.clone()];
    all.extend_from_slice(others);
    (Value::Array(all), json!([kept]))
}

/// Content as it comes in the result of a tool, of a prompt, and in a conversation.
fn comes(said: &Value, shown: &Value) {
    shows(&json!({"content": said}), &json!({"content": shown}));
    let conversation =
        |content: &Value| json!({"messages": [{"role": "user", "content": content}]});
    shows(&conversation(said), &conversation(shown));
    let result = |content: &Value| {
        let result = json!({"type": "tool_result", "toolUseId": "1", "content": content});
        json!({"messages": [{"role": "user", "content": result}, {"role": "user", "content": [result]}]})
    };
    shows(&result(said), &result(shown));
}

#[test]
fn links_lead_to_enabled_resources_only() {
    let (said, shown) = blocks(
        &json!({"type": "resource_link", "uri": "repo://acme/readme", "name": "n", "title": "t", "description": "d"}),
        &[
            json!({"type": "resource_link", "uri": "repo://acme/keys", "name": "HIDDEN"}),
            json!({"type": "resource_link", "name": "HIDDEN"}),
            json!({"type": "resource_link", "uri": "repo://acme/readme", "Uri": "repo://acme/keys"}),
            json!({"Type": "resource_link", "uri": "repo://acme/keys"}),
        ],
    );
    comes(&said, &shown);
    let message =
        |uri: &str| json!({"role": "user", "content": {"type": "resource_link", "uri": uri}});
    let said = json!({"messages": [message("repo://acme/keys"), message("repo://acme/readme")]});
    shows(&said, &json!({"messages": [message("repo://acme/readme")]}));
}

#[test]
fn resources_that_are_disabled_do_not_come_embedded() {
    let resource = |uri: &str| json!({"type": "resource", "resource": {"uri": uri, "text": "x", "blob": PNG, "_meta": {"a": 1}}});
    let (said, shown) = blocks(
        // Not enabled either, but a tool may hand over what can't be read.
        &resource("other://x"),
        &[
            resource("repo://acme/hidden/key"),
            resource("repo://acme/hidden/%6Bey"),
            json!({"type": "resource", "resource": {"Uri": "repo://acme/hidden/key", "text": "x"}}),
            json!({"type": "resource", "Resource": {"uri": "repo://acme/hidden/key", "text": "x"}}),
        ],
    );
    comes(&said, &shown);
    let read = |contents: Value| json!({"contents": contents});
    let text = |uri: &str| json!({"uri": uri, "text": "x"});
    let said = read(json!([
        text("repo://acme/hidden/key"),
        text("repo://acme/readme")
    ]));
    shows(&said, &read(json!([text("repo://acme/readme")])));
}

#[test]
fn links_have_icons_over_https_only() {
    let link = |icons: Value| json!([{"type": "resource_link", "uri": "repo://acme/readme", "name": "n", "icons": icons}]);
    let shown = link(json!([{"src": "https://x.example/i.png"}]));
    let said = link(
        json!([{"src": "http://x.example/i.png"}, {"src": "https://x.example/i.png"}, {"src": "data:x"}]),
    );
    comes(&said, &shown);
}
