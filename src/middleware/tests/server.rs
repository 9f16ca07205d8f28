use std::fs;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use futures_util::StreamExt as _;
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime;
use tokio::sync::{oneshot, watch};

use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::server::Router;
use tonic::{Request, Response, Status};

use super::*;
use proto::CheckRequest;
use proto::guardrail_service_server::{GuardrailService, GuardrailServiceServer};

type Serving = Pin<Box<dyn Future<Output = Result<(), tonic::transport::Error>>>>;

type Says = Arc<dyn Fn(CheckRequest) -> Result<CheckResponse, Status> + Send + Sync>;

/// A guardrail that says what it is told to say. It ends with this, and all its connections do.
pub(super) struct Server {
    address: String,
    service: Service,
    connections: Arc<AtomicUsize>,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

#[derive(Clone)]
struct Service {
    says: Arc<Mutex<Says>>,
    asked: Arc<Mutex<Vec<CheckRequest>>>,
    under_way: Arc<AtomicUsize>,
    holds: Arc<watch::Sender<bool>>,
}

/// Counts itself away, also when a call is given up.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl GuardrailService for Service {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let request = request.into_inner();
        self.asked.lock().unwrap().push(request.clone());
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _under_way = UnderWay(Arc::clone(&self.under_way));
        self.holds
            .subscribe()
            .wait_for(|holds| !holds)
            .await
            .unwrap();
        let says = Arc::clone(&*self.says.lock().unwrap());
        says(request).map(Response::new)
    }
}

impl Server {
    /// At a free port.
    pub(super) fn tcp() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        Self::start(address, move |router, count| {
            let listener = TcpListener::from_std(listener).unwrap();
            let incoming = TcpListenerStream::new(listener).inspect(move |_| count());
            Box::pin(router.serve_with_incoming(incoming))
        })
    }

    /// At a socket, in the place of whatever was there.
    pub(super) fn unix(address: &str) -> Self {
        let path = address.strip_prefix("unix:").unwrap();
        drop(fs::remove_file(path));
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::start(address.to_owned(), move |router, count| {
            let listener = UnixListener::from_std(listener).unwrap();
            let incoming = UnixListenerStream::new(listener).inspect(move |_| count());
            Box::pin(router.serve_with_incoming(incoming))
        })
    }

    /// A runtime of its own ends with all that is on it.
    fn start(
        address: String,
        serve: impl FnOnce(Router, Box<dyn Fn() + Send>) -> Serving + Send + 'static,
    ) -> Self {
        let service = Service {
            says: Arc::new(Mutex::new(Arc::new(|_| Ok(allows())))),
            asked: Arc::default(),
            under_way: Arc::default(),
            holds: Arc::new(watch::Sender::new(false)),
        };
        let connections = Arc::<AtomicUsize>::default();
        let served = GuardrailServiceServer::new(service.clone())
            .max_decoding_message_size(32 << 20)
            .max_encoding_message_size(32 << 20);
        let (end, ends) = oneshot::channel();
        let counter = Arc::clone(&connections);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let router = tonic::transport::Server::builder().add_service(served);
                let count = move || {
                    counter.fetch_add(1, Ordering::SeqCst);
                };
                tokio::select! {
                    served = serve(router, Box::new(count)) => served.unwrap(),
                    _ = ends => {}
                }
            });
        });
        Self {
            address,
            service,
            connections,
            serving: Some((end, thread)),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn says(
        &self,
        says: impl Fn(CheckRequest) -> Result<CheckResponse, Status> + Send + Sync + 'static,
    ) {
        *self.service.says.lock().unwrap() = Arc::new(says);
    }

    /// Answers nobody, until it is told to go on.
    pub(super) fn hold(&self, holds: bool) {
        self.service.holds.send_replace(holds);
    }

    pub(super) fn asked(&self) -> Vec<CheckRequest> {
        self.service.asked.lock().unwrap().clone()
    }

    /// Waits until so many calls are under way.
    pub(super) async fn under_way(&self, wanted: usize) {
        let reached = async {
            while self.service.under_way.load(Ordering::SeqCst) != wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let reached = tokio::time::timeout(LONG, reached).await;
        assert!(reached.is_ok(), "there are never {wanted} calls under way");
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.serving.take() {
            end.send(()).unwrap_or_default();
            drop(thread.join());
        }
    }
}
