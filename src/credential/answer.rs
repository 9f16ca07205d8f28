//! What a token endpoint answers (RFC 6749 section 5, RFC 8693 section 2.2).

use std::borrow::Cow;
use std::time::Duration;

use secrecy::SecretString;

use super::is_header_value;
use crate::clock::Clock;
use crate::exchange::CredentialFailure;
use crate::json::{Document, Limits, Value};
use crate::outbound::Trouble;
use crate::policy::Grant;

/// For how long a token is taken to be good that does not say it.
const UNSAID: Duration = Duration::from_secs(60);

/// The longest time for which a token is taken to be good.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Errors that an authorization server may give (RFC 6749 section 5.2, RFC 8693 section 2.2.2,
/// RFC 8707 section 2). Others are not repeated in logs.
const ERRORS: &[&str] = &[
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// A token.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) access_token: SecretString,
    pub(super) lifetime: Duration,
}

/// Why there is none. Nothing of what the server said is in it but known words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the authorization server: {0}")]
    Trouble(#[from] Trouble),
    #[error("the authorization server answered HTTP {0}")]
    Status(u16),
    #[error("the authorization server answered `{0}`")]
    Refused(&'static str),
    #[error("the authorization server's answer makes no sense: {0}")]
    Nonsense(&'static str),
}

impl Problem {
    /// Whether it is likely to be the same for all callers: the server is down, late or has too
    /// much to do. Not 500, which one caller's token may bring about.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Trouble(trouble) => *trouble != Trouble::TooLong,
            Self::Status(status) => matches!(status, 429 | 502 | 503 | 504),
            Self::Refused(error) => *error == "temporarily_unavailable",
            Self::Nonsense(_) => false,
        }
    }

    pub(super) fn failure(self) -> CredentialFailure {
        match self {
            Self::Refused("server_error" | "temporarily_unavailable") => {
                CredentialFailure::Unavailable
            }
            Self::Refused(_) => CredentialFailure::Refused,
            Self::Trouble(_) | Self::Status(_) | Self::Nonsense(_) => {
                CredentialFailure::Unavailable
            }
        }
    }
}

impl Token {
    /// The same token, kept no longer than this moment of the clock.
    pub(super) fn until_at_most(self, end: Option<Duration>, clock: &dyn Clock) -> Self {
        let left = end.map(|end| end.saturating_sub(clock.unix()));
        Self {
            lifetime: left.map_or(self.lifetime, |left| left.min(self.lifetime)),
            ..self
        }
    }
}

/// Reads an answer.
///
/// # Errors
///
/// It is not a bearer token.
pub(super) fn read(grant: &Grant, status: u16, body: &[u8]) -> Result<Token, Problem> {
    let document = Document::parse(body, &Limits::default());
    if status != 200 {
        let document = document.map_err(|_| Problem::Status(status))?;
        let said = document.root().get("error").and_then(Value::as_str);
        let known = said.and_then(|said| ERRORS.iter().find(|error| **error == said));
        return Err(known.map_or(Problem::Status(status), |error| Problem::Refused(error)));
    }
    let document = document.map_err(|_| Problem::Nonsense("it is not JSON"))?;
    let root = document.root();
    let text = |name: &str| root.get(name).and_then(Value::as_str);
    // It is `N_A` where what was issued is no access token (RFC 8693 section 2.2.1).
    if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(Problem::Nonsense("`token_type` is not `Bearer`"));
    }
    if let Grant::TokenExchange {
        requested_token_type,
        ..
    } = grant
    {
        let requested = requested_token_type.as_deref();
        let issued = text("issued_token_type");
        let fits = match (requested, issued.as_deref()) {
            (Some(requested), Some(issued)) => requested == issued,
            (None, Some(issued)) => {
                matches!(issued, super::request::ACCESS_TOKEN | super::request::JWT)
            }
            // It is required, and left out by some.
            (_, None) => true,
        };
        if !fits {
            return Err(Problem::Nonsense(
                "`issued_token_type` is not what was asked for",
            ));
        }
    }
    let is_token = |token: &Cow<'_, str>| is_header_value(token) && !token.contains(' ');
    let token = text("access_token").filter(is_token);
    let token = token.ok_or(Problem::Nonsense("`access_token` is no token"))?;
    Ok(Token {
        access_token: SecretString::from(token.into_owned()),
        lifetime: lifetime(root.get("expires_in"))?,
    })
}

fn lifetime(expires_in: Option<Value<'_>>) -> Result<Duration, Problem> {
    let Some(expires_in) = expires_in else {
        return Ok(UNSAID);
    };
    // Some write it as a text.
    let text = expires_in.as_str();
    let seconds = expires_in.as_number().or(text.as_deref());
    let seconds = seconds.and_then(|seconds| seconds.parse::<f64>().ok());
    let seconds = seconds.filter(|seconds| *seconds >= 0.0);
    let seconds = seconds.ok_or(Problem::Nonsense("`expires_in` is no number of seconds"))?;
    Ok(Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())))
}
