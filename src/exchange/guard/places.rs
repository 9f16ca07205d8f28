//! Where messages of a server hold data. What is not known to be the protocol's own is data, so that
//! nothing hides in a member that some later version adds.

use std::borrow::Cow;

use crate::guardrail::{Form, Part, Path};
use crate::json::{Kind, Splice, Value, quoted};

/// Members of results and parameters by which the two sides find their way: words, ids and numbers
/// that a message with others in their place would be lost without.
const WORDS: &[&str] = &[
    "cacheScope",
    "createdAt",
    "lastUpdatedAt",
    "level",
    "mode",
    "protocolVersion",
    "resultType",
    "role",
    "status",
    "stopReason",
    "type",
];

/// Those that are whatever their maker likes, and that nobody reads but their maker.
const OPAQUE: &[&str] = &[
    "cursor",
    "elicitationId",
    "nextCursor",
    "progressToken",
    "requestId",
    "requestState",
    "taskId",
];

/// Those that are numbers.
const NUMBERS: &[&str] = &["pollInterval", "progress", "size", "total", "ttl", "ttlMs"];

/// Members that say what a side is and can, of an answer that opens a conversation.
const OPENING: &[&str] = &["capabilities", "serverInfo", "supportedVersions"];

/// Members of a request for sampling that are about the model.
const SAMPLING: &[&str] = &["modelPreferences", "toolChoice"];

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
        members(
            error,
            &at.clone().key("error"),
            &mut parts,
            |key, value| match key {
                "code" if is_short_number(value) => Member::Protocol,
                "message" => Member::Text,
                _ => Member::Data,
            },
        );
    }
    if let Some(params) = message.get("params") {
        let method = message.get("method").and_then(Value::as_str);
        let method = method.as_deref().unwrap_or_default();
        let is_protocol = |key: &str| match key {
            // Whether it is one of those that the client may know has been decided.
            "uri" => method == "notifications/resources/updated",
            key => method == "sampling/createMessage" && SAMPLING.contains(&key),
        };
        for member in params.members() {
            if !is_protocol(&member.key()) {
                held(params, (&member.key(), member.value()), &at, &mut parts);
            }
        }
        if !params.is_object() {
            add(params, at, Form::Data, &mut parts);
        }
    }
    parts
}

/// A result, or parameters. Paths begin here, since this is what people know of a result.
fn holder<'d>(holder: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    if !holder.is_object() {
        add(holder, at.clone(), Form::Data, parts);
        return;
    }
    for member in holder.members() {
        held(holder, (&member.key(), member.value()), at, parts);
    }
}

/// A member of a result or of parameters.
fn held<'d>(
    holder: Value<'d>,
    (key, value): (&Cow<'d, str>, Value<'d>),
    at: &Path<'d>,
    parts: &mut Vec<Part<'d>>,
) {
    let here = at.clone().key(key.clone());
    match &**key {
        key if is_of_protocol(holder, key, value) => {}
        "content" => blocks(value, &here, parts),
        "contents" => each(value, &here, parts, resource),
        "messages" => each(value, &here, parts, message),
        "inputRequests" if value.is_object() => {
            for request in value.members() {
                input_request(request.value(), &here.clone().key(request.key()), parts);
            }
        }
        // What a task has come to.
        "result" if value.is_object() => self::holder(value, &here, parts),
        key if LISTS.contains(&key) => each(value, &here, parts, entry),
        _ => add(value, here, Form::Data, parts),
    }
}

/// A request that a result holds.
fn input_request<'d>(request: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    let method = request.get("method").and_then(Value::as_str);
    let samples = method.as_deref() == Some("sampling/createMessage");
    for member in request.members() {
        let (key, value) = (member.key(), member.value());
        let here = at.clone().key(key.clone());
        match &*key {
            "method" if is_word(value) => {}
            "params" if value.is_object() => {
                for param in value.members() {
                    if !(samples && SAMPLING.contains(&&*param.key())) {
                        held(value, (&param.key(), param.value()), &here, parts);
                    }
                }
            }
            _ => add(value, here, Form::Data, parts),
        }
    }
}

/// Whether a member is the protocol's own, and holds what such a one may.
fn is_of_protocol(holder: Value<'_>, key: &str, value: Value<'_>) -> bool {
    let is_scalar = !matches!(value.kind(), Kind::Array | Kind::Object);
    // Only one answer opens a conversation, and it is not a tool's.
    let opens =
        holder.get("protocolVersion").is_some() || holder.get("supportedVersions").is_some();
    (WORDS.contains(&key) && is_word(value))
        || (OPAQUE.contains(&key) && is_scalar)
        || (NUMBERS.contains(&key) && value.as_number().is_some())
        || (key == "isError" && value.as_bool().is_some())
        || (OPENING.contains(&key) && opens && holder.get("content").is_none())
}

/// Whether a value is a word, as the protocol has them: a version, a time, a type of media.
fn is_word(value: Value<'_>) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.:/+-".contains(c);
    let text = value.as_str();
    text.is_some_and(|text| text.len() <= 64 && text.chars().all(fits))
}

/// Whether a value is an id, of whatever making.
fn is_id(value: Value<'_>) -> bool {
    value.as_str().is_some_and(|id| id.len() <= 256)
}

fn is_short_number(value: Value<'_>) -> bool {
    value.as_number().is_some_and(|number| number.len() <= 10)
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
    members(message, at, parts, |key, value| match key {
        "role" if is_word(value) => Member::Protocol,
        "content" => Member::Blocks,
        _ => Member::Data,
    });
}

/// One block of content, or several.
fn blocks<'d>(content: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    match content.kind() {
        Kind::Object => block(content, at, parts),
        Kind::Array => {
            add(content, at.clone(), Form::Blocks, parts);
            each(content, at, parts, block);
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
            add(content, at.clone(), Form::Data, parts);
        }
    }
}

fn block<'d>(block: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    let kind = block.get("type").and_then(Value::as_str);
    let is_media = matches!(kind.as_deref(), Some("image" | "audio"));
    let is_result = kind.as_deref() == Some("tool_result");
    members(block, at, parts, |key, value| match key {
        "type" | "mimeType" if is_word(value) => Member::Protocol,
        "id" | "toolUseId" if is_id(value) => Member::Protocol,
        "size" if value.as_number().is_some() => Member::Protocol,
        "annotations" => Member::Annotations,
        // An image may be a text too, such as one of SVG.
        "data" if is_media => Member::Base64,
        "resource" => Member::Resource,
        "content" if is_result => Member::Blocks,
        "text" => Member::Text,
        _ => Member::Data,
    });
}

/// What a resource holds.
fn resource<'d>(resource: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(resource, at, parts, |key, value| match key {
        "mimeType" if is_word(value) => Member::Protocol,
        "annotations" => Member::Annotations,
        "blob" => Member::Base64,
        "text" => Member::Text,
        _ => Member::Data,
    });
}

/// An entry of a list. What it is called and what a call of it looks like has to stay.
fn entry<'d>(entry: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(entry, at, parts, |key, value| match key {
        "name" | "uri" | "uriTemplate" if value.as_str().is_some() => Member::Protocol,
        "inputSchema" | "outputSchema" if value.is_object() => Member::Protocol,
        "mimeType" if is_word(value) => Member::Protocol,
        "size" if value.as_number().is_some() => Member::Protocol,
        "annotations" => Member::Annotations,
        _ => Member::Data,
    });
}

fn annotations<'d>(annotations: Value<'d>, at: &Path<'d>, parts: &mut Vec<Part<'d>>) {
    members(annotations, at, parts, |key, value| match key {
        "audience" if value.is_array() && value.elements().all(is_word) => Member::Protocol,
        "lastModified" if is_word(value) => Member::Protocol,
        _ if matches!(value.kind(), Kind::Bool | Kind::Null) => Member::Protocol,
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
    Annotations,
}

fn members<'d>(
    object: Value<'d>,
    at: &Path<'d>,
    parts: &mut Vec<Part<'d>>,
    kind: impl Fn(&str, Value<'d>) -> Member,
) {
    if !object.is_object() {
        add(object, at.clone(), Form::Data, parts);
        return;
    }
    for member in object.members() {
        let (key, value) = (member.key(), member.value());
        let here = at.clone().key(key.clone());
        match kind(&key, value) {
            Member::Protocol => {}
            Member::Text => add(value, here, Form::Text, parts),
            Member::Base64 => add(value, here, Form::Base64, parts),
            Member::Data => add(value, here, Form::Data, parts),
            Member::Blocks => blocks(value, &here, parts),
            Member::Resource => resource(value, &here, parts),
            Member::Annotations => annotations(value, &here, parts),
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
