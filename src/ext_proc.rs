//! Envoy's external processing protocol on the outside, the exchange on the inside.
//!
//! Each HTTP request is one gRPC stream. Envoy waits after each of its messages for exactly one
//! reply. When the server ends the stream with OK, Envoy carries on without it, and what it holds
//! goes on unseen; therefore no stream of Sluice's ends with OK, ever: neither on a panic nor on
//! shutdown, nor when there is nothing left to say.

mod request;
mod resolver;
mod response;
mod stream;

use std::fmt;
use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingRequest;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::{
    ExternalProcessor, ExternalProcessorServer,
};
use tonic::{Request, Response, Status, Streaming};

pub use resolver::{Answer, Pending, Resolver};
pub use stream::Replies;

use crate::exchange::{Event, Exchange, Step, Vouched};
use crate::mcp::meta;
use crate::policy::{Caller, VirtualServer};
use crate::telemetry::{Observer, Telemetry};
use crate::trace::TraceContext;

/// The key of gRPC initial metadata by which Envoy's route names what it is for
/// (`ExtProcPerRoute.overrides.grpc_initial_metadata`).
pub const ROUTE_METADATA: &str = "x-sluice-route";

/// The longest message that is read, in bytes. Envoy's buffer limit for request bodies stands below
/// it, so that the limit that a client meets is the manifest's.
const MAX_MESSAGE_BYTES: usize = 128 << 20;

/// What a stream drives: the exchange, or in tests something that fails.
pub trait Machine: Sized + Send + Unpin + 'static {
    /// Takes the next event.
    fn handle(self, event: Event<'_>) -> (Self, Step);

    /// Learns what Envoy vouches for, before the first event.
    #[must_use]
    fn vouched(self, vouched: Vouched) -> Self;

    /// The virtual server that answers, once it is known.
    fn virtual_server(&self) -> Option<&Arc<VirtualServer>>;

    /// Who calls, once that is known.
    fn caller(&self) -> Option<&Arc<Caller>>;

    /// The digest of the manifest that is in force for it.
    fn manifest(&self) -> Option<&Arc<str>>;
}

impl Machine for Exchange {
    fn handle(self, event: Event<'_>) -> (Self, Step) {
        Self::handle(self, event)
    }

    fn vouched(self, vouched: Vouched) -> Self {
        Self::vouched(self, vouched)
    }

    fn virtual_server(&self) -> Option<&Arc<VirtualServer>> {
        Self::virtual_server(self)
    }

    fn caller(&self) -> Option<&Arc<Caller>> {
        Self::caller(self)
    }

    fn manifest(&self) -> Option<&Arc<str>> {
        self.policy().digest()
    }
}

/// The gRPC service.
pub struct Service<F> {
    new_machine: Arc<F>,
    resolver: Arc<dyn Resolver>,
    telemetry: Arc<Telemetry>,
}

impl<F> fmt::Debug for Service<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl<F, M> Service<F>
where
    F: Fn(Option<String>) -> M + Send + Sync + 'static,
    M: Machine,
{
    /// A service that makes a machine for each request; `new_machine` is given the route's name
    /// for it, where there is one. `resolver` answers what machines ask, `telemetry` hears
    /// what happens.
    pub fn new(
        new_machine: Arc<F>,
        resolver: Arc<dyn Resolver>,
        telemetry: Arc<Telemetry>,
    ) -> ExternalProcessorServer<Self> {
        ExternalProcessorServer::new(Self {
            new_machine,
            resolver,
            telemetry,
        })
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl<F, M> ExternalProcessor for Service<F>
where
    F: Fn(Option<String>) -> M + Send + Sync + 'static,
    M: Machine,
{
    type ProcessStream = Replies<M>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let mut routes = request.metadata().get_all(ROUTE_METADATA).iter();
        let route = match (routes.next(), routes.next()) {
            (None, _) => None,
            (Some(route), None) => Some(
                route
                    .to_str()
                    .map_err(|_| Status::invalid_argument("x-sluice-route is not ASCII"))?
                    .to_owned(),
            ),
            (Some(_), Some(_)) => {
                return Err(Status::invalid_argument("x-sluice-route is repeated"));
            }
        };
        let text = |name| request.metadata().get(name).and_then(|it| it.to_str().ok());
        let proxy = text(meta::TRACE_PARENT)
            .and_then(|parent| TraceContext::read(parent, text(meta::TRACE_STATE)));
        let observer = Observer::new(Arc::clone(&self.telemetry), proxy);
        let machine = (self.new_machine)(route);
        let resolver = Arc::clone(&self.resolver);
        Ok(Response::new(Replies::new(
            request.into_inner(),
            machine,
            resolver,
            observer,
        )))
    }
}
