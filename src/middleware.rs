//! External guardrails: what judges outside of Sluice, by gRPC (`grpc`) or HTTP (`webhook`).
//!
//! As many calls of a guardrail as its manifest says are under way at most (`gate`); one more fails at
//! once, so that none waits for others. Connections are kept and made anew (`lines`). What comes back
//! is checked (`answer`). What becomes of a failure, the exchange decides.

mod answer;
mod gate;
mod grpc;
mod lines;
mod proto;
mod trouble;
mod webhook;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::exchange::{GuardrailAsk, Judgement, JudgementFailure};
use crate::policy::guard::Transport;
use crate::secret::Secrets;
use gate::Gates;
use lines::Lines;
use trouble::Trouble;

/// What asks external guardrails. One serves all policies and all runtimes.
pub struct Middlewares {
    clock: Arc<dyn Clock>,
    secrets: Arc<Secrets>,
    gates: Gates,
    lines: Lines,
}

impl fmt::Debug for Middlewares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Middlewares").finish_non_exhaustive()
    }
}

impl Middlewares {
    /// One that has asked nobody yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, secrets: Arc<Secrets>) -> Self {
        Self {
            clock,
            secrets,
            gates: Gates::default(),
            lines: Lines::default(),
        }
    }

    /// Has an external guardrail judge. It takes as long as the guardrail's timeout at most, runs
    /// within a Tokio runtime, and can be dropped.
    ///
    /// # Errors
    ///
    /// The guardrail has not judged. The log says why, and nothing of what was to be judged.
    pub async fn judge(&self, ask: GuardrailAsk) -> Result<Judgement, JudgementFailure> {
        let gate = self.gates.of(&ask.guardrail, &ask.external);
        let judged = match gate.permits.try_acquire() {
            Ok(_under_way) => self.within_time(&ask).await,
            Err(_) => Err(Trouble::Busy(ask.external.max_in_flight)),
        };
        gate.note(&ask.guardrail, judged.as_ref().err(), &*self.clock);
        judged.map_err(|trouble| trouble.failure())
    }

    async fn within_time(&self, ask: &GuardrailAsk) -> Result<Judgement, Trouble> {
        if ask.payload.len() > proto::LONGEST {
            return Err(Trouble::TooLong);
        }
        let answer = match &ask.external.transport {
            Transport::Grpc { address } => self.by_grpc(ask, address).await?,
            Transport::Http { url, secret } => {
                let http = self.lines.http()?;
                let with = webhook::With {
                    http: &http,
                    secrets: &self.secrets,
                    clock: &*self.clock,
                };
                let asked = webhook::check(ask, (url, secret.as_ref()), with);
                let answer = tokio::time::timeout(ask.external.timeout, asked).await;
                answer.unwrap_or(Err(Trouble::Late))?
            }
        };
        answer::judge(ask, answer)
    }

    async fn by_grpc(
        &self,
        ask: &GuardrailAsk,
        address: &str,
    ) -> Result<proto::CheckResponse, Trouble> {
        let line = self.lines.to(address, &ask.external)?;
        let before = line.answers();
        let answer = tokio::time::timeout(ask.external.timeout, line.check(ask)).await;
        let answer = answer.unwrap_or(Err(Trouble::Late));
        // Where a peer is gone without a word, its connection would stay for minutes.
        if matches!(answer, Err(Trouble::Late)) && line.answers() == before {
            self.lines.forget(address, &line);
        }
        answer
    }
}
