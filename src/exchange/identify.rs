//! Who calls: what the request brings to tell it by, and what becomes of who may not pass.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::ask::{IdentityAsk, IdentityFailure};
use super::event::{Headers, Single};
use super::refusal::Refusal;
use crate::oauth::{BearerToken, Challenge, NoToken, metadata_url};
use crate::policy::{Authentication, Caller, Trust, View, VirtualServer};
use crate::trace::Hop;

/// What Envoy vouches for: what its other filters and the connection say of who calls. A client has
/// no say in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vouched {
    /// The value by which the route names the virtual server, where it does.
    pub route: Option<String>,
    /// The dynamic metadata of the filter `jwt_authn`.
    pub jwt_authn: Map<String, Value>,
    /// The URI in the certificate of Envoy's peer, which Envoy has verified.
    pub peer_uri: Option<String>,
    /// What the exchange needs to join a trace, if anyone records.
    pub hop: Option<Box<Hop>>,
    /// Whether someone wants to know the digests of arguments.
    pub digests: bool,
}

/// By what it is known who calls.
#[derive(Debug)]
pub(super) enum Presented {
    /// Nobody asks.
    Nothing,
    /// By a token, which someone has to verify.
    Token(IdentityAsk),
    /// By what Envoy has verified.
    Vouched(Caller),
}

/// Finds by what it is known who calls.
///
/// # Errors
///
/// Challenges a client that says nothing, or not in the one way that is read: the `Authorization`
/// header (RFC 6750 section 2.1).
pub(super) fn present(
    server: &VirtualServer,
    vouched: &Vouched,
    headers: &Headers<'_>,
) -> Result<Presented, Refusal> {
    let Some(authentication) = server.authentication() else {
        return Ok(Presented::Nothing);
    };
    let challenge = challenge(&resource(server, headers));
    let claims = match &authentication.trust {
        Trust::Issuers(_) => {
            return token(headers, challenge).map(|token| {
                Presented::Token(IdentityAsk {
                    authentication: Arc::clone(authentication),
                    token,
                    // Who calls has no say in what is the right audience, by `Host` or otherwise.
                    resource: server.resource(),
                })
            });
        }
        Trust::EnvoyJwtAuthn { payload, .. } => vouched.jwt_authn.get(payload).cloned(),
        Trust::EnvoyPeerCertificate => vouched.peer_uri.as_deref().and_then(of_spiffe_id),
    };
    let Some(Value::Object(claims)) = claims else {
        return Err(Refusal::unauthenticated(&challenge));
    };
    // A token that is bound to a key is no bearer token (RFC 9449 section 7.1, RFC 8705 section 3).
    if claims.contains_key("cnf") {
        return Err(Refusal::invalid_token(
            challenge,
            "The access token is not valid",
        ));
    }
    caller(claims, authentication, challenge).map(Presented::Vouched)
}

fn token(headers: &Headers<'_>, challenge: Challenge) -> Result<BearerToken, Refusal> {
    match headers.single("authorization") {
        Single::Absent => Err(Refusal::unauthenticated(&challenge)),
        Single::Repeated => Err(Refusal::several_tokens(challenge)),
        Single::One(value) => BearerToken::read(value).map_err(|no_token| match no_token {
            NoToken::Scheme => Refusal::unauthenticated(&challenge),
            NoToken::Malformed => {
                Refusal::invalid_token(challenge, "The access token is not valid")
            }
            NoToken::TooLong => Refusal::invalid_token(challenge, "The access token is too long"),
        }),
    }
}

fn caller(
    claims: Map<String, Value>,
    authentication: &Authentication,
    challenge: Challenge,
) -> Result<Caller, Refusal> {
    Caller::of(claims, &authentication.claims)
        .map_err(|_| Refusal::invalid_token(challenge, "The access token does not say whose it is"))
}

/// The claims that a SPIFFE id makes: its trust domain has issued it, and it is the subject.
fn of_spiffe_id(uri: &str) -> Option<Value> {
    let rest = uri.strip_prefix("spiffe://")?;
    let (domain, path) = rest.split_once('/')?;
    if domain.is_empty() || path.is_empty() {
        return None;
    }
    let issuer = format!("spiffe://{domain}");
    Some(serde_json::json!({"iss": issuer, "sub": uri}))
}

/// The virtual server in the eyes of this caller.
///
/// # Errors
///
/// Refuses who is not known, or may not use it.
pub(super) fn admit(
    server: &Arc<VirtualServer>,
    resource: &str,
    identified: Result<Arc<Caller>, IdentityFailure>,
) -> Result<View, Refusal> {
    let mut challenge = challenge(resource);
    let caller = match identified {
        Ok(caller) => caller,
        Err(failure) => return Err(Refusal::unidentified(challenge, failure)),
    };
    if !server.collaborators().admits(&caller) {
        challenge.scopes = server.collaborators().helpful_scopes(&caller);
        return Err(Refusal::not_a_collaborator(challenge, caller));
    }
    Ok(View::new(Arc::clone(server), caller))
}

/// The URL of a virtual server (RFC 8707): as the manifest says it, else the one that was asked.
pub(super) fn resource(server: &VirtualServer, headers: &Headers<'_>) -> String {
    if let Some(resource) = server.resource() {
        return resource;
    }
    let text = |name: &str| {
        let value = headers.first(name);
        value.and_then(|value| std::str::from_utf8(value).ok())
    };
    let scheme = text("x-forwarded-proto").or_else(|| text(":scheme"));
    let scheme = scheme.filter(|scheme| matches!(*scheme, "http" | "https"));
    let path = text(":path").unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let path = server.match_path().unwrap_or(path);
    format!(
        "{}://{}{path}",
        scheme.unwrap_or("https"),
        text(":authority").unwrap_or_default()
    )
}

fn challenge(resource: &str) -> Challenge {
    Challenge {
        resource_metadata: metadata_url(resource),
        problem: None,
        scopes: Vec::new(),
    }
}
