//! Sets of keys (RFC 7517), of which only those are kept that a signature can be checked with.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use sha2::{Digest as _, Sha256};

use super::flaw::Flaw;
use crate::json::{Document, Limits, Value};
use crate::oauth::Algorithm;

/// More keys than an issuer has. A longer set is none.
const MAX_KEYS: usize = 100;

/// How long a modulus may be, in bits. A shorter one can be factored, a longer one takes long.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// How short a secret may be, in bytes, whatever the algorithm.
const MIN_SECRET: usize = 32;

/// The keys of an issuer.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    kind: Kind,
    key: DecodingKey,
    digest: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
    /// A secret of so many bytes.
    Secret(usize),
}

/// Why something is no set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoKeySet {
    #[error("it is not a strict JSON object with `keys`")]
    Shape,
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
    #[error("it has no key that a signature can be checked with")]
    Empty,
    #[error("the secret is shorter than {MIN_SECRET} bytes")]
    ShortSecret,
}

impl KeySet {
    /// Reads a JWK Set. Keys that are not understood, or not for signatures, are left out
    /// (RFC 7517 section 5); so are secrets, which have no place where anyone can read them.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NoKeySet> {
        let document = Document::parse(bytes, &Limits::default()).map_err(|_| NoKeySet::Shape)?;
        let keys = document.root().get("keys");
        let keys = keys.filter(|keys| keys.is_array()).ok_or(NoKeySet::Shape)?;
        if keys.elements().count() > MAX_KEYS {
            return Err(NoKeySet::TooMany);
        }
        let keys: Vec<Key> = keys.elements().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(NoKeySet::Empty);
        }
        Ok(Self(keys))
    }

    /// The set of one secret.
    pub(super) fn of_secret(secret: &[u8]) -> Result<Self, NoKeySet> {
        if secret.len() < MIN_SECRET {
            return Err(NoKeySet::ShortSecret);
        }
        Ok(Self(vec![Key {
            kid: None,
            algorithm: None,
            kind: Kind::Secret(secret.len()),
            key: DecodingKey::from_secret(secret),
            digest: Sha256::digest(secret).into(),
        }]))
    }

    /// Whether the other set has the same keys for the same uses, in whatever order.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let digests = |set: &Self| {
            let mut digests: Vec<[u8; 32]> = set.0.iter().map(|key| key.digest).collect();
            digests.sort_unstable();
            digests
        };
        digests(self) == digests(other)
    }

    /// The key of this id, if it is for this algorithm; without an id, the one that is. The kind of
    /// key has to fit: what a token says never makes one kind of key out of another.
    pub(super) fn pick(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, Flaw> {
        // A shared secret has no name in the manifest, and needs none.
        let is_named = |key: &&Key| kid.is_none() || key.is_secret() || key.kid.as_deref() == kid;
        let mut fitting = self
            .0
            .iter()
            .filter(is_named)
            .filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(&key.key),
            (Some(_), Some(_)) => Err(Flaw::AmbiguousKey),
            (None, _) if kid.is_some() && self.0.iter().any(|key| is_named(&key)) => {
                Err(Flaw::OtherKey)
            }
            (None, _) => Err(Flaw::UnknownKey),
        }
    }
}

impl Key {
    /// Reads a JWK. `None` if it can't be used.
    fn read(jwk: Value<'_>) -> Option<Self> {
        if !is_for_signatures(jwk) {
            return None;
        }
        let algorithm = match jwk.get("alg") {
            Some(name) => Some(Algorithm::parse(&name.as_str()?)?),
            None => None,
        };
        let kid = match jwk.get("kid") {
            Some(kid) => Some(kid.as_str()?.into_owned()),
            None => None,
        };
        let (kind, first, second) = material(jwk)?;
        let key = match kind {
            Kind::Rsa => DecodingKey::from_rsa_raw_components(&first, &second),
            // A point as it is, not compressed (SEC 1 section 2.3.3).
            Kind::P256 | Kind::P384 => {
                DecodingKey::from_ec_der(&[&[4], first.as_slice(), second.as_slice()].concat())
            }
            Kind::Ed25519 => DecodingKey::from_ed_der(&first),
            Kind::Secret(_) => return None,
        };
        let mut digest = Sha256::new();
        for part in [
            kid.as_deref().unwrap_or_default().as_bytes(),
            algorithm.map_or("", Algorithm::as_str).as_bytes(),
            &first,
            &second,
        ] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Some(Self {
            kid,
            algorithm,
            kind,
            key,
            digest: digest.finalize().into(),
        })
    }

    fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }

    /// Whether signatures of this algorithm can be checked with the key.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let is_its_kind = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => self.kind == Kind::Rsa,
            Algorithm::Es256 => self.kind == Kind::P256,
            Algorithm::Es384 => self.kind == Kind::P384,
            Algorithm::EdDsa => self.kind == Kind::Ed25519,
            // At least as long as the digest (RFC 7518 section 3.2).
            Algorithm::Hs256 => self.is_secret_of(32),
            Algorithm::Hs384 => self.is_secret_of(48),
            Algorithm::Hs512 => self.is_secret_of(64),
        };
        is_its_kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    fn is_secret_of(&self, least: usize) -> bool {
        matches!(self.kind, Kind::Secret(length) if length >= least)
    }
}

/// Whether a key may be used to check signatures (RFC 7517 sections 4.2 and 4.3).
fn is_for_signatures(jwk: Value<'_>) -> bool {
    let is = |value: Value<'_>, text: &str| value.as_str().is_some_and(|is| is == text);
    let use_fits = jwk.get("use").is_none_or(|usage| is(usage, "sig"));
    let operations_fit = jwk.get("key_ops").is_none_or(|operations| {
        let mut operations = operations.elements();
        operations.any(|operation| is(operation, "verify"))
    });
    jwk.is_object() && use_fits && operations_fit
}

/// What a key is, and the numbers that it is made of (RFC 7518 section 6, RFC 8037 section 2).
fn material(jwk: Value<'_>) -> Option<(Kind, Vec<u8>, Vec<u8>)> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?.as_bytes()).ok();
    let point = |kind, length| {
        let (x, y) = (number("x")?, number("y")?);
        (x.len() == length && y.len() == length).then_some((kind, x, y))
    };
    match text("kty")?.as_ref() {
        "RSA" => {
            let (modulus, exponent) = (unpadded(number("n")?), unpadded(number("e")?));
            let bits = modulus.len() * 8 - leading_zeros(&modulus);
            // The exponents 1 and 0 would make a signature out of nothing.
            let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
            let is_sound = is_odd && exponent != [1] && exponent.len() <= 4;
            (RSA_BITS.contains(&bits) && is_sound).then_some((Kind::Rsa, modulus, exponent))
        }
        "EC" => match text("crv")?.as_ref() {
            "P-256" => point(Kind::P256, 32),
            "P-384" => point(Kind::P384, 48),
            _ => None,
        },
        "OKP" if text("crv")? == "Ed25519" => {
            let x = number("x")?;
            (x.len() == 32).then_some((Kind::Ed25519, x, Vec::new()))
        }
        _ => None,
    }
}

/// A number without the zeros before it, which some issuers write.
fn unpadded(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn leading_zeros(number: &[u8]) -> usize {
    let first = number.first().copied().unwrap_or_default();
    first.leading_zeros() as usize
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_for_signatures_are_kept() {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let modulus = |bytes: usize| encode(&vec![0xff; bytes]);
        let zeros = encode(&[vec![0; 2], vec![0xff; 256]].concat());
        let of_2047_bits = encode(&[vec![0x7f], vec![0xff; 255]].concat());
        let rsa = |n: &str, e: &str| json!({"kty": "RSA", "n": n, "e": e});
        let point = |crv, x, y| json!({"kty": "EC", "crv": crv, "x": encode(&vec![1; x]), "y": encode(&vec![1; y])});
        let with = |name: &str, value: serde_json::Value| {
            let mut key = rsa(&modulus(256), "AQAB");
            key[name] = value;
            key
        };
        for (name, key, is_kept) in [
            ("RSA", rsa(&modulus(256), "AQAB"), true),
            ("zeros before", rsa(&zeros, "AAEAAQ"), true),
            ("8192 bits", rsa(&modulus(1024), "AQAB"), true),
            ("8200 bits", rsa(&modulus(1025), "AQAB"), false),
            ("1024 bits", rsa(&modulus(128), "AQAB"), false),
            ("2047 bits", rsa(&of_2047_bits, "AQAB"), false),
            ("exponent 1", rsa(&modulus(256), "AQ"), false),
            ("exponent 1 with zeros", rsa(&modulus(256), "AAAB"), false),
            ("even exponent", rsa(&modulus(256), "Ag"), false),
            ("no exponent", rsa(&modulus(256), ""), false),
            ("padding", rsa(&modulus(256), "AQ=="), false),
            ("for signatures", with("use", json!("sig")), true),
            ("for encryption", with("use", json!("enc")), false),
            ("use of no text", with("use", json!(["sig"])), false),
            ("to verify", with("key_ops", json!(["verify"])), true),
            ("to sign", with("key_ops", json!(["sign"])), false),
            (
                "to verify, as a text",
                with("key_ops", json!("verify")),
                false,
            ),
            ("for PS256", with("alg", json!("PS256")), true),
            ("for RSA-OAEP", with("alg", json!("RSA-OAEP")), false),
            ("kid of no text", with("kid", json!(1)), false),
            ("another kind", with("kty", json!("rsa")), false),
            ("P-256", point("P-256", 32, 32), true),
            ("P-384", point("P-384", 48, 48), true),
            ("P-521", point("P-521", 66, 66), false),
            ("secp256k1", point("secp256k1", 32, 32), false),
            ("short x", point("P-256", 31, 33), false),
            (
                "Ed25519",
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[1; 32])}),
                true,
            ),
            (
                "X25519",
                json!({"kty": "OKP", "crv": "X25519", "x": encode(&[1; 32])}),
                false,
            ),
            (
                "a secret",
                json!({"kty": "oct", "k": encode(&[1; 64])}),
                false,
            ),
        ] {
            let set = json!({"keys": [key]}).to_string();
            assert_eq!(KeySet::read(set.as_bytes()).is_ok(), is_kept, "{name}");
        }
    }

    #[test]
    fn sets_are_the_same_in_any_order() {
        let key =
            |kid: &str| json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "A".repeat(43)});
        let set = |kids: &[&str]| {
            let keys: Vec<_> = kids.iter().map(|kid| key(kid)).collect();
            KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
        };
        assert!(set(&["a", "b"]).is_same(&set(&["b", "a"])));
        assert!(!set(&["a", "b"]).is_same(&set(&["a"])));
        assert!(!set(&["a"]).is_same(&set(&["b"])));
    }
}
