//! Keys that sign, and what of them is public.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    RsaKeySize,
};
use serde_json::{Value, json};

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RSA of 2048 bits, for RS256.
    Rsa,
    /// The curve P-256, for ES256.
    P256,
    /// The curve P-384, for ES384.
    P384,
    /// Ed25519, for EdDSA.
    Ed25519,
}

impl Kind {
    /// The algorithm that keys of this kind sign with, unless a test says otherwise.
    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::RS256,
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
            Self::Ed25519 => Algorithm::EdDSA,
        }
    }

    fn pair(self) -> KeyPair {
        match self {
            Self::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            Self::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
        }
        .unwrap()
    }
}

/// A key pair with an id.
pub(crate) struct Key {
    kid: String,
    kind: Kind,
    pair: KeyPair,
    private: EncodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.kid)
    }
}

impl Key {
    /// A new key, whose id no other key of this process has.
    pub(crate) fn new(kind: Kind) -> Arc<Self> {
        static KEYS: AtomicU64 = AtomicU64::new(1);
        let kid = format!("{kind:?}-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        Self::named(kind, &kid.to_lowercase())
    }

    /// A new key with an id of the test's choice.
    pub(crate) fn named(kind: Kind, kid: &str) -> Arc<Self> {
        let pair = kind.pair();
        let private = match kind {
            Kind::Rsa => EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap(),
            Kind::P256 | Kind::P384 => EncodingKey::from_ec_der(pair.serialized_der()),
            Kind::Ed25519 => EncodingKey::from_ed_der(pair.serialized_der()),
        };
        Arc::new(Self {
            kid: kid.to_owned(),
            kind,
            pair,
            private,
        })
    }

    /// Its id.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it signs with.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.kind.algorithm()
    }

    /// The algorithm's name, as in `alg`.
    pub(crate) fn alg(&self) -> String {
        format!("{:?}", self.algorithm())
    }

    /// What signs.
    pub(crate) const fn private(&self) -> &EncodingKey {
        &self.private
    }

    /// The private key in PKCS #8, as PEM: for `private_key_jwt`.
    pub(crate) fn private_pem(&self) -> String {
        self.pair.serialize_pem()
    }

    /// The public key as PEM.
    pub(crate) fn public_pem(&self) -> String {
        self.pair.public_key_pem()
    }

    /// The public key as DER, in the form of the kind: PKCS #1, a point, 32 bytes.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        self.pair.public_key_raw().to_vec()
    }

    /// The public key, with `kid`, `alg` and `use`.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.bare_jwk();
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.alg());
        jwk["use"] = json!("sig");
        jwk
    }

    /// The public key and nothing else.
    pub(crate) fn bare_jwk(&self) -> Value {
        let raw = self.pair.public_key_raw();
        let point = |curve: &str| {
            let (x, y) = raw[1..].split_at(raw.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
        };
        match self.kind {
            Kind::Rsa => {
                let jwk = Jwk::from_encoding_key(&self.private, Algorithm::RS256).unwrap();
                let jwk = serde_json::to_value(jwk).unwrap();
                json!({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
            }
            Kind::P256 => point("P-256"),
            Kind::P384 => point("P-384"),
            Kind::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}),
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
