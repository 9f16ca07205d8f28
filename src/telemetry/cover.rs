//! What exchanges carried, as it may be shown: personal data and secrets are covered, whatever the
//! guardrails of the virtual server let pass.

use crate::guardrail::{Check, Input, Operation, Part, Phase, Redact, Redacting, Report};
use crate::json::{Document, Limits, LoneSurrogates, Splice, quoted};
use crate::policy::VirtualServer;
use crate::policy::guard::Means;

/// What stands in the place of what can't be covered piece by piece.
const WITHHELD: &str = "[withheld]";

/// Covers personal data and secrets.
#[derive(Debug)]
pub struct Cover {
    usual: Option<Redact>,
}

impl Default for Cover {
    fn default() -> Self {
        Self {
            usual: Redact::new(Redacting::default()).ok(),
        }
    }
}

impl Cover {
    /// A text, JSON or not, without what is personal or secret: neither by Sluice's own lights nor by
    /// those of the guardrails that redact for the virtual server, on whichever way.
    #[must_use]
    pub fn cover(&self, text: &str, server: &VirtualServer) -> String {
        let Some(usual) = &self.usual else {
            return WITHHELD.to_owned();
        };
        let attached = [Phase::Call, Phase::Result];
        let attached = attached
            .into_iter()
            .flat_map(|phase| server.guards().attached(phase));
        let redacts = attached.filter_map(|attached| match &attached.guard.means {
            Means::Check(Check::Redact(redact)) => Some(&**redact),
            Means::Check(_) | Means::External(_) => None,
        });
        let mut covered = text.to_owned();
        for redact in std::iter::once(usual).chain(redacts) {
            match self::covered(redact, &covered) {
                Some(next) => covered = next,
                None => return WITHHELD.to_owned(),
            }
        }
        covered
    }
}

/// A text as one guardrail leaves it; nothing if it would not let it pass.
fn covered(redact: &Redact, text: &str) -> Option<String> {
    let limits = Limits {
        lone_surrogates: LoneSurrogates::Replace,
        ..Limits::default()
    };
    if let Ok(document) = Document::parse(text.as_bytes(), &limits) {
        return edited(redact, &document);
    }
    // What is no JSON is looked at as one string of it.
    let string = quoted(text);
    let document = Document::parse(string.as_bytes(), &limits).ok()?;
    let edited = edited(redact, &document)?;
    let document = Document::parse(edited.as_bytes(), &limits).ok()?;
    document.root().as_str().map(|text| text.into_owned())
}

fn edited(redact: &Redact, document: &Document<'_>) -> Option<String> {
    let parts = [Part::whole(document.root())];
    let input = Input::new(Phase::Result, Operation::Mutate, &parts);
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    redact.inspect(&input, &mut splice, &mut report);
    (!report.is_blocked()).then(|| splice.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    fn server(guardrails: &str) -> std::sync::Arc<VirtualServer> {
        let text = format!(
            "servers: {{s: {{}}}}\nguardrails:\n{guardrails}\nvirtual_servers:\n  v:\n    \
             match: {{path: /v}}\n    servers: [{{name: s, enabled_tools: [a]}}]\n    \
             mcp_tool_post_invoke_guardrails: [g]\n"
        );
        let loaded = manifest::load("m", &text).unwrap();
        loaded.policy.virtual_server("v").unwrap().clone()
    }

    #[test]
    fn personal_data_is_covered_in_json_and_in_prose() {
        let server = server("  g: {type: redact, entities: [us_ssn]}");
        let cover = Cover::default();
        let json = r#"{"to":"ann@example.com","n":1, "card":"4111 1111 1111 1111"}"#;
        let covered = cover.cover(json, &server);
        assert_eq!(covered, r#"{"to":"[email]","n":1, "card":"[credit_card]"}"#);
        let prose = "data: write to ann@example.com\n\nid: 1";
        assert_eq!(
            cover.cover(prose, &server),
            "data: write to [email]\n\nid: 1"
        );
        assert_eq!(cover.cover("{\"a\": [", &server), "{\"a\": [");
    }

    #[test]
    fn what_the_guardrails_look_for_is_covered_too() {
        let custom = "  g: {type: redact, custom: {project: 'PRJ-[0-9]{4}'}}";
        let covered = Cover::default().cover(r#"["PRJ-1234"]"#, &server(custom));
        assert_eq!(covered, r#"["[project]"]"#);
    }

    #[test]
    fn what_a_guardrail_blocks_is_withheld() {
        let blocks = "  g: {type: redact, custom: {project: 'PRJ-[0-9]{4}'}, \
                      action: block}";
        let server = server(blocks);
        let cover = Cover::default();
        assert_eq!(cover.cover("about PRJ-1234", &server), WITHHELD);
        assert_eq!(cover.cover("about nothing", &server), "about nothing");
    }
}
