//! Secrets: what the references in a manifest stand for. Files are read again when they change.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::Clock;
use crate::policy::{Piece, SecretText};
use crate::stamp::Stamp;

/// How often a file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// The longest secret, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// The longest file with secrets in it, in bytes: those of some thousands of callers.
const MAX_FILE: u64 = 4 << 20;

/// Why a text can't be told. What it would have been is not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A file can't be read.
    #[error("can't read {path}: {kind}")]
    File {
        /// The file.
        path: String,
        /// What went wrong.
        kind: io::ErrorKind,
    },
    /// A file is longer than so many bytes.
    #[error("{0} has more than {1} bytes")]
    TooLong(String, u64),
    /// A file or variable holds nothing, or no text.
    #[error("{0} holds no text")]
    NoText(String),
    /// A variable is not set.
    #[error("the environment has no {0}")]
    Unset(String),
}

/// What tells secrets. One serves all policies and all runtimes.
pub struct Secrets {
    clock: Arc<dyn Clock>,
    files: Mutex<HashMap<PathBuf, Known>>,
}

/// A file, as it was when it was last looked at.
struct Known {
    looked: Duration,
    stamp: Option<Stamp>,
    content: Result<Arc<SecretString>, SecretError>,
}

impl fmt::Debug for Secrets {
    // Secrets are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Secrets that nobody has asked for yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            files: Mutex::default(),
        }
    }

    /// What a text stands for.
    ///
    /// # Errors
    ///
    /// Something that it refers to is not there.
    pub fn resolve(&self, text: &SecretText) -> Result<SecretString, SecretError> {
        let mut resolved = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Text(text) => resolved.push_str(text),
                Piece::File(path) => {
                    let secret = self.file(path)?;
                    if secret.expose_secret().len() as u64 > MAX_BYTES {
                        return Err(SecretError::TooLong(path.display().to_string(), MAX_BYTES));
                    }
                    resolved.push_str(secret.expose_secret());
                }
                Piece::Env(name) => resolved.push_str(env(name)?.expose_secret()),
            }
        }
        Ok(SecretString::from(resolved))
    }

    /// What a file holds, one secret or many, without white space at its end.
    ///
    /// # Errors
    ///
    /// It can't be read, is longer than 4 MiB, or holds no text.
    pub fn file(&self, path: &Path) -> Result<Arc<SecretString>, SecretError> {
        let now = self.clock.steady();
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = files.get_mut(path) {
            if now.saturating_sub(known.looked) < INTERVAL {
                return known.content.clone();
            }
            known.looked = now;
            if known.content.is_ok() && known.stamp == Stamp::of(path) {
                return known.content.clone();
            }
        }
        let stamp = Stamp::of(path);
        let content = read(path).map(Arc::new);
        let known = Known {
            looked: now,
            stamp,
            content: content.clone(),
        };
        files.insert(path.to_owned(), known);
        content
    }
}

fn read(path: &Path) -> Result<SecretString, SecretError> {
    let name = || path.display().to_string();
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text));
    match read {
        Ok(length) if length as u64 > MAX_FILE => Err(SecretError::TooLong(name(), MAX_FILE)),
        Ok(_) => some(text, name),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(SecretError::NoText(name()))
        }
        Err(error) => Err(SecretError::File {
            path: name(),
            kind: error.kind(),
        }),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the manifest names the variable, so that only here it is known which to read"
)]
fn env(name: &str) -> Result<SecretString, SecretError> {
    let text = std::env::var(name).map_err(|_| SecretError::Unset(name.to_owned()))?;
    some(text, || name.to_owned())
}

fn some(mut text: String, name: impl Fn() -> String) -> Result<SecretString, SecretError> {
    text.truncate(text.trim_end().len());
    if text.is_empty() {
        return Err(SecretError::NoText(name()));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::clock::Manual;

    #[test]
    fn a_file_is_read_again_when_it_changes() {
        let clock = Arc::new(Manual::default());
        let secrets = Secrets::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let text = SecretText::parse(&format!("Bearer ${{file:{}}}!", path.display())).unwrap();
        let told = || {
            secrets
                .resolve(&text)
                .map(|secret| secret.expose_secret().to_owned())
        };
        assert!(matches!(told(), Err(SecretError::File { .. })));
        fs::write(&path, "one\n").unwrap();
        assert!(told().is_err(), "it was looked at just now");
        clock.advance(INTERVAL);
        assert_eq!(told().unwrap(), "Bearer one!");
        fs::write(&path, "three \r\n").unwrap();
        assert_eq!(told().unwrap(), "Bearer one!");
        clock.advance(INTERVAL);
        assert_eq!(told().unwrap(), "Bearer three!");
        for (content, expected) in [
            (Vec::new(), "holds no text"),
            (b" \n".to_vec(), "holds no text"),
            (vec![0xff], "holds no text"),
            (vec![b'a'; 70_000], "has more than 65536 bytes"),
            (vec![b'a'; 5 << 20], "has more than 4194304 bytes"),
        ] {
            fs::write(&path, content).unwrap();
            clock.advance(INTERVAL);
            let error = told().unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
        fs::remove_file(&path).unwrap();
        clock.advance(INTERVAL);
        assert!(told().is_err(), "what is gone is gone");
    }

    #[test]
    fn a_variable_is_read() {
        let secrets = Secrets::new(Arc::new(Manual::default()));
        let path = SecretText::parse("${env:CARGO_MANIFEST_DIR}").unwrap();
        assert!(!secrets.resolve(&path).unwrap().expose_secret().is_empty());
        let unset = SecretText::parse("${env:SLUICE_NO_SUCH_VARIABLE}").unwrap();
        assert_eq!(
            secrets.resolve(&unset).unwrap_err().to_string(),
            "the environment has no SLUICE_NO_SUCH_VARIABLE"
        );
        assert!(!format!("{secrets:?}").contains("canary"));
    }
}
