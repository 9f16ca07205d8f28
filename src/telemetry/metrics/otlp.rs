//! The numbers as messages of OTLP.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Point;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::Metrics;
use super::family::{Distribution, Family, Kind, Label, NONE, Number, Sample};
use crate::mcp::ClientMethod;

/// Whose numbers they are, and since when they are counted.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Attributes of the process (`service.name`).
    pub(crate) resource: Vec<(String, String)>,
    /// When the process began to count, since 1970.
    pub(crate) began: Duration,
}

impl Metrics {
    /// All numbers as they are now, which is so long after 1970.
    pub(crate) fn otlp(&self, origin: &Origin, now: Duration) -> ExportMetricsServiceRequest {
        let times = (nanoseconds(origin.began), nanoseconds(now));
        let families = self.families();
        let families = families.iter().filter(|family| !family.samples.is_empty());
        let scope = ScopeMetrics {
            scope: Some(InstrumentationScope {
                name: "sluice".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..InstrumentationScope::default()
            }),
            metrics: families.map(|family| metric(family, times)).collect(),
            schema_url: String::new(),
        };
        let attributes = origin.resource.iter();
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(Resource {
                    attributes: attributes
                        .map(|(key, value)| attribute(key, value))
                        .collect(),
                    ..Resource::default()
                }),
                scope_metrics: vec![scope],
                schema_url: String::new(),
            }],
        }
    }
}

fn metric(family: &Family, times: (u64, u64)) -> Metric {
    let description = family.description;
    let labels = description.labels;
    let temporality = AggregationTemporality::Cumulative as i32;
    let numbers = || {
        let points = family.samples.iter();
        points
            .filter_map(|sample| number(labels, sample, times))
            .collect()
    };
    let data = match description.kind {
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(),
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        Kind::Gauge => Data::Gauge(Gauge {
            data_points: numbers(),
        }),
        Kind::Histogram => {
            let points = family.samples.iter();
            Data::Histogram(Histogram {
                data_points: points
                    .filter_map(|sample| distribution(labels, sample, times))
                    .collect(),
                aggregation_temporality: temporality,
            })
        }
    };
    Metric {
        name: description.otlp.to_owned(),
        description: description.help.to_owned(),
        unit: description.unit.to_owned(),
        metadata: Vec::new(),
        data: Some(data),
    }
}

fn number(labels: &[Label], sample: &Sample, (began, now): (u64, u64)) -> Option<NumberDataPoint> {
    let value = match &sample.number {
        Number::Whole(number) => Point::AsInt(i64::try_from(*number).unwrap_or(i64::MAX)),
        Number::Fraction(number) => Point::AsDouble(*number),
        Number::Times(_) => return None,
    };
    Some(NumberDataPoint {
        attributes: attributes(labels, sample),
        start_time_unix_nano: began,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn distribution(
    labels: &[Label],
    sample: &Sample,
    (began, now): (u64, u64),
) -> Option<HistogramDataPoint> {
    let times: &Distribution = match &sample.number {
        Number::Times(times) => times,
        Number::Whole(_) | Number::Fraction(_) => return None,
    };
    Some(HistogramDataPoint {
        attributes: attributes(labels, sample),
        start_time_unix_nano: began,
        time_unix_nano: now,
        count: times.count(),
        sum: Some(times.sum()),
        bucket_counts: times.counts.clone(),
        explicit_bounds: times.bounds().collect(),
        ..HistogramDataPoint::default()
    })
}

/// The attributes of a series. A label that has nothing to say is none, and what follows from others by
/// the conventions is added.
fn attributes(labels: &[Label], sample: &Sample) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    for (label, value) in labels.iter().zip(&sample.values) {
        if &**value == NONE {
            continue;
        }
        attributes.push(attribute(label.otlp(), value));
        if *label == Label::Method && **value == *ClientMethod::ToolsCall.as_str() {
            attributes.push(attribute("gen_ai.operation.name", "execute_tool"));
        }
        if *label == Label::Error && value.starts_with('-') {
            attributes.push(attribute("rpc.response.status_code", value));
        }
    }
    attributes
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
