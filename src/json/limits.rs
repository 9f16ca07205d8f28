//! What the reader accepts.

/// The limits of the strict reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// How many digits a number may have, all its parts together.
    pub number_digits: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Deeper than 128 some SDKs reject or take quadratic time; real messages stay below 20.
        Self {
            depth: 64,
            number_digits: 64,
        }
    }
}
