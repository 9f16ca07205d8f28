//! Skills (SEP-2640): listed, got and read as whole ones, or not at all.

use serde_json::{Value, json};

use super::driver::{Call, modern, post};

const ID: &str = "io.modelcontextprotocol/skills";
const SERVERS: [(&str, bool); 2] = [("/mcp/triage", false), ("/mcp/skills", true)];

fn request(method: &str, params: Value) -> Call {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    post(body.to_string()).path("/mcp/skills")
}

fn with_uri(method: &str, uri: &str) -> Call {
    request(method, json!({"uri": uri}))
}

/// What is told of a skill that is not enabled, hidden or not.
fn unknown_skill(uri: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32602,"message":"Unknown skill: {uri}","data":{{"reason":"skill_not_enabled","rule":"skills.skills"}}}}}}"#
    )
}

#[test]
fn they_are_off_unless_a_manifest_enables_one() {
    for method in ["skills/list", "skills/get", "resources/directory/read"] {
        let params = json!({"uri": "skill://acme/pdf/SKILL.md"});
        request(method, params.clone()).forwarded();
        let refusal = request(method, params).path("/mcp/triage").refused();
        assert_eq!(refusal.reason().as_str(), "method_not_enabled", "{method}");
        let refusal = modern(method, r#""uri":"skill://acme/pdf/SKILL.md""#, None).refused();
        assert_eq!(refusal.status(), 404, "{method}");
    }
}

#[test]
fn the_two_sides_may_agree_on_them_where_one_is_enabled() {
    for (path, passes) in SERVERS {
        let claim = json!({"extensions": {ID: {}, "vendor/x": {}}});
        let left = if passes { json!({ID: {}}) } else { json!({}) };

        let params = json!({"protocolVersion": "2025-11-25", "capabilities": claim});
        let sent = request("initialize", params).path(path).forwarded();
        let sent: Value = serde_json::from_str(&sent.rewritten().unwrap()).unwrap();
        assert_eq!(sent["params"]["capabilities"]["extensions"], left);

        let mut call = modern("tools/list", "", None).path(path);
        let text = String::from_utf8(call.body.take().unwrap()).unwrap();
        let text = text.replace(
            r#"clientCapabilities":{}"#,
            &format!(r#"clientCapabilities":{claim}"#),
        );
        call.body = Some(text.into());
        let sent: Value = serde_json::from_str(&call.forwarded().rewritten().unwrap()).unwrap();
        let meta = &sent["params"]["_meta"];
        let capabilities = &meta["io.modelcontextprotocol/clientCapabilities"];
        assert_eq!(capabilities["extensions"], left);

        let settings = json!({"directoryRead": true});
        let offers = json!({"jsonrpc": "2.0", "id": 1, "result": {
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"extensions": {ID: settings, "vendor/x": {}}},
        }});
        let told = modern("server/discover", "", None).path(path).forwarded();
        let told: Value = serde_json::from_str(&told.json(&offers.to_string()).text()).unwrap();
        let left = if passes {
            json!({ID: settings})
        } else {
            json!({})
        };
        assert_eq!(told["result"]["capabilities"]["extensions"], left);
    }
}

#[test]
fn a_skill_that_is_not_enabled_is_one_that_does_not_exist() {
    with_uri("skills/get", "skill://acme/pdf/SKILL.md").forwarded();
    for uri in [
        "skill://acme/secret/SKILL.md",
        "skill://acme/secret",
        "skill://acme/secret/inner/SKILL.md",
        "skill://acme/pdf/README.md",
        "skill://other/nowhere/SKILL.md",
        "skill://acme/pdf/../secret/SKILL.md",
        "repo://skills/secret/SKILL.md",
    ] {
        let refusal = with_uri("skills/get", uri).refused();
        assert_eq!(refusal.body(), unknown_skill(uri));
        assert_eq!(refusal.status(), 200);
        let params = format!(r#""uri":"{uri}""#);
        let refusal = modern("skills/get", &params, None).path("/mcp/skills");
        assert_eq!(refusal.refused().body(), unknown_skill(uri));
    }
    for params in [
        json!({}),
        json!({"uri": 1}),
        json!({"URI": "skill://acme/pdf/SKILL.md"}),
    ] {
        request("skills/get", params).refused();
    }
}

#[test]
fn the_words_of_a_server_that_does_not_have_it_are_replaced() {
    let uri = "skill://acme/nowhere/SKILL.md";
    for message in ["no skill there, but at skill://acme/secret/SKILL.md", "x"] {
        let error = json!({"code": -32602, "message": message});
        let answer = json!({"jsonrpc": "2.0", "id": 1, "error": error});
        let told = with_uri("skills/get", uri).forwarded();
        assert_eq!(told.json(&answer.to_string()).text(), unknown_skill(uri));
    }
    let answer = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"out of order"}}"#;
    let told = with_uri("skills/get", uri).forwarded().json(answer);
    assert_eq!(told.text(), answer);
}

#[test]
fn the_list_has_those_that_are_enabled_and_leaves_them_as_they_are() {
    let pdf = r#"{ "uri":"skill://acme/pdf/SKILL.md","frontmatter":{"name":"pdf","icons":[{"src":"http://x"}]},"resources":[{"uri":"skill://acme/pdf/SKILL.md","digest":"sha256:00","size":1.0}] }"#;
    let secret = pdf.replace("acme/pdf", "acme/secret");
    let odd = r#"{"URI":"skill://acme/pdf/SKILL.md"},{"frontmatter":{}},7"#;
    let answer = |skills: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"skills":[{skills}],"nextCursor":"2"}}}}"#)
    };
    let sent = answer(&format!("{secret},{pdf},{odd},{secret}"));
    let list = || request("skills/list", json!({})).forwarded();
    assert_eq!(list().json(&sent).text(), answer(pdf));
    let told = request("tools/list", json!({})).path("/mcp/triage");
    assert_eq!(told.forwarded().json(&sent).text(), answer(""));
}

#[test]
fn only_an_enabled_skill_is_handed_out() {
    let entry = |uri: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"skill":{{"uri":"{uri}","resources":"dynamic"}}}}}}"#
        )
    };
    let pdf = "skill://acme/pdf/SKILL.md";
    let get = || with_uri("skills/get", pdf).forwarded();
    assert_eq!(get().json(&entry(pdf)).text(), entry(pdf));
    for uri in ["skill://acme/secret/SKILL.md", "skill://other/x/SKILL.md"] {
        let told = get().json(&entry(uri)).text();
        assert!(
            told.contains("upstream_invalid") && !told.contains(uri),
            "{told}"
        );
    }
    let odd = entry(pdf).replace(r#""uri""#, r#""Uri""#);
    assert!(get().json(&odd).text().contains("upstream_invalid"));

    let params = format!(r#""uri":"{pdf}""#);
    let told = modern("skills/get", &params, None).path("/mcp/skills");
    let cached = entry(pdf).replace("}}}", r#"},"cacheScope":"public","ttlMs":900000}}"#);
    let told: Value = serde_json::from_str(&told.forwarded().json(&cached).text()).unwrap();
    assert_eq!(told["result"]["cacheScope"], "private");
    assert_eq!(told["result"]["ttlMs"], 60_000);
}

#[test]
fn the_files_of_a_skill_come_and_go_with_it() {
    let methods = [
        "resources/read",
        "resources/directory/read",
        "resources/subscribe",
    ];
    for (uri, allowed) in [
        ("skill://acme/pdf", true),
        ("skill://acme/pdf/SKILL.md", true),
        ("skill://acme/pdf/templates/invoice.md", true),
        ("repo://acme/readme", true),
        ("skill://acme/secret", false),
        ("skill://acme/secret/SKILL.md", false),
        ("skill://acme/secret/key.md", false),
        ("skill://acme/pdf/../secret/key.md", false),
        ("skill://acme/pdf/%2e%2e/secret/key.md", false),
        ("skill://other/x/SKILL.md", false),
        ("skill://index.json", false),
        ("repo://skills/secret/key.md", false),
        ("repo://skills/secret", false),
    ] {
        for method in methods {
            let call = with_uri(method, uri);
            if allowed {
                call.forwarded();
            } else {
                let refusal = call.refused();
                assert_eq!(refusal.reason().as_str(), "resource_not_enabled", "{uri}");
            }
        }
    }
}

#[test]
fn files_of_skills_that_are_not_enabled_are_not_listed() {
    let entries = |uris: &[&str]| {
        let entries: Vec<String> = uris
            .iter()
            .map(|uri| format!(r#"{{"uri":"{uri}"}}"#))
            .collect();
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"resources":[{}]}}}}"#,
            entries.join(",")
        )
    };
    let all = entries(&[
        "skill://acme/pdf",
        "skill://acme/pdf/a.md",
        "skill://acme/secret",
        "skill://acme/secret/a.md",
        "skill://other/x/SKILL.md",
        "repo://acme/readme",
        "repo://skills/secret/a.md",
    ]);
    let left = entries(&[
        "skill://acme/pdf",
        "skill://acme/pdf/a.md",
        "repo://acme/readme",
    ]);
    for call in [
        request("resources/list", json!({})),
        with_uri("resources/directory/read", "skill://acme/pdf"),
    ] {
        assert_eq!(call.forwarded().json(&all).text(), left);
    }
}
