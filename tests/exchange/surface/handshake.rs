//! What a server says of itself.

use serde_json::json;

use super::{HIDDEN, shows, withholds};

#[test]
fn instructions_and_capabilities_are_cut_to_what_is_enforced() {
    let info = |more: bool| {
        let mut info = json!({"name": "github", "version": "1", "title": "GitHub", "icons": [{"src": "https://x.example"}]});
        if more {
            info["description"] = json!(HIDDEN);
            info["websiteUrl"] = json!("http://x.example");
            info["icons"]
                .as_array_mut()
                .unwrap()
                .push(json!({"src": "http://x.example"}));
        }
        info
    };
    let kept = json!({
        "tools": {"listChanged": true}, "prompts": {}, "resources": {"subscribe": true}, "logging": {}, "completions": {},
        "extensions": {"io.modelcontextprotocol/ui": {}},
    });
    let mut offered = kept.clone();
    offered["tasks"] = json!({"list": {}});
    offered["experimental"] = json!({"x": HIDDEN});
    offered["vendor"] = json!({});
    offered["extensions"]["com.example/x"] = json!({});
    shows(
        &json!({"protocolVersion": "2025-11-25", "capabilities": offered, "serverInfo": info(true), "instructions": HIDDEN}),
        &json!({"protocolVersion": "2025-11-25", "capabilities": kept, "serverInfo": info(false)}),
    );
    let meta = |more| json!({"io.modelcontextprotocol/serverInfo": info(more)});
    shows(
        &json!({"supportedVersions": ["2026-07-28", "2030-01-01", 7], "capabilities": offered, "_meta": meta(true), "instructions": HIDDEN, "ttlMs": 5, "cacheScope": "public"}),
        &json!({"supportedVersions": ["2026-07-28"], "capabilities": kept, "_meta": meta(false), "ttlMs": 5, "cacheScope": "private"}),
    );
}

#[test]
fn a_version_that_is_not_served_is_not_settled_on() {
    withholds(
        &json!({"protocolVersion": "2030-01-01", "capabilities": {}, "instructions": HIDDEN}),
    );
    withholds(
        &json!({"supportedVersions": ["2030-01-01"], "capabilities": {}, "instructions": HIDDEN}),
    );
}
