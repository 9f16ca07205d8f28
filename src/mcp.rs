//! What the Model Context Protocol says, in all the versions that Sluice speaks.

pub mod sse;
pub mod version;

pub use version::ProtocolVersion;
