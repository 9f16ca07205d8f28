//! A message of the client: whether it may go to the server, and what of it.

use std::sync::Arc;

use super::asked::Asked;
use super::head::Head;
use super::occurrence::Occurrence;
use super::refusal::{Recipients, Refusal};
use super::reply::HeaderEdits;
use super::scope::{Pending, Scope};
use super::session::Session;
use super::target::{self, Named};
use super::version::{self, Kind};
use super::{batch, extension, http_sse, names, renamed, strip, task};
use crate::json::{Document, Splice, Value};
use crate::jsonrpc::{Message, Notification, Outcome, Request, Response};
use crate::mcp::{ClientMethod, ProtocolVersion, header, meta};
use crate::policy::{Decision, Endpoint, Limits, RuleId, Target, View};

/// A body that may go on.
#[derive(Debug)]
pub(super) struct Admitted {
    /// Where its answers belong.
    pub(super) scope: Scope,
    /// The body in its place, if it had to change.
    pub(super) body: Option<String>,
    /// Changes to the headers.
    pub(super) headers: HeaderEdits,
    /// What was decided.
    pub(super) occurrences: Vec<Occurrence>,
}

/// One message that may go on.
#[derive(Debug)]
pub(super) struct Passed {
    /// The version that it is in.
    pub(super) version: ProtocolVersion,
    /// The request that waits for its answer, if it is one.
    pub(super) pending: Option<Pending>,
    /// What it asks for.
    pub(super) asked: Arc<Asked>,
    /// The line of the manifest that lets it pass, where one is needed.
    pub(super) rule: Option<RuleId>,
}

impl Passed {
    /// A message that nobody answers.
    fn without_answer(version: ProtocolVersion, asked: Asked) -> Self {
        Self {
            version,
            pending: None,
            asked: Arc::new(asked),
            rule: None,
        }
    }
}

/// Decides about the body of a POST.
///
/// # Errors
///
/// Refuses whatever is not one well-formed message that the virtual server lets through, or a
/// batch of such where it takes batches.
pub(super) fn admit(head: &Head, limits: &Limits, body: &[u8]) -> Result<Admitted, Refusal> {
    if body.len() > limits.request_bytes {
        return Err(Refusal::body_too_large(limits.request_bytes));
    }
    let document = Document::parse(body, &limits.json).map_err(|error| Refusal::json(&error))?;
    let mut splice = Splice::new(document.source());
    if document.root().is_array() && takes_batches(head) {
        head.session.check(ProtocolVersion::V2025_03_26)?;
        let passed = batch::admit(head, limits, document.root(), &mut splice)?;
        return Ok(admitted(head, passed, splice, true));
    }
    let message = Message::read(&document, limits.id_bytes).map_err(Refusal::message)?;
    let passed = self::message(head, message, &mut splice)?;
    Ok(admitted(head, vec![passed], splice, false))
}

/// Whether several messages may come at once. Servers of HTTP+SSE take none.
fn takes_batches(head: &Head) -> bool {
    head.server.takes_batches() && head.endpoint == Endpoint::Streamable
}

/// Decides about one message, and makes the edits that it needs.
///
/// # Errors
///
/// Refuses it, under its id if it is a request.
pub(super) fn message<'d>(
    head: &Head,
    message: Message<'d>,
    splice: &mut Splice<'d>,
) -> Result<Passed, Refusal> {
    match message {
        Message::Request(request) => {
            let id = request.id.clone();
            self::request(head, request, splice)
                .map_err(|refusal| refusal.answering(Recipients::One(id)))
        }
        Message::Notification(notification) => self::notification(head, &notification, splice),
        Message::Response(response) => self::response(head, &response, splice),
    }
}

fn request<'d>(
    head: &Head,
    request: Request<'d>,
    splice: &mut Splice<'d>,
) -> Result<Passed, Refusal> {
    let mut asked = Asked::message(Some(&request.id), request.params);
    if head.trace.digests {
        asked = asked.digested(request.params);
    }
    match admit_request(head, request, splice, &mut asked) {
        Ok((pending, rule)) => {
            let version = asked.version.unwrap_or(ProtocolVersion::V2025_03_26);
            Ok(Passed {
                version,
                pending: Some(pending),
                asked: Arc::new(asked),
                rule,
            })
        }
        Err(refusal) => Err(refusal.of(Some(Arc::new(asked)))),
    }
}

/// Decides about a request, and says what it `asked` for as far as that can be read.
fn admit_request<'d>(
    head: &Head,
    request: Request<'d>,
    splice: &mut Splice<'d>,
    asked: &mut Asked,
) -> Result<(Pending, Option<RuleId>), Refusal> {
    let Request {
        id,
        method: text,
        params,
    } = request;
    if head.endpoint == Endpoint::Messages && http_sse::is_reserved(&id) {
        return Err(Refusal::malformed(
            "The id is one that the gateway uses itself",
        ));
    }
    let kind = Kind::Request { method: &text };
    let version = version::agree(head, kind, params)?;
    asked.version = Some(version);
    let method = ClientMethod::parse(&text, version)
        .filter(|method| !method.is_notification() && extension::offers(&head.server, *method))
        .ok_or_else(|| Refusal::method(&text, version))?;
    asked.method = Some(method.as_str());
    names::unambiguous(params)?;

    let mut tasks = Vec::new();
    let target = if task::is_about_one(method) {
        let task = task::asked(head, params, splice)?;
        let tool = Named::tool(task.tool.clone());
        tasks.push(task);
        Some(tool)
    } else {
        target::of(method, params)?
    };
    if let Some(named) = &target {
        asked.names(named);
    }
    if let Some(named) = target
        .as_ref()
        .filter(|_| tasks.is_empty() && version.is_modern() && target::is_mirrored(method))
    {
        version::check_name(&head.mirrors, named.name())?;
    }
    let target = match target {
        Some(named) if tasks.is_empty() => {
            let named = renamed::own(&head.server, version, named, params, splice)?;
            asked.names(&named);
            Some(named)
        }
        target => target,
    };
    let rule = match &target {
        None => None,
        Some(named) => match decide(head, method, named, params)? {
            Decision::Allow { rule } => Some(rule.id().clone()),
            Decision::Deny { .. } if head.server.allows(named.target()) => {
                return Err(Refusal::arguments(&head.server, named.target(), version));
            }
            Decision::Deny { .. } => {
                return Err(Refusal::not_enabled(&head.server, named.target(), version));
            }
        },
    };
    names::check_input_responses(&head.server, version, params, splice)?;

    strip::request(splice, &head.server, method, params)?;
    if method == ClientMethod::Listen {
        tasks = task::listen(&head.server, params, splice)?;
    }
    let log_level = params
        .and_then(|params| params.get("_meta"))
        .and_then(|meta| meta.get(meta::LOG_LEVEL))
        .is_some();
    head.trace.write(asked, params, splice);
    let pending = Pending {
        id,
        method,
        named: target.map(Named::into_owned),
        tasks,
        log_level,
        answered: false,
    };
    Ok((pending, rule))
}

/// Decides about what a request names. With what arguments a task was called has been decided.
///
/// # Errors
///
/// Those of [`names::arguments`].
fn decide<'p>(
    head: &'p Head,
    method: ClientMethod,
    named: &Named<'_>,
    params: Option<Value<'_>>,
) -> Result<Decision<'p>, Refusal> {
    let takes_arguments = matches!(method, ClientMethod::ToolsCall | ClientMethod::PromptsGet);
    if !takes_arguments {
        return Ok(head.server.decide(named.target()));
    }
    let arguments = params.and_then(|params| params.get("arguments"));
    let arguments = names::arguments(arguments)?;
    Ok(head.server.decide_use(named.target(), arguments))
}

fn notification<'d>(
    head: &Head,
    notification: &Notification<'d>,
    splice: &mut Splice<'d>,
) -> Result<Passed, Refusal> {
    let Notification {
        method: text,
        params,
    } = notification;
    let mut asked = Asked::message(None, *params);
    let version = version::agree(head, Kind::Other, *params)?;
    asked.version = Some(version);
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
    names::unambiguous(*params)?;
    version::check_method(&head.mirrors, text)?;
    asked.method = Some(method.as_str());
    strip::envelope(splice, &head.server, *params);
    head.trace.write(&asked, *params, splice);
    Ok(Passed::without_answer(version, asked))
}

/// An answer of the client to a request of the server: a sampled message, a user's words.
fn response<'d>(
    head: &Head,
    response: &Response<'d>,
    splice: &mut Splice<'d>,
) -> Result<Passed, Refusal> {
    let version = version::agree(head, Kind::Other, None)?;
    if version.is_modern() {
        return Err(Refusal::malformed(
            "MCP 2026-07-28 has no responses of the client",
        ));
    }
    if let Outcome::Result(result) = response.outcome {
        // A server runs the tools that a sampled message names.
        names::check_tool_uses(&head.server, version, result, splice)
            .map_err(Refusal::unanswerable)?;
        strip::envelope(splice, &head.server, Some(result));
    }
    let asked = Asked::method("response", Some(version));
    Ok(Passed::without_answer(version, asked))
}

/// What `Mcp-Name` has to say to the server, where that differs from what it says of the client.
fn servers_name<'p>(server: &View, pending: &'p Pending) -> Option<&'p str> {
    if task::is_about_one(pending.method) {
        return pending.tasks.first().map(|task| task.id.as_str());
    }
    match pending.named.as_ref()?.target() {
        Target::Tool(name) => (server.tool_names().shown(name) != name).then_some(name),
        Target::Prompt(_)
        | Target::Resource(_)
        | Target::ResourceTemplate(_)
        | Target::Skill(_) => None,
    }
}

/// A body of these messages, of which there is at least one.
fn admitted(head: &Head, passed: Vec<Passed>, splice: Splice<'_>, batch: bool) -> Admitted {
    let version = passed.iter().map(|passed| passed.version).max();
    let version = version.unwrap_or(ProtocolVersion::V2025_03_26);
    let mut pending = Vec::with_capacity(passed.len());
    let mut occurrences = Vec::with_capacity(passed.len());
    let mut headers = HeaderEdits::default();
    let trace = passed.first().and_then(|first| first.asked.trace.as_ref());
    if let Some(context) = head.trace.onward(trace) {
        headers.trace(context);
    }
    for passed in passed {
        pending.extend(passed.pending);
        let (asked, rule) = (passed.asked, passed.rule);
        occurrences.push(Occurrence::Allowed { asked, rule });
    }
    // What has no meaning in this message nobody has checked, so nobody may read it.
    let is_checked = |name: &str| {
        let method = pending.first().map(|pending| pending.method);
        match name {
            header::METHOD => true,
            header::NAME => method.is_some_and(target::is_mirrored),
            // Those that mirror arguments are the server's to check: only it knows which do.
            _ => method == Some(ClientMethod::ToolsCall),
        }
    };
    if version.is_modern() {
        let unchecked = head.mirrors.modern.iter().filter(|name| !is_checked(name));
        headers.remove.extend(head.mirrors.legacy.iter().cloned());
        headers.remove.extend(unchecked.cloned());
        if let Some(name) = pending
            .first()
            .and_then(|it| servers_name(&head.server, it))
        {
            headers.set(header::NAME, header::encode_value(name).into_owned());
        }
    } else {
        headers.remove.extend(head.mirrors.modern.iter().cloned());
    }
    if head.endpoint == Endpoint::Messages {
        // The answer comes on another stream.
        pending.clear();
    }
    let body = (!splice.is_empty()).then(|| splice.finish());
    Admitted {
        scope: Scope {
            server: Arc::clone(&head.server),
            version,
            endpoint: head.endpoint,
            pending,
            batch,
            session: match &head.session {
                Session::Bound(id) if !version.is_modern() => Some(id.clone()),
                Session::Bound(_) | Session::Foreign | Session::None => None,
            },
            ticket: None,
        },
        body,
        headers,
        occurrences,
    }
}
