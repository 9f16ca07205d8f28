//! Protocol versions.

use std::fmt;

/// A version of the Model Context Protocol that Sluice understands.
///
/// The order is the order of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// The first version, made for the transport HTTP+SSE.
    V2024_11_05,
    /// The first version with streamable HTTP. Assumed when a request names no version
    /// (MCP 2025-06-18, "Protocol Version Header").
    V2025_03_26,
    /// Adds the `MCP-Protocol-Version` header.
    V2025_06_18,
    /// Adds polling and the first form of tasks.
    V2025_11_25,
    /// Stateless: no `initialize`, no sessions, and every request carries its version in `_meta`.
    V2026_07_28,
}

impl ProtocolVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 5] = [
        Self::V2024_11_05,
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
        Self::V2026_07_28,
    ];

    /// The versions that were made for streamable HTTP, oldest first.
    pub const STREAMABLE: [Self; 4] = [
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
        Self::V2026_07_28,
    ];

    /// The version as it is written in headers and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The version that is written exactly so, or `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }

    /// Whether requests of this version carry their version in `params._meta` and have neither
    /// `initialize` nor sessions (MCP 2026-07-28).
    #[must_use]
    pub const fn is_modern(self) -> bool {
        matches!(self, Self::V2026_07_28)
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
