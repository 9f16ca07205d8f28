//! Arguments that are fixed, preset, hidden or not allowed.

use serde_json::Value as Json;

use super::input::{Input, Part};
use super::path::Path;
use super::report::{Action, Finding, Report};
use super::{Operation, Phase};
use crate::json::{Member, Splice, Value, folds_to};

/// What becomes of a tool's arguments, by their names.
///
/// A name that differs from one of these in case only is refused: some servers read it as that one.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Arguments that always have this value. Who calls need not say them.
    pub pin: Vec<(String, Json)>,
    /// Arguments that have this value where a call does not say another.
    pub default: Vec<(String, Json)>,
    /// Arguments that no call may say, and that no list shows.
    pub hide: Vec<String>,
    /// Whether lists show the arguments that are pinned, with the one value that they have.
    pub show: bool,
    /// The only arguments that there are, if this is given; those above are too.
    pub allow: Option<Vec<String>>,
    /// Arguments that there are not.
    pub deny: Vec<String>,
    /// Whether calls are only refused, so that who calls has to say what is pinned.
    pub refuses: bool,
}

/// What an argument is.
enum Role<'a> {
    Pinned(&'a Json),
    Hidden,
    Denied,
    /// It may be taken for this one.
    Like(&'a str),
    Free,
}

impl Arguments {
    pub(super) fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) {
        if input.phase != Phase::Call {
            return;
        }
        for part in input.parts {
            self.arguments(input, part, splice, report);
        }
    }

    fn arguments<'d>(
        &self,
        input: &Input<'_, 'd>,
        part: &Part<'d>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) {
        let place = |key: &str| part.path.clone().key(key.to_owned());
        let is_exempt = |path: &Path<'_>| input.exempt.iter().any(|it| it.covers(&path.0));
        let mends = input.operation == Operation::Mutate;
        let mut removed = Vec::new();
        for member in part.value.members() {
            let key = member.key();
            let path = place(&key);
            if is_exempt(&path) {
                continue;
            }
            match self.role(&key) {
                Role::Pinned(value) if is(member.value(), value) => {}
                Role::Pinned(value) => {
                    found(report, "pinned", &path, Action::Change, mends);
                    report.explain(format!("`{path}`: has another value, which is fixed"));
                    splice.replace(member.value(), value.to_string());
                }
                Role::Hidden => {
                    found(report, "hidden", &path, Action::Remove, mends);
                    report.explain(format!("`{path}`: the tool has no such argument"));
                    removed.push(member.span());
                }
                Role::Denied => {
                    found(report, "denied", &path, Action::Block, mends);
                    report.block(format!("`{path}`: this argument is not allowed"));
                }
                Role::Like(name) => {
                    found(report, "ambiguous", &path, Action::Block, mends);
                    let text = "differs in case only from";
                    report.block(format!("`{path}`: {text} the argument `{name}`"));
                }
                Role::Free => {}
            }
        }
        if !removed.is_empty() {
            splice.remove_members(part.value, |member| removed.contains(&member.span()));
        }
        for (name, value) in self.pin.iter().filter(|(name, _)| !has(part.value, name)) {
            let path = place(name);
            if is_exempt(&path) {
                continue;
            }
            if !mends {
                found(report, "pinned", &path, Action::Block, mends);
                report.explain(format!("`{path}`: is missing; it must be {}", cut(value)));
            }
            splice.insert_member(part.value, name, &value.to_string());
        }
        for (name, value) in &self.default {
            let is_absent = !has(part.value, name) || self.hide.contains(name);
            if is_absent && !is_exempt(&place(name)) {
                splice.insert_member(part.value, name, &value.to_string());
            }
        }
    }

    fn role(&self, key: &str) -> Role<'_> {
        if let Some((_, value)) = self.pin.iter().find(|(name, _)| name == key) {
            return Role::Pinned(value);
        }
        if self.hide.iter().any(|name| name == key) {
            return Role::Hidden;
        }
        if self.deny.iter().any(|name| name == key) {
            return Role::Denied;
        }
        if self.is_allowed(key) {
            let names = self.names();
            let like = names
                .into_iter()
                .find(|name| *name != key && folds_to(key, name));
            return like.map_or(Role::Free, Role::Like);
        }
        Role::Denied
    }

    /// Whether `allow` lets an argument be.
    fn is_allowed(&self, key: &str) -> bool {
        let is_listed = |allow: &Vec<String>| allow.iter().any(|name| name == key);
        self.allow.as_ref().is_none_or(is_listed)
            || self.default.iter().any(|(name, _)| name == key)
    }

    /// The names that something is said about.
    fn names(&self) -> Vec<&str> {
        let values = self.pin.iter().chain(&self.default);
        let values = values.map(|(name, _)| name.as_str());
        let names = self.hide.iter().chain(&self.deny).map(String::as_str);
        values.chain(names).collect()
    }

    /// Edits what a list says of a tool: hidden arguments go, and what has a value need not be said.
    pub(super) fn edit_tool<'d>(&self, phase: Phase, tool: Value<'d>, splice: &mut Splice<'d>) {
        if phase != Phase::Call {
            return;
        }
        if let Some(schema) = tool.get("inputSchema") {
            self.edit_schema(schema, splice, 0);
        }
    }

    fn edit_schema<'d>(&self, schema: Value<'d>, splice: &mut Splice<'d>, level: usize) {
        if let Some(properties) = schema.get("properties") {
            splice.remove_members(properties, |member| self.is_hidden(&member.key()));
            for member in properties.members() {
                self.edit_property(member, splice);
            }
        }
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            if let Some(dependent) = schema.get(keyword) {
                splice.remove_members(dependent, |member| self.is_hidden(&member.key()));
            }
        }
        if let Some(required) = schema.get("required") {
            let is_gone = |name: Value<'_>| name.as_str().is_some_and(|name| self.is_said(&name));
            // Draft 4 has no empty list here.
            if required.elements().all(is_gone) {
                splice.remove_member(schema, "required");
            } else {
                splice.remove_elements(required, is_gone);
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let below = schema.get(keyword).filter(|_| level < LEVELS);
            for below in below.into_iter().flat_map(Value::elements) {
                self.edit_schema(below, splice, level + 1);
            }
        }
    }

    fn edit_property<'d>(&self, member: Member<'d>, splice: &mut Splice<'d>) {
        let (key, schema) = (member.key(), member.value());
        let pinned = self.pin.iter().find(|(name, _)| *name == key);
        let default = self.default.iter().find(|(name, _)| *name == key);
        if let Some((_, value)) = pinned {
            splice.insert_member(schema, "const", &value.to_string());
        } else if let Some((_, value)) = default {
            splice.insert_member(schema, "default", &value.to_string());
        }
    }

    /// Whether a list does not show an argument.
    fn is_hidden(&self, key: &str) -> bool {
        match self.role(key) {
            Role::Pinned(_) => !self.show && !self.refuses,
            Role::Hidden | Role::Denied => true,
            Role::Like(_) | Role::Free => false,
        }
    }

    /// Whether an argument need not be said.
    fn is_said(&self, key: &str) -> bool {
        let is_preset = self.default.iter().any(|(name, _)| name == key)
            || self.pin.iter().any(|(name, _)| name == key);
        (is_preset && !self.refuses) || self.is_hidden(key)
    }

    pub(super) fn self_test(&self) -> Result<(), String> {
        // Each name that something is said about is one that it catches, or sets.
        let caught = |name: &&str| match self.role(name) {
            Role::Pinned(_) | Role::Hidden | Role::Denied | Role::Like(_) => true,
            Role::Free => self.default.iter().any(|(preset, _)| preset == *name),
        };
        let names = self.names();
        match names.iter().find(|name| !caught(name)) {
            Some(name) => Err(format!("the argument `{name}`")),
            None => Ok(()),
        }
    }
}

/// How deep a schema is looked through for parts that say something about the same object.
const LEVELS: usize = 4;

/// The longest value that is told, in characters.
const MOST_CHARS: usize = 100;

fn cut(value: &Json) -> String {
    value.to_string().chars().take(MOST_CHARS).collect()
}

fn has(object: Value<'_>, key: &str) -> bool {
    object.get(key).is_some()
}

/// Whether a value is this one. Numbers are the same that are written differently.
fn is(value: Value<'_>, other: &Json) -> bool {
    serde_json::from_str::<Json>(value.raw()).is_ok_and(|value| same(&value, other))
}

fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let is_same = |(key, value)| other.get(key).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(is_same)
        }
        (one, other) => one == other,
    }
}

fn found(report: &mut Report, rule: &'static str, path: &Path<'_>, action: Action, mends: bool) {
    report.find(Finding {
        rule: rule.into(),
        path: path.to_string(),
        entity: None,
        action: if mends { action } else { Action::Block },
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::path::PathPattern;
    use super::*;
    use crate::json::{Document, Limits};

    fn arguments() -> Arguments {
        Arguments {
            pin: vec![("tenant".to_owned(), json!("acme"))],
            default: vec![("limit".to_owned(), json!(10))],
            hide: vec!["debug".to_owned()],
            deny: vec!["force".to_owned()],
            ..Arguments::default()
        }
    }

    /// What is found, whether it is refused whatever is mended, and the arguments as they go on.
    fn look(check: &Arguments, source: &str, operation: Operation) -> (String, bool, String) {
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let parts = [Part::whole(document.root())];
        let exempt = [PathPattern::parse("free").unwrap()];
        let input = Input {
            exempt: &exempt,
            ..Input::new(Phase::Call, operation, &parts)
        };
        let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
        check.inspect(&input, &mut splice, &mut report);
        let found = report.findings().iter();
        let found: Vec<_> = found
            .map(|it| format!("{} {} {}", it.rule, it.path, it.action))
            .collect();
        (found.join(", "), report.is_blocked(), splice.finish())
    }

    #[test]
    fn arguments_are_set_and_taken_out() {
        for (source, found, is_blocked, mended) in [
            ("{}", "", false, r#"{"tenant":"acme","limit":10}"#),
            (
                r#"{"tenant":"acme","limit":5}"#,
                "",
                false,
                r#"{"tenant":"acme","limit":5}"#,
            ),
            (
                r#"{"tenant":"evil","limit":5}"#,
                "pinned $.tenant change",
                false,
                r#"{"tenant":"acme","limit":5}"#,
            ),
            (
                r#"{"debug":1,"limit":5}"#,
                "hidden $.debug remove",
                false,
                r#"{"limit":5,"tenant":"acme"}"#,
            ),
            (
                r#"{"force":1,"limit":5}"#,
                "denied $.force block",
                true,
                r#"{"force":1,"limit":5,"tenant":"acme"}"#,
            ),
            (
                r#"{"Tenant":"evil","limit":5}"#,
                "ambiguous $.Tenant block",
                true,
                r#"{"Tenant":"evil","limit":5,"tenant":"acme"}"#,
            ),
        ] {
            let looked = look(&arguments(), source, Operation::Mutate);
            assert_eq!(
                looked,
                (found.to_owned(), is_blocked, mended.to_owned()),
                "{source}"
            );
        }
    }

    #[test]
    fn to_validate_is_to_refuse() {
        for (source, expected) in [
            (r#"{"tenant":"acme"}"#, ""),
            ("{}", "pinned $.tenant block"),
            (r#"{"tenant":"evil"}"#, "pinned $.tenant block"),
            (r#"{"tenant":"acme","debug":1}"#, "hidden $.debug block"),
        ] {
            let looked = look(&arguments(), source, Operation::Validate);
            assert_eq!(looked.0, expected, "{source}");
        }
    }

    #[test]
    fn only_what_is_listed_is_allowed() {
        let check = Arguments {
            allow: Some(vec!["a".to_owned(), "free".to_owned()]),
            pin: vec![("p".to_owned(), json!(1.0))],
            default: vec![("d".to_owned(), json!(null))],
            ..Arguments::default()
        };
        for (source, expected) in [
            (r#"{"a":1,"d":2,"p":1}"#, ""),
            (r#"{"a":1,"b":2,"free":3}"#, "denied $.b block"),
        ] {
            let looked = look(&check, source, Operation::Mutate);
            assert_eq!(looked.0, expected, "{source}");
        }
    }

    #[test]
    fn a_hidden_argument_may_have_a_value() {
        let check = Arguments {
            hide: vec!["mode".to_owned()],
            default: vec![("mode".to_owned(), json!({"safe": true}))],
            ..Arguments::default()
        };
        for (source, found) in [("{}", ""), (r#"{"mode":1}"#, "hidden $.mode remove")] {
            let looked = look(&check, source, Operation::Mutate);
            assert_eq!(
                (looked.0.as_str(), looked.2.as_str()),
                (found, r#"{"mode":{"safe":true}}"#),
                "{source}"
            );
        }
    }

    #[test]
    fn lists_show_what_there_is_to_say() {
        let tool = r#"{"inputSchema":{"type":"object","properties":{"tenant":{"type":"string",
            "x-mcp-header":"Tenant"},"limit":{"type":"integer"},"debug":{},"force":{},"q":{}},
            "required":["tenant","q","limit"],"allOf":[{"properties":{"debug":{}},
            "required":["debug"]}]}}"#;
        let tool: String = tool.split_whitespace().collect();
        let hidden = r#"{"inputSchema":{"type":"object","properties":{"limit":{"type":"integer","default":10},"q":{}},"required":["q"],"allOf":[{"properties":{}}]}}"#;
        let shown = r#"{"inputSchema":{"type":"object","properties":{"tenant":{"type":"string","x-mcp-header":"Tenant","const":"acme"},"limit":{"type":"integer","default":10},"q":{}},"required":["q"],"allOf":[{"properties":{}}]}}"#;
        for (show, expected) in [(false, hidden), (true, shown)] {
            let check = Arguments {
                show,
                ..arguments()
            };
            let document = Document::parse(tool.as_bytes(), &Limits::default()).unwrap();
            let mut splice = Splice::new(document.source());
            check.edit_tool(Phase::Call, document.root(), &mut splice);
            assert_eq!(splice.finish(), expected);
        }
    }

    #[test]
    fn it_proves_itself() {
        arguments().self_test().unwrap();
        let useless = Arguments {
            deny: vec!["a".to_owned()],
            ..Arguments::default()
        };
        useless.self_test().unwrap();
    }
}
