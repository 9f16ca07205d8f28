//! What the Model Context Protocol says, in all the versions that Sluice speaks.

pub mod code;
pub mod header;
pub mod meta;
pub mod method;
pub mod sse;
pub mod version;

pub use method::{ClientMethod, ServerMethod};
pub use version::ProtocolVersion;
