//! Runs the suite.

use std::path::Path;

use crate::checks::Checks;
use crate::client::{self, Way};
use crate::support::tools::{NodeSet, node_packages};

/// The package.
const PACKAGE: &str = "@modelcontextprotocol/conformance";

/// Scenarios that belong together.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// What the suite is told, for each run of it.
    runs: &'static [&'static [&'static str]],
    /// How many checks pass without Sluice at least, so that nothing is compared with nothing.
    pub(crate) passes: usize,
}

/// What is examined: the suite plays the other part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The fixture.
    Server,
    /// The client of this program.
    Client,
}

/// Whom the suite is to meet.
#[derive(Debug)]
pub(crate) enum Party {
    /// A server at this URL.
    Server(String),
    /// The client of this program.
    Client(Way),
}

/// What is run. The requirements of a revision of the protocol are frozen; there are none for
/// revisions before 2025-11-25 and for skills. What clients are asked about authorization is left
/// out, since it is between them and whoever they see, which is Envoy.
pub(crate) const SETS: &[Set] = &[
    Set {
        name: "2025-06-18",
        role: Role::Server,
        runs: &[&["--suite", "all", "--spec-version", "2025-06-18"]],
        passes: 56,
    },
    Set {
        name: "2025-11-25",
        role: Role::Server,
        runs: &[&["--requirements", "2025-11-25"]],
        passes: 84,
    },
    Set {
        name: "2026-07-28",
        role: Role::Server,
        runs: &[&["--requirements", "2026-07-28"]],
        passes: 197,
    },
    Set {
        name: "skills",
        role: Role::Server,
        runs: &[
            &["--scenario", "sep-2640-skills-directory"],
            &["--scenario", "sep-2640-skills-enumeration"],
            &["--scenario", "sep-2640-skills-manifest"],
        ],
        passes: 45,
    },
    Set {
        name: "client-2025-11-25",
        role: Role::Client,
        runs: &[
            &["--spec-version", "2025-11-25", "--scenario", "initialize"],
            &["--spec-version", "2025-11-25", "--scenario", "tools_call"],
            &[
                "--spec-version",
                "2025-11-25",
                "--scenario",
                "elicitation-sep1034-client-defaults",
            ],
            &["--spec-version", "2025-11-25", "--scenario", "sse-retry"],
        ],
        passes: 11,
    },
    Set {
        name: "client-2026-07-28",
        role: Role::Client,
        runs: &[
            &["--spec-version", "2026-07-28", "--scenario", "tools_call"],
            &["--scenario", "request-metadata"],
            &["--scenario", "sep-2322-client-request-state"],
            &["--scenario", "http-standard-headers"],
            &["--scenario", "http-custom-headers"],
            &["--scenario", "http-invalid-tool-headers"],
            &["--scenario", "json-schema-ref-no-deref"],
            &["--scenario", "json-schema-2020-12-preservation"],
        ],
        passes: 62,
    },
];

impl Set {
    /// How a party does.
    pub(crate) fn run(&self, party: &Party) -> Result<Checks, String> {
        let out = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut said = String::new();
        for run in self.runs {
            said.push_str(&examine(party, run, out.path())?);
        }
        let checks = Checks::read(out.path())?;
        match checks.passed() {
            0 => Err(format!("the conformance suite saw nothing pass:\n{said}")),
            _ => Ok(checks),
        }
    }
}

/// Lets the suite examine a party, and write into a directory: what it says besides.
fn examine(party: &Party, run: &[&str], out: &Path) -> Result<String, String> {
    let packages = node_packages(NodeSet::Conformance)?;
    let mut command = packages.command();
    command.arg(packages.package(PACKAGE).join("dist/index.js"));
    match party {
        Party::Server(url) => command.args(["server", "--url", url]),
        Party::Client(way) => {
            let program = std::env::current_exe().map_err(|error| error.to_string())?;
            let (name, value) = client::ask_for(*way);
            command.env(name, value);
            command.args(["client", "--command"]).arg(program)
        }
    };
    command.arg("--output-dir").arg(out).args(run);
    let output = command.output();
    let output = output.map_err(|error| format!("cannot run the conformance suite: {error}"))?;
    // It ends with an error where a check fails, so what counts is what it wrote.
    let said = [&output.stderr, &output.stdout].map(|said| String::from_utf8_lossy(said));
    Ok(said.concat())
}
