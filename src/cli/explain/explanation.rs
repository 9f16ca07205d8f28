//! What became of a message, as text and as JSON.

use serde_json::{Value, json};

use crate::exchange::Occurrence;
use crate::guardrail::{Finding, Strategy};
use crate::json::Document;
use crate::policy::{Decision, Policy, Reason, Rule, RuleId, Target, View};
use crate::scenario::Outcome;

/// What became of a message, and of each entry of the list that it holds.
pub(super) struct Explanation<'a> {
    pub(super) view: &'a View,
    /// The arguments of the call, if it is one.
    pub(super) arguments: Option<Document<'a>>,
    pub(super) outcome: Outcome,
    pub(super) entries: Vec<Entry<'a>>,
}

/// An entry of a list.
pub(super) struct Entry<'a> {
    name: String,
    /// The name that clients see, if that is another one.
    shown_as: Option<String>,
    decision: Decision<'a>,
    /// The rule that would enable it, if its condition held.
    withheld: Option<&'a Rule>,
}

/// Decides about the entries of the list that a message holds, if it holds one.
pub(super) fn entries<'a>(policy: &Policy, view: &'a View, message: &str) -> Vec<Entry<'a>> {
    let Ok(document) = Document::parse(message.as_bytes(), &policy.limits().downlink_json()) else {
        return Vec::new();
    };
    let Some(result) = document.root().get("result") else {
        return Vec::new();
    };
    type ToTarget = fn(&str) -> Target<'_>;
    let lists: [(&str, &str, ToTarget); 5] = [
        ("tools", "name", |name| Target::Tool(name)),
        ("prompts", "name", |name| Target::Prompt(name)),
        ("resources", "uri", |uri| Target::Resource(uri)),
        ("resourceTemplates", "uriTemplate", |uri| {
            Target::ResourceTemplate(uri)
        }),
        ("skills", "uri", |uri| Target::Skill(uri)),
    ];
    let mut entries = Vec::new();
    for (member, key, target) in lists {
        let listed = result
            .get(member)
            .into_iter()
            .flat_map(|list| list.elements());
        for name in listed.filter_map(|entry| entry.get(key)?.as_str()) {
            let shown = match target(&name) {
                Target::Tool(name) => view.tool_names().shown(name),
                Target::Prompt(_)
                | Target::Resource(_)
                | Target::ResourceTemplate(_)
                | Target::Skill(_) => &name,
            };
            entries.push(Entry {
                shown_as: (shown != name).then(|| shown.to_owned()),
                decision: view.decide(target(&name)),
                withheld: view.withheld(target(&name), view.caller(), None),
                name: name.into_owned(),
            });
        }
    }
    entries
}

/// A rule that decided against something.
enum Against<'a> {
    /// It is there, and disables.
    There(&'a Rule),
    /// It would enable, and is not there.
    Withheld(&'a Rule),
}

impl Explanation<'_> {
    pub(super) fn to_text(&self) -> String {
        let mut text = self.caller();
        for occurrence in &self.outcome.occurrences {
            text.push_str(&self.sentence(occurrence));
        }
        for entry in &self.entries {
            let name = &entry.name;
            let (mark, rule) = match entry.decision {
                Decision::Allow { rule } => ("shown ", Some(rule)),
                Decision::Deny { rule, .. } => ("hidden", rule),
            };
            let line = match (rule, entry.withheld) {
                (Some(rule), _) => by(rule),
                (None, Some(rule)) => format!("not {}", by(rule)),
                (None, None) if self.view.tool_names().is_hidden(name) => {
                    "clients know another tool by its name".to_owned()
                }
                (None, None) => "no line enables it".to_owned(),
            };
            let shown_as = entry.shown_as.as_ref();
            let shown_as = shown_as.map_or(String::new(), |shown| format!(" as {shown}"));
            text.push_str(&format!("  {mark}  {name}{shown_as}: {line}\n"));
        }
        match (&self.outcome.refusal, &self.outcome.passed) {
            (Some(refusal), _) => {
                let (status, body) = (refusal.status(), refusal.body());
                text.push_str(&format!(
                    "the client is told, with HTTP {status}:\n  {body}\n"
                ));
            }
            (None, Some(passed)) => text.push_str(&format!("what goes on:\n  {passed}\n")),
            (None, None) => text.push_str("nothing goes on\n"),
        }
        if let Some(answered) = &self.outcome.answered {
            text.push_str(&format!("what the client gets:\n  {answered}\n"));
        }
        text
    }

    /// Who the caller is taken for.
    fn caller(&self) -> String {
        let caller = self.view.caller();
        let Some((issuer, subject)) = caller.subject() else {
            return match self.view.authentication() {
                Some(_) => "nobody says who calls\n".to_owned(),
                None => String::new(),
            };
        };
        let some = |text: Option<&str>| text.map_or("none".to_owned(), |text| format!("`{text}`"));
        let list = |texts: &[String]| match texts {
            [] => "none".to_owned(),
            texts => {
                let texts: Vec<_> = texts.iter().map(|text| format!("`{text}`")).collect();
                texts.join(", ")
            }
        };
        format!(
            "the caller is `{subject}` of {issuer}\n  user: {}\n  groups: {}\n  agent: {}\n  \
             scopes: {}\n",
            some(caller.user()),
            list(caller.groups()),
            some(caller.agent()),
            list(caller.scopes()),
        )
    }

    /// What decided against a target, where the refusal itself does not say: a rule that is not there
    /// for this caller or with these arguments, or one that is.
    fn against(&self, reason: Reason, name: &str) -> Option<Against<'_>> {
        let targets = [
            (Reason::ToolNotEnabled, Target::Tool(name)),
            (Reason::PromptNotEnabled, Target::Prompt(name)),
            (Reason::ResourceNotEnabled, Target::Resource(name)),
            (Reason::SkillNotEnabled, Target::Skill(name)),
            (Reason::ArgumentsNotAllowed, Target::Tool(name)),
            (Reason::ArgumentsNotAllowed, Target::Prompt(name)),
        ];
        let targets = targets.into_iter().filter(|(of, _)| *of == reason);
        let arguments = || {
            let document = self.arguments.as_ref();
            let used = reason == Reason::ArgumentsNotAllowed;
            document.filter(|_| used).map(Document::root)
        };
        let caller = self.view.caller();
        targets.map(|(_, target)| target).find_map(|target| {
            let withheld = self.view.withheld(target, caller, arguments());
            match self.view.server().decide(target, caller, arguments()) {
                Decision::Deny {
                    rule: Some(rule), ..
                } => Some(Against::There(rule)),
                Decision::Deny { rule: None, .. } => withheld.map(Against::Withheld),
                Decision::Allow { .. } => None,
            }
        })
    }

    fn sentence(&self, occurrence: &Occurrence) -> String {
        let server = self.view.name();
        let named = |target: &Option<String>| {
            target
                .as_ref()
                .map(|target| format!(" `{target}`"))
                .unwrap_or_default()
        };
        let line = |rule: &Option<RuleId>| {
            let rule = rule.as_ref().and_then(|rule| self.view.rule(rule));
            rule.map_or_else(String::new, |rule| format!("  {}\n", by(rule)))
        };
        match occurrence {
            Occurrence::Allowed { asked, rule } => {
                let method = asked.method.unwrap_or("it");
                let target = named(&asked.target);
                format!("{server} allows {method}{target}\n{}", line(rule))
            }
            Occurrence::Answered { .. } | Occurrence::InSession(_) => String::new(),
            Occurrence::Refused {
                reason,
                detail,
                target,
                rule,
                ..
            } => {
                let name = target
                    .as_ref()
                    .map_or("it".to_owned(), |target| format!("`{target}`"));
                let against = target
                    .as_ref()
                    .filter(|_| rule.is_none())
                    .and_then(|target| self.against(*reason, target));
                let line = match against {
                    Some(Against::There(rule)) => format!("  {}\n", by(rule)),
                    Some(Against::Withheld(rule)) => format!("  not {}\n", by(rule)),
                    None => line(rule),
                };
                format!("{server} denies {name}: {reason} ({detail})\n{line}")
            }
            Occurrence::Filtered {
                list,
                kept,
                removed,
            } => {
                format!("{server} shows {kept} of {} {list}\n", kept + removed)
            }
            Occurrence::Dropped { detail } => format!("{server} does not pass it on: {detail}\n"),
            Occurrence::Guarded {
                guardrail,
                phase,
                strategy,
                outcome,
                findings,
                ..
            } => {
                let audits = match strategy {
                    Strategy::Audit => ", which only audits",
                    Strategy::Enforce | Strategy::EnforceButIgnoreOnError => "",
                };
                let mut attached = self.view.guards().attached(*phase).iter();
                let guard = attached.find(|attached| attached.guard.name == *guardrail);
                let place = guard.map_or(String::new(), |it| format!(" ({})", it.guard.location));
                let mut text = format!(
                    "guardrail {guardrail}{place}{audits}: {}\n",
                    outcome.as_str()
                );
                for Finding {
                    rule, path, action, ..
                } in findings
                {
                    let path = path.escape_debug();
                    text.push_str(&format!("  {rule} at {path}: {action}\n"));
                }
                text
            }
        }
    }

    pub(super) fn to_json(&self) -> String {
        let rule = |id: &RuleId| self.view.rule(id).map(rule_json);
        let occurrences = self
            .outcome
            .occurrences
            .iter()
            .map(|occurrence| match occurrence {
                Occurrence::Answered { .. } | Occurrence::InSession(_) => Value::Null,
                Occurrence::Allowed { asked, rule: id } => json!({
                    "kind": "allowed",
                    "method": asked.method,
                    "target": asked.target,
                    "rule": id.as_ref().and_then(rule),
                }),
                Occurrence::Refused {
                    reason,
                    status,
                    detail,
                    target,
                    rule: id,
                    ..
                } => {
                    let against = target
                        .as_ref()
                        .filter(|_| id.is_none())
                        .and_then(|target| self.against(*reason, target));
                    let (there, withheld) = match against {
                        Some(Against::There(rule)) => (Some(rule_json(rule)), None),
                        Some(Against::Withheld(rule)) => (None, Some(rule_json(rule))),
                        None => (id.as_ref().and_then(rule), None),
                    };
                    json!({
                        "kind": "refused",
                        "reason": reason.as_str(),
                        "status": status,
                        "detail": detail,
                        "target": target,
                        "rule": there,
                        "withheld": withheld,
                    })
                }
                Occurrence::Filtered {
                    list,
                    kept,
                    removed,
                } => json!({
                    "kind": "filtered", "list": list, "kept": kept, "removed": removed,
                }),
                Occurrence::Dropped { detail } => json!({"kind": "dropped", "detail": detail}),
                Occurrence::Guarded {
                    guardrail,
                    phase,
                    strategy,
                    outcome,
                    target,
                    findings,
                    ..
                } => json!({
                    "kind": "guarded",
                    "guardrail": guardrail.as_ref(),
                    "phase": phase.as_str(),
                    "enforcing_strategy": strategy.as_str(),
                    "outcome": outcome.as_str(),
                    "target": target,
                    "findings": findings.iter().map(finding_json).collect::<Vec<_>>(),
                }),
            });
        let entries = self.entries.iter().map(|entry| match entry.decision {
            Decision::Allow { rule } => {
                json!({"name": entry.name, "decision": "allow", "rule": rule_json(rule)})
            }
            Decision::Deny { reason, rule } => json!({
                "name": entry.name,
                "decision": "deny",
                "reason": reason.as_str(),
                "rule": rule.map(rule_json),
                "withheld": entry.withheld.map(rule_json),
            }),
        });
        let names = self.entries.iter().map(|entry| &entry.shown_as);
        let entries = entries.zip(names).map(|(mut entry, shown_as)| {
            if let (Some(shown_as), Value::Object(entry)) = (shown_as, &mut entry) {
                entry.insert("shown_as".to_owned(), json!(shown_as));
            }
            entry
        });
        let caller = self.view.caller();
        let taken_for = caller.subject().map(|(issuer, subject)| {
            json!({
                "issuer": issuer,
                "subject": subject,
                "user": caller.user(),
                "groups": caller.groups(),
                "agent": caller.agent(),
                "scopes": caller.scopes(),
            })
        });
        let refusal = self.outcome.refusal.as_ref();
        let reason = self.outcome.reason();
        let mut object = json!({
            "virtual_server": self.view.name(),
            "caller": taken_for,
            "decision": if reason.is_some() { "deny" } else { "allow" },
            "reason": reason.map(Reason::as_str),
            "occurrences": occurrences.collect::<Vec<_>>(),
            "entries": entries.collect::<Vec<_>>(),
            "told": refusal.map(crate::exchange::Refusal::body),
            "passed": self.outcome.passed,
        });
        if let (Some(answered), Value::Object(object)) = (&self.outcome.answered, &mut object) {
            object.insert("answered".to_owned(), json!(answered));
        }
        let mut text = object.to_string();
        text.push('\n');
        text
    }
}

fn rule_json(rule: &Rule) -> Value {
    let location = rule.location();
    json!({
        "id": rule.id().as_str(),
        "pattern": rule.pattern(),
        "file": &*location.file,
        "line": location.line,
        "column": location.column,
    })
}

/// Which line decided.
fn by(rule: &Rule) -> String {
    format!("by {} ({}, {})", rule.pattern(), rule.location(), rule.id())
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "rule": finding.rule,
        "path": finding.path,
        "entity": finding.entity,
        "action": finding.action.as_str(),
    })
}
