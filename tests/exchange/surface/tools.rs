//! Lists of tools, and what their entries hold.

use serde_json::{Value, json};

use super::{ALL, HIDDEN, answers, shows, tells};

/// An entry of a list with all that the versions know of a tool.
fn entry(name: &str, words: &str) -> Value {
    json!({
        "name": name,
        "title": words,
        "description": words,
        "inputSchema": {"type": "object", "properties": {"a": {"type": "string", "description": words, "default": words, "enum": [words], "x-mcp-header": "A"}}},
        "outputSchema": {"type": "object", "description": words},
        "annotations": {"title": words},
        "_meta": {"example.com/a": words},
    })
}

#[test]
fn a_list_shows_enabled_tools_only_in_whatever_way_it_comes() {
    let tools = [
        entry("get_issue", "shown"),
        entry("delete_repo", HIDDEN),
        entry("list_secrets", HIDDEN),
        json!({"description": HIDDEN}),
        json!({"name": 7, "description": HIDDEN}),
        json!({"name": "get_issue", "Name": "x", "description": HIDDEN}),
        json!(HIDDEN),
        entry("list_issues", "shown too"),
        entry("delete_repo", HIDDEN),
    ];
    let said = json!({"tools": tools, "nextCursor": "", "vendor": 1});
    let shown = json!({"tools": [tools[0], tools[7]], "nextCursor": "", "vendor": 1});
    shows(&said, &shown);
    for (said, shown) in [
        (
            json!({"tools": [entry("delete_repo", HIDDEN)], "nextCursor": "c"}),
            json!({"tools": [], "nextCursor": "c"}),
        ),
        (json!({"tools": []}), json!({"tools": []})),
    ] {
        shows(&said, &shown);
    }
}

#[test]
fn a_list_among_other_members_is_a_list_too() {
    let hidden = json!([{"name": "delete_repo", "description": HIDDEN}]);
    let said = json!({"content": [], "tools": hidden, "prompts": hidden});
    shows(&said, &json!({"content": [], "tools": [], "prompts": []}));
}

#[test]
fn a_list_may_not_be_kept_for_others() {
    let list =
        json!({"tools": [{"name": "get_issue"}], "cacheScope": "public", "ttlMs": 86_400_000});
    for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "result": list})) {
        let result = &down.message()["result"];
        assert_eq!(result["cacheScope"], "private", "{}", down.way);
        assert_eq!(result["ttlMs"], 60_000, "{}", down.way);
    }
    let list = json!({"tools": [{"name": "get_issue"}]});
    for down in answers(&json!({"jsonrpc": "2.0", "id": 1, "result": list})) {
        let expected = if down.modern {
            json!(["private", 0])
        } else {
            json!([null, null])
        };
        let result = &down.message()["result"];
        assert_eq!(
            json!([result["cacheScope"], result["ttlMs"]]),
            expected,
            "{}",
            down.way
        );
    }
}

#[test]
fn a_tool_runs_without_tasks_and_has_icons_over_https_only() {
    let tool = |support: &str, icons: Value| json!({"tools": [{"name": "get_issue", "execution": {"taskSupport": support}, "icons": icons}]});
    let said = tool(
        "required",
        json!([{"src": "http://x.example"}, {"src": "data:image/png;base64,AA"}, {"src": "https://x.example"}, {"src": "https://a", "Src": "http://b"}, {}]),
    );
    shows(
        &said,
        &tool("forbidden", json!([{"src": "https://x.example"}])),
    );
}

#[test]
fn news_of_changed_lists_pass() {
    for kind in ["tools", "prompts", "resources"] {
        let params = json!({"_meta": {"io.modelcontextprotocol/subscriptionId": 1}});
        let method = format!("notifications/{kind}/list_changed");
        tells(&method, &params, Some(&params), Some(&params));
    }
}

#[test]
fn lists_can_be_asked_for_in_every_version() {
    for up in ALL {
        for method in [
            "tools/list",
            "prompts/list",
            "resources/list",
            "resources/templates/list",
        ] {
            let params = json!({"cursor": "a/b"});
            assert_eq!(up.passes(method, &params), params, "{up:?}");
        }
    }
}
