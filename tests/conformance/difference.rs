//! What may differ, and what does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::checks::Checks;

/// What may differ. A line at the margin is a difference, the indented ones below it, or below
/// several, are the reason.
const LISTED: &str = include_str!("differences.txt");

/// A check that ends in one way with the server itself, and in another through Sluice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    set: String,
    scenario: String,
    check: String,
    direct: String,
    proxied: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            set,
            scenario,
            check,
            direct,
            proxied,
        } = self;
        write!(f, "{set} {scenario} {check}: {direct} -> {proxied}")
    }
}

/// The differences of a set, which must all be listed, with their reasons.
///
/// # Errors
/// Every difference that is not listed, and every one that is listed and is none.
pub(crate) fn judge(set: &str, direct: &Checks, proxied: &Checks) -> Result<Vec<String>, String> {
    let listed = listed(LISTED)?;
    let found = found(set, direct, proxied);
    let (mut meant, mut mistakes) = (Vec::new(), Vec::new());
    for (difference, words) in &found {
        match listed.get(&difference.to_string()) {
            Some(reason) => meant.push(format!("  {difference}\n    {reason}")),
            None => mistakes.push(format!("not listed: {difference}\n    {words}")),
        }
    }
    let found: BTreeSet<String> = found.iter().map(|(found, _)| found.to_string()).collect();
    let of_this_set = |line: &&String| line.split(' ').next() == Some(set);
    let gone = listed.keys().filter(of_this_set);
    let gone = gone.filter(|line| !found.contains(*line));
    mistakes.extend(gone.map(|line| format!("listed, but no longer so: {line}")));
    match mistakes.is_empty() {
        true => Ok(meant),
        false => Err(mistakes.join("\n")),
    }
}

/// The differences, each with what the suite says of it.
fn found(set: &str, direct: &Checks, proxied: &Checks) -> Vec<(Difference, String)> {
    let names: BTreeSet<_> = direct.names().chain(proxied.names()).collect();
    let outcomes = names.into_iter().map(|name| {
        let difference = Difference {
            set: set.to_owned(),
            scenario: name.0.clone(),
            check: name.1.clone(),
            direct: direct.outcome(name),
            proxied: proxied.outcome(name),
        };
        let words = format!(
            "direct: {}; proxied: {}",
            direct.words(name),
            proxied.words(name)
        );
        (difference, words)
    });
    let differ = |(difference, _): &(Difference, String)| difference.direct != difference.proxied;
    outcomes.filter(differ).collect()
}

/// The listed differences with their reasons.
fn listed(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut listed = BTreeMap::new();
    let mut group: Vec<&str> = Vec::new();
    let mut reason = String::new();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.trim().is_empty()) {
        if line.starts_with(' ') {
            reason = format!("{reason} {}", line.trim());
            continue;
        }
        if !reason.is_empty() {
            listed.extend(explain(&group, &reason)?);
            (group, reason) = (Vec::new(), String::new());
        }
        group.push(line);
    }
    listed.extend(explain(&group, &reason)?);
    Ok(listed)
}

/// The differences of a group, which have one reason.
fn explain(group: &[&str], reason: &str) -> Result<Vec<(String, String)>, String> {
    match (group, reason) {
        ([], "") => Ok(Vec::new()),
        ([], _) => Err(format!("a reason for nothing:{reason}")),
        ([first, ..], "") => Err(format!("no reason for: {first}")),
        _ => Ok(group
            .iter()
            .map(|line| ((*line).to_owned(), reason.trim().to_owned()))
            .collect()),
    }
}
