//! Requests of the server to the client's model, and to its user.

use std::borrow::Cow;
use std::collections::HashSet;

use super::content;
use super::fold::{self, is_unambiguous};
use super::guard;
use super::list::{edit_entry, is_https, show};
use super::renamed;
use crate::json::{Splice, Value};
use crate::policy::{Target, View};

/// Members of the parameters on which a decision rests.
const PARAMS: &[&str] = &[
    "_meta",
    "includeContext",
    "messages",
    "task",
    "toolChoice",
    "tools",
    "url",
];

/// Takes out of a request what the client must not see: tools, their calls and their results, and
/// the context of other servers.
///
/// # Errors
///
/// Fails when the request must not reach the client at all.
pub(super) fn edit<'d>(
    server: &View,
    params: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), &'static str> {
    if !is_unambiguous(params, PARAMS) {
        return Err("a key of the request differs from a known one in case only");
    }
    // The user is asked to open it.
    let url = params.get("url").and_then(Value::as_str);
    if url.is_some_and(|url| !may_be_opened(&url)) {
        return Err("the user is asked to open a URL that is not one of HTTPS");
    }
    if params.get("tools").is_some_and(|tools| !tools.is_array()) {
        return Err("`tools` is not an array");
    }
    let allows = |tool: Value<'_>| {
        let name = fold::get(tool, "name").and_then(Value::as_str);
        name.is_some_and(|name| server.allows(Target::Tool(&name)))
    };
    let tools = params.get("tools");
    let keeps_tools = tools.is_some_and(|tools| edit_tools(server, tools, allows, splice));
    // Of a task that the client runs the server could learn through methods that do not pass.
    splice.remove_members(params, |member| {
        member.has_key("includeContext")
            || member.has_key("task")
            || (!keeps_tools && member.has_key("toolChoice"))
    });
    if let Some(messages) = params.get("messages") {
        remove_calls(messages, allows, splice);
        show_calls(server, messages, splice);
    }
    content::edit(server, params, splice);
    Ok(())
}

/// Removes the tools that are hidden, and edits the others as in a list. Whether any stays.
fn edit_tools<'d>(
    server: &View,
    tools: Value<'d>,
    allows: impl Fn(Value<'d>) -> bool,
    splice: &mut Splice<'d>,
) -> bool {
    let mut keeps = |tool: Value<'d>| {
        let name = fold::get(tool, "name").and_then(Value::as_str);
        // What guardrails say of a tool they say of lists.
        let kept = allows(tool)
            && name.is_some_and(|name| {
                let kept = guard::edit_tool(server, &name, tool, splice, &mut Vec::new());
                if kept {
                    show(server, &name, tool, splice);
                }
                kept
            });
        if kept {
            edit_entry(tool, splice);
        }
        kept
    };
    let kept: Vec<bool> = tools.elements().map(&mut keeps).collect();
    let mut decided = kept.iter();
    splice.remove_elements(tools, |_| decided.next() != Some(&true));
    kept.contains(&true)
}

/// Removes the URLs that the user would be asked to open and that are not of HTTPS from the data of
/// an error (MCP 2025-11-25, `URLElicitationRequired`).
pub(super) fn remove_foreign_urls<'d>(data: Value<'d>, splice: &mut Splice<'d>) {
    if let Some(elicitations) = data.get("elicitations") {
        splice.remove_elements(elicitations, |elicitation| {
            !elicitation
                .get("url")
                .and_then(Value::as_str)
                .is_some_and(|url| may_be_opened(&url))
        });
    }
}

/// Whether a user may be asked to open a URL: over HTTPS, or on the user's own machine.
fn may_be_opened(url: &str) -> bool {
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    is_https(url)
        || local.iter().any(|host| {
            url.strip_prefix(host)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?', '#']))
        })
}

/// Names the tools that a conversation calls as the client knows them.
fn show_calls<'d>(server: &View, messages: Value<'d>, splice: &mut Splice<'d>) {
    let contents = messages
        .elements()
        .filter_map(|message| message.get("content"));
    for block in contents.flat_map(|content| std::iter::once(content).chain(content.elements())) {
        let is_call = fold::any(block, "type", |value| {
            value.as_str().as_deref() == Some("tool_use")
        });
        if is_call && let Some(name) = fold::get(block, "name").and_then(Value::as_str) {
            renamed::show(server, &name, block, splice);
        }
    }
}

/// Removes the calls of hidden tools from a conversation, with their results.
fn remove_calls<'d>(
    messages: Value<'d>,
    allows: impl Fn(Value<'_>) -> bool,
    splice: &mut Splice<'d>,
) {
    let text = |block: Value<'d>, member: &str| block.get(member).and_then(Value::as_str);
    let is = |block: Value<'d>, kind: &str| {
        fold::any(block, "type", |value| {
            value.as_str().as_deref() == Some(kind)
        })
    };
    let is_hidden_call = |block: Value<'d>| is(block, "tool_use") && !allows(block);
    let hidden: HashSet<Cow<'_, str>> = messages
        .elements()
        .filter_map(|message| message.get("content"))
        .flat_map(|content| std::iter::once(content).chain(content.elements()))
        .filter(|block| is_hidden_call(*block))
        .filter_map(|block| text(block, "id"))
        .collect();
    let is_hidden = |block: Value<'d>| {
        is_hidden_call(block)
            || (is(block, "tool_result")
                && text(block, "toolUseId").is_some_and(|id| hidden.contains(&id)))
    };
    splice.remove_elements(messages, |message| {
        message.get("content").is_some_and(|content| {
            let mut blocks = content.elements().peekable();
            is_hidden(content) || (blocks.peek().is_some() && blocks.all(is_hidden))
        })
    });
    for content in messages
        .elements()
        .filter_map(|message| message.get("content"))
    {
        splice.remove_elements(content, is_hidden);
    }
}
