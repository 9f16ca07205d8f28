//! What holds for any text.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Entity, detector, found};
use crate::detect::Detector;

static ALL: LazyLock<Detector> = LazyLock::new(|| detector(Entity::ALL));

/// Texts in which samples, digits, separators and characters of all lengths follow one another.
fn texts() -> impl Strategy<Value = String> {
    let sample = (0..Entity::ALL.len()).prop_map(|index| Entity::ALL[index].sample());
    let number = "[0-9A-F:.@/+() -]{0,24}";
    let word = "(phone|card|ssn|order|id|é|卡|\u{a0}|\u{2009}|\u{2011}|x| |\"|-){0,3}";
    let part = prop_oneof![sample, number, word, any::<String>()];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn matches_are_ordered_apart_and_in_the_text(text in texts(), key in "[a-zA-Z_é]{0,12}") {
        let mut end = 0;
        for one in ALL.find(&text, Some(&key)) {
            prop_assert!(one.range.start >= end && !one.range.is_empty());
            prop_assert!(text.get(one.range.clone()).is_some(), "{:?}", one.range);
            end = one.range.end;
        }
    }

    #[test]
    fn a_second_look_finds_the_same(text in texts()) {
        prop_assert_eq!(ALL.find(&text, None), ALL.find(&text, None));
    }

    #[test]
    fn where_an_address_was_none_is_left(text in "([a-c1@.:-]|a@b.ca|00:00:5e:00:53:af| ){0,24}") {
        for entity in [Entity::Email, Entity::MacAddress] {
            let alone = detector(&[entity]);
            let mut left = text.clone();
            for one in alone.find(&text, None).iter().rev() {
                left.replace_range(one.range.clone(), "[x]");
            }
            prop_assert!(found(&alone, &left).is_empty(), "{text} {left}");
        }
    }
}
