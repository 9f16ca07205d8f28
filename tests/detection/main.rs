//! What the detector must find in JSON, and what it must leave alone.
//!
//! None of these texts comes from a data set. `cargo bench --bench detection` scores those.

#![expect(
    clippy::expect_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod finds;
mod make;
mod nations;
mod people;
mod secrets;

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice::detect::{Detector, Entity, Selection};

use finds::detector;

/// Texts that look like an entity and are none, an object a line.
const HARD_NEGATIVES: &str = include_str!("hard_negatives.jsonl");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HardNegative {
    kind: String,
    /// The JSON key that the text stands under.
    key: Option<String>,
    text: String,
}

fn hard_negatives() -> Vec<HardNegative> {
    let read = |line| serde_json::from_str(line).expect("a line of the hard negatives");
    HARD_NEGATIVES.lines().map(read).collect()
}

/// Texts in which there is something to find.
fn positives() -> impl Iterator<Item = String> {
    let texts = [people::texts(), nations::texts(), secrets::texts()];
    texts.into_iter().flatten()
}

#[test]
fn nothing_is_found_in_the_hard_negatives() {
    let detector = detector();
    let mut offenders = Vec::new();
    for HardNegative { kind, key, text } in hard_negatives() {
        for found in detector.find(&text, key.as_deref()) {
            offenders.push(format!(
                "{kind}: {} ({}) `{}` in {text:?}",
                found.entity,
                found.rule,
                &text[found.range.clone()]
            ));
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

#[test]
fn the_hard_negatives_are_many_and_of_many_kinds() {
    let negatives = hard_negatives();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for negative in &negatives {
        *kinds.entry(&negative.kind).or_default() += 1;
    }
    assert!(negatives.len() >= 1000, "{}", negatives.len());
    assert!(kinds.len() >= 40, "{kinds:?}");
    let few: Vec<_> = kinds.iter().filter(|(_, texts)| **texts < 8).collect();
    assert!(few.is_empty(), "{few:?}");
}

/// Whatever the text, and wherever it is cut or joined with another one.
#[test]
fn findings_ascend_and_stand_on_the_borders_of_characters() {
    let detector = detector();
    let negatives = hard_negatives();
    let texts: Vec<String> = negatives
        .into_iter()
        .map(|negative| negative.text)
        .chain(positives())
        .collect();
    for pair in texts.windows(2) {
        for between in ["", " ", "ß", "\u{1f600}", "\n", "\","] {
            let text = format!("{}{between}{}", pair[0], pair[1]);
            let mut end = 0;
            for found in detector.find(&text, None) {
                assert!(found.range.start >= end, "{:?} in {text:?}", found.range);
                assert!(found.range.end > found.range.start, "{text:?}");
                assert!(text.get(found.range.clone()).is_some(), "{text:?}");
                end = found.range.end;
            }
        }
    }
}

/// What is not selected is not found, though it is there.
#[test]
fn only_what_is_selected_is_found() {
    for entity in Entity::ALL {
        let others = Entity::ALL.iter().copied().filter(|other| other != entity);
        let selection = Selection {
            entities: others.collect(),
            custom: Vec::new(),
        };
        let detector = Detector::new(&selection).expect("a selection without custom entities");
        for text in positives() {
            for found in detector.find(&text, None) {
                assert_ne!(found.entity, entity.as_str(), "{text:?}");
            }
        }
    }
}
