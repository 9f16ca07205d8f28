//! The conformance suite of MCP, against a server itself and through Envoy and Sluice.
//!
//! A virtual server that has everything must be told from the server behind it by nothing: each
//! check of the suite ends in the same way with both, except for what `differences.txt` lists,
//! with the reason for each.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on must fail"
)]

#[path = "../../examples/support/mod.rs"]
mod support;

mod checks;
mod difference;
mod fixture;
mod suite;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};

use libtest_mimic::{Arguments, Failed, Trial};

use checks::Checks;
use suite::Set;
use support::envoy::{Config, Envoy};
use support::sluice::{Process, Setup};

/// Everything of the server.
const MANIFEST: &str = r#"
servers:
  fixture: {}
virtual_servers:
  everything:
    match: {path: /mcp/everything}
    servers: [{name: fixture, enabled_tools: ["*"]}]
    enabled_prompts: ["*"]
    enabled_resources: ["*"]
    instructions: pass
"#;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Some checks of the suite wait for half a second only: one set has the machine for itself.
    arguments.test_threads = Some(1);
    let (report, reports) = mpsc::channel();
    let trials = suite::SETS.iter().map(|set| {
        let report = report.clone();
        let test = move || compare(set, &report).map_err(Failed::from);
        Trial::test(format!("conformance_of_{}", set.name), test)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(report);
    let lines: Vec<String> = reports.iter().collect();
    // Not being able to say it is no reason to fail.
    drop(writeln!(std::io::stdout(), "{}", lines.join("\n")));
    conclusion.exit_code()
}

/// A fixture, Sluice and Envoy.
struct House {
    _fixture: fixture::Running,
    _sluice: Process,
    envoy: Envoy,
}

impl House {
    fn new() -> Result<Self, String> {
        let fixture = fixture::start();
        let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), MANIFEST).start()?;
        let config = Config::new(&sluice.unix(), fixture.address())?;
        let envoy = Envoy::start(&config)?;
        Ok(Self {
            _fixture: fixture,
            _sluice: sluice,
            envoy,
        })
    }
}

/// Runs one set both ways at the same time, each against a server of its own, and says how many
/// checks passed.
fn compare(set: &'static Set, report: &Sender<String>) -> Result<(), String> {
    let fixture = fixture::start();
    let url = format!("http://{}/mcp", fixture.address());
    let direct = std::thread::spawn(move || set.run(&url));
    let house = House::new()?;
    let proxied = set.run(&house.envoy.url("/mcp/everything"))?;
    let direct = direct.join().map_err(|_| "the direct run panicked")??;
    let count = |checks: &Checks| format!("{} passed, {} failed", checks.passed(), checks.failed());
    let (name, direct_count, proxied_count) = (set.name, count(&direct), count(&proxied));
    let line = format!("{name}: direct {direct_count}; through Sluice {proxied_count}");
    report.send(line).map_err(|error| error.to_string())?;
    if direct.passed() < set.passes || direct.failed() > 0 {
        let failures = direct.failures().join("\n");
        return Err(format!("the fixture itself fails:\n{failures}"));
    }
    let listed = difference::judge(set.name, &direct, &proxied)?;
    let differ = |line: String| report.send(line).map_err(|error| error.to_string());
    listed.into_iter().try_for_each(differ)
}
