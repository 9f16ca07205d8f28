//! What a collector receives of a real `sluice serve`, in both protocols.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric};
use prost::Message as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use super::call;
use crate::house::{House, MANIFEST, sluice, stateless, wait_for};

/// What has come, each with the header that says who sends it.
#[derive(Debug, Clone, Default)]
struct Collector(Arc<Mutex<Vec<(ExportMetricsServiceRequest, String)>>>);

impl Collector {
    fn take(&self, request: ExportMetricsServiceRequest, key: Option<&str>) {
        let key = key.unwrap_or_default().to_owned();
        self.0.lock().unwrap().push((request, key));
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The last metrics of this name.
    fn last(&self, name: &str) -> Option<Metric> {
        let received = self.0.lock().unwrap();
        let (request, _) = received.last()?;
        let scopes = &request.resource_metrics[0].scope_metrics;
        let mut metrics = scopes[0].metrics.iter();
        metrics.find(|metric| metric.name == name).cloned()
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let key = request.metadata().get("api-key").cloned();
        let key = key.as_ref().and_then(|key| key.to_str().ok());
        self.take(request.into_inner(), key);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A collector at a port of its own, for gRPC or for HTTP.
async fn start(grpc: bool) -> (Collector, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let service = collector.clone();
    if grpc {
        let router =
            tonic::transport::Server::builder().add_service(MetricsServiceServer::new(service));
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
    } else {
        let post = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            let request = ExportMetricsServiceRequest::decode(body).unwrap();
            let key = headers.get("api-key").map(|key| key.to_str().unwrap());
            service.take(request, key);
            StatusCode::OK
        };
        let app = axum::Router::new().route("/v1/metrics", axum::routing::post(post));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    }
    (collector, url)
}

fn house(url: &str, protocol: &str) -> House {
    let setup = sluice(MANIFEST)
        .environment("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .environment("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .environment("OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=a%20b")
        .environment("OTEL_METRIC_EXPORT_INTERVAL", "200")
        .environment("OTEL_TRACES_EXPORTER", "none")
        .environment("OTEL_SERVICE_NAME", "gateway");
    House::from(stateless(), &setup, |config| config)
}

/// Attributes, as lines.
fn lines(attributes: &[KeyValue]) -> Vec<String> {
    let line = |attribute: &KeyValue| {
        let value = attribute.value.as_ref().and_then(|it| it.value.as_ref());
        let Some(Value::StringValue(value)) = value else {
            panic!("{attribute:?}");
        };
        format!("{}={value}", attribute.key)
    };
    attributes.iter().map(line).collect()
}

/// What there is of these attributes, as a number.
fn number(metric: &Metric, attributes: &[&str]) -> Option<u64> {
    match metric.data.as_ref().unwrap() {
        Data::Histogram(histogram) => {
            let mut points = histogram.data_points.iter();
            let point = points.find(|point| lines(&point.attributes) == attributes)?;
            assert_eq!(point.count, point.bucket_counts.iter().sum::<u64>());
            assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
            assert!(point.start_time_unix_nano < point.time_unix_nano);
            Some(point.count)
        }
        Data::Sum(sum) => {
            assert!(sum.is_monotonic);
            let cumulative = AggregationTemporality::Cumulative as i32;
            assert_eq!(sum.aggregation_temporality, cumulative);
            let mut points = sum.data_points.iter();
            let point = points.find(|point| lines(&point.attributes) == attributes)?;
            match point.value {
                Some(opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsInt(
                    number,
                )) => u64::try_from(number).ok(),
                other => panic!("{other:?}"),
            }
        }
        Data::Gauge(_) | Data::ExponentialHistogram(_) | Data::Summary(_) => None,
    }
}

async fn numbers_arrive(grpc: bool, protocol: &str) {
    let (collector, url) = start(grpc).await;
    let mut house = house(&url, protocol);
    for tool in ["get_me", "get_me", "unheard_of"] {
        house.ask(&call(tool)).await;
    }
    let fine: &[&str] = &[
        "sluice.virtual_server=triage",
        "mcp.method.name=tools/call",
        "gen_ai.operation.name=execute_tool",
        "gen_ai.tool.name=get_me",
    ];
    let refused: &[&str] = &[
        "sluice.virtual_server=triage",
        "mcp.method.name=tools/call",
        "gen_ai.operation.name=execute_tool",
        "error.type=-32602",
        "rpc.response.status_code=-32602",
    ];
    let of = |name: &str, attributes: &[&str]| {
        let metric = collector.last(name)?;
        number(&metric, attributes)
    };
    let operations = "mcp.server.operation.duration";
    wait_for("the numbers", || {
        of(operations, fine) == Some(2) && of(operations, refused) == Some(1)
    })
    .await;
    assert_eq!(collector.last(operations).unwrap().unit, "s");
    let denied = [
        "sluice.virtual_server=triage",
        "sluice.decision=deny",
        "sluice.reason=tool_not_enabled",
    ];
    assert_eq!(of("sluice.decisions", &denied), Some(1));
    let filtered = ["sluice.virtual_server=triage"];
    assert_eq!(of("sluice.filter.duration", &filtered), Some(3));
    {
        let received = collector.0.lock().unwrap();
        let (request, key) = received.last().unwrap();
        assert_eq!(key, "a b");
        let resource = request.resource_metrics[0].resource.as_ref().unwrap();
        let resource = lines(&resource.attributes);
        assert!(
            resource.contains(&"service.name=gateway".to_owned()),
            "{resource:?}"
        );
    }
    // What happened last is told before the end.
    house.ask(&call("get_me")).await;
    house.sluice.signal("TERM").unwrap();
    wait_for("the end", || house.sluice.ended().is_some()).await;
    assert_eq!(of(operations, fine), Some(3));
}

#[tokio::test]
async fn numbers_arrive_by_grpc() {
    numbers_arrive(true, "grpc").await;
}

#[tokio::test]
async fn numbers_arrive_by_http() {
    numbers_arrive(false, "http/protobuf").await;
}

#[tokio::test]
async fn a_collector_that_says_nothing_disturbs_nobody() {
    // It takes connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let setup = sluice(MANIFEST)
        .environment("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .environment("OTEL_EXPORTER_OTLP_TIMEOUT", "300")
        .environment("OTEL_METRIC_EXPORT_INTERVAL", "100")
        .environment("OTEL_TRACES_EXPORTER", "none");
    let mut house = House::from(stateless(), &setup, |config| config);
    wait_for("a word of it", || {
        house.sluice.log().contains("metrics are not sent")
    })
    .await;
    for _ in 0..20 {
        let answer = house.ask(&call("get_me")).await;
        assert!(answer.status.is_success());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told = house.sluice.log();
    assert_eq!(told.matches("metrics are not sent").count(), 1, "{told}");
    house.sluice.signal("TERM").unwrap();
    wait_for("the end", || house.sluice.ended().is_some()).await;
}

#[tokio::test]
async fn nothing_is_sent_where_that_is_said() {
    let (collector, url) = start(true).await;
    let setup = sluice(MANIFEST)
        .environment("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .environment("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .environment("OTEL_METRIC_EXPORT_INTERVAL", "100")
        .environment("OTEL_TRACES_EXPORTER", "none")
        .environment("OTEL_METRICS_EXPORTER", "none");
    let house = House::from(stateless(), &setup, |config| config);
    house.ask(&call("get_me")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(collector.count(), 0);
}
