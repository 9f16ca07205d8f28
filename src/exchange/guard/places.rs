//! Where messages of a server hold data. What is not known to be the protocol's own is data, so that
//! nothing hides in a member that some later version adds.

use crate::guardrail::{Form, Part, Path};
use crate::json::{Kind, Splice, Value, quoted};

/// Members of results and parameters by which the two sides find their way. They hold no data of a
/// tool's, and a message with others in their place would be lost.
const PROTOCOL: &[&str] = &[
    "cacheScope",
    "createdAt",
    "cursor",
    "elicitationId",
    "isError",
    "lastUpdatedAt",
    "level",
    "mode",
    "nextCursor",
    "pollInterval",
    "progress",
    "progressToken",
    "protocolVersion",
    "requestId",
    "requestState",
    "resultType",
    "role",
    "status",
    "stopReason",
    "taskId",
    "total",
    "ttl",
    "ttlMs",
    "type",
];

/// Members of entries of lists that say what the entry is, and what a call of it looks like.
const ENTRY: &[&str] = &[
    "annotations",
    "execution",
    "icons",
    "inputSchema",
    "mimeType",
    "name",
    "outputSchema",
    "size",
    "uri",
    "uriTemplate",
];

/// Members that hold lists of entries.
const LISTS: &[&str] = &[
    "prompts",
    "resourceTemplates",
    "resources",
    "skills",
    "tools",
];

/// The parts of a message that hold data.
pub(super) fn of(message: Value<'_>) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let at = Path::default();
    if let Some(result) = message.get("result") {
        holder(result, &at, &mut parts);
    }
    if let Some(error) = message.get("error") {
        let at = at.clone().key("error");
        for member in error.members().filter(|member| !member.has_key("code")) {
            let form = match member.has_key("message") {
                true => Form::Text,
                false => Form::Data,
            };
            add(
                member.value(),
                at.clone().key(member.key()),
                form,
                &mut parts,
            );
        }
    }
    if let Some(params) = message.get("params") {
        let method = message.get("method").and_then(Value::as_str);
        let is_update = method.as_deref() == Some("notifications/resources/updated");
        if !is_update {
            holder(params, &at, &mut parts);
        }
    }
    parts
}

/// A result, or parameters. Paths begin here, since this is what people know of a result.
fn holder<'d>(holder: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    for member in holder.members() {
        let (key, value) = (member.key(), member.value());
        let here = at.clone().key(key.clone());
        match &*key {
            key if PROTOCOL.contains(&key) && is_scalar(value) => {}
            "capabilities" | "supportedVersions" => {}
            "content" => blocks(value, &here, parts),
            "contents" => each(value, &here, parts, resource),
            "messages" => each(value, &here, parts, message),
            "inputRequests" => {
                for request in value.members() {
                    if let Some(params) = request.value().get("params") {
                        let here = here.clone().key(request.key()).key("params");
                        self::holder(params, &here, parts);
                    }
                }
            }
            // What a task has come to.
            "result" if value.is_object() => self::holder(value, &here, parts),
            "serverInfo" | "modelPreferences" | "toolChoice" => {}
            key if LISTS.contains(&key) => each(value, &here, parts, entry),
            _ => add(value, here, Form::Data, parts),
        }
    }
}

/// Whether a value is what a member of the protocol's own may be.
fn is_scalar(value: Value<'_>) -> bool {
    !matches!(value.kind(), Kind::Array | Kind::Object)
}

fn add<'d>(value: Value<'d>, path: Path<'d>, form: Form, parts: &mut Vec<Part<'d>>) {
    parts.push(Part { path, value, form });
}

fn each<'d>(
    list: Value<'d>,
    at: &Path<'d>,
    parts: &mut Vec<Part<'d>>,
    look: fn(Value<'d>, &Path<'d>, &mut Vec<Part<'d>>),
) {
    if !list.is_array() {
        add(list, at.clone(), Form::Data, parts);
        return;
    }
    for (index, element) in list.elements().enumerate() {
        look(element, &at.clone().index(index), parts);
    }
}

/// A message of a prompt or of a conversation.
fn message<'d>(message: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(message, at, parts, |key| match key {
        "role" => Member::Protocol,
        "content" => Member::Blocks,
        _ => Member::Data,
    });
}

/// One block of content, or several.
fn blocks<'d>(content: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    match content.kind() {
        Kind::Object => block(content, at, parts),
        Kind::Array => each(content, at, parts, block),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
            add(content, at.clone(), Form::Data, parts);
        }
    }
}

fn block<'d>(block: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    // Of an image or a sound the data is no text.
    let kind = block.get("type").and_then(Value::as_str);
    let is_media = matches!(kind.as_deref(), Some("image" | "audio"));
    let is_result = kind.as_deref() == Some("tool_result");
    if !block.is_object() {
        add(block, at.clone(), Form::Data, parts);
        return;
    }
    members(block, at, parts, |key| match key {
        "type" | "mimeType" | "annotations" | "icons" | "size" | "id" | "toolUseId" => {
            Member::Protocol
        }
        "data" if is_media => Member::Protocol,
        "resource" => Member::Resource,
        "content" if is_result => Member::Blocks,
        "text" => Member::Text,
        _ => Member::Data,
    });
}

/// What a resource holds.
fn resource<'d>(resource: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(resource, at, parts, |key| match key {
        "mimeType" => Member::Protocol,
        "blob" => Member::Base64,
        "text" => Member::Text,
        _ => Member::Data,
    });
}

/// An entry of a list.
fn entry<'d>(entry: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(entry, at, parts, |key| match key {
        key if ENTRY.contains(&key) => Member::Protocol,
        _ => Member::Data,
    });
}

/// What a member of an object is.
enum Member {
    Protocol,
    Text,
    Base64,
    Data,
    Blocks,
    Resource,
}

fn members<'d>(
    object: Value<'d>,
    at: &Path<'d>,
    parts: &mut Vec<Part<'d>>,
    kind: impl Fn(&str) -> Member,
) {
    if !object.is_object() {
        add(object, at.clone(), Form::Data, parts);
        return;
    }
    for member in object.members() {
        let (key, value) = (member.key(), member.value());
        let here = at.clone().key(key.clone());
        match kind(&key) {
            Member::Protocol => {}
            Member::Text => add(value, here, Form::Text, parts),
            Member::Base64 => add(value, here, Form::Base64, parts),
            Member::Data => add(value, here, Form::Data, parts),
            Member::Blocks => blocks(value, &here, parts),
            Member::Resource => resource(value, &here, parts),
        }
    }
}

/// Adds remarks for the model to the content of a tool's result. Where there is no content, nobody
/// would read them.
pub(super) fn add_notes<'d>(message: Value<'d>, notes: &[String], splice: &mut Splice<'d>) {
    let Some(result) = message.get("result").filter(|_| !notes.is_empty()) else {
        return;
    };
    // What a task has come to is one level further down.
    let nested = || {
        result
            .get("result")
            .and_then(|result| result.get("content"))
    };
    let content = result.get("content").or_else(nested);
    let Some(content) = content.filter(|content| content.is_array()) else {
        return;
    };
    for note in notes {
        let block = format!(r#"{{"type":"text","text":{}}}"#, quoted(note));
        splice.push_element(content, &block);
    }
}
