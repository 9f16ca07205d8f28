//! What is told of exchanges, and to whom.

mod collector;
mod spans;
