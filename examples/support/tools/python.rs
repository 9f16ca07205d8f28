//! Python with one release of its MCP SDK, or with gRPC.

use std::path::{Path, PathBuf};
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

/// A Python interpreter that has an MCP SDK ([`python`]) or gRPC ([`python_guardrail`]).
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
    let (interpreter, tag) = interpreter()?;
    let version = sdk.version();
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

/// Python with what `examples/python-guardrail` needs: its pinned packages, and what its README has
/// made of the protocol; on first use.
///
/// # Errors
/// A sentence for a person when it cannot be had.
pub(crate) fn python_guardrail() -> Result<Python, String> {
    let (interpreter, tag) = interpreter()?;
    let pins = include_str!("../../python-guardrail/requirements.txt");
    let protocol = include_str!("../../../proto/sluice/guardrail/v1/guardrail.proto");
    let name = format!("python-guardrail-{tag}-{}", fingerprint(&(pins, protocol)));
    let packages = once(&name, |directory| {
        say("fetching gRPC for Python (55 MB unpacked) …");
        pip::install(&interpreter, pins, directory)
            .map_err(|error| format!("cannot install gRPC for Python:\n{error}"))?;
        let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
        let mut protoc = Command::new(&interpreter);
        protoc.env("PYTHONPATH", directory);
        protoc.args(["-m", "grpc_tools.protoc"]);
        for (option, value) in [
            ("--proto_path", proto.as_path()),
            ("--python_out", directory),
            ("--grpc_python_out", directory),
        ] {
            protoc.arg(format!("{option}={}", value.display()));
        }
        protoc.arg(proto.join("sluice/guardrail/v1/guardrail.proto"));
        run(&mut protoc).map_err(|error| format!("cannot make code of the protocol:\n{error}"))?;
        Ok(())
    })?;
    Ok(Python {
        interpreter,
        packages,
    })
}

/// The interpreter, and a name for it: some packages are compiled for one Python, so that another
/// one gets its own directory.
fn interpreter() -> Result<(PathBuf, String), String> {
    let interpreter = pip::interpreter()?;
    let tag = run(Command::new(&interpreter).args([
        "-c",
        "import sys; assert sys.version_info >= (3, 10), 'Python 3.10 or newer is needed'; \
         print(sys.implementation.cache_tag)",
    ]))?;
    Ok((interpreter, tag.trim().to_owned()))
}
