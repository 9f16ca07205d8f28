//! What is found and what is not, through the detector as others use it.

mod numbers;
mod properties;
mod texts;

use super::{Custom, DetectError, Detector, Entity, Selection};

fn detector(entities: &[Entity]) -> Detector {
    let selection = Selection {
        entities: entities.to_vec(),
        custom: Vec::new(),
    };
    Detector::new(&selection).unwrap()
}

/// What a detector finds in a text.
fn found(detector: &Detector, text: &str) -> Vec<String> {
    let matches = detector.find(text, None);
    let texts = matches.into_iter().map(|one| text.get(one.range).unwrap());
    texts.map(str::to_owned).collect()
}

/// Checks what one entity's detector finds: `[…]` marks it in the texts.
fn check(entity: Entity, texts: &[&str]) {
    let detector = detector(&[entity]);
    for marked in texts {
        let text = marked.replace(['[', ']'], "");
        let marks = marked.split('[').skip(1);
        let expected: Vec<_> = marks.map(|part| part.split(']').next().unwrap()).collect();
        assert_eq!(found(&detector, &text), expected, "{text}");
    }
}

#[test]
fn each_entity_finds_its_sample() {
    let all = detector(Entity::ALL);
    for entity in Entity::ALL {
        let sample = entity.sample();
        let alone = detector(&[*entity]);
        assert_eq!(found(&alone, &sample).len(), 1, "{entity:?}: {sample}");
        let names: Vec<_> = all
            .find(&sample, None)
            .iter()
            .map(|one| one.entity)
            .collect();
        assert_eq!(names, [entity.as_str()], "{sample}");
    }
}

#[test]
fn nothing_is_found_that_is_not_looked_for() {
    let none = detector(&[]);
    for entity in Entity::ALL {
        assert!(found(&none, &entity.sample()).is_empty(), "{entity:?}");
    }
}

#[test]
fn names_are_read_back() {
    for entity in Entity::ALL {
        assert_eq!(Entity::parse(entity.as_str()), Some(*entity));
    }
    assert_eq!(Entity::parse("Email"), None);
}

#[test]
fn the_longest_of_findings_that_overlap_stays() {
    let all = detector(&[
        Entity::Email,
        Entity::Phone,
        Entity::CreditCard,
        Entity::Iban,
    ]);
    let names = |text: &str| -> Vec<_> {
        let matches = all.find(text, None);
        matches
            .iter()
            .map(|one| (one.entity.to_owned(), one.range.clone()))
            .collect()
    };
    assert_eq!(
        names("+12025550143@mail.example"),
        [("email".to_owned(), 1..25)]
    );
    assert_eq!(
        names("IBAN GB82 WEST 1234 5698 7654 32"),
        [("iban".to_owned(), 5..32)]
    );
}

#[test]
fn a_key_says_what_a_number_is() {
    let phone = detector(&[Entity::Phone]);
    assert_eq!(phone.find("5551234567", Some("mobilePhone")).len(), 1);
    assert!(phone.find("5551234567", Some("order_id")).is_empty());
    assert!(phone.find("5551234567", None).is_empty());
}

fn custom(name: &str, regex: &str) -> Result<Detector, DetectError> {
    Detector::new(&Selection {
        entities: vec![Entity::Email],
        custom: vec![Custom {
            name: name.to_owned(),
            regex: regex.to_owned(),
        }],
    })
}

#[test]
fn custom_entities_are_found_under_their_names() {
    let detector = custom("staff_id", "EMP-[0-9]{6}").unwrap();
    let matches = detector.find("EMP-123456 is a@b.example", None);
    let names: Vec<_> = matches
        .iter()
        .map(|one| (one.entity, one.range.clone()))
        .collect();
    assert_eq!(names, [("staff_id", 0..10), ("email", 14..25)]);
}

#[test]
fn custom_entities_that_can_not_be_looked_for_are_named() {
    let error = |name: &str, regex: &str| custom(name, regex).unwrap_err();
    assert_eq!(error("", "a"), DetectError::NoName);
    assert_eq!(
        error("iban", "a"),
        DetectError::NameTaken("iban".to_owned())
    );
    assert_eq!(
        error("x", "a*"),
        DetectError::MatchesNothing("x".to_owned())
    );
    assert!(matches!(error("x", "("), DetectError::Regex { .. }));
    assert!(matches!(
        error("x", "(a{1000}){1000}"),
        DetectError::Regex { .. }
    ));
}
