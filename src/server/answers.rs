//! Who calls, with what credential, and what guardrails say: answered from the caches, or found out.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::credential::Broker;
use crate::exchange::{Ask, CredentialFailure, Event, IdentityFailure, JudgementFailure, Ticket};
use crate::ext_proc::{Answer, Resolver};
use crate::identity::Verifier;
use crate::middleware::Middlewares;
use crate::policy::SecretText;
use crate::secret::Secrets;
use crate::telemetry::Metrics;

/// How long finding out may take. Envoy is told to wait for longer.
const LONGEST: Duration = Duration::from_secs(10);

/// Answers what exchanges ask. One serves all policies and all runtimes.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    verifier: Arc<Verifier>,
    broker: Arc<Broker>,
    middlewares: Arc<Middlewares>,
}

impl Answers {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let secrets = Arc::new(Secrets::new(Arc::clone(&clock)));
        let of_issuers = Arc::clone(&secrets);
        let of_issuers = move |text: &SecretText| {
            let resolved = of_issuers.resolve(text);
            resolved
                .inspect_err(
                    |error| tracing::error!(%error, "the secret of an issuer is not there"),
                )
                .ok()
        };
        let verifier = Verifier::new(Arc::clone(&clock), of_issuers, Arc::clone(metrics));
        Self {
            verifier: Arc::new(verifier),
            broker: Arc::new(Broker::new(
                Arc::clone(&clock),
                Arc::clone(&secrets),
                Arc::clone(metrics),
            )),
            middlewares: Arc::new(Middlewares::new(clock, secrets)),
        }
    }
}

impl Resolver for Answers {
    fn answer(&self, ask: Ask) -> Answer {
        match ask {
            Ask::Identity(ask) => match self.verifier.cached(&ask) {
                Some(known) => Answer::Now(Event::Identified(known)),
                None => {
                    let verifier = Arc::clone(&self.verifier);
                    Answer::Later(Box::pin(async move {
                        let verified = tokio::time::timeout(LONGEST, verifier.verify(ask)).await;
                        Event::Identified(verified.unwrap_or(Err(IdentityFailure::Unavailable)))
                    }))
                }
            },
            Ask::Guardrail(ask) => {
                let middlewares = Arc::clone(&self.middlewares);
                Answer::Later(Box::pin(async move {
                    let judged = tokio::time::timeout(LONGEST, middlewares.judge(*ask)).await;
                    Event::Judged(judged.unwrap_or(Err(JudgementFailure::Timeout)))
                }))
            }
            Ask::Credential(ask) => match self.broker.cached(&ask) {
                Some(known) => Answer::Now(Event::Credential(known)),
                None => {
                    let broker = Arc::clone(&self.broker);
                    Answer::Later(Box::pin(async move {
                        let obtained = tokio::time::timeout(LONGEST, broker.obtain(ask)).await;
                        Event::Credential(obtained.unwrap_or(Err(CredentialFailure::Unavailable)))
                    }))
                }
            },
        }
    }

    fn rejected(&self, ticket: Ticket) {
        self.broker.rejected(ticket);
    }
}
