//! What is told of calls.

use std::ops::RangeInclusive;

use crate::manifest::schema::{self, Payload};
use crate::manifest::span::Spanned;
use crate::policy::Payloads;

use super::{Context, limits};

/// Spans are small, and wait in memory.
const MOST: RangeInclusive<u64> = 64..=(32 << 10);

pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Telemetry>>,
) -> Payloads {
    let written = written.map(|written| written.value).unwrap_or_default();
    let payloads = written.payloads.unwrap_or_default();
    let has = |payload| payloads.iter().any(|written| written.value == payload);
    Payloads {
        arguments: has(Payload::Arguments),
        results: has(Payload::Results),
        most: limits::size(context, written.max_payload_bytes, MOST)
            .unwrap_or(Payloads::default().most),
    }
}
