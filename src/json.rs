//! The strict reader of everything that crosses, and splicing that leaves the rest alone.

pub mod limits;

pub use limits::Limits;
