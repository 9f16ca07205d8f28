//! With what requests go on in the place of the caller's own credentials.
//!
//! What is written down (`mapping`, headers) is looked up; what an authorization server gives
//! (`request`, `exchange`) is kept for as long as it is good (`cache`), and asked for once, however
//! many wait for it; while the server is down (`outage`), hardly at all. Where there is no
//! credential, the request does not go on.

mod answer;
mod assertion;
mod cache;
mod exchange;
mod key;
mod mapping;
mod outage;
mod request;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::Clock;
use crate::exchange::{Credential, CredentialAsk, CredentialFailure, Ticket};
use crate::outbound::Trouble;
use crate::policy::{AuthData, OAuth2, SecretText};
use crate::secret::Secrets;
use crate::telemetry::{Cache as Cached, Fetched, Metrics};
use cache::{Cache, Issued, Looked};
use mapping::Mappings;
use outage::Outages;

/// What has credentials. One serves all policies and all runtimes.
pub struct Broker {
    clock: Arc<dyn Clock>,
    secrets: Arc<Secrets>,
    mappings: Mappings,
    cache: Cache,
    outages: Outages,
    http: Result<reqwest::Client, Trouble>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

impl Broker {
    /// A broker that has nothing yet. What it keeps and asks for is counted.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, secrets: Arc<Secrets>, metrics: Arc<Metrics>) -> Self {
        let mappings = Mappings::new(Arc::clone(&secrets));
        let cache = Cache::new(Arc::clone(&clock));
        let outages = Outages::new(Arc::clone(&clock));
        Self {
            clock,
            secrets,
            mappings,
            cache,
            outages,
            http: exchange::client(),
            metrics,
        }
    }

    /// The credential, as far as it can be told without waiting. `None` means that [`Self::obtain`]
    /// has to be asked.
    #[must_use]
    pub fn cached(&self, ask: &CredentialAsk) -> Option<Result<Credential, CredentialFailure>> {
        let known = self.known(ask);
        // The rest is no matter of the cache: what is written down, and failures.
        match (&*ask.auth_data, &known) {
            (AuthData::OAuth2(_), Some(Ok(_))) => self.metrics.cache_hit(Cached::Credentials),
            (AuthData::OAuth2(_), None) => self.metrics.cache_missed(Cached::Credentials),
            (
                AuthData::None
                | AuthData::Header(_)
                | AuthData::Mapping(_)
                | AuthData::Passthrough
                | AuthData::OAuth2(_),
                _,
            ) => {}
        }
        known
    }

    fn known(&self, ask: &CredentialAsk) -> Option<Result<Credential, CredentialFailure>> {
        match &*ask.auth_data {
            AuthData::None => Some(Ok(Credential::default())),
            AuthData::Header(headers) => Some(self.headers(&ask.server, headers)),
            AuthData::Mapping(mapping) => {
                let found = self.mappings.find(mapping, &ask.caller);
                Some(found.and_then(|secret| header(&mapping.header, &mapping.prefix, &secret)))
            }
            AuthData::Passthrough => Some(match &ask.token {
                Some(token) => header("authorization", "Bearer ", &token.expose().into()),
                None => Err(CredentialFailure::NoneForCaller),
            }),
            // What was given for the caller's token is not for who has none.
            AuthData::OAuth2(_) if ask.auth_data.needs_token() && ask.token.is_none() => {
                Some(Err(CredentialFailure::NoneForCaller))
            }
            AuthData::OAuth2(oauth2) => match self.cache.look(&key::of(ask, oauth2)) {
                Looked::Issued(issued) => Some(Ok(credential(&issued))),
                Looked::Failed(failure) => Some(Err(failure)),
                Looked::Nothing => None,
            },
        }
    }

    /// The credential. It takes some seconds when an authorization server has to be asked and does
    /// not answer. It runs within a Tokio runtime, and can be dropped.
    ///
    /// # Errors
    ///
    /// There is no credential, or it can't be had now.
    pub async fn obtain(&self, ask: CredentialAsk) -> Result<Credential, CredentialFailure> {
        if let Some(known) = self.known(&ask) {
            return known;
        }
        let AuthData::OAuth2(oauth2) = &*ask.auth_data else {
            return Err(CredentialFailure::Unavailable);
        };
        let key = key::of(&ask, oauth2);
        // Whoever comes first asks; the others find what came of it.
        let flight = self.cache.flight(&key);
        let _flying = flight.lock().await;
        match self.cache.look(&key) {
            Looked::Issued(issued) => return Ok(credential(&issued)),
            Looked::Failed(failure) => return Err(failure),
            Looked::Nothing => {}
        }
        if !self.outages.admits(&oauth2.token_url) {
            return Err(CredentialFailure::Unavailable);
        }
        match self.ask(&ask, oauth2).await {
            Ok(token) => Ok(credential(&self.cache.keep(key, token))),
            Err(failure) => {
                // When an outage ends, it ends for all callers.
                if !self.outages.has(&oauth2.token_url) {
                    self.cache.fail(key, failure);
                }
                Err(failure)
            }
        }
    }

    /// Learns that the upstream did not take a credential: it is not used again, unless it was
    /// itself given in the place of one that was not taken.
    pub fn rejected(&self, ticket: Ticket) {
        self.cache.reject(ticket);
    }

    async fn ask(
        &self,
        ask: &CredentialAsk,
        oauth2: &OAuth2,
    ) -> Result<answer::Token, CredentialFailure> {
        let Ok(http) = &self.http else {
            tracing::error!("{}", Trouble::Client);
            return Err(CredentialFailure::Unavailable);
        };
        let request = request::of(ask, oauth2, &self.secrets, &*self.clock).map_err(|missing| {
            tracing::error!(server = &*ask.server, %missing, "no token can be asked for");
            CredentialFailure::Unavailable
        })?;
        let began = self.clock.steady();
        let asked = exchange::ask(http, oauth2, request).await;
        let milliseconds = self.clock.steady().saturating_sub(began).as_millis();
        let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
        let (server, grant) = (&*ask.server, request::grant_name(&oauth2.grant));
        self.metrics.token_requested(server, result(&asked));
        match &asked {
            Err(problem) if problem.is_outage() => self.outages.seen(&oauth2.token_url, began),
            Ok(_) | Err(_) => self.outages.over(&oauth2.token_url),
        }
        match asked {
            Ok(token) => {
                tracing::debug!(server, grant, milliseconds, "a token was issued");
                Ok(token.until_at_most(request::end_of_subject(ask, oauth2), &*self.clock))
            }
            Err(problem) => {
                tracing::warn!(server, grant, milliseconds, %problem, "no token was issued");
                Err(problem.failure())
            }
        }
    }

    fn headers(
        &self,
        server: &str,
        headers: &[(String, SecretText)],
    ) -> Result<Credential, CredentialFailure> {
        let mut credential = Credential::default();
        for (name, text) in headers {
            let value = self.secrets.resolve(text).map_err(|error| {
                tracing::error!(server, header = name, %error, "the credential is not there");
                CredentialFailure::Unavailable
            })?;
            check(name, &value)?;
            credential.headers.push((name.clone(), value));
        }
        Ok(credential)
    }
}

/// What came of asking, in a word.
fn result(asked: &Result<answer::Token, answer::Problem>) -> Fetched {
    match asked {
        Ok(_) => Fetched::Ok,
        Err(problem) => match problem.failure() {
            CredentialFailure::Refused | CredentialFailure::NoneForCaller => Fetched::Refused,
            CredentialFailure::Unavailable => Fetched::Unavailable,
        },
    }
}

fn credential(issued: &Issued) -> Credential {
    let value = format!("Bearer {}", issued.token.expose_secret());
    Credential {
        headers: vec![("authorization".to_owned(), SecretString::from(value))],
        ticket: Some(issued.ticket),
    }
}

fn header(
    name: &str,
    prefix: &str,
    secret: &SecretString,
) -> Result<Credential, CredentialFailure> {
    let value = SecretString::from(format!("{prefix}{}", secret.expose_secret()));
    check(name, &value)?;
    Ok(Credential {
        headers: vec![(name.to_owned(), value)],
        ticket: None,
    })
}

/// Checks that a value can be that of a header: others would become several headers, or none.
fn check(name: &str, value: &SecretString) -> Result<(), CredentialFailure> {
    if is_header_value(value.expose_secret()) {
        return Ok(());
    }
    tracing::error!(header = name, "the credential is not visible ASCII");
    Err(CredentialFailure::Unavailable)
}

fn is_header_value(text: &str) -> bool {
    let visible = |byte: u8| matches!(byte, 0x20..=0x7e);
    !text.is_empty() && text.bytes().all(visible) && text.trim() == text
}
