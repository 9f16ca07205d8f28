//! Guardrails that a service is asked for: `grpc` and `http`.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::manifest::compile::{Context, limits, texts};
use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::guard::{External, Means, Transport};

/// How long a service may take, unless said otherwise.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that a service may take: Envoy does not wait for longer.
const LONGEST: Duration = Duration::from_secs(10);

/// How many questions a service may have at once, unless said otherwise.
const IN_FLIGHT: usize = 64;

/// How many it may have at all.
const IN_FLIGHT_RANGE: RangeInclusive<u64> = 1..=10_000;

/// The longest path of a Unix socket, in bytes, without its end.
const SOCKET_PATH: usize = 107;

/// A service that is asked by gRPC, or `None` after reporting what is wrong.
pub(super) fn grpc(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Means> {
    let address = keys.address.take();
    if address.is_none() {
        context.missing(place, "address");
    }
    let address = address.and_then(|address| self::address(context, &address));
    let bounds = bounds(context, keys);
    let transport = Transport::Grpc { address: address? };
    Some(external(transport, bounds?))
}

/// A service that is asked by HTTP, or `None` after reporting what is wrong.
pub(super) fn http(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Means> {
    let (url, secret) = (keys.url.take(), keys.secret.take());
    if url.is_none() {
        context.missing(place, "url");
    }
    if secret.is_none() {
        context.missing(place, "secret");
    }
    let url = url.and_then(|url| texts::url(context, &url).map(|_| url.value));
    let secret = secret.and_then(|secret| texts::secret(context, &secret));
    let bounds = bounds(context, keys);
    let transport = Transport::Http {
        url: url?,
        secret: Some(secret?),
    };
    Some(external(transport, bounds?))
}

fn external(transport: Transport, (timeout, max_in_flight): (Duration, usize)) -> Means {
    Means::External(Arc::new(External {
        transport,
        timeout,
        max_in_flight,
    }))
}

/// How long a service may take, and how many questions it may have at once.
fn bounds(context: &mut Context<'_>, keys: &mut schema::Guardrail) -> Option<(Duration, usize)> {
    let timeout = match keys.timeout.take() {
        Some(timeout) => self::timeout(context, &timeout),
        None => Some(TIMEOUT),
    };
    let in_flight = match keys.max_in_flight.take() {
        Some(number) => limits::number(context, Some(number), IN_FLIGHT_RANGE),
        None => Some(IN_FLIGHT),
    };
    Some((timeout?, in_flight?))
}

fn timeout(context: &mut Context<'_>, written: &Spanned<schema::Time>) -> Option<Duration> {
    let timeout = limits::time(context, written, LONGEST, "ten seconds")?;
    if timeout.is_zero() {
        let message = format!("{} leaves no time to answer", quote(&written.value.0));
        context.report(Diagnostic::new(Code::BadLimit, written.span, message));
        return None;
    }
    Some(timeout)
}

/// The address of a service that is asked by gRPC, or `None` after reporting why it is none. Warns
/// where it leads off this machine.
fn address(context: &mut Context<'_>, written: &Spanned<String>) -> Option<String> {
    let text = &written.value;
    let problem = if let Some(path) = text.strip_prefix("unix:") {
        socket_problem(path.strip_prefix("//").unwrap_or(path))
    } else if text.starts_with("http://") {
        match Url::parse(text) {
            Ok(url) if !is_origin(&url) => Some("is more than a host and a port"),
            Ok(url) => {
                if !texts::is_loopback(&url) {
                    unprotected(context, written);
                }
                None
            }
            Err(_) => Some("is no URL"),
        }
    } else if text.starts_with("https://") {
        Some("would take TLS, by which gRPC is not asked here")
    } else {
        Some("is neither `unix:/path` nor `http://host:port`")
    };
    let Some(problem) = problem else {
        return Some(text.clone());
    };
    let message = format!("{} {problem}", quote(text));
    let help = "write `unix:/path` for a service beside Sluice, else `http://host:port`";
    let mut bad = Diagnostic::new(Code::BadUrl, written.span, message).help(help.to_owned());
    if text.contains('@') {
        // There may be a password before it.
        bad = Diagnostic::new(Code::BadUrl, written.span, "an address has no user here").secret();
    }
    context.report(bad);
    None
}

/// Whether a URL is nothing but a scheme, a host and a port.
fn is_origin(url: &Url) -> bool {
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    is_anonymous && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

fn unprotected(context: &mut Context<'_>, written: &Spanned<String>) {
    let message = format!("{} is not protected by TLS", quote(&written.value));
    let help = "gRPC is asked without TLS: run the service beside Sluice, unless something else \
                protects the way";
    context.report(Diagnostic::new(Code::PlainHttp, written.span, message).help(help.to_owned()));
}

fn socket_problem(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        Some("has no absolute path")
    } else if path.len() > SOCKET_PATH {
        Some("has a longer path than a Unix socket can have")
    } else {
        None
    }
}
