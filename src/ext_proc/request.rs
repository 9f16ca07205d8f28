//! Envoy's messages, read once, as events.

use bytes::Bytes;
use envoy_types::pb::envoy::config::core::v3::HeaderMap;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    HttpBody, HttpHeaders, ProcessingRequest, ProtocolConfiguration,
};

use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{self, Struct};
use serde_json::{Map, Number, Value};

use super::response::Owed;
use crate::exchange::{Event, Headers, Vouched};
use crate::trace::Hop;

/// Why a message is not one that Sluice answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unexpected {
    /// Envoy would not wait for the answers.
    #[error("Envoy runs the filter in observability mode, in which nothing can be refused")]
    Observability,
    /// Envoy would not show what has to be seen.
    #[error(
        "Envoy's processing_mode must have request_body_mode BUFFERED and response_body_mode \
         STREAMED"
    )]
    Modes,
    /// The message holds nothing.
    #[error("Envoy sent a message without a request")]
    Empty,
}

/// Checks that the filter is configured so that Sluice sees everything.
///
/// # Errors
///
/// Fails when it is not: what would go past unseen must not go at all.
pub(super) fn check_modes(message: &ProcessingRequest) -> Result<(), Unexpected> {
    if message.observability_mode {
        return Err(Unexpected::Observability);
    }
    match message.protocol_config {
        Some(ProtocolConfiguration {
            request_body_mode,
            response_body_mode,
            ..
        }) if request_body_mode == BodySendMode::Buffered as i32
            && response_body_mode == BodySendMode::Streamed as i32 =>
        {
            Ok(())
        }
        _ => Err(Unexpected::Modes),
    }
}

/// The filter whose dynamic metadata says who calls.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// The attribute with the URI in the certificate of Envoy's peer (`request_attributes`).
const PEER_URI: &str = "connection.uri_san_peer_certificate";

/// What Envoy says of who calls, and what is given to join a trace and to be audited, if there is
/// anything.
pub(super) fn vouched(
    message: &ProcessingRequest,
    hop: Option<Box<Hop>>,
    digests: bool,
) -> Option<Vouched> {
    let metadata = message.metadata_context.as_ref();
    let jwt_authn = metadata.and_then(|metadata| metadata.filter_metadata.get(JWT_AUTHN));
    let peer_uri = message.attributes.values().find_map(|attributes| {
        match attributes.fields.get(PEER_URI)?.kind.as_ref()? {
            Kind::StringValue(uri) => Some(uri.clone()),
            Kind::NullValue(_)
            | Kind::NumberValue(_)
            | Kind::BoolValue(_)
            | Kind::StructValue(_)
            | Kind::ListValue(_) => None,
        }
    });
    if jwt_authn.is_none() && peer_uri.is_none() && hop.is_none() && !digests {
        return None;
    }
    Some(Vouched {
        route: None,
        hop,
        digests,
        jwt_authn: jwt_authn.map(object).unwrap_or_default(),
        peer_uri,
    })
}

fn object(fields: &Struct) -> Map<String, Value> {
    let fields = fields.fields.iter();
    fields
        .map(|(name, value)| (name.clone(), json(value)))
        .collect()
}

fn json(value: &protobuf::Value) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        // Numbers are all floating there; whole ones are written as such again.
        Some(Kind::NumberValue(number)) => whole(*number).map_or_else(
            || Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Value::from,
        ),
        Some(Kind::StringValue(text)) => Value::String(text.clone()),
        Some(Kind::BoolValue(truth)) => Value::Bool(*truth),
        Some(Kind::StructValue(fields)) => Value::Object(object(fields)),
        Some(Kind::ListValue(list)) => Value::Array(list.values.iter().map(json).collect()),
    }
}

/// A number that is whole, and small enough to be exact.
fn whole(number: f64) -> Option<i64> {
    format!("{number:.0}")
        .parse::<i64>()
        .ok()
        .filter(|_| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0)
}

/// Reads a message, and gives the event to `handle` with the kind of reply it is owed.
///
/// # Errors
///
/// Fails when the message holds nothing.
pub(super) fn read<T>(
    message: ProcessingRequest,
    handle: impl FnOnce(Owed, Event<'_>) -> T,
) -> Result<T, Unexpected> {
    Ok(match message.request.ok_or(Unexpected::Empty)? {
        Request::RequestHeaders(HttpHeaders {
            headers,
            end_of_stream,
            ..
        }) => {
            let map = headers.unwrap_or_default();
            let headers = view(&map);
            let event = Event::RequestHeaders {
                headers,
                end_of_stream,
            };
            handle(Owed::RequestHeaders, event)
        }
        // With BUFFERED every body is the whole one, also when trailers follow it.
        Request::RequestBody(HttpBody { body, .. }) => {
            handle(Owed::RequestBody, Event::RequestBody(Bytes::from(body)))
        }
        Request::RequestTrailers(_) => handle(Owed::RequestTrailers, Event::RequestTrailers),
        Request::ResponseHeaders(HttpHeaders {
            headers,
            end_of_stream,
            ..
        }) => {
            let map = headers.unwrap_or_default();
            let headers = view(&map);
            let event = Event::ResponseHeaders {
                headers,
                end_of_stream,
            };
            handle(Owed::ResponseHeaders, event)
        }
        Request::ResponseBody(HttpBody {
            body,
            end_of_stream,
            ..
        }) => handle(
            Owed::ResponseBody,
            Event::ResponseBody {
                chunk: Bytes::from(body),
                end_of_stream,
            },
        ),
        Request::ResponseTrailers(_) => handle(Owed::ResponseTrailers, Event::ResponseTrailers),
    })
}

fn view(headers: &HeaderMap) -> Headers<'_> {
    headers
        .headers
        .iter()
        .map(|header| {
            // Envoy fills one of the two; which one is a matter of its version.
            let value = if header.raw_value.is_empty() {
                header.value.as_bytes()
            } else {
                &header.raw_value
            };
            (header.key.as_str(), value)
        })
        .collect()
}
