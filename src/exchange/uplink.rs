//! A message of the client: whether it may go to the server, and what of it.

use super::head::Head;
use super::occurrence::Occurrence;
use super::refusal::{Refusal, telling_name};
use super::reply::HeaderEdits;
use super::scope::{Pending, Scope};
use super::target::{self, Named};
use super::version::{self, Kind};
use super::{names, strip};
use crate::json::{Document, Splice};
use crate::jsonrpc::{Message, Notification, Outcome, Request, Response};
use crate::mcp::{ClientMethod, ProtocolVersion, header, meta};
use crate::policy::{Decision, Limits};

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

    let target = target::of(method, params)?;
    if let Some(named) = target
        .as_ref()
        .filter(|_| version.is_modern() && target::is_mirrored(method))
    {
        version::check_name(&head.mirrors, named.name())?;
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
    strip::request(&mut splice, &head.server, method, params)?;
    let log_level = params
        .and_then(|params| params.get("_meta"))
        .and_then(|meta| meta.get(meta::LOG_LEVEL))
        .is_some();
    let occurrence = Occurrence::Allowed {
        method: method.as_str(),
        target: target.as_ref().map(|named| telling_name(named.target())),
        rule,
    };
    let pending = Pending {
        id,
        method,
        named: target.map(Named::into_owned),
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
    names::unambiguous(*params)?;
    version::check_method(&head.mirrors, text)?;
    let mut splice = Splice::new(document.source());
    strip::envelope(&mut splice, *params);
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
    // What has no meaning in this message nobody has checked, so nobody may read it.
    let is_checked = |name: &str| {
        let method = pending.as_ref().map(|pending| pending.method);
        match name {
            header::METHOD => true,
            header::NAME => method.is_some_and(target::is_mirrored),
            // Those that mirror arguments are the server's to check: only it knows which do.
            _ => method == Some(ClientMethod::ToolsCall),
        }
    };
    if version.is_modern() {
        headers.remove.extend(head.mirrors.legacy);
        headers.remove.extend(
            head.mirrors
                .modern
                .into_iter()
                .filter(|name| !is_checked(name)),
        );
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
