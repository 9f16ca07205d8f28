//! Tasks: calls of tools that go on after their answer (SEP-2663, since MCP 2026-07-28).
//!
//! A client knows a task by an id that Sluice has sealed and that names its tool, so that whatever
//! comes under the id is decided about as the call was, by whichever replica. The server's own id
//! is known within one exchange only: from the call that made the task, or from the sealed id.

use super::fold;
use super::head::Head;
use super::refusal::Refusal;
use super::renamed;
use super::scope::Pending;
use super::version;
use crate::json::{Splice, Value, quoted};
use crate::jsonrpc::Outcome;
use crate::mcp::{ClientMethod, meta};
use crate::policy::{Target, View};

/// The most tasks that one stream brings news of.
const MAX_LISTENED: usize = 1000;

/// Members of a task on which a decision rests.
const TASK: &[&str] = &["error", "inputRequests", "result", "taskId"];

/// A task, as this exchange knows it.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// The id that the client has.
    pub(super) sealed: String,
    /// The server's own id.
    pub(super) id: String,
    /// The tool that it is a call of.
    pub(super) tool: String,
}

impl Task {
    /// The task of an id that a client has, if this virtual server gave it out, and enables its tool
    /// still.
    pub(super) fn open(server: &View, sealed: &str) -> Option<Self> {
        let (tool, id) = server.task_ids()?.open(sealed)?;
        server.allows(Target::Tool(&tool)).then(|| Self {
            sealed: sealed.to_owned(),
            id,
            tool,
        })
    }
}

/// Whether requests of this method are about one task.
pub(super) fn is_about_one(method: ClientMethod) -> bool {
    matches!(
        method,
        ClientMethod::TasksGet | ClientMethod::TasksUpdate | ClientMethod::TasksCancel
    )
}

/// Finds the task that a request is about, and names it to the server by the server's own id.
///
/// # Errors
///
/// Refuses a client that has not declared that it knows tasks, and, in one way, a task that this
/// virtual server did not give out, or whose tool it does not enable (any more).
pub(super) fn asked<'d>(
    head: &Head,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<Task, Refusal> {
    let id = params.and_then(|params| params.get("taskId"));
    let (Some(id), Some(sealed)) = (id, id.and_then(Value::as_str)) else {
        return Err(Refusal::params("the method needs `taskId`, a string"));
    };
    version::check_name(&head.mirrors, &sealed)?;
    if !is_declared(params) {
        return Err(Refusal::undeclared(meta::EXTENSION_TASKS));
    }
    let task =
        Task::open(&head.server, &sealed).ok_or_else(|| Refusal::unknown_task(&head.server))?;
    splice.replace(id, quoted(&task.id));
    Ok(task)
}

/// Whether the client has declared that it knows tasks.
fn is_declared(params: Option<Value<'_>>) -> bool {
    let envelope = params.and_then(|params| params.get("_meta"));
    let capabilities = envelope.and_then(|envelope| envelope.get(meta::CLIENT_CAPABILITIES));
    let extensions = capabilities.and_then(|capabilities| capabilities.get("extensions"));
    extensions.is_some_and(|extensions| extensions.get(meta::EXTENSION_TASKS).is_some())
}

/// Whether a server says that it does not have the task that a request is about.
pub(super) fn is_unknown(pending: &Pending, outcome: Outcome<'_>) -> bool {
    let (Outcome::Error(error), Some(task)) = (outcome, pending.tasks.first()) else {
        return false;
    };
    let code = error.get("code").and_then(Value::as_number);
    let text = error.get("message").and_then(Value::as_str);
    // What answers a task can be wrong in other ways than the id.
    is_about_one(pending.method)
        && code == Some("-32602")
        && (pending.method != ClientMethod::TasksUpdate
            || text.is_some_and(|text| text.contains(&task.id)))
}

/// Leaves of the tasks that a client listens to those that it may hear of, by the server's own ids.
///
/// # Errors
///
/// Refuses parameters that are not what the method takes.
pub(super) fn listen<'d>(
    server: &View,
    params: Option<Value<'d>>,
    splice: &mut Splice<'d>,
) -> Result<Vec<Task>, Refusal> {
    let filter = params.and_then(|params| params.get("notifications"));
    let Some(ids) = filter.and_then(|filter| filter.get("taskIds")) else {
        return Ok(Vec::new());
    };
    if server.task_ids().is_none() {
        return Ok(Vec::new());
    }
    if !ids.is_array() || ids.elements().nth(MAX_LISTENED).is_some() {
        return Err(Refusal::params(
            "`taskIds` must be an array of at most 1000 ids",
        ));
    }
    let open = |id: Value<'_>| id.as_str().and_then(|id| Task::open(server, &id));
    let tasks: Vec<Option<Task>> = ids.elements().map(open).collect();
    let mut kept = tasks.iter();
    splice.remove_elements(ids, |_| !matches!(kept.next(), Some(Some(_))));
    for (id, task) in ids.elements().zip(&tasks) {
        if let Some(task) = task {
            splice.replace(id, quoted(&task.id));
        }
    }
    Ok(tasks.into_iter().flatten().collect())
}

/// Tells a client which of its tasks a server will bring news of.
///
/// # Errors
///
/// Fails when the filter is not what it must be.
pub(super) fn acknowledge<'d>(
    pending: &[Pending],
    filter: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), &'static str> {
    let Some(ids) = filter.get("taskIds") else {
        return Ok(());
    };
    if !ids.is_array() {
        return Err("`taskIds` must be an array");
    }
    let known = |id: Value<'d>| id.as_str().and_then(|id| find(pending, &id));
    splice.remove_elements(ids, |id| known(id).is_none());
    for id in ids.elements() {
        if let Some(task) = known(id) {
            splice.replace(id, quoted(&task.sealed));
        }
    }
    Ok(())
}

/// Puts the ids that the client has in the place of the server's own in a member that is a text for
/// people, and the names that it knows in the place of the server's names of tools.
pub(super) fn rephrase<'d, 't>(
    server: &View,
    tasks: impl IntoIterator<Item = &'t Task>,
    (holder, member): (Value<'d>, &str),
    splice: &mut Splice<'d>,
) {
    let Some(value) = holder.get(member) else {
        return;
    };
    let Some(text) = value.as_str() else { return };
    let mut told = text.to_string();
    for task in tasks {
        told = told.replace(&task.id, &task.sealed);
    }
    let told = renamed::tell(server.tool_names(), &told);
    if told != text {
        splice.replace(value, quoted(&told));
    }
}

/// The task with the server's own id, among those that the requests of this stream are about.
pub(super) fn find<'p>(pending: &'p [Pending], id: &str) -> Option<&'p Task> {
    let tasks = pending.iter().flat_map(|pending| &pending.tasks);
    tasks.into_iter().find(|task| task.id == id)
}

/// Gives the client its own id of a task, in a result or in news.
///
/// # Errors
///
/// Fails when the task is not one that was asked about, or when it can be read in two ways.
pub(super) fn rename<'d, 'p>(
    (server, pending): (&View, &'p [Pending]),
    holder: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<Option<&'p Task>, &'static str> {
    if !fold::is_unambiguous(holder, TASK) {
        return Err("a key of a task differs from a known one in case only");
    }
    let Some(id) = holder.get("taskId") else {
        return Ok(None);
    };
    let task = id.as_str().and_then(|id| find(pending, &id));
    let task = task.ok_or("a task that nobody asked about")?;
    splice.replace(id, quoted(&task.sealed));
    rephrase(server, [task], (holder, "statusMessage"), splice);
    Ok(Some(task))
}

/// Seals the id of a task that a call has become.
///
/// # Errors
///
/// Fails when the virtual server has no tasks, or the request is not a call of a tool.
pub(super) fn begin<'d>(
    server: &View,
    pending: Option<&Pending>,
    result: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), &'static str> {
    const UNASKED: &str = "the server answered with a task, which nobody asked for";
    if !fold::is_unambiguous(result, TASK) {
        return Err("a key of a task differs from a known one in case only");
    }
    let call = pending.filter(|pending| pending.method == ClientMethod::ToolsCall);
    let tool = call.and_then(|call| call.named.as_ref()).ok_or(UNASKED)?;
    let ids = server.task_ids().ok_or(UNASKED)?;
    let value = result.get("taskId").ok_or("a task without an id")?;
    let id = value.as_str().ok_or("the id of a task is not a string")?;
    if id.is_empty() {
        return Err("the id of a task is empty");
    }
    let sealed = ids
        .seal(tool.name(), &id)
        .ok_or("the id of a task is too long")?;
    splice.replace(value, quoted(&sealed));
    let task = Task {
        sealed,
        id: id.into_owned(),
        tool: tool.name().to_owned(),
    };
    rephrase(server, [&task], (result, "statusMessage"), splice);
    Ok(())
}
