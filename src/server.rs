//! Listeners, health and drain.
//!
//! Each core runs a runtime of its own with one thread, and all of them accept from the same
//! listeners: work that never changes threads costs a third less than work that is stolen. Envoy
//! opens a connection for each of its own workers.

mod admin;
mod answers;
mod listen;
mod tls;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::SERVICE_NAME;
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

pub use listen::{Address, BindError, InvalidListen, Listen};

use crate::exchange::Exchange;
use crate::ext_proc::{Machine, Resolver, Service};
use crate::policy::Policy;
use crate::reload::TlsConfigs;
use crate::telemetry::Telemetry;
use admin::Admin;
use answers::Answers;
use listen::Listener;
use tls::Tls;

/// How many streams that their client gave up may wait for being cleared away. A storm of clients
/// that abort would otherwise close the connection that all of them share.
const MAX_RESET_STREAMS: usize = 1_000_000;

/// What one stream may have on the way before Sluice has read it, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;

/// What one connection may have on the way, in bytes.
const CONNECTION_WINDOW: u32 = 16 << 20;

/// How Sluice is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many runtimes, each on a thread of its own.
    pub workers: usize,
    /// How long exchanges in flight may take to finish after the shutdown, before they are cut.
    pub drain: Duration,
    /// What the TCP listeners show and ask for in TLS; without it they are plain.
    pub tls: Option<TlsConfigs>,
    /// Where the administrator is answered, if anywhere.
    pub admin: Option<Listen>,
    /// Who hears what happens.
    pub telemetry: Arc<Telemetry>,
}

impl Default for Options {
    fn default() -> Self {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        Self {
            workers,
            drain: Duration::from_secs(30),
            tls: None,
            admin: None,
            telemetry: Arc::default(),
        }
    }
}

/// A server that is bound, but does not yet answer.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    admin: Option<Listener>,
    options: Options,
}

impl Server {
    /// Binds every address.
    ///
    /// # Errors
    ///
    /// Fails when one can't be bound, and says which.
    pub fn bind(listen: &[Listen], options: Options) -> Result<Self, BindError> {
        let listeners = listen
            .iter()
            .map(Listener::bind)
            .collect::<Result<_, _>>()?;
        let admin = options.admin.as_ref().map(Listener::bind).transpose()?;
        Ok(Self {
            listeners,
            admin,
            options,
        })
    }

    /// The addresses that are bound, with the ports that were found for port 0.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.listeners.iter().map(Listener::address)
    }

    /// The address where the administrator is answered.
    pub fn admin_address(&self) -> Option<&Address> {
        self.admin.as_ref().map(Listener::address)
    }

    /// Serves until `shutdown`, and then until the exchanges in flight have finished. Each exchange
    /// runs under the policy that `policies` holds when it begins.
    ///
    /// # Errors
    ///
    /// Fails when a runtime or a thread can't be started.
    pub fn run(
        self,
        policies: watch::Receiver<Arc<Policy>>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let new_exchange =
            move |route: Option<String>| Exchange::new(Arc::clone(&policies.borrow()), route);
        let answers = Answers::new(&self.options.telemetry.metrics);
        self.run_with(new_exchange, Arc::new(answers), shutdown)
    }

    /// Serves with exchanges that `new_machine` makes; `resolver` answers what they ask.
    ///
    /// # Errors
    ///
    /// Fails when a runtime or a thread can't be started.
    pub fn run_with<F, M>(
        self,
        new_machine: F,
        resolver: Arc<dyn Resolver>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()>
    where
        F: Fn(Option<String>) -> M + Send + Sync + 'static,
        M: Machine,
    {
        let (stop, mut stopped) = watch::channel(false);
        let stop = Arc::new(stop);
        let mut health = HealthReporter::new();
        // The administrator is answered for as long as this is here: during the drain, no longer.
        let (_done, done) = watch::channel(());
        if let Some(listener) = self.admin {
            let admin = Admin {
                metrics: Arc::clone(&self.options.telemetry.metrics),
                stopped: stopped.clone(),
            };
            admin.spawn(listener, done)?;
        }
        let new_machine = Arc::new(new_machine);
        let tls = self.options.tls.map(Tls::new);
        let mut threads = Vec::new();
        for index in 0..self.options.workers.max(1) {
            let worker = Worker {
                listeners: self
                    .listeners
                    .iter()
                    .map(Listener::try_clone)
                    .collect::<io::Result<_>>()?,
                drain: self.options.drain,
                tls: tls.clone(),
                health: health.clone(),
                new_machine: Arc::clone(&new_machine),
                resolver: Arc::clone(&resolver),
                telemetry: Arc::clone(&self.options.telemetry),
                stopped: stopped.clone(),
            };
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let thread = thread::Builder::new().name(format!("sluice-{index}"));
            // A worker that ends, however it does, ends all of them: half a server that still says
            // that it is well is worse than none.
            let last_word = StopOnDrop(Arc::clone(&stop));
            threads.push(thread.spawn(move || {
                let _last_word = last_word;
                runtime.block_on(worker.run())
            })?);
        }
        // The workers have their own. One that nobody accepts from would, during the drain, take
        // connections that nobody answers, and Envoy would wait for them.
        drop(self.listeners);
        let control = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        control.block_on(async {
            set_health(&health, ServingStatus::Serving).await;
            tokio::select! {
                () = shutdown => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
            set_health(&health, ServingStatus::NotServing).await;
            // Ends the streams of those who watch; they would never end by themselves.
            for service in SERVICES {
                health.clear_service_status(service).await;
            }
        });
        stop.send_replace(true);
        for thread in threads {
            thread
                .join()
                .map_err(|_| io::Error::other("a worker thread panicked"))??;
        }
        Ok(())
    }
}

/// Stops every worker when it is dropped.
struct StopOnDrop(Arc<watch::Sender<bool>>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// What health is told of: the whole server and its one service (`grpc.health.v1`).
const SERVICES: [&str; 2] = ["", SERVICE_NAME];

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}

/// One runtime's share of the work.
struct Worker<F> {
    listeners: Vec<Listener>,
    drain: Duration,
    tls: Option<Tls>,
    health: HealthReporter,
    new_machine: Arc<F>,
    resolver: Arc<dyn Resolver>,
    telemetry: Arc<Telemetry>,
    stopped: watch::Receiver<bool>,
}

impl<F, M> Worker<F>
where
    F: Fn(Option<String>) -> M + Send + Sync + 'static,
    M: Machine,
{
    async fn run(self) -> io::Result<()> {
        let mut serving = JoinSet::new();
        for listener in self.listeners {
            let health = tonic_health::pb::health_server::HealthServer::new(
                tonic_health::server::HealthService::from_health_reporter(self.health.clone()),
            );
            let router = tonic::transport::Server::builder()
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .http2_max_pending_accept_reset_streams(Some(MAX_RESET_STREAMS))
                .http2_max_local_error_reset_streams(Some(MAX_RESET_STREAMS))
                .add_service(health)
                .add_service(Service::new(
                    Arc::clone(&self.new_machine),
                    Arc::clone(&self.resolver),
                    Arc::clone(&self.telemetry),
                ));
            let mut stopped = self.stopped.clone();
            let stopped = async move {
                // The sender outlives the workers; an error would mean that it is gone too.
                drop(stopped.wait_for(|stopped| *stopped).await);
            };
            serving.spawn(listener.serve(router, self.tls.clone(), stopped)?);
        }
        let mut stopped = self.stopped;
        let deadline = async {
            drop(stopped.wait_for(|stopped| *stopped).await);
            tokio::time::sleep(self.drain).await;
        };
        let finished = async {
            while let Some(served) = serving.join_next().await {
                served
                    .map_err(io::Error::other)?
                    .map_err(io::Error::other)?;
            }
            Ok(())
        };
        tokio::select! {
            finished = finished => finished,
            () = deadline => {
                tracing::warn!("some exchanges did not finish in time and were cut");
                Ok(())
            }
        }
    }
}
