//! What was measured, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sluice::detect::Detector;

use crate::baseline::{self, CREDDATA, PEERS, SECRET_PEERS, SETS};
use crate::corpus::Corpus;
use crate::entities::LookedFor;
use crate::negatives::Negatives;
use crate::score::{self, EntityScore, ExampleScore, Flagged, Listed, Side, TextScore, share};
use crate::speed::{Size, Speed, rate};
use crate::table::{Table, places};

/// What is listed besides the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) misses: bool,
    pub(crate) false_positives: bool,
}

/// All figures.
#[derive(Debug)]
pub(crate) struct Report {
    looked_for: LookedFor,
    notes: Vec<String>,
    texts: Vec<TextScore>,
    examples: Vec<ExampleScore>,
    pub(crate) negatives: Option<Negatives>,
    pub(crate) speed: Option<Speed>,
}

/// A line of the text. A string takes whatever is written to it.
macro_rules! line {
    ($to:expr) => { $to.push('\n') };
    ($to:expr, $($format:tt)+) => {{
        let _unfailing = writeln!($to, $($format)+);
    }};
}

impl Report {
    pub(crate) fn new(looked_for: LookedFor) -> Self {
        Self {
            looked_for,
            notes: Vec::new(),
            texts: Vec::new(),
            examples: Vec::new(),
            negatives: None,
            speed: None,
        }
    }

    /// Scores the labelled data.
    pub(crate) fn score(&mut self, detector: &Detector, data: &Corpus) {
        self.notes.extend(data.notes.iter().cloned());
        let texts = data.texts.iter();
        self.texts
            .extend(texts.map(|set| score::texts(detector, &self.looked_for, set)));
        let examples = data.examples.iter();
        self.examples
            .extend(examples.map(|set| score::examples(detector, set)));
    }

    /// The tables for people.
    pub(crate) fn text(&self, options: Options) -> String {
        let mut text = String::new();
        line!(text, "Looked for: {}.", self.looked_for.names().join(", "));
        for note in &self.notes {
            line!(text, "Note: {note}.");
        }
        for set in &self.texts {
            write_texts(&mut text, set);
            write_lists(&mut text, set.entities.iter(), options);
            if options.false_positives {
                for (entity, score) in &set.unlabelled {
                    write_list(
                        &mut text,
                        &format!("{entity}, not labelled"),
                        &score.false_positives,
                    );
                }
            }
        }
        for set in &self.examples {
            write_examples(&mut text, set);
            if options.misses {
                write_list(&mut text, "missed secrets", &set.misses);
            }
            if options.false_positives {
                write_list(&mut text, "flagged negatives", &set.false_positives);
            }
        }
        if let Some(negatives) = &self.negatives {
            write_negatives(&mut text, negatives);
        }
        if let Some(speed) = &self.speed {
            write_speed(&mut text, speed);
        }
        text
    }

    /// Everything, for programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "looked_for": self.looked_for.names(),
            "notes": self.notes,
            "texts": self.texts.iter().map(texts_json).collect::<Vec<_>>(),
            "examples": self.examples.iter().map(examples_json).collect::<Vec<_>>(),
            "hard_negatives": self.negatives.as_ref().map(negatives_json),
            "speed": self.speed.as_ref().map(speed_json),
        })
    }
}

fn write_texts(text: &mut String, set: &TextScore) {
    let known = baseline::known(set.texts, set.spans);
    line!(text);
    line!(
        text,
        "{}: {} texts, {} labelled spans",
        set.file,
        set.texts,
        set.spans
    );
    let columns: Vec<_> = match known {
        Some(known) => vec![known.column],
        None => SETS.iter().map(|set| set.column).collect(),
    };
    let mut table = Table::new([
        "entity",
        "labelled",
        "found",
        "recall",
        "false",
        "on nothing",
        "precision",
        "F1",
        PEERS[0].name,
        PEERS[1].name,
    ]);
    for (entity, score) in &set.entities {
        let peer = |peer: &baseline::Peer| {
            let figures = columns
                .iter()
                .filter_map(|column| peer.figures(entity, *column));
            let figures: Vec<_> = figures
                .map(|(recall, wrong)| format!("{recall:.3} / {wrong}"))
                .collect();
            if figures.is_empty() {
                "–".to_owned()
            } else {
                figures.join(", ")
            }
        };
        table.row([
            (*entity).to_owned(),
            score.labelled.to_string(),
            score.found.to_string(),
            places(score.recall()),
            score.wrong.to_string(),
            score.on_nothing.to_string(),
            places(score.precision()),
            places(score.f1()),
            peer(&PEERS[0]),
            peer(&PEERS[1]),
        ]);
    }
    table.write(text);
    line!(
        text,
        "  A span is found if a finding of its entity overlaps it; a finding is false if it overlaps no such span,"
    );
    line!(
        text,
        "  and on nothing if it overlaps no labelled span at all. Others: recall / false findings,"
    );
    match known {
        Some(known) => line!(
            text,
            "  measured on this very set ({} of presidio-research).",
            known.name
        ),
        None => line!(
            text,
            "  measured on other sets than this one: {} and {} of presidio-research.",
            SETS[0].name,
            SETS[1].name
        ),
    }
    let list = |items: Vec<String>| {
        if items.is_empty() {
            "none".to_owned()
        } else {
            items.join(", ")
        }
    };
    let unlabelled = set.unlabelled.iter().map(|(entity, score)| {
        format!("{entity} {} ({} on nothing)", score.wrong, score.on_nothing)
    });
    line!(
        text,
        "  Findings of entities that are not labelled here: {}.",
        list(unlabelled.collect())
    );
    let by_design = set
        .by_design
        .iter()
        .map(|(label, spans)| format!("{label} {spans}"));
    line!(
        text,
        "  Not detected by design: {}.",
        list(by_design.collect())
    );
}

fn write_examples(text: &mut String, set: &ExampleScore) {
    let all = set.all(Side::Positive).all + set.all(Side::Negative).all + set.all(Side::Other).all;
    line!(text);
    line!(text, "{}: {all} examples of {} rules", set.file, set.rules);
    let mut table = Table::new([
        "label, source",
        "examples",
        "flagged",
        "share",
        SECRET_PEERS[0].short,
        SECRET_PEERS[1].short,
    ]);
    let mut row = |name: &str, flagged: Flagged, peers: [String; 2]| {
        let [first, second] = peers;
        table.row([
            name.to_owned(),
            flagged.all.to_string(),
            flagged.flagged.to_string(),
            places(flagged.share()),
            first,
            second,
        ]);
    };
    for ((side, label, source), flagged) in &set.sources {
        let peer = |peer: &baseline::SecretPeer| {
            let figures = match side {
                Side::Positive => peer.positives,
                Side::Negative => peer.negatives,
                Side::Other => &[],
            };
            let figures = figures.iter().find(|(name, ..)| name == source);
            places(figures.and_then(|(_, flagged, all)| share(*flagged, *all)))
        };
        row(
            &format!("{label}, {source}"),
            *flagged,
            [peer(&SECRET_PEERS[0]), peer(&SECRET_PEERS[1])],
        );
    }
    let none = || ["", ""].map(str::to_owned);
    row("all positive: recall", set.all(Side::Positive), none());
    row("all negative", set.all(Side::Negative), none());
    table.write(text);
    line!(
        text,
        "  Others were measured on the whole rule sets, of which the data may be a part:"
    );
    for peer in &SECRET_PEERS {
        line!(text, "  {} is {}.", peer.short, peer.name);
    }
    let published = CREDDATA.map(|(name, precision, recall, f1)| {
        format!("{name} {precision:.3} / {recall:.3} / {f1:.3}")
    });
    line!(
        text,
        "  Published on other data (CredData 2022), precision / recall / F1: {}.",
        published.join(", ")
    );
    line!(
        text,
        "  An example is negative for its own rule: in {} of the flagged ones all that was found is a positive example of another rule.",
        set.contradicted
    );
    line!(
        text,
        "  Rules of which an example was missed: {} of {}. Positive examples in which only other entities were found: {}.",
        set.missed_rules.len(),
        set.rules,
        set.only_others
    );
    line!(text);
    let mut table = Table::new(["kind of positive example", "examples", "found", "recall"]);
    for (kind, flagged) in &set.kinds {
        table.row([
            (*kind).to_owned(),
            flagged.all.to_string(),
            flagged.flagged.to_string(),
            places(flagged.share()),
        ]);
    }
    table.write(text);
}

fn write_negatives(text: &mut String, negatives: &Negatives) {
    let flagged: usize = negatives.kinds.values().map(|(_, flagged)| flagged).sum();
    line!(text);
    line!(
        text,
        "hard negatives: {} texts of {} kinds, something was found in {flagged}",
        negatives.texts,
        negatives.kinds.len()
    );
    for [kind, entity, rule, what, whole] in &negatives.found {
        line!(
            text,
            "  {kind}: {entity} ({rule}) `{}` in {whole:?}",
            shown(what)
        );
    }
}

fn write_speed(text: &mut String, speed: &Speed) {
    line!(text);
    line!(
        text,
        "speed: mixed JSON, one thread, median (best) of {} rounds, in MB of JSON a second; ratios round by round",
        speed.rounds
    );
    let mut table = Table::new([
        "document",
        "strings",
        "in strings",
        "findings",
        "copy",
        "serde_json",
        "reading",
        "detection",
        "redaction",
        "detection to copy",
        "to serde_json",
        "redaction to copy",
        "to serde_json",
        "growth",
    ]);
    let first = speed.sizes.first();
    for size in &speed.sizes {
        let rates = |times: &crate::speed::Times| {
            format!(
                "{:.0} ({:.0})",
                rate(size.bytes, times.median()),
                rate(size.bytes, times.best())
            )
        };
        table.row([
            format!("{:.1} MB", megabytes(size.bytes)),
            size.strings.to_string(),
            format!("{:.1} MB", megabytes(size.string_bytes)),
            size.findings.to_string(),
            rates(&size.copy),
            rates(&size.serde_json),
            rates(&size.read),
            rates(&size.detect),
            rates(&size.redact),
            format!("{:.1}", size.detect.ratio_to(&size.copy)),
            format!("{:.2}", size.detect.ratio_to(&size.serde_json)),
            format!("{:.1}", size.redact.ratio_to(&size.copy)),
            format!("{:.2}", size.redact.ratio_to(&size.serde_json)),
            first.map_or_else(String::new, |first| format!("{:.2}", growth(size, first))),
        ]);
    }
    table.write(text);
    line!(
        text,
        "  copy: the bytes into another buffer. serde_json: `from_slice::<Value>`. reading: Sluice's own strict reader."
    );
    line!(
        text,
        "  detection: the detector over every string of the document that was read, one by one, each with its key.\n  redaction: the guardrail `redact` over the same document (strings, keys and numbers), and the writing of what comes out.\n  growth: the time that detection takes for a byte, to that of the first row."
    );
    if speed.hostile.is_empty() {
        return;
    }
    line!(text);
    line!(
        text,
        "texts that invite it to look far, as one string: MB a second for 1 MB, and the time for a byte to that for 250 kB"
    );
    let mut table = Table::new(["text", "MB/s", "growth"]);
    for one in &speed.hostile {
        table.row([
            one.name.to_owned(),
            format!("{:.0}", one.rate),
            format!("{:.2}", one.growth),
        ]);
    }
    table.write(text);
}

/// The time for a byte, as a ratio to that of another size.
fn growth(size: &Size, first: &Size) -> f64 {
    let per_byte = |size: &Size| 1.0 / rate(size.bytes, size.detect.best());
    per_byte(size) / per_byte(first)
}

fn megabytes(bytes: usize) -> f64 {
    rate(bytes, 1.0)
}

fn write_lists<'a>(
    text: &mut String,
    scores: impl Iterator<Item = (&'a &'static str, &'a EntityScore)>,
    options: Options,
) {
    for (entity, score) in scores {
        if options.misses {
            write_list(text, &format!("{entity}, missed"), &score.misses);
        }
        if options.false_positives {
            write_list(
                text,
                &format!("{entity}, found wrongly"),
                &score.false_positives,
            );
        }
    }
}

fn write_list(text: &mut String, title: &str, list: &[Listed]) {
    if list.is_empty() {
        return;
    }
    line!(text);
    line!(text, "{title}: {}", list.len());
    for Listed {
        what,
        text: whole,
        as_what,
    } in list
    {
        line!(text, "  `{}` [{as_what}] in {whole:?}", shown(what));
    }
}

/// The beginning of a long text.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn texts_json(set: &TextScore) -> Value {
    let entities = set.entities.iter().map(|(entity, score)| {
        json!({
            "entity": entity,
            "labelled": score.labelled,
            "found": score.found,
            "recall": score.recall(),
            "false_positives": score.wrong,
            "on_nothing": score.on_nothing,
            "precision": score.precision(),
            "f1": score.f1(),
        })
    });
    let unlabelled = set.unlabelled.iter().map(|(entity, score)| {
        json!({"entity": entity, "findings": score.wrong, "on_nothing": score.on_nothing})
    });
    json!({
        "file": set.file,
        "texts": set.texts,
        "spans": set.spans,
        "baselines_of": baseline::known(set.texts, set.spans).map(|known| known.name),
        "entities": entities.collect::<Vec<_>>(),
        "unlabelled": unlabelled.collect::<Vec<_>>(),
        "not_detected_by_design": set.by_design,
    })
}

fn examples_json(set: &ExampleScore) -> Value {
    let figures = |flagged: Flagged| json!({"examples": flagged.all, "flagged": flagged.flagged, "share": flagged.share()});
    let sources = set.sources.iter().map(|((_, label, source), flagged)| {
        json!({"label": label, "source": source, "figures": figures(*flagged)})
    });
    let kinds = set
        .kinds
        .iter()
        .map(|(kind, flagged)| json!({"kind": kind, "figures": figures(*flagged)}));
    json!({
        "file": set.file,
        "positive": figures(set.all(Side::Positive)),
        "negative": figures(set.all(Side::Negative)),
        "sources": sources.collect::<Vec<_>>(),
        "kinds": kinds.collect::<Vec<_>>(),
        "rules": set.rules,
        "missed_rules": set.missed_rules,
        "flagged_but_positive_for_another_rule": set.contradicted,
    })
}

fn negatives_json(negatives: &Negatives) -> Value {
    let kinds = negatives
        .kinds
        .iter()
        .map(|(kind, (texts, flagged))| json!({"kind": kind, "texts": texts, "flagged": flagged}));
    json!({"texts": negatives.texts, "kinds": kinds.collect::<Vec<_>>(), "findings": negatives.found.len()})
}

fn speed_json(speed: &Speed) -> Value {
    let sizes = speed.sizes.iter().map(|size| {
        let times = |times: &crate::speed::Times| json!({"median_s": times.median(), "best_s": times.best()});
        json!({
            "bytes": size.bytes,
            "string_bytes": size.string_bytes,
            "findings": size.findings,
            "copy": times(&size.copy),
            "serde_json": times(&size.serde_json),
            "read": times(&size.read),
            "detect": times(&size.detect),
            "redact": times(&size.redact),
            "detect_mb_per_s": rate(size.bytes, size.detect.median()),
            "detect_to_copy": size.detect.ratio_to(&size.copy),
            "detect_to_serde_json": size.detect.ratio_to(&size.serde_json),
            "redact_mb_per_s": rate(size.bytes, size.redact.median()),
            "redact_to_copy": size.redact.ratio_to(&size.copy),
            "redact_to_serde_json": size.redact.ratio_to(&size.serde_json),
            "growth": speed.sizes.first().map(|first| growth(size, first)),
        })
    });
    let hostile = speed
        .hostile
        .iter()
        .map(|one| json!({"text": one.name, "mb_per_s": one.rate, "growth": one.growth}));
    json!({"rounds": speed.rounds, "sizes": sizes.collect::<Vec<_>>(), "hostile": hostile.collect::<Vec<_>>()})
}
