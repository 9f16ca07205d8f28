//! Whether one pattern matches everything that another one does.

use super::token::Token;
use super::{Kind, Pattern};

impl Pattern {
    /// Whether this pattern certainly matches whatever `other` matches.
    ///
    /// `true` is always right; `false` may also mean that it is not known, as it is for two
    /// different regular expressions.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (_, Kind::Exact(text)) => self.matches(text),
            (_, Kind::AnyOf(names)) => names.iter().all(|name| self.matches(name)),
            (Kind::Wild { tokens: wide, .. }, Kind::Wild { tokens: narrow, .. }) => {
                covers(wide, narrow)
            }
            (Kind::Wild { tokens, .. }, Kind::Regex { .. } | Kind::NoneOf(_)) => {
                !tokens.is_empty()
                    && tokens
                        .iter()
                        .all(|token| *token == Token::Many(super::Class::Any))
            }
            (Kind::Regex { text: wide, .. }, Kind::Regex { text: narrow, .. }) => wide == narrow,
            (Kind::NoneOf(wide), Kind::NoneOf(narrow)) => wide.is_subset(narrow),
            (Kind::NoneOf(names), Kind::Wild { .. } | Kind::Regex { .. }) => {
                names.iter().all(|name| !other.matches(name))
            }
            (Kind::Exact(_) | Kind::AnyOf(_), _)
            | (Kind::Regex { .. }, Kind::Wild { .. } | Kind::NoneOf(_)) => false,
        }
    }
}

/// Whether `wide` matches whatever `narrow` does: `narrow` is read as a text whose wildcards only
/// wildcards at least as wide can match.
fn covers(wide: &[Token], narrow: &[Token]) -> bool {
    // `reached[j]`: what has been read of `wide` covers the first `j` tokens of `narrow`.
    let mut reached = vec![false; narrow.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for token in wide {
        let mut next = Vec::with_capacity(reached.len());
        let mut before: Option<(bool, bool)> = None;
        for (index, &here) in reached.iter().enumerate() {
            let read = index.checked_sub(1).and_then(|last| narrow.get(last));
            let now = match (token, read) {
                (Token::Many(class), read) => {
                    let grown = before.is_some_and(|(_, grown)| grown);
                    here || (grown && read.is_some_and(|read| fits(*class, *read)))
                }
                (Token::One(class), Some(Token::Char(c))) => {
                    before.is_some_and(|(was, _)| was) && class.contains(*c)
                }
                (Token::One(class), Some(Token::One(other))) => {
                    before.is_some_and(|(was, _)| was) && class.includes(*other)
                }
                (Token::Char(c), Some(Token::Char(other))) => {
                    before.is_some_and(|(was, _)| was) && c == other
                }
                (Token::One(_) | Token::Char(_), _) => false,
            };
            before = Some((here, now));
            next.push(now);
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn fits(class: super::Class, token: Token) -> bool {
    match token {
        Token::Char(c) => class.contains(c),
        Token::One(other) | Token::Many(other) => class.includes(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_covers_what() {
        let parse = |text: &str| match text.strip_prefix("uri ") {
            Some(uri) => Pattern::uri(uri).unwrap(),
            None => match text.strip_prefix("regex ") {
                Some(regex) => Pattern::regex(regex).unwrap(),
                None => Pattern::name(text).unwrap(),
            },
        };
        let table = [
            ("*", "a", true),
            ("*", "regex a+", true),
            ("?*", "regex a+", false),
            ("a*", "ab*", true),
            ("ab*", "a*", false),
            ("a*", "a", true),
            ("a", "a*", false),
            ("*b*", "a?b", true),
            ("a?b", "a*b", false),
            ("a*b", "a?b", true),
            ("?", "*", false),
            ("*?", "?*", false),
            ("*_a_*", "*_a_b_*", true),
            ("regex a|b", "a", true),
            ("regex a|b", "regex a|b", true),
            ("regex a|b|c", "regex a|b", false),
            ("uri f:///{+p}", "uri f:///{a}/{b}", true),
            ("uri f:///{a}", "uri f:///{+p}", false),
            ("uri f:///{a}/{b}", "uri f:///x/{b}", true),
            ("uri f:///{a}", "uri f:///x{+p}", false),
            ("uri f:///{a}", "uri f:///x{b}", true),
            ("uri f:///{a}", "uri f:///x#{b}", false),
            ("uri f:///*", "uri f:///{+p}", true),
            ("uri f:///{+p}", "uri f:///*", false),
        ];
        for (wide, narrow, expected) in table {
            assert_eq!(
                parse(wide).covers(&parse(narrow)),
                expected,
                "{wide} over {narrow}"
            );
        }
    }

    proptest! {
        #[test]
        fn covering_is_never_claimed_wrongly(
            wide in "[ab*?]{1,6}", narrow in "[ab*?]{1,6}", texts in prop::collection::vec("[abc]{0,7}", 20),
        ) {
            let (wide, narrow) = (Pattern::name(&wide).unwrap(), Pattern::name(&narrow).unwrap());
            if wide.covers(&narrow) {
                for text in texts {
                    prop_assert!(!narrow.matches(&text) || wide.matches(&text), "{text}");
                }
            }
        }

        #[test]
        fn every_matcher_agrees_with_the_regular_expression(
            glob in "[ab*?é]{1,8}", text in "[abé]{0,9}",
        ) {
            let naive = format!("(?s)^{}$", glob.replace('?', ".").replace('*', ".*"));
            let naive = regex::Regex::new(&naive).unwrap();
            prop_assert_eq!(Pattern::name(&glob).unwrap().matches(&text), naive.is_match(&text));
        }
    }
}
