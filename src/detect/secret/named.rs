//! A value that its name makes a secret: judged by how surely the name announces one, and by how
//! the value stands there.

use std::ops::Range;

use super::assignment::{self, By, Value};
use super::bytes::{at, contains, end_of, has, is_word, line_end, part, start_of};
use super::judge::{self, Mix};
use super::keyword::{self, Strength};
use super::odd;
use super::shape::Set;
use super::tokens;
use super::vendor;
use super::{Found, Kind, secret};

/// The longest text that is a secret as a whole.
const LONGEST: usize = 512;

/// The text as a whole, where the key that it stands under makes it a secret.
pub(super) fn whole(bytes: &[u8], key: &str) -> Option<Range<usize>> {
    let key = key.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST {
        return None;
    }
    let strength = keyword::strength(key)?;
    let value = bytes.trim_ascii();
    let start = end_of(bytes, 0, |byte| byte.is_ascii_whitespace());
    let place = Value {
        start,
        end: start + value.len(),
        quote: b'"',
        by: By::Sign,
    };
    is_secret(bytes, key, strength, place).then_some(start..place.end)
}

/// The half of a pair of credentials after a word that names a vendor and an id.
pub(super) fn half(bytes: &[u8], start: usize, end: usize) -> Option<Found> {
    let vendor = vendor::identified(part(bytes, start, end))?;
    let place = assignment::after(bytes, end)?;
    let given = matches!(place.by, By::Sign | By::Tight);
    (given && vendor.pairs(part(bytes, place.start, place.end)))
        .then(|| secret(place.start, place.end, vendor.rule()))
}

/// The secret after a word that may announce one.
pub(super) fn after(bytes: &[u8], start: usize, end: usize) -> Option<Found> {
    let word = part(bytes, start, end);
    let strength = keyword::strength(word)?;
    let value = assignment::after(bytes, end)?;
    if has(bytes, value.start, "basic ") {
        let (from, to) = odd::basic(bytes, value.start + 5)?;
        return Some(secret(from, to, "basic_credential"));
    }
    if is_secret(bytes, word, strength, value) {
        return Some(refined(bytes, value.start..value.end, word));
    }
    if value.by == By::Space || value.quote != 0 {
        return None;
    }
    let fallback = assignment::fallback(bytes, value.start)?;
    is_secret(bytes, word, strength, fallback)
        .then(|| refined(bytes, fallback.start..fallback.end, word))
}

/// A value as the token that it begins with, if it does.
pub(super) fn refined(bytes: &[u8], value: Range<usize>, word: &[u8]) -> Found {
    if let Some((end, rule)) = tokens::starting(bytes, value.start) {
        return secret(value.start, end, rule);
    }
    let first = end_of(bytes, value.start, |byte| Set::Url.holds(byte));
    match odd::jwt(bytes, value.start, first) {
        Some(end) => Found {
            range: value.start..end,
            rule: "json_web_token",
            kind: Kind::Jwt,
        },
        None => secret(value.start, value.end, rule_of(word)),
    }
}

fn rule_of(word: &[u8]) -> &'static str {
    match (vendor::within(word), keyword::strength(word)) {
        (_, Some(Strength::Password)) => "generic_password",
        (Some(vendor), _) => vendor.rule(),
        (None, _) => "generic_secret",
    }
}

/// Whether a value under a name is a secret.
fn is_secret(bytes: &[u8], name: &[u8], strength: Strength, place: Value) -> bool {
    let value = part(bytes, place.start, place.end);
    match strength {
        Strength::Password => is_password(bytes, value, place),
        Strength::Secret => is_key(bytes, name, value, place),
        Strength::Weak => is_weak_key(name, value, place),
    }
}

/// Whether a value is a password: whatever is no placeholder, variable, expression or prose.
fn is_password(bytes: &[u8], value: &[u8], place: Value) -> bool {
    let spoken = place.by == By::Space;
    if value.len() < 4 || value.len() > 256 || spoken && !is_spoken(bytes, value, place) {
        return false;
    }
    if judge::is_reference(value)
        || judge::is_invitation(value)
        || is_anonymous(bytes, value, place)
    {
        return false;
    }
    let quoted = place.quote != 0;
    if !quoted && is_connection(bytes, place) {
        return true;
    }
    if judge::is_stand_in(value) {
        return false;
    }
    match place.by {
        By::Comma => judge::is_mixed(value) || is_definition(bytes, place),
        _ if quoted => !is_prose(value) && !is_interpolated(value) && !is_markup(value),
        By::Compare => false,
        By::Space => true,
        By::Tag => !value.contains(&b'{'),
        By::Sign | By::Tight => is_bare_password(bytes, value, place),
    }
}

/// Whether this is what an anonymous user gives instead of a password: an address of mail, of
/// which the host may be left out (RFC 1635).
fn is_anonymous(bytes: &[u8], value: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(80), place.start);
    value.contains(&b'@') && contains(head, "anonymous")
}

/// Whether a value without quotes is a password and no expression.
fn is_bare_password(bytes: &[u8], value: &[u8], place: Value) -> bool {
    // A plain word may be a variable, except in files of variables, or next to a plain user.
    if is_identifier(value) && at(bytes, place.end) != b'(' && is_file_of_variables(bytes, place) {
        return true;
    }
    let mix = Mix::of(value);
    let lettered = mix.digits == 0
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'));
    !lettered && !is_expression(bytes, value, place)
}

/// Whether a constant is defined: `define('DB_PASSWORD', '…')`.
fn is_definition(bytes: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(64), place.start);
    let line = head.rsplit(|byte| *byte == b'\n').next();
    line.is_some_and(|line| line.trim_ascii_start().starts_with(b"define("))
}

fn is_file_of_variables(bytes: &[u8], place: Value) -> bool {
    place.by == By::Tight && is_line_of_variables(bytes, place) || has_plain_user(bytes, place)
}

/// Whether a line is `NAME=value`, with nothing else on it but a comment.
fn is_line_of_variables(bytes: &[u8], place: Value) -> bool {
    let start = bytes
        .get(..place.start)
        .and_then(|head| head.iter().rposition(|byte| *byte == b'\n'))
        .map_or(0, |newline| newline + 1);
    let head = part(
        bytes,
        start.max(place.start.saturating_sub(96)),
        place.start,
    );
    let name = head.iter().all(|byte| {
        byte.is_ascii_uppercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'_' | b'=' | b' ' | b'#')
    }) || head.starts_with(b"export ");
    let tail = part(bytes, place.end, line_end(bytes, place.end, 96)).trim_ascii_start();
    name && (tail.is_empty() || tail.first() == Some(&b'#'))
}

/// Whether a user is given in the same way right before: `user = x` and a line later `password = y`.
fn has_plain_user(bytes: &[u8], place: Value) -> bool {
    let password = part(bytes, place.start, place.end);
    let window = part(bytes, place.start.saturating_sub(160), place.start);
    let tail = at(bytes, place.end);
    if !matches!(tail, b'\n' | b'\r' | 0 | b' ') {
        return false;
    }
    let names = ["user", "username", "login", "userid", "uid"];
    window.split(|byte| *byte == b'\n').any(|line| {
        let sign = if line.contains(&b'=') { b'=' } else { b':' };
        let mut halves = line.splitn(2, |byte| *byte == sign);
        let name = halves.next().unwrap_or_default().trim_ascii();
        let given = halves.next().unwrap_or_default().trim_ascii();
        let is_user = names.iter().any(|end| {
            name.len() >= end.len()
                && name
                    .get(name.len() - end.len()..)
                    .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
        });
        // In YAML types and sorts of inputs stand so, too, and most often the same for both.
        let plain = sign == b'=' || is_small(given) && is_small(password) && given != password;
        is_user && plain && !given.is_empty() && given.iter().all(u8::is_ascii_alphanumeric)
    })
}

fn is_small(word: &[u8]) -> bool {
    !word.iter().any(u8::is_ascii_uppercase) && !judge::is_stand_in(word)
}

/// Whether a value stands in a connection string: `Server=x;User Id=y;Password=z;`.
fn is_connection(bytes: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(192), place.start);
    let head = head
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let tail = part(bytes, place.end, place.end + 64);
    let ends = tail
        .first()
        .is_none_or(|byte| matches!(byte, b';' | b'"' | b'\'' | b' ' | b'\n'));
    let user = [
        "user=",
        "uid=",
        "user id=",
        "userid=",
        "username=",
        "user =",
        "host=",
    ];
    let semicolons = head.contains(&b';') || tail.first() == Some(&b';') && tail.contains(&b'=');
    ends && place.quote == 0
        && (semicolons && user.iter().any(|name| contains(head, name))
            || contains(head, "dbname=")
            || contains(tail, "dbname=") && contains(head, "user="))
}

/// Whether a value without quotes is a piece of a program.
fn is_expression(bytes: &[u8], value: &[u8], place: Value) -> bool {
    let next = at(bytes, place.end);
    let dotted = value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_identifier);
    value.iter().any(|byte| matches!(byte, b'(' | b'[' | b'{'))
        || next == b'('
        || dotted
        || value
            .windows(2)
            .any(|two| matches!(two, b"->" | b"::" | b"=>" | b"&&"))
        || matches!(
            value.first(),
            Some(b'*' | b'&' | b'+' | b'!' | b'=' | b')' | b'.' | b'\\')
        )
        || keyword::strength(value).is_some() && is_identifier(value)
        || is_code(value, next)
}

/// Whether a value is a name, a type or a number, as what follows it shows.
fn is_code(value: &[u8], next: u8) -> bool {
    let key = value.last() == Some(&b':');
    let number = value.iter().all(u8::is_ascii_digit) || value.starts_with(b"0x");
    let name = is_identifier(value) && (value.contains(&b'_') || !judge::is_mixed(value));
    matches!(next, b',' | b';' | b')') && (number || name) || key || value.starts_with(b"__")
}

fn is_identifier(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
}

/// Whether text in quotes is meant for people.
fn is_prose(value: &[u8]) -> bool {
    let words = value
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .count();
    words > 2 || value.last() == Some(&b':') || words == 2 && contains(value, "password")
}

/// Whether text in quotes is put together from variables.
fn is_interpolated(value: &[u8]) -> bool {
    let filled = value
        .windows(2)
        .any(|two| matches!(two, b"${" | b"#{" | b"{{" | b"$(" | b"%s" | b"\" " | b"' "));
    filled
        || value.first() == Some(&b'{') && value.last() == Some(&b'}')
        || matches!(value.first(), Some(b'+' | b'.' | b'&' | b';' | b',' | b')'))
}

/// Whether the name is `pass` or `pw`, which in a sentence is no password.
fn ends_in_short(bytes: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(12), place.start);
    !contains(head, "pass") || contains(head, "pass ") && !contains(head, "_pass")
}

/// Whether SQL says that a password comes: `WITH PASSWORD '…'`, `IDENTIFIED BY '…'`.
fn follows_verb(bytes: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(24), place.start);
    ["with", "identified", " set ", "user"]
        .into_iter()
        .any(|verb| contains(head, verb))
}

/// Whether a user is named in quotes in the same way on a line before: `username 'joe'`, as Gradle
/// has it.
fn follows_user(bytes: &[u8], place: Value) -> bool {
    let head = part(bytes, place.start.saturating_sub(80), place.start);
    let line = head.rsplit(|byte| *byte == b'\n').next();
    let alone = line.is_some_and(|line| has(line.trim_ascii_start(), 0, "password "));
    alone && (contains(head, "username '") || contains(head, "username \""))
}

/// Whether a text ends in the flag `-Password`, as commands of PowerShell have it.
fn is_flag(head: &[u8]) -> bool {
    let head = head.trim_ascii_end();
    let start = start_of(head, head.len(), 24, is_word);
    at(head, start) == b'-'
}

/// Whether a text ends in `ENV NAME` on a line of its own.
fn is_of_dockerfile(head: &[u8]) -> bool {
    let line = head.rsplit(|byte| *byte == b'\n').next();
    line.is_some_and(|line| line.starts_with(b"ENV "))
}

fn is_markup(value: &[u8]) -> bool {
    value.starts_with(b"#")
        && value
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'#' | b'-'))
}

/// Whether a password is given in words: as a flag, in a `.netrc`, in quotes.
fn is_spoken(bytes: &[u8], value: &[u8], place: Value) -> bool {
    if place.quote != 0 {
        let drawn = Mix::of(value).digits > 0 && !value.contains(&b' ');
        let told = drawn || follows_verb(bytes, place) || follows_user(bytes, place);
        return !ends_in_short(bytes, place) && told;
    }
    let head = part(bytes, place.start.saturating_sub(96), place.start);
    let flag = head.windows(3).any(|three| three == b" --")
        || head.starts_with(b"--")
        || is_flag(head)
        || is_of_dockerfile(head);
    let netrc =
        || contains(head, "login ") && (contains(head, "machine ") || contains(head, "default "));
    !value.starts_with(b"-") && (flag || netrc())
}

/// Whether a value is a key or token: drawn by a machine, or not like anything else.
fn is_key(bytes: &[u8], name: &[u8], value: &[u8], place: Value) -> bool {
    let least = if place.by == By::Space { 16 } else { 8 };
    if place.by == By::Compare
        && keyword::strength(name) == Some(Strength::Secret)
        && contains(name, "secret")
    {
        return place.quote != 0
            && value.len() >= 8
            && !judge::is_stand_in(value)
            && !value.contains(&b' ');
    }
    if value.len() < least
        || value.len() > 4096
        || value.contains(&b' ')
        || judge::is_stand_in(value)
    {
        return false;
    }
    if place.quote == 0 && is_expression(bytes, value, place) || is_interpolated(value) {
        return false;
    }
    let mix = Mix::of(value);
    if mix.digits >= 2 && mix.letters() >= 2 || mix.others > 3 && mix.digits > 0 {
        return (judge::is_uuid(value) || !judge::is_wordy(value))
            && mix.distinct >= 5
            && !is_address(value);
    }
    let vendor = vendor::within(name);
    judge::is_random(value)
        || vendor.is_some() && mix.others == 0 && mix.length >= 16 && mix.distinct >= 4
}

fn is_address(value: &[u8]) -> bool {
    value.windows(3).any(|three| three == b"://")
        || value.iter().filter(|byte| **byte == b'/').count() > 2 && value.contains(&b'.')
}

/// Whether a value without digits is longer than names of anything are.
fn is_no_name(value: &[u8], mix: Mix) -> bool {
    mix.letters() == mix.length && mix.length >= 40 && judge::is_varied(value)
}

/// Whether a value under a name that says little is a key.
fn is_weak_key(name: &[u8], value: &[u8], place: Value) -> bool {
    if value.contains(&b' ')
        || judge::is_stand_in(value)
        || is_interpolated(value)
        || is_address(value)
    {
        return false;
    }
    let mix = Mix::of(value);
    if let Some(vendor) = vendor::within(name) {
        let named = mix.distinct >= 4 && mix.others * 4 <= mix.length && mix.digits > 0;
        return value.len() >= 10
            && place.by != By::Space
            && (vendor.documents(value)
                || named && !judge::is_wordy(value)
                || is_no_name(value, mix)
                || judge::is_grouped(value));
    }
    value.len() >= 16
        && judge::is_mixed(value)
        && !judge::is_uuid(value)
        && mix.others * 6 <= mix.length
        && !has(value, 0, "sha")
}
