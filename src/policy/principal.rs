//! Principals: who someone is, or what someone has, in a word.

use std::fmt;

use serde_json::Value;

use super::caller::Caller;

/// One thing that may be true of a caller: `user:alice`, `group:support`, `agent:triage-bot`,
/// `scope:issues.read`, `claim.department=sales`. Texts are compared as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The caller is this person.
    User(String),
    /// The caller belongs to this group.
    Group(String),
    /// This agent acts for the caller.
    Agent(String),
    /// The caller has this scope.
    Scope(String),
    /// A claim of the caller's, at the top, is this text, or an array that holds it.
    Claim {
        /// The claim's name.
        name: String,
        /// The text; of a number or truth value, its JSON.
        value: String,
    },
}

/// Who is in and who is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// One of these has to be true, if there are any.
    pub any_of: Vec<Principal>,
    /// None of these may be.
    pub none_of: Vec<Principal>,
}

impl Principal {
    /// Reads a principal. `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(claim) = text.strip_prefix("claim.") {
            let (name, value) = claim.split_once('=')?;
            if name.is_empty() || value.is_empty() {
                return None;
            }
            let (name, value) = (name.to_owned(), value.to_owned());
            return Some(Self::Claim { name, value });
        }
        let (kind, name) = text.split_once(':')?;
        if name.is_empty() {
            return None;
        }
        let name = name.to_owned();
        match kind {
            "user" => Some(Self::User(name)),
            "group" => Some(Self::Group(name)),
            "agent" => Some(Self::Agent(name)),
            "scope" => Some(Self::Scope(name)),
            _ => None,
        }
    }

    /// Whether it is true of a caller.
    #[must_use]
    pub fn holds(&self, caller: &Caller) -> bool {
        match self {
            Self::User(name) => caller.user() == Some(name),
            Self::Group(name) => caller.groups().contains(name),
            Self::Agent(name) => caller.agent() == Some(name),
            Self::Scope(name) => caller.scopes().contains(name),
            Self::Claim { name, value } => {
                let claim = caller.claims().and_then(|claims| claims.get(name));
                claim.is_some_and(|claim| match claim.as_array() {
                    Some(items) => items.iter().any(|item| is(item, value)),
                    None => is(claim, value),
                })
            }
        }
    }
}

/// Whether a claim is this text.
fn is(claim: &Value, text: &str) -> bool {
    match claim {
        Value::String(claim) => claim == text,
        Value::Bool(truth) => text == if *truth { "true" } else { "false" },
        Value::Number(number) => number.to_string().as_str() == text,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Agent(name) => write!(f, "agent:{name}"),
            Self::Scope(name) => write!(f, "scope:{name}"),
            Self::Claim { name, value } => write!(f, "claim.{name}={value}"),
        }
    }
}

impl Membership {
    /// Whether a caller is in. Of an unknown caller nothing is true, so that it is in only where
    /// nothing is asked.
    #[must_use]
    pub fn admits(&self, caller: &Caller) -> bool {
        if self.any_of.is_empty() && self.none_of.is_empty() {
            return true;
        }
        caller.is_known()
            && (self.any_of.is_empty() || self.any_of.iter().any(|it| it.holds(caller)))
            && !self.none_of.iter().any(|it| it.holds(caller))
    }

    /// The scopes of which any one would let a caller in that is not.
    #[must_use]
    pub fn helpful_scopes(&self, caller: &Caller) -> Vec<String> {
        if self.admits(caller) || self.none_of.iter().any(|it| it.holds(caller)) {
            return Vec::new();
        }
        let scope = |principal: &Principal| match principal {
            Principal::Scope(name) => Some(name.clone()),
            Principal::User(_)
            | Principal::Group(_)
            | Principal::Agent(_)
            | Principal::Claim { .. } => None,
        };
        self.any_of.iter().filter_map(scope).collect()
    }
}
