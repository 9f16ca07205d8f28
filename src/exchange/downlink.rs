//! A message of the server: what of it the client may see.
//!
//! Messages are judged by their shape, on whatever stream they come and under whatever id: SDKs
//! replay lists on streams that nobody asked them on, and deliver answers under other ids
//! (MCP has no way to tell a replayed list from a fresh one). That an answer belongs to the
//! request only adds strictness.

use super::fold::{self, is_unambiguous};
use super::occurrence::Occurrence;
use super::refusal::{Recipients, Refusal};
use super::scope::{Pending, Scope};
use super::unknown::{find_unknown, is_unknown};
use super::{content, extension, handshake, list, renamed, sampling, strip, task};
use crate::json::{Document, Splice, Value};
use crate::jsonrpc::{Message, Notification, Outcome, RequestId, Response};
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
    /// It is no message. Whether it was meant to be the answer nobody can tell.
    Unreadable(&'static str),
    /// It is an answer that can't go on; the client is told this in its place.
    Refuse(Refusal),
}

impl Verdict {
    /// The message goes on with these edits.
    fn edited(splice: Splice<'_>) -> Self {
        if splice.is_empty() {
            Self::Pass
        } else {
            Self::Rewrite(splice.finish())
        }
    }

    /// The answer is not one that can be understood.
    pub(super) fn invalid(detail: &'static str) -> Self {
        Self::Refuse(Refusal::upstream_invalid(detail))
    }
}

/// Members of a result on which a decision rests, besides those that hold lists.
const RESULT: &[&str] = &[
    "_meta",
    "capabilities",
    "content",
    "contents",
    "inputRequests",
    "instructions",
    "messages",
    "resultType",
    "skill",
    "task",
];

/// The requests that a result may hold (MCP 2026-07-28, `inputRequests`).
const INPUT_REQUESTS: [&str; 3] = ["elicitation/create", "roots/list", "sampling/createMessage"];

/// The most messages that may answer a batch, of which a client sends a hundred.
const MAX_MESSAGES: usize = 1000;

/// Judges what an event or a body holds, and adds what was filtered to `occurrences`.
///
/// That is one message; in answer to a batch, an array of messages too (MCP 2025-03-26).
pub(super) fn judge(
    scope: &mut Scope,
    limits: &Limits,
    document: &Document<'_>,
    occurrences: &mut Vec<Occurrence>,
) -> Verdict {
    let mut splice = Splice::new(document.source());
    splice.replace_lone_surrogates(document);
    let root = document.root();
    let judged = match (scope.batch, root.is_array()) {
        (true, true) => batch(scope, limits, root, &mut splice, occurrences),
        (true, false) => element(scope, limits, root, &mut splice, occurrences),
        (false, _) => message(scope, limits, root, &mut splice, occurrences),
    };
    judged.map_or_else(|verdict| verdict, |()| Verdict::edited(splice))
}

/// Judges an array of messages. Those that do not go on leave it.
fn batch<'d>(
    scope: &mut Scope,
    limits: &Limits,
    root: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    if root.elements().count() > MAX_MESSAGES {
        return Err(Verdict::invalid("a batch of too many messages"));
    }
    let mut kept = Vec::new();
    let answered: Vec<bool> = scope.pending.iter().map(|asked| asked.answered).collect();
    for value in root.elements() {
        match element(scope, limits, value, splice, occurrences) {
            Ok(()) => kept.push(true),
            Err(Verdict::Drop(detail)) => {
                occurrences.push(Occurrence::Dropped { detail });
                kept.push(false);
            }
            Err(verdict) => {
                // The answers that came before it do not go on either: who waits waits still.
                for (pending, answered) in scope.pending.iter_mut().zip(answered) {
                    pending.answered = answered;
                }
                return Err(verdict);
            }
        }
    }
    if !kept.contains(&true) {
        return Err(Verdict::Drop("a batch of which nothing is left"));
    }
    let mut kept = kept.into_iter();
    splice.remove_elements(root, |_| kept.next() == Some(false));
    Ok(())
}

/// Judges one of the messages that answer a batch. An answer that can't go on is told to the one
/// request that it answers; the others wait for theirs.
fn element<'d>(
    scope: &mut Scope,
    limits: &Limits,
    value: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    let refusal = match message(scope, limits, value, splice, occurrences) {
        Err(Verdict::Refuse(refusal)) => refusal,
        judged => return judged,
    };
    occurrences.extend(refusal.occurrences());
    // The id of a request is the server's own, and says nothing of who waits.
    let id = value.get("id").filter(|_| value.get("method").is_none());
    let id = id.and_then(|id| RequestId::read(id, limits.id_bytes).ok());
    let index = id.and_then(|id| asked(scope, Some(&id)).ok().flatten());
    let Some(pending) = index.and_then(|index| scope.pending.get_mut(index)) else {
        return Err(Verdict::Drop(
            "an answer that is refused, to nobody who waits",
        ));
    };
    pending.answered = true;
    let refusal = refusal.answering(Recipients::One(pending.id.clone()));
    splice.replace(value, refusal.body());
    Ok(())
}

/// Judges one message, and makes the edits that it needs.
///
/// # Errors
///
/// Says what becomes of a message that does not go on.
fn message<'d>(
    scope: &mut Scope,
    limits: &Limits,
    root: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    let Ok(message) = Message::read_value(root, limits.id_bytes) else {
        return Err(Verdict::Unreadable(
            "the server sent something that is no JSON-RPC message",
        ));
    };
    match message {
        Message::Response(response) => {
            self::response(scope, limits, (root, &response), splice, occurrences)
        }
        Message::Request(request) => self::request(scope, &request.method, request.params, splice),
        Message::Notification(notification) => {
            let Notification { method, params } = notification;
            if ServerMethod::parse(&method, scope.version) == Some(ServerMethod::Tasks) {
                news_of_task(scope, limits, params, splice, occurrences)
                    .map_err(|_| Verdict::Drop("news of a task that can't go on"))?;
            }
            self::notification(scope, &method, params, splice)
        }
    }
}

fn response<'d>(
    scope: &mut Scope,
    limits: &Limits,
    (root, response): (Value<'d>, &Response<'d>),
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    let pending = asked(scope, response.id.as_ref())?;
    if let Some(pending) = pending.and_then(|index| scope.pending.get(index)) {
        // The server could not read the id. There is one request that it can mean, and some
        // clients wait for ever for an answer that has its id.
        if response.id.is_none() {
            splice.insert_member(root, "id", pending.id.as_json());
        }
        if let Some(refusal) = unknown(scope, pending, response.outcome) {
            return Err(Verdict::Refuse(refusal));
        }
        occurrences.push(Occurrence::answered(&pending.id, response.outcome));
    }
    if !scope.awaits()
        && let Some(refusal) = unknown_to_somebody(scope, response)
    {
        occurrences.extend(refusal.occurrences());
        splice.replace(root, refusal.body());
        return Ok(());
    }
    match response.outcome {
        Outcome::Result(result) => {
            self::result(scope, limits, (pending, result), splice, occurrences)?;
        }
        Outcome::Error(error) => edit_answer_error(scope, error, splice),
    }
    if let Some(pending) = pending.and_then(|index| scope.pending.get_mut(index)) {
        pending.answered = true;
    }
    Ok(())
}

/// Which of the requests that wait a response answers: `None` where none does.
///
/// # Errors
///
/// Drops what answers none of those that this stream is for.
fn asked(scope: &Scope, id: Option<&RequestId>) -> Result<Option<usize>, Verdict> {
    if !scope.awaits() {
        return Ok(None);
    }
    if !scope.is_owed() {
        return Err(Verdict::Drop("a second answer"));
    }
    let Some(id) = id else {
        return match scope.batch {
            true => Err(Verdict::Drop("an answer to nobody knows which request")),
            false => Ok(Some(0)),
        };
    };
    let index = scope
        .pending
        .iter()
        .position(|pending| id.matches(&pending.id));
    match index.and_then(|index| scope.pending.get(index)) {
        None => Err(Verdict::Drop("an answer to another request")),
        Some(pending) if pending.answered => Err(Verdict::Drop("a second answer")),
        Some(_) => Ok(index),
    }
}

fn result<'d>(
    scope: &Scope,
    limits: &Limits,
    (pending, result): (Option<usize>, Value<'d>),
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    if !result.is_object() {
        return Err(Verdict::invalid("the server's result is not an object"));
    }
    if !is_unambiguous(result, RESULT) || !list::is_unambiguous(result) {
        return Err(Verdict::invalid(
            "a key of the result differs from a known one in case only",
        ));
    }
    let kind = result.get("resultType").and_then(Value::as_str);
    let pending = pending.and_then(|index| scope.pending.get(index));
    if pending.is_some_and(|pending| task::is_about_one(pending.method)) {
        task::rename((&scope.server, &scope.pending), result, splice).map_err(Verdict::invalid)?;
        outcome_of_task(scope, limits, result, splice, occurrences)?;
    } else if kind.as_deref() == Some("task") {
        task::begin(&scope.server, pending, result, splice).map_err(Verdict::invalid)?;
    } else if result.get("taskId").is_some() || result.get("task").is_some() {
        return Err(Verdict::invalid(
            "the server answered with a task, which nobody asked for",
        ));
    }
    if let Some(skill) = result.get("skill") {
        extension::check_skill(&scope.server, skill).map_err(Verdict::invalid)?;
    }
    let learns = pending.is_some_and(|pending| pending.method == ClientMethod::ToolsList);
    list::filter((&scope.server, learns), result, splice, occurrences).map_err(Verdict::invalid)?;
    handshake::edit(scope, result, splice).map_err(Verdict::invalid)?;
    list::keep_private(scope.version, limits, result, splice);
    content::edit(&scope.server, result, splice);
    renamed::tell_of_failure(&scope.server, result, splice);
    if let Some(requests) = result.get("inputRequests") {
        input_requests(scope, requests, splice)?;
    }
    edit_meta(Some(result), splice);
    Ok(())
}

/// Judges what a task has come to as it would be if it had answered the call itself.
fn outcome_of_task<'d>(
    scope: &Scope,
    limits: &Limits,
    task: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    if let Some(result) = task.get("result") {
        self::result(scope, limits, (None, result), splice, occurrences)?;
    }
    if let Some(error) = task.get("error") {
        edit_answer_error(scope, error, splice);
    }
    Ok(())
}

/// News of a task, for a client that listens to it.
fn news_of_task<'d>(
    scope: &Scope,
    limits: &Limits,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), Verdict> {
    let renamed =
        params.map(|params| task::rename((&scope.server, &scope.pending), params, splice));
    let (Some(params), Some(Ok(Some(_)))) = (params, renamed) else {
        return Err(Verdict::Drop("news of a task that nobody asked about"));
    };
    outcome_of_task(scope, limits, params, splice, occurrences)?;
    match params.get("inputRequests") {
        Some(requests) => input_requests(scope, requests, splice),
        None => Ok(()),
    }
}

/// The requests of a server that waits for their answers before it answers itself.
fn input_requests<'d>(
    scope: &Scope,
    requests: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), Verdict> {
    if !requests.is_object() {
        return Err(Verdict::invalid("`inputRequests` is not an object"));
    }
    for request in requests.members().map(|member| member.value()) {
        if !is_unambiguous(request, &["method", "params"]) {
            return Err(Verdict::invalid(
                "a key of a request differs from a known one in case only",
            ));
        }
        let method = request.get("method").and_then(Value::as_str);
        if !method.is_some_and(|method| INPUT_REQUESTS.contains(&&*method)) {
            return Err(Verdict::invalid(
                "`inputRequests` holds a request that is not one",
            ));
        }
        if let Some(params) = request.get("params") {
            sampling::edit(&scope.server, params, splice).map_err(Verdict::invalid)?;
            edit_meta(Some(params), splice);
        }
    }
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
    if let Some(params) = params {
        // The server waits for the answer, and the call behind it with it.
        sampling::edit(&scope.server, params, splice).map_err(Verdict::invalid)?;
    }
    edit_meta(params, splice);
    Ok(())
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
            .and_then(|params| fold::get(params, "uri"))
            .and_then(Value::as_str);
        if !uri.is_some_and(|uri| scope.server.allows(Target::Resource(&uri))) {
            return Err(Verdict::Drop("news of a resource that is not enabled"));
        }
    }
    if method == ServerMethod::SubscriptionsAcknowledged
        && let Some(notifications) = params.and_then(|params| params.get("notifications"))
    {
        strip::subscriptions(splice, &scope.server, notifications).map_err(Verdict::Drop)?;
        task::acknowledge(&scope.pending, notifications, splice).map_err(Verdict::Drop)?;
    }
    // In this version log messages belong to the streams of requests that asked for them.
    let asked = scope.pending.iter().any(|pending| pending.log_level);
    if method == ServerMethod::LoggingMessage && scope.version.is_modern() && !asked {
        return Err(Verdict::Drop("a log message that nobody asked for"));
    }
    edit_meta(params, splice);
    Ok(())
}

/// Takes out of `_meta` what belongs to the tasks of 2025-11-25, which Sluice does not let through.
fn edit_meta<'d>(holder: Option<Value<'d>>, splice: &mut Splice<'d>) {
    let Some(meta) = holder.and_then(|holder| holder.get("_meta")) else {
        return;
    };
    splice.remove_members(meta, |member| {
        member.has_key(meta::RELATED_TASK) || member.has_key(meta::MODEL_IMMEDIATE_RESPONSE)
    });
}

/// Judges the body of a response with a status of failure: only an error may come. It passes under
/// any id, since servers answer so to what they could not read, and without one gets the request's.
pub(super) fn judge_failure(
    scope: &Scope,
    limits: &Limits,
    status: u16,
    document: &Document<'_>,
) -> Verdict {
    let Ok(Message::Response(Response {
        outcome: outcome @ Outcome::Error(error),
        ..
    })) = Message::read(document, limits.id_bytes)
    else {
        return Verdict::Refuse(Refusal::upstream_status(status));
    };
    let mut asked = scope.pending.iter();
    if let Some(refusal) = asked.find_map(|pending| unknown(scope, pending, outcome)) {
        // Of a batch it says only that one of the requests named what there is not.
        return Verdict::Refuse(match scope.batch {
            true => Refusal::upstream_status(status),
            false => refusal,
        });
    }
    let mut splice = Splice::new(document.source());
    splice.replace_lone_surrogates(document);
    edit_answer_error(scope, error, &mut splice);
    // Proxies on the way do not know it, and clients do not read an error without one.
    let root = document.root();
    if let ([pending], false, None) = (&*scope.pending, scope.batch, root.get("id")) {
        splice.insert_member(root, "id", pending.id.as_json());
    }
    Verdict::edited(splice)
}

/// Sluice's own answer, where the server says that it does not have what the request names.
fn unknown(scope: &Scope, pending: &Pending, outcome: Outcome<'_>) -> Option<Refusal> {
    if task::is_unknown(pending, outcome) {
        return Some(Refusal::unknown_task(&scope.server));
    }
    let target = pending.named.as_ref()?.target();
    is_unknown(outcome, target).then(|| Refusal::unknown(&scope.server, target, scope.version))
}

/// The same on a stream of which nobody knows what was asked for: on a GET and in HTTP+SSE. What is
/// not enabled was not sent on, so that such words are about something else.
fn unknown_to_somebody(scope: &Scope, response: &Response<'_>) -> Option<Refusal> {
    let refusal = find_unknown(response.outcome, |target| {
        let may_be_asked_for = scope.server.allows(target);
        may_be_asked_for.then(|| Refusal::unknown(&scope.server, target, scope.version))
    })?;
    let recipient = response.id.clone().map(Recipients::One);
    Some(refusal.answering(recipient.unwrap_or(Recipients::Nobody)))
}

/// Edits an error, and takes the server's own ids of tasks and names of tools out of its words.
fn edit_answer_error<'d>(scope: &Scope, error: Value<'d>, splice: &mut Splice<'d>) {
    let tasks = scope.pending.iter().flat_map(|pending| &pending.tasks);
    task::rephrase(&scope.server, tasks, (error, "message"), splice);
    edit_error(error, splice);
}

/// Takes out of an error what leads elsewhere.
pub(super) fn edit_error<'d>(error: Value<'d>, splice: &mut Splice<'d>) {
    if let Some(data) = error.get("data") {
        sampling::remove_foreign_urls(data, splice);
    }
}
