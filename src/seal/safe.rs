//! Hidden texts: what a client keeps for Sluice and can neither read, nor change, nor make up.
//!
//! They are encrypted with AES-256-GCM-SIV (RFC 8452), under a key that is derived for one context,
//! so that no other context opens them. The nonce is always the same, on purpose: this cipher then
//! tells no more than whether two texts are equal, and that a hidden text stays the same is what
//! lets a model tell that two records are about one person.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Keys, Purpose, derived};

/// The most bytes of a text that is hidden: a private key of 4,096 bits in PEM fits.
const MAX_BYTES: usize = 4096;

/// How many bytes of a digest there are.
const DIGEST_BYTES: usize = 8;

/// Hides texts for one context.
pub struct Safe {
    /// The first one hides, all reveal.
    ciphers: Vec<LessSafeKey>,
    digest: Hmac<Sha256>,
}

impl fmt::Debug for Safe {
    // Keys are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.ciphers.len();
        f.debug_struct("Safe").field("keys", &keys).finish()
    }
}

impl Keys {
    /// What hides texts for `context`. `None` if the cipher refuses a key, which has the one length
    /// that it takes.
    #[must_use]
    pub fn safe(&self, context: &[&str]) -> Option<Safe> {
        let keys = std::iter::once(&self.first).chain(&self.others);
        let cipher = |key| {
            let derived = derived(key, Purpose::HiddenValue, context);
            let key = UnboundKey::new(&AES_256_GCM_SIV, &derived).ok()?;
            Some(LessSafeKey::new(key))
        };
        let digest = derived(&self.first, Purpose::Digest, context);
        Some(Safe {
            ciphers: keys.map(cipher).collect::<Option<_>>()?,
            digest: Hmac::new_from_slice(&digest).ok()?,
        })
    }
}

impl Safe {
    /// The text, hidden. `None` if it is too long.
    #[must_use]
    pub fn hide(&self, text: &str) -> Option<Vec<u8>> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut hidden = text.as_bytes().to_vec();
        let cipher = self.ciphers.first()?;
        cipher
            .seal_in_place_append_tag(nonce(), Aad::empty(), &mut hidden)
            .ok()?;
        Some(hidden)
    }

    /// The text that was hidden here. `None` if it is none.
    #[must_use]
    pub fn reveal(&self, hidden: &[u8]) -> Option<String> {
        let open = |cipher: &LessSafeKey| {
            let mut hidden = hidden.to_vec();
            let open = cipher.open_in_place(nonce(), Aad::empty(), &mut hidden);
            String::from_utf8(open.ok()?.to_vec()).ok()
        };
        self.ciphers.iter().find_map(open)
    }

    /// What stands for a text and can't be turned back, in hexadecimal digits. It changes with the
    /// first key.
    #[must_use]
    pub fn digest(&self, text: &str) -> String {
        let mut code = self.digest.clone();
        code.update(text.as_bytes());
        let code = code.finalize().into_bytes();
        let bytes = code.iter().take(DIGEST_BYTES);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::super::KEY_BYTES;
    use super::*;

    fn safe(keys: &[u8], context: &[&str]) -> Safe {
        let keys = Keys::new(keys.iter().map(|byte| [*byte; KEY_BYTES])).unwrap();
        keys.safe(context).unwrap()
    }

    #[test]
    fn what_is_hidden_is_revealed() {
        let safe = safe(b"a", &["triage"]);
        let long = "x".repeat(MAX_BYTES);
        for text in ["", "ada@example.com", "é\0", &long] {
            let hidden = safe.hide(text).unwrap();
            assert_eq!(safe.reveal(&hidden).as_deref(), Some(text));
            assert_eq!(safe.hide(text).unwrap(), hidden, "it stays the same");
            let shows = |bytes: &[u8]| bytes.windows(4).any(|part| text.as_bytes().ends_with(part));
            assert!(!shows(&hidden), "{text} shows");
        }
        assert_eq!(safe.hide(&"x".repeat(MAX_BYTES + 1)), None);
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let safe = safe(b"a", &["triage"]);
        let hidden = safe.hide("ada@example.com").unwrap();
        for at in 0..hidden.len() {
            let mut changed = hidden.clone();
            changed[at] ^= 1;
            assert_eq!(safe.reveal(&changed), None, "at {at}");
            assert_eq!(safe.reveal(&hidden[..at]), None, "cut at {at}");
        }
        assert_eq!(safe.reveal(&[hidden, vec![0]].concat()), None);
    }

    #[test]
    fn it_is_revealed_nowhere_else() {
        let hidden = safe(b"a", &["triage"]).hide("ada").unwrap();
        let elsewhere: [&[&str]; 4] = [&["other"], &[], &["triage", ""], &["tri", "age"]];
        for context in elsewhere {
            assert_eq!(safe(b"a", context).reveal(&hidden), None, "{context:?}");
        }
        assert_eq!(safe(b"b", &["triage"]).reveal(&hidden), None);
    }

    #[test]
    fn the_first_key_hides_and_all_reveal() {
        let (old, both, new) = (safe(b"a", &[]), safe(b"ba", &[]), safe(b"b", &[]));
        let hidden = old.hide("ada").unwrap();
        assert_eq!(both.reveal(&hidden).as_deref(), Some("ada"));
        assert_eq!(both.hide("ada"), new.hide("ada"));
        assert_ne!(both.hide("ada").unwrap(), hidden);
    }

    #[test]
    fn digests_tell_texts_contexts_and_keys_apart() {
        let digest = safe(b"a", &["triage"]).digest("ada");
        assert_eq!(digest.len(), 2 * DIGEST_BYTES);
        assert_eq!(safe(b"ab", &["triage"]).digest("ada"), digest);
        assert_ne!(safe(b"a", &["triage"]).digest("adb"), digest);
        assert_ne!(safe(b"a", &["other"]).digest("ada"), digest);
        assert_ne!(safe(b"b", &["triage"]).digest("ada"), digest);
        assert!(!format!("{:?}", safe(b"a", &[])).contains("97"));
    }
}
