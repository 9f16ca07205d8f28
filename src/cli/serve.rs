//! `sluice serve`

mod audit;
mod push;
mod spans;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::capture::read_key;
use super::load::load;
use super::{Exit, Out};
use crate::capture::{self, Recorder};
use crate::clock::{Clock as _, SystemClock};
use crate::reload::{NoTls, SealKeys, TlsFiles, Watched, WatchedTls, warn_of_trust};
use crate::server::{Address, Listen, Options, Server};
use crate::telemetry::{Metrics, Telemetry};

/// Answer Envoy
///
/// A changed manifest comes into force within a second or two; one with errors does not, and the
/// last good one stays.
///
/// Ends on SIGTERM or SIGINT, after the exchanges in flight have finished. Exit codes: 0 after
/// that; 1 if the manifest has errors; 2 if it, a key or a certificate can't be read, or an address
/// can't be listened on.
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
    /// The certificate, with those between it and its authority, that TCP listeners show in TLS;
    /// Unix sockets stay plain. A changed file is taken for new connections, a broken one is not
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of that certificate, not encrypted
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The authorities of clients: with them, a client without a certificate of one is refused
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// Where to answer the administrator over HTTP, with `/metrics` for Prometheus and `/healthz`:
    /// `127.0.0.1:9902`, `unix:/path/to.sock`. Nowhere, unless said
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<Listen>,
    #[command(flatten)]
    audit: audit::Audit,
    /// A directory in which exchanges are kept of the virtual servers that have `capture` in the
    /// manifest: `sluice capture` looks at them
    #[arg(long, value_name = "DIRECTORY")]
    capture: Option<PathBuf>,
    /// How much of it may be kept of each virtual server, in MiB; the oldest exchanges go
    #[arg(long, value_name = "MIB", default_value_t = 1024, requires = "capture",
          value_parser = clap::value_parser!(u64).range(1..))]
    capture_max_mib: u64,
    /// A file with a key, 32 random bytes, by which captures are encrypted
    #[arg(long, value_name = "FILE", requires = "capture")]
    capture_key_file: Option<PathBuf>,
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
        let tls = match self.tls() {
            Ok(tls) => tls,
            Err(error) => {
                out.error(&format!("sluice: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        let metrics = Arc::new(Metrics::default());
        let watched = Watched::new(&self.manifest, keys.clone(), Arc::clone(&metrics));
        let loaded = match load(&self.manifest, out)? {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        metrics.manifest_loaded(SystemClock.unix());
        let counted = Arc::clone(&metrics);
        let telemetry = match self.telemetry(metrics) {
            Ok(telemetry) => telemetry,
            Err(error) => {
                out.error(&format!("sluice: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        let defaults = Options::default();
        let options = Options {
            workers: self.workers.unwrap_or(defaults.workers),
            drain: Duration::from_secs(self.drain),
            tls: tls.as_ref().map(WatchedTls::configs),
            telemetry: Arc::new(telemetry.showing_drops()),
            admin: self.admin,
        };
        let server = match Server::bind(&self.listen, options) {
            Ok(server) => server,
            Err(error) => {
                out.error(&format!("sluice: {error}\n"))?;
                return Ok(Exit::Usage);
            }
        };
        start_log(filter, self.log_format, out.colors_errors());
        let _push = push::start(counted);
        warn_of_plain(server.addresses(), tls.is_some());
        if let Some(tls) = &tls {
            tls.warn_of_open_key();
        }
        warn_of_trust(&loaded.policy);
        if let Some(address) = server.admin_address() {
            tell_of_admin(address);
        }
        let policy = Arc::new(keys.give(loaded.policy));
        for address in server.addresses() {
            tracing::info!(%address, manifest = %self.manifest.display(), "listening");
        }
        let (publish, policies) = watch::channel(policy);
        let shutdown = async {
            tokio::select! {
                () = asked_to_stop() => {}
                () = watched.publish(publish) => {}
                () = publish_tls(tls) => {}
            }
        };
        server.run(policies, shutdown)?;
        tracing::info!("stopped");
        Ok(Exit::Ok)
    }
}

impl Serve {
    /// Who hears what happens.
    fn telemetry(&self, metrics: Arc<Metrics>) -> Result<Telemetry, String> {
        let telemetry = spans::with_spans(Telemetry::new(metrics))?;
        self.with_capture(self.audit.with_audit(telemetry)?)
    }

    /// The same, and what the manifest wants kept is kept.
    fn with_capture(&self, mut telemetry: Telemetry) -> Result<Telemetry, String> {
        let Some(directory) = &self.capture else {
            return Ok(telemetry);
        };
        let key = self.capture_key_file.as_deref().map(read_key).transpose()?;
        // Two segments at least, so that there is an older one to remove.
        let total_bytes = self.capture_max_mib << 20;
        let defaults = capture::Options::default();
        let options = capture::Options {
            segment_bytes: defaults.segment_bytes.min(total_bytes / 4),
            total_bytes,
            key,
        };
        let problem = |error| format!("can't keep exchanges in {}: {error}", directory.display());
        std::fs::create_dir_all(directory).map_err(problem)?;
        let sink = Recorder::new(directory.clone(), options)
            .sink()
            .map_err(problem)?;
        telemetry.wants_heads = true;
        telemetry.sinks.push(sink);
        Ok(telemetry)
    }

    /// The files for TLS, if there is to be any.
    fn tls(&self) -> Result<Option<WatchedTls>, NoTls> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        WatchedTls::new(TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            client_ca: self.tls_client_ca.clone(),
        })
        .map(Some)
    }
}

/// Publishes what changes of TLS, for ever.
async fn publish_tls(tls: Option<WatchedTls>) {
    match tls {
        Some(tls) => tls.publish().await,
        None => std::future::pending().await,
    }
}

/// Warns of addresses where others can listen in, and of TLS that is for none.
fn warn_of_plain<'a>(addresses: impl Iterator<Item = &'a Address>, tls: bool) {
    let mut tcp = false;
    for address in addresses {
        let Listen::Tcp(socket) = address else {
            continue;
        };
        tcp = true;
        if !tls && !socket.ip().to_canonical().is_loopback() {
            tracing::warn!(%address, "no --tls-cert: claims and tokens cross the network in the clear, and whoever reaches the address can ask for credentials");
        }
    }
    if tls && !tcp {
        tracing::warn!("--tls-cert is for TCP listeners, and there is none");
    }
}

/// Says where the administrator is answered, and warns if everyone is.
fn tell_of_admin(address: &Address) {
    tracing::info!(%address, "answering /metrics and /healthz");
    if let Listen::Tcp(socket) = address
        && !socket.ip().to_canonical().is_loopback()
    {
        tracing::warn!(%address, "--admin is not a loopback address: whoever reaches it can read the metrics");
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
