//! Metrics for a collector, if the environment says where one is.

use std::sync::Arc;

use crate::telemetry::{Metrics, MetricsExport, Push};

/// Begins to send metrics. Telemetry that can't be had is told, and keeps nobody from serving.
pub(super) fn start(metrics: Arc<Metrics>) -> Option<Push> {
    let variable = |name: &str| std::env::var_os(name)?.into_string().ok();
    let export = match MetricsExport::read(variable) {
        Ok(export) => export?,
        Err(error) => {
            tracing::error!(%error, "metrics are not sent");
            return None;
        }
    };
    let collector = export.collector();
    match Push::start(metrics, export) {
        Ok(push) => {
            tracing::info!(collector, "sending metrics");
            Some(push)
        }
        Err(error) => {
            tracing::error!(%error, "metrics are not sent");
            None
        }
    }
}
