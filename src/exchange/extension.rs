//! Extensions, which the two sides may use where both say that they do.
//!
//! What Sluice can't enforce it does not let through: an extension that was not agreed on must not
//! be used, and its methods do not exist.

use super::fold;
use crate::json::Value;
use crate::mcp::{ClientMethod, meta};
use crate::policy::{Target, View};

/// Whether the two sides may agree on an extension, in a version since 2026-07-28 if `modern`.
pub(super) fn passes(server: &View, modern: bool, id: &str) -> bool {
    match id {
        meta::EXTENSION_UI => true,
        meta::EXTENSION_SKILLS => server.has_skills(),
        meta::EXTENSION_TASKS => modern && server.task_ids().is_some(),
        _ => false,
    }
}

/// Whether a method is one of MCP itself, or of an extension that the virtual server has.
pub(super) fn offers(server: &View, method: ClientMethod) -> bool {
    match method {
        ClientMethod::SkillsList | ClientMethod::SkillsGet | ClientMethod::DirectoryRead => {
            server.has_skills()
        }
        ClientMethod::TasksGet | ClientMethod::TasksUpdate | ClientMethod::TasksCancel => {
            server.task_ids().is_some()
        }
        ClientMethod::Initialize
        | ClientMethod::Discover
        | ClientMethod::Ping
        | ClientMethod::ToolsList
        | ClientMethod::ToolsCall
        | ClientMethod::PromptsList
        | ClientMethod::PromptsGet
        | ClientMethod::ResourcesList
        | ClientMethod::ResourceTemplatesList
        | ClientMethod::ResourcesRead
        | ClientMethod::ResourcesSubscribe
        | ClientMethod::ResourcesUnsubscribe
        | ClientMethod::Complete
        | ClientMethod::SetLevel
        | ClientMethod::Listen
        | ClientMethod::Initialized
        | ClientMethod::Cancelled
        | ClientMethod::Progress
        | ClientMethod::RootsListChanged => true,
    }
}

/// Checks the entry of a skill that a server answers with (SEP-2640, `skills/get`).
///
/// # Errors
///
/// Fails when the virtual server does not enable it.
pub(super) fn check_skill(server: &View, skill: Value<'_>) -> Result<(), &'static str> {
    let uri = fold::get(skill, "uri").and_then(Value::as_str);
    match uri {
        Some(uri) if server.allows(Target::Skill(&uri)) => Ok(()),
        _ => Err("the server answered with a skill that is not enabled"),
    }
}
