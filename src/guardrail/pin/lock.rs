//! The lock file: digests of definitions, each with those of its parts, so that it can be said what
//! has changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::canonical::canonical;

/// The only version of the file.
const VERSION: u64 = 1;

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u64,
    tools: BTreeMap<String, Entry>,
}

/// What a lock file has of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of the whole definition, in hexadecimal.
    sha256: String,
    /// The same of each member of it but the name.
    parts: BTreeMap<String, String>,
}

/// What has become of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is as it was.
    None,
    /// The file does not have it.
    Unlisted,
    /// These members of its definition are others, or new, or gone.
    Changed(Vec<String>),
}

/// A text that is no lock file.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is not JSON of the kind.
    #[error("it is no lock file: {0}")]
    Invalid(#[from] serde_json::Error),
    /// It is of another version.
    #[error("it is of version {0}, and version {VERSION} is known")]
    Version(u64),
}

impl Entry {
    /// That of a definition, in JSON.
    #[must_use]
    pub fn of(definition: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(definition) else {
            // What can't be read is like nothing that there was.
            return Self::default();
        };
        let members = value.as_object().into_iter().flatten();
        let parts = members.filter(|(key, _)| *key != "name");
        Self {
            sha256: digest(&value),
            parts: parts
                .map(|(key, part)| (key.clone(), digest(part)))
                .collect(),
        }
    }
}

impl Lock {
    /// That of these definitions, in JSON.
    pub fn of<'t>(definitions: impl IntoIterator<Item = &'t str>) -> Self {
        let name = |definition: &str| {
            let value: Value = serde_json::from_str(definition).ok()?;
            Some(value.get("name")?.as_str()?.to_owned())
        };
        let tools = definitions.into_iter().filter_map(|definition| {
            let name = name(definition)?;
            Some((name, Entry::of(definition)))
        });
        Self {
            version: VERSION,
            tools: tools.collect(),
        }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn read(text: &str) -> Result<Self, LockError> {
        let lock: Self = serde_json::from_str(text)?;
        match lock.version {
            VERSION => Ok(lock),
            version => Err(LockError::Version(version)),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether it has a tool.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tools.contains_key(name)
    }

    /// The names of its tools, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// What has become of a tool.
    #[must_use]
    pub fn compare(&self, name: &str, now: &Entry) -> Change {
        let Some(then) = self.tools.get(name) else {
            return Change::Unlisted;
        };
        if then.sha256 == now.sha256 {
            return Change::None;
        }
        let members: BTreeSet<&String> = then.parts.keys().chain(now.parts.keys()).collect();
        let changed = members
            .into_iter()
            .filter(|member| then.parts.get(*member) != now.parts.get(*member));
        Change::Changed(changed.cloned().collect())
    }

    /// What has become of all tools, a line each, in order; nothing, if all is as it was.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.tools.keys().chain(now.tools.keys()).collect();
        let line = |name: &String| {
            let Some(entry) = now.tools.get(name) else {
                return Some(format!("- {name}: is gone"));
            };
            match self.compare(name, entry) {
                Change::None => None,
                Change::Unlisted => Some(format!("+ {name}: is new")),
                Change::Changed(members) => {
                    Some(format!("~ {name}: {} changed", members.join(", ")))
                }
            }
        };
        names.into_iter().filter_map(line).collect()
    }
}

fn digest(value: &Value) -> String {
    let digest = Sha256::digest(canonical(value).as_bytes());
    let hex = digest.iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_they_were_written() {
        let tools = [r#"{"name":"a","x":1}"#, r#"{"name":"b"}"#];
        let lock = Lock::of(tools);
        assert_eq!(Lock::read(&lock.write()).unwrap(), lock);
        assert_eq!(lock.names().collect::<Vec<_>>(), ["a", "b"]);
        let known = "2b2f4ba8c5b4a6cf5ec8ec2d9a2bb10f1ca6a8b1ba6d0f4ef0d2c9f3bd1b7b3e";
        assert_eq!(lock.tools["a"].sha256.len(), known.len());
        for (text, error) in [
            ("{}", "it is no lock file"),
            (r#"{"version":2,"tools":{}}"#, "it is of version 2"),
            (r#"{"version":1,"tools":{},"x":1}"#, "it is no lock file"),
        ] {
            let told = Lock::read(text).unwrap_err().to_string();
            assert!(told.starts_with(error), "{told}");
        }
    }

    #[test]
    fn it_is_said_what_has_changed() {
        let then = Lock::of([
            r#"{"name":"a","description":"A","inputSchema":{"b":1,"c":2}}"#,
            r#"{"name":"gone"}"#,
            r#"{"name":"same","x":[1]}"#,
        ]);
        let now = Lock::of([
            r#"{"inputSchema":{"c":2.0,"b":1},"name":"a","description":"B","title":"A"}"#,
            r#"{"name":"new"}"#,
            r#"{"x":[1.0],"name":"same"}"#,
        ]);
        assert!(then.differences(&then).is_empty());
        assert_eq!(
            then.differences(&now),
            [
                "~ a: description, title changed",
                "- gone: is gone",
                "+ new: is new"
            ]
        );
    }
}
