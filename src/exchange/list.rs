//! Lists, recognised by their shape: what is not enabled is removed, byte for byte around it
//! nothing changes.

use super::fold;
use super::guard;
use super::occurrence::Occurrence;
use super::renamed;
use crate::json::{Splice, Value, quoted};
use crate::mcp::ProtocolVersion;
use crate::policy::{Limits, Target, View};

/// A list that the policy decides about.
struct Shape {
    /// The member of `result` that holds it.
    member: &'static str,
    /// The member of an entry that names it.
    key: &'static str,
    /// What the policy is asked, if anything of the kind can be enabled.
    target: Option<fn(&str) -> Target<'_>>,
}

const SHAPES: &[Shape] = &[
    Shape {
        member: "tools",
        key: "name",
        target: Some(|name| Target::Tool(name)),
    },
    Shape {
        member: "prompts",
        key: "name",
        target: Some(|name| Target::Prompt(name)),
    },
    Shape {
        member: "resources",
        key: "uri",
        target: Some(|uri| Target::Resource(uri)),
    },
    Shape {
        member: "resourceTemplates",
        key: "uriTemplate",
        target: Some(|template| Target::ResourceTemplate(template)),
    },
    Shape {
        member: "tasks",
        key: "taskId",
        target: None,
    },
    Shape {
        member: "skills",
        key: "uri",
        target: Some(|uri| Target::Skill(uri)),
    },
];

/// Whether no member of `result` can be taken for a list by a reader without regard to case.
pub(super) fn is_unambiguous(result: Value<'_>) -> bool {
    let lists: Vec<&str> = SHAPES.iter().map(|shape| shape.member).collect();
    fold::is_unambiguous(result, &lists)
}

/// Removes from every list in `result` what the virtual server does not enable.
///
/// What it says of tools is learned where it is the answer to `tools/list`: anything may have the
/// shape of a list.
///
/// # Errors
///
/// Fails when a member that should hold a list does not.
pub(super) fn filter<'d>(
    (server, learns): (&View, bool),
    result: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> Result<(), &'static str> {
    for member in result.members() {
        let Some(shape) = SHAPES.iter().find(|shape| member.has_key(shape.member)) else {
            continue;
        };
        let list = member.value();
        if !list.is_array() {
            return Err("a list in the server's result is not an array");
        }
        let has_guards = shape.member == "tools" && !server.guards().is_empty();
        let mut is_enabled = |entry: Value<'d>| {
            let name = fold::get(entry, shape.key).and_then(Value::as_str);
            let Some((name, target)) = name.zip(shape.target) else {
                return false;
            };
            if !server.allows(target(&name)) {
                return false;
            }
            if has_guards && learns {
                // Calls are judged by what the server says, not by what becomes of it.
                server.learn(&name, entry);
            }
            let stays = !has_guards || guard::edit_tool(server, &name, entry, splice, occurrences);
            if stays && shape.member == "tools" {
                show(server, &name, entry, splice);
            }
            stays
        };
        let enabled: Vec<bool> = list.elements().map(&mut is_enabled).collect();
        let kept = enabled.iter().filter(|enabled| **enabled).count();
        let removed = enabled.len() - kept;
        let mut decided = enabled.iter();
        splice.remove_elements(list, |_| decided.next() != Some(&true));
        for (entry, _) in list
            .elements()
            .zip(&enabled)
            .filter(|(_, enabled)| **enabled)
        {
            edit_entry(entry, splice);
        }
        occurrences.push(Occurrence::Filtered {
            list: shape.member,
            kept,
            removed,
        });
    }
    Ok(())
}

/// Shows of a tool what the operator says of it, in the place of what the server says.
pub(super) fn show<'d>(server: &View, name: &str, tool: Value<'d>, splice: &mut Splice<'d>) {
    renamed::show(server, name, tool, splice);
    let Some(shown) = server.shown(name) else {
        return;
    };
    let texts = [("title", &shown.title), ("description", &shown.description)];
    for (key, text) in texts {
        if let Some(text) = text {
            splice.insert_member(tool, key, &quoted(text));
        }
    }
    let annotations = tool.get("annotations").filter(|it| it.is_object());
    let Some(annotations) = annotations else {
        if !shown.hints.is_empty() {
            let hints = shown.hints.iter();
            let hints: Vec<_> = hints.map(|(hint, is)| format!("\"{hint}\":{is}")).collect();
            splice.insert_member(tool, "annotations", &format!("{{{}}}", hints.join(",")));
        }
        return;
    };
    // Older clients show the title that is among the annotations.
    if let Some(title) = &shown.title {
        splice.remove_member(annotations, "title");
        splice.insert_member(annotations, "title", &quoted(title));
    }
    for (hint, is) in &shown.hints {
        splice.insert_member(annotations, hint, if *is { "true" } else { "false" });
    }
}

/// Takes out of an entry what leads elsewhere or can't be enforced.
pub(super) fn edit_entry<'d>(entry: Value<'d>, splice: &mut Splice<'d>) {
    for member in entry.members() {
        if member.has_key("icons") {
            remove_foreign_icons(member.value(), splice);
        }
        // Results of tasks come without the name of the tool (MCP 2025-11-25).
        if member.has_key("execution")
            && let Some(support) = member.value().get("taskSupport")
            && support.as_str().as_deref() != Some("forbidden")
        {
            splice.replace(support, "\"forbidden\"");
        }
    }
}

/// Removes icons that a client would not fetch over HTTPS.
pub(super) fn remove_foreign_icons<'d>(icons: Value<'d>, splice: &mut Splice<'d>) {
    splice.remove_elements(icons, |icon| {
        !fold::get(icon, "src")
            .and_then(Value::as_str)
            .is_some_and(|src| is_https(&src))
    });
}

/// Whether a URL is one of HTTPS.
pub(super) fn is_https(url: &str) -> bool {
    url.get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// Keeps what was filtered for one client from being served to another (MCP 2026-07-28, "Caching"):
/// lists, what resources hold, a skill, and what `server/discover` tells.
pub(super) fn keep_private<'d>(
    version: ProtocolVersion,
    limits: &Limits,
    result: Value<'d>,
    splice: &mut Splice<'d>,
) {
    let is_list = SHAPES
        .iter()
        .any(|shape| result.get(shape.member).is_some());
    let is_cacheable = is_list
        || ["capabilities", "contents", "skill"]
            .iter()
            .any(|member| result.get(member).is_some());
    if !is_cacheable {
        return;
    }
    match result.get("cacheScope") {
        Some(scope) if scope.as_str().as_deref() == Some("private") => {}
        Some(scope) => splice.replace(scope, quoted("private")),
        None if version.is_modern() => splice.insert_member(result, "cacheScope", "\"private\""),
        None => {}
    }
    let longest = u64::try_from(limits.list_ttl.as_millis()).unwrap_or(u64::MAX);
    match result.get("ttlMs") {
        Some(ttl) => match ttl.as_number().and_then(|ttl| ttl.parse::<u64>().ok()) {
            Some(ttl) if ttl <= longest => {}
            Some(_) => splice.replace(ttl, longest.to_string()),
            None => splice.replace(ttl, "0"),
        },
        None if version.is_modern() => splice.insert_member(result, "ttlMs", "0"),
        None => {}
    }
}
