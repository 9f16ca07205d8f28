//! What went through, kept to be looked at and played again: an append-only log of exchanges.
//!
//! A capture is a directory of segments (`segment`). Whoever writes it (`writer`) begins a new segment
//! when one is full and when it starts, and removes the oldest when the directory takes too much.
//! Beside each segment stands an index of what is in it, by which `reader` finds what is asked for
//! without reading all of it.

mod build;
pub mod entry;
mod frame;
mod ndjson;
pub mod reader;
mod recorder;
mod segment;
pub mod writer;

pub use entry::{Entry, Summary};
pub use frame::CaptureKey;
pub use ndjson::ndjson;
pub use reader::{Capture, Damage};
pub use recorder::Recorder;
pub use writer::{Options, Writer};
