//! Texts that more than one part of a manifest has: URLs, paths of files, secrets, names of headers.

use std::path::PathBuf;

use url::{Host, Url};

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{Piece, SecretText};

use super::Context;

/// Headers that are Envoy's, Sluice's or MCP's own affair, besides those that a prefix names.
const TAKEN: &[&str] = &[
    "accept",
    "accept-encoding",
    "baggage",
    "connection",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "last-event-id",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// The beginnings of the names of such headers.
const TAKEN_PREFIXES: &[&str] = &["content-", "mcp-", "x-envoy-", "x-forwarded-", "x-sluice-"];

/// A URL of HTTP, or `None` after reporting why it is none. Warns where it leads off this machine
/// without TLS.
pub(super) fn url(context: &mut Context<'_>, written: &Spanned<String>) -> Option<Url> {
    let text = quote(&written.value);
    let problem = match Url::parse(&written.value) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "is not a URL of HTTP",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            // Its password is a secret, and so is repeated nowhere.
            let message = "a URL has no user and no password here";
            context.report(Diagnostic::new(Code::BadUrl, written.span, message).secret());
            return None;
        }
        Ok(url) if url.fragment().is_some() => "has a fragment",
        Ok(url) => {
            if url.scheme() == "http" && !is_loopback(&url) {
                let message = format!("{text} is not protected by TLS");
                let help = "write `https://`, unless something else protects the way";
                context.report(
                    Diagnostic::new(Code::PlainHttp, written.span, message).help(help.to_owned()),
                );
            }
            return Some(url);
        }
        Err(_) => "is no absolute URL",
    };
    let message = format!("{text} {problem}");
    let help = "write a URL like `https://host/path`";
    context.report(Diagnostic::new(Code::BadUrl, written.span, message).help(help.to_owned()));
    None
}

/// Whether a URL stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The path of a file, or `None` after reporting that it is relative.
pub(super) fn file(context: &mut Context<'_>, written: &Spanned<String>) -> Option<PathBuf> {
    if written.value.starts_with('/') {
        return Some(PathBuf::from(&written.value));
    }
    let message = format!("the path {} is not absolute", quote(&written.value));
    let help = "the directory that Sluice is started in decides nothing: begin the path with `/`";
    context
        .report(Diagnostic::new(Code::RelativePath, written.span, message).help(help.to_owned()));
    None
}

/// A text that is a secret as a whole, or `None` after reporting why it is none. Warns where the
/// secret stands in the manifest.
pub(super) fn secret(
    context: &mut Context<'_>,
    written: &Spanned<schema::Secret>,
) -> Option<SecretText> {
    let text = references(context, written)?;
    if !text.has_reference() {
        in_the_clear(context, written.span);
    }
    Some(text)
}

/// A text with references to secrets, or `None` after reporting that one of them is none.
pub(super) fn references(
    context: &mut Context<'_>,
    written: &Spanned<schema::Secret>,
) -> Option<SecretText> {
    let text = &written.value.0;
    let mut bad = |code, message: String, help: &str| {
        // Around a reference there may be a secret.
        let bad = Diagnostic::new(code, written.span, message).help(help.to_owned());
        context.report(bad.secret());
        None
    };
    let help = "write `${file:/path}` or `${env:NAME}`, and `$$` for `$`";
    match SecretText::parse(text) {
        Ok(_) if text.is_empty() => bad(Code::BadSecret, "an empty text is no secret".into(), help),
        Ok(parsed) if parsed.0.iter().any(is_unsendable) => {
            let message = "the text has characters that a header can't have".to_owned();
            bad(Code::BadSecret, message, "write it on one line")
        }
        Ok(parsed) => Some(parsed),
        Err(error @ crate::policy::InvalidSecretText::Relative(_)) => {
            bad(Code::RelativePath, error.to_string(), help)
        }
        Err(error) => bad(Code::BadSecret, error.to_string(), help),
    }
}

fn is_unsendable(piece: &Piece) -> bool {
    match piece {
        Piece::Text(text) => text.chars().any(char::is_control),
        Piece::File(_) | Piece::Env(_) => false,
    }
}

/// Warns of a secret in the manifest.
pub(super) fn in_the_clear(context: &mut Context<'_>, span: Span) {
    let message = "a secret stands in the manifest";
    let help = "whoever may read the manifest knows it: refer to it by `${file:/path}` or \
                `${env:NAME}`";
    context.report(
        Diagnostic::new(Code::SecretInManifest, span, message)
            .help(help.to_owned())
            .secret(),
    );
}

/// The name of a header that can be set, in lower case; or `None` after reporting why it can't be.
pub(super) fn header_name(context: &mut Context<'_>, written: &Spanned<String>) -> Option<String> {
    let name = written.value.to_ascii_lowercase();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let (message, help) = if name.is_empty() || !name.bytes().all(fits) {
        let message = format!("{} is not the name of a header", quote(&written.value));
        (message, "like `authorization` or `x-api-key`")
    } else if TAKEN.contains(&name.as_str())
        || TAKEN_PREFIXES.iter().any(|taken| name.starts_with(taken))
    {
        let message = format!("the header {} is not set here", quote(&written.value));
        let help = "it is Envoy's, Sluice's or MCP's own affair; a credential is in \
                    `authorization` or in a header of the server's own";
        (message, help)
    } else {
        return Some(name);
    };
    context.report(Diagnostic::new(Code::BadHeader, written.span, message).help(help.to_owned()));
    None
}

/// Whether a header of this name mostly holds a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    ["auth", "cookie", "key", "secret", "token"]
        .iter()
        .any(|word| name.contains(word))
}

/// A text with something in it, or `None` after reporting that it has nothing.
pub(super) fn something(context: &mut Context<'_>, written: Spanned<String>) -> Option<String> {
    if !written.value.is_empty() {
        return Some(written.value);
    }
    let message = "an empty text says nothing here";
    context.report(Diagnostic::new(Code::BadName, written.span, message));
    None
}
