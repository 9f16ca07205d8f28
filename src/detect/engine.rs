//! The pass over a text: at each trigger and each literal, the detectors that it may begin.

use std::ops::Range;

use super::cluster::{self, Cluster};
use super::code::Codes;
use super::context::Context;
use super::entity::{Entity, Set};
use super::found::Found;
use super::number::Numbers;
use super::secret::{self, Kind};
use super::text::{Text, is_word_byte};
use super::{card, crypto, email, iban, network, phone, plain, trigger};

/// What the scan for secrets finds.
const SECRETS: &[Entity] = &[
    Entity::Secret,
    Entity::PrivateKey,
    Entity::Jwt,
    Entity::DatabaseUrl,
];

/// The fewest digits of a number that is not in groups.
const SHORTEST: usize = 7;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Engine {
    wanted: Set,
    numbers: Numbers,
    codes: Codes,
}

impl Engine {
    pub(super) fn new(entities: &[Entity]) -> Self {
        let wanted: Set = entities.iter().copied().collect();
        Self {
            wanted,
            numbers: Numbers::new(wanted),
            codes: Codes::new(wanted),
        }
    }

    /// Adds all that is in `text` to `found`.
    pub(super) fn find<'d>(&'d self, text: &str, key: Option<&str>, found: &mut Vec<Found<'d>>) {
        if self.wanted.has_any(SECRETS) {
            self.secrets(text, key, found);
        }
        let text = Text::new(text, key);
        let mut scan = Scan {
            engine: self,
            text,
            found,
        };
        let mut at = 0;
        while let Some(next) = trigger::next(text.bytes(), at) {
            at = scan.at_trigger(next);
        }
    }

    /// Adds the secrets in `text`, each as what it is, if that is wanted, or else as a secret.
    fn secrets<'d>(&'d self, text: &str, key: Option<&str>, found: &mut Vec<Found<'d>>) {
        let mut secrets = Vec::new();
        secret::scan(text, key, &mut secrets);
        for one in secrets {
            let kind = match one.kind {
                Kind::Secret => Entity::Secret,
                Kind::Jwt => Entity::Jwt,
                Kind::PrivateKey => Entity::PrivateKey,
                Kind::DatabaseUrl => Entity::DatabaseUrl,
            };
            let mut entities = [kind, Entity::Secret].into_iter();
            if let Some(entity) = entities.find(|entity| self.wanted.has(*entity)) {
                found.push(Found::of_rule(one.range, entity, one.rule));
            }
        }
    }
}

/// One pass over one text.
struct Scan<'f, 'd, 't> {
    engine: &'d Engine,
    text: Text<'t>,
    found: &'f mut Vec<Found<'d>>,
}

impl Scan<'_, '_, '_> {
    /// Looks at the trigger at `at`; where to go on.
    fn at_trigger(&mut self, at: usize) -> usize {
        match self.text.byte(at) {
            Some(b'@') => self.at_sign(at),
            Some(b':') => self.colon(at),
            _ => self.digit(at),
        }
    }

    fn add(&mut self, range: Range<usize>, entity: Entity) {
        if self.engine.wanted.has(entity) {
            self.found.push(Found::new(range, entity));
        }
    }

    fn at_sign(&mut self, at: usize) -> usize {
        let Some(range) = email::at(self.text, at) else {
            return at + 1;
        };
        let end = range.end;
        self.add(range, Entity::Email);
        end
    }

    fn colon(&mut self, at: usize) -> usize {
        let Some((range, entity)) = network::colon(self.text, at) else {
            return at + 1;
        };
        let end = range.end;
        self.add(range, entity);
        end
    }

    /// Looks at the token that the digit at `at` is in, and at the numbers that go on from it.
    fn digit(&mut self, at: usize) -> usize {
        let text = self.text;
        let start = text.run_back(at, usize::MAX, is_word_byte);
        let end = text.run(at, usize::MAX, is_word_byte);
        if let Some(end) = plain::skip(text, &(start..end)) {
            return end;
        }
        if end - start == 2
            && let Some(range) = network::dashed_mac(text, &(start..end))
        {
            let end = range.end;
            self.add(range, Entity::MacAddress);
            return end;
        }
        if end - start == 4
            && let Some(range) = network::dotted_mac(text, &(start..end))
        {
            let end = range.end;
            self.add(range, Entity::MacAddress);
            return end;
        }
        let digits = text.run(at, usize::MAX, |byte| byte.is_ascii_digit());
        // A telephone number may end in an extension, `0143x12`.
        let has_extension = digits - at >= 3 && text.byte(digits) == Some(b'x');
        if start == at && (digits == end || has_extension) {
            return self.number(at, digits).max(end);
        }
        self.mixed(start..end, if start == at { digits - at } else { 0 });
        end
    }

    /// Looks at a token of letters and digits that begins with so many digits.
    fn mixed(&mut self, token: Range<usize>, digits: usize) {
        if self.text.is_glued_before(token.start) {
            return;
        }
        if let Some(range) = iban::at(self.text, token.start) {
            self.add(range, Entity::Iban);
        }
        if self.engine.wanted.has(Entity::CryptoAddress)
            && let Some(rule) = crypto::of_token(self.text, &token)
        {
            let found = Found::of_rule(token.clone(), Entity::CryptoAddress, rule);
            self.found.push(found);
        }
        let codes = &self.engine.codes;
        self.found.extend(codes.of_token(self.text, &token, digits));
    }

    /// Looks at the digits from `start` to `end`, and at those that they go on to; where to go on.
    fn number(&mut self, start: usize, end: usize) -> usize {
        let is_short = end - start < SHORTEST && !cluster::goes_on(self.text, end);
        if is_short || self.text.is_glued_before(start) {
            return end;
        }
        let gap = cluster::gap_before(self.text, start);
        let cluster = Cluster::read(self.text, start, gap);
        let groups = cluster.groups();
        let is_full = groups.len() == cluster::GROUPS;
        let here = if is_full {
            cluster::GROUPS / 2
        } else {
            groups.len()
        };
        let mut site = Site {
            text: self.text,
            cluster: &cluster,
            context: None,
            found: self.found,
        };
        for first in 0..here {
            self.engine.at_group(&mut site, first);
        }
        groups.get(here - 1).map_or(start + 1, |group| group.end)
    }
}

impl Engine {
    /// Looks for all numbers that begin with the group of this index.
    fn at_group(&self, site: &mut Site<'_, '_, '_>, first: usize) {
        if self.wanted.has(Entity::CreditCard) {
            card::find(site, first);
        }
        if self.wanted.has(Entity::IpAddress) {
            network::ipv4(site, first);
        }
        if self.wanted.has(Entity::Phone) {
            phone::find(site, first);
        }
        self.numbers.find(site, first);
        self.code(site, first);
    }

    /// Looks for a code whose first digits are the group of this index, such as `131052-308T`, or
    /// whose first two letters stand before it, such as `AB 12 34 56 C`.
    fn code(&self, site: &mut Site<'_, '_, '_>, first: usize) {
        let Some(group) = site.cluster.groups().get(first).copied() else {
            return;
        };
        let mut found = self.codes.at(site.text, group.start, group.len());
        if group.len() == 2 && site.text.byte_before(group.start) == Some(b' ') && group.start >= 3
        {
            found = found.or_else(|| self.codes.at(site.text, group.start - 3, 0));
        }
        if let Some(found) = found {
            site.add(found);
        }
    }
}

/// A cluster of digits in a text, and what was found at it.
pub(super) struct Site<'s, 'd, 't> {
    pub(super) text: Text<'t>,
    pub(super) cluster: &'s Cluster,
    /// The words around a place that was asked about last.
    context: Option<(Range<usize>, Context)>,
    found: &'s mut Vec<Found<'d>>,
}

impl<'d> Site<'_, 'd, '_> {
    /// The words around a range.
    pub(super) fn context(&mut self, range: &Range<usize>) -> Context {
        if let Some((at, context)) = &self.context
            && at == range
        {
            return *context;
        }
        let context = Context::around(self.text, range);
        self.context = Some((range.clone(), context));
        context
    }

    pub(super) fn add(&mut self, found: Found<'d>) {
        self.found.push(found);
    }
}
