//! Tokens in what a client sends turn back into the values that a guardrail hid, before anything is
//! decided: what is decided about arguments is decided about what the server gets.

use std::sync::Arc;

use crate::exchange::occurrence::{Occurrence, Outcome};
use crate::exchange::reply::HeaderEdits;
use crate::guardrail::{Input, Operation, Part, Phase, Report, Strategy, restore, restored, token};
use crate::json::{Document, Splice, Value};
use crate::mcp::header;
use crate::policy::guard::{About, Guard, Means};
use crate::policy::{HiddenValues, Limits, View};

/// A body in which values stand in the place of tokens.
#[derive(Debug)]
pub(in crate::exchange) struct Restored {
    /// The body.
    pub(in crate::exchange) text: String,
    /// What happened.
    pub(in crate::exchange) occurrence: Occurrence,
}

/// Turns the tokens back that stand in the arguments of calls, in those of prompts, and in what the
/// client answers to the server. `None` if there are none of this caller's.
pub(in crate::exchange) fn body(view: &View, limits: &Limits, body: &[u8]) -> Option<Restored> {
    let may_have = body
        .windows(token::PREFIX.len())
        .any(|it| it == token::PREFIX.as_bytes());
    if !may_have || body.len() > limits.request_bytes {
        return None;
    }
    let (guard, values) = hider(view)?;
    let began = view.now();
    let document = Document::parse(body, &limits.json).ok()?;
    let root = document.root();
    let mut parts = Vec::new();
    answers(view, root, &mut parts);
    for element in root.elements() {
        answers(view, element, &mut parts);
    }
    let input = Input {
        vault: Some(&values),
        ..Input::new(Phase::Call, Operation::Mutate, &parts)
    };
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    restore(&input, &mut splice, &mut report);
    if splice.is_empty() {
        return None;
    }
    Some(Restored {
        text: splice.finish(),
        occurrence: Occurrence::Guarded {
            guardrail: Arc::clone(&guard.name),
            phase: Phase::Call,
            strategy: guard.strategy,
            outcome: Outcome::Changed,
            target: None,
            findings: report.into_findings(),
            began,
            took: view.now().saturating_sub(began),
        },
    })
}

/// Turns the tokens back in headers that mirror arguments (MCP 2026-07-28, "Custom Headers from Tool
/// Parameters"), so that they still say what the body says.
pub(in crate::exchange) fn mirrors(
    view: &View,
    params: &[(String, String)],
    edits: &mut HeaderEdits,
) {
    let Some((_, values)) = hider(view).filter(|_| !params.is_empty()) else {
        return;
    };
    for (name, written) in params {
        let text = header::decode_value(written);
        let Some(text) = text.and_then(|text| restored(&text, &values)) else {
            continue;
        };
        if !edits.remove.contains(name) {
            let value = header::encode_value(&text).into_owned();
            edits.mirrors.push((name.clone(), value));
        }
    }
}

/// What hides values in results from this caller, and the guardrail that wants it to.
fn hider(view: &View) -> Option<(&Arc<Guard>, HiddenValues)> {
    let guards = view.guards().attached(Phase::Result).iter();
    let mut guards = guards.map(|attached| &attached.guard);
    let guard = guards.find(|guard| hides(guard))?;
    Some((guard, view.hidden_values()?))
}

fn hides(guard: &Guard) -> bool {
    guard.strategy != Strategy::Audit
        && match &guard.means {
            Means::Check(check) => check.hides_values(),
            Means::External(_) => false,
        }
}

/// Whether values are hidden in what comes of this: else it would tell them to who has only tokens.
fn hides_again(view: &View, about: About<'_>) -> bool {
    let guards = view.guards().of(Phase::Result, about);
    guards.into_iter().any(|guard| hides(guard))
}

/// The parts of a message in which a client says something of its own.
fn answers<'d>(view: &View, message: Value<'d>, parts: &mut Vec<Part<'d>>) {
    let params = message.get("params");
    let method = message.get("method").and_then(Value::as_str);
    let name = params.and_then(|params| params.get("name")?.as_str());
    let about = match (method.as_deref(), name.as_deref()) {
        (Some("tools/call"), Some(tool)) => {
            About::Tool(view.tool_names().own(tool).unwrap_or(tool))
        }
        _ => About::Other,
    };
    if !hides_again(view, about) {
        return;
    }
    let arguments = params.and_then(|params| params.get("arguments"));
    let responses = params.and_then(|params| params.get("inputResponses"));
    let content = message
        .get("result")
        .and_then(|result| result.get("content"));
    let responses = responses.into_iter().flat_map(Value::members);
    let nested = responses.filter_map(|response| response.value().get("content"));
    for value in arguments.into_iter().chain(content).chain(nested) {
        parts.push(Part::whole(value));
    }
}
