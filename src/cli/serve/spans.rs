//! What the environment says of who hears what happens.

use crate::telemetry::{Settings, Telemetry};

/// The same, and whoever the environment names gets spans.
///
/// # Errors
///
/// Fails with a sentence for a person.
pub(super) fn with_spans(telemetry: Telemetry) -> Result<Telemetry, String> {
    match Settings::read(env).map_err(|error| error.to_string())? {
        Some(settings) => telemetry
            .with_spans(&settings)
            .map_err(|error| error.to_string()),
        None => Ok(telemetry),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the environment that others are given comes from"
)]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
