//! Sealed texts: what a client keeps for Sluice and can neither change nor make up.
//!
//! Sluice has no state that replicas would have to share. What it has to know again later (of which
//! tool a task is) it hands to the client, in the open but with a code over it that only the holder
//! of a key can make (HMAC-SHA-256, cut to 128 bits). The code covers what the text is for and to
//! whom it was given, so that it is worth nothing in another place. The same texts under the same
//! keys are sealed in the same way, so that an id stays the same id.
//!
//! What the client must not read is hidden instead ([`Safe`]).

mod safe;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

pub use safe::Safe;

/// The fewest bytes of a key: as many as the code is made of.
pub const KEY_BYTES: usize = 32;

/// How many bytes of the code a sealed text carries.
const CODE_BYTES: usize = 16;

/// The most bytes that are sealed, with two for the length of each text. In base64 these are some
/// 2,000 characters, which any header holds.
const MAX_BYTES: usize = 1536;

/// What a sealed text is for. One that is sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The id of a task (SEP-2663).
    TaskId,
    /// The id of a session (MCP 2025-11-25, "Session Management").
    SessionId,
    /// The id of an event, by which a stream is resumed (MCP 2025-11-25, "Resumability and
    /// Redelivery").
    EventId,
    /// A value that takes the place of a token that came out of a [`Safe`].
    HiddenValue,
    /// The digest of a value.
    Digest,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TaskId => "task id",
            Self::SessionId => "session id",
            Self::EventId => "event id",
            Self::HiddenValue => "hidden value",
            Self::Digest => "digest",
        }
    }
}

/// A key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// There is no key at all.
    #[error("there is no key")]
    None,
    /// A key is too short to be one.
    #[error("a key has at least {KEY_BYTES} bytes, and this one has {0}")]
    TooShort(usize),
}

/// The keys: the first one seals, and all of them open, so that keys can be changed while what the
/// old one sealed is in use.
#[derive(Clone)]
pub struct Keys {
    first: Hmac<Sha256>,
    others: Vec<Hmac<Sha256>>,
}

impl fmt::Debug for Keys {
    // Keys are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("count", &(self.others.len() + 1))
            .finish()
    }
}

impl Keys {
    /// Keys of these bytes, which should be random.
    ///
    /// # Errors
    ///
    /// There is none, or one has fewer than [`KEY_BYTES`] bytes.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, InvalidKeys> {
        let mut made = Vec::new();
        for key in keys {
            let key = key.as_ref();
            let too_short = InvalidKeys::TooShort(key.len());
            if key.len() < KEY_BYTES {
                return Err(too_short);
            }
            made.push(Hmac::new_from_slice(key).map_err(|_| too_short)?);
        }
        let mut made = made.into_iter();
        let first = made.next().ok_or(InvalidKeys::None)?;
        Ok(Self {
            first,
            others: made.collect(),
        })
    }

    /// Seals texts for `context`, in letters, digits, `-` and `_`. `None` if they are too long.
    #[must_use]
    pub fn seal(&self, purpose: Purpose, context: &[&str], texts: &[&str]) -> Option<String> {
        let mut open = Vec::new();
        for text in texts {
            write(&mut open, text)?;
        }
        if open.len() > MAX_BYTES {
            return None;
        }
        let code = covering(&self.first, purpose, context, &open).finalize();
        let code = code.into_bytes();
        let mut sealed = code.get(..CODE_BYTES)?.to_vec();
        sealed.extend(open);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The texts of a sealed one. `None` if it is not one that these keys sealed for this purpose
    /// and context, character for character.
    #[must_use]
    pub fn open(&self, purpose: Purpose, context: &[&str], sealed: &str) -> Option<Vec<String>> {
        if sealed.len() > (CODE_BYTES + MAX_BYTES).div_ceil(3) * 4 {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (code, open) = sealed.split_at_checked(CODE_BYTES)?;
        let keys = std::iter::once(&self.first).chain(&self.others);
        // The comparison takes the same time wherever the codes differ.
        let opens = |key: &Hmac<Sha256>| {
            covering(key, purpose, context, open)
                .verify_truncated_left(code)
                .is_ok()
        };
        if !keys.into_iter().any(opens) {
            return None;
        }
        let mut rest = open;
        let mut texts = Vec::new();
        while !rest.is_empty() {
            texts.push(read(&mut rest)?);
        }
        Some(texts)
    }
}

/// A key of its own for a purpose and a context.
fn derived(key: &Hmac<Sha256>, purpose: Purpose, context: &[&str]) -> [u8; KEY_BYTES] {
    let code = covering(key, purpose, context, &[]).finalize();
    code.into_bytes().into()
}

/// The code over all that is sealed. Each text has its length before it, so that no two lists of
/// texts are one sequence of bytes.
fn covering(key: &Hmac<Sha256>, purpose: Purpose, context: &[&str], open: &[u8]) -> Hmac<Sha256> {
    let mut code = key.clone();
    code.update(&(context.len() as u64).to_be_bytes());
    for text in std::iter::once(&purpose.as_str()).chain(context) {
        code.update(&(text.len() as u64).to_be_bytes());
        code.update(text.as_bytes());
    }
    code.update(open);
    code
}

fn write(out: &mut Vec<u8>, text: &str) -> Option<()> {
    let length = u16::try_from(text.len()).ok()?;
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
    Some(())
}

fn read(rest: &mut &[u8]) -> Option<String> {
    let (length, after) = rest.split_at_checked(2)?;
    let length = u16::from_be_bytes(length.try_into().ok()?);
    let (text, after) = after.split_at_checked(usize::from(length))?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 2] = ["count_to", "786512e2-9e0d-44bd-8f29-789f320fe840"];

    fn keys(bytes: &[u8]) -> Keys {
        Keys::new(bytes.iter().map(|byte| [*byte; KEY_BYTES])).unwrap()
    }

    fn seal(keys: &Keys, texts: &[&str]) -> Option<String> {
        keys.seal(Purpose::TaskId, &["triage"], texts)
    }

    fn open(keys: &Keys, sealed: &str) -> Option<Vec<String>> {
        keys.open(Purpose::TaskId, &["triage"], sealed)
    }

    #[test]
    fn what_is_sealed_opens() {
        let keys = keys(b"a");
        let long = "x".repeat(1000);
        let tables: [&[&str]; 6] = [&TEXTS, &["", ""], &[], &["é", "\0"], &["a"], &["", &long]];
        for texts in tables {
            let sealed = seal(&keys, texts).unwrap();
            assert!(sealed.len() < 2100);
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            assert!(sealed.bytes().all(fits), "{sealed}");
            assert_eq!(open(&keys, &sealed).unwrap(), texts);
            assert_eq!(seal(&keys, texts).unwrap(), sealed, "it is the same id");
        }
        assert_eq!(seal(&keys, &["", &"x".repeat(1533)]), None);
        assert_eq!(seal(&keys, &[&"x".repeat(70_000)]), None);
    }

    #[test]
    fn no_changed_character_goes_unnoticed() {
        let keys = keys(b"a");
        let sealed = seal(&keys, &TEXTS).unwrap();
        for (at, byte) in sealed.bytes().enumerate() {
            for other in *b"A_z9=+ ." {
                if other == byte {
                    continue;
                }
                let mut changed = sealed.clone().into_bytes();
                changed[at] = other;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(open(&keys, &changed), None, "{changed}");
            }
        }
        for changed in [
            String::new(),
            sealed.chars().skip(1).collect(),
            sealed.chars().take(sealed.len() - 1).collect(),
            sealed.chars().take(16).collect(),
            format!("{sealed}A"),
            format!("{sealed}="),
            format!(" {sealed}"),
            format!("{sealed}{sealed}"),
            "A".repeat(5000),
        ] {
            assert_eq!(open(&keys, &changed), None, "{changed}");
        }
    }

    #[test]
    fn it_opens_nowhere_else() {
        let sealed = seal(&keys(b"a"), &TEXTS).unwrap();
        let elsewhere: [&[&str]; 5] = [&["other"], &[""], &[], &["triage", ""], &["tri", "age"]];
        for context in elsewhere {
            assert_eq!(keys(b"a").open(Purpose::TaskId, context, &sealed), None);
        }
        for purpose in [Purpose::SessionId, Purpose::EventId, Purpose::HiddenValue] {
            assert_eq!(keys(b"a").open(purpose, &["triage"], &sealed), None);
        }
        assert_eq!(open(&keys(b"b"), &sealed), None);
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (old, both, new) = (keys(b"a"), keys(b"ba"), keys(b"b"));
        let sealed = seal(&old, &TEXTS).unwrap();
        assert_eq!(open(&both, &sealed).unwrap(), TEXTS);
        assert_eq!(seal(&both, &TEXTS), seal(&new, &TEXTS));
        assert_ne!(seal(&both, &TEXTS).unwrap(), sealed);
    }

    #[test]
    fn what_can_not_be_keys() {
        let none: [&[u8]; 0] = [];
        assert_eq!(Keys::new(none).unwrap_err(), InvalidKeys::None);
        let short: [&[u8]; 2] = [&[7; 32], &[7; 31]];
        assert_eq!(Keys::new(short).unwrap_err(), InvalidKeys::TooShort(31));
        assert!(!format!("{:?}", keys(b"a")).contains("97"));
    }
}
