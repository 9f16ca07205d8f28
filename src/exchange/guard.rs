//! Guardrails at work: they look at a body one after the other, each at what the one before it made.
//!
//! What may hold data is found by `sites` (in messages of the client) and `places` (in messages of
//! the server). A guardrail that is a service elsewhere is asked, and the look goes on when it has
//! answered.

mod places;
pub(super) mod restoring;
mod sites;
mod tools;

use std::collections::VecDeque;
use std::sync::Arc;

use super::ask::{GuardrailAsk, Judgement, JudgementFailure};
use super::batch;
use super::occurrence::{Occurrence, Outcome};
use super::refusal::{Recipients, Refusal};
use crate::guardrail::{
    Action, Failure, Finding, Form, Input, Operation, Part, Path, Phase, Report, Strategy, Vault,
};
use crate::json::{self, Document, Splice, Value};
use crate::jsonrpc::RequestId;
use crate::mcp::ProtocolVersion;
use crate::policy::guard::{Guard, Means};
use crate::policy::{Limits, View};

pub(super) use tools::edit_tool;

use sites::Site;

/// A body that guardrails look at.
#[derive(Debug)]
pub(super) struct Guarding {
    view: Arc<View>,
    version: ProtocolVersion,
    phase: Phase,
    /// How the body is read.
    limits: json::Limits,
    id_bytes: usize,
    /// The body as it is by now.
    text: String,
    is_changed: bool,
    /// Whether nothing is left of the body: the one message in it was not to go on.
    is_dropped: bool,
    /// Who looks at what next.
    stages: VecDeque<Stage>,
    occurrences: Vec<Occurrence>,
}

/// A look of one guardrail at one place.
#[derive(Debug, Clone)]
struct Stage {
    site: Arc<Site>,
    guard: Arc<Guard>,
}

/// A guardrail that has been asked, and the body that waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    guarding: Guarding,
    stage: Stage,
}

/// How far it came.
#[derive(Debug)]
pub(super) enum Progress {
    /// All have looked.
    Done(Guarded),
    /// A call is refused: the one of the message at this place in a batch.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Which message it was, of a batch.
        index: Option<usize>,
        /// The body, with the ids of all messages.
        text: String,
        /// What happened before.
        occurrences: Vec<Occurrence>,
    },
    /// A service has to be asked.
    Ask(Box<GuardrailAsk>, Box<Waiting>),
}

/// A body that all guardrails have looked at.
#[derive(Debug)]
pub(super) struct Guarded {
    /// The body, if it is another one now.
    pub(super) text: Option<String>,
    /// Whether the one message in it is not to go on.
    pub(super) is_dropped: bool,
    /// What happened.
    pub(super) occurrences: Vec<Occurrence>,
}

/// Why something does not go on.
struct Blocked {
    /// Whether a guardrail found something; else it could not tell.
    is_violation: bool,
    /// What whoever waits is told.
    text: String,
}

impl Guarding {
    /// Has the guardrails that have not looked yet do so, until one has to be asked.
    pub(super) fn run(mut self) -> Progress {
        while let Some(stage) = self.stages.pop_front() {
            let blocked = match &stage.guard.means {
                Means::Check(_) => self.look(&stage),
                Means::External(_) => match self.question(&stage) {
                    Some(ask) => {
                        let waiting = Waiting {
                            guarding: self,
                            stage,
                        };
                        return Progress::Ask(Box::new(ask), Box::new(waiting));
                    }
                    None => Ok(()),
                },
            };
            if let Err(blocked) = blocked
                && let Some(refused) = self.block(&stage, blocked)
            {
                return refused;
            }
        }
        self.done()
    }

    fn done(self) -> Progress {
        Progress::Done(Guarded {
            text: self.is_changed.then_some(self.text),
            is_dropped: self.is_dropped,
            occurrences: self.occurrences,
        })
    }

    /// Has a check of Sluice's own look.
    fn look(&mut self, stage: &Stage) -> Result<(), Blocked> {
        let Stage { site, guard } = stage;
        let Means::Check(check) = &guard.means else {
            return Ok(());
        };
        let Some(exempt) = guard.exempt(site.about()) else {
            return Ok(());
        };
        let values = self.view.hidden_values();
        let text = std::mem::take(&mut self.text);
        let mut report = Report::default();
        let mut edited = None;
        let tool = site.about().tool();
        let known = tool.and_then(|tool| self.view.known(tool));
        let looked = self.read(&text, |document| {
            let target = sites::resolve(document.root(), &site.path)?;
            let parts = parts(self.phase, target);
            let input = Input {
                phase: self.phase,
                operation: guard.operation,
                tool: site.about().tool(),
                parts: &parts,
                exempt: &exempt,
                vault: values.as_ref().map(|values| values as &dyn Vault),
                known: known.as_deref(),
            };
            let mut splice = Splice::new(document.source());
            let looked = check.inspect(&input, &mut splice, &mut report);
            if guard.operation == Operation::Mutate {
                places::add_notes(target, report.notes(), &mut splice);
                edited = (!splice.is_empty()).then(|| splice.finish());
            }
            Some(looked)
        });
        self.text = text;
        let looked = looked.unwrap_or_else(|| Err(Failure::new("there is nothing to look at")));
        self.conclude(stage, looked, &report, edited)
    }

    /// What follows from a look.
    fn conclude(
        &mut self,
        stage: &Stage,
        looked: Result<(), Failure>,
        report: &Report,
        edited: Option<String>,
    ) -> Result<(), Blocked> {
        let guard = &stage.guard;
        let is_refused =
            report.is_blocked() || (guard.operation == Operation::Validate && !report.is_clean());
        let outcome = match (&looked, guard.strategy) {
            (Err(_), _) => Outcome::Failed,
            (Ok(()), _) if is_refused => Outcome::Blocked,
            (Ok(()), _) if edited.is_some() => Outcome::Changed,
            (Ok(()), _) => Outcome::Passed,
        };
        self.occur(stage, outcome, report.findings().to_vec());
        if guard.strategy == Strategy::Audit {
            return Ok(());
        }
        match looked {
            Err(failure) if guard.strategy == Strategy::Enforce => Err(Blocked {
                is_violation: false,
                text: failed(guard, &failure.0),
            }),
            Err(_) => Ok(()),
            Ok(()) if is_refused => Err(Blocked {
                is_violation: true,
                text: violated(guard, self.phase, &report.reason()),
            }),
            Ok(()) => {
                if let Some(edited) = edited {
                    self.text = edited;
                    self.is_changed = true;
                }
                Ok(())
            }
        }
    }

    fn occur(&mut self, stage: &Stage, outcome: Outcome, findings: Vec<Finding>) {
        if outcome == Outcome::Passed && findings.is_empty() {
            return;
        }
        self.occurrences.push(Occurrence::Guarded {
            guardrail: Arc::clone(&stage.guard.name),
            phase: self.phase,
            strategy: stage.guard.strategy,
            outcome,
            target: stage.site.about().tool().map(str::to_owned),
            findings,
        });
    }

    /// Refuses a call; of a result, puts something else in its place and goes on.
    fn block(&mut self, stage: &Stage, blocked: Blocked) -> Option<Progress> {
        let refusal = Refusal::guardrail(
            &self.view,
            stage.site.about(),
            (self.phase, self.version),
            &stage.guard.name,
            blocked.is_violation,
            blocked.text,
        );
        if self.phase == Phase::Call {
            return Some(Progress::Refused {
                refusal,
                index: stage.site.index(),
                text: std::mem::take(&mut self.text),
                occurrences: std::mem::take(&mut self.occurrences),
            });
        }
        self.occurrences.extend(refusal.occurrences());
        let text = std::mem::take(&mut self.text);
        let edited = self.read(&text, |document| {
            let target = sites::resolve(document.root(), &stage.site.path)?;
            let mut splice = Splice::new(document.source());
            let id = target.get("id").filter(|_| target.get("method").is_none());
            let id = id.and_then(|id| RequestId::read(id, self.id_bytes).ok());
            match id {
                Some(id) => {
                    let answer = refusal.answering(Recipients::One(id)).body();
                    splice.replace(target, answer);
                }
                // Nobody waits for it, so nobody misses it.
                None => {
                    stage.site.index()?;
                    splice.remove_elements(document.root(), |element| {
                        element.span() == target.span()
                    });
                }
            }
            Some(splice.finish())
        });
        // What took the message's place is Sluice's own.
        self.stages
            .retain(|later| later.site.path != stage.site.path);
        match edited {
            Some(edited) => {
                self.is_changed = true;
                self.text = edited;
            }
            None => {
                self.is_dropped = true;
                self.stages.clear();
                self.text = text;
            }
        }
        None
    }

    /// What a service is asked; nothing if there is nothing to look at.
    fn question(&self, stage: &Stage) -> Option<GuardrailAsk> {
        let Stage { site, guard } = stage;
        let Means::External(external) = &guard.means else {
            return None;
        };
        guard.exempt(site.about())?;
        let payload = self.read(&self.text, |document| {
            let target = sites::resolve(document.root(), &site.path)?;
            let payload = payload(self.phase, target)?;
            Some(payload.raw().to_owned())
        })?;
        let caller = self.view.caller().subject();
        Some(GuardrailAsk {
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
        })
    }

    /// Reads a body that has been read before, or was written by a splice of one.
    fn read<T>(&self, text: &str, look: impl FnOnce(&Document<'_>) -> Option<T>) -> Option<T> {
        let document = Document::parse(text.as_bytes(), &self.limits).ok()?;
        look(&document)
    }
}

impl Waiting {
    /// Goes on with what the service says.
    pub(super) fn judged(self, judged: Result<Judgement, JudgementFailure>) -> Progress {
        let Self {
            mut guarding,
            stage,
        } = self;
        let mut report = Report::default();
        let mut edited = None;
        let looked = match judged {
            Ok(judgement) => {
                let change = judgement.payload.filter(|_| judgement.allowed);
                let action = match (judgement.allowed, &change) {
                    (false, _) => Action::Block,
                    (true, Some(_)) => Action::Change,
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
                let wanted = change.filter(|_| stage.guard.operation == Operation::Mutate);
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
        let blocked = guarding.conclude(&stage, looked, &report, edited);
        if let Err(blocked) = blocked
            && let Some(refused) = guarding.block(&stage, blocked)
        {
            return refused;
        }
        guarding.run()
    }
}

impl Guarding {
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
    }
}

/// What there is to look at.
fn parts(phase: Phase, target: Value<'_>) -> Vec<Part<'_>> {
    match phase {
        Phase::Call => vec![Part {
            path: Path::default(),
            value: target,
            form: Form::Data,
        }],
        Phase::Result => places::of(target),
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

/// What is said of a guardrail that could not tell.
fn failed(guard: &Guard, failure: &str) -> String {
    format!(
        "The guardrail `{}` could not check this, so it was not let through: {failure}",
        guard.name
    )
}

/// What is said of what a guardrail refuses: the operator's words, if there are any.
fn violated(guard: &Guard, phase: Phase, says: &str) -> String {
    if let Some(message) = &guard.message {
        return message.fill(&guard.name, says);
    }
    let what = match phase {
        Phase::Call => "does not allow these arguments",
        Phase::Result => "withheld the result",
    };
    match says {
        "" => format!("The guardrail `{}` {what}", guard.name),
        says => format!("The guardrail `{}` {what}: {says}", guard.name),
    }
}

/// A refusal by a guardrail, addressed to whoever waits: to the request, or to all of a batch.
pub(super) fn address(
    limits: &Limits,
    refusal: Refusal,
    index: Option<usize>,
    text: &str,
) -> Refusal {
    let Ok(document) = Document::parse(text.as_bytes(), &limits.json) else {
        return refusal;
    };
    let id = |message: Value<'_>| {
        message.get("method")?;
        RequestId::read(message.get("id")?, limits.id_bytes).ok()
    };
    let root = document.root();
    let Some(index) = index else {
        return match id(root) {
            Some(id) => refusal.answering(Recipients::One(id)),
            None => refusal.unanswerable(),
        };
    };
    let ids = root.elements().map(id).collect();
    batch::refuse(ids, vec![(index, refusal)])
}
