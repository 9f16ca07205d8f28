//! Whoever collects spans: an OTLP server, by gRPC and by HTTP, that keeps what it is sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span as Proto;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::house::wait_for;
use crate::support::envoy::Config;
use crate::support::sluice::Setup;

/// A span as it was collected.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// The name of the service that sent it.
    pub(crate) service: String,
    pub(crate) proto: Proto,
    pub(crate) attributes: BTreeMap<String, Value>,
}

impl Span {
    pub(crate) fn name(&self) -> &str {
        &self.proto.name
    }

    pub(crate) fn id(&self) -> &[u8] {
        &self.proto.span_id
    }

    pub(crate) fn parent(&self) -> &[u8] {
        &self.proto.parent_span_id
    }

    /// How long it took, in nanoseconds.
    pub(crate) fn took(&self) -> u64 {
        self.proto.end_time_unix_nano - self.proto.start_time_unix_nano
    }

    /// The code of its status (2 is an error), and its description.
    pub(crate) fn status(&self) -> (i32, &str) {
        let status = self.proto.status.as_ref();
        status.map_or((0, ""), |status| (status.code, status.message.as_str()))
    }
}

/// All that was collected so far.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<Span>>>);

impl Kept {
    fn keep(&self, request: ExportTraceServiceRequest) {
        let mut kept = self.0.lock().unwrap();
        for of_resource in request.resource_spans {
            let resource = attributes(&of_resource.resource.unwrap_or_default().attributes);
            let service = resource["service.name"].as_str().unwrap();
            let spans = of_resource.scope_spans.into_iter();
            kept.extend(spans.flat_map(|scope| scope.spans).map(|proto| Span {
                service: service.to_owned(),
                attributes: attributes(&proto.attributes),
                proto,
            }));
        }
    }
}

fn attributes(written: &[KeyValue]) -> BTreeMap<String, Value> {
    let each = written.iter();
    each.map(|it| (it.key.clone(), value(it.value.as_ref())))
        .collect()
}

fn value(any: Option<&AnyValue>) -> Value {
    match any.and_then(|any| any.value.as_ref()) {
        Some(Any::StringValue(text)) => json!(text),
        Some(Any::BoolValue(truth)) => json!(truth),
        Some(Any::IntValue(number)) => json!(number),
        Some(Any::ArrayValue(list)) => list.values.iter().map(|it| value(Some(it))).collect(),
        other => panic!("{other:?}"),
    }
}

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.keep(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// The server, until this is dropped.
pub(crate) struct Collector {
    kept: Kept,
    grpc: SocketAddr,
    http: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let kept = Kept::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, addresses) = channel();
        let server = kept.clone();
        // A thread of its own: tests wait for other processes without yielding.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async move {
                let grpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let addresses = (grpc.local_addr().unwrap(), http.local_addr().unwrap());
                started.send(addresses).unwrap();
                let keep = server.clone();
                let post = axum::routing::post(move |body: Bytes| async move {
                    keep.keep(ExportTraceServiceRequest::decode(body).unwrap());
                });
                let app = axum::Router::new().route("/v1/traces", post);
                let by_grpc = tonic::transport::Server::builder()
                    .add_service(TraceServiceServer::new(server))
                    .serve_with_incoming(TcpListenerStream::new(grpc));
                tokio::select! {
                    served = by_grpc => served.unwrap(),
                    served = async { axum::serve(http, app).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        let (grpc, http) = addresses.recv().unwrap();
        Self {
            kept,
            grpc,
            http,
            _stop: stop,
        }
    }

    /// The same `sluice`, sending its spans here by gRPC.
    pub(crate) fn give(&self, setup: Setup) -> Setup {
        spans_to(self.grpc, setup)
    }

    /// The same `sluice`, sending its spans here by HTTP.
    pub(crate) fn give_by_http(&self, setup: Setup) -> Setup {
        spans_to(self.http, setup).environment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    }

    /// The same Envoy, tracing on its own account and sending its spans here.
    pub(crate) fn traced(&self, config: Config) -> Config {
        let tracing = r#"          stat_prefix: mcp
          tracing:
            provider:
              name: envoy.tracers.opentelemetry
              typed_config:
                "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                grpc_service: {envoy_grpc: {cluster_name: collector}, timeout: 5s}
                service_name: envoy
"#;
        let cluster = format!(
            r#"
  clusters:
  - name: collector
    type: STATIC
    load_assignment:
      cluster_name: collector
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {}}}}}}}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {{http2_protocol_options: {{}}}}
"#,
            self.grpc.port()
        );
        let at_once = "
layered_runtime:
  layers:
  - name: static
    static_layer:
      tracing.opentelemetry.min_flush_spans: 1
      tracing.opentelemetry.flush_interval_ms: 50

overload_manager:
";
        config
            .replace("          stat_prefix: mcp\n", tracing)
            .and_then(|config| config.replace("\n  clusters:\n", &cluster))
            .and_then(|config| config.replace("\noverload_manager:\n", at_once))
            .unwrap()
    }

    /// All that was collected so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.0.lock().unwrap().clone()
    }

    /// Waits for so many spans of a service with this name.
    pub(crate) async fn wait(&self, service: &str, name: &str, count: usize) -> Vec<Span> {
        let found = || {
            let mut spans = self.spans();
            spans.retain(|span| span.service == service && span.name() == name);
            spans
        };
        wait_for(&format!("{count} spans `{name}`"), || {
            found().len() >= count
        })
        .await;
        found()
    }
}

/// The same `sluice`, sending its spans somewhere.
pub(crate) fn spans_to(address: SocketAddr, setup: Setup) -> Setup {
    setup
        .environment("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{address}"))
        .environment("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .environment("OTEL_BSP_SCHEDULE_DELAY", "50")
}
