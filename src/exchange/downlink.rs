//! A message of the server: what of it the client may see.
//!
//! Messages are judged by their shape, on whatever stream they come and under whatever id: SDKs
//! replay lists on streams that nobody asked them on, and deliver answers under other ids
//! (MCP has no way to tell a replayed list from a fresh one). That an answer belongs to the
//! request only adds strictness.

use super::reply::Occurrence;
use super::scope::Scope;
use super::{content, handshake, list};
use crate::json::{Document, Splice, Value};
use crate::jsonrpc::{Message, Outcome, Response};
use crate::mcp::{ClientMethod, ServerMethod, meta};
use crate::policy::{Limits, Target};

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It goes on with these bytes.
    Rewrite(String),
    /// It does not go on; the client does not miss it.
    Drop(&'static str),
    /// It is an answer that can't go on; the client must be told.
    Refuse(&'static str),
}

/// Judges one message, and adds what was filtered to `occurrences`.
pub(super) fn judge(
    scope: &mut Scope,
    limits: &Limits,
    document: &Document<'_>,
    occurrences: &mut Vec<Occurrence>,
) -> Verdict {
    let message = match Message::read(document, limits.id_bytes) {
        Ok(message) => message,
        Err(_) => return Verdict::Refuse("the server sent something that is no JSON-RPC message"),
    };
    let mut splice = Splice::new(document.source());
    let judged = match message {
        Message::Response(response) => {
            self::response(scope, limits, &response, &mut splice, occurrences)
        }
        Message::Request(request) => {
            self::request(scope, &request.method, request.params, &mut splice)
        }
        Message::Notification(notification) => self::notification(
            scope,
            &notification.method,
            notification.params,
            &mut splice,
        ),
    };
    match judged {
        Ok(()) if splice.is_empty() => Verdict::Pass,
        Ok(()) => Verdict::Rewrite(splice.finish()),
        Err(verdict) => verdict,
    }
}

fn response<'d>(
    scope: &mut Scope,
    limits: &Limits,
    response: &Response<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    if let Some(pending) = &scope.pending {
        match &response.id {
            _ if pending.answered => return Err(Verdict::Drop("a second answer")),
            Some(id) if id.matches(&pending.id) => {}
            // Errors about a request that could not be read have no id.
            None => {}
            Some(_) => return Err(Verdict::Drop("an answer to another request")),
        }
    }
    match response.outcome {
        Outcome::Result(result) => {
            self::result(scope, limits, result, splice, occurrences)?;
        }
        Outcome::Error(_) => {}
    }
    scope.set_answered();
    Ok(())
}

fn result<'d>(
    scope: &Scope,
    limits: &Limits,
    result: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    if !result.is_object() {
        return Err(Verdict::Refuse("the server's result is not an object"));
    }
    if !list::is_unambiguous(result) {
        return Err(Verdict::Refuse(
            "a member of the result differs from a known one in case",
        ));
    }
    let kind = result.get("resultType").and_then(Value::as_str);
    if kind.as_deref() == Some("task") || result.get("task").is_some() {
        return Err(Verdict::Refuse(
            "the server answered with a task, which nobody asked for",
        ));
    }
    list::filter(&scope.server, result, splice, occurrences).map_err(Verdict::Refuse)?;
    handshake::edit(scope, result, splice).map_err(Verdict::Refuse)?;
    list::keep_private(scope.version, limits, result, splice);
    content::edit(&scope.server, result, splice);
    if let Some(requests) = result.get("inputRequests") {
        for member in requests.members() {
            edit_request(scope, member.value().get("params"), splice);
        }
    }
    edit_meta(Some(result), splice);
    Ok(())
}

fn request<'d>(
    scope: &Scope,
    method: &str,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<(), Verdict> {
    match ServerMethod::parse(method, scope.version) {
        Some(method) if !method.is_notification() => {}
        _ => {
            return Err(Verdict::Drop(
                "a request that servers of this version do not send",
            ));
        }
    }
    edit_request(scope, params, splice);
    edit_meta(params, splice);
    Ok(())
}

/// Takes out of a request for sampling the tools that the client must not see, and the context of
/// other servers.
fn edit_request<'d>(scope: &Scope, params: Option<Value<'d>>, splice: &mut Splice<'d>) {
    let Some(params) = params else { return };
    if let Some(tools) = params.get("tools") {
        splice.remove_elements(tools, |tool| {
            let name = tool.get("name").and_then(Value::as_str);
            !name.is_some_and(|name| scope.server.allows(Target::Tool(&name)))
        });
    }
    splice.remove_member(params, "includeContext");
    content::edit(&scope.server, params, splice);
}

fn notification<'d>(
    scope: &Scope,
    method: &str,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<(), Verdict> {
    let Some(method) =
        ServerMethod::parse(method, scope.version).filter(|method| method.is_notification())
    else {
        return Err(Verdict::Drop(
            "a notification that servers of this version do not send",
        ));
    };
    if method == ServerMethod::ResourceUpdated {
        let uri = params
            .and_then(|params| params.get("uri"))
            .and_then(Value::as_str);
        if !uri.is_some_and(|uri| scope.server.allows(Target::Resource(&uri))) {
            return Err(Verdict::Drop("news of a resource that is not enabled"));
        }
    }
    // In this version log messages belong to the streams of requests that asked for them.
    let asked = scope
        .pending
        .as_ref()
        .is_some_and(|pending| pending.log_level);
    if method == ServerMethod::LoggingMessage && scope.version.is_modern() && !asked {
        return Err(Verdict::Drop("a log message that nobody asked for"));
    }
    edit_meta(params, splice);
    Ok(())
}

/// Takes out of `_meta` what belongs to tasks, which Sluice does not let through.
fn edit_meta<'d>(holder: Option<Value<'d>>, splice: &mut Splice<'d>) {
    let Some(meta) = holder.and_then(|holder| holder.get("_meta")) else {
        return;
    };
    splice.remove_member(meta, meta::RELATED_TASK);
    splice.remove_member(meta, meta::MODEL_IMMEDIATE_RESPONSE);
}

/// Whether a stream may stay silent for this request until the client closes it.
pub(super) fn may_end_unanswered(scope: &Scope) -> bool {
    scope.pending.as_ref().is_none_or(|pending| {
        pending.answered || !scope.version.is_modern() || pending.method == ClientMethod::Listen
    })
}
