//! Tokens that the test makes itself, good and bad.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};

use super::key::Key;

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "tokens are for the clock of the process that verifies them"
)]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// An id that no other token of this process has.
pub(super) fn unique() -> String {
    static TOKENS: AtomicU64 = AtomicU64::new(1);
    format!("t{}", TOKENS.fetch_add(1, Ordering::Relaxed))
}

/// A token to be: valid as it comes, and each part of it can be changed.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    header: Map<String, Value>,
    payload: Map<String, Value>,
    key: Arc<Key>,
}

impl Token {
    /// A token of an issuer for an audience, valid for five minutes.
    pub(crate) fn new(issuer: &str, audience: &str, subject: &str, key: Arc<Key>) -> Self {
        let header = json!({"alg": key.alg(), "kid": key.kid(), "typ": "at+jwt"});
        let payload = json!({
            "iss": issuer,
            "aud": audience,
            "sub": subject,
            "iat": now(),
            "exp": now() + 300,
            "jti": unique(),
        });
        Self {
            header: object(header),
            payload: object(payload),
            key,
        }
    }

    /// With a claim set.
    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.payload.insert(name.to_owned(), value.into());
        self
    }

    /// With the members of an object as claims.
    pub(crate) fn claims(mut self, claims: Value) -> Self {
        self.payload.extend(object(claims));
        self
    }

    /// Without a claim.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.payload.remove(name);
        self
    }

    /// With a header parameter set.
    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Without a header parameter.
    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signed by another key, whatever the header says.
    pub(crate) fn signed_by(mut self, key: &Arc<Key>) -> Self {
        self.key = Arc::clone(key);
        self
    }

    /// The header as it will be signed.
    pub(crate) fn header_json(&self) -> String {
        Value::Object(self.header.clone()).to_string()
    }

    /// The payload as it will be signed.
    pub(crate) fn payload_json(&self) -> String {
        Value::Object(self.payload.clone()).to_string()
    }

    /// The token.
    pub(crate) fn text(&self) -> String {
        sign(&self.header_json(), &self.payload_json(), &self.key)
    }
}

/// A token of any header and payload, well formed or not, signed with a key's own algorithm.
pub(crate) fn sign(header: &str, payload: &str, key: &Key) -> String {
    sign_parts(&part(header), &part(payload), key)
}

/// The same, signed with HS256: for those who take a public key for a secret.
pub(crate) fn hmac(header: &str, payload: &str, secret: &[u8]) -> String {
    let key = EncodingKey::from_secret(secret);
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

/// A token whose signature is empty.
pub(crate) fn unsigned(header: &str, payload: &str) -> String {
    format!("{}.{}.", part(header), part(payload))
}

/// A part of a token: base64url without padding.
pub(crate) fn part(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token whose first two parts are these, as they are.
pub(crate) fn sign_parts(header: &str, payload: &str, key: &Key) -> String {
    let signed = format!("{header}.{payload}");
    let signature = crypto::sign(signed.as_bytes(), key.private(), key.algorithm()).unwrap();
    format!("{signed}.{signature}")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}
