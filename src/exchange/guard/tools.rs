//! What guardrails make of the definitions of tools.

use std::sync::Arc;

use crate::exchange::occurrence::{Occurrence, Outcome};
use crate::guardrail::{Operation, Phase, Report, Strategy, loosen_wholly};
use crate::json::{Splice, Value};
use crate::policy::View;
use crate::policy::guard::{About, Means};

/// Edits the definition of a tool so that it says what the guardrails make of its calls and results.
/// `false` if one of them hides the tool.
pub(in crate::exchange) fn edit_tool<'d>(
    view: &View,
    name: &str,
    tool: Value<'d>,
    splice: &mut Splice<'d>,
    occurrences: &mut Vec<Occurrence>,
) -> bool {
    let mut is_seen = true;
    for phase in [Phase::Call, Phase::Result] {
        for guard in view.guards().of(phase, About::Tool(name)) {
            let (mut report, began) = (Report::default(), view.now());
            let is_audit = guard.strategy == Strategy::Audit;
            // What only refuses changes no results, so that definitions stay true.
            let is_unchanged = is_audit || guard.operation == Operation::Validate;
            let mut unused = Splice::new(splice.source());
            let edited = match is_unchanged {
                true => &mut unused,
                false => &mut *splice,
            };
            let kept = match &guard.means {
                Means::Check(check) => check.edit_tool(phase, tool, edited, &mut report),
                Means::External(_) => {
                    if phase == Phase::Result {
                        loosen_wholly(tool, edited);
                    }
                    true
                }
            };
            is_seen &= kept || is_audit;
            if !report.is_clean() || !kept {
                occurrences.push(Occurrence::Guarded {
                    began,
                    took: view.now().saturating_sub(began),
                    guardrail: Arc::clone(&guard.name),
                    phase,
                    strategy: guard.strategy,
                    outcome: if kept {
                        Outcome::Changed
                    } else {
                        Outcome::Blocked
                    },
                    target: Some(name.to_owned()),
                    findings: report.into_findings(),
                });
            }
        }
    }
    is_seen
}
