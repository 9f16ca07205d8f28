//! One trial for each server and each form.

use std::io::{self, Write};
use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};

use super::run::{self, Counts, Server};
use super::vector::{Form, Vector};
use super::{WORLD, http, json};
use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::Setup;
use crate::upstreams::{Transport, UPSTREAMS, Upstream};

/// What came of the trials so far, by their names.
static DONE: Mutex<Vec<(String, Counts)>> = Mutex::new(Vec::new());

/// All of them.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for upstream in UPSTREAMS {
        for form in forms(upstream) {
            let name = format!("requests::{}::{}", upstream.name(), form.version());
            trials.push(Trial::test(name, move || {
                nothing_is_executed(upstream, form)
            }));
        }
    }
    trials
}

/// The forms that a server is asked in: none if it does not have the hidden tool, or not over
/// streamable HTTP.
fn forms(upstream: &Upstream) -> Vec<Form> {
    let mut forms = Vec::new();
    if upstream.transport != Transport::Streamable || column(upstream, Form::Modern).is_none() {
        return forms;
    }
    if upstream.is_legacy() {
        // The two differ in nothing that a vector is about, so one is enough for each server.
        forms.push(match upstream.mode {
            "sessions" => Form::Legacy("2025-11-25"),
            _ => Form::Legacy("2025-06-18"),
        });
    }
    if upstream.is_modern() {
        forms.push(Form::Modern);
    }
    forms
}

/// The column of a server, as vectors name it.
fn column(upstream: &Upstream, form: Form) -> Option<char> {
    let is = |sdk: &str| upstream.sdk.starts_with(sdk);
    match upstream.mode {
        _ if is("python-2") && form.is_modern() => Some('M'),
        _ if is("python-2") => Some('2'),
        _ if is("python-1") => Some('1'),
        _ if is("rmcp") => Some('R'),
        mode if is("typescript") && mode.contains("express") => Some('E'),
        _ if is("typescript") => Some('T'),
        _ => None,
    }
}

fn vectors(form: Form) -> Vec<Vector> {
    let mut vectors = json::vectors(form);
    vectors.extend(http::vectors(form));
    vectors
}

fn nothing_is_executed(upstream: &'static Upstream, form: Form) -> Result<(), Failed> {
    let running = upstream.start()?;
    let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), WORLD).start()?;
    let config = Config::new(&sluice.unix(), running.address())?.discard_access_log();
    let envoy = Envoy::start(&config)?;
    let server = Server {
        direct: running.address(),
        envoy: envoy.address(),
        column: column(upstream, form).unwrap(),
        executions: &|| running.executed(),
    };
    let vectors = vectors(form);
    let counts = run::run(&server, form, &vectors);
    let failures = counts.failures.join("\n");
    let name = format!("{} {}", upstream.name(), form.version());
    DONE.lock().unwrap().push((name, counts));
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.into()),
    }
}

/// Prints a line for each trial that has run: what became of its vectors.
///
/// # Errors
/// When they can't be written.
pub(crate) fn print(out: &mut impl Write) -> io::Result<()> {
    let mut done = DONE.lock().unwrap().clone();
    done.sort_by(|(one, _), (other, _)| one.cmp(other));
    if done.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "Requests that try to have a hidden tool executed\n\n{:50} {:>8} {:>8} {:>8} {:>16} {:>15}",
        "", "requests", "refused", "passed", "executed without", "through Sluice"
    )?;
    for (name, counts) in &done {
        let Counts {
            vectors,
            refused,
            passed,
            direct,
            through,
            ..
        } = counts;
        writeln!(
            out,
            "{name:50} {vectors:>8} {refused:>8} {passed:>8} {direct:>16} {through:>15}"
        )?;
    }
    let sum = |count: fn(&Counts) -> u64| done.iter().map(|(_, counts)| count(counts)).sum::<u64>();
    writeln!(
        out,
        "\n{} requests; executed without Sluice: {}; through Sluice: {}",
        sum(|counts| counts.vectors),
        sum(|counts| counts.direct),
        sum(|counts| counts.through)
    )
}
