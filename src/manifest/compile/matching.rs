//! By what a request finds its virtual server.

use std::collections::HashMap;

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{HttpSse, Match};

use super::Context;

/// The matches of one manifest, each where it is first written.
#[derive(Default)]
pub(super) struct Matches(HashMap<Match, Span>);

impl Matches {
    /// The match of a virtual server, or `None` after reporting why there is none.
    pub(super) fn compile(
        &mut self,
        context: &mut Context<'_>,
        written: Spanned<schema::Match>,
    ) -> Option<Match> {
        let Spanned {
            value: schema::Match { path, route },
            span: whole,
        } = written;
        let (matches, span) = match (path, route) {
            (Some(path), None) => {
                check_path(context, &path);
                (Match::Path(path.value), path.span)
            }
            (None, Some(route)) => {
                check_route(context, &route);
                (Match::Route(route.value), route.span)
            }
            (Some(path), Some(route)) => {
                let message = "a virtual server is matched by `path` or by `route`, not by both";
                context.report(
                    Diagnostic::new(Code::Exclusive, route.span, message)
                        .label("this one, or")
                        .related(path.span, "this one"),
                );
                return None;
            }
            (None, None) => {
                if context.is_intact(whole) {
                    let message = "the key `path` or `route` is missing";
                    context.report(
                        Diagnostic::new(Code::MissingKey, whole, message).label("in this map"),
                    );
                }
                return None;
            }
        };
        self.claim(context, &matches, span).then_some(matches)
    }

    /// The endpoints of HTTP+SSE of a virtual server that is found by `matches`, or `None` after
    /// reporting why there are none.
    pub(super) fn http_sse(
        &mut self,
        context: &mut Context<'_>,
        matches: Option<&Match>,
        written: Spanned<schema::HttpSse>,
    ) -> Option<HttpSse> {
        // Where Envoy's route names the virtual server, its paths are its own.
        let mut own = Self::default();
        let taken = match matches {
            Some(Match::Route(_)) => &mut own,
            Some(Match::Path(_)) | None => self,
        };
        let Spanned {
            value: schema::HttpSse { path, messages },
            span,
        } = written;
        for (key, written) in [("path", &path), ("messages", &messages)] {
            match written {
                Some(path) => check_path(context, path),
                None => context.missing(span, key),
            }
        }
        let claimed = [&path, &messages].map(|path| {
            path.as_ref().is_some_and(|path| {
                let matches = Match::Path(path.value.clone());
                taken.claim(context, &matches, path.span)
            })
        });
        let (Some(path), Some(messages), [true, true]) = (path, messages, claimed) else {
            return None;
        };
        Some(HttpSse {
            path: path.value,
            messages: messages.value,
        })
    }

    /// Notes a match, or reports that it is taken.
    fn claim(&mut self, context: &mut Context<'_>, matches: &Match, span: Span) -> bool {
        let Some(first) = self.0.get(matches) else {
            self.0.insert(matches.clone(), span);
            return true;
        };
        let message = "this match stands for something else already";
        context.report(
            Diagnostic::new(Code::DuplicateMatch, span, message)
                .label("a request would find either")
                .related(*first, "the other"),
        );
        false
    }
}

fn check_path(context: &mut Context<'_>, path: &Spanned<String>) {
    let Some(problem) = path_problem(&path.value) else {
        return;
    };
    let message = format!("{} {problem}", quote(&path.value));
    let help = "paths are compared as Envoy sends them, and Envoy normalises them: write the \
                normalised path, without a query";
    context.report(Diagnostic::new(Code::BadPath, path.span, message).help(help.to_owned()));
}

/// Why no request that Envoy has normalised comes with this path.
fn path_problem(path: &str) -> Option<&'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("does not begin with `/`");
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
    if path.contains(['?', '#']) {
        return Some("has a query or a fragment");
    }
    if path.contains('*') || path.contains(['{', '}']) {
        return Some("looks like a pattern, but paths are exact");
    }
    if !path.chars().all(allowed) {
        return Some("has a character that a path can only have percent-encoded");
    }
    if path.contains("//") {
        return Some("has an empty segment");
    }
    if rest
        .split('/')
        .any(|segment| segment == "." || segment == "..")
    {
        return Some("has a dot segment");
    }
    let mut escapes = path.split('%').skip(1);
    if escapes.any(|after| !is_needed_escape(after)) {
        return Some("has a percent sign that begins no needed escape");
    }
    None
}

/// Whether two upper-case digits follow, for a character that a path has only percent-encoded.
fn is_needed_escape(after: &str) -> bool {
    let Some(digits) = after.get(..2) else {
        return false;
    };
    let upper = digits
        .chars()
        .all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c));
    let decoded = u8::from_str_radix(digits, 16).map(char::from);
    let plain =
        |c: char| c.is_ascii_alphanumeric() || "-._~/\\".contains(c) || c.is_ascii_control();
    upper && decoded.is_ok_and(|c| !plain(c))
}

fn check_route(context: &mut Context<'_>, route: &Spanned<String>) {
    let visible = route.value.chars().all(|c| c.is_ascii_graphic());
    if !route.value.is_empty() && route.value.len() <= 256 && visible {
        return;
    }
    let message = format!("{} cannot be a value of gRPC metadata", quote(&route.value));
    let help = "it has from 1 to 256 visible ASCII characters, and no spaces";
    context.report(Diagnostic::new(Code::BadRoute, route.span, message).help(help.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::path_problem;

    #[test]
    fn paths() {
        for path in [
            "/",
            "/mcp",
            "/mcp/",
            "/mcp/support-agent",
            "/a.b/..c/~d",
            "/caf%C3%A9",
        ] {
            assert_eq!(path_problem(path), None, "{path}");
        }
        let table = [
            ("", "does not begin"),
            ("mcp", "does not begin"),
            ("https://example.com/mcp", "does not begin"),
            ("/mcp?x=1", "query"),
            ("/mcp#x", "fragment"),
            ("/mcp/*", "pattern"),
            ("/mcp/{x}", "pattern"),
            ("/mcp//x", "empty segment"),
            ("//mcp", "empty segment"),
            ("/mcp/./x", "dot segment"),
            ("/mcp/..", "dot segment"),
            ("/caf\u{e9}", "percent-encoded"),
            ("/a b", "percent-encoded"),
            ("/a\\b", "percent-encoded"),
            ("/%61", "percent sign"),
            ("/%2e%2e/x", "percent sign"),
            ("/a%2Fb", "percent sign"),
            ("/caf%c3%a9", "percent sign"),
            ("/100%", "percent sign"),
            ("/%zz", "percent sign"),
            ("/%\u{e9}", "percent-encoded"),
        ];
        for (path, expected) in table {
            let problem = path_problem(path).unwrap_or("is fine");
            assert!(problem.contains(expected), "{path} {problem}");
        }
    }
}
