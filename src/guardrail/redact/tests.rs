use std::collections::HashMap;

use proptest::prelude::*;

use super::super::{Operation, Part, Phase};
use super::*;
use crate::detect::Custom;
use crate::json::{Document, Limits, quoted};
use crate::seal::{KEY_BYTES, Keys, Safe};

const CARD: &str = "4111 1111 1111 1111";

#[derive(Debug)]
struct TestVault(Safe);

impl TestVault {
    fn of(subject: &str) -> Self {
        let keys = Keys::new([[7; KEY_BYTES]]).unwrap();
        Self(keys.safe(&[subject]).unwrap())
    }
}

impl Vault for TestVault {
    fn hide(&self, value: &str) -> Option<String> {
        token::write(&self.0.hide(value)?)
    }

    fn reveal(&self, token: &str) -> Option<String> {
        self.0.reveal(&token::read(token)?)
    }

    fn digest(&self, value: &str) -> String {
        self.0.digest(value)
    }
}

/// What becomes of a document, and what is said of it.
fn redacted(redact: &Redact, source: &str, vault: Option<&TestVault>) -> (String, Report) {
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let parts = [Part::whole(document.root())];
    let input = input(&parts, vault);
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    redact.inspect(&input, &mut splice, &mut report);
    (splice.finish(), report)
}

fn restored(source: &str, vault: &TestVault) -> (String, Report) {
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let parts = [Part::whole(document.root())];
    let input = input(&parts, Some(vault));
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    restore(&input, &mut splice, &mut report);
    (splice.finish(), report)
}

fn input<'i, 'd>(parts: &'i [Part<'d>], vault: Option<&'i TestVault>) -> Input<'i, 'd> {
    Input {
        vault: vault.map(|vault| vault as &dyn Vault),
        ..Input::new(Phase::Result, Operation::Mutate, parts)
    }
}

fn usual(action: Treatment) -> Redact {
    Redact::new(Redacting {
        usual: action,
        ..Redacting::default()
    })
    .unwrap()
}

#[test]
fn what_is_found_is_replaced_wherever_it_is() {
    let redact = usual(Treatment::Redact);
    for (source, expected) in [
        (r#"{"a":"ok"}"#, r#"{"a":"ok"}"#),
        (
            r#"{"a":"pay 4111 1111 1111 1111 now"}"#,
            r#"{"a":"pay [credit_card] now"}"#,
        ),
        (
            r#"{"card":4111111111111111}"#,
            r#"{"card":"[credit_card]"}"#,
        ),
        (r#"{"ada@example.com":1}"#, r#"{"[email]":1}"#),
        (
            r#"{"a":"{\"to\":\"ada@example.com\"}"}"#,
            r#"{"a":"{\"to\":\"[email]\"}"}"#,
        ),
        (
            r#"["ada@example.com, bob@example.com"]"#,
            r#"["[email], [email]"]"#,
        ),
    ] {
        let (text, report) = redacted(&redact, source, None);
        assert_eq!(text, expected, "{source}");
        assert_eq!(report.is_clean(), source == expected);
        assert!(!report.is_blocked());
        assert_eq!(redacted(&redact, &text, None).0, text, "and stays so");
    }
}

#[test]
fn what_readers_do_not_see_hides_nothing() {
    let redact = usual(Treatment::Redact);
    for (text, expected) in [
        ("SSN 123-45-\u{200b}6789.", "SSN [us_ssn]."),
        ("SSN 123\u{ad}-45-6789", "SSN [us_ssn]"),
        ("to ann<!-- x -->@example.com!", "to [email]!"),
        ("pay 4111\u{1b}[0m 1111 1111 1111", "pay [credit_card]"),
        ("pay 4111 1111\u{202e} 1111 1111", "pay [credit_card]"),
        ("a\u{200b}123-45-6789", "a\u{200b}[us_ssn]"),
        ("SSN:\\n123-45-6789\\n", "SSN:\\n[us_ssn]\\n"),
        (
            r#"Here: {"to":"ann\u0040example.com"}"#,
            r#"Here: {"to":"[email]"}"#,
        ),
        (r#"SSN:\\n123-45-\u200b6789"#, r#"SSN:\\n[us_ssn]"#),
    ] {
        let (edited, report) = redacted(&redact, &quoted(text), None);
        assert_eq!(edited, quoted(expected), "{text:?}");
        assert_eq!(report.findings().len(), 1, "{text:?}");
    }
}

#[test]
fn each_entity_is_treated_in_its_way() {
    let vault = TestVault::of("ada");
    for (value, action, expected) in [
        (CARD, Treatment::Partial, "**** **** **** 1111"),
        ("ada.l@example.com", Treatment::Partial, "a[…]@example.com"),
        (
            "GB82 WEST 1234 5698 7654 32",
            Treatment::Partial,
            "GB** **** **** **** **54 32",
        ),
        ("+1 415 555 2671", Treatment::Partial, "+* *** *** *671"),
        ("203.0.113.77", Treatment::Partial, "203.0.*"),
        ("2001:db8::8a2e:370:7334", Treatment::Partial, "2001:db8:*"),
        (CARD, Treatment::Redact, "[credit_card]"),
        (CARD, Treatment::Block, "[credit_card]"),
    ] {
        let (text, report) = redacted(
            &usual(action),
            &quoted(&format!("is {value}")),
            Some(&vault),
        );
        assert_eq!(
            text,
            quoted(&format!("is {expected}")),
            "{value} {action:?}"
        );
        assert_eq!(report.findings()[0].action, action.action());
        assert_eq!(report.is_blocked(), action == Treatment::Block);
        assert!(!format!("{report:?}").contains(value), "it tells a value");
    }
}

#[test]
fn digests_are_the_same_for_the_same_value_and_caller() {
    let hash = usual(Treatment::Hash);
    let source = r#"["ada@example.com","ada@example.com","bob@example.com"]"#;
    let (text, _) = redacted(&hash, source, Some(&TestVault::of("ada")));
    let texts: Vec<_> = text.split('"').filter(|text| text.len() > 1).collect();
    assert!(texts[0].starts_with("[email:") && texts[0].len() == "[email:]".len() + 16);
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
    let (other, _) = redacted(&hash, source, Some(&TestVault::of("bob")));
    assert_ne!(text, other);
}

#[test]
fn without_keys_nothing_is_told() {
    for action in [Treatment::Hash, Treatment::Tokenize] {
        let (text, report) = redacted(&usual(action), r#"["ada@example.com"]"#, None);
        assert_eq!(text, r#"["[email]"]"#);
        assert_eq!(report.findings()[0].action, Action::Redact);
    }
    let long = format!("{}@example.com", "a".repeat(60));
    let (text, _) = redacted(
        &usual(Treatment::Tokenize),
        &quoted(&long),
        Some(&TestVault::of("ada")),
    );
    assert!(text.starts_with("\"tok_"));
}

#[test]
fn tokens_turn_back_for_their_caller_only() {
    let (ada, bob) = (TestVault::of("ada"), TestVault::of("bob"));
    let tokenize = usual(Treatment::Tokenize);
    assert!(tokenize.tokenizes());
    let source =
        r#"{"a":"mail ada@example.com!","n":4111111111111111,"j":"{\"x\":\"ada@example.com\"}"}"#;
    let (hidden, _) = redacted(&tokenize, source, Some(&ada));
    assert!(
        !hidden.contains("example") && !hidden.contains("4111"),
        "{hidden}"
    );
    assert_eq!(
        redacted(&tokenize, &hidden, Some(&ada)).0,
        hidden,
        "it is not hidden twice"
    );
    let back = source.replace("4111111111111111", "\"4111111111111111\"");
    let (text, report) = restored(&hidden, &ada);
    assert_eq!(text, back);
    assert_eq!(report.findings().len(), 3);
    let (text, report) = restored(&hidden, &bob);
    assert_eq!(text, hidden);
    assert!(report.is_clean());

    let token = ada.hide("ad\"a@example.com").unwrap();
    let glued = quoted(&format!("x{token}y-{token}_z"));
    assert_eq!(
        restored(&glued, &ada).0,
        quoted("xad\"a@example.comy-ad\"a@example.com_z")
    );
    let forged = quoted(&token.replace('A', "B"));
    assert_eq!(restored(&forged, &ada).0, forged);
}

#[test]
fn what_a_made_up_token_hides_is_found() {
    let vault = TestVault::of("ada");
    let source = quoted("tok_AQAA ada@example.com");
    let (text, _) = redacted(&usual(Treatment::Tokenize), &source, Some(&vault));
    assert!(!text.contains("ada@"), "{text}");
}

#[test]
fn what_stands_beside_a_token_is_found() {
    let vault = TestVault::of("ada");
    let token = vault.hide("x").unwrap();
    let password = "kT9$vQ2mXz7w";
    let source = format!(r#"{{"password":"{password}{token}"}}"#);
    let (text, _) = redacted(&usual(Treatment::Redact), &source, Some(&vault));
    assert!(!text.contains(password) && text.contains(&token), "{text}");
}

#[test]
fn removal_takes_the_member_if_nothing_else_is_in_it() {
    let remove = usual(Treatment::Remove);
    let source = r#"{"a":"ada@example.com","b":["x","ada@example.com"],"c":"to ada@example.com!"}"#;
    let (text, _) = redacted(&remove, source, None);
    assert_eq!(text, r#"{"b":["x"],"c":"to !"}"#);
}

#[test]
fn what_is_allowed_stays() {
    let redact = Redact::new(Redacting {
        allowed: vec!["Support@example.com".to_owned()],
        allowed_patterns: vec![Regex::new("^(?:.*@example\\.org)$").unwrap()],
        ..Redacting::default()
    })
    .unwrap();
    let source = r#"["support@Example.com","bob@example.org","ada@example.com"]"#;
    let (text, report) = redacted(&redact, source, None);
    assert_eq!(
        text,
        r#"["support@Example.com","bob@example.org","[email]"]"#
    );
    assert_eq!(report.findings().len(), 1);
}

#[test]
fn some_entities_are_treated_otherwise_and_many_are_too_many() {
    let redact = Redact::new(Redacting {
        selection: Selection {
            entities: vec![Entity::Email, Entity::CreditCard],
            custom: vec![Custom {
                name: "employee".to_owned(),
                regex: "E-[0-9]{3}".to_owned(),
            }],
        },
        with: "<{entity}>".to_owned(),
        treatments: HashMap::from([("credit_card".to_owned(), Treatment::Partial)]),
        most: Some(4),
        ..Redacting::default()
    })
    .unwrap();
    let source = r#"["4111111111111111","ada@example.com","E-123"]"#;
    let (text, report) = redacted(&redact, source, None);
    assert_eq!(text, r#"["************1111","<email>","<employee>"]"#);
    let rules: Vec<_> = report.findings().iter().map(|one| &*one.rule).collect();
    assert_eq!(rules, ["credit_card", "email", "employee"]);
    assert!(!report.is_blocked());
    let (_, report) = redacted(&redact, r#"["E-123 E-124 E-125 E-126"]"#, None);
    assert!(report.is_blocked());
}

#[test]
fn it_catches_its_samples_and_knows_its_words() {
    assert_eq!(usual(Treatment::Redact).self_test(), Ok(()));
    for treatment in Treatment::ALL {
        assert_eq!(Treatment::parse(treatment.as_str()), Some(*treatment));
    }
    assert_eq!(Treatment::parse("mask"), None);
}

proptest! {
    /// Whatever is around it, a value is not there afterwards, and comes back from tokens.
    #[test]
    fn no_value_is_left(before in "[ a-z{\"\\\\é]{0,12} ", after in " [ a-z}\"\\\\é]{0,12}") {
        let vault = TestVault::of("ada");
        let text = format!("{before}ada@example.com{after}");
        let source = format!(r#"{{"k":{}}}"#, quoted(&text));
        for action in [Treatment::Redact, Treatment::Partial, Treatment::Hash, Treatment::Remove] {
            let (redacted, _) = redacted(&usual(action), &source, Some(&vault));
            prop_assert!(!redacted.contains("ada@example.com"), "{redacted}");
        }
        let (hidden, _) = redacted(&usual(Treatment::Tokenize), &source, Some(&vault));
        prop_assert!(!hidden.contains("ada@example.com"), "{hidden}");
        prop_assert_eq!(restored(&hidden, &vault).0, source);
    }
}
