//! The keys of a process for what clients keep: read from files, or made for this process alone.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock;
use crate::guardrail::Learned;
use crate::policy::Policy;
use crate::seal::{InvalidKeys, KEY_BYTES, Keys};

/// The most bytes of a file with a key. What is longer is another file, given by mistake.
const MAX_FILE: u64 = 4096;

/// The keys, which stay the same for as long as the process runs.
#[derive(Debug, Clone)]
pub struct SealKeys {
    keys: Arc<Keys>,
    /// Whether the keys are of this process alone, so that no other one opens what it seals.
    alone: bool,
    /// What lists have told of tools, which stays when the manifest changes, too.
    learned: Arc<Learned>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// A file can't be read.
    #[error("can't read the key file {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What went wrong.
        error: io::Error,
    },
    /// A file is too long to be a key.
    #[error("the key file {0} has more than {MAX_FILE} bytes")]
    TooLong(String),
    /// A file is too short to be a key.
    #[error("the key file {path} is not one: {error}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: InvalidKeys,
    },
    /// They are none together.
    #[error("the keys are none: {0}")]
    Keys(#[from] InvalidKeys),
    /// The system has no random bytes.
    #[error("can't make a key: {0}")]
    Random(getrandom::Error),
}

impl SealKeys {
    /// The keys in these files, of which the first one seals and all open; a random key if there
    /// is no file.
    ///
    /// # Errors
    ///
    /// A file can't be read, or holds no key.
    pub fn new(files: &[PathBuf]) -> Result<Self, NoKeys> {
        let mut keys = Vec::new();
        for path in files {
            keys.push(read(path)?);
        }
        let alone = keys.is_empty();
        if alone {
            let mut key = vec![0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(NoKeys::Random)?;
            keys.push(key);
        }
        let keys = Arc::new(Keys::new(keys)?);
        Ok(Self {
            keys,
            alone,
            learned: Arc::default(),
        })
    }

    /// Gives a policy what a process has: the keys, what lists have told of tools, and a clock. Warns if
    /// other processes would need the keys too.
    #[must_use]
    pub fn give(&self, policy: Policy) -> Policy {
        if self.alone {
            tracing::warn!(
                "there is no --seal-key-file: the ids of sessions and tasks are good in this process \
                 only, and until it ends"
            );
        }
        policy
            .with_seal_keys(&self.keys)
            .with_learned(&self.learned)
            .with_stopwatch(clock::steady)
    }
}

/// Reads a key.
///
/// # Errors
///
/// The file can't be read, or holds too few or too many bytes.
fn read(path: &Path) -> Result<Vec<u8>, NoKeys> {
    let name = || path.display().to_string();
    let mut key = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut key));
    let length = read.map_err(|error| {
        let path = name();
        NoKeys::File { path, error }
    })?;
    if length as u64 > MAX_FILE {
        return Err(NoKeys::TooLong(name()));
    }
    match Keys::new([&key]) {
        Ok(_) => Ok(key),
        Err(error) => {
            let path = name();
            Err(NoKeys::Invalid { path, error })
        }
    }
}
