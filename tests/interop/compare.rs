//! What a client saw directly and through Sluice, held against each other.

use serde_json::Value;

use crate::job::Report;
use crate::plan::{Expect, Plan, Step};
use crate::upstreams::Feature;

/// What was found out about a client at a server.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// How many checks were made.
    pub(crate) checks: u64,
    /// Those that failed, for a person.
    pub(crate) failures: Vec<String>,
    /// How often something forbidden was executed, or asked of the server.
    pub(crate) executions: u64,
    /// How often something hidden reached the client.
    pub(crate) deliveries: u64,
    /// What worked, besides answers.
    pub(crate) features: Vec<Feature>,
}

impl Verdict {
    /// Counts a check and keeps why it failed.
    pub(crate) fn check(&mut self, what: &str, holds: bool, why: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.failures.push(format!("{what}: {}", why()));
        }
    }

    /// Counts a check of a feature.
    pub(crate) fn feature(&mut self, feature: Feature, works: bool, why: impl FnOnce() -> String) {
        self.check(&format!("{feature:?}"), works, why);
        self.features.extend(works.then_some(feature));
    }
}

/// Holds the report of a client through Sluice against the direct one.
pub(crate) fn compare(plan: &Plan, direct: &Report, sliced: &Report, verdict: &mut Verdict) {
    let (old, new) = (direct.version(), sliced.version());
    verdict.check("version", !old.is_empty() && old == new, || {
        format!("directly {old}, through Sluice {new}")
    });
    let instructions = sliced.instructions();
    verdict.check("instructions", instructions.is_null(), || {
        format!("these came: {instructions}")
    });
    for (number, step) in plan.steps.iter().enumerate() {
        let (direct, sliced) = (direct.step(number), sliced.step(number));
        let holds = holds(step.expect, direct, sliced);
        verdict.check(step.what, holds, || {
            format!("{}: directly {direct}, through Sluice {sliced}", step.step)
        });
    }
    one_refusal(&plan.steps, sliced, verdict);
    let heard = |report: &Report| -> Vec<String> {
        let heard = report.heard().into_iter();
        let wanted = heard.filter(|line| !plan.noise.contains(line));
        wanted.map(str::to_owned).collect()
    };
    let (direct, sliced) = (heard(direct), heard(sliced));
    verdict.check("unasked", direct == sliced, || {
        format!("directly {direct:?}, through Sluice {sliced:?}")
    });
}

fn holds(expect: Expect, direct: &Value, sliced: &Value) -> bool {
    match expect {
        Expect::Same => same(direct, sliced),
        Expect::Works => direct == sliced && works(&sliced["result"]),
        Expect::Without(key, names) => {
            let whole = direct["result"].as_array();
            let hidden = |entry: &&Value| names.iter().any(|name| entry[key] == *name);
            let kept = whole.map(|all| all.iter().filter(|entry| !hidden(entry)));
            let cut = sliced["result"]
                .as_array()
                .map(|cut| cut.iter().collect::<Vec<_>>());
            let something_is_hidden = whole.is_some_and(|all| all.iter().any(|e| hidden(&e)));
            something_is_hidden && kept.map(Iterator::collect::<Vec<_>>) == cut
        }
        Expect::Refused(words) => {
            let error = &sliced["error"];
            let said = error["message"].as_str().unwrap_or_default();
            let coded = [-32602, -32002].iter().any(|code| error["code"] == *code);
            // The TypeScript SDK 2 keeps of a resource that is not found only which one it is.
            let data = &error["data"];
            let structured = data["reason"].is_string() || data["uri"] == words;
            said.ends_with(words) && coded && structured
        }
    }
}

/// Whether the same came of a step. What was never answered and what an SDK has no structure for
/// may be put in other words.
fn same(direct: &Value, sliced: &Value) -> bool {
    match direct.get("unstructured") {
        Some(_) => sliced.get("unstructured").is_some(),
        None => direct == sliced || (is_absent(direct) && is_refused(sliced)),
    }
}

/// Whether a server says that a tool is not there. Some have tools only for clients that can do
/// what they need.
fn is_absent(direct: &Value) -> bool {
    let said = direct["result"]["content"][0]["text"].as_str();
    let said = said.or(direct["error"]["message"].as_str());
    let words = ["not found", "Unknown tool"];
    said.is_some_and(|said| words.iter().any(|words| said.contains(words)))
}

fn is_refused(sliced: &Value) -> bool {
    let said = sliced["error"]["message"].as_str();
    said.is_some_and(|said| said.contains("Unknown tool: "))
}

/// Whether a result is one of something that worked.
fn works(result: &Value) -> bool {
    !result.is_null() && result["isError"] != true
}

/// Nobody learns from a refusal whether what was refused exists: hidden and absent differ in
/// nothing but the name that was asked for.
fn one_refusal(steps: &[Step], sliced: &Report, verdict: &mut Verdict) {
    for (number, pair) in steps.windows(2).enumerate() {
        let [hidden, absent] = pair else { continue };
        let (Expect::Refused(one), Expect::Refused(other)) = (hidden.expect, absent.expect) else {
            continue;
        };
        let told = |number: usize, words: &str| {
            let error = sliced.step(number)["error"].to_string();
            // What was asked for: its name, without the words before it.
            let name = words.rsplit(": ").next().unwrap_or(words);
            error.replace(name, "NAME")
        };
        let (hidden, absent) = (told(number, one), told(number + 1, other));
        verdict.check("refusal", hidden == absent, || {
            format!("one is told {hidden}, the other {absent}")
        });
    }
}
