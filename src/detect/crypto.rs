//! Addresses of cryptocurrencies: Bitcoin in Base58Check (of version 0 and 5) and in Bech32 (BIP
//! 173, BIP 350), Ethereum with the capitals of EIP-55.

mod keccak;

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::text::Text;
use super::vocabulary::Topics;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The bytes of an address in Base58Check: a version, a hash and four bytes that check them.
const BASE58_BYTES: usize = 25;

/// The kind of address that a token is.
pub(super) fn of_token(text: Text<'_>, token: &Range<usize>) -> Option<&'static str> {
    let bytes = text.get(token.clone());
    if text.is_glued_before(token.start) || text.is_glued_after(token.end) {
        return None;
    }
    match (bytes.len(), bytes) {
        (26..=35, [b'1' | b'3', ..]) => is_base58(bytes).then_some("bitcoin_address"),
        (42, [b'0', b'x', hex @ ..]) => is_ethereum(text, token, hex).then_some("ethereum_address"),
        (14..=74, [b'b' | b'B', b'c' | b'C', b'1', ..]) => {
            is_segwit(bytes).then_some("bitcoin_address")
        }
        _ => None,
    }
}

/// Whether it is a version, 20 bytes, and the first four bytes of their hash's hash.
fn is_base58(text: &[u8]) -> bool {
    let Some(bytes) = from_base58(text) else {
        return false;
    };
    let Some((body, check)) = bytes.split_at_checked(BASE58_BYTES - 4) else {
        return false;
    };
    let hash = Sha256::digest(Sha256::digest(body));
    matches!(body.first(), Some(0 | 5)) && hash.starts_with(check)
}

fn from_base58(text: &[u8]) -> Option<[u8; BASE58_BYTES]> {
    let mut bytes = [0_u8; BASE58_BYTES];
    for character in text {
        let mut carry = BASE58.iter().position(|known| known == character)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry % 256).ok()?;
            carry /= 256;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

/// Whether an address of a witness program has its checksum, in one case.
fn is_segwit(text: &[u8]) -> bool {
    let is_mixed =
        text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    let Some((_, data)) = text.split_at_checked(3) else {
        return false;
    };
    // `bc`, as the checksum takes it: the high bits, a zero, the low bits.
    let mut sum = [3, 3, 0, 2, 3].into_iter().fold(1, bech32_step);
    for character in data {
        let lower = character.to_ascii_lowercase();
        let Some(value) = BECH32.iter().position(|known| *known == lower) else {
            return false;
        };
        sum = bech32_step(sum, u32::try_from(value).unwrap_or_default());
    }
    !is_mixed && matches!(sum, 1 | 0x2bc8_30a3)
}

fn bech32_step(sum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = sum >> 25;
    let parts = GENERATOR
        .iter()
        .enumerate()
        .filter(|(bit, _)| top >> bit & 1 == 1);
    parts.fold((sum & 0x1ff_ffff) << 5 ^ value, |sum, (_, part)| sum ^ part)
}

/// Whether 40 hexadecimal digits have the capitals that their hash gives them, or, where all have
/// one case and so no check, stand by a word about such addresses.
fn is_ethereum(text: Text<'_>, token: &Range<usize>, hex: &[u8]) -> bool {
    if !hex.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let is_lower = !hex.iter().any(u8::is_ascii_uppercase);
    let is_upper = !hex.iter().any(u8::is_ascii_lowercase);
    if is_lower || is_upper {
        return Context::around(text, token).has(Topics::CRYPTO);
    }
    let hash = keccak::keccak256(&hex.to_ascii_lowercase());
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let fits = |(byte, nibble): (&u8, u8)| {
        byte.is_ascii_digit() || byte.is_ascii_uppercase() == (nibble >= 8)
    };
    hex.iter().zip(nibbles).all(fits)
}
