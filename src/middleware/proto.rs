//! The messages of `proto/sluice/guardrail/v1/guardrail.proto`, as `build.rs` makes them.

#![expect(
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    reason = "the code is generated"
)]
#![cfg_attr(
    test,
    expect(clippy::allow_attributes, reason = "the server is generated too")
)]

/// The longest payload, in bytes.
pub(super) const LONGEST: usize = 16 << 20;

tonic::include_proto!("sluice.guardrail.v1");
