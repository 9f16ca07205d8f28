//! What the suite wrote down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// One check of one scenario, as it ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    id: String,
    status: String,
    error_message: Option<String>,
}

/// The checks of a run, by scenario and name of the check. One name can stand for several checks.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    checks: BTreeMap<(String, String), Vec<Check>>,
}

impl Checks {
    /// Reads the directories that the suite made, one a scenario.
    pub(crate) fn read(directory: &Path) -> Result<Self, String> {
        let context = |error: std::io::Error| format!("cannot read the results: {error}");
        let mut checks = Self::default();
        for entry in fs::read_dir(directory).map_err(context)? {
            let entry = entry.map_err(context)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let scenario =
                scenario(&name).ok_or_else(|| format!("{name} is not a scenario's directory"))?;
            let text = fs::read_to_string(entry.path().join("checks.json")).map_err(context)?;
            let found: Vec<Check> = serde_json::from_str(&text)
                .map_err(|error| format!("cannot read the checks of {scenario}: {error}"))?;
            for check in found {
                let key = (scenario.to_owned(), check.id.clone());
                checks.checks.entry(key).or_default().push(check);
            }
        }
        Ok(checks)
    }

    /// How many checks passed.
    pub(crate) fn passed(&self) -> usize {
        self.all().filter(|check| check.status == "SUCCESS").count()
    }

    /// How many did not, with those that the suite only warns of.
    pub(crate) fn failed(&self) -> usize {
        self.failures().len()
    }

    /// Those that did not, with the suite's words.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failed = |check: &&Check| matches!(check.status.as_str(), "FAILURE" | "WARNING");
        self.all().filter(failed).map(Check::describe).collect()
    }

    /// The names of the checks, with their scenarios.
    pub(crate) fn names(&self) -> impl Iterator<Item = &(String, String)> {
        self.checks.keys()
    }

    /// How the checks of this name ended: `SUCCESS`, `FAILURE,SUCCESS`, or `nothing`.
    pub(crate) fn outcome(&self, name: &(String, String)) -> String {
        let checks = self.checks.get(name).map_or(&[][..], Vec::as_slice);
        let mut outcomes: Vec<&str> = checks.iter().map(|check| check.status.as_str()).collect();
        outcomes.sort_unstable();
        match outcomes.is_empty() {
            true => "nothing".to_owned(),
            false => outcomes.join(","),
        }
    }

    /// What the suite says of the checks of this name that it has something to say of.
    pub(crate) fn words(&self, name: &(String, String)) -> String {
        let checks = self.checks.get(name).map_or(&[][..], Vec::as_slice);
        let words = checks
            .iter()
            .filter_map(|check| check.error_message.as_deref());
        words.collect::<Vec<_>>().join("; ")
    }

    fn all(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().flatten()
    }
}

/// The scenario of a directory that is named `server-ping-2026-11-24T06-31-10-775Z`, or without
/// `server-` when a client was examined.
fn scenario(directory: &str) -> Option<&str> {
    let end = directory
        .len()
        .checked_sub("-2026-11-24T06-31-10-775Z".len());
    let name = directory.get(..end?)?;
    // A scenario for servers can have a name that begins so itself.
    Some(name.strip_prefix("server-").unwrap_or(name))
}

impl Check {
    fn describe(&self) -> String {
        let words = self.error_message.as_deref().unwrap_or("no words");
        format!("{} {}: {words}", self.status, self.id)
    }
}
