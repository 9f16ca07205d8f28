//! An external processor that lets everything pass, or misbehaves in one of a few ways.
//!
//! It shows what Envoy does with the config alone, and it is what the bench compares Sluice
//! with: the least that an external processor with these body modes can cost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use envoy_types::pb::envoy::config::core::v3::HeaderMap;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::{
    ExternalProcessor, ExternalProcessorServer,
};
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Message;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response as Reply;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyResponse, HeadersResponse, ImmediateResponse, ProcessingRequest, ProcessingResponse,
    TrailersResponse,
};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

/// What the external processor does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Lets it pass.
    Continue,
    /// Answers request bodies itself, with this status and `{"from":"the processor"}`.
    Answer(i32),
    /// Never replies.
    Silent,
    /// Ends the stream with an error.
    Fail,
    /// Replies to request headers with what belongs to response headers.
    Confused,
}

/// What came with the headers of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The headers, pseudo-headers included; the last of a name.
    pub(crate) headers: BTreeMap<String, String>,
    /// `x-sluice-route` in the gRPC metadata.
    pub(crate) route: Option<String>,
}

#[derive(Debug, Clone)]
struct DoNothing {
    behaviour: Behaviour,
    seen: Option<Arc<Mutex<Vec<Seen>>>>,
}

impl DoNothing {
    fn reply(&self, message: Message, route: Option<&str>) -> Option<Result<Reply, Status>> {
        if let (Some(seen), Message::RequestHeaders(headers)) = (&self.seen, &message) {
            let headers = headers.headers.as_ref().map(header_map).unwrap_or_default();
            let seen_now = Seen {
                headers,
                route: route.map(str::to_owned),
            };
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(seen_now);
        }
        let passed = match message {
            Message::RequestHeaders(_) if self.behaviour == Behaviour::Confused => {
                Reply::ResponseHeaders(HeadersResponse::default())
            }
            Message::RequestHeaders(_) => Reply::RequestHeaders(HeadersResponse::default()),
            Message::RequestBody(_) => match self.behaviour {
                Behaviour::Answer(code) => Reply::ImmediateResponse(ImmediateResponse {
                    status: Some(HttpStatus { code }),
                    body: br#"{"from":"the processor"}"#.to_vec(),
                    details: "answered".to_owned(),
                    ..ImmediateResponse::default()
                }),
                Behaviour::Silent => return None,
                Behaviour::Fail => return Some(Err(Status::internal("told to fail"))),
                Behaviour::Continue | Behaviour::Confused => {
                    Reply::RequestBody(BodyResponse::default())
                }
            },
            Message::RequestTrailers(_) => Reply::RequestTrailers(TrailersResponse::default()),
            Message::ResponseHeaders(_) => Reply::ResponseHeaders(HeadersResponse::default()),
            Message::ResponseBody(_) => Reply::ResponseBody(BodyResponse::default()),
            Message::ResponseTrailers(_) => Reply::ResponseTrailers(TrailersResponse::default()),
        };
        Some(Ok(passed))
    }
}

#[tonic::async_trait]
impl ExternalProcessor for DoNothing {
    type ProcessStream = Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let route = request.metadata().get("x-sluice-route");
        let route = route
            .and_then(|route| route.to_str().ok())
            .map(str::to_owned);
        let this = self.clone();
        let replies = request.into_inner().filter_map(move |message| {
            let reply = match message {
                Ok(ProcessingRequest {
                    request: Some(message),
                    ..
                }) => this.reply(message, route.as_deref())?,
                Ok(_) => Err(Status::invalid_argument("a message without content")),
                Err(status) => Err(status),
            };
            Some(reply.map(|reply| ProcessingResponse {
                response: Some(reply),
                ..ProcessingResponse::default()
            }))
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
    headers
        .headers
        .iter()
        .map(|header| (header.key.clone(), text(&header.raw_value)))
        .collect()
}

/// Serves `Behaviour::Continue` at a Unix socket until the process ends, recording nothing.
pub(crate) fn serve_forever(socket: &Path) -> Result<(), String> {
    let service = DoNothing {
        behaviour: Behaviour::Continue,
        seen: None,
    };
    serve(service, socket, std::future::pending())
}

fn serve(service: DoNothing, socket: &Path, until: impl Future<Output = ()>) -> Result<(), String> {
    let serve = async {
        let listener = UnixListener::bind(socket).map_err(|error| error.to_string())?;
        let service = ExternalProcessorServer::new(service)
            .max_decoding_message_size(64 << 20)
            .max_encoding_message_size(64 << 20);
        tonic::transport::Server::builder()
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(16 << 20)
            .add_service(service)
            .serve_with_incoming_shutdown(UnixListenerStream::new(listener), until)
            .await
            .map_err(|error| error.to_string())
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| error.to_string())?.block_on(serve)
}

/// The external processor on a thread of its own, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    directory: TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Running {
    /// Starts it at a socket in a new directory.
    pub(crate) fn start(behaviour: Behaviour) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("ext-proc-").tempdir();
        let directory = directory.map_err(|error| error.to_string())?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let service = DoNothing {
            behaviour,
            seen: Some(Arc::clone(&seen)),
        };
        let socket = directory.path().join("sock");
        let (stop, stopped) = oneshot::channel();
        // Envoy connects when the first request comes, and tries again if it is too early.
        std::thread::spawn(move || serve(service, &socket, async { drop(stopped.await) }));
        let running = Self {
            directory,
            seen,
            stop: Some(stop),
        };
        for _ in 0..500 {
            if running.socket().exists() {
                return Ok(running);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Err("the do-nothing external processor did not start".to_owned())
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("sock")
    }

    /// What came with the requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}
