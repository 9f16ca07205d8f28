//! Secrets in text: tokens of vendors, keys and passwords that are given to a name, private keys,
//! addresses with passwords.
//!
//! One pass over the words of a text. Most words are passed by after one look at their last three
//! bytes. A long word may be a token by its shape ([`tokens`]), or a secret for what stands before
//! it ([`context`]); a word such as `password` has a value after it ([`assignment`]), which must
//! look like a secret ([`judge`]). Every look goes over a bounded window, so that the time is
//! linear in the text.

mod assignment;
mod bytes;
mod context;
mod judge;
mod keyword;
mod named;
mod odd;
mod shape;
mod spoken;
mod tokens;
mod vendor;

use std::ops::Range;

use bytes::{at, before, part, word_end, word_start};

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// a token, key or password
    Secret,
    /// a JSON web token
    Jwt,
    /// a private key in PEM
    PrivateKey,
    /// the password in the address of a database
    DatabaseUrl,
}

/// A secret that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// where, in bytes; on boundaries of characters
    pub(super) range: Range<usize>,
    /// the rule that found it: `github_personal_access_token`
    pub(super) rule: &'static str,
    pub(super) kind: Kind,
}

/// The shortest word that is looked at for what it is itself.
const LONG: usize = 14;

/// Finds the secrets in a text, in ascending order and without overlap. `key` is the name that
/// the text stands under, if there is one.
pub(super) fn scan(text: &str, key: Option<&str>, found: &mut Vec<Found>) {
    let scan = Scan {
        bytes: text.as_bytes(),
        key,
    };
    let first = found.len();
    if let Some(hit) = scan.whole() {
        found.push(hit);
    } else {
        scan.words(found);
    }
    for hit in found.iter_mut().skip(first) {
        hit.range = on_boundaries(text, &hit.range);
    }
}

/// A range widened to boundaries of characters.
fn on_boundaries(text: &str, range: &Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// A text while it is scanned.
#[derive(Debug, Clone, Copy)]
struct Scan<'t> {
    bytes: &'t [u8],
    key: Option<&'t str>,
}

impl Scan<'_> {
    /// The text as a whole, where its key says what it is.
    fn whole(&self) -> Option<Found> {
        let range = named::whole(self.bytes, self.key?)?;
        let refined = tokens::starting(self.bytes, range.start);
        let rule = match refined {
            Some((end, rule)) if end == range.end => rule,
            Some(_) | None => "generic_credential",
        };
        Some(secret(range.start, range.end, rule))
    }

    fn words(&self, found: &mut Vec<Found>) {
        let mut lowest = 0;
        let mut place = 0;
        while let Some(start) = word_start(self.bytes, place) {
            let end = word_end(self.bytes, start);
            place = end;
            if let Some(hit) = self.word(start, end, lowest)
                && hit.range.start >= lowest
            {
                lowest = hit.range.end;
                place = lowest.max(end);
                found.push(hit);
            }
        }
    }

    /// The secret that a word is, has, or announces.
    fn word(&self, start: usize, end: usize, lowest: usize) -> Option<Found> {
        let bytes = self.bytes;
        if end - start >= LONG
            && let Some(hit) = self.long(start, end, lowest)
        {
            return Some(hit);
        }
        let first = at(bytes, start);
        if matches!(first, b'$' | b'-' | b'p' | b's' | b'b')
            && let Some(hit) = self.marked(start)
        {
            return Some(hit);
        }
        if at(bytes, end) == b':' && has_slashes(bytes, end) {
            return self.address(start, end);
        }
        let word = part(bytes, start, end);
        if !keyword::may_tell(word) && first != b'-' || before(bytes, start) == b'/' {
            return None;
        }
        named::after(bytes, start, end).or_else(|| {
            let (from, to) = spoken::after(bytes, start, end)?;
            Some(secret(from, to, "spoken_password"))
        })
    }

    /// What begins with a mark: a private key, or the hash of a password.
    fn marked(&self, start: usize) -> Option<Found> {
        if let Some(end) = odd::pem(self.bytes, start) {
            return Some(Found {
                range: start..end,
                rule: "private_key",
                kind: Kind::PrivateKey,
            });
        }
        let end = odd::password_hash(self.bytes, start)?;
        Some(secret(start, end, "password_hash"))
    }

    /// A secret that a long word is, or is a part of.
    fn long(&self, start: usize, end: usize, lowest: usize) -> Option<Found> {
        let bytes = self.bytes;
        if let Some((start, end, rule)) = tokens::around(bytes, start, lowest) {
            return Some(secret(start, end, rule));
        }
        if let Some(end) = odd::jwt(bytes, start, end) {
            return Some(Found {
                range: start..end,
                rule: "json_web_token",
                kind: Kind::Jwt,
            });
        }
        if let Some(end) = odd::pem_in_base64(bytes, start, end) {
            return Some(Found {
                range: start..end,
                rule: "private_key_base64",
                kind: Kind::PrivateKey,
            });
        }
        if let Some((start, end, rule)) = odd::marked(bytes, start, end) {
            return Some(secret(start, end, rule));
        }
        self.surrounded(start, end, lowest)
    }

    /// A long word that is a secret for what stands before it.
    fn surrounded(&self, start: usize, end: usize, lowest: usize) -> Option<Found> {
        let bytes = self.bytes;
        if let Some((place, rule)) = context::glued(bytes, start, end, self.key) {
            return Some(secret(start + place, end, rule));
        }
        if let Some((from, to)) = odd::hook(bytes, start, end) {
            return Some(secret(from, to, "webhook_url"));
        }
        let (from, to) = context::value_around(bytes, start, end, lowest);
        if context::is_part(bytes, from) {
            return None;
        }
        let around = context::before_value(bytes, from, self.key);
        let rule = context::rule(part(bytes, from, to), around)?;
        Some(secret(from, to, rule))
    }

    /// An address: what it is as a whole, or the password in it.
    fn address(&self, start: usize, end: usize) -> Option<Found> {
        let host = end + 3;
        if let Some((end, rule)) = tokens::starting(self.bytes, host) {
            return Some(secret(host, end, rule));
        }
        let (from, to) = odd::userinfo(self.bytes, host)?;
        if let Some((end, rule)) = tokens::starting(self.bytes, from)
            && end == to
        {
            return Some(secret(from, to, rule));
        }
        let is_database = odd::is_database(part(self.bytes, start, end));
        Some(Found {
            range: from..to,
            rule: if is_database {
                "database_url"
            } else {
                "url_password"
            },
            kind: if is_database {
                Kind::DatabaseUrl
            } else {
                Kind::Secret
            },
        })
    }
}

fn has_slashes(bytes: &[u8], colon: usize) -> bool {
    at(bytes, colon + 1) == b'/' && at(bytes, colon + 2) == b'/'
}

fn secret(start: usize, end: usize, rule: &'static str) -> Found {
    Found {
        range: start..end,
        rule,
        kind: Kind::Secret,
    }
}

/// A text that holds a secret.
pub(super) fn sample() -> String {
    ["token: ghp", "_", &"sample0TOKEN".repeat(3)].concat()
}

#[cfg(test)]
mod tests;
