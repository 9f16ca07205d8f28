//! A virtual server, as one caller sees it.

use std::ops::Deref;
use std::sync::Arc;

use super::caller::Caller;
use super::decision::{Decision, Target};
use super::sessions::SessionIds;
use super::tasks::TaskIds;
use super::values::HiddenValues;
use super::virtual_server::VirtualServer;
use crate::guardrail::{Learner, Phase, ToolFacts};
use crate::json;
use crate::seal::{Keys, Purpose, Safe};

/// A virtual server, as one caller sees it: whatever is decided, is decided for this caller.
#[derive(Debug, Clone)]
pub struct View {
    server: Arc<VirtualServer>,
    caller: Arc<Caller>,
}

impl View {
    /// The virtual server, in the eyes of this caller.
    #[must_use]
    pub fn new(server: Arc<VirtualServer>, caller: Arc<Caller>) -> Self {
        Self { server, caller }
    }

    /// The virtual server, in the eyes of nobody in particular.
    #[must_use]
    pub fn anonymous(server: Arc<VirtualServer>) -> Self {
        Self::new(server, Arc::new(Caller::anonymous()))
    }

    /// The virtual server itself.
    #[must_use]
    pub fn server(&self) -> &Arc<VirtualServer> {
        &self.server
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Decides whether a target may be seen; and used, but for what depends on the arguments. See
    /// [`VirtualServer::decide`].
    #[must_use]
    pub fn decide(&self, target: Target<'_>) -> Decision<'_> {
        self.server.decide(target, &self.caller, None)
    }

    /// Decides whether a target may be used with these arguments. What may not be seen may not be
    /// used, whatever the arguments.
    #[must_use]
    pub fn decide_use(&self, target: Target<'_>, arguments: json::Value<'_>) -> Decision<'_> {
        match self.decide(target) {
            Decision::Allow { .. } => self.server.decide(target, &self.caller, Some(arguments)),
            denied @ Decision::Deny { .. } => denied,
        }
    }

    /// Whether a target may be seen.
    #[must_use]
    pub fn allows(&self, target: Target<'_>) -> bool {
        self.decide(target).is_allowed()
    }

    /// How it writes the ids of tasks, if it lets any pass: it has tasks, and keys to seal them.
    #[must_use]
    pub fn task_ids(&self) -> Option<TaskIds<'_>> {
        let bond = self.bond()?;
        self.has_tasks().then_some(TaskIds(bond))
    }

    /// How it writes the ids of sessions and events, if there are keys to seal them.
    #[must_use]
    pub fn session_ids(&self) -> Option<SessionIds<'_>> {
        self.bond().map(SessionIds)
    }

    /// How it hides values from the caller, if there are keys to do so. Making it takes
    /// microseconds, so that it is made once a message.
    #[must_use]
    pub fn hidden_values(&self) -> Option<HiddenValues> {
        self.bond()?.safe().map(HiddenValues)
    }

    /// What the last list that this caller got said of a tool, if one was seen here.
    #[must_use]
    pub fn known(&self, tool: &str) -> Option<Arc<ToolFacts>> {
        self.learned()?.get(self.learner(), tool)
    }

    /// Keeps what a list says of a tool, where a guardrail looks at calls.
    pub fn learn(&self, name: &str, tool: json::Value<'_>) {
        if !self.guards().attached(Phase::Call).is_empty()
            && let Some(learned) = self.learned()
        {
            learned.learn(self.learner(), name, tool);
        }
    }

    fn learner(&self) -> Learner<'_> {
        Learner {
            virtual_server: self.name(),
            subject: self.caller.subject(),
        }
    }

    fn bond(&self) -> Option<Bond<'_>> {
        Some(Bond {
            keys: self.server.seal_keys()?,
            virtual_server: self.name(),
            subject: self.caller.subject(),
        })
    }
}

impl Deref for View {
    type Target = VirtualServer;

    fn deref(&self) -> &VirtualServer {
        &self.server
    }
}

/// To whom something is sealed: a virtual server and a subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bond<'p> {
    keys: &'p Keys,
    virtual_server: &'p str,
    subject: Option<(&'p str, &'p str)>,
}

impl Bond<'_> {
    pub(super) fn seal(self, purpose: Purpose, more: &[&str], texts: &[&str]) -> Option<String> {
        self.keys.seal(purpose, &self.context(more), texts)
    }

    pub(super) fn open(self, purpose: Purpose, more: &[&str], sealed: &str) -> Option<Vec<String>> {
        self.keys.open(purpose, &self.context(more), sealed)
    }

    pub(super) fn safe(self) -> Option<Safe> {
        self.keys.safe(&self.context(&[]))
    }

    /// Who nobody in particular is differs from every subject by the number of texts.
    fn context<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut context = vec![self.virtual_server];
        if let Some((issuer, subject)) = self.subject {
            context.extend(["subject of", issuer, subject]);
        }
        context.extend(more);
        context
    }
}
