//! Makes a directory of `target/tools` once, and runs what it takes.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::target_directory;

/// Makes `target/tools/NAME` unless it is there, whoever else is at it at the same time.
///
/// # Errors
/// A sentence for a person, or what `make` says.
pub(super) fn once<T>(
    name: &str,
    make: impl FnOnce(&Path) -> Result<T, String>,
) -> Result<PathBuf, String> {
    let tools = target_directory().join("tools");
    let made = tools.join(name);
    if made.is_dir() {
        return Ok(made);
    }
    let context = |error: std::io::Error| format!("cannot make {}: {error}", made.display());
    fs::create_dir_all(&tools).map_err(context)?;
    let lock = fs::File::create(tools.join(format!(".{name}.lock"))).map_err(context)?;
    lock.lock().map_err(context)?;
    if made.is_dir() {
        return Ok(made);
    }
    let making = tools.join(format!(".{name}.making"));
    if making.exists() {
        fs::remove_dir_all(&making).map_err(context)?;
    }
    fs::create_dir(&making).map_err(context)?;
    make(&making)?;
    fs::rename(&making, &made).map_err(context)?;
    Ok(made)
}

/// A short name for what is pinned: other pins get another directory.
pub(super) fn fingerprint(pins: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    pins.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Runs a command to its end: its standard output.
///
/// # Errors
/// What it said on standard error, or why it cannot be run.
pub(super) fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Writes a file.
///
/// # Errors
/// A sentence for a person.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Tells the person who waits what for.
pub(super) fn say(line: &str) {
    // Not being able to say it is no reason not to do it.
    drop(writeln!(std::io::stderr(), "{line}"));
}
