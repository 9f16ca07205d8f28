//! What must hold of Sluice for any input: one module a fuzz target.
//!
//! Each has one function, which takes bytes and panics if a property does not hold.

pub mod exchange;
pub mod json;
pub mod manifest;
mod reader;
pub mod sse;
mod tree;
