//! What the environment says of spans (OpenTelemetry's "Environment Variable Specification").

/// What the environment says of spans, where somebody wants them. All else that there is of `OTEL_*` is
/// read by OpenTelemetry's own SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the environment has no name for this service.
    pub(super) is_nameless: bool,
    /// The most spans that wait to be sent.
    pub(super) max_queue_size: usize,
}

/// A variable that says something that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{variable}` is `{value}`, and has to be {expected}")]
pub struct InvalidSettings {
    variable: &'static str,
    value: String,
    expected: &'static str,
}

const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

const PROTOCOLS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];

const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

impl Settings {
    /// What these variables say. Nothing if nobody wants spans: no endpoint is named, or they are
    /// switched off.
    ///
    /// # Errors
    ///
    /// Fails when a variable says something that is not understood.
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, InvalidSettings> {
        // An empty variable is as if it were not there (the same specification).
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        if env("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let wants = match env("OTEL_TRACES_EXPORTER").as_deref() {
            None => ENDPOINTS.iter().any(|name| env(name).is_some()),
            Some("otlp") => true,
            Some("none") => false,
            Some(other) => {
                return Err(InvalidSettings {
                    variable: "OTEL_TRACES_EXPORTER",
                    value: other.to_owned(),
                    expected: "`otlp` or `none`",
                });
            }
        };
        if !wants {
            return Ok(None);
        }
        for variable in PROTOCOLS {
            let expected = "`grpc` or `http/protobuf`";
            one_of(
                variable,
                env(variable),
                &["grpc", "http/protobuf"],
                expected,
            )?;
        }
        let sampler = env("OTEL_TRACES_SAMPLER");
        let expected =
            "`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`";
        one_of("OTEL_TRACES_SAMPLER", sampler.clone(), SAMPLERS, expected)?;
        if sampler.as_deref() == Some("always_off") {
            return Ok(None);
        }
        let attributes = env("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let has_name = |pair: &str| pair.trim_start().starts_with("service.name=");
        let queue = env("OTEL_BSP_MAX_QUEUE_SIZE").and_then(|size| size.trim().parse().ok());
        Ok(Some(Self {
            is_nameless: env("OTEL_SERVICE_NAME").is_none() && !attributes.split(',').any(has_name),
            max_queue_size: queue
                .filter(|size| *size > 0)
                .unwrap_or(opentelemetry_sdk::trace::OTEL_BSP_MAX_QUEUE_SIZE_DEFAULT),
        }))
    }
}

fn one_of(
    variable: &'static str,
    value: Option<String>,
    known: &[&str],
    expected: &'static str,
) -> Result<(), InvalidSettings> {
    match value {
        Some(value) if !known.contains(&value.as_str()) => Err(InvalidSettings {
            variable,
            value,
            expected,
        }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, InvalidSettings> {
        Settings::read(|name| {
            let mut variables = variables.iter();
            let found = variables.find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn spans_are_wanted_where_somebody_is_named() {
        const AT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[], false),
            (&[AT], true),
            (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a")], true),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")], false),
            (
                &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://a")],
                false,
            ),
            (&[("OTEL_TRACES_EXPORTER", "otlp")], true),
            (&[AT, ("OTEL_TRACES_EXPORTER", "none")], false),
            (&[AT, ("OTEL_SDK_DISABLED", "TRUE")], false),
            (&[AT, ("OTEL_SDK_DISABLED", "no")], true),
            (&[AT, ("OTEL_TRACES_SAMPLER", "always_off")], false),
            (
                &[AT, ("OTEL_TRACES_SAMPLER", "parentbased_always_off")],
                true,
            ),
        ];
        for (variables, wanted) in rows {
            let read = read(variables).unwrap();
            assert_eq!(read.is_some(), *wanted, "{variables:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        for (variable, value) in [
            ("OTEL_TRACES_EXPORTER", "console"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ] {
            let error = read(&[at, (variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains(value), "{error}");
        }
    }

    #[test]
    fn the_service_has_the_name_that_the_environment_gives() {
        let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let rows = [
            (("X", "y"), true),
            (("OTEL_SERVICE_NAME", "gateway"), false),
            (
                ("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.name=gateway"),
                false,
            ),
            (("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=x"), true),
        ];
        for (variable, is_nameless) in rows {
            let settings = read(&[at, variable]).unwrap().unwrap();
            assert_eq!(settings.is_nameless, is_nameless, "{variable:?}");
        }
    }
}
