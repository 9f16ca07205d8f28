//! Secrets in text: tokens of vendors, keys and passwords that are given to a name, private keys,
//! addresses with passwords.
//!
//! Two passes that leap over prose ([`places`]): one finds long words, which may be tokens by their
//! shape ([`tokens`]) or secrets for what stands before them ([`context`]); the other finds signs
//! such as `=` and quotes. A word before a sign, such as `password`, has a value after it
//! ([`assignment`]), which must look like a secret ([`judge`]). Every look goes over a bounded window,
//! so that the time is linear in the text.

mod assignment;
mod bytes;
mod context;
mod judge;
mod keyword;
mod named;
mod odd;
mod places;
mod shape;
mod spoken;
mod tokens;
mod vendor;

use std::ops::Range;

use keyword::Quick;

use bytes::{at, before, is_word, part, start_of};

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

/// The most spaces between a name and its sign.
const MOST_SPACES: usize = 40;

/// The longest word that may announce a secret.
const LONGEST_NAME: usize = 80;

/// Finds the secrets in a text, in ascending order and without overlap. `key` is the name that
/// the text stands under, if there is one.
pub(super) fn scan(text: &str, key: Option<&str>, found: &mut Vec<Found>) {
    let scan = Scan {
        bytes: text.as_bytes(),
        key,
        quick: Quick::new(),
    };
    if let Some(hit) = scan.whole() {
        found.push(hit);
        return;
    }
    let first = found.len();
    scan.signs(found);
    scan.longs(found);
    settle(text, found, first);
}

/// Leaves of findings that overlap the one that begins first, and of these the longest.
fn settle(text: &str, found: &mut Vec<Found>, first: usize) {
    let mut new = found.split_off(first);
    new.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
    let mut lowest = 0;
    for mut hit in new {
        hit.range =
            text.floor_char_boundary(hit.range.start)..text.ceil_char_boundary(hit.range.end);
        if hit.range.start >= lowest {
            lowest = hit.range.end;
            found.push(hit);
        }
    }
}

/// A text while it is scanned.
#[derive(Debug, Clone, Copy)]
struct Scan<'t> {
    bytes: &'t [u8],
    key: Option<&'t str>,
    quick: Quick,
}

impl Scan<'_> {
    /// The text as a whole, where its key says what it is.
    fn whole(&self) -> Option<Found> {
        let key = self.key?;
        if !self.quick.may_tell(key.as_bytes()) {
            let vendor = vendor::identified(key.as_bytes())?;
            return vendor
                .pairs(self.bytes)
                .then(|| secret(0, self.bytes.len(), vendor.rule()));
        }
        let range = named::whole(self.bytes, key)?;
        Some(named::refined(self.bytes, range, key.as_bytes()))
    }

    /// Adds the secrets that are long words.
    fn longs(&self, found: &mut Vec<Found>) {
        let mut place = 0;
        while let Some((start, end)) = places::next_long(self.bytes, place, LONG) {
            place = end;
            if let Some(hit) = self.long(start, end) {
                place = place.max(hit.range.end);
                found.push(hit);
                // What was found may end within a word, which must not be taken for a whole one.
                place = bytes::word_end(self.bytes, place);
            }
        }
    }

    /// Adds the secrets beside signs.
    fn signs(&self, found: &mut Vec<Found>) {
        let mut lowest = 0;
        for place in places::Signs::new(self.bytes) {
            if place >= lowest
                && let Some(hit) = self.sign(place)
            {
                lowest = hit.range.end;
                found.push(hit);
            }
        }
    }

    /// The secret beside a sign.
    fn sign(&self, place: usize) -> Option<Found> {
        let bytes = self.bytes;
        let last = before(bytes, place);
        match at(bytes, place) {
            b'w' | b'W' => self.password(place),
            b'-' if !is_word(last) => self.marked(place).or_else(|| self.flag(place)),
            b'-' if bytes::has(bytes, place + 1, "SecureString") => self.command(place),
            b':' if has_slashes(bytes, place) => self.address(place),
            b':' if last == b's'
                && bytes::has(bytes, place.saturating_sub(13), "private-lines:") =>
            {
                let (from, to) = odd::putty(bytes, place + 1)?;
                Some(Found {
                    range: from..to,
                    rule: "putty_private_key",
                    kind: Kind::PrivateKey,
                })
            }
            b'$' if !is_word(last) => self.marked(place),
            b':' | b'=' => {
                let sign = place - usize::from(last == b'!');
                let end = start_of(bytes, sign, MOST_SPACES, |byte| {
                    matches!(byte, b' ' | b'\t')
                });
                self.announced(end)
            }
            b'"' | b'\'' => match last {
                b' ' => self.quoted(place - 1),
                b'(' => self.command(place - 1),
                b'\\' => self.announced(place - 1),
                _ => self.announced(place),
            },
            b'>' => self.announced(place),
            _ => None,
        }
    }

    /// The secret after a word that ends at a place, if it announces one.
    fn announced(&self, end: usize) -> Option<Found> {
        if !is_word(before(self.bytes, end)) {
            return None;
        }
        let start = start_of(self.bytes, end, LONGEST_NAME, is_word);
        if before(self.bytes, start) == b'/' {
            None
        } else if self.quick.may_tell(part(self.bytes, start, end)) {
            named::after(self.bytes, start, end)
        } else {
            named::half(self.bytes, start, end)
        }
    }

    /// The secret in quotes after a word and a space: `PASSWORD '…'`, `IDENTIFIED BY '…'`.
    fn quoted(&self, end: usize) -> Option<Found> {
        let start = start_of(self.bytes, end, LONGEST_NAME, is_word);
        let word = part(self.bytes, start, end);
        if word.eq_ignore_ascii_case(b"by")
            && bytes::has(self.bytes, start.checked_sub(11)?, "identified ")
        {
            let (from, to) = spoken::argument(self.bytes, end, 1)?;
            return Some(secret(from, to, "sql_password"));
        }
        self.announced(end)
    }

    /// The secret after a word such as `password` in a sentence, given a `w` in it.
    fn password(&self, place: usize) -> Option<Found> {
        let bytes = self.bytes;
        if !matches!(before(bytes, place) | 0x20, b's' | b'p') {
            return None;
        }
        let end = bytes::word_end(bytes, place);
        let start = start_of(bytes, place, LONGEST_NAME, is_word);
        if !matches!(at(bytes, end), b' ' | b'\t') || !self.quick.may_tell(part(bytes, start, end))
        {
            return None;
        }
        named::after(bytes, start, end).or_else(|| self.spoken(start, end))
    }

    fn spoken(&self, start: usize, end: usize) -> Option<Found> {
        let (from, to) = spoken::after(self.bytes, start, end)?;
        Some(secret(from, to, "spoken_password"))
    }

    /// The secret after a flag: `-u user:…`, `--token …`.
    fn flag(&self, start: usize) -> Option<Found> {
        let end = bytes::word_end(self.bytes, start);
        match part(self.bytes, start, end) {
            b"-u" | b"--user" | b"-U" | b"--proxy-user" => {
                let (from, to) = odd::user_flag(self.bytes, start, end)?;
                Some(secret(from, to, "basic_credential"))
            }
            flag if spoken::is_password_flag(flag) => {
                let (from, to) = spoken::password_flag(self.bytes, start, end)?;
                Some(secret(from, to, "spoken_password"))
            }
            [b'-', b'p', _, ..] if spoken::is_of_mysql(self.bytes, start) => {
                let (from, to) = spoken::glued(self.bytes, start + 2)?;
                Some(secret(from, to, "spoken_password"))
            }
            [b'-', b'-' | b'P' | b'p', ..] if at(self.bytes, end) == b' ' => self.announced(end),
            _ => None,
        }
    }

    /// The secret among the arguments of a command that has a place in its name.
    fn command(&self, place: usize) -> Option<Found> {
        let end = bytes::word_end(self.bytes, place);
        let start = start_of(self.bytes, place, LONGEST_NAME, is_word);
        self.spoken(start, end)
    }

    /// The hash after `{SSHA}`.
    fn braced(&self, place: usize) -> Option<Found> {
        let start = start_of(self.bytes, place, 8, |byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit()
        });
        let start = start.checked_sub(1)?;
        (at(self.bytes, start) == b'{' && start + 4 < place).then(|| self.marked(start))?
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
    fn long(&self, start: usize, end: usize) -> Option<Found> {
        let bytes = self.bytes;
        if let Some((start, end, rule)) = tokens::around(bytes, start) {
            return Some(secret(start, end, rule));
        }
        let word = part(bytes, start, end);
        if odd::is_dumped(bytes, start, end) {
            return Some(secret(start, end, "password_hash"));
        }
        let found = match word {
            [b'e', b'y', ..] => odd::jwt(bytes, start, end).map(|end| Found {
                range: start..end,
                rule: "json_web_token",
                kind: Kind::Jwt,
            }),
            [b'L', b'S', ..] => odd::pem_in_base64(bytes, start, end).map(|end| Found {
                range: start..end,
                rule: "private_key_base64",
                kind: Kind::PrivateKey,
            }),
            [b'$', ..] => self.marked(start),
            _ if before(bytes, start) == b'}' => self.braced(start - 1),
            [b'p' | b's' | b'b', ..] => {
                odd::password_hash(bytes, start).map(|end| secret(start, end, "password_hash"))
            }
            _ => None,
        };
        found
            .or_else(|| {
                let (start, end, rule) = odd::marked(bytes, start, end)?;
                Some(secret(start, end, rule))
            })
            .or_else(|| {
                judge::may_be_drawn(word)
                    .then(|| self.surrounded(start, end))
                    .flatten()
            })
    }

    /// A long word that is a secret for what stands before it.
    fn surrounded(&self, start: usize, end: usize) -> Option<Found> {
        let bytes = self.bytes;
        if let Some((from, to)) = self.after_basic(start) {
            return Some(secret(from, to, "basic_credential"));
        }
        if let Some((place, rule)) = context::glued(bytes, start, end, self.key) {
            return Some(secret(start + place, end, rule));
        }
        if let Some((from, to)) = odd::hook(bytes, start, end) {
            return Some(secret(from, to, "webhook_url"));
        }
        let (from, to) = context::value_around(bytes, start, end);
        if context::is_part(bytes, from) {
            return None;
        }
        let around = context::before_value(bytes, from, self.key);
        let rule = context::rule(part(bytes, from, to), around)?;
        Some(secret(from, to, rule))
    }

    /// The credential after `Basic `.
    fn after_basic(&self, start: usize) -> Option<(usize, usize)> {
        let word = start.checked_sub(6)?;
        bytes::has(self.bytes, word, "basic ").then(|| odd::basic(self.bytes, word + 5))?
    }

    /// An address: what it is as a whole, or the password in it.
    fn address(&self, colon: usize) -> Option<Found> {
        let host = colon + 3;
        let start = start_of(self.bytes, colon, 16, is_word);
        if let Some((end, rule)) = tokens::starting(self.bytes, host) {
            return Some(secret(host, end, rule));
        }
        let (from, to) = odd::userinfo(self.bytes, host)?;
        if let Some((end, rule)) = tokens::starting(self.bytes, from)
            && end == to
        {
            return Some(secret(from, to, rule));
        }
        let is_database = odd::is_database(part(self.bytes, start, colon));
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
