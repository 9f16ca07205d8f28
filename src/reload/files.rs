//! The files that a manifest names, read from beside it, and whether they are still the same.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::read;
use crate::manifest::{self, Diagnostics, Loaded};
use crate::stamp::Stamp;

/// Files, as they were just before they were read.
pub(super) type Seen = Vec<(PathBuf, Option<Stamp>)>;

/// Checks a manifest with the files that it names, and compiles it. `path` is where its text is from.
///
/// # Errors
///
/// All that is wrong with it, and with the files.
pub fn load(path: &Path, text: &str) -> Result<Loaded, Diagnostics> {
    load_seen(path, text).0
}

/// The same, with the files that were read.
pub(super) fn load_seen(path: &Path, text: &str) -> (Result<Loaded, Diagnostics>, Seen) {
    let seen = RefCell::new(Seen::new());
    let files = |name: &str| {
        // An absolute path stays as it is.
        let file = path.parent().unwrap_or(Path::new("")).join(name);
        let stamp = Stamp::of(&file);
        let text = read(&file).map_err(|error| error.to_string());
        seen.borrow_mut().push((file, stamp));
        text
    };
    let loaded = manifest::load_with(&path.to_string_lossy(), text, &files);
    (loaded, seen.into_inner())
}

/// Whether one of the files is another one by now.
pub(super) fn have_changed(seen: &Seen) -> bool {
    seen.iter().any(|(file, stamp)| Stamp::of(file) != *stamp)
}
