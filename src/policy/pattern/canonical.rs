//! URIs, and patterns over them, in the one spelling in which what disables compares.
//!
//! One reader serves both: a pattern is read as a URI with wildcards in it, so that the literal
//! parts of a pattern are spelled as the URIs are that it should find.

use super::token::Token;
use super::{Kind, Origin, Pattern};

/// The spellings of a URI that rules which disable see besides its own.
///
/// They decode what is percent-encoded; they have one slash for several after the authority, the
/// scheme and the host in small letters, and neither a port that is the scheme's own nor an empty
/// query. User information, a fragment and a slash at the end of the path are in some of them and
/// not in others: they are not of the resource's name to most servers, but a rule may be about them.
#[derive(Debug)]
pub struct CanonicalUri(Vec<String>);

impl CanonicalUri {
    /// The spellings of this URI, or of this URI template.
    #[must_use]
    pub fn new(uri: &str) -> Self {
        let tokens: Vec<Token> = uri.chars().map(Token::Char).collect();
        let parts = Parts::read(&tokens);
        let mut forms = Vec::with_capacity(1);
        for userinfo in choices(!parts.userinfo.is_empty()) {
            for slash in choices(parts.slash) {
                for fragment in choices(!parts.fragment.is_empty()) {
                    let keep = Keep {
                        userinfo: *userinfo,
                        slash: *slash,
                        fragment: *fragment,
                    };
                    forms.extend(text(&parts.write(keep)));
                }
            }
        }
        Self(forms)
    }

    /// The spellings: one, unless the URI has parts that may be left out.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn choices(present: bool) -> &'static [bool] {
    if present { &[true, false] } else { &[false] }
}

impl Pattern {
    /// The pattern to ask about the canonical spellings of URIs: its literal parts are in theirs.
    ///
    /// User information and a fragment stay, or a rule about one part of a resource would become
    /// one about all of it. A slash at the end of the path goes, so that it makes no difference,
    /// unless a wildcard stands before it: `a/*/` is not about everything below `a`. So it is with
    /// an empty query. A regular expression stays as it is.
    #[must_use]
    pub fn canonical_uri(&self) -> Self {
        match &self.0 {
            Kind::Exact(exact) => Self::exact(&spelling(exact)),
            Kind::Wild {
                text,
                tokens,
                origin,
                ..
            } => {
                let text = match origin {
                    Origin::Template => spelling(text),
                    Origin::Glob => text.to_string(),
                };
                let tokens = Parts::read(tokens).write(Keep::IN_RULES);
                // It is about as large as the one that has been built, so there is no error.
                Self::wild(&text, tokens, *origin).unwrap_or_else(|_| self.clone())
            }
            Kind::Regex { .. } | Kind::AnyOf(_) | Kind::NoneOf(_) => self.clone(),
        }
    }
}

/// The canonical spelling of a rule's text.
fn spelling(uri: &str) -> String {
    let tokens: Vec<Token> = uri.chars().map(Token::Char).collect();
    text(&Parts::read(&tokens).write(Keep::IN_RULES)).unwrap_or_default()
}

/// The text of tokens; nothing, if there is a wildcard among them.
fn text(tokens: &[Token]) -> Option<String> {
    let character = |token: &Token| match token {
        Token::Char(c) => Some(*c),
        Token::One(_) | Token::Many(_) => None,
    };
    tokens.iter().map(character).collect()
}

/// Which of the parts are written that may be left out.
#[derive(Clone, Copy)]
struct Keep {
    userinfo: bool,
    slash: bool,
    fragment: bool,
}

impl Keep {
    const IN_RULES: Self = Self {
        userinfo: true,
        slash: false,
        fragment: true,
    };
}

/// The parts of a URI, each canonical.
struct Parts {
    /// With its colon, and the slashes before an authority.
    scheme: Vec<Token>,
    /// With its `@`.
    userinfo: Vec<Token>,
    /// With a port that is not the scheme's own.
    host: Vec<Token>,
    path: Vec<Token>,
    /// Whether a slash followed the path.
    slash: bool,
    /// With its `?`.
    query: Vec<Token>,
    /// With its `#`.
    fragment: Vec<Token>,
}

impl Parts {
    fn read(tokens: &[Token]) -> Self {
        let (rest, fragment) = split_before(tokens, '#');
        let (rest, query) = split_before(rest, '?');
        let (scheme, rest) = split_scheme(rest);
        let mut scheme = lower_case(scheme);
        let name = text(&scheme).unwrap_or_default();
        let slash = Token::Char('/');
        let (authority, path) = match rest {
            [first, second, after @ ..]
                if !scheme.is_empty() && *first == slash && *second == slash =>
            {
                scheme.extend([slash; 2]);
                split_before(after, '/')
            }
            // RFC 8089: a file's URI may leave out an authority that is empty.
            [first, ..] if name == "file:" && *first == slash => {
                scheme.extend([slash; 2]);
                (&[][..], rest)
            }
            _ => (&[][..], rest),
        };
        let (userinfo, host) = authority
            .iter()
            .rposition(|token| *token == Token::Char('@'))
            .and_then(|at| authority.split_at_checked(at + 1))
            .unwrap_or((&[], authority));
        let mut path = one_slash(decode(path));
        let host = host_and_port(&name, host);
        let before_path = host.last().or(scheme.last()).copied();
        let before_query = path.last().copied().or(before_path);
        let before_slash = path.iter().rev().nth(1).copied().or(before_path);
        let ends_in_slash = path.last() == Some(&slash) && !is_wild(before_slash);
        if ends_in_slash {
            path.pop();
        }
        let query = unless_empty(one_slash(decode(query)), before_query);
        let before_fragment = query.last().copied().or(before_query);
        Self {
            scheme,
            userinfo: unless_empty(decode(userinfo), None),
            host,
            path,
            slash: ends_in_slash,
            fragment: unless_empty(decode(fragment), before_fragment),
            query,
        }
    }

    fn write(&self, keep: Keep) -> Vec<Token> {
        let mut out = self.scheme.clone();
        if keep.userinfo {
            out.extend(&self.userinfo);
        }
        out.extend(&self.host);
        out.extend(&self.path);
        if keep.slash && self.slash {
            out.push(Token::Char('/'));
        }
        out.extend(&self.query);
        if keep.fragment {
            out.extend(&self.fragment);
        }
        out
    }
}

/// What precedes the first of this character, and the rest with it.
fn split_before(tokens: &[Token], character: char) -> (&[Token], &[Token]) {
    tokens
        .iter()
        .position(|token| *token == Token::Char(character))
        .and_then(|index| tokens.split_at_checked(index))
        .unwrap_or((tokens, &[]))
}

/// The scheme with its colon, if there is one, and the rest.
fn split_scheme(tokens: &[Token]) -> (&[Token], &[Token]) {
    let fits = |token: &Token| match token {
        Token::Char(c) => c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'),
        Token::One(_) | Token::Many(_) => true,
    };
    let (scheme, rest) = split_before(tokens, ':');
    if scheme.is_empty() || rest.is_empty() || !scheme.iter().all(fits) {
        return (&[], tokens);
    }
    tokens
        .split_at_checked(scheme.len() + 1)
        .unwrap_or((&[], tokens))
}

fn host_and_port(scheme: &str, authority: &[Token]) -> Vec<Token> {
    // Servers take the path of a file's URI, whatever host it names. A wildcard may stand for more
    // than a host.
    if scheme == "file:"
        && authority
            .iter()
            .all(|token| matches!(token, Token::Char(_)))
    {
        return Vec::new();
    }
    let is_digit = |token: &Token| matches!(token, Token::Char(c) if c.is_ascii_digit());
    let (host, port) = authority
        .iter()
        .rposition(|token| *token == Token::Char(':'))
        .and_then(|colon| authority.split_at_checked(colon))
        .filter(|(_, port)| port.iter().skip(1).all(is_digit))
        .unwrap_or((authority, &[]));
    let mut host = lower_case(&decode(host));
    if let [.., Token::Char(_), Token::Char('.')] = host.as_slice() {
        // The dot of a name that is complete.
        host.pop();
    }
    let port = text(port).unwrap_or_default();
    let port = port.trim_start_matches([':', '0']);
    if !port.is_empty() && default_port(scheme) != Some(port) {
        host.push(Token::Char(':'));
        host.extend(port.chars().map(Token::Char));
    }
    host
}

fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "http:" | "ws:" => Some("80"),
        "https:" | "wss:" => Some("443"),
        "ftp:" => Some("21"),
        "ssh:" | "sftp:" => Some("22"),
        _ => None,
    }
}

/// The tokens without percent-encoding. What is no UTF-8 stays encoded, in capitals.
fn decode(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut bytes = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if let Some((byte, after)) = escape(rest) {
            bytes.push(byte);
            rest = after;
        } else {
            push_decoded(&mut out, &mut bytes);
            out.push(*first);
            rest = after;
        }
    }
    push_decoded(&mut out, &mut bytes);
    out
}

fn escape(tokens: &[Token]) -> Option<(u8, &[Token])> {
    let [
        Token::Char('%'),
        Token::Char(high),
        Token::Char(low),
        after @ ..,
    ] = tokens
    else {
        return None;
    };
    let byte = high.to_digit(16)? * 16 + low.to_digit(16)?;
    Some((u8::try_from(byte).ok()?, after))
}

fn push_decoded(out: &mut Vec<Token>, bytes: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(Token::Char));
        for byte in chunk.invalid() {
            out.extend(format!("%{byte:02X}").chars().map(Token::Char));
        }
    }
    bytes.clear();
}

fn lower_case(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len() + 2);
    for token in tokens {
        match token {
            Token::Char(c) => out.extend(c.to_lowercase().map(Token::Char)),
            Token::One(_) | Token::Many(_) => out.push(*token),
        }
    }
    out
}

fn one_slash(mut tokens: Vec<Token>) -> Vec<Token> {
    tokens.dedup_by(|one, other| one == other && *one == Token::Char('/'));
    tokens
}

/// Nothing, where there is no more than the character that sets the part off. After a wildcard that
/// character stays, or the wildcard would match what has no such character.
fn unless_empty(mut part: Vec<Token>, before: Option<Token>) -> Vec<Token> {
    if part.len() == 1 && !is_wild(before) {
        part.clear();
    }
    part
}

fn is_wild(token: Option<Token>) -> bool {
    matches!(token, Some(Token::One(_) | Token::Many(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_uris() {
        for (uri, forms) in [
            ("file:///a/b.txt", &["file:///a/b.txt"][..]),
            ("", &[""]),
            ("a b", &["a b"]),
            ("URN:A:b", &["urn:A:b"]),
            ("1/A:b", &["1/A:b"]),
            ("x:%C3%A9%e9%", &["x:é%E9%"]),
            ("x:%2541", &["x:%41"]),
            ("x://h//a///b?c//d", &["x://h/a/b?c/d"]),
            ("x:a//b", &["x:a/b"]),
            ("docs://p/https://e.com/x", &["docs://p/https:/e.com/x"]),
            ("HTTP://[::1]:080/", &["http://[::1]/", "http://[::1]"]),
            ("https://É.Com.:8443", &["https://é.com:8443"]),
            ("x://h:80", &["x://h:80"]),
            ("FILE:/a", &["file:///a"]),
            ("file://LocalHost/a", &["file:///a"]),
            ("x://h/a?#", &["x://h/a"]),
            (
                "x://u:p@h/a/#f",
                &[
                    "x://u:p@h/a/#f",
                    "x://u:p@h/a/",
                    "x://u:p@h/a#f",
                    "x://u:p@h/a",
                    "x://h/a/#f",
                    "x://h/a/",
                    "x://h/a#f",
                    "x://h/a",
                ],
            ),
        ] {
            let canonical = CanonicalUri::new(uri);
            assert_eq!(canonical.forms().collect::<Vec<_>>(), forms, "{uri}");
        }
    }

    #[test]
    fn patterns_are_spelled_as_what_they_match() {
        for (pattern, yes, no) in [
            ("file:///a%20b/*", "file:///a b/c", "file:///a%20b/c"),
            ("FILE:////a/*", "file:///a/c", "FILE:////a/c"),
            ("https://u@H:443/*", "https://u@h/a", "https://h/a"),
            // A wildcard may be part of what would have to be known.
            ("http*://h:80/*", "https://h:80/a", "https://h/a"),
            ("https://*:443/", "https://a/", "https://a"),
            ("https://h:4*/a", "https://h:443/a", "https://h/a"),
            ("file://local*/a", "file://localhost/a", "file:///a"),
            ("x:/%*", "x:/%41", "x:/A"),
            // What ends in a slash is not everything.
            ("x:/a/*/", "x:/a/b/", "x:/a/b"),
            ("x://*/", "x://h/", "x://h"),
            ("x:/*/a/", "x:/b/a", "x:/b/a/"),
            ("x:/a/{b}/", "x:/a/b/", "x:/a/b"),
            ("x:/*#a", "x:/b#a", "x:/b"),
            ("x:/*?", "x:/b?", "x:/b"),
            ("x:/*#", "x:/b#", "x:/b"),
            ("x:/*a?#", "x:/a", "x:/a?"),
        ] {
            let canonical = Pattern::uri(pattern).unwrap().canonical_uri();
            assert!(canonical.matches(yes), "{pattern} should match {yes}");
            assert!(!canonical.matches(no), "{pattern} should not match {no}");
        }
        let template = Pattern::uri("X://{a}//{+b}/").unwrap().canonical_uri();
        assert!(template.matches_template("x://{a}/{+b}"));
        assert!(!template.matches_template("x://{a}/{b}"));
    }

    /// A URI, and another spelling of it.
    fn spelled() -> impl Strategy<Value = (String, String)> {
        let segment =
            prop::collection::vec(prop::sample::select(vec!['a', 'B', 'é', '@', '%']), 1..4);
        let segments = prop::collection::vec(segment, 1..4);
        let choices = prop::collection::vec(any::<bool>(), 40);
        (segments, choices).prop_map(|(segments, choices)| {
            let mut choices = choices.into_iter().cycle();
            let mut chosen = move || choices.next().unwrap_or(false);
            let mut pick = |yes: &'static str, no: &'static str| if chosen() { yes } else { no };
            let mut one = String::from("https://host");
            let mut other = String::from(pick("HTTPS://", "https://"));
            other += pick("user@", "");
            other += pick("HOST", "host");
            other += pick(":443", "");
            for segment in segments {
                one += "/";
                other += pick("//", "/");
                for c in segment {
                    let mut encoded = String::new();
                    for byte in c.to_string().bytes() {
                        encoded += &format!("%{byte:02x}");
                    }
                    one += &if c == '%' {
                        encoded.clone()
                    } else {
                        c.to_string()
                    };
                    let encode = c == '%' || pick("1", "").len() == 1;
                    other += &if encode { encoded } else { c.to_string() };
                }
            }
            other += pick("/", "");
            other += pick("?", "");
            other += pick("#part", "");
            (one, other)
        })
    }

    proptest! {
        #[test]
        fn all_spellings_are_found((one, other) in spelled()) {
            let canonical = Pattern::exact(&one).canonical_uri();
            let found = CanonicalUri::new(&other).forms().any(|form| canonical.matches(form));
            prop_assert!(found, "{} is not found by {}", other, one);
            // From the other side, only what a rule may be about makes a difference.
            let canonical = Pattern::exact(&other).canonical_uri();
            let found = CanonicalUri::new(&one).forms().any(|form| canonical.matches(form));
            prop_assert_eq!(found, !other.contains("user@") && !other.contains('#'));
        }

        #[test]
        fn what_matches_is_found(uri in "[aB:/@?#%4é]{0,12}") {
            let canonical = Pattern::exact(&uri).canonical_uri();
            prop_assert!(CanonicalUri::new(&uri).forms().any(|form| canonical.matches(form)));
        }
    }
}
