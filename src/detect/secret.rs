//! Secrets of vendors by their formats.

use std::ops::Range;

/// A literal that is in or before secrets.
#[derive(Debug)]
pub(super) struct Anchor {
    /// In lower case, unless its case counts.
    pub(super) literal: &'static str,
    /// Whether only this very literal counts.
    pub(super) case_sensitive: bool,
}

/// The literals of which one is in or before each secret.
pub(super) fn anchors() -> &'static [Anchor] {
    &[Anchor {
        literal: "ghp_",
        case_sensitive: true,
    }]
}

/// The secret near the anchor of this index, which is at `at`, and the rule that it is found by.
/// Only a bounded part of the text is looked at.
pub(super) fn find_at(
    _anchor: usize,
    text: &str,
    at: Range<usize>,
) -> Option<(Range<usize>, &'static str)> {
    let rest = text.get(at.end..)?;
    let end = rest
        .bytes()
        .take(37)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    (end == 36).then_some((at.start..at.end + end, "github_personal_access_token"))
}

/// A text that holds a secret.
pub(super) fn sample() -> String {
    ["ghp", "_", &"sample0token".repeat(3)].concat()
}
