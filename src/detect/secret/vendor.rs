//! Vendors whose keys have no prefix: their name near a value makes it theirs.
//!
//! Where a vendor documents the shape of its keys, a value of that shape needs no other word; else
//! the value must look drawn.

mod names;
mod shapes;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::shape::Shape;

/// A vendor.
#[derive(Debug)]
pub(super) struct Vendor {
    /// the name, in lower case, letters and digits alone
    name: &'static str,
    /// the rule that its keys are found by: `datadog_key`
    rule: String,
    shapes: Vec<Shape>,
    /// shapes of ids and names that are one half of a pair of credentials
    halves: Vec<Shape>,
}

impl Vendor {
    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    /// Whether the name is no common word, so that it says something by itself.
    pub(super) fn is_distinct(&self) -> bool {
        !names::COMMON
            .split_whitespace()
            .any(|common| common == self.name)
    }

    /// Whether a whole value has a shape that this vendor documents.
    pub(super) fn documents(&self, value: &[u8]) -> bool {
        self.shapes
            .iter()
            .any(|shape| shape.end(value, 0) == Some(value.len()))
    }

    /// Whether a whole value has the shape of an id or name that this vendor gives with a secret.
    pub(super) fn pairs(&self, value: &[u8]) -> bool {
        self.halves
            .iter()
            .any(|shape| shape.end(value, 0) == Some(value.len()))
    }

    /// Whether a whole value has a shape that this vendor documents, and a mark of its own in it.
    pub(super) fn marks(&self, value: &[u8]) -> bool {
        let marked = self.shapes.iter().filter(|shape| shape.is_marked());
        marked
            .into_iter()
            .any(|shape| shape.end(value, 0) == Some(value.len()))
    }
}

/// The shortest and the longest name.
const SHORTEST: usize = 2;
const LONGEST: usize = 24;

static VENDORS: LazyLock<HashMap<&'static str, Vendor>> = LazyLock::new(|| {
    let mut vendors: HashMap<&'static str, Vendor> = HashMap::new();
    let named = names::ALL.iter().flat_map(|names| names.split_whitespace());
    let shaped = shapes::ROWS.iter().map(|(name, shape)| (*name, *shape));
    let empty = |name| Vendor {
        name,
        rule: format!("{name}_key"),
        shapes: Vec::new(),
        halves: Vec::new(),
    };
    for (name, shape) in shaped.chain(named.map(|name| (name, ""))) {
        let vendor = vendors.entry(name).or_insert_with(|| empty(name));
        if !shape.is_empty() {
            vendor.shapes.extend(Shape::parse(shape));
        }
    }
    for (name, shape) in shapes::HALVES {
        let vendor = vendors.entry(name).or_insert_with(|| empty(name));
        vendor.halves.extend(Shape::parse(shape));
    }
    vendors
});

/// How many values a hash of three letters has.
const HASHES: usize = 1 << 15;

/// Whether any name begins with three letters of a hash.
static BEGINNINGS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut known = vec![false; HASHES];
    let thirds = |name: &str| match name.as_bytes() {
        [_, _, third, ..] => vec![*third],
        // After a name of two letters anything may follow.
        _ => (0..=u8::MAX).collect(),
    };
    for name in VENDORS.keys() {
        for third in thirds(name) {
            let hash = hash(name.as_bytes(), third);
            if let Some(known) = hash.and_then(|hash| known.get_mut(hash)) {
                *known = true;
            }
        }
    }
    known
});

/// A hash of the first two letters and a third, without regard to case.
fn hash(name: &[u8], third: u8) -> Option<usize> {
    let fold = |byte: u8| usize::from(byte & 0x1f);
    let [first, second, ..] = *name else {
        return None;
    };
    Some(fold(first) << 10 | fold(second) << 5 | fold(third))
}

/// Whether a name may begin here: the quick look that most words do not pass.
fn may_begin(rest: &[u8]) -> bool {
    let third = rest
        .iter()
        .skip(2)
        .find(|byte| byte.is_ascii_alphanumeric());
    hash(rest, third.copied().unwrap_or(0))
        .and_then(|hash| BEGINNINGS.get(hash))
        .is_some_and(|known| *known)
}

/// Whether a text is nothing but a vendor's name.
pub(super) fn is_name(text: &[u8]) -> bool {
    named(text, text.len()).is_some()
}

/// The vendor that a text begins with the name of, in its first `length` bytes.
fn named(text: &[u8], length: usize) -> Option<&'static Vendor> {
    let mut name = [0; LONGEST];
    let mut filled = 0;
    for byte in text
        .iter()
        .take(length)
        .filter(|byte| byte.is_ascii_alphanumeric())
    {
        *name.get_mut(filled)? = byte.to_ascii_lowercase();
        filled += 1;
    }
    let name = std::str::from_utf8(name.get(..filled)?).ok()?;
    (filled >= SHORTEST).then(|| VENDORS.get(name)).flatten()
}

/// The vendor whose name is in a word, if one is: at its start or after a separator or a change
/// of case, and not going on in lower case unless by a word that announces a secret.
pub(super) fn within(word: &[u8]) -> Option<&'static Vendor> {
    (0..word.len())
        .filter(|place| begins(word, *place))
        .find_map(|place| beginning(word.get(place..)?))
}

fn begins(word: &[u8], place: usize) -> bool {
    let Some(before) = place.checked_sub(1).and_then(|place| word.get(place)) else {
        return true;
    };
    let here = word.get(place).copied().unwrap_or(0);
    here.is_ascii_alphanumeric()
        && (!before.is_ascii_alphanumeric()
            || here.is_ascii_uppercase() && before.is_ascii_lowercase())
}

/// The vendor that a word begins with the name of, if it is about an id or user there:
/// `TWITTER_ID`.
pub(super) fn identified(word: &[u8]) -> Option<&'static Vendor> {
    let ends = |end| {
        let start = word.len().checked_sub(str::len(end));
        start.is_some_and(|start| super::bytes::has(word, start, end))
    };
    (ends("id") || ends("user") || ends("username")).then(|| beginning(word))?
}

/// The vendor that the rest of a word begins with: the longest name that ends at a boundary.
fn beginning(rest: &[u8]) -> Option<&'static Vendor> {
    if !may_begin(rest) {
        return None;
    }
    (SHORTEST..=rest.len().min(LONGEST + 4))
        .rev()
        .filter(|length| ends(rest, *length))
        .find_map(|length| named(rest, length))
}

/// What may be glued to a name in the same case.
const GLUED: &[&str] = &[
    "key", "token", "secret", "api", "private", "access", "auth", "password",
];

fn ends(rest: &[u8], length: usize) -> bool {
    let tail = rest.get(length..).unwrap_or_default();
    let Some(next) = tail.first() else {
        return true;
    };
    let last = rest.get(length - 1).copied().unwrap_or(0);
    !next.is_ascii_alphabetic()
        || next.is_ascii_uppercase() && !last.is_ascii_uppercase()
        || GLUED.iter().any(|word| super::bytes::has(tail, 0, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_identifiers() {
        for (word, expected) in [
            ("datadog", Some("datadog")),
            ("DATADOG_API_KEY", Some("datadog")),
            ("MY_DATADOG_API_KEY", Some("datadog")),
            ("myDatadogKey", Some("datadog")),
            ("datadogKEY", Some("datadog")),
            ("datadogkey", Some("datadog")),
            ("datadogs", None),
            ("thedatadog", None),
            ("key", None),
        ] {
            assert_eq!(
                within(word.as_bytes()).map(|vendor| vendor.name),
                expected,
                "{word}"
            );
        }
    }

    #[test]
    fn every_name_can_be_found_and_every_shape_read() {
        for (name, shape) in shapes::ROWS.iter().chain(shapes::HALVES) {
            assert!(Shape::parse(shape).is_some(), "{name}: {shape}");
        }
        for name in VENDORS.keys() {
            assert!((SHORTEST..=LONGEST).contains(&name.len()), "{name}");
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{name}"
            );
            assert!(within(format!("{name}_key").as_bytes()).is_some(), "{name}");
        }
    }
}
