//! What a request names, and the policy decides about.

use std::borrow::Cow;

use super::refusal::Refusal;
use crate::json::Value;
use crate::mcp::ClientMethod;
use crate::policy::{Target, TargetKind};

/// A tool, a prompt, a resource or a skill, as a request names it.
#[derive(Debug, Clone)]
pub(super) struct Named<'d> {
    kind: TargetKind,
    name: Cow<'d, str>,
}

impl<'d> Named<'d> {
    /// What the policy is asked.
    pub(super) fn target(&self) -> Target<'_> {
        match self.kind {
            TargetKind::Tool => Target::Tool(&self.name),
            TargetKind::Prompt => Target::Prompt(&self.name),
            TargetKind::Resource => Target::Resource(&self.name),
            TargetKind::ResourceTemplate => Target::ResourceTemplate(&self.name),
            TargetKind::Skill => Target::Skill(&self.name),
        }
    }

    /// What kind of thing it is.
    pub(super) fn kind(&self) -> TargetKind {
        self.kind
    }

    /// A tool of this name.
    pub(super) fn tool(name: String) -> Named<'static> {
        Named {
            kind: TargetKind::Tool,
            name: Cow::Owned(name),
        }
    }

    /// The name or the URI.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same, apart from the document.
    pub(super) fn into_owned(self) -> Named<'static> {
        Named {
            kind: self.kind,
            name: Cow::Owned(self.name.into_owned()),
        }
    }
}

/// Whether `Mcp-Name` mirrors what requests of this method name (MCP 2026-07-28).
pub(super) fn is_mirrored(method: ClientMethod) -> bool {
    matches!(
        method,
        ClientMethod::ToolsCall
            | ClientMethod::PromptsGet
            | ClientMethod::ResourcesRead
            | ClientMethod::TasksGet
            | ClientMethod::TasksUpdate
            | ClientMethod::TasksCancel
    )
}

/// Finds what a request names.
///
/// # Errors
///
/// Refuses parameters that are not what the method takes.
pub(super) fn of<'d>(
    method: ClientMethod,
    params: Option<Value<'d>>,
) -> Result<Option<Named<'d>>, Refusal> {
    let named = |kind, member: &str, message: &'static str| {
        let name = params
            .and_then(|params| params.get(member))
            .and_then(Value::as_str);
        name.map(|name| Some(Named { kind, name }))
            .ok_or_else(|| Refusal::params(message))
    };
    match method {
        ClientMethod::ToolsCall => {
            let arguments = params.and_then(|params| params.get("arguments"));
            // Servers take null for none.
            if arguments.is_some_and(|arguments| !arguments.is_object() && !arguments.is_null()) {
                return Err(Refusal::params("`arguments` must be an object"));
            }
            named(
                TargetKind::Tool,
                "name",
                "tools/call needs `name`, a string",
            )
        }
        ClientMethod::PromptsGet => named(
            TargetKind::Prompt,
            "name",
            "prompts/get needs `name`, a string",
        ),
        ClientMethod::ResourcesRead
        | ClientMethod::DirectoryRead
        | ClientMethod::ResourcesSubscribe
        | ClientMethod::ResourcesUnsubscribe => named(
            TargetKind::Resource,
            "uri",
            "the method needs `uri`, a string",
        ),
        ClientMethod::SkillsGet => {
            named(TargetKind::Skill, "uri", "skills/get needs `uri`, a string")
        }
        ClientMethod::Complete => reference(params).map(Some),
        ClientMethod::Initialize
        | ClientMethod::Discover
        | ClientMethod::Ping
        | ClientMethod::ToolsList
        | ClientMethod::PromptsList
        | ClientMethod::ResourcesList
        | ClientMethod::ResourceTemplatesList
        | ClientMethod::SkillsList
        | ClientMethod::TasksGet
        | ClientMethod::TasksUpdate
        | ClientMethod::TasksCancel
        | ClientMethod::SetLevel
        | ClientMethod::Listen
        | ClientMethod::Initialized
        | ClientMethod::Cancelled
        | ClientMethod::Progress
        | ClientMethod::RootsListChanged => Ok(None),
    }
}

/// What `completion/complete` asks completions for.
fn reference(params: Option<Value<'_>>) -> Result<Named<'_>, Refusal> {
    const NEEDS: &str = "completion/complete needs `ref`: a `ref/prompt` with `name`, or a \
                         `ref/resource` with `uri`";
    let reference = params.and_then(|params| params.get("ref"));
    let member = |name: &str| {
        let member = reference.and_then(|reference| reference.get(name));
        member
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::params(NEEDS))
    };
    match &*member("type")? {
        "ref/prompt" => Ok(Named {
            kind: TargetKind::Prompt,
            name: member("name")?,
        }),
        "ref/resource" => Ok(Named {
            kind: TargetKind::ResourceTemplate,
            name: member("uri")?,
        }),
        _ => Err(Refusal::params(NEEDS)),
    }
}
