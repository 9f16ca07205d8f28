//! What there is in the world.

use rmcp::model::{Prompt, PromptArgument, Resource, Tool};
use serde_json::json;

use super::HIDDEN;

/// The argument of a tool that has one, with its type.
type Argument = Option<(&'static str, &'static str)>;

/// The tools: what each is called, what it says of itself, what it is called with.
const TOOLS: &[(&str, &str, Argument)] = &[
    ("get_repo", "Gets a repository.", Some(("name", "string"))),
    (
        "search_repos",
        "Finds repositories — también en español, 日本語 and 🦀.",
        Some(("query", "string")),
    ),
    (
        "count_to",
        "Reports progress on its way.",
        Some(("number", "integer")),
    ),
    ("say", "Logs what it is given.", Some(("text", "string"))),
    ("wait", "Takes its time.", Some(("seconds", "number"))),
    ("fail", "Fails.", None),
    (
        "announce",
        "Says to who listens that the tools have changed.",
        None,
    ),
    (
        "ask_model",
        "Asks the client's model.",
        Some(("question", "string")),
    ),
    ("ask_user", "Asks the user.", Some(("question", "string"))),
    (
        "delete_repo",
        "Deletes a repository, its issues and its history, for good. HIDDEN-7f3a9c",
        Some(("name", "string")),
    ),
];

pub(super) fn tools() -> Vec<Tool> {
    TOOLS.iter().map(tool).collect()
}

fn tool((name, description, argument): &(&'static str, &'static str, Argument)) -> Tool {
    let schema = match argument {
        Some((argument, kind)) => json!({
            "type": "object", "properties": {*argument: {"type": kind}}, "required": [argument],
        }),
        None => json!({"type": "object"}),
    };
    Tool::new(
        *name,
        *description,
        schema.as_object().cloned().unwrap_or_default(),
    )
}

pub(super) fn prompts() -> Vec<Prompt> {
    let name = PromptArgument::new("name").with_required(true);
    let hidden = format!("Deletes what is not needed. {HIDDEN}");
    vec![
        Prompt::new(
            "summarize",
            Some("Summarizes a repository."),
            Some(vec![name]),
        ),
        Prompt::new("clean_up", Some(hidden), None),
    ]
}

pub(super) fn resources() -> Vec<Resource> {
    vec![
        Resource::new("repo://octo-org/readme", "readme").with_description("The README."),
        Resource::new("secret://octo-org/key", "key").with_description(format!("A key. {HIDDEN}")),
    ]
}
