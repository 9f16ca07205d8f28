//! Conditions of rules: when a rule is there, and for whom.

use std::sync::Arc;

use super::caller::Caller;
use super::expression::{Expression, Facts, Outcome};
use super::principal::Membership;
use crate::json;

/// When a rule is there.
#[derive(Debug, Clone)]
pub enum Condition {
    /// For these callers.
    Members(Arc<Membership>),
    /// Where this is true.
    Expression(Expression),
}

/// Under which circumstances something is judged, as far as conditions ask for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    caller: &'a Caller,
    arguments: Option<json::Value<'a>>,
    at_best: bool,
}

impl<'a> Circumstances<'a> {
    /// Who calls, and with what arguments: none where there are not yet any, as in a list.
    pub(super) fn new(caller: &'a Caller, arguments: Option<json::Value<'a>>) -> Self {
        Self {
            caller,
            arguments,
            at_best: false,
        }
    }

    /// The same, but that whatever enables is there.
    pub(super) fn at_best(self) -> Self {
        Self {
            at_best: true,
            ..self
        }
    }

    /// Whether a rule of this condition enables: if it surely holds, and before there are arguments,
    /// if there may be some with which it does.
    pub(super) fn enables(self, condition: &Condition) -> bool {
        if self.at_best {
            return true;
        }
        match self.judge(condition) {
            Outcome::True => true,
            Outcome::Unknown => self.arguments.is_none(),
            Outcome::False | Outcome::Error => false,
        }
    }

    /// Whether a rule of this condition disables: unless it surely does not hold, and before there
    /// are arguments, unless there may be some with which it does not.
    pub(super) fn disables(self, condition: &Condition) -> bool {
        match self.judge(condition) {
            Outcome::True | Outcome::Error => true,
            Outcome::Unknown => self.arguments.is_some(),
            Outcome::False => false,
        }
    }

    /// What a condition comes to; of nobody in particular that can't be told.
    fn judge(self, condition: &Condition) -> Outcome {
        let Some(claims) = self.caller.claims() else {
            return Outcome::Error;
        };
        match condition {
            Condition::Members(membership) if membership.admits(self.caller) => Outcome::True,
            Condition::Members(_) => Outcome::False,
            Condition::Expression(expression) => {
                let facts = Facts {
                    user: self.caller.user(),
                    groups: self.caller.groups(),
                    agent: self.caller.agent(),
                    scopes: self.caller.scopes(),
                    claims,
                };
                expression.evaluate(&facts, self.arguments)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::{
        ClaimNames, Decision, Definition, Location, Match, Pattern, Principal, Rule, RuleId, Rules,
        Target, View, VirtualServer,
    };

    fn members(any_of: &[&str], none_of: &[&str]) -> Condition {
        let parse = |texts: &[&str]| {
            let parse = |text: &&str| Principal::parse(text).unwrap();
            texts.iter().map(parse).collect()
        };
        Condition::Members(Arc::new(Membership {
            any_of: parse(any_of),
            none_of: parse(none_of),
        }))
    }

    fn rule(id: &str, pattern: Pattern, condition: Option<Condition>) -> Rule {
        let location = Location {
            file: "test.yaml".into(),
            line: 1,
            column: 1,
        };
        let rule = Rule::new(RuleId::new(id), location, id, pattern);
        match condition {
            Some(condition) => rule.when(condition),
            None => rule,
        }
    }

    fn view(tools: &Rules, resources: &Rules, groups: &[&str]) -> View {
        let definition = Definition {
            tools: tools.clone(),
            resources: resources.clone(),
            ..Definition::new("v", "s", Match::Path("/mcp".into()))
        };
        let claims = json!({"iss": "i", "sub": "alice", "groups": groups});
        let claims = claims.as_object().unwrap().clone();
        let caller = Caller::of(claims, &ClaimNames::default()).unwrap();
        View::new(Arc::new(VirtualServer::new(definition)), Arc::new(caller))
    }

    fn say(decision: Decision<'_>) -> String {
        match decision {
            Decision::Allow { rule } => format!("allow {}", rule.id()),
            Decision::Deny { rule, .. } => {
                let rule = rule.map_or("nothing", |rule| rule.id().as_str());
                format!("deny {rule}")
            }
        }
    }

    #[test]
    fn a_rule_is_there_where_its_condition_holds() {
        let name = |text| Pattern::name(text).unwrap();
        let uri = |text| Pattern::uri(text).unwrap();
        let tools = Rules::new(
            vec![
                rule("e0", name("get_*"), None),
                rule("e1", name("delete_repo"), Some(members(&["group:a"], &[]))),
                rule("e2", name("delete_*"), Some(members(&["group:b"], &[]))),
            ],
            vec![rule(
                "d0",
                name("get_key"),
                Some(members(&[], &["group:a"])),
            )],
        );
        let resources = Rules::new(
            vec![
                rule("e0", uri("x:///../a"), Some(members(&["group:a"], &[]))),
                rule("e1", uri("x:///*"), None),
            ],
            vec![rule("d0", uri("x:///k"), Some(members(&["group:b"], &[])))],
        );
        for (groups, target, expected) in [
            (&["a"][..], Target::Tool("delete_repo"), "allow e1"),
            (&["a"], Target::Tool("delete_user"), "deny nothing"),
            (&["b"], Target::Tool("delete_repo"), "allow e2"),
            (&[], Target::Tool("delete_repo"), "deny nothing"),
            (&["a"], Target::Tool("get_key"), "allow e0"),
            (&["b"], Target::Tool("get_key"), "deny d0"),
            (&[], Target::Tool("get_issue"), "allow e0"),
            // A URI that can be read in two ways, enabled by its very text.
            (&["a"], Target::Resource("x:///../a"), "allow e0"),
            (&["b"], Target::Resource("x:///../a"), "deny nothing"),
            (&["a"], Target::Resource("x:///k"), "allow e1"),
            (&["b"], Target::Resource("x:///k"), "deny d0"),
            (&["b"], Target::Resource("X:///%6b"), "deny nothing"),
            (&["b"], Target::Resource("x:///k/"), "deny d0"),
            (&["a"], Target::Resource("x:///k/"), "allow e1"),
        ] {
            let view = view(&tools, &resources, groups);
            assert_eq!(say(view.decide(target)), expected, "{groups:?} {target:?}");
        }
        let view = view(&tools, &resources, &["c"]);
        let withheld = |name| {
            let rule = view.withheld(Target::Tool(name), view.caller(), None);
            rule.map(|rule| rule.id().as_str())
        };
        assert_eq!(withheld("delete_repo"), Some("e1"));
        assert_eq!(withheld("delete_user"), Some("e2"));
        assert_eq!(withheld("get_key"), None);
        assert_eq!(withheld("get_issue"), None);
        assert_eq!(withheld("other"), None);
        let by_arguments = |text| {
            let condition = Condition::Expression(Expression::compile(text, true).unwrap());
            vec![rule("r", name("get_*"), Some(condition))]
        };
        let text = r#"has(arguments.force) && arguments.force == true"#;
        for (enables, arguments, expected) in [
            (true, None, "allow r"),
            (true, Some(r#"{"force": true}"#), "allow r"),
            (true, Some(r#"{"force": false}"#), "deny nothing"),
            (true, Some("{}"), "deny nothing"),
            (true, Some("5"), "deny nothing"),
            (false, None, "allow all"),
            (false, Some(r#"{"force": true}"#), "deny r"),
            (false, Some(r#"{"force": false}"#), "allow all"),
            (false, Some("5"), "deny r"),
        ] {
            let tools = if enables {
                Rules::new(by_arguments(text), Vec::new())
            } else {
                let all = rule("all", name("get_*"), None);
                Rules::new(vec![all], by_arguments(text))
            };
            let view = self::view(&tools, &resources, &["a"]);
            let target = Target::Tool("get_issue");
            let limits = json::Limits::default();
            let document =
                arguments.map(|text| json::Document::parse(text.as_bytes(), &limits).unwrap());
            let said = match &document {
                None => say(view.decide(target)),
                Some(document) => say(view.decide_use(target, document.root())),
            };
            assert_eq!(said, expected, "{enables} {arguments:?}");
        }
        let nobody = View::anonymous(Arc::clone(view.server()));
        assert_eq!(say(nobody.decide(Target::Tool("get_key"))), "deny d0");
        assert_eq!(
            say(nobody.decide(Target::Tool("delete_repo"))),
            "deny nothing"
        );
    }
}
