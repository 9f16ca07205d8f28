//! Tasks and skills, which no virtual server has unless its manifest says so.

use serde_json::json;

use super::{ALL, HIDDEN, LEGACY, Up, asks, shows, tells, withholds};

#[test]
fn tasks_are_not_to_be_had_by_default() {
    for up in ALL {
        for method in [
            "tasks/get",
            "tasks/result",
            "tasks/list",
            "tasks/cancel",
            "tasks/update",
        ] {
            assert_eq!(
                up.refuses(method, &json!({"taskId": "t"})).1,
                -32601,
                "{up:?} {method}"
            );
        }
    }
    let task = json!({"taskId": "t", "status": "working", "statusMessage": HIDDEN});
    let mut flat = task.clone();
    flat["resultType"] = json!("task");
    withholds(&flat);
    withholds(&json!({"task": task}));
    shows(&json!({"tasks": [task]}), &json!({"tasks": []}));
    for method in ["notifications/tasks", "notifications/tasks/status"] {
        tells(method, &task, None, None);
    }
    for method in ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"] {
        asks(method, &json!({"taskId": "t"}), None, None);
    }
}

#[test]
fn tasks_are_not_agreed_on_by_default() {
    for up in LEGACY.into_iter().filter(|up| *up != Up::Batch) {
        let params =
            |capabilities| json!({"protocolVersion": "2025-11-25", "capabilities": capabilities});
        let offered = json!({"sampling": {}, "tasks": {"list": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
        let sent = up.passes("initialize", &params(offered));
        assert_eq!(
            sent,
            params(json!({"sampling": {}, "extensions": {}})),
            "{up:?}"
        );
    }
    let key = "io.modelcontextprotocol/clientCapabilities";
    let offered = json!({"extensions": {"io.modelcontextprotocol/tasks": {}, "io.modelcontextprotocol/skills": {}, "io.modelcontextprotocol/ui": {}}});
    let params = json!({"_meta": super::object([(key, offered)])});
    match Up::V2026_07_28.send("tools/list", params) {
        super::Fate::Forwarded(sent) => {
            let kept = json!({"extensions": {"io.modelcontextprotocol/ui": {}}});
            assert_eq!(sent["params"]["_meta"][key], kept);
        }
        refused @ super::Fate::Refused(..) => panic!("{refused:?}"),
    }
}

#[test]
fn skills_are_not_to_be_had_by_default() {
    for up in ALL {
        for method in ["skills/list", "skills/get", "resources/directory/read"] {
            assert_eq!(
                up.refuses(method, &json!({"uri": "skill://x/SKILL.md"})).1,
                -32601,
                "{up:?} {method}"
            );
        }
        assert_eq!(
            up.refuses("resources/read", &json!({"uri": "skill://x/SKILL.md"}))
                .2,
            "resource_not_enabled"
        );
    }
    let skills = json!([{"uri": "skill://x/SKILL.md", "name": HIDDEN, "digest": "sha256:0"}]);
    shows(&json!({"skills": skills}), &json!({"skills": []}));
}
