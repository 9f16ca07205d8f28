//! One message, read from a document.

use std::borrow::Cow;

use super::id::{InvalidId, RequestId};
use crate::json::{Document, Kind, Value};

/// One JSON-RPC message, borrowed from its document.
#[derive(Debug)]
pub enum Message<'d> {
    /// Has a method and an id.
    Request(Request<'d>),
    /// Has a method and no id.
    Notification(Notification<'d>),
    /// Has a result or an error.
    Response(Response<'d>),
}

/// A request.
#[derive(Debug)]
pub struct Request<'d> {
    /// Its id.
    pub id: RequestId,
    /// Its method, decoded.
    pub method: Cow<'d, str>,
    /// Its parameters: an object, when there are any.
    pub params: Option<Value<'d>>,
}

/// A notification.
#[derive(Debug)]
pub struct Notification<'d> {
    /// Its method, decoded.
    pub method: Cow<'d, str>,
    /// Its parameters: an object, when there are any.
    pub params: Option<Value<'d>>,
}

/// A response.
#[derive(Debug)]
pub struct Response<'d> {
    /// The id of the request that it answers. Absent or null only on errors about a message whose
    /// id could not be read.
    pub id: Option<RequestId>,
    /// What it says.
    pub outcome: Outcome<'d>,
}

/// What a response says.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'d> {
    /// The value of `result`.
    Result(Value<'d>),
    /// The value of `error`: an object.
    Error(Value<'d>),
}

/// Why a document is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// An array. JSON-RPC batches exist in MCP 2025-03-26 only.
    #[error("a batch (JSON array) is not accepted here")]
    Batch,
    /// Neither object nor array.
    #[error("the message must be a JSON object")]
    NotAnObject,
    /// A member that JSON-RPC does not define, or one that does not belong to this kind of message.
    #[error(
        "the message must have exactly the members `jsonrpc`, `id`, `method` and `params`, or \
         `jsonrpc`, `id` and one of `result` and `error`"
    )]
    Members,
    /// `jsonrpc` is not the string `2.0`.
    #[error("`jsonrpc` must be the string \"2.0\"")]
    Version,
    /// `method` is not a string.
    #[error("`method` must be a string")]
    Method,
    /// `params` is not an object.
    #[error("`params` must be an object")]
    Params,
    /// `error` is not an object, or `id` is missing where it must not be.
    #[error("a response needs an `id`, and `error` must be an object")]
    Response,
    /// The id is not one.
    #[error(transparent)]
    Id(#[from] InvalidId),
}

impl<'d> Message<'d> {
    /// Reads the one message that a document holds.
    ///
    /// # Errors
    ///
    /// Fails when the document is anything but exactly one message as JSON-RPC 2.0 and MCP define
    /// it; unknown members are errors, since servers disagree about what they mean.
    pub fn read(document: &'d Document<'_>, max_id_bytes: usize) -> Result<Self, Invalid> {
        Self::read_value(document.root(), max_id_bytes)
    }

    /// Reads one message from a value: a whole document, or an element of a batch.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_value(root: Value<'d>, max_id_bytes: usize) -> Result<Self, Invalid> {
        match root.kind() {
            Kind::Object => {}
            Kind::Array => return Err(Invalid::Batch),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                return Err(Invalid::NotAnObject);
            }
        }
        let members = Members::collect(root)?;
        members.check_version()?;
        match members {
            Members {
                method: Some(method),
                params,
                id,
                result: None,
                error: None,
                ..
            } => {
                let method = method.as_str().ok_or(Invalid::Method)?;
                if params.is_some_and(|params| !params.is_object()) {
                    return Err(Invalid::Params);
                }
                Ok(match id {
                    Some(id) => {
                        let id = RequestId::read(id, max_id_bytes)?;
                        Self::Request(Request { id, method, params })
                    }
                    None => Self::Notification(Notification { method, params }),
                })
            }
            Members {
                method: None,
                params: None,
                id,
                result,
                error,
                ..
            } => {
                let outcome = match (result, error) {
                    (Some(result), None) => Outcome::Result(result),
                    (None, Some(error)) if error.is_object() => Outcome::Error(error),
                    _ => return Err(Invalid::Response),
                };
                let id = match id {
                    Some(id) if !id.is_null() => Some(RequestId::read(id, max_id_bytes)?),
                    _ => None,
                };
                if id.is_none() && matches!(outcome, Outcome::Result(_)) {
                    return Err(Invalid::Response);
                }
                Ok(Self::Response(Response { id, outcome }))
            }
            _ => Err(Invalid::Members),
        }
    }
}

/// The members that JSON-RPC defines.
#[derive(Default)]
struct Members<'d> {
    jsonrpc: Option<Value<'d>>,
    id: Option<Value<'d>>,
    method: Option<Value<'d>>,
    params: Option<Value<'d>>,
    result: Option<Value<'d>>,
    error: Option<Value<'d>>,
}

impl<'d> Members<'d> {
    fn collect(root: Value<'d>) -> Result<Self, Invalid> {
        let mut members = Self::default();
        for member in root.members() {
            let slot = match &*member.key() {
                "jsonrpc" => &mut members.jsonrpc,
                "id" => &mut members.id,
                "method" => &mut members.method,
                "params" => &mut members.params,
                "result" => &mut members.result,
                "error" => &mut members.error,
                _ => return Err(Invalid::Members),
            };
            *slot = Some(member.value());
        }
        Ok(members)
    }

    fn check_version(&self) -> Result<(), Invalid> {
        let version = self.jsonrpc.and_then(Value::as_str);
        if version.as_deref() == Some("2.0") {
            Ok(())
        } else {
            Err(Invalid::Version)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Limits;

    fn read(text: &str) -> Result<String, Invalid> {
        let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        Message::read(&document, 16).map(|message| match message {
            Message::Request(request) => {
                format!("request {} {}", request.id.as_json(), request.method)
            }
            Message::Notification(notification) => format!("notification {}", notification.method),
            Message::Response(Response { id, outcome }) => format!(
                "{} {}",
                match outcome {
                    Outcome::Result(_) => "result",
                    Outcome::Error(_) => "error",
                },
                id.as_ref().map_or("-", RequestId::as_json)
            ),
        })
    }

    #[test]
    fn messages_of_every_kind_are_read() {
        let table = [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
                "request 1 ping",
            ),
            (
                r#"{"jsonrpc":"2.0","id":"","method":"ping","params":{}}"#,
                "request \"\" ping",
            ),
            (
                r#"{"id":-7,"m\u0065thod":"tools\/call","jsonrpc":"2.0"}"#,
                "request -7 tools/call",
            ),
            (
                r#"{"jsonrpc":"2.0","method":"notifications/x"}"#,
                "notification notifications/x",
            ),
            (
                r#"{"jsonrpc":"2.0","id":9007199254740991,"result":{}}"#,
                "result 9007199254740991",
            ),
            (r#"{"jsonrpc":"2.0","id":null,"error":{}}"#, "error -"),
            (r#"{"jsonrpc":"2.0","error":{}}"#, "error -"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_servers_read_differently_is_no_message() {
        let table = [
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
                Invalid::Batch,
            ),
            ("[]", Invalid::Batch),
            ("7", Invalid::NotAnObject),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","x":1}"#,
                Invalid::Members,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#,
                Invalid::Members,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
                Invalid::Members,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}"#,
                Invalid::Members,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
                Invalid::Response,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":{},"params":{}}"#,
                Invalid::Members,
            ),
            (r#"{"jsonrpc":"2.0","id":1}"#, Invalid::Response),
            (
                r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
                Invalid::Response,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
                Invalid::Response,
            ),
            (r#"{"id":1,"method":"ping"}"#, Invalid::Version),
            (
                r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
                Invalid::Version,
            ),
            (
                r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
                Invalid::Version,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, Invalid::Method),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
                Invalid::Params,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#,
                Invalid::Params,
            ),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn ids_that_readers_alias_are_refused() {
        let bad = [
            "null",
            "true",
            "{}",
            "[]",
            "1.0",
            "1e0",
            "1.5",
            "-0",
            "9007199254740992",
        ];
        for id in bad {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            assert_eq!(read(&text), Err(Invalid::Id(InvalidId::Type)), "{id}");
        }
        let text = r#"{"jsonrpc":"2.0","id":"12345678901234567","method":"ping"}"#;
        assert_eq!(
            read(text),
            Err(Invalid::Id(InvalidId::TooLong { limit: 16 }))
        );
    }
}
