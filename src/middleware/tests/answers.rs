use super::*;

use super::super::answer::judge;
use proto::Finding;

fn said(answer: CheckResponse) -> Result<Judgement, String> {
    let external = Arc::new(grpc("unix:/nowhere"));
    judge(&ask(&external), answer).map_err(|trouble| trouble.to_string())
}

fn changes(payload: &str) -> CheckResponse {
    CheckResponse {
        payload_json: Some(payload.to_owned()),
        ..allows()
    }
}

#[test]
fn what_makes_no_sense_is_no_answer() {
    let decides = |decision: i32| CheckResponse {
        decision,
        ..allows()
    };
    for (answer, expected) in [
        (CheckResponse::default(), "its answer has no decision"),
        (decides(3), "its answer has no decision"),
        (decides(-1), "its answer has no decision"),
        (changes(""), "its payload is not strict JSON"),
        (changes("{} {}"), "its payload is not strict JSON"),
        (
            changes(r#"{"a":1,"a":2}"#),
            "its payload is not strict JSON",
        ),
        (
            changes(r#"{"a":"\ud83d"}"#),
            "its payload is not strict JSON",
        ),
        (
            changes("[1]"),
            "its payload is not an object, as what was sent",
        ),
        (
            changes("null"),
            "its payload is not an object, as what was sent",
        ),
        (
            changes(r#""{}""#),
            "its payload is not an object, as what was sent",
        ),
    ] {
        assert_eq!(said(answer.clone()).unwrap_err(), expected, "{answer:?}");
    }
    assert_eq!(
        said(changes(" {}\n")).unwrap().payload.as_deref(),
        Some(" {}\n")
    );
}

#[test]
fn a_block_stays_one_whatever_else_is_wrong() {
    let judgement = said(CheckResponse {
        decision: Decision::Block.into(),
        message: "é".repeat(4096),
        payload_json: Some("nonsense".to_owned()),
        findings: vec![Finding::default(); 1000],
    });
    let judgement = judgement.unwrap();
    assert!(!judgement.allowed);
    assert_eq!(judgement.message.unwrap().len(), 4096);
    assert_eq!(judgement.payload, None);
    assert_eq!(judgement.findings.len(), 100);
}

#[test]
fn findings_are_names_and_paths() {
    let found = |rule: &str, path: &str, entity: &str| {
        let finding = Finding {
            rule: rule.to_owned(),
            path: path.to_owned(),
            entity: entity.to_owned(),
        };
        let judgement = said(CheckResponse {
            findings: vec![finding],
            ..allows()
        });
        let found = judgement.unwrap().findings.remove(0);
        (found.rule, found.path, found.entity)
    };
    let whole = |rule: &str, path: &str, entity: Option<&str>| {
        (rule.to_owned(), path.to_owned(), entity.map(str::to_owned))
    };
    let long = "a".repeat(129);
    let long_path = format!("$.{}", "a".repeat(511));
    for (rule, path, entity, expected) in [
        (
            "pii.email",
            "$.a['b'][0]",
            "email",
            whole("pii.email", "$.a['b'][0]", Some("email")),
        ),
        ("", "", "", whole("unnamed", "$", None)),
        ("two words", "a.b", "a\nb", whole("unnamed", "$", None)),
        (
            "alice@example.com",
            "$.a\n",
            "+1 555",
            whole("unnamed", "$", None),
        ),
        (&long, &long_path, &long, whole("unnamed", "$", None)),
    ] {
        assert_eq!(found(rule, path, entity), expected);
    }
}
