//! Limits, sizes and times, as they are written.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::manifest::span::Spanned;

/// What is refused for being too large. Sizes are numbers of bytes, or texts like `64KiB`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Limits {
    /// The longest request body; `4MiB` unless said otherwise.
    pub(in crate::manifest) max_request_bytes: Option<Spanned<Size>>,
    /// The longest response body that is not a stream of events; `16MiB` unless said otherwise.
    pub(in crate::manifest) max_response_bytes: Option<Spanned<Size>>,
    /// The longest server-sent event; `16MiB` unless said otherwise.
    pub(in crate::manifest) max_sse_event_bytes: Option<Spanned<Size>>,
    /// The longest JSON-RPC id that is a text; 256 unless said otherwise.
    pub(in crate::manifest) max_id_bytes: Option<Spanned<Size>>,
    /// How deep JSON may nest, 8 to 128; 64 unless said otherwise.
    pub(in crate::manifest) max_json_depth: Option<Spanned<u64>>,
    /// How many digits a JSON number may have, 16 to 1024; 64 unless said otherwise.
    pub(in crate::manifest) max_number_digits: Option<Spanned<u64>>,
    /// The longest time for which a client may keep a filtered list, like `60s`; `60s` unless said
    /// otherwise.
    pub(in crate::manifest) max_list_ttl: Option<Spanned<Time>>,
}

/// A number of bytes, or a text like `64KiB`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(in crate::manifest) enum Size {
    /// A number of bytes.
    Bytes(u64),
    /// A number with a unit: `KiB`, `MiB`, or `B`.
    Text(String),
}

/// A time like `60s`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub(in crate::manifest) struct Time(pub(in crate::manifest) String);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;

        impl Visitor<'_> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, or a text like `64KiB`")
            }

            fn visit_u64<E>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size::Bytes(bytes))
            }

            fn visit_str<E>(self, text: &str) -> Result<Size, E> {
                Ok(Size::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(SizeVisitor)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;

        impl Visitor<'_> for TimeVisitor {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time with its unit, like `60s`")
            }

            fn visit_str<E>(self, text: &str) -> Result<Time, E> {
                Ok(Time(text.to_owned()))
            }
        }

        deserializer.deserialize_any(TimeVisitor)
    }
}
