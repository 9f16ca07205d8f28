//! `sluice check`

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::load::read;
use super::{Exit, Out};
use crate::manifest::{Diagnostics, Severity, Test};
use crate::policy::{Policy, Reason};
use crate::scenario::{self, Failure};

/// Check manifests, show all that is wrong with them, and run their tests
///
/// Exit codes: 0 if all is well; 1 if a manifest has errors, or one of its tests fails (or, with
/// --deny-warnings, if there are warnings); 2 if a file can't be read.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The manifests
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object for each diagnostic and each test, each on a line of standard output
    #[arg(long)]
    json: bool,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let mut exit = Exit::Ok;
        for file in &self.files {
            exit = exit.max(self.check(file, out)?);
        }
        Ok(exit)
    }

    fn check(&self, file: &Path, out: &mut Out) -> io::Result<Exit> {
        let Some(loaded) = read(file, out)? else {
            return Ok(Exit::Usage);
        };
        let (diagnostics, tests) = match loaded {
            Ok(loaded) => (loaded.warnings, run_tests(loaded.policy, loaded.tests)),
            Err(diagnostics) => (diagnostics, Vec::new()),
        };
        let failed = tests.iter().filter(|test| test.failure.is_some()).count();
        let is_ok = diagnostics.count(Severity::Error) == 0
            && failed == 0
            && (diagnostics.is_empty() || !self.deny_warnings);
        if self.json {
            out.print(&diagnostics.render_json())?;
            for test in &tests {
                out.print(&test.to_json())?;
            }
        } else {
            let color = out.colors_errors();
            out.error(&diagnostics.render(color))?;
            for test in &tests {
                out.error(&test.to_text())?;
            }
            let name = file.to_string_lossy();
            let summary = format!("{name}: {}\n", summary(&diagnostics, tests.len(), failed));
            if is_ok {
                out.print(&summary)?;
            } else {
                out.error(&summary)?;
            }
        }
        Ok(if is_ok { Exit::Ok } else { Exit::Failed })
    }
}

/// A test that has run.
struct Ran {
    test: Test,
    failure: Option<Failure>,
}

fn run_tests(policy: Policy, tests: Vec<Test>) -> Vec<Ran> {
    let policy = Arc::new(scenario::rehearse(policy));
    let run = |test: Test| {
        let server = policy.virtual_server(&test.virtual_server);
        // Compilation has checked that it is there; a test that nobody can run does not pass.
        let failure = server.map_or(
            Some(Failure::Denied(Reason::UnknownVirtualServer)),
            |server| scenario::run(&policy, server, &test).err(),
        );
        Ran { test, failure }
    };
    tests.into_iter().map(run).collect()
}

impl Ran {
    fn to_text(&self) -> String {
        let Test { name, location, .. } = &self.test;
        match &self.failure {
            Some(failure) => format!("{location}: test `{name}` failed: {failure}\n"),
            None => String::new(),
        }
    }

    fn to_json(&self) -> String {
        let Test { name, location, .. } = &self.test;
        let mut text = json!({
            "test": name,
            "passed": self.failure.is_none(),
            "message": self.failure.as_ref().map(Failure::to_string),
            "file": &*location.file,
            "line": location.line,
            "column": location.column,
        })
        .to_string();
        text.push('\n');
        text
    }
}

/// `2 errors, 1 warning`, `ok, 3 tests passed`, `1 of 3 tests failed`.
fn summary(diagnostics: &Diagnostics, tests: usize, failed: usize) -> String {
    let plural = |n: usize, noun: &str| match n {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    };
    let mut parts: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter(|severity| diagnostics.count(*severity) > 0)
        .map(|severity| plural(diagnostics.count(severity), severity.as_str()))
        .collect();
    if parts.is_empty() && failed == 0 {
        parts.push("ok".to_owned());
    }
    match (tests, failed) {
        (0, _) => {}
        (tests, 0) => parts.push(format!("{} passed", plural(tests, "test"))),
        (tests, failed) => parts.push(format!("{failed} of {} failed", plural(tests, "test"))),
    }
    parts.join(", ")
}
