//! The hard negatives of Sluice's own: texts that look like an entity, and are none.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice::detect::Detector;

const TEXTS: &str = include_str!("../../tests/detection/hard_negatives.jsonl");

#[derive(Debug, Deserialize)]
struct Negative {
    kind: String,
    /// The JSON key that the text stands under.
    key: Option<String>,
    text: String,
}

/// What was found where nothing is.
#[derive(Debug, Default)]
pub(crate) struct Negatives {
    /// How many texts there are.
    pub(crate) texts: usize,
    /// How many texts there are of a kind, and in how many something was found.
    pub(crate) kinds: BTreeMap<String, (usize, usize)>,
    /// What was found: kind, entity, rule, what, and the text.
    pub(crate) found: Vec<[String; 5]>,
}

/// Looks for entities in each of the texts.
pub(crate) fn score(detector: &Detector) -> Result<Negatives, String> {
    let mut score = Negatives::default();
    for line in TEXTS.lines() {
        let negative: Negative = serde_json::from_str(line)
            .map_err(|error| format!("the hard negatives: {error}: {line}"))?;
        let Negative { kind, key, text } = negative;
        let matches = detector.find(&text, key.as_deref());
        score.texts += 1;
        let (texts, flagged) = score.kinds.entry(kind.clone()).or_default();
        *texts += 1;
        *flagged += usize::from(!matches.is_empty());
        score.found.extend(matches.into_iter().map(|found| {
            let what = text.get(found.range).unwrap_or_default().to_owned();
            let [entity, rule] = [found.entity, found.rule].map(str::to_owned);
            [kind.clone(), entity, rule, what, text.clone()]
        }));
    }
    Ok(score)
}
