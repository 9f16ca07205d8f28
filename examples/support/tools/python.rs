//! Python with one release of its MCP SDK.

use std::path::PathBuf;
use std::process::Command;

use super::once::{fingerprint, once, run, say};
use super::pip;

/// A release of the Python MCP SDK, and the newest version of the protocol that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PythonSdk {
    /// 2.3.0: 2026-07-28.
    V2_3_0,
    /// 1.30.0: 2025-11-25.
    V1_30_0,
    /// 1.12.4: 2025-06-18.
    V1_12_4,
    /// 1.9.4: 2025-03-26.
    V1_9_4,
    /// 1.6.0: 2024-11-05.
    V1_6_0,
}

impl PythonSdk {
    /// All of them, the newest first.
    pub(crate) const ALL: [Self; 5] = [
        Self::V2_3_0,
        Self::V1_30_0,
        Self::V1_12_4,
        Self::V1_9_4,
        Self::V1_6_0,
    ];

    /// The version of the package.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V2_3_0 => "2.3.0",
            Self::V1_30_0 => "1.30.0",
            Self::V1_12_4 => "1.12.4",
            Self::V1_9_4 => "1.9.4",
            Self::V1_6_0 => "1.6.0",
        }
    }

    fn pins(self) -> &'static str {
        match self {
            Self::V2_3_0 => include_str!("../../../tests/peers/python/mcp-2.3.0.txt"),
            Self::V1_30_0 => include_str!("../../../tests/peers/python/mcp-1.30.0.txt"),
            Self::V1_12_4 => include_str!("../../../tests/peers/python/mcp-1.12.4.txt"),
            Self::V1_9_4 => include_str!("../../../tests/peers/python/mcp-1.9.4.txt"),
            Self::V1_6_0 => include_str!("../../../tests/peers/python/mcp-1.6.0.txt"),
        }
    }
}

/// A Python interpreter that has an MCP SDK ([`python`]).
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

/// Python with PyPI's `mcp`, as pinned in `tests/peers/python`, installed on first use.
///
/// # Errors
/// A sentence for a person when it cannot be had.
pub(crate) fn python(sdk: PythonSdk) -> Result<Python, String> {
    let interpreter = pip::interpreter()?;
    // Some packages are compiled for one Python: another one gets its own directory.
    let tag = run(Command::new(&interpreter).args([
        "-c",
        "import sys; assert sys.version_info >= (3, 10), 'Python 3.10 or newer is needed'; \
         print(sys.implementation.cache_tag)",
    ]))?;
    let (version, tag) = (sdk.version(), tag.trim());
    let name = format!("python-mcp-{version}-{tag}-{}", fingerprint(&sdk.pins()));
    let packages = once(&name, |directory| {
        say(&format!(
            "fetching the Python MCP SDK {version} (20 to 45 MB unpacked) …"
        ));
        pip::install(&interpreter, sdk.pins(), directory)
            .map_err(|error| format!("cannot install the Python MCP SDK {version}:\n{error}"))
    })?;
    Ok(Python {
        interpreter,
        packages,
    })
}
