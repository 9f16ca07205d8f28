//! What an exchange has to be told before it can go on: who calls, and with what credential. It asks,
//! whoever drives it finds out, and the answer comes as an [`Event`](super::Event).

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use crate::oauth::BearerToken;
use crate::policy::{AuthData, Authentication, Caller};

/// A question of the exchange's.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Who calls? The answer is [`Event::Identified`](super::Event::Identified).
    Identity(IdentityAsk),
    /// With what credential does the request go on? The answer is
    /// [`Event::Credential`](super::Event::Credential).
    Credential(CredentialAsk),
}

/// Who calls with this token?
#[derive(Debug, Clone)]
pub struct IdentityAsk {
    /// Whose tokens are taken, and what must be true of them.
    pub authentication: Arc<Authentication>,
    /// The token.
    pub token: BearerToken,
    /// The URL of the virtual server, as the manifest says it: the audience, where an issuer has none
    /// of its own.
    pub resource: Option<String>,
}

/// With what credential does a request of this caller go on to this server?
#[derive(Debug, Clone)]
pub struct CredentialAsk {
    /// The name of the physical server.
    pub server: Arc<str>,
    /// What the manifest says of its credential.
    pub auth_data: Arc<AuthData>,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The token that the caller came with, where the credential depends on it.
    pub token: Option<BearerToken>,
}

/// Why it is not known who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFailure {
    /// The token is none, or not one for this place. The text is for the client, and tells nothing
    /// that it does not know: ASCII, without quotes.
    #[error("{0}")]
    InvalidToken(&'static str),
    /// It can't be told now: the keys of the issuer can't be had.
    #[error("the keys of the token's issuer cannot be had")]
    Unavailable,
}

/// Why there is no credential. What exactly went wrong is for the log of whoever found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFailure {
    /// There is none for this caller.
    #[error("there is no credential for the caller")]
    NoneForCaller,
    /// The authorization server does not give one for this caller or this client.
    #[error("the authorization server gave no credential")]
    Refused,
    /// It can't be had now: the authorization server is down, late or makes no sense, or a secret
    /// can't be read.
    #[error("the credential cannot be had now")]
    Unavailable,
}

/// What goes on in the place of the caller's own credentials. It shows in no log.
#[derive(Clone, Default)]
pub struct Credential {
    /// The headers, names in lower case.
    pub headers: Vec<(String, SecretString)>,
    /// By what its issue is known, if another one could be had in its place.
    pub ticket: Option<Ticket>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

/// One issue of a credential: by it, whoever issued it learns that the server did not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// What the credential is kept under.
    pub key: [u8; 32],
    /// Which of those that were kept under it.
    pub issue: u64,
}
