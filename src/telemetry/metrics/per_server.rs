//! What is counted of one virtual server.

use std::array;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::family::NONE;
use super::histogram::{Filter, Histogram, Operations, Upstream};
use super::series::{Series, Words};
use super::{add, get, words};
use crate::exchange::Occurrence;
use crate::mcp::ClientMethod;
use crate::policy::{Reason, VirtualServer};
use crate::telemetry::record::{Guarded, Message, PhaseKind, Record};

/// The counters of one virtual server.
#[derive(Debug)]
pub(super) struct PerServer {
    pub(super) allowed: AtomicU64,
    pub(super) answered: AtomicU64,
    /// In the order of [`Reason::ALL`].
    pub(super) refused: [AtomicU64; Reason::ALL.len()],
    pub(super) lists: AtomicU64,
    pub(super) removed: AtomicU64,
    pub(super) dropped: AtomicU64,
    /// Tokens that the upstream did not take.
    pub(super) rejected: AtomicU64,
    pub(super) filter: Histogram<Filter>,
    pub(super) upstream: Histogram<Upstream>,
    /// What is not about a tool, or about none that is enabled.
    pub(super) no_tool: PerTool,
    /// By what the manifest calls them.
    pub(super) tools: Series<Box<str>, PerTool>,
    /// By their names.
    pub(super) guardrails: Series<Box<str>, PerGuardrail>,
}

/// The counters of one tool.
#[derive(Debug, Default)]
pub(super) struct PerTool {
    /// Calls, by what became of them.
    pub(super) calls: Words,
    /// By method and kind of failure.
    pub(super) operations: Series<(&'static str, &'static str), Histogram<Operations>>,
}

/// The counters of one guardrail.
#[derive(Debug, Default)]
pub(super) struct PerGuardrail {
    /// By what they came to.
    pub(super) looks: Words,
    /// By what was found, and by what is done about it.
    pub(super) findings: Series<Box<str>, Words>,
}

impl Default for PerServer {
    fn default() -> Self {
        Self {
            allowed: AtomicU64::default(),
            answered: AtomicU64::default(),
            refused: array::from_fn(|_| AtomicU64::default()),
            lists: AtomicU64::default(),
            removed: AtomicU64::default(),
            dropped: AtomicU64::default(),
            rejected: AtomicU64::default(),
            filter: Histogram::default(),
            upstream: Histogram::default(),
            no_tool: PerTool::default(),
            tools: Series::default(),
            guardrails: Series::default(),
        }
    }
}

impl PerServer {
    pub(super) fn count(&self, occurrence: &Occurrence) {
        match occurrence {
            Occurrence::Allowed { .. } => add(&self.allowed, 1),
            Occurrence::Refused { reason, .. } => {
                if let Some(counter) = self.refused.get(*reason as usize) {
                    add(counter, 1);
                }
            }
            Occurrence::Filtered { removed, .. } => {
                add(&self.lists, 1);
                add(&self.removed, u64::try_from(*removed).unwrap_or(u64::MAX));
            }
            Occurrence::Dropped { .. } => add(&self.dropped, 1),
            // These are counted when the exchange ends, and what a guardrail refuses is refused too.
            Occurrence::Guarded { .. } | Occurrence::Answered { .. } | Occurrence::InSession(_) => {
            }
        }
    }

    /// Counts what an exchange has come to.
    pub(super) fn ended(&self, record: &Record) {
        self.filter.observe(record.worked);
        for phase in &record.phases {
            match &phase.kind {
                PhaseKind::Upstream => self.upstream.observe(phase.took),
                PhaseKind::Guardrail(guarded) => {
                    self.guarded(record.virtual_server.as_deref(), guarded);
                }
                PhaseKind::Identity
                | PhaseKind::Policy
                | PhaseKind::Middleware(_)
                | PhaseKind::Credential => {}
            }
        }
        for message in &record.messages {
            self.message(record, message);
        }
    }

    fn message(&self, record: &Record, message: &Message) {
        let Some(method) = words::method(&message.asked) else {
            return;
        };
        let became = record.outcome(message);
        let error = words::error_type(message, became);
        let outcome = words::outcome(message, became);
        let count = |tool: &PerTool| tool.count((method, error), outcome, record.took());
        let server = record.virtual_server.as_deref();
        match server.and_then(|server| words::tool(server, message)) {
            Some(tool) => self.tools.with(&**tool, count),
            None => count(&self.no_tool),
        }
    }

    fn guarded(&self, server: Option<&VirtualServer>, guarded: &Guarded) {
        self.guardrails.with(&*guarded.guardrail, |guardrail| {
            guardrail.looks.count(guarded.outcome.as_str());
            for finding in &guarded.findings {
                let entity = words::entity(server, guarded, finding);
                let action = finding.action.as_str();
                guardrail.findings.with(entity, |found| found.count(action));
            }
        });
    }

    /// The series of decisions that have been made: decision, reason, how often.
    pub(super) fn decisions(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let refused = Reason::ALL.iter().zip(&self.refused);
        let refused = refused.map(|(reason, count)| ("deny", reason.as_str(), get(count)));
        [
            ("allow", NONE, get(&self.allowed)),
            ("answer", NONE, get(&self.answered)),
        ]
        .into_iter()
        .chain(refused)
    }

    /// Visits every tool, and first what is about none.
    pub(super) fn each_tool(&self, mut visit: impl FnMut(&str, &PerTool)) {
        visit(NONE, &self.no_tool);
        self.tools.each(|name, tool| visit(name, tool));
    }
}

impl PerTool {
    fn count(
        &self,
        operation: (&'static str, &'static str),
        outcome: &'static str,
        took: Duration,
    ) {
        let own = || operation;
        self.operations
            .with_key(&operation, own, |times| times.observe(took));
        if operation.0 == ClientMethod::ToolsCall.as_str() {
            self.calls.count(outcome);
        }
    }
}
