//! `sluice serve`

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::load::load;
use super::{Exit, Out};
use crate::reload::{SealKeys, Watched};
use crate::server::{Listen, Options, Server};

/// Answer Envoy
///
/// A changed manifest comes into force within a second or two; one with errors does not, and the
/// last good one stays.
///
/// Ends on SIGTERM or SIGINT, after the exchanges in flight have finished. Exit codes: 0 after
/// that; 1 if the manifest has errors; 2 if it or a key can't be read, or an address can't be
/// listened on.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The manifest
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Where to listen: `unix:/path/to.sock` or `address:port`; repeat for several
    #[arg(long, value_name = "ADDRESS", required = true)]
    listen: Vec<Listen>,
    /// A file with a key that seals what clients keep, which are the ids of sessions, events and
    /// tasks: at least 32 random bytes. Give all replicas the same one; repeat to change it: the first seals, all open. Without
    /// one, ids are good in this process only
    #[arg(long, value_name = "FILE")]
    seal_key_file: Vec<PathBuf>,
    /// How many threads answer; one for each core, unless said otherwise
    #[arg(long, value_name = "COUNT")]
    workers: Option<usize>,
    /// How many seconds exchanges in flight may take to finish
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain: u64,
    /// What to log: a level, or directives as of `tracing`. A line for each decision comes at
    /// debug, one for each refusal at info
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
    /// How to log
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people
    Text,
    /// JSON objects
    Json,
}

impl Serve {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let filter = match EnvFilter::try_new(&self.log) {
            Ok(filter) => filter,
            Err(error) => {
                out.error(&format!("sluice: --log {}: {error}\n", self.log))?;
                return Ok(Exit::Usage);
            }
        };
        let keys = match SealKeys::new(&self.seal_key_file) {
            Ok(keys) => keys,
            Err(error) => {
                out.error(&format!("sluice: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        let watched = Watched::new(&self.manifest, keys.clone());
        let loaded = match load(&self.manifest, out)? {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        let defaults = Options::default();
        let options = Options {
            workers: self.workers.unwrap_or(defaults.workers),
            drain: Duration::from_secs(self.drain),
        };
        let server = match Server::bind(&self.listen, options) {
            Ok(server) => server,
            Err(error) => {
                out.error(&format!("sluice: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        start_log(filter, self.log_format, out.colors_errors());
        let policy = Arc::new(keys.give(loaded.policy));
        for address in server.addresses() {
            tracing::info!(%address, manifest = %self.manifest.display(), "listening");
        }
        let (publish, policies) = watch::channel(policy);
        let shutdown = async {
            tokio::select! {
                () = asked_to_stop() => {}
                () = watched.publish(publish) => {}
            }
        };
        server.run(policies, shutdown)?;
        tracing::info!("stopped");
        Ok(Exit::Ok)
    }
}

/// Logs go to standard error, so that standard output stays for results.
fn start_log(filter: EnvFilter, format: LogFormat, colors: bool) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(colors).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Waits for SIGTERM or SIGINT.
async fn asked_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(error) => {
                tracing::warn!(%error, "can't wait for SIGTERM");
                std::future::pending().await
            }
        }
    };
    tokio::select! {
        _ = terminate => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::warn!(%error, "can't wait for SIGINT");
                std::future::pending::<()>().await;
            }
        }
    }
    tracing::info!("draining");
}
