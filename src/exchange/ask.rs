//! What an exchange has to be told before it can go on: who calls, and with what credential. It asks,
//! whoever drives it finds out, and the answer comes as an [`Event`](super::Event).

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use crate::guardrail::{Operation, Phase};
use crate::oauth::BearerToken;
use crate::policy::guard::External;
use crate::policy::{AuthData, Authentication, Caller};

/// A question of the exchange's.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Who calls? The answer is [`Event::Identified`](super::Event::Identified).
    Identity(IdentityAsk),
    /// With what credential does the request go on? The answer is
    /// [`Event::Credential`](super::Event::Credential).
    Credential(CredentialAsk),
    /// Is this to go on? The answer is [`Event::Judged`](super::Event::Judged).
    Guardrail(Box<GuardrailAsk>),
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

/// Is this to go on, in the eyes of a guardrail that is a service elsewhere?
#[derive(Clone)]
pub struct GuardrailAsk {
    /// The name of the guardrail.
    pub guardrail: Arc<str>,
    /// The service.
    pub external: Arc<External>,
    /// Before or after the call.
    pub phase: Phase,
    /// What the guardrail does about what it finds.
    pub operation: Operation,
    /// The name of the virtual server.
    pub virtual_server: String,
    /// The name of the physical server.
    pub server: String,
    /// The tool, as the server names it: none if it is about something else, or nobody knows.
    pub tool: Option<String>,
    /// The method of the message, or of the request that it answers.
    pub method: String,
    /// What is to be looked at, a JSON object: the arguments, or what is under `result`, `error` or
    /// `params`.
    pub payload: String,
    /// The issuer and the subject of who calls, if anyone asked.
    pub subject: Option<(String, String)>,
}

impl fmt::Debug for GuardrailAsk {
    // Arguments and results are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardrailAsk")
            .field("guardrail", &self.guardrail)
            .field("phase", &self.phase)
            .field("tool", &self.tool)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What a guardrail that is a service elsewhere says.
#[derive(Clone)]
pub struct Judgement {
    /// Whether the message may go on.
    pub allowed: bool,
    /// If it may not, what whoever waits is told.
    pub message: Option<String>,
    /// What takes the place of the payload, if it may go on: a JSON object.
    pub payload: Option<String>,
    /// What was found.
    pub findings: Vec<JudgedFinding>,
}

impl fmt::Debug for Judgement {
    // Arguments and results are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judgement")
            .field("allowed", &self.allowed)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

/// Something that a service found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedFinding {
    /// What was broken, as a stable word.
    pub rule: String,
    /// Where, as a JSON path.
    pub path: String,
    /// What it is, where that has a name of its own.
    pub entity: Option<String>,
}

/// Why a service said nothing. What exactly went wrong is for the log of whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JudgementFailure {
    /// It took too long.
    #[error("it did not answer in time")]
    Timeout,
    /// It can't be reached.
    #[error("it cannot be reached")]
    Unavailable,
    /// It has as many questions as it may have at once.
    #[error("it has too much to do")]
    Busy,
    /// Its answer makes no sense.
    #[error("its answer makes no sense")]
    Invalid,
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
