//! The manifest as it changes: watched, compiled, published; while it has errors, the last good
//! one stays in force. What was sealed for clients stays good, for the keys do not change with it.
//! The files for TLS are watched in the same way.

mod aloud;
mod files;
mod seal_keys;
mod tls;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{Clock as _, SystemClock};
use crate::policy::Policy;
use crate::stamp::Stamp;
use crate::telemetry::Metrics;

pub use aloud::warn_of_trust;
pub use files::load;
pub use seal_keys::{NoKeys, SealKeys};
pub use tls::{NoTls, TlsConfigs, TlsFiles, WatchedTls};

/// How often the file is looked at. Looking works on every file system, and through the links that
/// Kubernetes swaps, where being told does not.
const INTERVAL: Duration = Duration::from_secs(1);

/// More than a manifest may have is not read; its first bytes are enough to say so.
const MAX_READ: u64 = 8 << 20;

/// Reads the text of a manifest.
///
/// # Errors
///
/// Fails when the file can't be read, or is not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_READ).read_to_string(&mut text)?;
    Ok(text)
}

/// A manifest's file, as it was when it was last looked at.
#[derive(Debug)]
pub struct Watched {
    path: PathBuf,
    stamp: Option<Stamp>,
    /// The files that the manifest names.
    files: files::Seen,
    keys: SealKeys,
    metrics: Arc<Metrics>,
}

impl Watched {
    /// The file as it is now; what is read after this is not older. Each policy gets these keys,
    /// and each change is counted.
    #[must_use]
    pub fn new(path: &Path, keys: SealKeys, metrics: Arc<Metrics>) -> Self {
        Self {
            path: path.to_owned(),
            stamp: Stamp::of(path),
            files: read(path).map_or_else(|_| Vec::new(), |text| files::load_seen(path, &text).1),
            keys,
            metrics,
        }
    }

    /// Publishes each new version that has no errors, for ever.
    pub async fn publish(mut self, policies: watch::Sender<Arc<Policy>>) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            if let Some(policy) = self.changed() {
                policies.send_replace(Arc::new(policy));
            }
        }
    }

    /// The policy, if the file has changed and has no errors.
    fn changed(&mut self) -> Option<Policy> {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp && !files::have_changed(&self.files) {
            return None;
        }
        self.stamp = stamp;
        let policy = self.load();
        match policy {
            Some(_) => self.metrics.manifest_loaded(SystemClock.unix()),
            None => self.metrics.manifest_failed(),
        }
        policy
    }

    /// The policy, if the file has no errors; they are logged.
    fn load(&mut self) -> Option<Policy> {
        let path = self.path.display();
        let text = match read(&self.path) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%path, %error, "the manifest can't be read; the last good one stays");
                return None;
            }
        };
        let (loaded, seen) = files::load_seen(&self.path, &text);
        self.files = seen;
        match loaded {
            Ok(loaded) => {
                tracing::info!(%path, "the manifest has changed");
                for diagnostic in loaded.warnings.render_json().lines() {
                    tracing::warn!(%path, %diagnostic, "the manifest has a warning");
                }
                warn_of_trust(&loaded.policy);
                Some(self.keys.give(loaded.policy))
            }
            Err(diagnostics) => {
                for diagnostic in diagnostics.render_json().lines() {
                    tracing::error!(%path, %diagnostic, "the manifest has an error");
                }
                tracing::error!(%path, "the manifest has errors; the last good one stays");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::policy::View;

    const GOOD: &str = "servers: {s: {}}\nvirtual_servers:\n  v:\n    match: {path: /v}\n    \
                        servers: [{name: s, enabled_tools: [a]}]\n";

    #[test]
    fn the_last_good_manifest_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sluice.yaml");
        let write = |text: &str| {
            // As editors and Kubernetes do: a new file in the place of the old one.
            let fresh = directory.path().join("fresh");
            fs::write(&fresh, text).unwrap();
            fs::rename(fresh, &path).unwrap();
        };
        write(GOOD);
        let mut watched = Watched::new(&path, SealKeys::new(&[]).unwrap(), Arc::default());
        assert!(watched.changed().is_none());
        write(&GOOD.replace("/v", "/w"));
        assert!(watched.changed().unwrap().select(None, "/w").is_some());
        assert!(watched.changed().is_none());
        write("servers: [");
        assert!(watched.changed().is_none());
        fs::remove_file(&path).unwrap();
        assert!(watched.changed().is_none());
        write(GOOD);
        assert!(watched.changed().unwrap().select(None, "/v").is_some());
    }

    #[test]
    fn what_was_sealed_opens_after_a_change() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sluice.yaml");
        let manifest = format!("{GOOD}    tasks: true\n");
        let keys = SealKeys::new(&[]).unwrap();
        let before = load(&path, &manifest).unwrap().policy;
        let before = keys.give(before);
        let view =
            |policy: &Policy| View::anonymous(Arc::clone(policy.virtual_server("v").unwrap()));
        let ids = |policy: &Policy, sealed: &str| view(policy).task_ids().unwrap().open(sealed);
        let sealed = view(&before).task_ids().unwrap().seal("a", "1").unwrap();
        let mut watched = Watched::new(&path, keys, Arc::default());
        fs::write(&path, &manifest).unwrap();
        let after = watched.changed().unwrap();
        assert_eq!(ids(&after, &sealed), Some(("a".to_owned(), "1".to_owned())));
        let other = SealKeys::new(&[]).unwrap().give(after);
        assert_eq!(ids(&other, &sealed), None, "each process has its own");
    }
}
