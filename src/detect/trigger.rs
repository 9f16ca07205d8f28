//! Where to look: the bytes near which all that has digits, `@` or `:` is found.

/// How many bytes are ruled out at once.
const BLOCK: usize = 16;

/// Whether a byte is a digit, `:` or `@`.
const fn is_trigger(byte: u8) -> bool {
    // `:` follows `9`.
    byte.wrapping_sub(b'0') <= b':' - b'0' || byte == b'@'
}

/// The first trigger at or after `at`.
pub(super) fn next(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    // Without a branch for each byte, so that a block is a few vector instructions.
    let is_quiet = |block: &&[u8]| {
        !block
            .iter()
            .fold(false, |any, byte| any | is_trigger(*byte))
    };
    let quiet = rest.chunks_exact(BLOCK).take_while(is_quiet).count() * BLOCK;
    let found = rest
        .get(quiet..)?
        .iter()
        .position(|byte| is_trigger(*byte))?;
    Some(at + quiet + found)
}
