//! Guardrails that are services elsewhere: what they are asked, and what follows from what they say.

use std::sync::Arc;
use std::time::Duration;

use super::{Guarding, Progress, Stage, sites};
use crate::exchange::ask::{GuardrailAsk, Judgement, JudgementFailure};
use crate::guardrail::{Action, Failure, Finding, Operation, Phase, Report};
use crate::json::{Document, Splice, Value};
use crate::policy::guard::Means;

/// A guardrail that has been asked, and the body that waits for it.
#[derive(Debug)]
pub(in crate::exchange) struct Waiting {
    guarding: Guarding,
    stage: Stage,
    /// When it was asked, on the clock of the process.
    began: Duration,
}

impl Waiting {
    pub(super) fn new(guarding: Guarding, stage: Stage) -> Self {
        let began = guarding.now();
        Self {
            guarding,
            stage,
            began,
        }
    }

    /// Goes on with what the service says.
    pub(in crate::exchange) fn judged(
        self,
        judged: Result<Judgement, JudgementFailure>,
    ) -> Progress {
        let Self {
            mut guarding,
            stage,
            began,
        } = self;
        let mut report = Report::default();
        let mut edited = None;
        let looked = match judged {
            Ok(judgement) => {
                let change = judgement.payload.filter(|_| judgement.allowed);
                let validates = stage.guard.operation == Operation::Validate;
                let action = match (judgement.allowed, &change) {
                    (false, _) => Action::Block,
                    (true, Some(_)) => Action::Change,
                    // Whatever it finds is refused then.
                    (true, None) if validates => Action::Block,
                    (true, None) => Action::Report,
                };
                for finding in judgement.findings {
                    report.find(Finding {
                        rule: finding.rule.into(),
                        path: finding.path,
                        entity: finding.entity,
                        action,
                    });
                }
                if !judgement.allowed {
                    report.block(judgement.message.unwrap_or_default());
                }
                let may_change = !validates;
                if change.is_some() && !may_change {
                    report.block("");
                }
                let wanted = change.filter(|_| may_change);
                match wanted.map(|payload| guarding.replaced(&stage, &payload)) {
                    Some(None) => Err(Failure::new("its answer makes no sense")),
                    Some(Some(text)) => {
                        edited = Some(text);
                        Ok(())
                    }
                    None => Ok(()),
                }
            }
            Err(failure) => Err(Failure::new(failure.to_string())),
        };
        let blocked = guarding.conclude(&stage, began, looked, (&report, edited));
        if let Err(blocked) = blocked
            && let Some(refused) = guarding.block(&stage, blocked)
        {
            return refused;
        }
        guarding.run()
    }
}

impl Guarding {
    /// What a service is asked; nothing if there is nothing to look at.
    ///
    /// # Errors
    ///
    /// The body can't be read any more.
    pub(super) fn question(&self, stage: &Stage) -> Result<Option<GuardrailAsk>, Failure> {
        let Stage { site, guard } = stage;
        let Means::External(external) = &guard.means else {
            return Ok(None);
        };
        if guard.exempt(site.about()).is_none() {
            return Ok(None);
        }
        let payload = self.read(&self.text, |document| {
            let target = sites::resolve(document.root(), &site.path)?;
            Some(payload(self.phase, target).map(|payload| payload.raw().to_owned()))
        });
        let Some(payload) = payload.ok_or_else(|| Failure::new("there is nothing to look at"))?
        else {
            return Ok(None);
        };
        let caller = self.view.caller().subject();
        Ok(Some(GuardrailAsk {
            guardrail: Arc::clone(&guard.name),
            external: Arc::clone(external),
            phase: self.phase,
            operation: guard.operation,
            virtual_server: self.view.name().to_owned(),
            server: self.view.server().server().to_owned(),
            tool: site.about().tool().map(str::to_owned),
            method: site.method.clone(),
            payload,
            subject: caller.map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())),
        }))
    }

    /// The body with another payload, which must be an object as before.
    fn replaced(&self, stage: &Stage, payload: &str) -> Option<String> {
        let new = Document::parse(payload.as_bytes(), &self.limits).ok()?;
        if !new.root().is_object() {
            return None;
        }
        self.read(&self.text, |document| {
            let target = sites::resolve(document.root(), &stage.site.path)?;
            let old = self::payload(self.phase, target)?;
            let mut splice = Splice::new(document.source());
            splice.replace(old, new.root().raw().to_owned());
            Some(splice.finish())
        })
        // In its place it may nest too deep, or be too much.
        .filter(|text| text.len() <= self.max_bytes)
        .filter(|text| Document::parse(text.as_bytes(), &self.limits).is_ok())
    }
}

/// The object that a service is shown.
fn payload(phase: Phase, target: Value<'_>) -> Option<Value<'_>> {
    if phase == Phase::Call {
        return Some(target);
    }
    let members = ["result", "error", "params"];
    let found = members.into_iter().find_map(|key| target.get(key));
    found.filter(|payload| payload.is_object())
}
