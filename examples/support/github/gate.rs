//! The gate of the MCP server: it keeps what arrives, and turns away whom it is told to.

use std::fmt;
use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::middleware::Next;

use super::lock;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// The method of HTTP.
    pub(crate) method: Method,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: String,
}

impl Arrived {
    /// A header (its name in lower case), the first if there are several, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Says with what status a request is turned away, if it is.
type Rule = Box<dyn Fn(&Arrived) -> Option<u16> + Send>;

/// The gate.
#[derive(Default)]
pub(crate) struct Gate {
    arrived: Mutex<Vec<Arrived>>,
    rule: Mutex<Option<Rule>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Gate")
    }
}

impl Gate {
    /// What arrived so far.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        lock(&self.arrived).clone()
    }

    /// Turns away what the rule gives a status for, with a challenge, from now on.
    pub(crate) fn refuse(&self, rule: impl Fn(&Arrived) -> Option<u16> + Send + 'static) {
        *lock(&self.rule) = Some(Box::new(rule));
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        *lock(&self.rule) = None;
    }

    /// Keeps a request and lets it through, or not.
    pub(super) async fn pass(&self, request: Request, next: Next) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
        let arrived = Arrived {
            method: head.method.clone(),
            headers: head.headers.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        let refused = lock(&self.rule).as_ref().and_then(|rule| rule(&arrived));
        lock(&self.arrived).push(arrived);
        match refused {
            Some(status) => away(status),
            None => next.run(Request::from_parts(head, Body::from(body))).await,
        }
    }
}

/// What a server of its own authorization server says (RFC 6750 section 3, RFC 9728).
fn away(status: u16) -> Response<Body> {
    let challenge = "Bearer error=\"invalid_token\", error_description=\"gate-detail\", \
        resource_metadata=\"https://upstream.invalid/.well-known/oauth-protected-resource\"";
    let answer = Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED))
        .header("www-authenticate", challenge)
        .header("content-type", "application/json")
        .body(Body::from("{\"error\":\"gate-detail\"}"));
    answer.unwrap_or_default()
}
