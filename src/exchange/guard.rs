//! Guardrails at work: they look at a body one after the other, each at what the one before it made.
//!
//! What may hold data is found by `sites` (in messages of the client) and `places` (in messages of
//! the server). A guardrail that is a service elsewhere is asked, and the look goes on when it has
//! answered.

mod elsewhere;
mod places;
pub(super) mod restoring;
mod sites;
mod tools;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::ask::GuardrailAsk;
use super::batch;
use super::occurrence::{Occurrence, Outcome};
use super::refusal::{Recipients, Refusal};
use crate::guardrail::{Failure, Finding, Input, Operation, Part, Phase, Report, Strategy, Vault};
use crate::json::{self, Document, Splice, Value};
use crate::jsonrpc::RequestId;
use crate::mcp::ProtocolVersion;
use crate::policy::guard::{Guard, Means};
use crate::policy::{Limits, View};

pub(super) use elsewhere::Waiting;
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
    /// The longest body that may come of it.
    max_bytes: usize,
    /// The body as it is by now.
    text: String,
    is_changed: bool,
    /// Whether nothing is left of the body: the one message in it was not to go on.
    is_dropped: bool,
    /// Whether messages of a batch are gone, and `null` stands where they were.
    has_gaps: bool,
    /// Whether the arguments hold values that the client has only tokens of, so that nothing that is
    /// said of them may be told.
    is_restored: bool,
    /// Whether a client waits on this stream for an answer that has not come.
    is_owed: bool,
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

/// How far it came.
#[derive(Debug)]
pub(super) enum Progress {
    /// All have looked.
    Done(Guarded),
    /// A call is refused: the one of the message at this place in a batch. Or a server's question is,
    /// and so the call that waits for its answer.
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
#[derive(Debug)]
pub(super) struct Blocked {
    /// Whether a guardrail found something; else it could not tell.
    pub(super) is_violation: bool,
    /// Whether whoever waits has called a tool.
    pub(super) answers_call: bool,
    /// What whoever waits is told.
    pub(super) text: String,
}

impl Guarding {
    /// Has the guardrails that have not looked yet do so, until one has to be asked.
    pub(super) fn run(mut self) -> Progress {
        while let Some(next) = self.stages.front() {
            let blocked = match &next.guard.means {
                Means::Check(_) => self.look(),
                Means::External(_) => {
                    let Some(stage) = self.stages.pop_front() else {
                        break;
                    };
                    match self.question(&stage) {
                        Ok(Some(ask)) => {
                            let waiting = Waiting::new(self, stage);
                            return Progress::Ask(Box::new(ask), Box::new(waiting));
                        }
                        Ok(None) => Ok(()),
                        Err(failure) => self
                            .conclude(&stage, self.now(), Err(failure), (&Report::default(), None))
                            .map_err(|blocked| (stage, blocked)),
                    }
                }
            };
            if let Err((stage, blocked)) = blocked
                && let Some(refused) = self.block(&stage, blocked)
            {
                return refused;
            }
        }
        self.done()
    }

    fn done(mut self) -> Progress {
        if self.has_gaps {
            self.close_gaps();
        }
        Progress::Done(Guarded {
            text: self.is_changed.then_some(self.text),
            is_dropped: self.is_dropped,
            occurrences: self.occurrences,
        })
    }

    /// Takes out the messages of a batch that do not go on. Until now others were found by where they
    /// stood among them.
    fn close_gaps(&mut self) {
        let closed = self.read(&self.text, |document| {
            let root = document.root();
            let mut splice = Splice::new(document.source());
            splice.remove_elements(root, Value::is_null);
            let is_left = root.elements().any(|element| !element.is_null());
            is_left.then(|| splice.finish())
        });
        match closed {
            Some(text) => self.text = text,
            None => self.is_dropped = true,
        }
    }

    /// Has checks of Sluice's own look, as long as none of them changes the body or refuses it: then
    /// they look at what has been read once.
    fn look(&mut self) -> Result<(), (Stage, Blocked)> {
        let text = std::mem::take(&mut self.text);
        let document = Document::parse(text.as_bytes(), &self.limits).ok();
        let mut looked = Ok(());
        while self.text.is_empty() && looked.is_ok() {
            let is_own = |stage: &mut Stage| matches!(stage.guard.means, Means::Check(_));
            let Some(stage) = self.stages.pop_front_if(is_own) else {
                break;
            };
            looked = self
                .look_once(&stage, document.as_ref())
                .map_err(|blocked| (stage, blocked));
        }
        if self.text.is_empty() {
            self.text = text;
        }
        looked
    }

    fn look_once(&mut self, stage: &Stage, document: Option<&Document<'_>>) -> Result<(), Blocked> {
        let Stage { site, guard } = stage;
        let (Means::Check(check), Some(exempt)) = (&guard.means, guard.exempt(site.about())) else {
            return Ok(());
        };
        let target = document.and_then(|it| Some((it, sites::resolve(it.root(), &site.path)?)));
        let (mut report, began) = (Report::default(), self.now());
        let Some((document, target)) = target else {
            let failure = Failure::new("there is nothing to look at");
            return self.conclude(stage, began, Err(failure), (&report, None));
        };
        let values = self.view.hidden_values();
        let tool = site.about().tool();
        let known = tool.and_then(|tool| self.view.known(tool));
        let parts = parts(self.phase, target);
        let input = Input {
            tool,
            exempt: &exempt,
            vault: values.as_ref().map(|values| values as &dyn Vault),
            known: known.as_deref(),
            ..Input::new(self.phase, guard.operation, &parts)
        };
        let mut splice = Splice::new(document.source());
        let looked = check.inspect(&input, &mut splice, &mut report);
        let mut edited = None;
        if guard.operation == Operation::Mutate {
            places::add_notes(target, report.notes(), &mut splice);
            edited = (!splice.is_empty()).then(|| splice.finish());
        }
        self.conclude(stage, began, looked, (&report, edited))
    }

    /// The time on the clock of the process.
    fn now(&self) -> Duration {
        self.view.now()
    }

    /// What follows from a look that began then.
    fn conclude(
        &mut self,
        stage: &Stage,
        began: Duration,
        looked: Result<(), Failure>,
        (report, edited): (&Report, Option<String>),
    ) -> Result<(), Blocked> {
        let guard = &stage.guard;
        let is_refused =
            report.is_blocked() || (guard.operation == Operation::Validate && report.finds_fault());
        let outcome = match (&looked, guard.strategy) {
            (Err(_), _) => Outcome::Failed,
            (Ok(()), _) if is_refused => Outcome::Blocked,
            (Ok(()), _) if edited.is_some() => Outcome::Changed,
            (Ok(()), _) => Outcome::Passed,
        };
        self.occur(stage, began, outcome, report.findings().to_vec());
        if guard.strategy == Strategy::Audit {
            return Ok(());
        }
        let answers_call = stage.site.answers_call;
        let told = |text: String| match self.is_restored {
            true => String::new(),
            false => text,
        };
        match looked {
            Err(failure) if guard.strategy == Strategy::Enforce => Err(Blocked {
                is_violation: false,
                answers_call,
                text: failed(guard, &told(failure.0.into_owned())),
            }),
            Err(_) => Ok(()),
            Ok(()) if is_refused => Err(Blocked {
                is_violation: true,
                answers_call,
                text: violated(guard, self.phase, &told(report.reason())),
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

    fn occur(&mut self, stage: &Stage, began: Duration, outcome: Outcome, findings: Vec<Finding>) {
        self.occurrences.push(Occurrence::Guarded {
            guardrail: Arc::clone(&stage.guard.name),
            phase: self.phase,
            strategy: stage.guard.strategy,
            outcome,
            target: stage.site.about().tool().map(str::to_owned),
            findings,
            began,
            took: self.now().saturating_sub(began),
        });
    }

    /// Refuses a call; of a result, puts something else in its place and goes on.
    fn block(&mut self, stage: &Stage, blocked: Blocked) -> Option<Progress> {
        let refusal = Refusal::guardrail(
            &self.view,
            stage.site.about(),
            (self.phase, self.version),
            &stage.guard.name,
            blocked,
        );
        if self.phase == Phase::Call || self.holds_up_a_call(stage) {
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
            match id.clone() {
                Some(id) => {
                    let answer = refusal.answering(Recipients::One(id)).body();
                    splice.replace(target, answer);
                }
                // Nobody waits for it, so nobody misses it.
                None => {
                    stage.site.index()?;
                    splice.replace(target, "null");
                }
            }
            Some((splice.finish(), id.is_none()))
        });
        // What took the message's place is Sluice's own.
        self.stages
            .retain(|later| later.site.path != stage.site.path);
        match edited {
            Some((edited, is_gap)) => {
                self.is_changed = true;
                self.has_gaps |= is_gap;
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

    /// Whether a place is a question of the server's, without whose answer it does not give its own to
    /// the one who waits here. Of an array nobody knows who waits for what.
    fn holds_up_a_call(&self, stage: &Stage) -> bool {
        let is_question = |document: &Document<'_>| {
            let root = document.root();
            Some(root.get("method").is_some() && root.get("id").is_some())
        };
        self.is_owed
            && stage.site.path.is_empty()
            && self.read(&self.text, is_question) == Some(true)
    }

    /// Reads a body that has been read before, or was written by a splice of one.
    fn read<T>(&self, text: &str, look: impl FnOnce(&Document<'_>) -> Option<T>) -> Option<T> {
        let document = Document::parse(text.as_bytes(), &self.limits).ok()?;
        look(&document)
    }
}

/// What there is to look at.
fn parts(phase: Phase, target: Value<'_>) -> Vec<Part<'_>> {
    match phase {
        Phase::Call => vec![Part::whole(target)],
        Phase::Result => places::of(target),
    }
}

/// What is said of a guardrail that could not tell.
fn failed(guard: &Guard, failure: &str) -> String {
    let name = &guard.name;
    let text = format!("The guardrail `{name}` could not check this, so it was not let through");
    match failure {
        "" => text,
        failure => format!("{text}: {failure}"),
    }
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
