//! Credentials by a claim, from a file that only the operator writes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::exchange::CredentialFailure;
use crate::manifest;
use crate::policy::{Caller, Mapping};
use crate::secret::Secrets;

type Entries = Arc<HashMap<String, SecretString>>;

/// What the files hold that were looked into.
pub(super) struct Mappings {
    secrets: Arc<Secrets>,
    files: Mutex<HashMap<PathBuf, Read>>,
}

/// A file, as it was read.
struct Read {
    /// The text that the entries, or their lack, come from.
    text: Arc<SecretString>,
    /// The last good ones.
    entries: Option<Entries>,
}

impl Mappings {
    pub(super) fn new(secrets: Arc<Secrets>) -> Self {
        Self {
            secrets,
            files: Mutex::default(),
        }
    }

    /// The credential of a caller.
    ///
    /// # Errors
    ///
    /// The caller has none, or the file is not there.
    pub(super) fn find(
        &self,
        mapping: &Mapping,
        caller: &Caller,
    ) -> Result<SecretString, CredentialFailure> {
        let entries = self.entries(&mapping.file)?;
        let claim = caller
            .claims()
            .and_then(|claims| mapping.claim.find(claims));
        let name = match claim {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        if let Some(secret) = name.and_then(|name| entries.get(&name).cloned()) {
            return Ok(secret);
        }
        let default = mapping.default.as_ref();
        let default = default.ok_or(CredentialFailure::NoneForCaller)?;
        self.secrets.resolve(default).map_err(|error| {
            tracing::error!(%error, "the default credential is not there");
            CredentialFailure::Unavailable
        })
    }

    fn entries(&self, path: &Path) -> Result<Entries, CredentialFailure> {
        let text = self.secrets.file(path);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let read = files.get(path);
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                // Whoever takes the file away takes the credentials back.
                tracing::error!(%error, "the credentials of callers are not there");
                files.remove(path);
                return Err(CredentialFailure::Unavailable);
            }
        };
        if let Some(read) = read.filter(|read| Arc::ptr_eq(&read.text, &text)) {
            return read.entries.clone().ok_or(CredentialFailure::Unavailable);
        }
        let last = read.and_then(|read| read.entries.clone());
        let name = path.display().to_string();
        let entries = match manifest::texts(&name, text.expose_secret()) {
            Ok(entries) => {
                let secret = |(name, text): (String, String)| (name, SecretString::from(text));
                Some(Arc::new(entries.into_iter().map(secret).collect()))
            }
            Err(mistakes) => {
                for (code, location) in mistakes {
                    tracing::error!(%location, code, "the credentials of callers have an error");
                }
                last
            }
        };
        let read = Read {
            text,
            entries: entries.clone(),
        };
        files.insert(path.to_owned(), read);
        entries.ok_or(CredentialFailure::Unavailable)
    }
}
