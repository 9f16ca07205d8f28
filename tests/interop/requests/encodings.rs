//! Other ways to write the same text.

/// UTF-16 with this order of bytes.
pub(crate) fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// UTF-32 with this order of bytes.
pub(crate) fn utf32(text: &str, order: fn(u32) -> [u8; 4]) -> Vec<u8> {
    text.chars().flat_map(|c| order(u32::from(c))).collect()
}

/// The content coding `gzip` (RFC 1952), stored, not compressed.
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".to_vec();
    bytes.extend(stored(text));
    bytes.extend(crc32(text).to_le_bytes());
    bytes.extend(length(text).to_le_bytes());
    bytes
}

/// The content coding `deflate`, which is zlib (RFC 1950), stored, not compressed.
pub(crate) fn deflate(text: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x78\x01".to_vec();
    bytes.extend(stored(text));
    bytes.extend(adler32(text).to_be_bytes());
    bytes
}

/// The content coding `br` (RFC 7932): one meta-block that is not compressed, and an empty one.
pub(crate) fn brotli(text: &[u8]) -> Vec<u8> {
    // A window of 16 bits (0), not the last (0), four nibbles of length (00), the length less
    // one, uncompressed (1).
    let head = ((length(text) - 1) << 4) | (1 << 20);
    let mut bytes = head.to_le_bytes()[..3].to_vec();
    bytes.extend_from_slice(text);
    bytes.push(0b11);
    bytes
}

/// One stored block of DEFLATE (RFC 1951).
fn stored(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend_from_slice(text);
    bytes
}

fn length(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap()
}

fn crc32(text: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}

fn adler32(text: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in text {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    (high << 16) | low
}
