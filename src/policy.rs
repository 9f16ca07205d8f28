//! Who may see and call what, and the reasons.

pub mod limits;
pub mod reason;

pub use limits::Limits;
pub use reason::Reason;
