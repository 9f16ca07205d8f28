//! Assertions by which Sluice proves that it is a client (RFC 7523 section 2.2).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Signing, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::oauth::Algorithm;

/// For how long an assertion is good.
const LIFETIME: Duration = Duration::from_secs(60);

/// Why there is no assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAssertion {
    #[error("the private key is not one in PEM, or not one of the algorithm {0}")]
    Key(Algorithm),
    #[error("the system has no random bytes")]
    Random,
}

/// An assertion of this client for this token endpoint.
///
/// # Errors
///
/// The key is none.
pub(super) fn of(
    client_id: &str,
    token_url: &str,
    (key, algorithm, key_id): (&SecretString, Algorithm, Option<&str>),
    now: Duration,
) -> Result<SecretString, NoAssertion> {
    let (signing, key) = signing_key(key, algorithm)?;
    let mut unique = [0; 16];
    getrandom::fill(&mut unique).map_err(|_| NoAssertion::Random)?;
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": token_url,
        "iat": now.as_secs(),
        "exp": (now + LIFETIME).as_secs(),
        "jti": URL_SAFE_NO_PAD.encode(unique),
    });
    let mut header = Header::new(signing);
    header.kid = key_id.map(str::to_owned);
    let assertion = jsonwebtoken::encode(&header, &claims, &key);
    assertion
        .map(SecretString::from)
        .map_err(|_| NoAssertion::Key(algorithm))
}

fn signing_key(
    key: &SecretString,
    algorithm: Algorithm,
) -> Result<(Signing, EncodingKey), NoAssertion> {
    let pem = key.expose_secret().as_bytes();
    let (signing, key) = match algorithm {
        Algorithm::Rs256 => (Signing::RS256, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Rs384 => (Signing::RS384, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Rs512 => (Signing::RS512, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Ps256 => (Signing::PS256, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Ps384 => (Signing::PS384, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Ps512 => (Signing::PS512, EncodingKey::from_rsa_pem(pem)),
        Algorithm::Es256 => (Signing::ES256, EncodingKey::from_ec_pem(pem)),
        Algorithm::Es384 => (Signing::ES384, EncodingKey::from_ec_pem(pem)),
        Algorithm::EdDsa => (Signing::EdDSA, EncodingKey::from_ed_pem(pem)),
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
            return Err(NoAssertion::Key(algorithm));
        }
    };
    Ok((signing, key.map_err(|_| NoAssertion::Key(algorithm))?))
}
