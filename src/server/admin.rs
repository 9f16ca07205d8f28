//! What the administrator asks over HTTP/1.1: `GET /metrics` and `GET /healthz`.
//!
//! It has a thread of its own, so that it takes no turn of a worker's, and it goes when the last
//! worker has gone, whoever is still connected.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime;
use tokio::sync::{Semaphore, watch};

use super::listen::{Accepting, Connection, Listener};
use crate::telemetry::{self, Metrics};

/// How many connections are served at once; more of them wait.
const CONNECTIONS: usize = 16;

/// How long a connection may last, which is one request and its answer.
const LONGEST: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted, as when there are no descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// The most that is read of a request's head, in bytes. It is the least that hyper takes.
const MAX_HEAD: usize = 8192;

/// What answers the administrator.
#[derive(Debug, Clone)]
pub(super) struct Admin {
    pub(super) metrics: Arc<Metrics>,
    /// Whether the workers take no new exchanges any more.
    pub(super) stopped: watch::Receiver<bool>,
}

impl Admin {
    /// Serves on a thread of its own until `done` has no sender any more.
    pub(super) fn spawn(self, listener: Listener, mut done: watch::Receiver<()>) -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = thread::Builder::new().name("sluice-admin".to_owned());
        thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = self.serve(listener) => {
                        if let Err(error) = served {
                            tracing::error!(%error, "the administrator can't be answered");
                        }
                    }
                    _ = done.changed() => {}
                }
            });
        })?;
        Ok(())
    }

    async fn serve(&self, listener: Listener) -> io::Result<()> {
        let listener = Accepting::new(listener)?;
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let place = place.map_err(io::Error::other)?;
            let connection = match listener.accept().await {
                Ok(connection) => connection,
                Err(error) => {
                    tracing::debug!(%error, "a connection of the administrator was not accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let admin = self.clone();
            tokio::spawn(async move {
                let _place = place;
                match connection {
                    Connection::Unix(stream) => admin.converse(stream).await,
                    Connection::Tcp(stream) => admin.converse(stream).await,
                }
            });
        }
    }

    /// Answers one request.
    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(async |request: Request<Incoming>| {
            Ok::<_, Infallible>(self.answer(request.method(), request.uri().path()))
        });
        let conversation = http1::Builder::new()
            .keep_alive(false)
            .max_buf_size(MAX_HEAD)
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service);
        match tokio::time::timeout(LONGEST, conversation).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the administrator's connection failed"),
            Err(_) => tracing::debug!("the administrator's connection took too long"),
        }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<String> {
        match (method, path) {
            (&Method::GET, "/metrics") => {
                respond(StatusCode::OK, telemetry::CONTENT_TYPE, self.metrics.text())
            }
            (&Method::GET, "/healthz") if *self.stopped.borrow() => {
                respond(StatusCode::SERVICE_UNAVAILABLE, PLAIN, "draining\n".into())
            }
            (&Method::GET, "/healthz") => respond(StatusCode::OK, PLAIN, "serving\n".into()),
            _ => respond(StatusCode::NOT_FOUND, PLAIN, "not found\n".into()),
        }
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
