//! Evaluating, within a budget, and with what is not known yet as a value of its own.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use super::elements::Elements;
use super::node::{Comparison, Node, Quantifier, TextTest, Variable};
use super::value::{List, Map, Value, compare_numbers, of_argument, of_claim};
use super::{Facts, Outcome};
use crate::json;

/// How many steps one evaluation may take: a node, an element or a member is one, and so are
/// [`BYTES_PER_STEP`] bytes of text.
const BUDGET: usize = 100_000;

const BYTES_PER_STEP: usize = 64;

/// Matching a regular expression may take far longer for each byte.
const MATCHED_BYTES_PER_STEP: usize = 4;

/// How deep lists are compared.
const MAX_COMPARED_DEPTH: usize = 16;

/// What an evaluation knows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// Neither caller nor call.
    Nothing,
    /// The caller, and the call if there is one.
    Caller {
        facts: &'a Facts<'a>,
        arguments: Option<json::Value<'a>>,
    },
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Unknown,
    Error,
}

type Result<T> = std::result::Result<T, Stop>;

/// One evaluation.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    known: Known<'a>,
    locals: Vec<Value<'a>>,
    steps: usize,
    ran_out: bool,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(known: Known<'a>) -> Self {
        Self {
            known,
            locals: Vec::new(),
            steps: BUDGET,
            ran_out: false,
        }
    }

    /// Whether it took more steps than it may.
    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }

    pub(super) fn outcome(&mut self, node: &'a Node) -> Outcome {
        let truth = self.truth(node);
        // What ran out may have been hidden by `||`, which takes what is true over what fails.
        match truth {
            _ if self.ran_out => Outcome::Error,
            Ok(true) => Outcome::True,
            Ok(false) => Outcome::False,
            Err(Stop::Unknown) => Outcome::Unknown,
            Err(Stop::Error) => Outcome::Error,
        }
    }

    fn spend(&mut self, steps: usize) -> Result<()> {
        match self.steps.checked_sub(steps) {
            Some(left) if !self.ran_out => self.steps = left,
            _ => {
                self.ran_out = true;
                return Err(Stop::Error);
            }
        }
        Ok(())
    }

    fn truth(&mut self, node: &'a Node) -> Result<bool> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            Value::Null
            | Value::Int(_)
            | Value::Double(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_) => Err(Stop::Error),
        }
    }

    fn value(&mut self, node: &'a Node) -> Result<Value<'a>> {
        self.spend(1)?;
        Ok(match node {
            Node::Null => Value::Null,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(int) => Value::Int(*int),
            Node::Double(double) => Value::Double(*double),
            Node::Text(text) => Value::Text(Cow::Borrowed(text)),
            Node::List(nodes) => {
                let values = nodes.iter().map(|node| self.value(node));
                Value::List(List::Made(Rc::new(values.collect::<Result<_>>()?)))
            }
            Node::Variable(variable) => self.variable(*variable)?,
            Node::Local(at) => {
                let local = self.locals.get(*at).ok_or(Stop::Error)?.clone();
                if let Value::Text(Cow::Owned(text)) = &local {
                    self.spend(text.len() / BYTES_PER_STEP)?;
                }
                local
            }
            Node::Select(of, field) => {
                let map = self.map(of)?;
                self.member(map, field)?.ok_or(Stop::Error)?
            }
            Node::Has(of, field) => {
                let map = self.map(of)?;
                Value::Bool(self.has(map, field)?)
            }
            Node::Index(pair) => self.index(&pair.0, &pair.1)?,
            Node::Not(node) => Value::Bool(!self.truth(node)?),
            Node::And(nodes) => Value::Bool(self.unless(nodes, false)?),
            Node::Or(nodes) => Value::Bool(self.unless(nodes, true)?),
            Node::If(parts) => {
                let chosen = if self.truth(&parts.0)? {
                    &parts.1
                } else {
                    &parts.2
                };
                self.value(chosen)?
            }
            Node::Compare(comparison, pair) => {
                let (a, b) = (self.value(&pair.0)?, self.value(&pair.1)?);
                Value::Bool(self.compare(*comparison, &a, &b)?)
            }
            Node::In(pair) => {
                let (element, of) = (self.value(&pair.0)?, self.value(&pair.1)?);
                Value::Bool(self.is_in(&element, &of)?)
            }
            Node::Size(of) => {
                let of = self.value(of)?;
                Value::Int(self.size(&of)?)
            }
            Node::TextTest(test, pair) => {
                let (text, part) = (self.text(&pair.0)?, self.text(&pair.1)?);
                self.spend((text.len() + part.len()) / BYTES_PER_STEP)?;
                Value::Bool(match test {
                    TextTest::StartsWith => text.starts_with(&*part),
                    TextTest::EndsWith => text.ends_with(&*part),
                    TextTest::Contains => text.contains(&*part),
                })
            }
            Node::Matches(of, pattern) => {
                let text = self.text(of)?;
                self.spend(text.len() / MATCHED_BYTES_PER_STEP)?;
                Value::Bool(pattern.is_match(&text))
            }
            Node::Each(quantifier, pair) => {
                Value::Bool(self.each(*quantifier, &pair.0, &pair.1)?)
            }
        })
    }

    fn variable(&mut self, variable: Variable) -> Result<Value<'a>> {
        let Known::Caller { facts, arguments } = self.known else {
            return Err(Stop::Unknown);
        };
        let text = |text: Option<&'a str>| {
            let text = text.map(|text| Value::Text(Cow::Borrowed(text)));
            text.ok_or(Stop::Error)
        };
        match variable {
            Variable::User => text(facts.user),
            Variable::Agent => text(facts.agent),
            Variable::Groups => Ok(Value::List(List::Texts(facts.groups))),
            Variable::Scopes => Ok(Value::List(List::Texts(facts.scopes))),
            Variable::Claims => Ok(Value::Map(Map::Claims(facts.claims))),
            Variable::Arguments => match arguments {
                Some(arguments) if arguments.is_object() => {
                    Ok(Value::Map(Map::Arguments(arguments)))
                }
                Some(_) => Err(Stop::Error),
                None => Err(Stop::Unknown),
            },
        }
    }

    /// Whether one of these is `decisive`: that outweighs what is not known, which outweighs what
    /// fails. If none is, the opposite.
    fn unless(&mut self, nodes: &'a [Node], decisive: bool) -> Result<bool> {
        let mut stop = None;
        for node in nodes {
            match self.truth(node) {
                Ok(truth) if truth == decisive => return Ok(decisive),
                Ok(_) => {}
                Err(other) => stop = weightier(stop, other),
            }
        }
        stop.map_or(Ok(!decisive), Err)
    }

    fn each(&mut self, quantifier: Quantifier, of: &'a Node, body: &'a Node) -> Result<bool> {
        let of = self.value(of)?;
        let elements = Elements::of(&of).ok_or(Stop::Error)?;
        let (mut count, mut stop) = (0_usize, None);
        for element in elements {
            self.spend(1)?;
            let truth = element.ok_or(Stop::Error).and_then(|element| {
                self.charge(&element)?;
                self.locals.push(element);
                let truth = self.truth(body);
                self.locals.pop();
                truth
            });
            match (truth, quantifier) {
                (Ok(true), Quantifier::Exists) => return Ok(true),
                (Ok(false), Quantifier::All) => return Ok(false),
                (Ok(true), _) => count += 1,
                (Ok(false), _) => {}
                (Err(other), _) => stop = weightier(stop, other),
            }
            if self.ran_out {
                return Err(Stop::Error);
            }
        }
        if let Some(stop) = stop {
            return Err(stop);
        }
        Ok(match quantifier {
            Quantifier::All => true,
            Quantifier::Exists => false,
            Quantifier::ExistsOne => count == 1,
        })
    }

    fn text(&mut self, node: &'a Node) -> Result<Cow<'a, str>> {
        if let Value::Text(text) = self.value(node)? {
            return Ok(text);
        }
        Err(Stop::Error)
    }

    fn map(&mut self, node: &'a Node) -> Result<Map<'a>> {
        if let Value::Map(map) = self.value(node)? {
            return Ok(map);
        }
        Err(Stop::Error)
    }

    /// What reading a value cost, if it had to be copied.
    fn charge(&mut self, value: &Value<'a>) -> Result<()> {
        match value {
            Value::Text(Cow::Owned(text)) => self.spend(text.len() / BYTES_PER_STEP),
            Value::Text(Cow::Borrowed(_))
            | Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::List(_)
            | Value::Map(_) => Ok(()),
        }
    }

    /// The member of this key. One that some servers would take for it (as Go's do, without regard
    /// to case) leaves open what the server reads.
    fn found(&mut self, arguments: json::Value<'a>, key: &str) -> Result<Option<json::Value<'a>>> {
        let mut found = None;
        for member in arguments.members() {
            self.spend(1)?;
            if member.has_key(key) {
                found = Some(member.value());
            } else if json::folds_to(&member.key(), key) {
                return Err(Stop::Error);
            }
        }
        Ok(found)
    }

    fn has(&mut self, map: Map<'a>, key: &str) -> Result<bool> {
        match map {
            Map::Claims(claims) => Ok(claims.contains_key(key)),
            Map::Arguments(arguments) => Ok(self.found(arguments, key)?.is_some()),
        }
    }

    fn member(&mut self, map: Map<'a>, key: &str) -> Result<Option<Value<'a>>> {
        let value = match map {
            Map::Claims(claims) => claims.get(key).map(of_claim),
            Map::Arguments(arguments) => self.found(arguments, key)?.map(of_argument),
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let value = value.ok_or(Stop::Error)?;
        self.charge(&value)?;
        Ok(Some(value))
    }

    fn index(&mut self, of: &'a Node, at: &'a Node) -> Result<Value<'a>> {
        match (self.value(of)?, self.value(at)?) {
            (Value::Map(map), Value::Text(key)) => self.member(map, &key)?.ok_or(Stop::Error),
            (Value::List(list), Value::Int(at)) => {
                let at = usize::try_from(at).map_err(|_| Stop::Error)?;
                self.spend(at)?;
                let of = Value::List(list);
                let mut elements = Elements::of(&of).ok_or(Stop::Error)?;
                let value = elements.nth(at).flatten().ok_or(Stop::Error)?;
                self.charge(&value)?;
                Ok(value)
            }
            _ => Err(Stop::Error),
        }
    }

    fn size(&mut self, of: &Value<'a>) -> Result<i64> {
        let size = if let Value::Text(text) = of {
            self.spend(text.len() / BYTES_PER_STEP)?;
            text.chars().count()
        } else {
            let mut size = 0;
            let mut elements = Elements::of(of).ok_or(Stop::Error)?;
            while elements.skip_one() {
                self.spend(1)?;
                size += 1;
            }
            size
        };
        i64::try_from(size).map_err(|_| Stop::Error)
    }

    fn is_in(&mut self, element: &Value<'a>, of: &Value<'a>) -> Result<bool> {
        if let Value::Map(map) = of {
            return match element {
                Value::Text(key) => self.has(*map, key),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Double(_)
                | Value::List(_)
                | Value::Map(_) => Err(Stop::Error),
            };
        }
        let Value::List(_) = of else {
            return Err(Stop::Error);
        };
        let mut stop = None;
        let elements = Elements::of(of).ok_or(Stop::Error)?;
        for other in elements {
            self.spend(1)?;
            let same = other.ok_or(Stop::Error).and_then(|other| {
                self.charge(&other)?;
                self.equal(element, &other, 0)
            });
            match same {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(other) => stop = weightier(stop, other),
            }
        }
        stop.map_or(Ok(false), Err)
    }

    fn compare(&mut self, comparison: Comparison, a: &Value<'a>, b: &Value<'a>) -> Result<bool> {
        match comparison {
            Comparison::Equal | Comparison::NotEqual if !may_be_equal(a, b) => Err(Stop::Error),
            Comparison::Equal => self.equal(a, b, 0),
            Comparison::NotEqual => Ok(!self.equal(a, b, 0)?),
            Comparison::Less => Ok(self.order(a, b)? == Ordering::Less),
            Comparison::LessOrEqual => Ok(self.order(a, b)? != Ordering::Greater),
            Comparison::Greater => Ok(self.order(a, b)? == Ordering::Greater),
            Comparison::GreaterOrEqual => Ok(self.order(a, b)? != Ordering::Less),
        }
    }

    fn order(&mut self, a: &Value<'a>, b: &Value<'a>) -> Result<Ordering> {
        if let (Value::Text(a), Value::Text(b)) = (a, b) {
            self.spend(a.len().min(b.len()) / BYTES_PER_STEP)?;
            return Ok(a.cmp(b));
        }
        compare_numbers(a, b).ok_or(Stop::Error)
    }

    /// Whether two values are equal; values of different kinds are not. Maps are not compared.
    fn equal(&mut self, a: &Value<'a>, b: &Value<'a>, depth: usize) -> Result<bool> {
        self.spend(1)?;
        match (a, b) {
            (Value::Null, Value::Null) => Ok(true),
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Text(a), Value::Text(b)) => {
                self.spend(a.len().min(b.len()) / BYTES_PER_STEP)?;
                Ok(a == b)
            }
            (Value::Map(_), Value::Map(_)) => Err(Stop::Error),
            (Value::List(_), Value::List(_)) if depth < MAX_COMPARED_DEPTH => {
                self.equal_lists(a, b, depth)
            }
            (Value::List(_), Value::List(_)) => Err(Stop::Error),
            (a, b) => Ok(compare_numbers(a, b) == Some(Ordering::Equal)),
        }
    }

    fn equal_lists(&mut self, a: &Value<'a>, b: &Value<'a>, depth: usize) -> Result<bool> {
        let (Some(mut a), Some(mut b)) = (Elements::of(a), Elements::of(b)) else {
            return Err(Stop::Error);
        };
        loop {
            match (a.next(), b.next()) {
                (None, None) => return Ok(true),
                (Some(a), Some(b)) => {
                    let (a, b) = (a.ok_or(Stop::Error)?, b.ok_or(Stop::Error)?);
                    self.charge(&a)?;
                    self.charge(&b)?;
                    if !self.equal(&a, &b, depth + 1)? {
                        return Ok(false);
                    }
                }
                _ => return Ok(false),
            }
        }
    }
}

/// Whether two values can be compared: nothing with everything, and others within their kind. Many
/// servers take `"true"` and `1` for true, so that of values of different kinds it can't be told
/// whether the server takes them for equal.
fn may_be_equal(a: &Value<'_>, b: &Value<'_>) -> bool {
    matches!(
        (a, b),
        (Value::Null, _)
            | (_, Value::Null)
            | (Value::Bool(_), Value::Bool(_))
            | (Value::Text(_), Value::Text(_))
            | (Value::Map(_), Value::Map(_))
            | (Value::List(_), Value::List(_))
    ) || compare_numbers(a, b).is_some()
}

fn weightier(stop: Option<Stop>, other: Stop) -> Option<Stop> {
    Some(match stop {
        Some(Stop::Unknown) => Stop::Unknown,
        Some(Stop::Error) | None => other,
    })
}
