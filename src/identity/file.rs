//! Sets of keys in files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::fetch::MAX_BYTES;

/// Reads a file. Of one that is too long, a part comes, which is no JSON.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
