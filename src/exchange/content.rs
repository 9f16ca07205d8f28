//! Content blocks that point at resources.

use super::fold;
use super::list::remove_foreign_icons;
use crate::json::{Splice, Value};
use crate::policy::{Decision, Target, View};

/// Removes links to resources that the virtual server does not enable, and resources that it
/// disables, from the `content` of a tool's result, the `contents` of what is read, and the
/// `messages` of a prompt or a request for sampling.
pub(super) fn edit<'d>(server: &View, holder: Value<'d>, splice: &mut Splice<'d>) {
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
            for block in std::iter::once(content).chain(content.elements()) {
                if let Some(nested) = block.get("content") {
                    remove_links(server, nested, splice);
                }
            }
        }
    }
}

fn remove_links<'d>(server: &View, content: Value<'d>, splice: &mut Splice<'d>) {
    splice.remove_elements(content, |block| is_hidden_link(server, block));
    // One block may stand alone.
    for block in std::iter::once(content).chain(content.elements()) {
        if let Some(icons) = block.get("icons") {
            remove_foreign_icons(icons, splice);
        }
    }
}

/// Whether a block is a link to a resource that is not enabled, or holds one that is disabled. A
/// resource that a tool hands over itself need not be one that the client could read.
fn is_hidden_link(server: &View, block: Value<'_>) -> bool {
    let is = |kind: &str| {
        fold::any(block, "type", |value| {
            value.as_str().as_deref() == Some(kind)
        })
    };
    if is("resource_link") {
        let uri = fold::get(block, "uri").and_then(Value::as_str);
        return !uri.is_some_and(|uri| server.allows(Target::Resource(&uri)));
    }
    is("resource") && fold::any(block, "resource", |resource| is_disabled(server, resource))
}

/// Whether a resource is one that the manifest disables by a line of its own.
fn is_disabled(server: &View, resource: Value<'_>) -> bool {
    fold::any(resource, "uri", |uri| {
        uri.as_str().is_some_and(|uri| {
            let decision = server.decide(Target::Resource(&uri));
            matches!(decision, Decision::Deny { rule: Some(_), .. })
        })
    })
}
