//! What must be true of claims (RFC 7519 section 4.1, RFC 9068 section 4).

use std::time::Duration;

use serde_json::{Map, Value};

use super::flaw::Flaw;
use crate::policy::Issuer;

type Claims = Map<String, Value>;

/// The end of the year 9999, in seconds since 1970. What is later is no time.
const LATEST: f64 = 253_402_300_799.0;

/// The issuer that the claims name, character for character.
pub(super) fn issuer<'i>(claims: &Claims, issuers: &'i [Issuer]) -> Result<&'i Issuer, Flaw> {
    let name = claims.get("iss").and_then(Value::as_str);
    let name = name.ok_or(Flaw::Claim("iss"))?;
    let known = issuers.iter().find(|issuer| issuer.issuer == name);
    known.ok_or(Flaw::Issuer)
}

/// Checks all but the issuer and the audience. The answer is until when the claims hold, leeway and
/// all, in seconds since 1970.
pub(super) fn check(claims: &Claims, now: Duration, leeway: Duration) -> Result<f64, Flaw> {
    let subject = claims.get("sub").and_then(Value::as_str);
    if subject.is_none_or(str::is_empty) {
        return Err(Flaw::Claim("sub"));
    }
    // A token that only the holder of a key may use (RFC 8705, RFC 9449) is no bearer token, and
    // whether the client holds the key nobody has looked at.
    if claims.contains_key("cnf") {
        return Err(Flaw::Bound);
    }
    let (now, leeway) = (now.as_secs_f64(), leeway.as_secs_f64());
    let end = time(claims, "exp")?.ok_or(Flaw::Claim("exp"))? + leeway;
    if end <= now {
        return Err(Flaw::Expired);
    }
    for name in ["nbf", "iat"] {
        if time(claims, name)?.is_some_and(|start| start > now + leeway) {
            return Err(Flaw::TooEarly);
        }
    }
    Ok(end)
}

/// A time, if it is there: seconds since 1970, perhaps with a fraction.
fn time(claims: &Claims, name: &'static str) -> Result<Option<f64>, Flaw> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_f64()
        .filter(|seconds| (0.0..=LATEST).contains(seconds));
    seconds.ok_or(Flaw::Claim(name)).map(Some)
}

/// Checks that the claims are for an audience of the issuer's or, if it has none, for this resource.
///
/// Clients write the URL of a resource with and without a slash at its end, whatever the metadata
/// says, and issuers copy what clients write: one slash makes no difference there. Audiences of the
/// manifest are taken character for character.
pub(super) fn check_audience(
    claims: &Claims,
    issuer: &Issuer,
    resource: Option<&str>,
) -> Result<(), Flaw> {
    let is_taken = |audience: &str| {
        if issuer.audiences.is_empty() {
            resource.is_some_and(|resource| without_slash(audience) == without_slash(resource))
        } else {
            issuer.audiences.iter().any(|taken| taken == audience)
        }
    };
    let is_for_us = match claims.get("aud") {
        Some(Value::String(audience)) => is_taken(audience),
        Some(Value::Array(audiences)) => {
            let texts: Option<Vec<&str>> = audiences.iter().map(Value::as_str).collect();
            let texts = texts.ok_or(Flaw::Claim("aud"))?;
            texts.into_iter().any(is_taken)
        }
        _ => return Err(Flaw::Claim("aud")),
    };
    if is_for_us {
        Ok(())
    } else {
        Err(Flaw::Audience)
    }
}

fn without_slash(url: &str) -> &str {
    url.strip_suffix('/').unwrap_or(url)
}
