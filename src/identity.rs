//! Who calls: the signatures of tokens, and the keys of their issuers.
//!
//! A token is read strictly before anything is believed of it (`token`), what it claims is held
//! against the manifest (`claims`), and only then is its signature checked, with a key that the
//! manifest's place has (`keys`, `source`) and that is of the algorithm's kind. The check itself is
//! `jsonwebtoken`'s. What was verified is kept for at most five minutes (`cache`), and no longer than
//! the set of keys it was verified with; what failed is not kept, since whoever floods with tokens
//! would make each another one.

mod cache;
mod claims;
mod fetch;
mod file;
mod flaw;
mod keys;
mod source;
mod token;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::SecretString;

use crate::clock::Clock;
use crate::exchange::{IdentityAsk, IdentityFailure};
use crate::oauth::Algorithm;
use crate::policy::{Caller, Issuer, IssuerKeys, SecretText, Trust};
use crate::telemetry::{Cache, Metrics};
use cache::{Entry, Verified};
use flaw::Flaw;
use source::{Means, Seek, Source, View};
use token::Unverified;

/// How often keys are looked for on account of one token before its caller is told that they can't
/// be had: the first ones, those of a look that began before the token came, and newer ones.
const LOOKS: usize = 4;

/// What verifies tokens. One serves all policies and all runtimes.
pub struct Verifier {
    means: Arc<Means>,
    sources: RwLock<HashMap<String, Vec<Arc<Source>>>>,
    verified: Verified,
    #[cfg(test)]
    checks: std::sync::atomic::AtomicU64,
}

/// How far one gets with the keys that are at hand.
enum Attempt {
    Done(Result<Arc<Caller>, IdentityFailure>),
    /// The source has to be looked at first.
    Look(Arc<Source>, View, Seek),
}

impl Verifier {
    /// A verifier that has no keys yet. `secrets` tells what a text of the manifest stands for, or
    /// `None` when it can't. What it keeps and fetches is counted.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        secrets: impl Fn(&SecretText) -> Option<SecretString> + Send + Sync + 'static,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            means: Arc::new(Means::new(clock, Box::new(secrets), metrics)),
            sources: RwLock::default(),
            verified: Verified::new(),
            #[cfg(test)]
            checks: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// Who calls, as far as it can be told without waiting: most tokens have been seen before, and
    /// for most others the keys are at hand. `None` means that [`Self::verify`] has to be asked.
    #[must_use]
    pub fn cached(&self, ask: &IdentityAsk) -> Option<Result<Arc<Caller>, IdentityFailure>> {
        match self.attempt(ask) {
            Attempt::Done(result) => Some(result),
            Attempt::Look(..) => None,
        }
    }

    /// Who calls. It takes 5 seconds when an issuer's keys have to be fetched and don't come, and a
    /// few times that in the worst case; where the answer was `None`, it may still be there at once.
    /// It runs within a Tokio runtime, and can be dropped.
    ///
    /// # Errors
    ///
    /// The token is not one for this place, or that can't be told now.
    pub async fn verify(&self, ask: IdentityAsk) -> Result<Arc<Caller>, IdentityFailure> {
        for _ in 0..LOOKS {
            match self.attempt(&ask) {
                Attempt::Done(result) => return result,
                Attempt::Look(source, view, seek) => source.look(&view, seek).await,
            }
        }
        Err(IdentityFailure::Unavailable)
    }

    fn attempt(&self, ask: &IdentityAsk) -> Attempt {
        let attempt = self.try_attempt(ask);
        attempt.unwrap_or_else(|flaw| {
            tracing::debug!(%flaw, "an access token is refused");
            Attempt::Done(Err(flaw.into()))
        })
    }

    fn try_attempt(&self, ask: &IdentityAsk) -> Result<Attempt, Flaw> {
        let Trust::Issuers(issuers) = &ask.authentication.trust else {
            return Err(Flaw::Issuer);
        };
        let digest = cache::digest(&ask.token);
        if let Some(caller) = self.known(ask, issuers, &digest)? {
            self.means.metrics.cache_hit(Cache::CallerTokens);
            return Ok(Attempt::Done(Ok(caller)));
        }
        let token = Unverified::read(ask.token.expose())?;
        let issuer = claims::issuer(&token.claims, issuers)?;
        let is_allowed = issuer.algorithms.contains(&token.algorithm);
        let is_secret = matches!(issuer.keys, IssuerKeys::Secret(_));
        if !is_allowed || token.algorithm.is_symmetric() != is_secret {
            return Err(Flaw::Algorithm);
        }
        let now = self.means.clock.unix();
        let end = claims::check(&token.claims, now, issuer.leeway)?;
        claims::check_audience(&token.claims, issuer, ask.resource.as_deref())?;
        let source = self.source(issuer);
        let view = source.view(issuer.max_stale);
        let generation = match self.check(&token, &view)? {
            Checked::Signed(generation) => generation,
            Checked::Unavailable => return Ok(Attempt::Done(Err(IdentityFailure::Unavailable))),
            Checked::Look(seek) => return Ok(Attempt::Look(source, view, seek)),
        };
        let caller = Caller::of(token.claims, &ask.authentication.claims);
        let caller = caller.map_err(|error| Flaw::Claim(error.0))?;
        let times = (now.as_secs_f64(), end);
        let origin = (source, generation);
        let entry = Entry::new(caller, &ask.authentication, origin, times, &ask.token);
        let caller = Arc::clone(&entry.caller);
        self.verified.insert(digest, entry);
        Ok(Attempt::Done(Ok(caller)))
    }

    /// The caller of a token that has been verified, if all still holds; the audience is looked at
    /// each time.
    fn known(
        &self,
        ask: &IdentityAsk,
        issuers: &[Issuer],
        digest: &[u8; 32],
    ) -> Result<Option<Arc<Caller>>, Flaw> {
        let Some(entry) = self.verified.get(digest) else {
            return Ok(None);
        };
        let is_same = Arc::ptr_eq(&entry.authentication, &ask.authentication)
            || entry.authentication == ask.authentication;
        if !is_same || self.means.clock.unix().as_secs_f64() >= entry.end {
            return Ok(None);
        }
        let Some(claims) = entry.caller.claims() else {
            return Ok(None);
        };
        let issuer = claims::issuer(claims, issuers)?;
        let view = entry.source.view(issuer.max_stale);
        let has_keys = view.keys.is_some_and(|(_, now)| now == entry.generation);
        if view.is_due || !has_keys {
            return Ok(None);
        }
        claims::check_audience(claims, issuer, ask.resource.as_deref())?;
        Ok(Some(entry.caller))
    }

    /// Checks the signature with the keys that are at hand.
    fn check(&self, token: &Unverified<'_>, view: &View) -> Result<Checked, Flaw> {
        if view.is_due {
            let has_keys = view.keys.is_some();
            let seek = if has_keys { Seek::Behind } else { Seek::Any };
            return Ok(Checked::Look(seek));
        }
        let Some((keys, generation)) = &view.keys else {
            let wait = Checked::Look(Seek::Any);
            return Ok(if view.is_flying {
                wait
            } else {
                Checked::Unavailable
            });
        };
        let key = match keys.pick(token.kid.as_deref(), token.algorithm) {
            Err(Flaw::UnknownKey) if view.may_seek || view.is_flying => {
                return Ok(Checked::Look(Seek::Unknown));
            }
            // It may be one of those that can't be had.
            Err(Flaw::UnknownKey) if view.has_failed => return Ok(Checked::Unavailable),
            key => key?,
        };
        self.means.metrics.cache_missed(Cache::CallerTokens);
        #[cfg(test)]
        self.checks
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let message = token.message.as_bytes();
        let algorithm = algorithm(token.algorithm);
        match jsonwebtoken::crypto::verify(token.signature, message, key, algorithm) {
            Ok(true) => Ok(Checked::Signed(*generation)),
            Ok(false) | Err(_) => Err(Flaw::Signature),
        }
    }

    /// The source of an issuer's keys.
    fn source(&self, issuer: &Issuer) -> Arc<Source> {
        let find = |sources: &[Arc<Source>]| {
            let mut sources = sources.iter();
            sources.find(|source| source.is_at(&issuer.keys)).cloned()
        };
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(&issuer.issuer).and_then(|known| find(known)) {
            return source;
        }
        drop(sources);
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let known = sources.entry(issuer.issuer.clone()).or_default();
        find(known).unwrap_or_else(|| {
            let means = Arc::clone(&self.means);
            let source = Arc::new(Source::new(means, &issuer.issuer, &issuer.keys));
            known.push(Arc::clone(&source));
            source
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

/// What came of checking a signature that is not wrong.
enum Checked {
    /// It is right, with the keys of this generation.
    Signed(u64),
    Unavailable,
    Look(Seek),
}

/// The algorithm by the name that `jsonwebtoken` has for it.
const fn algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Hs384 => jsonwebtoken::Algorithm::HS384,
        Algorithm::Hs512 => jsonwebtoken::Algorithm::HS512,
    }
}
