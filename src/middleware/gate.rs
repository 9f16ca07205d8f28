//! How many calls of a guardrail are under way, and whether it fails.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::trouble::Trouble;
use crate::clock::Clock;
use crate::policy::guard::External;

/// How often the log says at most that a guardrail fails.
const INTERVAL: Duration = Duration::from_secs(10);

/// The gates of all guardrails, by their names. They outlive a manifest, as the calls do.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<Arc<str>, Entry>>);

/// A gate, with the guardrail of the last manifest that it is for.
type Entry = (Arc<Gate>, Weak<External>);

impl Gates {
    /// The gate of a guardrail. Those that no manifest knows any more are forgotten.
    pub(super) fn of(&self, guardrail: &Arc<str>, external: &Arc<External>) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((gate, of)) = gates.get_mut(guardrail)
            && gate.most == external.max_in_flight
        {
            if of.as_ptr() != Arc::as_ptr(external) {
                *of = Arc::downgrade(external);
            }
            return Arc::clone(gate);
        }
        gates.retain(|_, (_, of)| of.strong_count() > 0);
        let gate = Arc::new(Gate::new(external.max_in_flight));
        let entry = (Arc::clone(&gate), Arc::downgrade(external));
        gates.insert(Arc::clone(guardrail), entry);
        gate
    }
}

/// The gate of a guardrail.
#[derive(Debug)]
pub(super) struct Gate {
    most: usize,
    /// One permit a call.
    pub(super) permits: Semaphore,
    failures: Mutex<Failures>,
}

/// What the log has been told, by the steady clock.
#[derive(Debug, Default)]
struct Failures {
    told: Option<Duration>,
    untold: u64,
    fails: bool,
}

impl Gate {
    fn new(most: usize) -> Self {
        Self {
            most,
            permits: Semaphore::new(most),
            failures: Mutex::default(),
        }
    }

    /// Says in the log that the guardrail fails, or that it does no more: seldom, since each call
    /// would say it.
    pub(super) fn note(&self, guardrail: &str, trouble: Option<&Trouble>, clock: &dyn Clock) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(trouble) = trouble else {
            if std::mem::take(&mut failures.fails) {
                tracing::info!(guardrail, "an external guardrail answers again");
            }
            return;
        };
        let now = clock.steady();
        if failures
            .told
            .is_some_and(|told| now.saturating_sub(told) < INTERVAL)
        {
            failures.untold += 1;
            return;
        }
        let untold = std::mem::take(&mut failures.untold);
        failures.told = Some(now);
        failures.fails = true;
        tracing::warn!(guardrail, %trouble, untold, "an external guardrail fails");
    }
}
