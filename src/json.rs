//! The strict reader of everything that crosses, and splicing that leaves the rest alone.
//!
//! Two parsers that read the same bytes differently are how a filter is passed by: one sees
//! `"name": "safe"`, the next one `"name": "secret"`. The reader therefore accepts only what every
//! JSON parser reads in the same way, and refuses the rest ([`ErrorKind`] lists it). Half
//! characters, which servers do send, it can replace instead ([`LoneSurrogates`]). What it accepts
//! is viewed in place ([`Document`], [`Value`]) and changed in place ([`Splice`]): bytes that
//! nobody decided to change go on as they came.
//!
//! It is code of our own because `serde_json` keeps the last of two equal keys, does not say where
//! a value stands in its source, and allocates for each of them.

mod document;
mod end;
mod error;
mod fold;
mod limits;
mod reader;
mod splice;
mod string;
mod tape;

pub use document::{Document, Elements, Kind, Member, Members, Value};
pub use end::EndDetector;
pub use error::{Error, ErrorKind};
pub use fold::folds_to;
pub use limits::{Limits, LoneSurrogates};
pub use splice::Splice;
pub use string::{quoted, write_string};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
