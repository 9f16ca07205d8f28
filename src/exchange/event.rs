//! What comes in: the events of one HTTP exchange, in the order of Envoy's messages.

use std::sync::Arc;

use bytes::Bytes;

use super::ask::{Credential, CredentialFailure, IdentityFailure, Judgement, JudgementFailure};
use crate::policy::Caller;

/// One event. Every event is owed exactly one [`Reply`](super::Reply).
#[derive(Debug)]
pub enum Event<'a> {
    /// The head of the request.
    RequestHeaders {
        /// Its headers, pseudo-headers included.
        headers: Headers<'a>,
        /// Whether there is no body.
        end_of_stream: bool,
    },
    /// The whole body of the request.
    RequestBody(Bytes),
    /// The trailers of the request.
    RequestTrailers,
    /// The head of the response.
    ResponseHeaders {
        /// Its headers, `:status` included.
        headers: Headers<'a>,
        /// Whether there is no body.
        end_of_stream: bool,
    },
    /// A piece of the body of the response.
    ResponseBody {
        /// The bytes; pieces end anywhere.
        chunk: Bytes,
        /// Whether it is the last piece.
        end_of_stream: bool,
    },
    /// The trailers of the response.
    ResponseTrailers,
    /// Who calls: the answer to [`Ask::Identity`](super::Ask::Identity).
    Identified(Result<Arc<Caller>, IdentityFailure>),
    /// With what credential the request goes on: the answer to
    /// [`Ask::Credential`](super::Ask::Credential).
    Credential(Result<Credential, CredentialFailure>),
    /// What a guardrail says: the answer to [`Ask::Guardrail`](super::Ask::Guardrail).
    Judged(Result<Judgement, JudgementFailure>),
}

/// The headers of a request or a response, names in lower case, as Envoy hands them over.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

/// What a header that may stand once says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single<'a> {
    /// It is not there.
    Absent,
    /// It is there once.
    One(&'a [u8]),
    /// It is there more than once.
    Repeated,
}

impl<'a> Headers<'a> {
    /// The first value of `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The value of a header that may stand once.
    #[must_use]
    pub fn single(&self, name: &str) -> Single<'a> {
        let mut values = self.iter().filter(|(key, _)| *key == name);
        match (values.next(), values.next()) {
            (None, _) => Single::Absent,
            (Some((_, value)), None) => Single::One(value),
            (Some(_), Some(_)) => Single::Repeated,
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + '_ {
        self.0.iter().copied()
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}
