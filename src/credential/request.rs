//! What a token endpoint is asked (RFC 6749 section 4.4, RFC 7523, RFC 8693).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use super::assertion::{self, NoAssertion};
use crate::clock::Clock;
use crate::exchange::CredentialAsk;
use crate::oauth::BearerToken;
use crate::policy::{ClientAuthentication, Grant, OAuth2};
use crate::secret::{SecretError, Secrets};

/// The type of access tokens (RFC 8693 section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The type of JWTs (RFC 8693 section 3).
pub(super) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A request for a token.
pub(super) struct Request {
    /// The form, encoded.
    pub(super) form: SecretString,
    /// The value of `Authorization`, where the client proves itself by that.
    pub(super) authorization: Option<SecretString>,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Missing {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Assertion(#[from] NoAssertion),
    #[error("the caller's token is not there")]
    Token,
}

/// What a grant is called in manifests and logs.
pub(super) const fn grant_name(grant: &Grant) -> &'static str {
    match grant {
        Grant::ClientCredentials => "client_credentials",
        Grant::TokenExchange { .. } => "token_exchange",
        Grant::JwtBearer => "jwt_bearer",
    }
}

/// When the caller's own token ends, since 1970, if what is asked for depends on it: nothing that
/// came of it is kept for longer.
pub(super) fn end_of_subject(ask: &CredentialAsk, oauth2: &OAuth2) -> Option<Duration> {
    if matches!(oauth2.grant, Grant::ClientCredentials) {
        return None;
    }
    let seconds = ask.caller.claims()?.get("exp")?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The request for the token that `ask` needs.
///
/// # Errors
///
/// Something that it needs is not there.
pub(super) fn of(
    ask: &CredentialAsk,
    oauth2: &OAuth2,
    secrets: &Secrets,
    clock: &dyn Clock,
) -> Result<Request, Missing> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    grant(&mut form, ask, &oauth2.grant, secrets)?;
    for (name, value) in [
        ("audience", &oauth2.audience),
        ("resource", &oauth2.resource),
    ] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    if !oauth2.scopes.is_empty() {
        form.append_pair("scope", &oauth2.scopes.join(" "));
    }
    let mut authorization = None;
    match &oauth2.client_authentication {
        ClientAuthentication::SecretBasic(secret) => {
            authorization = Some(basic(&oauth2.client_id, &secrets.resolve(secret)?));
        }
        ClientAuthentication::SecretPost(secret) => {
            form.append_pair("client_id", &oauth2.client_id);
            form.append_pair("client_secret", secrets.resolve(secret)?.expose_secret());
        }
        ClientAuthentication::PrivateKeyJwt {
            key,
            algorithm,
            key_id,
        } => {
            let key = secrets.resolve(key)?;
            let signer = (&key, *algorithm, key_id.as_deref());
            let assertion =
                assertion::of(&oauth2.client_id, &oauth2.token_url, signer, clock.unix())?;
            form.append_pair("client_id", &oauth2.client_id);
            form.append_pair("client_assertion_type", ASSERTION);
            form.append_pair("client_assertion", assertion.expose_secret());
        }
    }
    Ok(Request {
        form: SecretString::from(form.finish()),
        authorization,
    })
}

fn grant(
    form: &mut form_urlencoded::Serializer<'_, String>,
    ask: &CredentialAsk,
    grant: &Grant,
    secrets: &Secrets,
) -> Result<(), Missing> {
    let token = || {
        ask.token
            .as_ref()
            .map(BearerToken::expose)
            .ok_or(Missing::Token)
    };
    match grant {
        Grant::ClientCredentials => {
            form.append_pair("grant_type", "client_credentials");
        }
        Grant::TokenExchange {
            actor_token,
            requested_token_type,
        } => {
            form.append_pair("grant_type", TOKEN_EXCHANGE);
            form.append_pair("subject_token", token()?);
            form.append_pair("subject_token_type", ACCESS_TOKEN);
            let requested = requested_token_type.as_deref().unwrap_or(ACCESS_TOKEN);
            form.append_pair("requested_token_type", requested);
            if let Some(actor) = actor_token {
                let actor = secrets.resolve(actor)?;
                form.append_pair("actor_token", actor.expose_secret());
                form.append_pair("actor_token_type", ACCESS_TOKEN);
            }
        }
        Grant::JwtBearer => {
            form.append_pair("grant_type", JWT_BEARER);
            form.append_pair("assertion", token()?);
        }
    }
    Ok(())
}

/// A client's name and secret, each encoded as in a form (RFC 6749 section 2.3.1).
fn basic(client_id: &str, secret: &SecretString) -> SecretString {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(pair)))
}
