//! Frames: the pieces of a segment and of its index, each with its length and a checksum, so that one
//! that was cut off by a crash is known for what it is.
//!
//! A frame is the length of its payload (4 bytes, little-endian), the CRC-32 of the payload (4 bytes),
//! and the payload. Where there is a key, the payload is a nonce (12 bytes) and what AES-256-GCM makes
//! of the text, bound to the file and the place in it, so that frames can't change places.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The bytes before a payload.
pub(super) const HEAD: usize = 8;

/// The longest payload that is read. What claims to be longer is damage.
const MAX_PAYLOAD: usize = 256 << 20;

/// The key of a capture that is encrypted.
pub struct CaptureKey(LessSafeKey);

impl fmt::Debug for CaptureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaptureKey")
    }
}

/// What can't be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a capture key is 32 random bytes")]
pub struct InvalidCaptureKey;

impl CaptureKey {
    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// They are not 32.
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidCaptureKey> {
        UnboundKey::new(&AES_256_GCM, bytes)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| InvalidCaptureKey)
    }
}

/// The place of a frame: the file's own random id, and the offset in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) file: [u8; 16],
    pub(super) offset: u64,
}

impl Place {
    fn bound(&self) -> [u8; 24] {
        let mut bound = [0; 24];
        let (file, offset) = bound.split_at_mut(16);
        file.copy_from_slice(&self.file);
        offset.copy_from_slice(&self.offset.to_le_bytes());
        bound
    }
}

/// Why there is no frame at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoFrame {
    /// The file ends here.
    End,
    /// The file ends before the frame does: what a crash leaves behind.
    Torn,
    /// The bytes are not those that were written. The next frame, if there is one, begins so many
    /// bytes later.
    Damaged(usize),
    /// The key is not the one that it was written with, or there is none.
    Sealed,
}

/// Appends a frame. `None` if there are no random bytes, or it is too long.
pub(super) fn write(
    text: &[u8],
    key: Option<&CaptureKey>,
    place: Place,
    out: &mut Vec<u8>,
) -> Option<()> {
    let sealed;
    let payload = match key {
        None => text,
        Some(key) => {
            sealed = seal(text, key, place)?;
            &sealed
        }
    };
    let length = u32::try_from(payload.len()).ok()?;
    if payload.len() > MAX_PAYLOAD {
        return None;
    }
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(payload);
    Some(())
}

/// The frame that `bytes` begin with: its text, and its length with its head.
pub(super) fn read(
    bytes: &[u8],
    key: Option<&CaptureKey>,
    place: Place,
) -> Result<(Vec<u8>, usize), NoFrame> {
    if bytes.is_empty() {
        return Err(NoFrame::End);
    }
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(NoFrame::Torn);
    };
    let Some((sum, rest)) = rest.split_first_chunk::<4>() else {
        return Err(NoFrame::Torn);
    };
    let length = u32::from_le_bytes(*length) as usize;
    let Some(payload) = rest.get(..length).filter(|_| length <= MAX_PAYLOAD) else {
        return Err(NoFrame::Torn);
    };
    let whole = HEAD + length;
    if crc32fast::hash(payload) != u32::from_le_bytes(*sum) {
        return Err(NoFrame::Damaged(whole));
    }
    let text = match key {
        None => payload.to_vec(),
        Some(key) => open(payload, key, place).ok_or(NoFrame::Sealed)?,
    };
    Ok((text, whole))
}

fn seal(text: &[u8], key: &CaptureKey, place: Place) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).ok()?;
    let mut body = text.to_vec();
    let bound = Aad::from(place.bound());
    let unique = Nonce::assume_unique_for_key(nonce);
    key.0
        .seal_in_place_append_tag(unique, bound, &mut body)
        .ok()?;
    Some([nonce.as_slice(), &body].concat())
}

fn open(payload: &[u8], key: &CaptureKey, place: Place) -> Option<Vec<u8>> {
    let (nonce, body) = payload.split_first_chunk::<NONCE_LEN>()?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let bound = Aad::from(place.bound());
    let text = key.0.open_in_place(nonce, bound, &mut body).ok()?;
    Some(text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        file: [7; 16],
        offset: 32,
    };

    fn written(text: &[u8], key: Option<&CaptureKey>) -> Vec<u8> {
        let mut out = Vec::new();
        write(text, key, PLACE, &mut out).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let key = CaptureKey::new(&[1; 32]).unwrap();
        for key in [None, Some(&key)] {
            for text in [b"".as_slice(), b"{}", &[b'x'; 70_000]] {
                let bytes = written(text, key);
                assert_eq!(read(&bytes, key, PLACE), Ok((text.to_vec(), bytes.len())));
            }
        }
        assert_eq!(read(&[], None, PLACE), Err(NoFrame::End));
    }

    #[test]
    fn every_cut_is_a_torn_frame() {
        let bytes = written(b"{\"a\":1}", None);
        for end in 1..bytes.len() {
            assert_eq!(
                read(&bytes[..end], None, PLACE),
                Err(NoFrame::Torn),
                "{end}"
            );
        }
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let key = CaptureKey::new(&[1; 32]).unwrap();
        for key in [None, Some(&key)] {
            let bytes = written(b"{\"a\":1}", key);
            for index in 4..bytes.len() {
                let mut changed = bytes.clone();
                changed[index] ^= 0x20;
                let read = read(&changed, key, PLACE);
                assert_eq!(read, Err(NoFrame::Damaged(bytes.len())), "{index}");
            }
        }
    }

    #[test]
    fn another_key_or_place_opens_nothing() {
        let (key, other) = (
            CaptureKey::new(&[1; 32]).unwrap(),
            CaptureKey::new(&[2; 32]).unwrap(),
        );
        let bytes = written(b"secret", Some(&key));
        assert!(!bytes.windows(6).any(|it| it == b"secret"));
        assert_eq!(read(&bytes, Some(&other), PLACE), Err(NoFrame::Sealed));
        let place = Place {
            offset: 33,
            ..PLACE
        };
        assert_eq!(read(&bytes, Some(&key), place), Err(NoFrame::Sealed));
        assert!(CaptureKey::new(&[1; 31]).is_err());
    }
}
