//! The head of a response: what Sluice will read, and what it will not let through.

use super::body::{self, Body};
use super::event::{Headers, Single};
use super::head::{Verb, is_identity, is_media_type};
use super::refusal::Refusal;
use super::reply::HeaderEdits;
use super::scope::Scope;
use super::session;
use crate::mcp::{header, sse};
use crate::policy::{AuthData, Endpoint, Limits};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Headers that never reach a client: they lead it away from the gateway, or carry state of the
/// upstream's that is not MCP's.
const REMOVED: &[&str] = &[
    "alt-svc",
    "authentication-info",
    "content-location",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "proxy-authenticate",
    "refresh",
    "set-cookie",
    "www-authenticate",
];

/// Reads the head of a response, and says how its body will be read, and which session the server
/// begins.
///
/// # Errors
///
/// Refuses, in place of the response, whatever is not an answer that MCP knows.
pub(super) fn read(
    scope: Scope,
    verb: Verb,
    limits: &Limits,
    headers: &Headers<'_>,
    end_of_stream: bool,
) -> Result<(Body, HeaderEdits, Option<String>), Refusal> {
    let recipients = scope.recipients();
    read_for(scope, verb, limits, headers, end_of_stream)
        .map_err(|refusal| refusal.answering(recipients))
}

fn read_for(
    mut scope: Scope,
    verb: Verb,
    limits: &Limits,
    headers: &Headers<'_>,
    end_of_stream: bool,
) -> Result<(Body, HeaderEdits, Option<String>), Refusal> {
    let status = headers
        .first(":status")
        .and_then(|status| std::str::from_utf8(status).ok());
    let status: u16 = status.and_then(|status| status.parse().ok()).unwrap_or(0);
    let awaits = scope.awaits();
    let mut edits = foreign(headers);
    let mut begun = None;
    if matches!(status, 200 | 202 | 204) {
        begun = session(&mut scope, headers, &mut edits)?;
    }
    let body = match status {
        200 if awaits || verb == Verb::Get => {
            if end_of_stream {
                return Err(Refusal::upstream_invalid("200 without a body"));
            }
            let content = content(headers)?;
            match content {
                Content::Json if awaits => Body::Json(body::Json::answer(scope, length(headers))),
                Content::Json => {
                    return Err(Refusal::upstream_invalid("a GET was answered with JSON"));
                }
                Content::Events => {
                    let decoder = sse::Decoder::new(limits.sse_event_bytes);
                    Body::Events(Box::new(body::Events::new(scope, decoder)))
                }
            }
        }
        // Notifications, answers of the client and ended sessions have nothing to read.
        200 | 202 | 204 if !awaits && verb != Verb::Get => {
            edits.remove("content-type");
            Body::Discard(0)
        }
        401 => return Err(Refusal::upstream_unauthorized(status)),
        // What the caller may do there is between the server and the credential that it got.
        403 if injects(&scope) => return Err(Refusal::upstream_unauthorized(status)),
        400..=599 => match content(headers) {
            Ok(Content::Json) if !end_of_stream => {
                Body::Json(body::Json::error(scope, length(headers), status))
            }
            _ => return Err(Refusal::upstream_status(status)),
        },
        _ => {
            let detail = format!("upstream answered HTTP {status}");
            return Err(Refusal::upstream_invalid(detail));
        }
    };
    match body {
        Body::Json(_) => normalise(headers, &mut edits, JSON),
        Body::Events(_) => normalise(headers, &mut edits, EVENTS),
        Body::Discard(_) | Body::Pass | Body::Held(_) => {}
    }
    Ok((body, edits, begun))
}

/// Takes away what never reaches a client. No session begins with an error, and the server's own id is
/// not for the client.
pub(super) fn foreign(headers: &Headers<'_>) -> HeaderEdits {
    let mut edits = HeaderEdits::default();
    for (name, _) in headers.iter() {
        if REMOVED.contains(&name) || name == header::SESSION_ID {
            edits.remove(name);
        }
    }
    edits
}

/// Seals the session that the server begins for the caller, and takes away one in a version that has
/// none.
fn session(
    scope: &mut Scope,
    headers: &Headers<'_>,
    edits: &mut HeaderEdits,
) -> Result<Option<String>, Refusal> {
    let id = match headers.single(header::SESSION_ID) {
        Single::Absent => return Ok(None),
        Single::One(id) => std::str::from_utf8(id).ok(),
        Single::Repeated => None,
    };
    if scope.version.is_modern() || scope.endpoint != Endpoint::Streamable {
        return Ok(None);
    }
    let visible = |byte: u8| (0x21..=0x7e).contains(&byte);
    let id = id.filter(|id| !id.is_empty() && id.bytes().all(visible));
    let id = id.ok_or_else(|| Refusal::upstream_invalid("the id of the session is none"))?;
    edits.remove.retain(|name| name != header::SESSION_ID);
    edits.set(header::SESSION_ID, session::seal(&scope.server, id)?);
    scope.session = Some(id.to_owned());
    Ok(scope.session.clone())
}

/// Whether the request went on with a credential that is not the caller's.
fn injects(scope: &Scope) -> bool {
    !matches!(
        **scope.server.auth_data(),
        AuthData::None | AuthData::Passthrough
    )
}

enum Content {
    Json,
    Events,
}

fn content(headers: &Headers<'_>) -> Result<Content, Refusal> {
    if !is_identity(headers) {
        return Err(Refusal::upstream_invalid(
            "the answer is encoded, although told not to be",
        ));
    }
    match headers.single("content-type") {
        Single::One(value) if is_media_type(value, JSON) => Ok(Content::Json),
        Single::One(value) if is_media_type(value, EVENTS) => Ok(Content::Events),
        Single::Absent | Single::One(_) | Single::Repeated => Err(Refusal::upstream_invalid(
            "the answer is neither JSON nor a stream of events",
        )),
    }
}

/// How long the body will be, where the upstream says so.
fn length(headers: &Headers<'_>) -> Option<usize> {
    let Single::One(length) = headers.single("content-length") else {
        return None;
    };
    std::str::from_utf8(length).ok()?.parse().ok()
}

/// Writes the content type as every client reads it.
fn normalise(headers: &Headers<'_>, edits: &mut HeaderEdits, essence: &'static str) {
    if headers.first("content-type") != Some(essence.as_bytes()) {
        edits.set("content-type", essence);
    }
    if headers.first("content-encoding").is_some() {
        edits.remove("content-encoding");
    }
}
