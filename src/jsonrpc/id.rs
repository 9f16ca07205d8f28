//! Request ids.

use std::borrow::Cow;

use crate::json::Value;

/// The largest integer that every JSON reader represents exactly: 2^53 − 1.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// The id of a request: a string, or an integer that every reader represents exactly.
///
/// Ids travel as they were written, because a client compares them with what it sent.
#[derive(Debug, Clone)]
pub struct RequestId {
    raw: Box<str>,
    text: Box<str>,
}

/// Why a value is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Neither a string nor an integer within ±(2^53 − 1) written without fraction or exponent.
    #[error("the id must be a string or an integer between -(2^53-1) and 2^53-1")]
    Type,
    /// A string longer than the limit.
    #[error("the id is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl RequestId {
    /// Reads an id.
    ///
    /// # Errors
    ///
    /// Fails for anything but a string of at most `max_bytes` or an integer that every reader
    /// represents exactly. Fractions, exponents, `-0`, booleans and null are taken for different
    /// things by different servers.
    pub fn read(value: Value<'_>, max_bytes: usize) -> Result<Self, InvalidId> {
        let text: Cow<'_, str> = if let Some(text) = value.as_str() {
            text
        } else {
            let lexeme = value.as_number().ok_or(InvalidId::Type)?;
            let number: i64 = lexeme.parse().map_err(|_| InvalidId::Type)?;
            if number.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() || lexeme == "-0" {
                return Err(InvalidId::Type);
            }
            Cow::Borrowed(lexeme)
        };
        if text.len() > max_bytes {
            return Err(InvalidId::TooLong { limit: max_bytes });
        }
        Ok(Self {
            raw: value.raw().into(),
            text: text.into(),
        })
    }

    /// The id as JSON, byte for byte as it was written.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.raw
    }

    /// The text of the id: a string's, its escapes decoded, or a number's digits.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Whether a client may take the two for the same id: `1` and `"1"` are, for some.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
