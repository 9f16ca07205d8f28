//! Content blocks that point at resources.

use super::fold;
use crate::json::{Splice, Value};
use crate::policy::{Target, VirtualServer};

/// Removes links to resources that the virtual server does not enable from the `content` of a
/// tool's result, and from the `messages` of a prompt or a request for sampling.
pub(super) fn edit<'d>(server: &VirtualServer, holder: Value<'d>, splice: &mut Splice<'d>) {
    if let Some(content) = holder.get("content") {
        remove_links(server, content, splice);
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

fn is_hidden_link(server: &VirtualServer, block: Value<'_>) -> bool {
    if block.get("type").and_then(Value::as_str).as_deref() != Some("resource_link") {
        return false;
    }
    let uri = fold::get(block, "uri").and_then(Value::as_str);
    !uri.is_some_and(|uri| server.allows(Target::Resource(&uri)))
}
