//! Which version a message is in. Servers find out in different ways; where they could come to
//! different answers, Sluice refuses.

use super::head::{self, Head, Mirrors};
use super::refusal::Refusal;
use crate::json::Value;
use crate::mcp::{ProtocolVersion, header, meta};
use crate::policy::Endpoint;

/// What kind of message it is, as far as the version depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'d> {
    /// A request.
    Request {
        /// Its method.
        method: &'d str,
    },
    /// A notification or a response.
    Other,
}

/// Finds the version of a message from its body, and requires the headers to agree.
///
/// The order of the checks is that of the SDKs: what every request must carry, then the headers,
/// then the version (MCP 2026-07-28, "Protocol Version Header").
///
/// # Errors
///
/// Refuses when body and headers disagree, or name a version that is not served, and a session that
/// is not the caller's in a version that has sessions.
pub(super) fn agree(
    head: &Head,
    kind: Kind<'_>,
    params: Option<Value<'_>>,
) -> Result<ProtocolVersion, Refusal> {
    let version = agree_on_any(head, kind, params)?;
    if version.is_modern() && head.endpoint == Endpoint::Messages {
        return Err(Refusal::malformed("MCP 2026-07-28 has no HTTP+SSE"));
    }
    head.session.check(version)?;
    Ok(version)
}

fn agree_on_any(
    head: &Head,
    kind: Kind<'_>,
    params: Option<Value<'_>>,
) -> Result<ProtocolVersion, Refusal> {
    let (server, mirrors) = (&head.server, &head.mirrors);
    let envelope = params.and_then(|params| params.get("_meta"));
    let claim = envelope.and_then(|envelope| envelope.get(meta::PROTOCOL_VERSION));
    let supported = server.protocol_versions();
    let served = |text: &str| {
        ProtocolVersion::parse(text)
            .filter(|version| supported.contains(version))
            .ok_or_else(|| Refusal::version(text, supported))
    };
    let Some(claim) = claim else {
        return match mirrors.version.as_deref() {
            // Before 2025-06-18 there was no header. `initialize` negotiates the version in its body.
            None if kind
                == (Kind::Request {
                    method: "initialize",
                }) =>
            {
                oldest(supported, params)
            }
            None => served(head::assumed(server, head.endpoint).as_str()),
            Some(text) => match ProtocolVersion::parse(text) {
                Some(version) if version.is_modern() && matches!(kind, Kind::Request { .. }) => {
                    Err(Refusal::envelope(
                        "params._meta must have `io.modelcontextprotocol/protocolVersion`",
                    ))
                }
                _ => served(text),
            },
        };
    };
    let claim = claim.as_str().ok_or_else(|| {
        Refusal::envelope("`io.modelcontextprotocol/protocolVersion` must be a string")
    })?;
    if matches!(kind, Kind::Request { .. }) {
        let capabilities = envelope.and_then(|envelope| envelope.get(meta::CLIENT_CAPABILITIES));
        if !capabilities.is_some_and(Value::is_object) {
            return Err(Refusal::envelope(
                "params._meta must have `io.modelcontextprotocol/clientCapabilities`, an object",
            ));
        }
    }
    match mirrors.version.as_deref() {
        None => {
            return Err(Refusal::header(
                "The header `MCP-Protocol-Version` is missing",
            ));
        }
        Some(header) if header != claim => {
            return Err(Refusal::header(
                "The header `MCP-Protocol-Version` differs from the body",
            ));
        }
        Some(_) => {}
    }
    if let Kind::Request { method } = kind {
        if mirrors.method.is_none() {
            return Err(Refusal::header("The header `Mcp-Method` is missing"));
        }
        check_method(mirrors, method)?;
    }
    // Only modern requests claim their version in `_meta`; a claim to be older is neither.
    served(&claim).and_then(|version| {
        if version.is_modern() {
            Ok(version)
        } else {
            Err(Refusal::version(&claim, supported))
        }
    })
}

/// The version in which `initialize` is read: the oldest with sessions that is served.
fn oldest(
    supported: &[ProtocolVersion],
    params: Option<Value<'_>>,
) -> Result<ProtocolVersion, Refusal> {
    let mut legacy = supported
        .iter()
        .copied()
        .filter(|version| !version.is_modern());
    legacy.next().ok_or_else(|| {
        let requested = params.and_then(|params| params.get("protocolVersion"));
        let requested = requested.and_then(Value::as_str).unwrap_or_default();
        Refusal::version(&requested, supported)
    })
}

/// Requires `Mcp-Method`, where there is one, to be what the body says.
///
/// # Errors
///
/// Refuses when it says something else.
pub(super) fn check_method(mirrors: &Mirrors, method: &str) -> Result<(), Refusal> {
    match mirrors.method.as_deref() {
        Some(header) if header != method => Err(Refusal::header(
            "The header `Mcp-Method` differs from the body",
        )),
        _ => Ok(()),
    }
}

/// Requires `Mcp-Name` to be what the body names (MCP 2026-07-28, "Standard Headers").
///
/// # Errors
///
/// Refuses when it is missing, is not well encoded, or says something else.
pub(super) fn check_name(mirrors: &Mirrors, name: &str) -> Result<(), Refusal> {
    let Some(encoded) = mirrors.name.as_deref() else {
        return Err(Refusal::header("The header `Mcp-Name` is missing"));
    };
    match header::decode_value(encoded) {
        Some(decoded) if decoded == name => Ok(()),
        Some(_) => Err(Refusal::header(
            "The header `Mcp-Name` differs from the body",
        )),
        None => Err(Refusal::header("The header `Mcp-Name` is not well encoded")),
    }
}
