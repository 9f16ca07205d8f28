//! The connections to external guardrails. A connection lives on the runtime that it was made on,
//! which may end before others do, so that each runtime has its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::Client;
use tokio::runtime::{Handle, Id};

use super::grpc::Line;
use super::trouble::Trouble;
use crate::outbound;
use crate::policy::guard::External;

/// The longest time that a request by HTTP takes, whatever a manifest says.
const LONGEST: Duration = Duration::from_secs(10);

/// What there is for each runtime.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<Id, Own>>);

#[derive(Debug, Default)]
struct Own {
    /// By address, with a guardrail that needs it.
    lines: HashMap<String, (Arc<Line>, Weak<External>)>,
    /// It keeps connections itself.
    http: Option<Client>,
}

impl Lines {
    /// The connection to an address. Those that no manifest needs any more are given up.
    ///
    /// # Errors
    ///
    /// The address is none.
    pub(super) fn to(&self, address: &str, external: &Arc<External>) -> Result<Arc<Line>, Trouble> {
        self.own(|own| {
            if let Some((line, of)) = own.lines.get_mut(address) {
                if of.strong_count() == 0 {
                    *of = Arc::downgrade(external);
                }
                return Ok(Arc::clone(line));
            }
            own.lines.retain(|_, (_, of)| of.strong_count() > 0);
            let line = Arc::new(Line::new(address)?);
            let entry = (Arc::clone(&line), Arc::downgrade(external));
            own.lines.insert(address.to_owned(), entry);
            Ok(line)
        })
    }

    /// Gives a connection up, for calls that are still to come: the next one makes another.
    pub(super) fn forget(&self, address: &str, line: &Arc<Line>) {
        self.own(|own| {
            if own
                .lines
                .get(address)
                .is_some_and(|(kept, _)| Arc::ptr_eq(kept, line))
            {
                own.lines.remove(address);
            }
        });
    }

    /// The HTTP client of this runtime.
    ///
    /// # Errors
    ///
    /// It can't be made.
    pub(super) fn http(&self) -> Result<Client, Trouble> {
        self.own(|own| match &own.http {
            Some(client) => Ok(client.clone()),
            None => Ok(own.http.insert(outbound::keeping_client(LONGEST)?).clone()),
        })
    }

    /// Looks at what there is for this runtime.
    fn own<T>(&self, look: impl FnOnce(&mut Own) -> T) -> T {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(lines.entry(Handle::current().id()).or_default())
    }
}
