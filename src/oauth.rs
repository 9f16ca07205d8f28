//! What OAuth says, as data: bearer tokens, signing algorithms, challenges and metadata. Nothing
//! here verifies or fetches.

mod algorithm;
mod bearer;
mod challenge;
mod metadata;

pub use algorithm::Algorithm;
pub use bearer::{BearerToken, NoToken};
pub use challenge::{Challenge, Problem};
pub use metadata::{ProtectedResource, WELL_KNOWN, metadata_url};
