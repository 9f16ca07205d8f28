//! The pass that finds literals: those that begin tokens, keys and URLs.

use std::ops::Range;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::{Anchored, MatchKind, dfa::DFA};

use super::entity::{Entity, Set};

/// What a literal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    /// `eyJ`: an object in base64.
    Jwt,
    /// `-----BEGIN`.
    Pem,
    /// `://`.
    Url,
}

const OWN: &[(Entity, &str, Literal)] = &[
    (Entity::Jwt, "eyJ", Literal::Jwt),
    (Entity::PrivateKey, "-----BEGIN", Literal::Pem),
    (Entity::DatabaseUrl, "://", Literal::Url),
];

/// An automaton over all literals.
#[derive(Debug)]
pub(super) struct Literals {
    automaton: DFA,
    meanings: Vec<Meaning>,
}

/// A literal, and what it begins.
#[derive(Debug)]
struct Meaning {
    text: &'static str,
    literal: Literal,
}

impl Literals {
    /// The literals that are needed for these entities. `None` if none is.
    pub(super) fn new(wanted: Set) -> Option<Self> {
        let meanings = meanings(wanted);
        let automaton = DFA::builder()
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
                if let Some(meaning) = meaning {
                    take(meaning.literal, at + 1 - meaning.text.len()..at + 1);
                }
            }
        }
    }
}

fn meanings(wanted: Set) -> Vec<Meaning> {
    let own = OWN.iter().filter(|(entity, ..)| wanted.has(*entity));
    own.map(|(_, text, literal)| Meaning {
        text,
        literal: *literal,
    })
    .collect()
}
