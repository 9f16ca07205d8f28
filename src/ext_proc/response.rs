//! Replies, as Envoy's messages. The only file that builds those, and the only one that sets
//! `content-length`: a length that is not the body's lets a second request ride along.

use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::service::ext_proc::v3::body_mutation::Mutation;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, ImmediateResponse,
    ProcessingResponse, TrailersResponse,
};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{ListValue, Struct, Value};
use secrecy::ExposeSecret as _;

use crate::exchange::{BodyEdit, HeaderEdits, Refusal};
use crate::telemetry::{Field, Metadata};

/// The namespace of the dynamic metadata. Envoy takes what its `receiving_namespaces` name.
const NAMESPACE: &str = "sluice";

/// The kind of reply that a message of Envoy's is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    RequestHeaders,
    RequestBody,
    RequestTrailers,
    ResponseHeaders,
    ResponseBody,
    ResponseTrailers,
}

/// The reply that lets Envoy go on.
pub(super) fn go_on(owed: Owed, headers: HeaderEdits, body: BodyEdit) -> ProcessingResponse {
    let headers_response = |headers| HeadersResponse {
        response: common(headers, None),
    };
    let response = match owed {
        Owed::RequestHeaders => Response::RequestHeaders(headers_response(headers)),
        Owed::ResponseHeaders => Response::ResponseHeaders(headers_response(headers)),
        Owed::RequestBody => {
            let mut headers = headers;
            if let BodyEdit::Replace(body) = &body {
                headers
                    .set
                    .push(("content-length", body.len().to_string().into()));
            }
            Response::RequestBody(BodyResponse {
                response: common(headers, replacement(body)),
            })
        }
        // Envoy drops the length of a streamed body itself.
        Owed::ResponseBody => Response::ResponseBody(BodyResponse {
            response: common(headers, replacement(body)),
        }),
        Owed::RequestTrailers => Response::RequestTrailers(TrailersResponse::default()),
        Owed::ResponseTrailers => Response::ResponseTrailers(TrailersResponse::default()),
    };
    ProcessingResponse {
        response: Some(response),
        ..ProcessingResponse::default()
    }
}

/// The reply that answers the client.
pub(super) fn refuse(refusal: &Refusal) -> ProcessingResponse {
    let set_headers = refusal
        .headers()
        .map(|(name, value)| set(name, value))
        .collect();
    let response = ImmediateResponse {
        status: Some(HttpStatus {
            code: i32::from(refusal.status()),
        }),
        headers: Some(HeaderMutation {
            set_headers,
            remove_headers: Vec::new(),
        }),
        body: refusal.body().into_bytes(),
        // Shows in Envoy's access log as `%RESPONSE_CODE_DETAILS%`.
        details: format!("sluice_{}", refusal.reason()),
        grpc_status: None,
    };
    ProcessingResponse {
        response: Some(Response::ImmediateResponse(response)),
        ..ProcessingResponse::default()
    }
}

/// The reply that answers the client with JSON of Sluice's own.
pub(super) fn answer(json: String) -> ProcessingResponse {
    let response = ImmediateResponse {
        status: Some(HttpStatus { code: 200 }),
        headers: Some(HeaderMutation {
            set_headers: vec![set("content-type", "application/json")],
            remove_headers: Vec::new(),
        }),
        body: json.into_bytes(),
        details: "sluice_answered".to_owned(),
        grpc_status: None,
    };
    ProcessingResponse {
        response: Some(Response::ImmediateResponse(response)),
        ..ProcessingResponse::default()
    }
}

/// The same reply, and what Envoy is told of the exchange with it.
pub(super) fn telling(reply: ProcessingResponse, metadata: Metadata<'_>) -> ProcessingResponse {
    let fields = metadata.0.into_iter();
    let fields = fields.map(|(name, field)| (name.to_owned(), value(field)));
    let fields = Struct {
        fields: fields.collect(),
    };
    let namespace = value_of(Kind::StructValue(fields));
    ProcessingResponse {
        dynamic_metadata: Some(Struct {
            fields: [(NAMESPACE.to_owned(), namespace)].into(),
        }),
        ..reply
    }
}

fn value(field: Field<'_>) -> Value {
    let text = |text: &str| value_of(Kind::StringValue(text.to_owned()));
    value_of(match field {
        Field::Text(text) => Kind::StringValue(text.into_owned()),
        Field::Count(count) => {
            Kind::NumberValue(f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
        }
        Field::Words(words) => Kind::ListValue(ListValue {
            values: words.into_iter().map(text).collect(),
        }),
    })
}

const fn value_of(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

/// The reply that asks Envoy to wait for the next one, up to this time. Envoy takes it once for
/// each of its messages, up to its own `max_message_timeout`.
pub(super) fn wait(time: Duration) -> ProcessingResponse {
    ProcessingResponse {
        override_message_timeout: Some(envoy_types::pb::google::protobuf::Duration {
            seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            nanos: 0,
        }),
        ..ProcessingResponse::default()
    }
}

fn common(headers: HeaderEdits, body: Option<BodyMutation>) -> Option<CommonResponse> {
    if headers.is_empty() && body.is_none() {
        return None;
    }
    let mirrors = headers.mirrors.iter();
    let mirrors = mirrors.map(|(name, value)| set(name, value));
    let lent = headers.credential.headers.iter();
    let lent = lent.map(|(name, value)| set(name, value.expose_secret()));
    Some(CommonResponse {
        header_mutation: (!headers.is_empty()).then(|| HeaderMutation {
            set_headers: headers
                .set
                .iter()
                .map(|(name, value)| set(name, value))
                .chain(mirrors)
                .chain(lent)
                .collect(),
            remove_headers: headers.remove,
        }),
        body_mutation: body,
        ..CommonResponse::default()
    })
}

fn replacement(body: BodyEdit) -> Option<BodyMutation> {
    let mutation = match body {
        BodyEdit::Keep => return None,
        BodyEdit::Replace(body) if body.is_empty() => Mutation::ClearBody(true),
        BodyEdit::Replace(body) => Mutation::Body(body.into()),
    };
    Some(BodyMutation {
        mutation: Some(mutation),
    })
}

fn set(name: &str, value: &str) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            raw_value: value.as_bytes().to_vec(),
            ..HeaderValue::default()
        }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}
