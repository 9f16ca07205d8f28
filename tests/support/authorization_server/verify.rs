//! Verifying what others signed, and what the server signed itself.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// The claims of a verified token.
pub(super) type Claims = Map<String, Value>;

/// The claims of a token that nobody has verified.
pub(super) fn unverified(text: &str) -> Option<Value> {
    let payload = text.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The claims of a token that one of these keys signed, that has not expired and says an issuer.
pub(super) fn signed(text: &str, keys: &[Value], issuer: &str) -> Result<Claims, String> {
    let header = decode_header(text).map_err(|error| error.to_string())?;
    let allowed = [
        Algorithm::RS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ];
    if !allowed.contains(&header.alg) {
        return Err(format!("{:?} is not allowed", header.alg));
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss"]);
    validation.validate_aud = false;
    validation.validate_nbf = true;
    validation.leeway = 0;
    let mut last = "no key of that id".to_owned();
    for key in keys {
        if header.kid.is_some() && key["kid"].as_str() != header.kid.as_deref() {
            continue;
        }
        let jwk: Jwk = serde_json::from_value(key.clone()).map_err(|error| error.to_string())?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|error| error.to_string())?;
        match decode::<Claims>(text, &key, &validation) {
            Ok(data) => return Ok(data.claims),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// Verifies a client's assertion (RFC 7523 section 3): for this server, and used once.
pub(super) fn client_assertion(
    text: &str,
    keys: &[Value],
    addressed: &[String],
    seen: &mut BTreeSet<String>,
) -> Result<(), String> {
    let client = unverified(text).unwrap_or_default();
    let client = client["iss"].as_str().unwrap_or_default();
    let claims = signed(text, keys, client)?;
    if claims.get("sub").and_then(Value::as_str) != Some(client) {
        return Err("`sub` of an assertion must be the client".to_owned());
    }
    if !is_for(&claims, addressed) {
        return Err("the assertion is not for this server".to_owned());
    }
    let jti = claims.get("jti").and_then(Value::as_str);
    let jti = jti.ok_or("an assertion must have a `jti`")?;
    match seen.insert(format!("{client} {jti}")) {
        true => Ok(()),
        false => Err("the assertion has been used before".to_owned()),
    }
}

/// Whether `aud` has one of these.
pub(super) fn is_for(claims: &Claims, names: &[String]) -> bool {
    let named = |value: &Value| names.iter().any(|name| value.as_str() == Some(name));
    match claims.get("aud") {
        Some(Value::Array(values)) => values.iter().any(named),
        Some(value) => named(value),
        None => false,
    }
}
