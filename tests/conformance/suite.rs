//! Runs the suite.

use crate::checks::Checks;
use crate::support::tools::{NodeSet, node_packages};

/// The package.
const PACKAGE: &str = "@modelcontextprotocol/conformance";

/// Scenarios that belong together.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) name: &'static str,
    /// What the suite is told, for each run of it.
    runs: &'static [&'static [&'static str]],
    /// How many checks the server itself passes at least, so that nothing is compared with
    /// nothing.
    pub(crate) passes: usize,
}

/// What is run. The requirements of a revision of the protocol are frozen; there are none for
/// revisions before 2025-11-25 and for skills.
pub(crate) const SETS: &[Set] = &[
    Set {
        name: "2025-06-18",
        runs: &[&["--suite", "all", "--spec-version", "2025-06-18"]],
        passes: 56,
    },
    Set {
        name: "2025-11-25",
        runs: &[&["--requirements", "2025-11-25"]],
        passes: 84,
    },
    Set {
        name: "2026-07-28",
        runs: &[&["--requirements", "2026-07-28"]],
        passes: 197,
    },
    Set {
        name: "skills",
        runs: &[
            &["--scenario", "sep-2640-skills-directory"],
            &["--scenario", "sep-2640-skills-enumeration"],
            &["--scenario", "sep-2640-skills-manifest"],
        ],
        passes: 45,
    },
];

impl Set {
    /// How a server at this URL does.
    pub(crate) fn run(&self, url: &str) -> Result<Checks, String> {
        let out = tempfile::tempdir().map_err(|error| error.to_string())?;
        let packages = node_packages(NodeSet::Conformance)?;
        let mut said = String::new();
        for run in self.runs {
            let output = packages
                .command()
                .arg(packages.package(PACKAGE).join("dist/index.js"))
                .args(["server", "--url", url, "--output-dir"])
                .arg(out.path())
                .args(*run)
                .output()
                .map_err(|error| format!("cannot run the conformance suite: {error}"))?;
            // It ends with an error where a check fails, so what counts is what it wrote.
            said.push_str(&String::from_utf8_lossy(&output.stderr));
            said.push_str(&String::from_utf8_lossy(&output.stdout));
        }
        let checks = Checks::read(out.path())?;
        match checks.passed() {
            0 => Err(format!("the conformance suite checked nothing:\n{said}")),
            _ => Ok(checks),
        }
    }
}
