//! Findings, held against labels.
//!
//! A labelled span is found if a finding of the entity that its label stands for overlaps it, as
//! the published baselines count. A finding is false if it overlaps no such span.

use std::collections::{BTreeMap, BTreeSet};

use sluice::detect::{Detector, Match};

use crate::corpus::{Example, ExampleSet, Text, TextSet};
use crate::entities::{LookedFor, is_secret};

/// One entity's figures on one set.
#[derive(Debug, Default, Clone)]
pub(crate) struct EntityScore {
    /// Labelled spans.
    pub(crate) labelled: usize,
    /// Labelled spans that were found.
    pub(crate) found: usize,
    /// Findings that overlap a labelled span.
    pub(crate) right: usize,
    /// Findings that do not.
    pub(crate) wrong: usize,
    /// Of these, the ones that overlap nothing that is labelled in any way.
    pub(crate) on_nothing: usize,
    pub(crate) misses: Vec<Listed>,
    pub(crate) false_positives: Vec<Listed>,
}

/// Something that was missed or found wrongly.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// What is or would be there.
    pub(crate) what: String,
    /// Some of the text around it.
    pub(crate) text: String,
    /// What the data or the detector calls it.
    pub(crate) as_what: String,
}

impl EntityScore {
    pub(crate) fn recall(&self) -> Option<f64> {
        share(self.found, self.labelled)
    }

    pub(crate) fn precision(&self) -> Option<f64> {
        share(self.right, self.right + self.wrong)
    }

    pub(crate) fn f1(&self) -> Option<f64> {
        let (recall, precision) = (self.recall()?, self.precision()?);
        (recall + precision > 0.0).then(|| 2.0 * recall * precision / (recall + precision))
    }
}

/// A part of a whole, or nothing where the whole is nothing.
pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "these are not so many")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The figures of one set of labelled texts.
#[derive(Debug)]
pub(crate) struct TextScore {
    pub(crate) file: String,
    pub(crate) texts: usize,
    pub(crate) spans: usize,
    /// By the entity's name.
    pub(crate) entities: BTreeMap<&'static str, EntityScore>,
    /// Findings of entities that no label of the set stands for.
    pub(crate) unlabelled: BTreeMap<String, EntityScore>,
    /// Labels that stand for nothing that is looked for, with the number of their spans.
    pub(crate) by_design: BTreeMap<String, usize>,
}

/// Scores one set of labelled texts.
pub(crate) fn texts(detector: &Detector, looked_for: &LookedFor, set: &TextSet) -> TextScore {
    let labels = set.texts.iter().flat_map(|text| &text.spans);
    let mut score = TextScore {
        file: set.file.clone(),
        texts: set.texts.len(),
        spans: labels.clone().count(),
        entities: BTreeMap::new(),
        unlabelled: BTreeMap::new(),
        by_design: BTreeMap::new(),
    };
    for span in labels {
        match looked_for.of_label(&span.label) {
            Some(entity) => {
                score.entities.entry(entity.as_str()).or_default().labelled += 1;
            }
            None => *score.by_design.entry(span.label.clone()).or_default() += 1,
        }
    }
    for text in &set.texts {
        let found = detector.find(&text.text, None);
        score.count_spans(looked_for, text, &found);
        score.count_findings(looked_for, text, &found);
    }
    score
}

impl TextScore {
    fn count_spans(&mut self, looked_for: &LookedFor, text: &Text, found: &[Match<'_>]) {
        for span in &text.spans {
            let Some(entity) = looked_for.of_label(&span.label) else {
                continue;
            };
            let score = self.entities.entry(entity.as_str()).or_default();
            let is_it = |one: &&Match<'_>| overlaps(&one.range, &span.range);
            let named = |one: &&Match<'_>| one.entity == entity.as_str();
            if found.iter().filter(is_it).any(|one| named(&one)) {
                score.found += 1;
            } else {
                let others: BTreeSet<_> = found.iter().filter(is_it).map(|one| one.rule).collect();
                let others: Vec<_> = others.into_iter().collect();
                score
                    .misses
                    .push(listed(&text.text, &span.range, others.join(", ")));
            }
        }
    }

    fn count_findings(&mut self, looked_for: &LookedFor, text: &Text, found: &[Match<'_>]) {
        for one in found {
            let under: Vec<_> = text
                .spans
                .iter()
                .filter(|span| overlaps(&one.range, &span.range))
                .collect();
            let score = match self.entities.get_mut(one.entity) {
                Some(score) => score,
                None => self.unlabelled.entry(one.entity.to_owned()).or_default(),
            };
            let is_it = |label: &str| {
                looked_for
                    .of_label(label)
                    .is_some_and(|entity| entity.as_str() == one.entity)
            };
            if under.iter().any(|span| is_it(&span.label)) {
                score.right += 1;
            } else {
                score.wrong += 1;
                score.on_nothing += usize::from(under.is_empty());
                let labels: Vec<_> = under.iter().map(|span| span.label.as_str()).collect();
                let listed = listed(&text.text, &one.range, labels.join(", "));
                score.false_positives.push(listed);
            }
        }
    }
}

fn overlaps(a: &std::ops::Range<usize>, b: &std::ops::Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// What is at `range`, with a few words on both sides.
fn listed(text: &str, range: &std::ops::Range<usize>, as_what: String) -> Listed {
    const AROUND: usize = 40;
    let from = text.floor_char_boundary(range.start.saturating_sub(AROUND));
    let to = text.ceil_char_boundary(range.end.saturating_add(AROUND));
    Listed {
        what: text.get(range.clone()).unwrap_or_default().to_owned(),
        text: text.get(from..to).unwrap_or_default().to_owned(),
        as_what,
    }
}

/// How many there are, and in how many something was found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Flagged {
    pub(crate) all: usize,
    pub(crate) flagged: usize,
}

impl Flagged {
    fn count(&mut self, is_flagged: bool) {
        self.all += 1;
        self.flagged += usize::from(is_flagged);
    }

    pub(crate) fn share(self) -> Option<f64> {
        share(self.flagged, self.all)
    }
}

/// What an example's label says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// It holds a secret.
    Positive,
    /// It does not.
    Negative,
    /// The label says neither.
    Other,
}

/// The figures of one set of examples.
#[derive(Debug)]
pub(crate) struct ExampleScore {
    pub(crate) file: String,
    /// By label and source.
    pub(crate) sources: BTreeMap<(Side, String, String), Flagged>,
    /// Of the positive ones, by kind.
    pub(crate) kinds: BTreeMap<&'static str, Flagged>,
    /// Rules of which examples were missed.
    pub(crate) missed_rules: BTreeSet<String>,
    pub(crate) rules: usize,
    /// Positive examples in which nothing but another entity than a secret was found.
    pub(crate) only_others: usize,
    /// Flagged negative examples of which all that was found is also in a positive example of
    /// another rule: an example is negative for its own rule alone.
    pub(crate) contradicted: usize,
    pub(crate) misses: Vec<Listed>,
    pub(crate) false_positives: Vec<Listed>,
}

/// Scores one set of examples. Only findings that say "a secret" count.
pub(crate) fn examples(detector: &Detector, set: &ExampleSet) -> ExampleScore {
    let rules: BTreeSet<_> = set.examples.iter().map(|example| &example.rule).collect();
    let mut score = ExampleScore {
        file: set.file.clone(),
        sources: BTreeMap::new(),
        kinds: BTreeMap::new(),
        missed_rules: BTreeSet::new(),
        rules: rules.len(),
        only_others: 0,
        contradicted: 0,
        misses: Vec::new(),
        false_positives: Vec::new(),
    };
    for example in &set.examples {
        let found = detector.find(&example.text, None);
        score.count(example, &found);
        let mut secrets = found.iter().filter(|one| is_secret(one.entity)).peekable();
        let is_flagged = side(&example.label) == Side::Negative && secrets.peek().is_some();
        let elsewhere = |one: &Match<'_>| is_positive_elsewhere(set, example, one);
        score.contradicted += usize::from(is_flagged && secrets.all(elsewhere));
    }
    score
}

/// Whether what was found in `example` is also in a positive example of another rule.
fn is_positive_elsewhere(set: &ExampleSet, example: &Example, found: &Match<'_>) -> bool {
    let what = example.text.get(found.range.clone()).unwrap_or_default();
    set.examples.iter().any(|other| {
        let is_another = other.rule != example.rule && side(&other.label) == Side::Positive;
        is_another && other.text.contains(what)
    })
}

impl ExampleScore {
    /// All examples of a side.
    pub(crate) fn all(&self, side: Side) -> Flagged {
        let sources = self.sources.iter().filter(|((of, ..), _)| *of == side);
        sources.fold(Flagged::default(), |sum, (_, one)| Flagged {
            all: sum.all + one.all,
            flagged: sum.flagged + one.flagged,
        })
    }

    fn count(&mut self, example: &Example, found: &[Match<'_>]) {
        let secrets = || found.iter().filter(|one| is_secret(one.entity));
        let is_flagged = secrets().next().is_some();
        let side = side(&example.label);
        let key = (side, example.label.clone(), example.source.clone());
        self.sources.entry(key).or_default().count(is_flagged);
        let listed = |as_what: String, what: String| Listed {
            what,
            text: example.text.clone(),
            as_what,
        };
        match side {
            Side::Positive => {
                self.kinds
                    .entry(kind(&example.name))
                    .or_default()
                    .count(is_flagged);
                if !is_flagged {
                    self.missed_rules.insert(example.rule.clone());
                    self.only_others += usize::from(!found.is_empty());
                    let as_what = format!("{} ({})", example.rule, example.name);
                    self.misses.push(listed(as_what, String::new()));
                }
            }
            Side::Negative => {
                self.false_positives.extend(secrets().map(|one| {
                    let what = example.text.get(one.range.clone()).unwrap_or_default();
                    let as_what = format!("{}, as {}", example.rule, one.rule);
                    listed(as_what, what.to_owned())
                }));
            }
            Side::Other => {}
        }
    }
}

fn side(label: &str) -> Side {
    let label = label.to_ascii_lowercase();
    if label.starts_with("pos") || label == "true" {
        Side::Positive
    } else if label.starts_with("neg") || label == "false" || label.contains("negative") {
        Side::Negative
    } else {
        Side::Other
    }
}

/// What kind of a secret it is, by the words in the name of its rule.
fn kind(name: &str) -> &'static str {
    const KINDS: &[(&str, &[&str])] = &[
        // Rule sets for audits also point out what leads to a secret.
        (
            "names, ids and public keys",
            &[
                " id",
                "bucket",
                "domain",
                "resource name",
                "org name",
                "recipient",
                "public",
                "publish",
                "subscription key",
                "username",
            ],
        ),
        ("hashes of passwords", &["password hash"]),
        (
            "private keys",
            &["private key", "pem", "preshared key", "age identity"],
        ),
        ("JSON Web Tokens", &["jwt", "json web token"]),
        (
            "connection strings and URLs",
            &["connection string", "url", "uri", "webhook"],
        ),
        ("passwords", &["password", "credentials", "authentication"]),
        ("generic secrets", &["generic", "sensitive value"]),
    ];
    let name = name.to_ascii_lowercase();
    // A pair of which one is the password.
    if name.contains("username and") {
        return "passwords";
    }
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let kind = KINDS.iter().find(|(_, words)| has(words));
    kind.map_or("tokens and keys of vendors", |(kind, _)| kind)
}
