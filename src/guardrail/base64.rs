//! Bytes in base64, as lenient readers take them, and the text that they are.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A reader to which neither padding nor the last bits matter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes, in whichever of the two alphabets, with or without padding and line breaks: what the
/// readers of Python and Node take, a filter must take too. `None` if it is no base64.
pub(super) fn decode(written: &str) -> Option<Vec<u8>> {
    let is_odd = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'-' | b'_');
    let plain: Cow<'_, [u8]> = match written.bytes().any(is_odd) {
        false => Cow::Borrowed(written.as_bytes()),
        true => {
            let bytes = written.bytes().filter(|byte| !byte.is_ascii_whitespace());
            let standard = bytes.map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => byte,
            });
            Cow::Owned(standard.collect())
        }
    };
    LENIENT.decode(plain.as_ref()).ok()
}

/// The text that bytes are: UTF-8, but for some of them, or UTF-16 that says so. `None` if they are no
/// text, such as an image.
pub(super) fn text(bytes: Vec<u8>) -> Option<String> {
    let utf16 = |read: fn([u8; 2]) -> u16| {
        let (units, _) = bytes.as_chunks::<2>();
        let units = units.iter().skip(1).map(|unit| read(*unit));
        let units: Vec<u16> = units.collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => return Some(utf16(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Some(utf16(u16::from_be_bytes)),
        _ => {}
    }
    // Compressed data has control characters everywhere, and texts have hardly any.
    let is_control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x1b);
    let controls = bytes.iter().filter(is_control).count();
    if controls > bytes.len() / 50 {
        return None;
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}
