//! What Sluice can't enforce is taken out of requests, so that the server does not offer it.

use super::extension;
use super::refusal::Refusal;
use crate::json::{Splice, Value, quoted};
use crate::mcp::{ClientMethod, ProtocolVersion, meta};
use crate::policy::{Target, View};

/// Takes out of a request what can't be enforced.
///
/// # Errors
///
/// Refuses parameters that are not what the method takes.
pub(super) fn request<'d>(
    splice: &mut Splice<'d>,
    server: &View,
    method: ClientMethod,
    params: Option<Value<'d>>,
) -> Result<(), Refusal> {
    envelope(splice, server, params);
    if method == ClientMethod::Initialize {
        return initialize(splice, server, params);
    }
    let Some(params) = params else { return Ok(()) };
    if method == ClientMethod::ToolsCall {
        // Augments the call with a task, whose result would come without the tool's name.
        splice.remove_member(params, "task");
    }
    if let Some(responses) = params.get("inputResponses") {
        for response in responses.members() {
            envelope(splice, server, Some(response.value()));
        }
    }
    if method == ClientMethod::Listen
        && let Some(notifications) = params.get("notifications")
    {
        subscriptions(splice, server, notifications).map_err(Refusal::params)?;
    }
    Ok(())
}

/// Leaves of what a client listens to, or is told that it listens to, what it may hear of.
///
/// # Errors
///
/// Fails when the filter is not what it must be.
pub(super) fn subscriptions<'d>(
    splice: &mut Splice<'d>,
    server: &View,
    notifications: Value<'d>,
) -> Result<(), &'static str> {
    if !notifications.is_object() {
        return Err("`notifications` must be an object");
    }
    if server.task_ids().is_none() {
        splice.remove_member(notifications, "taskIds");
    }
    if let Some(uris) = notifications.get("resourceSubscriptions") {
        if !uris.is_array() {
            return Err("`resourceSubscriptions` must be an array");
        }
        splice.remove_elements(uris, |uri| {
            !uri.as_str()
                .is_some_and(|uri| server.allows(Target::Resource(&uri)))
        });
    }
    Ok(())
}

/// Takes out of the `_meta` of parameters or of a result what can't be enforced, and what the
/// caller's other systems left there.
pub(super) fn envelope<'d>(splice: &mut Splice<'d>, server: &View, holder: Option<Value<'d>>) {
    let Some(envelope) = holder.and_then(|holder| holder.get("_meta")) else {
        return;
    };
    splice.remove_members(envelope, |member| {
        member.has_key(meta::BAGGAGE) || member.has_key(meta::RELATED_TASK)
    });
    if let Some(capabilities) = envelope.get(meta::CLIENT_CAPABILITIES) {
        // Versions with sessions have them in `initialize`.
        extensions(splice, server, true, capabilities);
    }
}

/// Leaves only the extensions that can be enforced in a set of capabilities.
pub(super) fn extensions<'d>(
    splice: &mut Splice<'d>,
    server: &View,
    modern: bool,
    capabilities: Value<'d>,
) {
    let Some(extensions) = capabilities.get("extensions") else {
        return;
    };
    splice.remove_members(extensions, |member| {
        !extension::passes(server, modern, &member.key())
    });
}

/// Opens a session in a version that is served: a server may answer with another one than it was
/// asked for, so that asking in the client's place settles it before a session is open.
fn initialize<'d>(
    splice: &mut Splice<'d>,
    server: &View,
    params: Option<Value<'d>>,
) -> Result<(), Refusal> {
    let requested = params.and_then(|params| params.get("protocolVersion"));
    let text = requested.and_then(Value::as_str);
    let (Some(params), Some(requested), Some(text)) = (params, requested, text) else {
        return Err(Refusal::params(
            "initialize needs `protocolVersion`, a string",
        ));
    };
    let legacy = |version: &ProtocolVersion| !version.is_modern();
    let served = || server.protocol_versions().iter().copied().filter(legacy);
    if !served().any(|version| version.as_str() == text) {
        let older = served().filter(|version| version.as_str() < &*text).max();
        if let Some(nearest) = older.or_else(|| served().min()) {
            splice.replace(requested, quoted(nearest.as_str()));
        }
    }
    if let Some(capabilities) = params.get("capabilities") {
        splice.remove_member(capabilities, "tasks");
        extensions(splice, server, false, capabilities);
    }
    Ok(())
}
