//! A message of the client: whether it may go to the server, and what of it.

use std::borrow::Cow;

use super::head::Head;
use super::names;
use super::refusal::Refusal;
use super::reply::{HeaderEdits, Occurrence};
use super::scope::{Pending, Scope};
use super::version::{self, Kind};
use crate::json::{Document, Splice, Value};
use crate::jsonrpc::{Message, Notification, Outcome, Request, Response};
use crate::mcp::{ClientMethod, ProtocolVersion, header, meta};
use crate::policy::{Decision, Limits, Target, VirtualServer};

/// A message that may go on.
#[derive(Debug)]
pub(super) struct Admitted {
    /// Where its answer belongs.
    pub(super) scope: Scope,
    /// The body in its place, if it had to change.
    pub(super) body: Option<String>,
    /// Changes to the headers.
    pub(super) headers: HeaderEdits,
    /// What was decided.
    pub(super) occurrence: Occurrence,
}

/// Decides about the body of a POST.
///
/// # Errors
///
/// Refuses whatever is not one well-formed message that the virtual server lets through.
pub(super) fn admit(head: Head, limits: &Limits, body: &[u8]) -> Result<Admitted, Refusal> {
    if body.len() > limits.request_bytes {
        return Err(Refusal::body_too_large(limits.request_bytes));
    }
    let document = Document::parse(body, &limits.json).map_err(|error| Refusal::json(&error))?;
    match Message::read(&document, limits.id_bytes).map_err(Refusal::message)? {
        Message::Request(request) => {
            let id = request.id.clone();
            self::request(head, &document, request).map_err(|refusal| refusal.answering(Some(&id)))
        }
        Message::Notification(notification) => self::notification(head, &document, &notification),
        Message::Response(response) => self::response(head, &document, &response),
    }
}

fn request(head: Head, document: &Document<'_>, request: Request<'_>) -> Result<Admitted, Refusal> {
    let Request {
        id,
        method: text,
        params,
    } = request;
    let kind = Kind::Request { method: &text };
    let version = version::agree(&head.server, &head.mirrors, kind, params)?;
    let method = ClientMethod::parse(&text, version)
        .filter(|method| !method.is_notification())
        .ok_or_else(|| Refusal::method(&text, version))?;
    names::unambiguous(params)?;

    let target = target(method, params)?;
    if version.is_modern() {
        let mirrored = match (method, &target) {
            (
                ClientMethod::ToolsCall | ClientMethod::PromptsGet | ClientMethod::ResourcesRead,
                t,
            ) => t.as_ref().map(Named::name),
            _ => None,
        };
        if let Some(name) = mirrored {
            version::check_name(&head.mirrors, name)?;
        }
    }
    let rule = match &target {
        None => None,
        Some(named) => match head.server.decide(named.target()) {
            Decision::Allow { rule } => Some(rule.id().clone()),
            Decision::Deny { .. } => {
                return Err(Refusal::not_enabled(&head.server, named.target(), version));
            }
        },
    };
    names::check_input_responses(&head.server, version, params)?;

    let mut splice = Splice::new(document.source());
    edit_request(&mut splice, &head.server, method, params);
    let log_level = params
        .and_then(|params| params.get("_meta"))
        .and_then(|meta| meta.get(meta::LOG_LEVEL))
        .is_some();
    let occurrence = Occurrence::Allowed {
        method: method.as_str(),
        target: target.map(|named| super::refusal::echo(named.name())),
        rule,
    };
    let pending = Pending {
        id,
        method,
        log_level,
        answered: false,
    };
    Ok(admitted(head, version, Some(pending), splice, occurrence))
}

fn notification(
    head: Head,
    document: &Document<'_>,
    notification: &Notification<'_>,
) -> Result<Admitted, Refusal> {
    let Notification {
        method: text,
        params,
    } = notification;
    let version = version::agree(&head.server, &head.mirrors, Kind::Other, *params)?;
    let method = ClientMethod::parse(text, version)
        .ok_or_else(|| Refusal::notification(text))
        .and_then(|method| {
            // Some servers take a request without an id for a notification, and some run it.
            if method.is_notification() {
                Ok(method)
            } else {
                Err(Refusal::malformed("A request needs an id"))
            }
        })?;
    let mut splice = Splice::new(document.source());
    edit_meta(&mut splice, *params);
    let occurrence = Occurrence::Allowed {
        method: method.as_str(),
        target: None,
        rule: None,
    };
    Ok(admitted(head, version, None, splice, occurrence))
}

/// An answer of the client to a request of the server: a sampled message, a user's words.
fn response(
    head: Head,
    document: &Document<'_>,
    response: &Response<'_>,
) -> Result<Admitted, Refusal> {
    let version = version::agree(&head.server, &head.mirrors, Kind::Other, None)?;
    if version.is_modern() {
        return Err(Refusal::malformed(
            "MCP 2026-07-28 has no responses of the client",
        ));
    }
    if let Outcome::Result(result) = response.outcome {
        // A server runs the tools that a sampled message names.
        names::check_tool_uses(&head.server, version, result).map_err(Refusal::unanswerable)?;
    }
    let occurrence = Occurrence::Allowed {
        method: "response",
        target: None,
        rule: None,
    };
    Ok(admitted(
        head,
        version,
        None,
        Splice::new(document.source()),
        occurrence,
    ))
}

fn admitted(
    head: Head,
    version: ProtocolVersion,
    pending: Option<Pending>,
    splice: Splice<'_>,
    occurrence: Occurrence,
) -> Admitted {
    let mut headers = HeaderEdits::default();
    // What has no meaning in this version nobody checks, so nobody may read it.
    if version.is_modern() {
        headers.remove.extend(head.mirrors.legacy);
        if pending
            .as_ref()
            .is_some_and(|pending| !mirrors_name(pending.method))
        {
            headers.remove(header::NAME);
        }
    } else {
        headers.remove.extend(head.mirrors.modern);
    }
    let body = (!splice.is_empty()).then(|| splice.finish());
    Admitted {
        scope: Scope {
            server: head.server,
            version,
            pending,
        },
        body,
        headers,
        occurrence,
    }
}

/// Whether `Mcp-Name` mirrors something in requests of this method.
fn mirrors_name(method: ClientMethod) -> bool {
    matches!(
        method,
        ClientMethod::ToolsCall | ClientMethod::PromptsGet | ClientMethod::ResourcesRead
    )
}

/// What a request names, and the policy decides about.
enum Named<'d> {
    Tool(Cow<'d, str>),
    Prompt(Cow<'d, str>),
    Resource(Cow<'d, str>),
    ResourceTemplate(Cow<'d, str>),
}

impl Named<'_> {
    fn target(&self) -> Target<'_> {
        match self {
            Self::Tool(name) => Target::Tool(name),
            Self::Prompt(name) => Target::Prompt(name),
            Self::Resource(uri) => Target::Resource(uri),
            Self::ResourceTemplate(template) => Target::ResourceTemplate(template),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Tool(name)
            | Self::Prompt(name)
            | Self::Resource(name)
            | Self::ResourceTemplate(name) => name,
        }
    }
}

fn target<'d>(
    method: ClientMethod,
    params: Option<Value<'d>>,
) -> Result<Option<Named<'d>>, Refusal> {
    let string = |member: &str, message: &'static str| {
        params
            .and_then(|params| params.get(member))
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::params(message))
    };
    Ok(Some(match method {
        ClientMethod::ToolsCall => {
            let arguments = params.and_then(|params| params.get("arguments"));
            if arguments.is_some_and(|arguments| !arguments.is_object()) {
                return Err(Refusal::params("`arguments` must be an object"));
            }
            Named::Tool(string("name", "tools/call needs `name`, a string")?)
        }
        ClientMethod::PromptsGet => {
            Named::Prompt(string("name", "prompts/get needs `name`, a string")?)
        }
        ClientMethod::ResourcesRead
        | ClientMethod::ResourcesSubscribe
        | ClientMethod::ResourcesUnsubscribe => {
            Named::Resource(string("uri", "the method needs `uri`, a string")?)
        }
        ClientMethod::Complete => {
            const NEEDS: &str = "completion/complete needs `ref`: a `ref/prompt` with `name`, or a `ref/resource` \
                 with `uri`";
            let reference = params.and_then(|params| params.get("ref"));
            let member = |name: &str| {
                reference
                    .and_then(|reference| reference.get(name))
                    .and_then(Value::as_str)
                    .ok_or_else(|| Refusal::params(NEEDS))
            };
            match &*member("type")? {
                "ref/prompt" => Named::Prompt(member("name")?),
                "ref/resource" => Named::ResourceTemplate(member("uri")?),
                _ => return Err(Refusal::params(NEEDS)),
            }
        }
        ClientMethod::Initialize
        | ClientMethod::Discover
        | ClientMethod::Ping
        | ClientMethod::ToolsList
        | ClientMethod::PromptsList
        | ClientMethod::ResourcesList
        | ClientMethod::ResourceTemplatesList
        | ClientMethod::SetLevel
        | ClientMethod::Listen
        | ClientMethod::Initialized
        | ClientMethod::Cancelled
        | ClientMethod::Progress
        | ClientMethod::RootsListChanged => return Ok(None),
    }))
}

/// Takes out of a request what Sluice can't enforce, so that the server does not offer it.
fn edit_request<'d>(
    splice: &mut Splice<'d>,
    server: &VirtualServer,
    method: ClientMethod,
    params: Option<Value<'d>>,
) {
    edit_meta(splice, params);
    let Some(params) = params else { return };
    if method == ClientMethod::Initialize
        && let Some(capabilities) = params.get("capabilities")
    {
        splice.remove_member(capabilities, "tasks");
        edit_extensions(splice, capabilities);
    }
    if method == ClientMethod::ToolsCall {
        // Augments the call with a task whose result would come without the tool's name.
        splice.remove_member(params, "task");
    }
    if method == ClientMethod::Listen
        && let Some(notifications) = params.get("notifications")
    {
        splice.remove_member(notifications, "taskIds");
        if let Some(uris) = notifications.get("resourceSubscriptions") {
            splice.remove_elements(uris, |uri| {
                !uri.as_str()
                    .is_some_and(|uri| server.allows(Target::Resource(&uri)))
            });
        }
    }
}

fn edit_meta<'d>(splice: &mut Splice<'d>, params: Option<Value<'d>>) {
    let Some(meta) = params.and_then(|params| params.get("_meta")) else {
        return;
    };
    splice.remove_member(meta, meta::BAGGAGE);
    splice.remove_member(meta, meta::RELATED_TASK);
    if let Some(capabilities) = meta.get(meta::CLIENT_CAPABILITIES) {
        edit_extensions(splice, capabilities);
    }
}

/// Leaves only the extensions that Sluice can enforce in a set of capabilities.
pub(super) fn edit_extensions<'d>(splice: &mut Splice<'d>, capabilities: Value<'d>) {
    let Some(extensions) = capabilities.get("extensions") else {
        return;
    };
    for member in extensions.members() {
        if !meta::EXTENSIONS.contains(&&*member.key()) {
            splice.remove_member(extensions, &member.key());
        }
    }
}
