//! What is found and what is not, through the detector as others use it.

use super::{Custom, DetectError, Detector, Entity, Selection};

fn detector(entities: &[Entity]) -> Detector {
    let selection = Selection {
        entities: entities.to_vec(),
        custom: Vec::new(),
    };
    Detector::new(&selection).unwrap()
}

/// What a detector of one entity finds in a text.
fn found(detector: &Detector, text: &str) -> Vec<String> {
    let matches = detector.find(text, None);
    matches
        .into_iter()
        .map(|one| text.get(one.range).unwrap().to_owned())
        .collect()
}

#[test]
fn each_entity_finds_its_sample() {
    for entity in Entity::ALL {
        let sample = entity.sample();
        let alone = detector(&[*entity]);
        let matches = alone.find(&sample, None);
        assert_eq!(matches.len(), 1, "{entity:?}: {sample}");
        let all = detector(Entity::ALL);
        let names: Vec<_> = all
            .find(&sample, None)
            .into_iter()
            .map(|one| one.entity)
            .collect();
        assert_eq!(names, [entity.as_str()], "{sample}");
    }
}

#[test]
fn names_are_read_back() {
    for entity in Entity::ALL {
        assert_eq!(Entity::parse(entity.as_str()), Some(*entity));
    }
    assert_eq!(Entity::parse("Email"), None);
}

/// Checks what one entity's detector finds: `[…]` marks it in the texts.
fn check(entity: Entity, texts: &[&str]) {
    let detector = detector(&[entity]);
    for marked in texts {
        let text = marked.replace(['[', ']'], "");
        let expected: Vec<_> = marked
            .split('[')
            .skip(1)
            .map(|part| part.split(']').next().unwrap())
            .collect();
        assert_eq!(found(&detector, &text), expected, "{text}");
    }
}

#[test]
fn cards() {
    check(
        Entity::CreditCard,
        &[
            "[4111111111111111]",
            "pay with [4111 1111 1111 1111] 12/29 123",
            "[5555-5555-5555-4444], [378282246310005] and [3782 822463 10005]",
            "[4111\u{a0}1111\u{a0}1111\u{a0}1111]",
            "card: [630427373398]",
            "630427373398",
            "4111 1111 1111 1112",
            "order 4111111111111111",
            "1234 4111 1111 1111 1111 1234",
            "a4111111111111111, 4111111111111111b, 0.4111111111111111",
            "0000 0000 0000 0000",
            "9111 1111 1111 1110",
        ],
    );
}

#[test]
fn custom_entities_have_names_of_their_own() {
    let custom = |name: &str, regex: &str| Selection {
        entities: vec![Entity::Email],
        custom: vec![Custom {
            name: name.to_owned(),
            regex: regex.to_owned(),
        }],
    };
    let detector = Detector::new(&custom("staff_id", "EMP-[0-9]{6}")).unwrap();
    let matches = detector.find("EMP-123456 is a@b.example", None);
    let names: Vec<_> = matches
        .iter()
        .map(|one| (one.entity, one.range.clone()))
        .collect();
    assert_eq!(names, [("staff_id", 0..10), ("email", 14..25)]);
    assert_eq!(
        Detector::new(&custom("", "a")).unwrap_err(),
        DetectError::NoName
    );
    assert_eq!(
        Detector::new(&custom("iban", "a")).unwrap_err(),
        DetectError::NameTaken("iban".to_owned())
    );
    assert_eq!(
        Detector::new(&custom("x", "a*")).unwrap_err(),
        DetectError::MatchesNothing("x".to_owned())
    );
    assert!(matches!(
        Detector::new(&custom("x", "(")).unwrap_err(),
        DetectError::Regex { .. }
    ));
}
