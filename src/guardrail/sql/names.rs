//! Names in SQL, and patterns of them.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The longest pattern, in bytes.
const LONGEST: usize = 512;

/// A pattern of names: `users`, `public.*`, `users.e*mail`. Case does not count, and `*` stands for
/// any text without a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    parts: Vec<String>,
}

/// A text that is no pattern of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// It, or a part of it, is empty.
    #[error("a part of the name is empty")]
    Empty,
    /// It is too long.
    #[error("the name is longer than {LONGEST} bytes")]
    TooLong,
    /// It has quotes or spaces, which names in a manifest do without.
    #[error("write the name without quotes and spaces")]
    Quotes,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() > LONGEST {
            return Err(InvalidName::TooLong);
        }
        if text.contains(['"', '\'', '`', '[', ']', '(', ')']) || text.contains(char::is_whitespace)
        {
            return Err(InvalidName::Quotes);
        }
        let parts: Vec<String> = text.split('.').map(folded).collect();
        match parts.iter().any(String::is_empty) {
            true => Err(InvalidName::Empty),
            false => Ok(Self {
                text: text.to_owned(),
                parts,
            }),
        }
    }

    /// Whether it is this name, with as many parts.
    pub(super) fn is(&self, name: &[String]) -> bool {
        self.parts.len() == name.len() && self.ends_alike(name)
    }

    /// Whether it may be this name: whichever has fewer parts may stand for the other, since what
    /// is left out depends on where a statement runs.
    pub(super) fn may_be(&self, name: &[String]) -> bool {
        let compared = self.parts.iter().rev().take(name.len());
        // `audit.*` is about a schema, and says nothing of names without one.
        let is_open = self.parts.len() > name.len() && compared.into_iter().all(|part| part == "*");
        !name.is_empty() && !is_open && self.ends_alike(name)
    }

    fn ends_alike(&self, name: &[String]) -> bool {
        let pairs = self.parts.iter().rev().zip(name.iter().rev());
        pairs
            .into_iter()
            .all(|(pattern, name)| matches(pattern, name))
    }

    /// The pattern of a column, and of the table if it says one.
    pub(super) fn column(&self) -> Option<(&str, Option<Self>)> {
        let (column, table) = self.parts.split_last()?;
        let table = (!table.is_empty()).then(|| Self {
            text: table.join("."),
            parts: table.to_vec(),
        });
        Some((column, table))
    }

    /// A name that it matches.
    pub(super) fn sample(&self) -> Vec<String> {
        self.parts
            .iter()
            .map(|part| part.replace('*', "x"))
            .collect()
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A name as databases compare it that go furthest in taking names for the same.
pub(super) fn folded(name: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(name);
    composed.to_uppercase().to_lowercase()
}

/// Whether a part of a name matches a part of a pattern, in which `*` is any text.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Vec<String> {
        text.split('.').map(folded).collect()
    }

    #[test]
    fn names_match_patterns() {
        for (pattern, text, is, may_be) in [
            ("users", "users", true, true),
            ("users", "USERS", true, true),
            ("users", "user\u{17f}", true, true),
            ("users", "public.users", false, true),
            ("public.users", "users", false, true),
            ("public.users", "secret.users", false, false),
            ("public.*", "public.users", true, true),
            ("public.*", "users", false, false),
            ("*", "a", true, true),
            ("*", "a.b", false, true),
            ("u*r*", "users", true, true),
            ("u*x", "users", false, false),
            ("*_log", "audit_log", true, true),
            ("*_log", "audit_logs", false, false),
            ("a*a", "a", false, false),
            ("a*b*c", "abc", true, true),
        ] {
            let pattern = NamePattern::parse(pattern).unwrap();
            assert_eq!(pattern.is(&name(text)), is, "{pattern} is {text}");
            assert_eq!(
                pattern.may_be(&name(text)),
                may_be,
                "{pattern} may be {text}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, expected) in [
            ("", InvalidName::Empty),
            ("a..b", InvalidName::Empty),
            ("\"a\"", InvalidName::Quotes),
            ("a b", InvalidName::Quotes),
        ] {
            assert_eq!(NamePattern::parse(text), Err(expected), "{text}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(NamePattern::parse(&long), Err(InvalidName::TooLong));
    }
}
