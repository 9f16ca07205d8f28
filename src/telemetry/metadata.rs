//! What Envoy is told of an exchange, for its own logs, metrics, rate limits and RBAC: fields of dynamic
//! metadata, of the request when it has been decided about, of the response when it is known what
//! became of it.
//!
//! A field that does not apply is not there. None holds arguments, results, credentials or the name of
//! a person. What clients choose (a tool, a prompt, a resource) is cut as it is for the log.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::record::{Message, Outcome, Record, Verdict};
use crate::exchange::{Occurrence, Outcome as GuardOutcome};
use crate::guardrail::Strategy;
use crate::policy::{Caller, TargetKind};
use crate::trace;

/// The names of all fields.
pub const FIELDS: &[&str] = &[
    "agent",
    "decision",
    "entities",
    "findings",
    "guardrails",
    "kind",
    "messages",
    "method",
    "outcome",
    "prompt",
    "reason",
    "resource",
    "rule",
    "server",
    "session",
    "skill",
    "subject",
    "tool",
    "trace_id",
    "virtual_server",
];

/// What stands for the method of several messages in one body. Of those no field names a tool.
const BATCH: &str = "batch";

/// How many words of a kind are told of guardrails: those of a service elsewhere are its own.
const MAX_WORDS: usize = 16;

/// The fields, with names that stay.
#[derive(Debug, Default, PartialEq)]
pub struct Metadata<'r>(pub Vec<(&'static str, Field<'r>)>);

/// The value of a field.
#[derive(Debug, PartialEq)]
pub enum Field<'r> {
    /// A text.
    Text(Cow<'r, str>),
    /// How many there are.
    Count(usize),
    /// Several texts.
    Words(Vec<&'r str>),
}

/// A name for who calls by which nobody is named: the first 16 hexadecimal digits of the SHA-256 of the
/// issuer, a zero byte, and the subject. `None` if it is not known who calls.
#[must_use]
pub fn subject_digest(caller: &Caller) -> Option<String> {
    let (issuer, subject) = caller.subject()?;
    let mut digest = Sha256::new();
    digest.update(issuer);
    digest.update([0]);
    digest.update(subject);
    let digest = digest.finalize();
    digest.first_chunk::<8>().map(|digest| trace::text(digest))
}

impl<'r> Metadata<'r> {
    /// What is known of a request that has been decided about.
    pub(super) fn request(record: &'r Record, found: &'r Found) -> Self {
        let mut fields = Self::default();
        let server = record.virtual_server.as_deref();
        fields.text("virtual_server", server.map(|it| it.name()));
        fields.text("server", server.map(|it| it.server()));
        match record.messages.as_slice() {
            [message] => fields.asked(record, message),
            [] => {}
            [_, _, ..] => {
                fields.text("method", Some(BATCH));
                fields.count("messages", record.messages.len());
            }
        }
        let caller = record.caller.as_deref();
        fields.text("subject", caller.and_then(subject_digest));
        fields.text("agent", caller.and_then(Caller::agent));
        fields.text("session", record.session.as_deref());
        fields.decision(record);
        fields.text("rule", rule(record));
        fields.found(found);
        fields.text("outcome", outcome(record).map(Outcome::as_str));
        fields
    }

    /// What has become of it: in the place of fields of the same names that were told before.
    pub(super) fn response(record: &'r Record, found: &'r Found) -> Self {
        let mut fields = Self::default();
        if record.messages.iter().any(|it| it.withheld.is_some()) {
            fields.decision(record);
        }
        fields.text("session", record.session.as_deref());
        fields.found(found);
        fields.text("outcome", outcome(record).map(Outcome::as_str));
        fields
    }

    fn asked(&mut self, record: &'r Record, message: &'r Message) {
        let asked = &message.asked;
        self.text("method", asked.method);
        if let (Some(kind), Some(target)) = (asked.kind, &asked.target) {
            self.text("kind", Some(kind.as_str()));
            self.text(key(kind), Some(target.as_str()));
        }
        let place = record.place(message).map(|place| place.trace_id);
        let trace_id = place.or_else(|| Some(asked.trace.as_ref()?.trace_id));
        self.text("trace_id", trace_id.map(|id| trace::text(&id)));
    }

    fn decision(&mut self, record: &'r Record) {
        let refused = record.messages.iter().find_map(Message::refused);
        let decision = match refused {
            Some(_) => "deny",
            None if record.messages.is_empty() => "answer",
            None => "allow",
        };
        self.text("decision", Some(decision));
        self.text("reason", refused.map(|refused| refused.reason.as_str()));
    }

    fn found(&mut self, found: &'r Found) {
        if found.findings > 0 {
            self.count("findings", found.findings);
        }
        self.words("entities", &found.entities);
        self.words("guardrails", &found.guardrails);
    }

    fn text<T: Into<Cow<'r, str>>>(&mut self, name: &'static str, text: Option<T>) {
        if let Some(text) = text {
            self.0.push((name, Field::Text(text.into())));
        }
    }

    fn count(&mut self, name: &'static str, count: usize) {
        self.0.push((name, Field::Count(count)));
    }

    fn words(&mut self, name: &'static str, words: &'r BTreeSet<String>) {
        if !words.is_empty() {
            let words = words.iter().map(String::as_str).collect();
            self.0.push((name, Field::Words(words)));
        }
    }
}

/// The field that holds the name of a thing of this kind.
const fn key(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Tool => "tool",
        TargetKind::Prompt => "prompt",
        TargetKind::Resource | TargetKind::ResourceTemplate => "resource",
        TargetKind::Skill => "skill",
    }
}

/// The line of the manifest that decided: of several messages, about the one that is refused.
fn rule(record: &Record) -> Option<&str> {
    let refused = |message: &&Message| matches!(message.verdict, Verdict::Refused(_));
    let message = record.messages.iter().find(refused);
    let message = message.or_else(|| record.messages.first())?;
    Some(message.rule()?.as_str())
}

/// What became of the messages: of the first with which it did not go well. Nothing while all of them
/// are under way.
fn outcome(record: &Record) -> Option<Outcome> {
    let outcomes = record.messages.iter().map(|it| record.outcome(it));
    let mut known = outcomes.filter(|it| *it != Outcome::Cancelled);
    let first = known.next()?;
    match first {
        Outcome::Ok => known.find(|it| *it != Outcome::Ok).or(Some(first)),
        Outcome::ToolError | Outcome::RpcError | Outcome::HttpError | Outcome::Cancelled => {
            Some(first)
        }
    }
}

/// What guardrails have found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    findings: usize,
    entities: BTreeSet<String>,
    /// Those that changed something, blocked it, or could not tell.
    guardrails: BTreeSet<String>,
}

impl Found {
    /// Learns what happened.
    pub(super) fn learn(&mut self, occurrence: &Occurrence) {
        let Occurrence::Guarded {
            guardrail,
            strategy,
            outcome,
            findings,
            ..
        } = occurrence
        else {
            return;
        };
        self.findings += findings.len();
        let entities = findings.iter().filter_map(|it| it.entity.as_deref());
        entities.for_each(|entity| add(&mut self.entities, entity));
        // One that audits says what it would have done.
        if *strategy != Strategy::Audit && *outcome != GuardOutcome::Passed {
            add(&mut self.guardrails, guardrail);
        }
    }
}

fn add(words: &mut BTreeSet<String>, word: &str) {
    if words.len() < MAX_WORDS && !words.contains(word) {
        words.insert(word.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::exchange::{Answer, Asked};
    use crate::guardrail::{Action, Finding, Phase};
    use crate::policy::{ClaimNames, Reason, RuleId};
    use crate::telemetry::Refused;

    fn message(tool: &str, verdict: Verdict) -> Message {
        Message {
            asked: Arc::new(Asked {
                method: Some("tools/call"),
                kind: Some(TargetKind::Tool),
                target: Some(tool.to_owned()),
                ..Asked::default()
            }),
            verdict,
            answer: None,
            withheld: None,
        }
    }

    fn allowed(tool: &str) -> Message {
        let rule = Some(RuleId::new("allows"));
        message(tool, Verdict::Allowed { rule })
    }

    fn refused() -> Refused {
        Refused {
            reason: Reason::ToolNotEnabled,
            status: 200,
            answer: Answer::Error { code: None },
            detail: "".into(),
            rule: Some(RuleId::new("refuses")),
        }
    }

    fn record(messages: Vec<Message>) -> Record {
        Record {
            messages,
            ..Record::default()
        }
    }

    fn caller(issuer: &str, subject: &str) -> Caller {
        let claims = json!({"iss": issuer, "sub": subject, "azp": "bot"});
        let claims = claims.as_object().unwrap().clone();
        Caller::of(claims, &ClaimNames::default()).unwrap()
    }

    fn shown(metadata: Metadata<'_>) -> String {
        for (name, _) in &metadata.0 {
            assert!(FIELDS.contains(name), "{name}");
        }
        let fields = metadata.0.into_iter().map(|(name, field)| match field {
            Field::Text(text) => format!("{name}={text}"),
            Field::Count(count) => format!("{name}={count}"),
            Field::Words(words) => format!("{name}={words:?}"),
        });
        fields.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_subject_has_a_digest_that_its_issuer_is_part_of() {
        // printf '%s\0%s' https://idp.example.com alice | sha256sum | cut -c 1-16
        let alice = caller("https://idp.example.com", "alice");
        let digest = subject_digest(&alice).unwrap();
        assert_eq!(digest, "c626ab4ae6855405");
        for (issuer, subject) in [
            ("https://idp.example.com", "bob"),
            ("https://other.example.com", "alice"),
            ("https://idp.example.coma", "lice"),
        ] {
            assert_ne!(subject_digest(&caller(issuer, subject)).unwrap(), digest);
        }
        assert_eq!(subject_digest(&Caller::anonymous()), None);
    }

    #[test]
    fn a_request_is_told_as_it_was_decided() {
        let found = Found::default();
        let one = record(vec![allowed("a")]);
        assert_eq!(
            shown(Metadata::request(&one, &found)),
            "method=tools/call kind=tool tool=a decision=allow rule=allows"
        );
        let denied = record(vec![message("a", Verdict::Refused(refused()))]);
        assert_eq!(
            shown(Metadata::request(&denied, &found)),
            "method=tools/call kind=tool tool=a decision=deny reason=tool_not_enabled rule=refuses \
             outcome=rpc_error"
        );
        let several = record(vec![
            allowed("a"),
            message("b", Verdict::Refused(refused())),
        ]);
        assert_eq!(
            shown(Metadata::request(&several, &found)),
            "method=batch messages=2 decision=deny reason=tool_not_enabled rule=refuses \
             outcome=rpc_error"
        );
        let mut nothing = record(Vec::new());
        nothing.caller = Some(Arc::new(caller("i", "s")));
        let told = shown(Metadata::request(&nothing, &found));
        assert!(told.ends_with("agent=bot decision=answer"), "{told}");
    }

    #[test]
    fn a_response_is_told_by_what_became_of_it() {
        let found = Found::default();
        let mut answered = record(vec![allowed("a"), allowed("b")]);
        answered.messages[0].answer = Some(Answer::Result);
        answered.messages[1].answer = Some(Answer::ToolError);
        assert_eq!(
            shown(Metadata::response(&answered, &found)),
            "outcome=tool_error"
        );
        let mut under_way = record(vec![allowed("a"), allowed("b")]);
        assert_eq!(shown(Metadata::response(&under_way, &found)), "");
        under_way.messages[1].answer = Some(Answer::Result);
        assert_eq!(shown(Metadata::response(&under_way, &found)), "outcome=ok");
        let mut withheld = record(vec![allowed("a")]);
        withheld.messages[0].withheld = Some(refused());
        assert_eq!(
            shown(Metadata::response(&withheld, &found)),
            "decision=deny reason=tool_not_enabled outcome=rpc_error"
        );
    }

    #[test]
    fn of_guardrails_so_many_words_are_told_and_no_more() {
        let mut found = Found::default();
        let looks = |name: String, strategy, outcome| Occurrence::Guarded {
            guardrail: name.as_str().into(),
            phase: Phase::Result,
            strategy,
            outcome,
            target: None,
            findings: vec![Finding {
                rule: "r".into(),
                path: "$".to_owned(),
                entity: Some(format!("entity of {name}")),
                action: Action::Redact,
            }],
            began: Duration::ZERO,
            took: Duration::ZERO,
        };
        found.learn(&looks(
            "audits".to_owned(),
            Strategy::Audit,
            GuardOutcome::Blocked,
        ));
        found.learn(&looks(
            "passes".to_owned(),
            Strategy::Enforce,
            GuardOutcome::Passed,
        ));
        assert_eq!(
            shown(Metadata::response(&record(Vec::new()), &found)),
            r#"findings=2 entities=["entity of audits", "entity of passes"]"#
        );
        for index in 0..100 {
            let name = format!("changes {index}");
            found.learn(&looks(name, Strategy::Enforce, GuardOutcome::Changed));
        }
        assert_eq!(found.findings, 102);
        assert_eq!(found.entities.len(), MAX_WORDS);
        assert_eq!(found.guardrails.len(), MAX_WORDS);
        assert!(!found.guardrails.contains("audits"));
    }
}
