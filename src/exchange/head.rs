//! The head of a request: which virtual server, and what headers alone condemn.

use std::sync::Arc;

use super::ask::{IdentityAsk, IdentityFailure};
use super::event::{Headers, Single};
use super::http_sse;
use super::identify::{self, Presented, Vouched};
use super::onward::Trace;
use super::refusal::Refusal;
use super::reply::HeaderEdits;
use super::session::{self, Session};
use crate::mcp::{ProtocolVersion, header};
use crate::oauth::BearerToken;
use crate::policy::{Caller, Endpoint, Policy, View, VirtualServer};

/// Headers that never reach an upstream: credentials that are the gateway's alone (the MCP
/// authorization specification forbids token passthrough), what proxies say of who calls, what could
/// make the upstream take the request for another one, and baggage that the caller's other systems
/// left.
const REMOVED: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "forwarded",
    "baggage",
    "dpop",
    "private-token",
    "remote-user",
    "x-forwarded-access-token",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-id-token",
    "x-forwarded-preferred-username",
    "x-forwarded-user",
    "x-goog-iap-jwt-assertion",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-remote-user",
    "x-rewrite-url",
    "x-webauth-user",
];

/// Begin the names of headers in which proxies and meshes say who calls.
const REMOVED_PREFIXES: &[&str] = &[
    "cf-access-",
    "tailscale-user-",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-goog-authenticated-user-",
    "x-ms-client-principal",
    "x-ms-token-",
];

/// Begins the names of headers by which some servers are told which of their tools to offer. That
/// is for Envoy's route to say, not for a client.
const SETTINGS_PREFIX: &str = "x-mcp-";

/// Begins the names of headers by which Sluice and Envoy talk; a client has no say in them.
const INTERNAL_PREFIX: &str = "x-sluice-";

/// How many headers a request may have, pseudo-headers and Envoy's own included. Envoy takes no
/// change that leaves a request with more than 100, and Sluice adds some.
const MAX_HEADERS: usize = 95;

/// What an HTTP request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Sends a message.
    Post,
    /// Opens or resumes a stream of the server's messages.
    Get,
    /// Ends the session.
    Delete,
}

impl Verb {
    /// The method of HTTP.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

/// A request whose head can be told to pass once it is known who calls.
#[derive(Debug)]
pub(super) struct Unidentified {
    server: Arc<VirtualServer>,
    /// The URL that it came to, as clients know it.
    resource: String,
    session: session::Named,
    query: Option<String>,
    verb: Verb,
    endpoint: Endpoint,
    version: Option<ProtocolVersion>,
    mirrors: Mirrors,
    trace: Trace,
    edits: HeaderEdits,
    token: Option<BearerToken>,
}

/// A request whose head has passed.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) server: Arc<View>,
    pub(super) verb: Verb,
    /// The endpoint that it came to.
    pub(super) endpoint: Endpoint,
    /// The version, where no message is to come that says it.
    pub(super) version: Option<ProtocolVersion>,
    pub(super) mirrors: Mirrors,
    /// The trace that it is part of.
    pub(super) trace: Trace,
    /// The session that it names.
    pub(super) session: Session,
    /// The token that it came with, where what goes on depends on it.
    pub(super) token: Option<BearerToken>,
}

/// What reading a head leads to.
#[derive(Debug)]
pub(super) enum Read {
    /// It has passed.
    Passed(Box<Head>, HeaderEdits),
    /// Somebody has to verify the token first.
    Ask(Box<Unidentified>, IdentityAsk),
}

/// The headers that mirror what a message says.
#[derive(Debug, Default)]
pub(super) struct Mirrors {
    /// `MCP-Protocol-Version`.
    pub(super) version: Option<String>,
    /// `Mcp-Method`.
    pub(super) method: Option<String>,
    /// `Mcp-Name`, encoded.
    pub(super) name: Option<String>,
    /// `Mcp-Param-*`, by names, encoded.
    pub(super) params: Vec<(String, String)>,
    /// The names of those that mean something in 2026-07-28 only.
    pub(super) modern: Vec<String>,
    /// The names of those that mean something before it only.
    pub(super) legacy: Vec<String>,
}

/// Reads the head of a request. `path` is its `:path`.
///
/// # Errors
///
/// Refuses what can be told from the headers alone. Who has to say who calls, and does not, is told
/// nothing else.
pub(super) fn read(
    policy: &Policy,
    vouched: &Vouched,
    headers: &Headers<'_>,
    path: &str,
    end_of_stream: bool,
) -> Result<Read, Refusal> {
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    let (server, endpoint) = policy
        .select(vouched.route.as_deref(), path)
        .ok_or_else(Refusal::unknown_virtual_server)?;
    let presented = identify::present(server, vouched, headers)?;
    check_query(endpoint, query)?;
    let verb = verb(headers, endpoint)?;
    let mut session = session::Named::default();
    let mirrors = Mirrors::read(headers, &mut session)?;
    let mut edits = HeaderEdits::default();
    if endpoint != Endpoint::Streamable {
        // Sessions of HTTP+SSE are in the URL.
        session = session::Named::default();
        edits.remove.extend(mirrors.legacy.iter().cloned());
    }
    let version = match verb {
        Verb::Post => {
            content(headers, policy.limits().request_bytes, &mut edits)?;
            if end_of_stream {
                return Err(Refusal::presence(
                    "A POST needs a body: one JSON-RPC message",
                ));
            }
            None
        }
        Verb::Get | Verb::Delete => {
            if !end_of_stream {
                return Err(Refusal::presence("A GET or DELETE must not have a body"));
            }
            edits.remove.extend(mirrors.modern.iter().cloned());
            Some(session_version(
                server,
                endpoint,
                mirrors.version.as_deref(),
            )?)
        }
    };
    for (name, _) in headers.iter() {
        let is_foreign = REMOVED.contains(&name)
            || REMOVED_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
            || name.starts_with(INTERNAL_PREFIX)
            || name.starts_with(SETTINGS_PREFIX)
            || (name.starts_with(header::PREFIX) && !header::is_known(name));
        if is_foreign {
            edits.remove(name);
        }
    }
    // An upstream that compresses nevertheless is refused: what can't be read can't be filtered.
    edits.set("accept-encoding", "identity");
    let unidentified = Unidentified {
        trace: Trace::read(vouched, headers),
        server: Arc::clone(server),
        resource: identify::resource(server, headers),
        session,
        query: query.map(|query| format!("{path}?{query}")),
        verb,
        endpoint,
        version,
        mirrors,
        edits,
        token: None,
    };
    let caller = match presented {
        Presented::Token(ask) => {
            let keeps = server.auth_data().needs_token();
            let token = keeps.then(|| ask.token.clone());
            let unidentified = Unidentified {
                token,
                ..unidentified
            };
            return Ok(Read::Ask(Box::new(unidentified), ask));
        }
        Presented::Nothing => Caller::anonymous(),
        Presented::Vouched(caller) => caller,
    };
    let (head, edits) = unidentified.identified(Ok(Arc::new(caller)))?;
    Ok(Read::Passed(Box::new(head), edits))
}

impl Unidentified {
    /// Goes on with who calls.
    ///
    /// # Errors
    ///
    /// Refuses who may not use the virtual server, and a session that is not theirs.
    pub(super) fn identified(
        self,
        caller: Result<Arc<Caller>, IdentityFailure>,
    ) -> Result<(Head, HeaderEdits), Refusal> {
        let view = identify::admit(&self.server, &self.resource, caller)?;
        let mut edits = self.edits;
        let session = match (self.endpoint, self.query) {
            (Endpoint::Messages, Some(url)) => {
                edits.set(":path", http_sse::open(&view, &url)?);
                Session::None
            }
            _ => session::open(&view, self.verb, &self.session, &mut edits)?,
        };
        let head = Head {
            server: Arc::new(view),
            verb: self.verb,
            endpoint: self.endpoint,
            version: self.version,
            mirrors: self.mirrors,
            trace: self.trace,
            session,
            token: self.token,
        };
        Ok((head, edits))
    }
}

/// Checks what must be so of every request, whoever it is for, and gives its `:path`.
///
/// # Errors
///
/// Refuses what servers may read in different ways.
pub(super) fn path<'a>(headers: &Headers<'a>) -> Result<&'a str, Refusal> {
    if headers.iter().count() > MAX_HEADERS {
        return Err(Refusal::header("There are too many headers"));
    }
    authority(headers)?;
    text(headers.first(":path"))
}

/// Checks that the request is for one host: several `Host` headers come joined by commas.
fn authority(headers: &Headers<'_>) -> Result<(), Refusal> {
    let host = match headers.single(":authority") {
        Single::Absent => return Ok(()),
        Single::One(host) => host,
        Single::Repeated => b",",
    };
    let is_one = host
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte));
    is_one
        .then_some(())
        .ok_or_else(|| Refusal::header("`Host` must be one host, with or without a port"))
}

/// Checks the URL's query. Some servers take settings from it; MCP has a use for it in HTTP+SSE
/// only, where it names the session.
fn check_query(endpoint: Endpoint, query: Option<&str>) -> Result<(), Refusal> {
    match (endpoint, query) {
        (Endpoint::Messages, Some(query)) if http_sse::is_session(query) => Ok(()),
        (Endpoint::Messages, _) => Err(Refusal::malformed(
            "The URL must have the query that the stream announced, and no other",
        )),
        (Endpoint::Streamable | Endpoint::EventStream, None) => Ok(()),
        (Endpoint::Streamable | Endpoint::EventStream, Some(_)) => {
            Err(Refusal::malformed("The URL must not have a query"))
        }
    }
}

fn verb(headers: &Headers<'_>, endpoint: Endpoint) -> Result<Verb, Refusal> {
    let verb = match headers.first(":method") {
        Some(b"POST") => Some(Verb::Post),
        Some(b"GET") => Some(Verb::Get),
        Some(b"DELETE") => Some(Verb::Delete),
        _ => None,
    };
    let (takes, message, allow): (&[Verb], _, _) = match endpoint {
        Endpoint::Streamable => (
            &[Verb::Get, Verb::Post, Verb::Delete],
            "MCP uses POST, GET and DELETE",
            "GET, POST, DELETE",
        ),
        Endpoint::EventStream => (&[Verb::Get], "This is a stream of events: GET it", "GET"),
        Endpoint::Messages => (&[Verb::Post], "Messages are posted here", "POST"),
    };
    verb.filter(|verb| takes.contains(verb))
        .ok_or_else(|| Refusal::http_method(message, allow))
}

/// Checks what a body claims to be, before it is there.
fn content(headers: &Headers<'_>, limit: usize, edits: &mut HeaderEdits) -> Result<(), Refusal> {
    match headers.single("content-type") {
        Single::One(value) if is_media_type(value, "application/json") => {
            // Some servers compare it letter by letter, some look into the charset.
            if value != b"application/json" {
                edits.set("content-type", "application/json");
            }
        }
        Single::Absent | Single::One(_) | Single::Repeated => {
            return Err(Refusal::content_type());
        }
    }
    if !is_identity(headers) {
        return Err(Refusal::content_encoding());
    }
    if let Some(length) = headers.first("content-length") {
        let length: usize = text(Some(length))?
            .parse()
            .map_err(|_| Refusal::header("Content-Length is not a number"))?;
        if length > limit {
            return Err(Refusal::body_too_large(limit));
        }
    }
    Ok(())
}

/// Whether `value` is the media type `essence`, with no parameter but `charset=utf-8`.
pub(super) fn is_media_type(value: &[u8], essence: &str) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case(essence))
    {
        return false;
    }
    let mut charsets = 0;
    parts.all(|parameter| {
        charsets += 1;
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let value = value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .unwrap_or(value);
        charsets == 1 && name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
    })
}

/// Whether the body is not encoded.
pub(super) fn is_identity(headers: &Headers<'_>) -> bool {
    match headers.single("content-encoding") {
        Single::Absent => true,
        Single::One(value) => value.eq_ignore_ascii_case(b"identity"),
        Single::Repeated => false,
    }
}

/// Finds the version of a request without a message: only versions with sessions have those.
fn session_version(
    server: &VirtualServer,
    endpoint: Endpoint,
    version: Option<&str>,
) -> Result<ProtocolVersion, Refusal> {
    let supported = server.protocol_versions();
    let text = version.unwrap_or(assumed(server, endpoint).as_str());
    let version = ProtocolVersion::parse(text);
    if endpoint == Endpoint::EventStream && version.is_some_and(ProtocolVersion::is_modern) {
        return Err(Refusal::version(text, supported));
    }
    if version.is_some_and(ProtocolVersion::is_modern)
        || supported.iter().all(|version| version.is_modern())
    {
        return Err(Refusal::http_method(
            "MCP 2026-07-28 uses POST only",
            "POST",
        ));
    }
    match version {
        Some(version) if supported.contains(&version) => Ok(version),
        Some(_) | None => Err(Refusal::version(text, supported)),
    }
}

/// The version of a request that names none. The header came with 2025-06-18: without it a request
/// is of the version before, and on HTTP+SSE of any that has sessions.
pub(super) fn assumed(server: &VirtualServer, endpoint: Endpoint) -> ProtocolVersion {
    let oldest = server.protocol_versions().first();
    match (endpoint, oldest) {
        (Endpoint::EventStream | Endpoint::Messages, Some(oldest)) => *oldest,
        (Endpoint::EventStream | Endpoint::Messages, None) | (Endpoint::Streamable, _) => {
            ProtocolVersion::V2025_03_26
        }
    }
}

impl Mirrors {
    fn read(headers: &Headers<'_>, session: &mut session::Named) -> Result<Self, Refusal> {
        let mut mirrors = Self::default();
        for (name, _) in headers.iter() {
            // Some servers and proxies read `_` as `-`.
            if name.starts_with("mcp_") {
                return Err(Refusal::header(format!(
                    "The header `{name}` must be written with `-`"
                )));
            }
            if !name.starts_with(header::PREFIX) && name != header::LAST_EVENT_ID {
                continue;
            }
            let value = match headers.single(name) {
                Single::One(value) => visible(name, value)?,
                Single::Absent | Single::Repeated => {
                    return Err(Refusal::header(format!("The header `{name}` is repeated")));
                }
            };
            match name {
                header::PROTOCOL_VERSION => mirrors.version = Some(value.to_owned()),
                header::SESSION_ID => session.session = Some(value.to_owned()),
                header::LAST_EVENT_ID => session.last_event = Some(value.to_owned()),
                header::METHOD => mirrors.method = Some(value.to_owned()),
                header::NAME => mirrors.name = Some(value.to_owned()),
                name if name.starts_with(header::PARAM_PREFIX) => {
                    mirrors.params.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
            if matches!(name, header::SESSION_ID | header::LAST_EVENT_ID) {
                mirrors.legacy.push(name.to_owned());
            }
            if matches!(name, header::METHOD | header::NAME)
                || name.starts_with(header::PARAM_PREFIX)
            {
                mirrors.modern.push(name.to_owned());
            }
        }
        Ok(mirrors)
    }
}

/// A header's value, if it is visible ASCII: others are read differently by different servers.
fn visible<'a>(name: &str, value: &'a [u8]) -> Result<&'a str, Refusal> {
    let visible = value.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e));
    std::str::from_utf8(value)
        .ok()
        .filter(|_| visible)
        .ok_or_else(|| Refusal::header(format!("The header `{name}` must be visible ASCII")))
}

fn text(value: Option<&[u8]>) -> Result<&str, Refusal> {
    std::str::from_utf8(value.unwrap_or_default())
        .map_err(|_| Refusal::header("The request's headers must be UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_compared_as_a_whole() {
        let table = [
            ("application/json", true),
            ("APPLICATION/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"", true),
            ("application/json; charset=utf-16", false),
            ("application/json; charset=utf-8; charset=utf-16", false),
            ("application/json; boundary=x", false),
            ("application/json;", false),
            ("application/jsonx", false),
            ("application/json-rpc", false),
            ("application/vnd.api+json", false),
            ("application/json, text/plain", false),
            ("text/plain", false),
            ("", false),
        ];
        for (value, expected) in table {
            assert_eq!(
                is_media_type(value.as_bytes(), "application/json"),
                expected,
                "{value}"
            );
        }
        assert!(!is_media_type(b"application/json\xff", "application/json"));
    }
}
