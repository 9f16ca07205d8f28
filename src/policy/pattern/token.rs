//! What wildcards are made of.

use super::PatternError;
use crate::policy::uri;

/// One piece of a glob or a URI template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// One character of a class.
    One(Class),
    /// Any run of characters of a class, the empty one included.
    Many(Class),
}

/// A class of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Every character.
    Any,
    /// Every character but `/`, `?` and `#`.
    Segment,
}

impl Class {
    pub(super) fn contains(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Segment => !matches!(c, '/' | '?' | '#'),
        }
    }

    pub(super) fn includes(self, other: Self) -> bool {
        self == Self::Any || self == other
    }

    fn regex(self) -> &'static str {
        match self {
            Self::Any => "(?s:.)",
            Self::Segment => "[^/?#]",
        }
    }
}

/// The tokens of a URI template.
pub(super) fn template(text: &str) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        push_literal(&mut tokens, literal)?;
        let (expression, after) = after.split_once('}').ok_or(PatternError::TemplateBrace)?;
        let (class, name) = match expression.strip_prefix('+') {
            Some(name) => (Class::Any, name),
            None => (Class::Segment, expression),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(PatternError::TemplateExpression(format!(
                "{{{expression}}}"
            )));
        }
        tokens.extend([Token::One(class), Token::Many(class)]);
        rest = after;
    }
    push_literal(&mut tokens, rest)?;
    Ok(tokens)
}

fn push_literal(tokens: &mut Vec<Token>, literal: &str) -> Result<(), PatternError> {
    if literal.contains('}') {
        return Err(PatternError::TemplateBrace);
    }
    if literal.contains('*') {
        return Err(PatternError::GlobAndTemplate);
    }
    tokens.extend(literal.chars().map(Token::Char));
    Ok(())
}

/// A regular expression, anchored at both ends, that matches what the tokens match.
pub(super) fn regex(tokens: &[Token]) -> String {
    let mut text = String::from("^");
    for token in tokens {
        match token {
            Token::Char(c) => text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            Token::One(class) => text.push_str(class.regex()),
            Token::Many(class) => {
                text.push_str(class.regex());
                text.push('*');
            }
        }
    }
    text.push('$');
    text
}

/// Whether some match of the tokens, taken as a URI, can be plain: every literal run between
/// wildcards is, once what a wildcard may complete has been left out.
pub(super) fn may_be_plain(tokens: &[Token]) -> bool {
    // A wildcard may stand for a letter: that completes a cut segment, but no escape.
    let text: String = tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => *c,
            Token::One(_) | Token::Many(_) => 'x',
        })
        .collect();
    // An escape that a wildcard cuts may be completed by it; do not judge those.
    let cut = tokens.windows(2).chain(tokens.windows(3)).any(|window| {
        window.first() == Some(&Token::Char('%'))
            && window.iter().any(|token| !matches!(token, Token::Char(_)))
    });
    (cut || uri::is_plain_but_for_slashes(&text)) && uri::segments_are_plain(&first_part(tokens))
}

/// What every match begins with, as far as its slashes can be judged: up to a wildcard that may
/// stand for the beginning of a query. One that stands in a segment may be a colon.
fn first_part(tokens: &[Token]) -> String {
    let characters = tokens.iter().map_while(|token| match token {
        Token::Char(c) => Some(*c),
        Token::One(Class::Segment) | Token::Many(Class::Segment) => Some(':'),
        Token::One(Class::Any) | Token::Many(Class::Any) => None,
    });
    characters.collect()
}
