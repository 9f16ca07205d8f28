//! Metrics, sent to a collector from time to time (OTLP).
//!
//! It has a thread and a runtime of its own, so that no worker waits for a collector. There is one
//! picture of the numbers at a time, made when it is sent; what a collector misses is in the next one.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use prost::Message as _;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use url::Url;

use super::metrics::{Metrics, Origin};
use super::otlp_env::{MetricsExport, Protocol};
use crate::clock::{Clock as _, SystemClock, steady};
use crate::outbound;

/// How long the last sending may take when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// How often it is told that a collector still can't be had.
const REMIND: Duration = Duration::from_secs(600);

/// Sends metrics for as long as it is there, and once more when it goes.
pub struct Push {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Push")
    }
}

/// Why metrics can't be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum NoPush {
    /// The file with the collector's authorities can't be read.
    #[error("the certificate of OTEL_EXPORTER_OTLP_CERTIFICATE can't be read: {0}")]
    Certificate(io::ErrorKind),
    /// The client can't be made.
    #[error("the client of the collector can't be made")]
    Client,
    /// A header is none.
    #[error("the header `{0}` is none that can be sent")]
    Header(String),
    /// The thread can't be started.
    #[error("the thread can't be started: {0}")]
    Thread(#[from] io::Error),
}

/// Why metrics were not sent. Nothing that the collector says is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NotSent {
    #[error("the collector answers gRPC status {0}")]
    Grpc(i32),
    #[error("the collector answers HTTP {0}")]
    Http(u16),
    #[error("{0}")]
    Trouble(#[from] outbound::Trouble),
    #[error("it took too long")]
    Late,
}

impl Push {
    /// Begins to send.
    ///
    /// # Errors
    ///
    /// It can't.
    pub fn start(metrics: Arc<Metrics>, export: MetricsExport) -> Result<Self, NoPush> {
        let (stop, stopped) = oneshot::channel();
        let certificate = export.certificate.as_ref().map(std::fs::read).transpose();
        let certificate = certificate.map_err(|error| NoPush::Certificate(error.kind()))?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let line = {
            // A channel lives on the runtime that it is made on.
            let _entered = runtime.enter();
            Line::new(&export, certificate)?
        };
        let origin = Origin {
            resource: export.resource,
            began: SystemClock.unix(),
        };
        let sender = Sender {
            metrics,
            line,
            origin,
            interval: export.interval,
            timeout: export.timeout,
            health: Health::default(),
        };
        let thread = thread::Builder::new().name("sluice-otlp".to_owned());
        let thread = thread.spawn(move || runtime.block_on(sender.run(stopped)))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Push {
    /// Waits until the last numbers are sent, but not for long.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("what sends metrics panicked");
        }
    }
}

/// What runs on the thread.
struct Sender {
    metrics: Arc<Metrics>,
    line: Line,
    origin: Origin,
    interval: Duration,
    timeout: Duration,
    health: Health,
}

impl Sender {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut ticks = interval_at(Instant::now() + self.interval, self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // Its other end goes when the process is about to end.
                _ = &mut stopped => break,
                () = async {
                    ticks.tick().await;
                    self.send(self.timeout).await;
                } => {}
            }
        }
        self.send(self.timeout.min(LAST)).await;
    }

    /// Sends the numbers as they are now. What is not sent is not kept.
    async fn send(&mut self, within: Duration) {
        let request = self.metrics.otlp(&self.origin, SystemClock.unix());
        let sent = timeout(within, self.line.send(request)).await;
        self.health
            .tell(sent.unwrap_or(Err(NotSent::Late)), steady());
    }
}

/// The way to the collector.
enum Line {
    Grpc(MetricsServiceClient<Channel>, MetadataMap),
    Http(Client, Url, HeaderMap),
}

impl Line {
    fn new(export: &MetricsExport, certificate: Option<Vec<u8>>) -> Result<Self, NoPush> {
        match export.protocol {
            Protocol::Grpc => Self::grpc(export, certificate),
            Protocol::Http => Self::http(export, certificate),
        }
    }

    fn grpc(export: &MetricsExport, certificate: Option<Vec<u8>>) -> Result<Self, NoPush> {
        let endpoint = Endpoint::from_shared(export.endpoint.to_string());
        let mut endpoint = endpoint
            .map_err(|_| NoPush::Client)?
            .connect_timeout(export.timeout);
        if export.endpoint.scheme() == "https" {
            let mut tls = ClientTlsConfig::new().with_enabled_roots();
            if let Some(pem) = certificate {
                tls = tls.ca_certificate(Certificate::from_pem(pem));
            }
            endpoint = endpoint.tls_config(tls).map_err(|_| NoPush::Client)?;
        }
        let mut metadata = MetadataMap::new();
        for (name, value) in &export.headers {
            let none = || NoPush::Header(name.clone());
            let key = MetadataKey::<Ascii>::from_bytes(name.as_bytes()).map_err(|_| none())?;
            let value = MetadataValue::try_from(value.expose_secret()).map_err(|_| none())?;
            metadata.insert(key, value);
        }
        let client = MetricsServiceClient::new(endpoint.connect_lazy());
        Ok(Self::Grpc(client, metadata))
    }

    fn http(export: &MetricsExport, certificate: Option<Vec<u8>>) -> Result<Self, NoPush> {
        let mut authorities = Vec::new();
        if let Some(pem) = certificate {
            let read = reqwest::Certificate::from_pem_bundle(&pem);
            authorities = read.map_err(|_| NoPush::Client)?;
        }
        let client = outbound::client_trusting(export.timeout, authorities);
        let mut headers = HeaderMap::new();
        for (name, value) in &export.headers {
            let none = || NoPush::Header(name.clone());
            let name = HeaderName::try_from(name).map_err(|_| none())?;
            let value = HeaderValue::try_from(value.expose_secret()).map_err(|_| none())?;
            headers.insert(name, value);
        }
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        let client = client.map_err(|_| NoPush::Client)?;
        Ok(Self::Http(client, export.endpoint.clone(), headers))
    }

    async fn send(&mut self, message: ExportMetricsServiceRequest) -> Result<(), NotSent> {
        match self {
            Self::Grpc(client, metadata) => {
                let mut request = tonic::Request::new(message);
                *request.metadata_mut() = metadata.clone();
                let answer = client.export(request).await;
                answer
                    .map(|_| ())
                    .map_err(|status| NotSent::Grpc(status.code().into()))
            }
            Self::Http(client, url, headers) => {
                let request = client
                    .post(url.clone())
                    .headers(headers.clone())
                    .body(message.encode_to_vec());
                let answer = outbound::send(request).await?;
                match answer.status().is_success() {
                    true => Ok(()),
                    false => Err(NotSent::Http(answer.status().as_u16())),
                }
            }
        }
    }
}

/// Whether metrics are sent, told when it changes, and now and then while they are not.
#[derive(Debug, Default)]
struct Health {
    /// How often sending has failed in a row, and when that was last told.
    failing: Option<(u32, Duration)>,
}

impl Health {
    fn tell(&mut self, sent: Result<(), NotSent>, now: Duration) {
        self.failing = match (sent, self.failing) {
            (Ok(()), None) => None,
            (Ok(()), Some(_)) => {
                tracing::info!("metrics are sent again");
                None
            }
            (Err(_), Some((times, told))) if now.saturating_sub(told) < REMIND => {
                Some((times.saturating_add(1), told))
            }
            (Err(error), failing) => {
                let failures = failing.map_or(1, |(times, _)| times.saturating_add(1));
                tracing::warn!(%error, failures, "metrics are not sent; the next ones hold all");
                Some((failures, now))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_now_and_then() {
        let mut health = Health::default();
        let mut told = Vec::new();
        for (seconds, is_sent) in [
            (0, true),
            (60, false),
            (120, false),
            (659, false),
            (660, false),
            (720, true),
            (780, false),
        ] {
            let before = health.failing.map(|(_, told)| told);
            let sent = if is_sent { Ok(()) } else { Err(NotSent::Late) };
            health.tell(sent, Duration::from_secs(seconds));
            let after = health.failing.map(|(_, told)| told);
            if before != after {
                told.push(seconds);
            }
        }
        assert_eq!(told, [60, 660, 720, 780]);
    }
}
