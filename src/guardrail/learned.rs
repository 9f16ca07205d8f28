//! What lists have told of tools, kept for the calls that follow.
//!
//! It is kept for one virtual server and one subject, since a server may list other tools, or the
//! same with another schema, for somebody else. It is a cache: another replica, and this one after a
//! while, does not know it, and says so.

use std::fmt;
use std::sync::Arc;

use moka::sync::Cache;

use super::input::ToolFacts;
use crate::json::Value;

/// The most that is kept, in bytes, roughly: a compiled schema takes several times its text.
const MOST_BYTES: u64 = 64 << 20;
/// How many times the length of its text a definition counts.
const TIMES: usize = 8;
/// What an entry takes beside its texts, in bytes.
const ENTRY_BYTES: usize = 512;
/// The longest definition that is kept, in bytes.
const LONGEST: usize = 1 << 20;

/// What lists have told of tools.
pub struct Learned {
    tools: Cache<Key, Arc<ToolFacts>>,
}

/// For whom a tool is known.
#[derive(Debug, Clone, Copy)]
pub struct Learner<'l> {
    /// The virtual server.
    pub virtual_server: &'l str,
    /// Issuer and `sub` of who calls, if that is known.
    pub subject: Option<(&'l str, &'l str)>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    virtual_server: String,
    subject: Option<(String, String)>,
    tool: String,
}

impl Default for Learned {
    fn default() -> Self {
        let weigh = |key: &Key, facts: &Arc<ToolFacts>| {
            let bytes = facts.definition.len() * TIMES + key.tool.len() + ENTRY_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let tools = Cache::builder().weigher(weigh).max_capacity(MOST_BYTES);
        Self {
            tools: tools.build(),
        }
    }
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Learned").finish_non_exhaustive()
    }
}

impl Learned {
    /// Keeps what a list says of a tool.
    pub fn learn(&self, learner: Learner<'_>, name: &str, tool: Value<'_>) {
        let key = learner.key(name);
        if tool.raw().len() > LONGEST {
            // What was known is not so any more.
            self.tools.invalidate(&key);
            return;
        }
        let facts = ToolFacts::of(tool);
        // A schema that has been compiled stays so.
        let is_known = |known: Arc<ToolFacts>| known.definition == facts.definition;
        if !self.tools.get(&key).is_some_and(is_known) {
            self.tools.insert(key, Arc::new(facts));
        }
    }

    /// What the last list said of a tool, if one was seen.
    #[must_use]
    pub fn get(&self, learner: Learner<'_>, name: &str) -> Option<Arc<ToolFacts>> {
        self.tools.get(&learner.key(name))
    }
}

impl Learner<'_> {
    fn key(self, tool: &str) -> Key {
        Key {
            virtual_server: self.virtual_server.to_owned(),
            subject: self
                .subject
                .map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())),
            tool: tool.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    #[test]
    fn what_is_learned_is_known_to_who_learned_it() {
        let learned = Learned::default();
        let learn = |learner, source: &str| {
            let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
            learned.learn(learner, "t", document.root());
        };
        let anyone = Learner {
            virtual_server: "v",
            subject: None,
        };
        let ann = Learner {
            subject: Some(("i", "ann")),
            ..anyone
        };
        let elsewhere = Learner {
            virtual_server: "w",
            ..anyone
        };
        learn(anyone, r#"{"name":"t"}"#);
        learn(ann, r#"{"name":"t","title":"T"}"#);
        let known = |learner| learned.get(learner, "t").map(|it| it.definition.clone());
        assert_eq!(known(anyone).as_deref(), Some(r#"{"name":"t"}"#));
        assert_eq!(known(ann).as_deref(), Some(r#"{"name":"t","title":"T"}"#));
        assert_eq!(known(elsewhere), None);

        let before = learned.get(anyone, "t").unwrap();
        learn(anyone, r#"{ "name": "t" }"#);
        assert!(Arc::ptr_eq(&before, &learned.get(anyone, "t").unwrap()));
        learn(anyone, r#"{"name":"t","title":"U"}"#);
        assert_eq!(
            known(anyone).as_deref(),
            Some(r#"{"name":"t","title":"U"}"#)
        );
        let long = format!(r#"{{"name":"t","title":"{}"}}"#, "x".repeat(LONGEST));
        learn(anyone, &long);
        assert_eq!(known(anyone), None, "what is too long is not kept");
    }
}
