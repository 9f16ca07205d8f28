//! What is wrong with a token: in detail for the operator, in a few words for the client.

use crate::exchange::IdentityFailure;

/// What is wrong with a token. Nothing of the token is in it, so that it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error("the token does not have three parts")]
    Parts,
    #[error("a part of the token is not base64url")]
    Encoding,
    #[error("the header is not a strict JSON object")]
    Header,
    #[error("the claims are not a strict JSON object")]
    Payload,
    #[error("the header's `{0}` is not understood")]
    Parameter(&'static str),
    #[error("the type of the token is not that of an access token")]
    Type,
    #[error("the issuer does not sign with this algorithm")]
    Algorithm,
    #[error("the claim `{0}` is missing, or not what it should be")]
    Claim(&'static str),
    #[error("the issuer is not one of those that are taken")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    TooEarly,
    #[error("the token is bound to a key of the client")]
    Bound,
    #[error("the issuer has no such key")]
    UnknownKey,
    #[error("the issuer's key is not for this algorithm")]
    OtherKey,
    #[error("several keys of the issuer fit")]
    AmbiguousKey,
    #[error("the signature does not fit")]
    Signature,
}

impl From<Flaw> for IdentityFailure {
    /// What the client is told: whether a new token would help, or one for this place, and nothing
    /// that would help to make one up.
    fn from(flaw: Flaw) -> Self {
        Self::InvalidToken(match flaw {
            Flaw::Expired => "The access token is expired",
            Flaw::Audience => "The access token is not for this resource",
            Flaw::Parts
            | Flaw::Encoding
            | Flaw::Header
            | Flaw::Payload
            | Flaw::Parameter(_)
            | Flaw::Type
            | Flaw::Algorithm
            | Flaw::Claim(_)
            | Flaw::Issuer
            | Flaw::TooEarly
            | Flaw::Bound
            | Flaw::UnknownKey
            | Flaw::OtherKey
            | Flaw::AmbiguousKey
            | Flaw::Signature => "The access token is not valid",
        })
    }
}
