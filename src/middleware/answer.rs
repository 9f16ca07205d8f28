//! Answers of external guardrails, checked. What makes no sense is no answer; a block stays one,
//! whatever else is wrong with it.

use super::proto::{CheckResponse, Decision, Finding, LONGEST};
use super::trouble::Trouble;
use crate::exchange::{GuardrailAsk, JudgedFinding, Judgement};
use crate::guardrail::Operation;
use crate::json::{Document, Limits};

/// The longest message for the model, in bytes.
const MESSAGE: usize = 4096;

/// How many findings are kept.
const FINDINGS: usize = 100;

/// The longest name of a rule or an entity, in bytes.
const NAME: usize = 128;

/// The longest path, in bytes.
const PATH: usize = 512;

/// The judgement that an answer to `ask` is.
///
/// # Errors
///
/// It makes no sense.
pub(super) fn judge(ask: &GuardrailAsk, answer: CheckResponse) -> Result<Judgement, Trouble> {
    let allowed = match Decision::try_from(answer.decision) {
        Ok(Decision::Allow) => true,
        Ok(Decision::Block) => false,
        Ok(Decision::Unspecified) | Err(_) => {
            return Err(Trouble::Nonsense("its answer has no decision"));
        }
    };
    let payload = match answer.payload_json {
        Some(payload) if allowed && ask.operation == Operation::Mutate => {
            of_the_same_kind(&ask.payload, &payload)?;
            Some(payload)
        }
        _ => None,
    };
    Ok(Judgement {
        allowed,
        message: message(answer.message),
        payload,
        findings: answer
            .findings
            .into_iter()
            .take(FINDINGS)
            .map(finding)
            .collect(),
    })
}

fn of_the_same_kind(sent: &str, came: &str) -> Result<(), Trouble> {
    if came.len() > LONGEST {
        return Err(Trouble::Nonsense("its payload is longer than 16 MiB"));
    }
    // The exchange reads it again, as the manifest says.
    let limits = Limits {
        depth: 128,
        number_digits: 1024,
        ..Limits::default()
    };
    let came = Document::parse(came.as_bytes(), &limits)
        .map_err(|_| Trouble::Nonsense("its payload is not strict JSON"))?;
    // What was sent has been read already: an array, an object or neither shows in its first byte.
    match sent.trim_start().starts_with('{') == came.root().is_object() {
        true => Ok(()),
        false => Err(Trouble::Nonsense(
            "its payload is not an object, as what was sent",
        )),
    }
}

fn message(mut text: String) -> Option<String> {
    text.truncate(text.floor_char_boundary(MESSAGE));
    (!text.is_empty()).then_some(text)
}

/// A finding, with nothing in it that could be a value or another line of a log.
fn finding(finding: Finding) -> JudgedFinding {
    let named = |name: String| is_name(&name).then_some(name);
    JudgedFinding {
        rule: named(finding.rule).unwrap_or_else(|| "unnamed".to_owned()),
        path: match is_path(&finding.path) {
            true => finding.path,
            false => "$".to_owned(),
        },
        entity: named(finding.entity),
    }
}

fn is_name(name: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    (1..=NAME).contains(&name.len()) && name.bytes().all(part)
}

fn is_path(path: &str) -> bool {
    path.starts_with('$') && path.len() <= PATH && !path.chars().any(char::is_control)
}
