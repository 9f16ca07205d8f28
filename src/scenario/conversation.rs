//! An exchange under way, with whoever it asks for the rest answered as a rehearsal has it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Outcome;
use crate::exchange::{
    Ask, BodyEdit, Credential, Event, Exchange, IdentityFailure, Judgement, Occurrence, Reply,
    Vouched,
};
use crate::policy::{Caller, InvalidClaims, Policy, SUPPOSED_ISSUER, Trust, VirtualServer};

/// Who calls, if someone vouches for these claims.
fn caller(
    server: &VirtualServer,
    claims: Option<&Map<String, Value>>,
) -> Option<Result<Caller, InvalidClaims>> {
    let authentication = server.authentication()?;
    Some(Caller::supposed(claims?.clone(), authentication))
}

/// What Envoy would vouch for.
fn vouched(server: &VirtualServer, claims: Option<&Map<String, Value>>) -> Vouched {
    let (Some(authentication), Some(claims)) = (server.authentication(), claims) else {
        return Vouched::default();
    };
    let mut vouched = Vouched::default();
    match &authentication.trust {
        Trust::Issuers(_) => {}
        Trust::EnvoyJwtAuthn { payload, .. } => {
            let mut claims = claims.clone();
            claims
                .entry("iss")
                .or_insert_with(|| SUPPOSED_ISSUER.into());
            vouched
                .jwt_authn
                .insert(payload.clone(), Value::Object(claims));
        }
        Trust::EnvoyPeerCertificate => {
            let subject = claims.get("sub").and_then(Value::as_str);
            vouched.peer_uri = subject.map(str::to_owned);
        }
    }
    vouched
}

/// An exchange under way.
pub(super) struct Conversation {
    exchange: Option<Exchange>,
    /// Who calls, if anyone says so.
    caller: Option<Result<Caller, InvalidClaims>>,
    outcome: Outcome,
    /// What has gone on of the request, or of the response, where it was not what came.
    changed: Option<String>,
    refused: bool,
}

impl Conversation {
    pub(super) fn begin(
        policy: &Arc<Policy>,
        server: &VirtualServer,
        claims: Option<&Map<String, Value>>,
    ) -> Self {
        let route = server.match_route().map(str::to_owned);
        let exchange = Exchange::new(Arc::clone(policy), route);
        Self {
            exchange: Some(exchange.vouched(vouched(server, claims))),
            caller: caller(server, claims),
            outcome: Outcome {
                refusal: None,
                occurrences: Vec::new(),
                passed: None,
                answered: None,
            },
            changed: None,
            refused: false,
        }
    }

    /// The token that stands for the claims; what is in it nobody reads.
    pub(super) fn credentials(&self) -> Option<(&'static str, &'static [u8])> {
        let is_there = self.caller.is_some();
        is_there.then_some(("authorization", b"Bearer supposed".as_slice()))
    }

    pub(super) fn tell(&mut self, event: Event<'_>) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let (exchange, step) = exchange.handle(event);
        let notable = step.occurrences.into_iter().filter(Occurrence::is_notable);
        self.outcome.occurrences.extend(notable);
        match step.reply {
            Reply::Continue { body, .. } => {
                self.exchange = Some(exchange);
                if let BodyEdit::Replace(body) = body {
                    self.changed = Some(String::from_utf8_lossy(&body).into_owned());
                }
            }
            Reply::Refuse(refusal) => {
                self.refused = true;
                self.outcome.refusal = Some(refusal);
            }
            Reply::Answer(_) | Reply::Abort(_) => self.refused = true,
            Reply::Ask(ask) => match *ask {
                Ask::Identity(_) => {
                    self.exchange = Some(exchange);
                    let nobody = IdentityFailure::InvalidToken("there are no claims of a subject");
                    let caller = self.caller.clone().and_then(Result::ok);
                    self.tell(Event::Identified(caller.map(Arc::new).ok_or(nobody)));
                }
                Ask::Guardrail(_) => {
                    self.exchange = Some(exchange);
                    // Whoever is elsewhere is not asked, and takes nothing amiss.
                    let judgement = Judgement {
                        allowed: true,
                        message: None,
                        payload: None,
                        findings: Vec::new(),
                    };
                    self.tell(Event::Judged(Ok(judgement)));
                }
                Ask::Credential(_) => {
                    self.exchange = Some(exchange);
                    self.tell(Event::Credential(Ok(Credential::default())));
                }
            },
        }
    }

    /// What the server gets is `unchanged`, if nothing changed it.
    pub(super) fn asked(&mut self, unchanged: &str) {
        let changed = self.changed.take();
        if !self.refused {
            self.outcome.passed = Some(changed.unwrap_or_else(|| unchanged.to_owned()));
        }
    }

    /// What the client gets is `unchanged`, if nothing changed it.
    pub(super) fn answered(&mut self, unchanged: &str) {
        let changed = self.changed.take();
        if !self.refused {
            self.outcome.answered = Some(changed.unwrap_or_else(|| unchanged.to_owned()));
        }
    }

    /// Whether there is no more to tell.
    pub(super) fn is_over(&self) -> bool {
        self.refused || self.exchange.is_none()
    }

    /// What became of it.
    pub(super) fn end(self) -> Outcome {
        self.outcome
    }
}
