//! One client at one MCP server, directly and through Sluice: what must be the same is compared,
//! what must not be there is looked for.

use serde_json::Value;

use crate::clients::Client;
use crate::compare::{Verdict, compare};
use crate::features;
use crate::job::{Job, Report};
use crate::place::Place;
use crate::tap::{Tap, Way};
use crate::upstreams::Feature;

/// Lets a client do its job, directly and through Sluice.
///
/// # Errors
/// When the client can't do it even directly.
pub(crate) fn run(place: &Place, client: &Client) -> Result<Verdict, String> {
    let mut verdict = Verdict::default();
    let direct = directly(place, client, &mut verdict)?;
    through_sluice(place, client, &direct, &mut verdict);
    let can = place.upstream().can(Feature::Resumption, direct.version());
    if can && client.knows(Feature::Resumption) && !place.plan().unresumed.contains(&client.name) {
        resume(place, client, &mut verdict)?;
    }
    Ok(verdict)
}

/// What comes directly. It also shows that what is looked for later can be found.
fn directly(place: &Place, client: &Client, verdict: &mut Verdict) -> Result<Report, String> {
    place.forget();
    let direct = client.run(&job(place, place.direct_url()))?;
    for marker in place.plan().hidden {
        verdict.check("witness", place.saw_directly(marker), || {
            format!("{marker} does not come directly: it can't be looked for")
        });
    }
    let executed = place.executed();
    for name in place.plan().counted {
        verdict.check("witness", executed.iter().any(|line| line == name), || {
            format!("{name} is not executed directly: it can't be counted")
        });
    }
    Ok(direct)
}

fn through_sluice(place: &Place, client: &Client, direct: &Report, verdict: &mut Verdict) {
    place.forget();
    match client.run(&job(place, place.url())) {
        Ok(sliced) => {
            compare(place.plan(), direct, &sliced, verdict);
            features::check(place, client, &sliced, verdict);
        }
        Err(error) => verdict.check("session", false, || error),
    }
    look_for_hidden(place, verdict);
}

/// Looks for what is hidden on its way to the client, and for what is forbidden on its way to the
/// server and among what the server executed.
fn look_for_hidden(place: &Place, verdict: &mut Verdict) {
    let plan = place.plan();
    for marker in plan.hidden {
        let delivered = place.saw(Way::Down, marker);
        verdict.deliveries += u64::from(delivered);
        verdict.check("hidden", !delivered, || format!("the client got {marker}"));
    }
    let executed = place.executed();
    for name in plan.forbidden {
        let asked = place.saw(Way::Up, &format!("\"{name}\""));
        let count = executed.iter().filter(|line| line == name).count();
        verdict.executions += u64::from(asked) + count as u64;
        verdict.check("forbidden", !asked, || {
            format!("the server was asked for {name}")
        });
        verdict.check("forbidden", count == 0, || {
            format!("the server executed {name}")
        });
    }
}

/// Breaks off the stream of an answer in the middle: the client asks for the rest of it.
fn resume(place: &Place, client: &Client, verdict: &mut Verdict) -> Result<(), String> {
    let (step, text) = &place.plan().resumed;
    let outcome = |url: String, tap: &Tap| -> Result<Value, String> {
        tap.cut_before(text);
        let steps = vec![step.clone()];
        let report = client.run(&Job {
            url,
            steps,
            patience: None,
        })?;
        match tap.was_cut() {
            true => Ok(report.step(0).clone()),
            false => Err(format!("no stream was cut: {}", report.step(0))),
        }
    };
    let direct = outcome(place.direct_url(), place.direct_tap())?;
    place.forget();
    let sliced = outcome(place.url(), place.tap());
    let works = sliced.as_ref() == Ok(&direct) && direct["result"].is_object();
    verdict.feature(Feature::Resumption, works, || {
        format!("directly {direct}, through Sluice {sliced:?}")
    });
    look_for_hidden(place, verdict);
    Ok(())
}

fn job(place: &Place, url: String) -> Job {
    let steps = place.plan().steps.iter();
    Job {
        url,
        steps: steps.map(|step| step.step.clone()).collect(),
        patience: None,
    }
}
