//! Manifests: what is said of them, and what they decide.

use std::sync::Arc;

use sluice::manifest::{self, Diagnostics, Loaded, Severity};
use sluice::policy::{Decision, Target, View};
use sluice::scenario;

/// Checks all that must hold of a manifest.
///
/// # Panics
///
/// Panics if something does not hold.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let first = manifest::load("sluice.yaml", &text);
    let second = manifest::load("sluice.yaml", &text);
    match (&first, &second) {
        (Ok(first), Ok(second)) => assert_eq!(said(first, &text), said(second, &text)),
        (Err(first), Err(second)) => assert_eq!(first.render_json(), second.render_json()),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => panic!("loaded once of twice"),
    }
    match first {
        Ok(loaded) => {
            assert_eq!(loaded.warnings.count(Severity::Error), 0);
            diagnostics(&loaded.warnings, &text);
            decisions(loaded, &text);
        }
        Err(found) => {
            assert_ne!(found.count(Severity::Error), 0);
            diagnostics(&found, &text);
        }
    }
}

/// A manifest's meaning as text: what it says of its virtual servers, and what these decide.
fn said(loaded: &Loaded, text: &str) -> String {
    let mut said = loaded.warnings.render_json();
    for server in loaded.policy.virtual_servers() {
        let view = View::anonymous(Arc::clone(server));
        let (matches, versions) = (server.matches(), server.protocol_versions());
        said += &format!(
            "{} {} {matches:?} {versions:?} ",
            server.name(),
            server.server()
        );
        said += &format!("{:?} {:?} ", server.description(), server.instructions());
        said += &format!("{} {:?}\n", server.takes_batches(), server.http_sse());
        for name in names(text) {
            let targets = [
                Target::Tool(name),
                Target::Prompt(name),
                Target::Resource(name),
                Target::ResourceTemplate(name),
            ];
            for target in targets {
                said += match view.decide(target) {
                    Decision::Allow { rule } => rule.id().as_str(),
                    Decision::Deny { rule, .. } => {
                        rule.map_or("no rule", |rule| rule.id().as_str())
                    }
                };
            }
        }
    }
    format!("{said}{:?} {:?}", loaded.policy.limits(), loaded.tests)
}

/// Some of the words of a text, which may be names that it enables.
fn names(text: &str) -> Vec<&str> {
    let separators = |c: char| c.is_whitespace() || "[]{},:\"'".contains(c);
    // A text may begin with comments.
    let names = text.rsplit(separators).filter(|name| !name.is_empty());
    names.take(30).collect()
}

/// Whether `shown` is `text`, byte for byte at its place, but for what is masked in it.
fn shows(shown: &str, text: &str) -> bool {
    let mut bytes = shown.bytes().zip(text.bytes());
    shown.len() == text.len() && bytes.all(|(shown, byte)| shown == byte || shown == b'*')
}

/// Each problem is somewhere in the text, and can be shown.
fn diagnostics(found: &Diagnostics, text: &str) {
    assert!(shows(found.source().text(), text));
    for diagnostic in found.iter() {
        let span = diagnostic.span();
        assert!(
            span.start <= span.end && span.start <= text.len(),
            "{span:?}"
        );
        assert!(text.is_char_boundary(span.start), "{span:?}");
        assert!(!diagnostic.message().is_empty());
        assert!(!diagnostic.message().contains(['\n', '\r']));
    }
    let json = found.render_json();
    assert_eq!(json.lines().count(), found.iter().count());
    // Columns count what is shown: a star for each byte of a secret.
    let lines: Vec<&str> = found.source().text().split('\n').collect();
    for line in json.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        for (line, column) in [("line", "column"), ("end_line", "end_column")] {
            let number = |key: &str| object[key].as_u64().expect("a number") as usize;
            let line = lines.get(number(line) - 1).expect("a line of the text");
            assert!((1..=line.chars().count() + 1).contains(&number(column)));
        }
    }
    let plain = found.render(false);
    assert!(!plain.contains('\u{1b}'), "a terminal would obey it");
    assert_eq!(plain.is_empty(), found.is_empty());
    assert_eq!(found.render(true).is_empty(), found.is_empty());
}

/// What a list shows is what a call may name, and the manifest's tests can be run.
fn decisions(loaded: Loaded, text: &str) {
    let policy = Arc::new(loaded.policy);
    for test in &loaded.tests {
        let server = policy
            .virtual_server(&test.virtual_server)
            .expect("a test's server");
        // Whether it comes out as it says is for whoever wrote it.
        let _ = scenario::run(&policy, server, test);
    }
    let names = names(text);
    for server in policy.virtual_servers() {
        if let Some(path) = server.match_path() {
            let (selected, _) = policy.select(None, path).expect("a server by its path");
            assert_eq!(selected.name(), server.name());
        }
        let tools: Vec<_> = names
            .iter()
            .map(|name| serde_json::json!({"name": name}))
            .collect();
        let list = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}});
        let shown = scenario::hear(&policy, server, &list.to_string(), None).passed;
        let view = View::anonymous(Arc::clone(server));
        shows_what_is_enabled(&view, &names, shown.as_deref());
    }
}

fn shows_what_is_enabled(view: &View, names: &[&str], shown: Option<&str>) {
    // A limit of the manifest can be too low for any list.
    let Some(shown) = shown else { return };
    let shown: serde_json::Value = serde_json::from_str(shown).expect("JSON");
    let shown = shown["result"]["tools"].as_array().expect("a list");
    let shown: Vec<&str> = shown
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    let enabled = names.iter().filter(|name| view.allows(Target::Tool(name)));
    // Clients see the names that the manifest gives them.
    let enabled = enabled.map(|name| view.tool_names().shown(name));
    assert_eq!(shown, enabled.collect::<Vec<_>>());
}
