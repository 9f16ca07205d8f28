//! Reading a URL as all readers do, or not at all.

use std::fmt;

use core::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What a URL says of where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// In lower case.
    pub(super) scheme: String,
    /// None of `file:///path`.
    pub(super) host: Option<Host<String>>,
    /// The port, or the usual one of the scheme.
    pub(super) port: Option<u16>,
}

/// Why readers might take a text for different URLs, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    NoUrl,
    Space,
    Backslash,
    Slashes,
    User,
    Unicode,
    Address,
    Host,
    Port,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUrl => "is no whole URL; write it like `https://host/path`",
            Self::Space => "has spaces or control characters; percent-encode or remove them",
            Self::Backslash => "has a backslash; write `/` or `%5C`",
            Self::Slashes => "does not have two slashes after the scheme; write `https://host/path`",
            Self::User => "has an `@` before its path; leave user name and password out",
            Self::Unicode => "has a host that is not ASCII; write it in its `xn--` form",
            Self::Address => {
                "has an address in an unusual form; write it as four decimal numbers, or as IPv6 in \
                 brackets"
            }
            Self::Host => "has a host that can be read in several ways; write it plainly",
            Self::Port => "has a port that is no plain number",
        })
    }
}

/// Reads a URL that all readers take for the same.
pub(super) fn read(text: &str) -> Result<Reading, Flaw> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Flaw::Space);
    }
    if text.contains('\\') {
        return Err(Flaw::Backslash);
    }
    let (scheme, after) = text.split_once(':').ok_or(Flaw::NoUrl)?;
    if !is_scheme(scheme) {
        return Err(Flaw::NoUrl);
    }
    let scheme = scheme.to_ascii_lowercase();
    let Some(after) = after.strip_prefix("//") else {
        return match Url::parse(text) {
            // `data:…`, `mailto:…`: a scheme that has no host.
            Ok(url) if url.cannot_be_a_base() => Ok(Reading {
                scheme,
                host: None,
                port: None,
            }),
            _ => Err(Flaw::Slashes),
        };
    };
    if scheme == "file" && after.starts_with('/') && !after.starts_with("//") {
        return Ok(Reading {
            scheme,
            host: None,
            port: None,
        });
    }
    if after.starts_with('/') {
        return Err(Flaw::Slashes);
    }
    let until_path = after.split('/').next().unwrap_or_default();
    if until_path.contains('@') {
        return Err(Flaw::User);
    }
    let authority = until_path.split(['?', '#']).next().unwrap_or_default();
    authority_of(text, scheme, authority)
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn authority_of(text: &str, scheme: String, authority: &str) -> Result<Reading, Flaw> {
    if !authority.is_ascii() {
        return Err(Flaw::Unicode);
    }
    let (written, port) = split_port(authority)?;
    let host = host(written)?;
    // The reader of browsers has the last word: it must read what was read here.
    let url = Url::parse(text).map_err(|_| Flaw::Host)?;
    let read = url.host().and_then(|host| match host {
        // Schemes that it does not know keep their hosts as they are written.
        Host::Domain(name) => Host::parse(name).ok(),
        Host::Ipv4(address) => Some(Host::Ipv4(address)),
        Host::Ipv6(address) => Some(Host::Ipv6(address)),
    });
    if read.as_ref() != Some(&host) {
        return Err(Flaw::Host);
    }
    let usual = url.port_or_known_default();
    if port.is_some_and(|port| usual.is_some_and(|usual| usual != port)) {
        return Err(Flaw::Port);
    }
    Ok(Reading {
        scheme,
        host: Some(host),
        port: port.or(usual),
    })
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), Flaw> {
    let after_host = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map_or(authority.len(), |at| at + 1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at_checked(after_host).ok_or(Flaw::Host)?;
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').ok_or(Flaw::Host)?;
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse().ok().filter(|_| is_plain);
    Ok((host, Some(port.ok_or(Flaw::Port)?)))
}

fn host(written: &str) -> Result<Host<String>, Flaw> {
    if let Some(inside) = written.strip_prefix('[') {
        let inside = inside.strip_suffix(']').ok_or(Flaw::Address)?;
        let address: Ipv6Addr = inside.parse().map_err(|_| Flaw::Address)?;
        return Ok(Host::Ipv6(address));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label =
        |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(is_plain);
    if written.len() > 253 || !written.split('.').all(is_label) {
        return Err(Flaw::Host);
    }
    let last = written.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|c: char| c.is_ascii_digit()) {
        // Readers take numbers for addresses in many forms; here there is one.
        let address: Ipv4Addr = written.parse().map_err(|_| Flaw::Address)?;
        return Ok(Host::Ipv4(address));
    }
    match Host::parse(written) {
        Ok(host @ Host::Domain(_)) => Ok(host),
        _ => Err(Flaw::Host),
    }
}
