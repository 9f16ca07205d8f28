//! The names by which clients know tools, where the manifest gives them other ones than the server.

use std::collections::HashMap;

/// The names that the manifest gives to tools of a server. Whatever else names a tool (rules,
/// guardrails, logs) does so as the server does; these are for clients alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// By the server's name.
    shown: HashMap<String, String>,
    /// By the name that clients see.
    own: HashMap<String, String>,
}

impl ToolNames {
    /// The names of tools: the server's own, and the one that clients see. Of two tools under one
    /// name the first has it, and of two names of one tool the first counts.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Self::default();
        for (own, shown) in names {
            if all.shown.contains_key(&own) {
                continue;
            }
            all.own.entry(shown.clone()).or_insert_with(|| own.clone());
            all.shown.insert(own, shown);
        }
        all
    }

    /// Whether every tool has the name that the server gives it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The tools that have another name, as the server names them.
    pub(super) fn renamed(&self) -> impl Iterator<Item = &str> {
        self.shown.keys().map(String::as_str)
    }

    /// The name by which clients know a tool of the server, if they know it: see
    /// [`is_hidden`](Self::is_hidden).
    #[must_use]
    pub fn shown<'a>(&'a self, own: &'a str) -> &'a str {
        self.shown.get(own).map_or(own, String::as_str)
    }

    /// The tool of the server that clients mean by a name; `None` if they know the tool of this name
    /// by another one.
    #[must_use]
    pub fn own<'a>(&'a self, shown: &'a str) -> Option<&'a str> {
        match self.own.get(shown) {
            Some(own) => Some(own),
            None if self.shown.contains_key(shown) => None,
            None => Some(shown),
        }
    }

    /// Whether clients mean another tool by the name of this one, so that it can't be had.
    #[must_use]
    pub fn is_hidden(&self, own: &str) -> bool {
        self.own
            .get(self.shown(own))
            .is_some_and(|other| other != own)
    }

    /// The tools that have another name for clients, with both: the server's first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.shown.iter();
        names.map(|(own, shown)| (own.as_str(), shown.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(pairs: &[(&str, &str)]) -> ToolNames {
        let pairs = pairs.iter();
        ToolNames::new(pairs.map(|(own, shown)| ((*own).to_owned(), (*shown).to_owned())))
    }

    #[test]
    fn a_tool_has_one_name_for_clients() {
        let names = names(&[("get", "look_up"), ("a", "b"), ("b", "a"), ("put", "a")]);
        for (called, own) in [
            ("look_up", Some("get")),
            ("get", None),
            ("put", None),
            ("a", Some("b")),
            ("b", Some("a")),
            ("other", Some("other")),
            ("Look_up", Some("Look_up")),
        ] {
            assert_eq!(names.own(called), own, "{called}");
        }
        for (own, is_hidden) in [
            ("get", false),
            ("look_up", true),
            ("put", true),
            ("a", false),
            ("b", false),
            ("other", false),
        ] {
            assert_eq!(names.is_hidden(own), is_hidden, "{own}");
        }
    }

    proptest! {
        #[test]
        fn what_clients_see_they_can_call_and_nothing_else(
            pairs in proptest::collection::vec(("[a-e]", "[a-e]"), 0..6),
            tool in "[a-f]",
        ) {
            let names = ToolNames::new(pairs);
            if names.is_hidden(&tool) {
                // No name leads to it.
                for called in ["a", "b", "c", "d", "e", "f"] {
                    prop_assert_ne!(names.own(called), Some(tool.as_str()));
                }
            } else {
                prop_assert_eq!(names.own(names.shown(&tool)), Some(tool.as_str()));
                let others = ["a", "b", "c", "d", "e", "f"];
                for called in others.into_iter().filter(|called| *called != names.shown(&tool)) {
                    prop_assert_ne!(names.own(called), Some(tool.as_str()));
                }
            }
        }
    }
}
