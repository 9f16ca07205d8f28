//! What of calls is told to whoever collects spans.

/// What of calls is told to whoever collects spans: what is redacted of it, never what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payloads {
    /// Whether arguments are.
    pub arguments: bool,
    /// Whether results are.
    pub results: bool,
    /// How many bytes of each.
    pub most: usize,
}

impl Default for Payloads {
    /// Nothing.
    fn default() -> Self {
        Self {
            arguments: false,
            results: false,
            most: 4 << 10,
        }
    }
}
