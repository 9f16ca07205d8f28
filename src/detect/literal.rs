//! The pass that finds literals: those that begin tokens, keys and URLs, and those of secrets.

use std::ops::Range;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::{Anchored, MatchKind, dfa::DFA};

use super::entity::{Entity, Set};
use super::secret;

/// What a literal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    /// `eyJ`: an object in base64.
    Jwt,
    /// `-----BEGIN`.
    Pem,
    /// `://`.
    Url,
    /// The anchor of secrets with this index.
    Secret(usize),
}

const OWN: &[(Entity, &str, Literal)] = &[
    (Entity::Jwt, "eyJ", Literal::Jwt),
    (Entity::PrivateKey, "-----BEGIN", Literal::Pem),
    (Entity::DatabaseUrl, "://", Literal::Url),
];

/// An automaton over all literals, without regard to ASCII case.
#[derive(Debug)]
pub(super) struct Literals {
    automaton: DFA,
    meanings: Vec<Meaning>,
}

/// A literal, and what it begins.
#[derive(Debug)]
struct Meaning {
    text: &'static str,
    case_sensitive: bool,
    literal: Literal,
}

impl Literals {
    /// The literals that are needed for these entities. `None` if none is.
    pub(super) fn new(wanted: Set) -> Option<Self> {
        let meanings = meanings(wanted);
        let automaton = DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(meanings.iter().map(|meaning| meaning.text))
            .ok()?;
        (!meanings.is_empty()).then_some(Self {
            automaton,
            meanings,
        })
    }

    /// Calls `take` with each literal in `bytes` and where it is, in the order of their ends.
    pub(super) fn each(&self, bytes: &[u8], mut take: impl FnMut(Literal, Range<usize>)) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else {
            return;
        };
        for (at, byte) in bytes.iter().enumerate() {
            state = self.automaton.next_state(Anchored::No, state, *byte);
            if !self.automaton.is_special(state) || !self.automaton.is_match(state) {
                continue;
            }
            for index in 0..self.automaton.match_len(state) {
                let pattern = self.automaton.match_pattern(state, index);
                let meaning = self.meanings.get(pattern.as_usize());
                if let Some((literal, range)) =
                    meaning.and_then(|meaning| meaning.ending(bytes, at))
                {
                    take(literal, range);
                }
            }
        }
    }
}

impl Meaning {
    /// The literal that ends with the byte at `last`, if its case is right.
    fn ending(&self, bytes: &[u8], last: usize) -> Option<(Literal, Range<usize>)> {
        let range = last + 1 - self.text.len()..last + 1;
        let is_right =
            !self.case_sensitive || bytes.get(range.clone()) == Some(self.text.as_bytes());
        is_right.then_some((self.literal, range))
    }
}

fn meanings(wanted: Set) -> Vec<Meaning> {
    let own = OWN.iter().filter(|(entity, ..)| wanted.has(*entity));
    let own = own.map(|(_, text, literal)| Meaning {
        text,
        case_sensitive: true,
        literal: *literal,
    });
    let anchors = secret::anchors().iter().enumerate();
    let anchors = anchors.filter(|_| wanted.has(Entity::Secret));
    let anchors = anchors.map(|(index, anchor)| Meaning {
        text: anchor.literal,
        case_sensitive: anchor.case_sensitive,
        literal: Literal::Secret(index),
    });
    own.chain(anchors).collect()
}
