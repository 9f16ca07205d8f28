//! The conformance suite of MCP, with and without Sluice.
//!
//! A virtual server that has everything must be told from the server behind it by nothing: each
//! check of the suite ends in the same way with both, except for what `differences.txt` lists,
//! with the reason for each. The suite examines a server itself and through Envoy and Sluice, and
//! a client that speaks to the suite's servers itself and through Envoy and Sluice.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on must fail"
)]

#[path = "../../examples/support/mod.rs"]
mod support;

mod checks;
mod client;
mod difference;
mod fixture;
mod suite;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};

use libtest_mimic::{Arguments, Failed, Trial};

use checks::Checks;
use client::Way;
use suite::{Party, Role, Set};
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
    enabled_skills: ["*"]
    tasks: true
    instructions: pass
"#;

fn main() -> ExitCode {
    if let Some(code) = client::main() {
        return code;
    }
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

/// Sluice, and Envoy before it.
struct House {
    envoy: Envoy,
    _sluice: Process,
}

impl House {
    /// Before an MCP server at this address and path.
    fn new(upstream: SocketAddr, path: &str) -> Result<Self, String> {
        let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), MANIFEST).start()?;
        let rewrite = |path: &str| format!("substitution: {path}}}");
        let config = Config::new(&sluice.unix(), upstream)?;
        let config = config.replace(&rewrite("/mcp"), &rewrite(path))?;
        let envoy = Envoy::start(&config)?;
        Ok(Self {
            envoy,
            _sluice: sluice,
        })
    }

    fn url(&self) -> String {
        self.envoy.url("/mcp/everything")
    }
}

/// Runs one set without Sluice and with it at the same time.
fn run(set: &'static Set) -> Result<[Checks; 2], String> {
    // Each way has a server of its own.
    let servers = [fixture::start(), fixture::start()];
    let [direct, behind] = servers.each_ref().map(fixture::Running::address);
    let house = House::new(behind, "/mcp")?;
    let parties = match set.role {
        Role::Server => [format!("http://{direct}/mcp"), house.url()].map(Party::Server),
        Role::Client => [Way::Direct, Way::ThroughSluice].map(Party::Client),
    };
    let running = parties.map(|party| std::thread::spawn(move || set.run(&party)));
    let [direct, sluiced] = running.map(|thread| thread.join());
    let ended = |checks: std::thread::Result<_>| checks.map_err(|_| "the run panicked")?;
    Ok([ended(direct)?, ended(sluiced)?])
}

/// Compares the two runs of a set, and says how many checks passed.
fn compare(set: &'static Set, report: &Sender<String>) -> Result<(), String> {
    let [direct, proxied] = run(set)?;
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
