//! What is told of exchanges, and to whom.

mod blackhole;
mod collector;
mod spans;
