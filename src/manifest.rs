//! YAML as written, and its compilation to a policy with all diagnostics at once.
//!
//! A text becomes a tree (`tree`), the tree becomes what `schema` describes (`decode`), and that
//! becomes a checked [`Policy`] (`compile`). Each step adds to one list of diagnostics and goes on
//! with what it could make sense of, so that a manifest's mistakes are all shown together.

mod compile;
mod decode;
mod diagnostic;
mod mistake;
mod render;
mod schema;
mod span;
mod tree;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::policy::{Location, Policy, Reason};
use crate::trace;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use schema::json_schema;
pub use span::{Source, Span};

/// What a manifest without errors gives.
#[derive(Debug)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// The manifest's own tests. Nothing has run them yet.
    pub tests: Vec<Test>,
    /// What is worth a second look.
    pub warnings: Diagnostics,
}

/// An example of what is decided, as a manifest has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it shows. No two tests of a manifest have the same name.
    pub name: String,
    /// The virtual server that is asked. The policy has it.
    pub virtual_server: String,
    /// The claims of who asks, if they have any.
    pub claims: Option<serde_json::Map<String, serde_json::Value>>,
    /// What is asked.
    pub given: Given,
    /// What is decided.
    pub expect: Expectation,
    /// Where the test is written.
    pub location: Location,
}

/// What a test's client asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A call of a tool.
    Call {
        /// The tool's name.
        name: String,
        /// The arguments, if there are any.
        arguments: Option<serde_json::Map<String, serde_json::Value>>,
        /// What the server answers, if it is asked: a `CallToolResult`.
        result: Option<serde_json::Map<String, serde_json::Value>>,
    },
    /// Getting a prompt.
    Prompt {
        /// The prompt's name.
        name: String,
        /// The arguments, if there are any.
        arguments: Option<serde_json::Map<String, serde_json::Value>>,
    },
    /// Reading a resource.
    Resource {
        /// The resource's URI.
        uri: String,
    },
    /// Getting a skill.
    Skill {
        /// The URI of the skill's `SKILL.md`.
        uri: String,
    },
    /// A whole message: the text of its JSON, which need not be valid.
    Message(String),
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What is decided.
    pub decision: Decided,
    /// The guardrail that refuses it, if the test says so.
    pub guardrail: Option<String>,
    /// The arguments that the server gets, if the test says so.
    pub arguments: Option<serde_json::Value>,
    /// The result that the client gets, if the test says so.
    pub result: Option<serde_json::Value>,
}

/// Whether something goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It goes on to the server, and the answer to the client.
    Allow,
    /// It is refused.
    Deny {
        /// Why, if the test says so.
        reason: Option<Reason>,
    },
}

/// Checks a manifest that names no files, and compiles it. `file` is its name in diagnostics and rules.
///
/// # Errors
///
/// All that is wrong with the manifest, warnings included, if anything is an error.
pub fn load(file: &str, text: &str) -> Result<Loaded, Diagnostics> {
    load_with(file, text, &|_| Err("no files are read here".to_owned()))
}

/// What reads a file that a manifest names, by the path that is written there. An error says why not.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Checks a manifest, with the files that it names, and compiles it.
///
/// # Errors
///
/// All that is wrong with the manifest, warnings included, if anything is an error.
pub fn load_with(file: &str, text: &str, files: &ReadFile<'_>) -> Result<Loaded, Diagnostics> {
    let source = Source::new(file, text);
    let mut list = Vec::new();
    let decoded = tree::parse(&source, &mut list).and_then(|root| decode::decode(root, &mut list));
    let compiled = decoded.map(|decoded| compile::compile(&source, decoded, files, &mut list));
    let diagnostics = Diagnostics::new(source, list);
    match compiled {
        Some((policy, tests)) if diagnostics.count(Severity::Error) == 0 => Ok(Loaded {
            policy: policy.with_digest(digest(text)),
            tests,
            warnings: diagnostics,
        }),
        _ => Err(diagnostics),
    }
}

/// By what a manifest can be known again: SHA-256 of its text, in hexadecimal digits.
fn digest(text: &str) -> Arc<str> {
    trace::text(&Sha256::digest(text)).into()
}

/// What is wrong with a text that may be secret: a code and a place for each mistake, and no words.
pub type Mistakes = Vec<(&'static str, Location)>;

/// Reads a map of texts by name, in YAML or JSON, held to the same as a manifest; none is empty. `file` is its name
/// in locations.
///
/// # Errors
///
/// All that is wrong with it. The words are left out: they repeat what is written there.
pub fn texts(file: &str, text: &str) -> Result<Vec<(String, String)>, Mistakes> {
    let source = Source::new(file, text);
    let mut list = Vec::new();
    let decoded = tree::parse(&source, &mut list)
        .and_then(|root| decode::decode::<schema::Entries<String>>(root, &mut list));
    for (_, text) in decoded.iter().flat_map(|decoded| &decoded.value.0) {
        if text.value.trim().is_empty() {
            list.push(Diagnostic::new(Code::WrongType, text.span, "an empty text"));
        }
    }
    if !list.is_empty() || decoded.is_none() {
        let place = |diagnostic: &Diagnostic| {
            (
                diagnostic.code().as_str(),
                source.location(diagnostic.span()),
            )
        };
        return Err(list.iter().map(place).collect());
    }
    let entries = decoded.into_iter().flat_map(|decoded| decoded.value.0);
    Ok(entries
        .map(|(name, text)| (name.value, text.value))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::policy::{Instructions, Target, View};

    #[test]
    fn a_manifest_becomes_a_policy() {
        let text = r#"
servers:
  github: {tool_metadata: {get_me: {annotations: {readOnlyHint: true}}}}
virtual_servers:
  support:
    description: Reads.
    match: {path: /mcp/support}
    servers:
      - name: github
        enabled_tools: [get_issue, "search_*", {regex: "list_(a|b)"}, {read_only: true}]
        disabled_tools: ["*_admin"]
    enabled_prompts: [review]
    enabled_resources: ["repo://{owner}/{name}"]
    instructions: {replace: Be kind.}
    protocol_versions: ["2025-11-25"]
limits: {max_request_bytes: 64KiB, max_list_ttl: 5s}
tests:
  - name: no deletion
    given: {virtual_server: support, call: {name: delete_repo, arguments: {force: true}}}
    expect: {decision: deny, reason: tool_not_enabled}
"#;
        let loaded = load("sluice.yaml", text)
            .map_err(|d| d.render(false))
            .unwrap();
        assert!(
            loaded.warnings.is_empty(),
            "{}",
            loaded.warnings.render(false)
        );
        let (server, _) = loaded.policy.select(None, "/mcp/support").unwrap();
        let server = View::anonymous(Arc::clone(server));
        for (tool, expected) in [
            ("get_issue", true),
            ("search_code", true),
            ("list_a", true),
            ("list_ab", false),
            ("get_me", true),
            ("get_you", false),
            ("search_admin", false),
        ] {
            assert_eq!(server.allows(Target::Tool(tool)), expected, "{tool}");
        }
        assert!(server.allows(Target::Resource("repo://a/b")));
        assert_eq!(
            server.instructions(),
            &Instructions::Replace("Be kind.".to_owned())
        );
        assert_eq!(server.protocol_versions().len(), 1);
        assert_eq!(loaded.policy.limits().request_bytes, 64 << 10);
        let crate::policy::Decision::Allow { rule } = server.decide(Target::Tool("list_b")) else {
            panic!("not allowed");
        };
        let id = "virtual_servers.support.servers[0].enabled_tools[2]";
        assert_eq!(rule.id().as_str(), id);
        assert_eq!(rule.location().to_string(), "sluice.yaml:10:48");
        assert_eq!(rule.pattern(), r#"{regex: "list_(a|b)"}"#);
        assert_eq!(loaded.tests.len(), 1);
    }
}
