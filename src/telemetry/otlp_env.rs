//! Where metrics are sent, as the standard variables of OpenTelemetry say (`OTEL_*`).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::{Url, form_urlencoded};

/// How often numbers are sent, unless said otherwise.
const INTERVAL: Duration = Duration::from_secs(60);

/// How often at most: a mistake must not make a flood.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long sending may take, unless said otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The path that follows an endpoint which is for all signals.
const PATH: &str = "v1/metrics";

/// Where metrics are sent, and how.
#[derive(Debug)]
pub struct MetricsExport {
    pub(super) endpoint: Url,
    pub(super) protocol: Protocol,
    /// Names in lower case. The values may be credentials.
    pub(super) headers: Vec<(String, SecretString)>,
    pub(super) timeout: Duration,
    pub(super) interval: Duration,
    /// The authorities that the collector's certificate may be of, in PEM.
    pub(super) certificate: Option<PathBuf>,
    /// What is said of this process.
    pub(super) resource: Vec<(String, String)>,
}

/// How metrics are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP, in protobuf.
    Http,
}

/// Variables that make no sense. No value is in it but of those that hold no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct InvalidExport {
    variable: &'static str,
    problem: String,
}

impl MetricsExport {
    /// What the variables say; `variable` tells one by its name. Nothing if no endpoint is set, or if
    /// metrics are not to be sent.
    ///
    /// # Errors
    ///
    /// They make no sense.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, InvalidExport> {
        // An empty variable is one that is not set.
        let variables = Variables(&|name| variable(name).filter(|value| !value.trim().is_empty()));
        if variables.are_off()? {
            return Ok(None);
        }
        let protocol = variables.protocol()?;
        let Some(endpoint) = variables.endpoint(protocol)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            endpoint,
            protocol,
            headers: variables.headers()?,
            timeout: variables.timeout()?,
            interval: match variables.of("OTEL_METRIC_EXPORT_INTERVAL") {
                None => INTERVAL,
                Some(text) => milliseconds("OTEL_METRIC_EXPORT_INTERVAL", &text)?.max(SHORTEST),
            },
            certificate: variables
                .signal(CERTIFICATE)
                .map(|(_, path)| PathBuf::from(path)),
            resource: variables.resource(),
        }))
    }

    /// The collector, as it may be logged: without what can hold credentials.
    #[must_use]
    pub fn collector(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }
}

/// A setting's variable for metrics alone, and that for all signals.
type Setting = (&'static str, &'static str);

const ENDPOINT: Setting = (
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
);
const PROTOCOL: Setting = (
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
);
const HEADERS: Setting = (
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_HEADERS",
);
const TIME: Setting = (
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
);
const CERTIFICATE: Setting = (
    "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
);

struct Variables<'v>(&'v dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn of(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    /// A setting, with the variable that it comes from.
    fn signal(&self, (own, common): Setting) -> Option<(&'static str, String)> {
        let of = |name| self.of(name).map(|value| (name, value));
        of(own).or_else(|| of(common))
    }

    /// Whether nothing is to be sent.
    fn are_off(&self) -> Result<bool, InvalidExport> {
        const EXPORTER: &str = "OTEL_METRICS_EXPORTER";
        let disabled = self.of("OTEL_SDK_DISABLED");
        if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(true);
        }
        match self.of(EXPORTER).as_deref() {
            None | Some("otlp") => Ok(false),
            Some("none") => Ok(true),
            Some(other) => Err(invalid(
                EXPORTER,
                format!("is `{other}`: Sluice knows `otlp` and `none`"),
            )),
        }
    }

    fn protocol(&self) -> Result<Protocol, InvalidExport> {
        match self.signal(PROTOCOL) {
            None => Ok(Protocol::Http),
            Some((variable, protocol)) => match protocol.as_str() {
                "grpc" => Ok(Protocol::Grpc),
                "http/protobuf" => Ok(Protocol::Http),
                other => Err(invalid(
                    variable,
                    format!("is `{other}`: Sluice knows `grpc` and `http/protobuf`"),
                )),
            },
        }
    }

    /// Where to. An endpoint for all signals is followed by a path, over HTTP.
    fn endpoint(&self, protocol: Protocol) -> Result<Option<Url>, InvalidExport> {
        let Some((variable, text)) = self.signal(ENDPOINT) else {
            return Ok(None);
        };
        let none = || invalid(variable, "is no URL of http or https".to_owned());
        let mut url = Url::parse(text.trim()).map_err(|_| none())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(none());
        }
        if protocol == Protocol::Http && variable == ENDPOINT.1 {
            let path = format!("{}/{PATH}", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Ok(Some(url))
    }

    fn headers(&self) -> Result<Vec<(String, SecretString)>, InvalidExport> {
        let Some((variable, text)) = self.signal(HEADERS) else {
            return Ok(Vec::new());
        };
        let headers = pairs(&text).map(|pair| {
            let (name, value) = pair.ok_or_else(|| {
                invalid(variable, "has something else than `name=value`".to_owned())
            })?;
            Ok((name.to_ascii_lowercase(), SecretString::from(value)))
        });
        headers.collect()
    }

    fn timeout(&self) -> Result<Duration, InvalidExport> {
        match self.signal(TIME) {
            None => Ok(TIMEOUT),
            Some((variable, text)) => milliseconds(variable, &text),
        }
    }

    /// What is said of this process. What makes no sense is left out, as everywhere where these
    /// variables are read.
    fn resource(&self) -> Vec<(String, String)> {
        let text = self.of("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let mut resource: Vec<(String, String)> = pairs(&text).flatten().collect();
        if let Some(name) = self.of("OTEL_SERVICE_NAME") {
            resource.retain(|(key, _)| key != "service.name");
            resource.push(("service.name".to_owned(), name));
        }
        let mut usually = |key: &str, value: Option<String>| {
            let is_new = !resource.iter().any(|(known, _)| known == key);
            resource.extend(
                value
                    .filter(|_| is_new)
                    .map(|value| (key.to_owned(), value)),
            );
        };
        usually("service.name", Some("sluice".to_owned()));
        usually(
            "service.version",
            Some(env!("CARGO_PKG_VERSION").to_owned()),
        );
        // Without it, the numbers of replicas would be taken for those of one.
        usually("service.instance.id", instance());
        resource
    }
}

/// A name for this process that no other one has, as a UUID of version 4.
fn instance() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    let number = u128::from_be_bytes(random);
    let version = (number & !(0xf << 76)) | (0x4 << 76);
    let digits = format!("{:032x}", (version & !(0x3 << 62)) | (0x2 << 62));
    let mut name = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            name.push('-');
        }
        name.push(digit);
    }
    Some(name)
}

fn milliseconds(variable: &'static str, text: &str) -> Result<Duration, InvalidExport> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    let number =
        number.ok_or_else(|| invalid(variable, "is no number of milliseconds".to_owned()))?;
    Ok(Duration::from_millis(number))
}

/// A list of `name=value`, separated by commas; values may be percent-encoded (W3C Baggage).
fn pairs(text: &str) -> impl Iterator<Item = Option<(String, String)>> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), decoded(value.trim())))
    })
}

/// A value without percent-encoding. It is read as that of a form, in which two more characters would
/// be special.
fn decoded(value: &str) -> String {
    let value = value.replace('+', "%2B").replace('&', "%26");
    let form = format!("={value}");
    let mut decoded = form_urlencoded::parse(form.as_bytes());
    decoded
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn invalid(variable: &'static str, problem: String) -> InvalidExport {
    InvalidExport { variable, problem }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<MetricsExport>, InvalidExport> {
        MetricsExport::read(|name| {
            let mut variables = variables.iter();
            let found = variables.find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_endpoint_turns_it_on() {
        let common = ENDPOINT.1;
        for (variables, expected) in [
            (&[][..], None),
            (&[(common, "")], None),
            (
                &[(common, "http://c:4318")],
                Some("http://c:4318/v1/metrics http/protobuf"),
            ),
            (
                &[(common, "https://c/otlp/")],
                Some("https://c/otlp/v1/metrics http/protobuf"),
            ),
            (
                &[(ENDPOINT.0, "http://c/own"), (common, "http://d")],
                Some("http://c/own http/protobuf"),
            ),
            (
                &[(common, "http://c:4317"), (PROTOCOL.1, "grpc")],
                Some("http://c:4317/ grpc"),
            ),
            (
                &[
                    (common, "http://c"),
                    (PROTOCOL.0, "grpc"),
                    (PROTOCOL.1, "http/protobuf"),
                ],
                Some("http://c/ grpc"),
            ),
            (
                &[(common, "http://c"), ("OTEL_METRICS_EXPORTER", "none")],
                None,
            ),
            (&[(common, "http://c"), ("OTEL_SDK_DISABLED", "TRUE")], None),
        ] {
            let found = read(variables).unwrap();
            let found = found.map(|it| format!("{} {}", it.endpoint, it.protocol));
            assert_eq!(found.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_without_values_that_may_be_secret() {
        let endpoint = (ENDPOINT.1, "http://c");
        for (variable, value, expected) in [
            (ENDPOINT.0, "canary", "is no URL of http or https"),
            (ENDPOINT.0, "unix:/canary", "is no URL of http or https"),
            (
                PROTOCOL.1,
                "http/json",
                "is `http/json`: Sluice knows `grpc` and `http/protobuf`",
            ),
            (HEADERS.1, "canary", "has something else than `name=value`"),
            (TIME.0, "1s", "is no number of milliseconds"),
            (
                "OTEL_METRIC_EXPORT_INTERVAL",
                "0",
                "is no number of milliseconds",
            ),
            (
                "OTEL_METRICS_EXPORTER",
                "console",
                "is `console`: Sluice knows `otlp` and `none`",
            ),
        ] {
            let error = read(&[(variable, value), endpoint]).unwrap_err();
            assert_eq!(error.to_string(), format!("{variable} {expected}"));
        }
    }

    #[test]
    fn headers_times_and_resources_are_read() {
        let read = read(&[
            (ENDPOINT.1, "http://c"),
            (HEADERS.1, "Api-Key=a%20b+c&d, x = 1,"),
            (TIME.1, "1500"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1"),
            ("OTEL_SERVICE_NAME", "gateway"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=x,a=b%2Cc,nonsense",
            ),
        ]);
        let read = read.unwrap().unwrap();
        let headers = read.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {}", value.expose_secret()))
            .collect();
        assert_eq!(headers, ["api-key: a b+c&d", "x: 1"]);
        assert_eq!(read.timeout, Duration::from_millis(1500));
        assert_eq!(read.interval, SHORTEST);
        let of = |key: &str| {
            let mut found = read.resource.iter().filter(|(known, _)| known == key);
            let value = found.next().map(|(_, value)| value.as_str());
            assert!(found.next().is_none());
            value
        };
        assert_eq!(of("service.name"), Some("gateway"));
        assert_eq!(of("a"), Some("b,c"));
        assert_eq!(of("service.version"), Some(env!("CARGO_PKG_VERSION")));
        let id = of("service.instance.id").unwrap();
        let shape: String = id
            .chars()
            .map(|c| if c == '-' { '-' } else { 'x' })
            .collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert_eq!(id.chars().nth(14), Some('4'));
        assert!("89ab".contains(id.chars().nth(19).unwrap()), "{id}");
    }
}
