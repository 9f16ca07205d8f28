//! Content blocks that point at resources.

use super::fold;
use crate::json::{Splice, Value};
use crate::policy::{Decision, Target, VirtualServer};

/// Removes links to resources that the virtual server does not enable, and resources that it
/// disables, from the `content` of a tool's result, the `contents` of what is read, and the
/// `messages` of a prompt or a request for sampling.
pub(super) fn edit<'d>(server: &VirtualServer, holder: Value<'d>, splice: &mut Splice<'d>) {
    if let Some(content) = holder.get("content") {
        remove_links(server, content, splice);
    }
    if let Some(contents) = holder.get("contents") {
        // What is read may be many resources, and under other URIs than it was asked for.
        splice.remove_elements(contents, |resource| is_disabled(server, resource));
    }
    if let Some(messages) = holder.get("messages") {
        splice.remove_elements(messages, |message| {
            message
                .get("content")
                .is_some_and(|content| is_hidden_link(server, content))
        });
        for content in messages
            .elements()
            .filter_map(|message| message.get("content"))
        {
            remove_links(server, content, splice);
            // The results of tools that a sampled conversation carries hold content of their own.
            for nested in content.elements().filter_map(|block| block.get("content")) {
                remove_links(server, nested, splice);
            }
        }
    }
}

fn remove_links<'d>(server: &VirtualServer, content: Value<'d>, splice: &mut Splice<'d>) {
    splice.remove_elements(content, |block| is_hidden_link(server, block));
}

/// Whether a block is a link to a resource that is not enabled, or holds one that is disabled. A
/// resource that a tool hands over itself need not be one that the client could read.
fn is_hidden_link(server: &VirtualServer, block: Value<'_>) -> bool {
    match block.get("type").and_then(Value::as_str).as_deref() {
        Some("resource_link") => {
            let uri = fold::get(block, "uri").and_then(Value::as_str);
            !uri.is_some_and(|uri| server.allows(Target::Resource(&uri)))
        }
        Some("resource") => block
            .get("resource")
            .is_some_and(|resource| is_disabled(server, resource)),
        _ => false,
    }
}

/// Whether a resource is one that the manifest disables by a line of its own.
fn is_disabled(server: &VirtualServer, resource: Value<'_>) -> bool {
    let uri = resource.get("uri").and_then(Value::as_str);
    let decision = uri
        .as_deref()
        .map(|uri| server.decide(Target::Resource(uri)));
    matches!(decision, Some(Decision::Deny { rule: Some(_), .. }))
}
