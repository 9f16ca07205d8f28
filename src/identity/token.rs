//! The token as it is written: a JWS in its compact form (RFC 7515 section 3.1) with claims
//! (RFC 7519). It is read before anything is believed of it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Map;

use super::flaw::Flaw;
use crate::json::{Document, Limits, Value};
use crate::oauth::Algorithm;

/// What an access token says it is (RFC 7519 section 5.1, RFC 9068 section 2.1), in any case.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// Parameters of the header with which a token would mean something else: extensions that must be
/// understood (RFC 7515 section 4.1.11), a payload that is not encoded (RFC 7797), encryption and
/// compression (RFC 7516), and the key of a proof (RFC 9449), which no access token carries.
///
/// Where else a key is or what it is (`jku`, `x5u`, `x5c`, `x5t`) issuers do write. It is not looked
/// at: keys come from where the manifest says.
const REFUSED: [&str; 5] = ["crit", "b64", "enc", "zip", "jwk"];

/// A token of which nothing has been verified.
pub(super) struct Unverified<'t> {
    /// What it says it is signed with.
    pub(super) algorithm: Algorithm,
    /// The key that it says it is signed with.
    pub(super) kid: Option<String>,
    /// What it claims.
    pub(super) claims: Map<String, serde_json::Value>,
    /// What is signed.
    pub(super) message: &'t str,
    /// The signature, in base64url.
    pub(super) signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Reads a token.
    pub(super) fn read(token: &'t str) -> Result<Self, Flaw> {
        let (message, signature) = token.rsplit_once('.').ok_or(Flaw::Parts)?;
        let (header, payload) = message.split_once('.').ok_or(Flaw::Parts)?;
        if payload.contains('.') {
            return Err(Flaw::Parts);
        }
        if decode(signature)?.is_empty() {
            return Err(Flaw::Encoding);
        }
        let (algorithm, kid) = read_header(&decode(header)?)?;
        Ok(Self {
            algorithm,
            kid,
            claims: read_claims(&decode(payload)?)?,
            message,
            signature,
        })
    }
}

/// Decodes base64url, of which there is one way to write it.
fn decode(part: &str) -> Result<Vec<u8>, Flaw> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Flaw::Encoding)
}

fn read_header(header: &[u8]) -> Result<(Algorithm, Option<String>), Flaw> {
    let document = Document::parse(header, &Limits::default()).map_err(|_| Flaw::Header)?;
    let header = document.root();
    if !header.is_object() {
        return Err(Flaw::Header);
    }
    for name in REFUSED {
        if header.get(name).is_some() {
            return Err(Flaw::Parameter(name));
        }
    }
    let kind = text(header, "typ")?;
    if kind.is_some_and(|kind| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(&kind))) {
        return Err(Flaw::Type);
    }
    let algorithm = text(header, "alg")?.ok_or(Flaw::Parameter("alg"))?;
    let algorithm = Algorithm::parse(&algorithm).ok_or(Flaw::Parameter("alg"))?;
    Ok((algorithm, text(header, "kid")?))
}

/// A parameter that is a text if it is there.
fn text(header: Value<'_>, name: &'static str) -> Result<Option<String>, Flaw> {
    let Some(value) = header.get(name) else {
        return Ok(None);
    };
    let text = value.as_str().ok_or(Flaw::Parameter(name))?;
    Ok(Some(text.into_owned()))
}

/// Reads the claims: strictly, so that all read the same, and then in the form that they are kept in.
fn read_claims(payload: &[u8]) -> Result<Map<String, serde_json::Value>, Flaw> {
    Document::parse(payload, &Limits::default()).map_err(|_| Flaw::Payload)?;
    serde_json::from_slice(payload).map_err(|_| Flaw::Payload)
}
