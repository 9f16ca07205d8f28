//! Patterns over names and URIs, compiled to the cheapest way to match them.
//!
//! Every pattern matches a whole text. Text compares as decoded Unicode: case counts, and nothing
//! is trimmed, folded or normalised. What disables URIs compares a [`CanonicalUri`] as well.

mod canonical;
mod cover;
mod token;

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

pub use canonical::CanonicalUri;
use token::{Class, Token};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 4096;

/// The most memory that one compiled regular expression may take, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What a rule matches.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// This text and no other.
    Exact(Arc<str>),
    /// Wildcards, with the quickest matcher that does for them.
    Wild {
        text: Arc<str>,
        tokens: Arc<[Token]>,
        matcher: Matcher,
        origin: Origin,
    },
    /// A regular expression as an operator wrote it, anchored at both ends.
    Regex { text: Arc<str>, regex: Regex },
    /// One of these names.
    AnyOf(Arc<BTreeSet<String>>),
    /// Every name but these.
    NoneOf(Arc<BTreeSet<String>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Glob,
    Template,
}

#[derive(Debug, Clone)]
enum Matcher {
    /// Literal parts with any text between them: `ab*`, `*ab`, `ab*cd*ef`.
    Parts {
        prefix: Box<str>,
        middle: Box<[Box<str>]>,
        suffix: Box<str>,
    },
    /// What parts cannot express.
    Regex(Regex),
}

/// Why a pattern cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The text is empty.
    #[error("an empty pattern matches nothing")]
    Empty,
    /// The text is longer than any pattern may be.
    #[error("the pattern is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A glob has a character that means something in other dialects of glob, and nothing here.
    #[error("`{0}` has no meaning in a glob here")]
    GlobCharacter(char),
    /// The regular expression does not parse; the text is the parser's own.
    #[error("the regular expression does not parse")]
    RegexSyntax(String),
    /// The regular expression compiles to more than it may take.
    #[error("the regular expression compiles to more than {MAX_REGEX_BYTES} bytes")]
    RegexTooLarge,
    /// A template has an unmatched brace.
    #[error("the URI template has an unmatched brace")]
    TemplateBrace,
    /// A template's expression is none of `{name}` and `{+name}`.
    #[error("the expression `{0}` of the URI template is not supported")]
    TemplateExpression(String),
    /// A text mixes the `*` of globs with the `{…}` of templates.
    #[error("a pattern is either a glob or a URI template")]
    GlobAndTemplate,
}

impl Pattern {
    /// A name: a glob where `*` stands for any run of characters and `?` for any one, or else
    /// exactly the text.
    ///
    /// # Errors
    ///
    /// Empty or too long, or one of `[`, `]`, `{`, `}` and `\`, which other dialects of glob give
    /// a meaning that is not given here.
    pub fn name(text: &str) -> Result<Self, PatternError> {
        check_length(text)?;
        if let Some(found) = text.chars().find(|c| "[]{}\\".contains(*c)) {
            return Err(PatternError::GlobCharacter(found));
        }
        if !text.contains(['*', '?']) {
            return Ok(Self::exact(text));
        }
        let tokens = text.chars().map(|c| match c {
            '*' => Token::Many(Class::Any),
            '?' => Token::One(Class::Any),
            c => Token::Char(c),
        });
        Self::wild(text, tokens.collect(), Origin::Glob)
    }

    /// A URI: a URI template (RFC 6570, `{name}` and `{+name}`) if it has braces, a glob if it has
    /// `*`, or else exactly the text. `?` is always itself, since URIs have queries.
    ///
    /// `{name}` matches one or more characters other than `/`, `?` and `#`; `{+name}` one or more
    /// of any; `*` any run of characters, `/` included.
    ///
    /// # Errors
    ///
    /// Empty or too long, braces that do not pair, an expression with another operator or with
    /// several variables, or both kinds at once.
    pub fn uri(text: &str) -> Result<Self, PatternError> {
        check_length(text)?;
        let braces = text.contains(['{', '}']);
        if !text.contains('*') && !braces {
            return Ok(Self::exact(text));
        }
        if braces {
            let tokens = token::template(text)?;
            return Self::wild(text, tokens, Origin::Template);
        }
        let tokens = text.chars().map(|c| match c {
            '*' => Token::Many(Class::Any),
            c => Token::Char(c),
        });
        Self::wild(text, tokens.collect(), Origin::Glob)
    }

    /// A regular expression (the syntax of the `regex` crate) that must match the whole text.
    ///
    /// # Errors
    ///
    /// Empty or too long, a syntax error, or a program too large.
    pub fn regex(text: &str) -> Result<Self, PatternError> {
        check_length(text)?;
        // The text must stand on its own before it is wrapped: `a)|(b` would escape the anchors.
        build(text)?;
        // In verbose mode the text may end in a comment, which would swallow the wrapper's end.
        let regex =
            build(&format!("^(?:{text})$")).or_else(|_| build(&format!("^(?:{text}\n)$")))?;
        Ok(Self(Kind::Regex {
            text: text.into(),
            regex,
        }))
    }

    /// Exactly this text.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self(Kind::Exact(text.into()))
    }

    /// One of these names.
    #[must_use]
    pub fn any_of(names: BTreeSet<String>) -> Self {
        Self(Kind::AnyOf(Arc::new(names)))
    }

    /// Every name but these.
    #[must_use]
    pub fn none_of(names: BTreeSet<String>) -> Self {
        Self(Kind::NoneOf(Arc::new(names)))
    }

    fn wild(text: &str, tokens: Vec<Token>, origin: Origin) -> Result<Self, PatternError> {
        let matcher = match Matcher::parts(&tokens) {
            Some(parts) => parts,
            None => Matcher::Regex(build(&token::regex(&tokens))?),
        };
        Ok(Self(Kind::Wild {
            text: text.into(),
            tokens: tokens.into(),
            matcher,
            origin,
        }))
    }

    /// The text, if the pattern matches exactly one.
    #[must_use]
    pub fn as_exact(&self) -> Option<&str> {
        match &self.0 {
            Kind::Exact(text) => Some(text),
            Kind::Wild { .. } | Kind::Regex { .. } | Kind::AnyOf(_) | Kind::NoneOf(_) => None,
        }
    }

    /// Whether the pattern matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Exact(exact) => **exact == *text,
            Kind::Wild { matcher, .. } => matcher.matches(text),
            Kind::Regex { regex, .. } => regex.is_match(text),
            Kind::AnyOf(names) => names.contains(text),
            Kind::NoneOf(names) => !names.contains(text),
        }
    }

    /// Whether the pattern speaks of a resource template: it is the same template, letter for
    /// letter, or it is a glob or a regular expression that matches the template's text.
    #[must_use]
    pub fn matches_template(&self, template: &str) -> bool {
        match &self.0 {
            Kind::Wild {
                text,
                origin: Origin::Template,
                ..
            } => **text == *template,
            Kind::Wild { .. }
            | Kind::Exact(_)
            | Kind::Regex { .. }
            | Kind::AnyOf(_)
            | Kind::NoneOf(_) => self.matches(template),
        }
    }

    /// Whether it is certain that the pattern can match nothing that is ever asked.
    ///
    /// For a URI that also says no when text that is always part of a match is not plain, because
    /// only an exact pattern may enable such a URI.
    #[must_use]
    pub fn is_impossible(&self, uri: bool) -> bool {
        match &self.0 {
            Kind::Exact(text) => text.is_empty(),
            Kind::Wild { tokens, .. } => uri && !token::may_be_plain(tokens),
            Kind::Regex { .. } | Kind::NoneOf(_) => false,
            Kind::AnyOf(names) => names.is_empty(),
        }
    }
}

impl Matcher {
    /// The parts between the stars, if the pattern has nothing but characters and stars.
    fn parts(tokens: &[Token]) -> Option<Self> {
        let mut parts = vec![String::new()];
        for token in tokens {
            match token {
                Token::Char(c) => parts.last_mut()?.push(*c),
                Token::Many(Class::Any) => parts.push(String::new()),
                Token::Many(Class::Segment) | Token::One(_) => return None,
            }
        }
        let mut parts = parts.into_iter().map(String::into_boxed_str);
        let prefix = parts.next()?;
        let suffix = parts.next_back()?;
        let middle = parts.filter(|part| !part.is_empty()).collect();
        Some(Self::Parts {
            prefix,
            middle,
            suffix,
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Parts {
                prefix,
                middle,
                suffix,
            } => {
                let rest = text
                    .strip_prefix(&**prefix)
                    .and_then(|t| t.strip_suffix(&**suffix));
                let Some(mut rest) = rest else {
                    return false;
                };
                // The leftmost place for each part leaves the most room for those that follow.
                middle.iter().all(|part| match rest.split_once(&**part) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
            }
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

fn check_length(text: &str) -> Result<(), PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(PatternError::TooLong);
    }
    Ok(())
}

fn build(text: &str) -> Result<Regex, PatternError> {
    let built = RegexBuilder::new(text).size_limit(MAX_REGEX_BYTES).build();
    built.map_err(|error| {
        if matches!(error, regex::Error::CompiledTooBig(_)) {
            return PatternError::RegexTooLarge;
        }
        PatternError::RegexSyntax(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &Pattern, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(pattern.matches(text), "{pattern:?} should match {text:?}");
        }
        for text in no {
            assert!(
                !pattern.matches(text),
                "{pattern:?} should not match {text:?}"
            );
        }
    }

    #[test]
    fn names() {
        let name = |text| Pattern::name(text).unwrap();
        // The last two: a Cyrillic `е`, and a zero-width space.
        let not_get = [
            "Get",
            "GET",
            " get",
            "get ",
            "ge",
            "gett",
            "g\u{435}t",
            "get\u{200b}",
        ];
        check(&name("get"), &["get"], &not_get);
        check(&name("caf\u{e9}"), &["caf\u{e9}"], &["cafe\u{301}", "cafe"]);
        check(
            &name("get_*"),
            &["get_", "get_a", "get_a/b", "get_\n"],
            &["get", "xget_a", "Get_a"],
        );
        check(
            &name("*_admin"),
            &["_admin", "a_admin", "é_admin"],
            &["a_admin ", "a_admin_b"],
        );
        check(
            &name("a*b*c"),
            &["abc", "aXbXc", "abbcc", "abcbc"],
            &["ac", "acb", "abcd"],
        );
        check(&name("ab*ba"), &["abba", "abXba"], &["aba", "ab"]);
        check(&name("*"), &["", "a", "é"], &[]);
        check(&name("**"), &["", "a"], &[]);
        check(&name("*a*a*"), &["aa", "xaxax"], &["a", "xax"]);
        check(&name("a?c"), &["abc", "aéc", "a\nc"], &["ac", "abbc"]);
        check(&name("a.c*"), &["a.c", "a.cd"], &["abc"]);
        check(&name("?*"), &["a", "ab"], &[""]);
    }

    #[test]
    fn uris() {
        let uri = |text| Pattern::uri(text).unwrap();
        check(&uri("file:///a?b"), &["file:///a?b"], &["file:///aXb"]);
        check(
            &uri("file:///a/*"),
            &["file:///a/", "file:///a/b/c"],
            &["file:///a", "File:///a/b"],
        );
        check(
            &uri("repo://{owner}/{name}"),
            &["repo://a/b", "repo://é/b.c"],
            &[
                "repo://a",
                "repo:///b",
                "repo://a/b/c",
                "repo://a/b?c",
                "repo://a/b#c",
                "repo://a/",
            ],
        );
        check(
            &uri("file:///{+path}"),
            &["file:///a", "file:///a/b?c#d"],
            &["file:///", "file://a"],
        );
        check(&uri("a.b/{x}"), &["a.b/c"], &["aXb/c"]);
    }

    #[test]
    fn regular_expressions_are_anchored() {
        let regex = |text| Pattern::regex(text).unwrap();
        check(&regex("a|b"), &["a", "b"], &["ax", "xb", "ab", "a\n"]);
        check(&regex("(?m)a$"), &["a"], &["a\nb", "b\na"]);
        check(&regex("(?x) a  # a comment"), &["a"], &["ab", "a\n"]);
        check(&regex("(?x)a # )|("), &["a"], &["", "ab"]);
        check(&regex("(?i)get_.*"), &["GET_x"], &["xget_"]);
    }

    #[test]
    fn sets() {
        let names = || BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        check(&Pattern::any_of(names()), &["a", "b"], &["c", "A", ""]);
        check(&Pattern::none_of(names()), &["c", "A"], &["a", "b"]);
    }

    #[test]
    fn what_cannot_be_a_pattern() {
        use PatternError::*;
        assert_eq!(Pattern::name("").unwrap_err(), Empty);
        assert_eq!(Pattern::name("a[bc]").unwrap_err(), GlobCharacter('['));
        assert_eq!(Pattern::name("{a,b}_*").unwrap_err(), GlobCharacter('{'));
        assert_eq!(Pattern::name(&"a".repeat(5000)).unwrap_err(), TooLong);
        assert_eq!(Pattern::regex("").unwrap_err(), Empty);
        assert!(matches!(
            Pattern::regex("a)|(b").unwrap_err(),
            RegexSyntax(_)
        ));
        assert!(matches!(
            Pattern::regex("a(?=b)").unwrap_err(),
            RegexSyntax(_)
        ));
        assert_eq!(
            Pattern::regex(r"\w{1000}{1000}").unwrap_err(),
            RegexTooLarge
        );
        assert_eq!(Pattern::uri("a{b").unwrap_err(), TemplateBrace);
        assert_eq!(Pattern::uri("a}b").unwrap_err(), TemplateBrace);
        assert_eq!(Pattern::uri("a{b}*").unwrap_err(), GlobAndTemplate);
        for text in [
            "{/a}", "{?a}", "{#a}", "{a,b}", "{a*}", "{}", "{+}", "{a:3}", "{a b}",
        ] {
            let found = Pattern::uri(&format!("x:{text}")).unwrap_err();
            assert_eq!(found, TemplateExpression(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn templates_are_named_by_their_own_text() {
        let template = Pattern::uri("repo://{owner}/{name}").unwrap();
        assert!(template.matches_template("repo://{owner}/{name}"));
        assert!(!template.matches_template("repo://{user}/{name}"));
        assert!(
            Pattern::uri("repo://*")
                .unwrap()
                .matches_template("repo://{owner}/{name}")
        );
        assert!(
            Pattern::regex("repo:.*")
                .unwrap()
                .matches_template("repo://{owner}/{name}")
        );
    }

    #[test]
    fn wild_uris_that_only_an_exact_pattern_may_enable_are_impossible() {
        for text in [
            "file:///a/../*",
            "file:///%2e%2e/*",
            "file:///{+a}/../b",
            "file:///a b/*",
            "file:///a//*",
            "file:////*",
            "file:///a//b{+c}",
        ] {
            assert!(Pattern::uri(text).unwrap().is_impossible(true), "{text}");
        }
        for text in [
            "file:///a/*",
            "file:///a/.*",
            "file:///*..*",
            "file:///a/../b",
            "file:///a//b",
            "*//a",
            "file:///a*b//c",
            "docs://{page}//x",
            "x:%*",
        ] {
            assert!(!Pattern::uri(text).unwrap().is_impossible(true), "{text}");
        }
    }
}
