//! What others reach, measured with the same way of counting, or published.

/// A set of texts that others were measured on, known by its size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) texts: usize,
    pub(crate) spans: usize,
    /// Which figure of [`Figures`] is that of this set.
    pub(crate) column: usize,
}

/// The two synthetic data sets of presidio-research.
pub(crate) const SETS: [Known; 2] = [
    Known {
        name: "synth_dataset_v2",
        texts: 1500,
        spans: 2863,
        column: 0,
    },
    Known {
        name: "generated_large",
        texts: 2109,
        spans: 4055,
        column: 1,
    },
];

/// Recall and the number of false positives on each of [`SETS`].
type Figures = [(f64, usize); 2];

/// Others, and what each reaches for an entity; `None`: it does not know the entity.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    figures: &'static [(&'static str, Figures)],
}

/// Both in English, called from Python, counted by overlapping spans.
pub(crate) const PEERS: [Peer; 2] = [
    Peer {
        name: "cpex-pii-filter 0.3.9",
        figures: &[
            ("credit_card", [(0.772, 0), (1.0, 0)]),
            ("us_ssn", [(1.0, 0), (1.0, 0)]),
            ("email", [(1.0, 0), (1.0, 0)]),
            ("ip_address", [(1.0, 2), (1.0, 1)]),
            ("phone", [(0.217, 0), (0.228, 1)]),
            ("iban", [(0.0, 0), (0.0, 0)]),
        ],
    },
    Peer {
        name: "Presidio 2.2.366",
        figures: &[
            ("credit_card", [(0.772, 0), (1.0, 0)]),
            ("us_ssn", [(1.0, 0), (1.0, 1)]),
            ("email", [(1.0, 0), (1.0, 0)]),
            ("ip_address", [(1.0, 0), (1.0, 0)]),
            ("phone", [(0.587, 20), (0.610, 30)]),
            ("iban", [(0.952, 0), (0.893, 0)]),
        ],
    },
];

impl Peer {
    /// Recall and false positives for an entity on the set of this column.
    pub(crate) fn figures(&self, entity: &str, column: usize) -> Option<(f64, usize)> {
        let (_, figures) = self.figures.iter().find(|(name, _)| *name == entity)?;
        figures.get(column).copied()
    }
}

/// The set that others were measured on and that has this size.
pub(crate) fn known(texts: usize, spans: usize) -> Option<&'static Known> {
    SETS.iter()
        .find(|set| (set.texts, set.spans) == (texts, spans))
}

/// What others reach on whole rule sets, of which the data has a part.
pub(crate) struct SecretPeer {
    pub(crate) short: &'static str,
    pub(crate) name: &'static str,
    /// Found of the positive examples, by source.
    pub(crate) positives: &'static [(&'static str, usize, usize)],
    /// Flagged of the negative examples, by source.
    pub(crate) negatives: &'static [(&'static str, usize, usize)],
}

pub(crate) const SECRET_PEERS: [SecretPeer; 2] = [
    SecretPeer {
        short: "gitleaks",
        name: "gitleaks' 222 rules (217 usable in the approximation that was run)",
        positives: &[("kingfisher", 684, 1423), ("noseyparker", 193, 430)],
        negatives: &[("noseyparker", 36, 143)],
    },
    SecretPeer {
        short: "detect-secrets",
        name: "detect-secrets 1.5.0, line by line without filters",
        positives: &[("kingfisher", 1415, 1423), ("noseyparker", 428, 430)],
        negatives: &[("noseyparker", 126, 143)],
    },
];

/// Published precision, recall and F1 on other data: CredData of April 2022, 19.46 million lines of
/// code with 4,583 secrets.
pub(crate) const CREDDATA: [(&str, f64, f64, f64); 3] = [
    ("CredSweeper", 0.917, 0.808, 0.859),
    ("gitleaks", 0.526, 0.244, 0.334),
    ("detect-secrets", 0.142, 0.381, 0.206),
];
