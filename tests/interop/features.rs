//! What works for a client at a server besides answers: it must work through Sluice too.

use std::time::{Duration, Instant};

use crate::clients::Client;
use crate::compare::Verdict;
use crate::job::Report;
use crate::place::Place;
use crate::plan::Proof;
use crate::upstreams::Feature;

/// How long after a client gave up a call the server may learn of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server notes when a call of `wait` is cancelled.
const CANCELLED: &str = "wait cancelled";

/// Checks all that the server can and the client knows, at the version that they agreed on.
pub(crate) fn check(place: &Place, client: &Client, sliced: &Report, verdict: &mut Verdict) {
    let works = |feature| {
        let version = sliced.version();
        client.knows(feature) && place.upstream().can(feature, version)
    };
    for (feature, proof) in place.plan().proofs {
        if works(*feature) {
            let shown = shows(place, sliced, *proof);
            verdict.feature(*feature, shown, || format!("no {proof:?}"));
        }
    }
    // Who counts nothing does not note it either.
    let noted = !place.plan().counted.is_empty();
    if noted && works(Feature::Cancellation) {
        verdict.feature(Feature::Cancellation, was_cancelled(place), || {
            "the server was not told".to_owned()
        });
    }
}

fn shows(place: &Place, report: &Report, proof: Proof) -> bool {
    match proof {
        Proof::Heard(beginning) => {
            let heard = report.heard();
            heard.iter().any(|line| line.starts_with(beginning))
        }
        Proof::Progress(what, times) => {
            let mut steps = place.plan().steps.iter();
            let step = steps.position(|step| step.what == what);
            let progress = step.and_then(|step| report.step(step)["progress"].as_array());
            progress.is_some_and(|progress| progress.len() == times)
        }
    }
}

/// Waits for the server to learn that a call was cancelled.
fn was_cancelled(place: &Place) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if place.executed().iter().any(|line| line == CANCELLED) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}
