//! What is told of exchanges, and to whom.

mod audit;
mod blackhole;
mod collector;
mod spans;
