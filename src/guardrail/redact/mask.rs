//! Values of which a part stays, as people know it from receipts and statements.

/// What stands in place of characters that go.
const MASK: char = '*';

/// The value with the part that is usually shown. `None` if nothing of such an entity is.
pub(super) fn partial(entity: &str, value: &str) -> Option<String> {
    match entity {
        "private_key" | "database_url" => None,
        "email" => email(value),
        "iban" => Some(keep(value, 2, 4)),
        "ip_address" if value.contains(':') => Some(groups(value, ':', 2)),
        "ip_address" => Some(groups(value, '.', 2)),
        "mac_address" => Some(keep(value, 6, 0)),
        "jwt" | "secret" => Some(format!("{}{MASK}{MASK}{MASK}", prefix(value))),
        _ => Some(keep(value, 0, tail(value))),
    }
}

/// The first letter, and the domain.
fn email(value: &str) -> Option<String> {
    let (local, domain) = value.rsplit_once('@')?;
    let first = local.chars().find(|c| c.is_alphanumeric())?;
    // A text that is an address no more, so that nobody takes it for one.
    Some(format!("{first}[…]@{domain}"))
}

/// The first groups of an address, which tell its network.
fn groups(value: &str, between: char, kept: usize) -> String {
    let mut shown: Vec<&str> = value.split(between).take(kept).collect();
    shown.push("*");
    shown.join(&between.to_string())
}

/// How much of the end is shown: never more than a third.
fn tail(value: &str) -> usize {
    match value.chars().filter(|c| c.is_alphanumeric()).count() {
        12.. => 4,
        9..=11 => 3,
        6..=8 => 2,
        _ => 0,
    }
}

/// The value with its first and last letters and digits, the others masked. What is between them
/// stays.
fn keep(value: &str, first: usize, last: usize) -> String {
    let count = value.chars().filter(|c| c.is_alphanumeric()).count();
    let mut at = 0;
    let mask = |c: char| {
        if !c.is_alphanumeric() {
            return c;
        }
        at += 1;
        let is_shown = at <= first || at + last > count;
        if is_shown { c } else { MASK }
    };
    value.chars().map(mask).collect()
}

/// The longest prefix that tells the kind of a secret, in bytes.
const PREFIX: usize = 14;

/// What a secret of a vendor begins with, which tells its kind and nothing more: words in lower case
/// with `_` or `-` after them (`ghp_`, `sk-ant-api03-`), or four letters that are documented so.
fn prefix(value: &str) -> &str {
    let known = ["AKIA", "ASIA", "AIza", "eyJ", "SG."];
    if let Some(known) = known.into_iter().find(|known| value.starts_with(known)) {
        return known;
    }
    let mut end = 0;
    for (at, byte) in value.bytes().enumerate().take(PREFIX) {
        match byte {
            b'_' | b'-' => end = at + 1,
            // Digits only where a word has begun: `api03`.
            b'a'..=b'z' => {}
            b'0'..=b'9' if at > end => {}
            _ => break,
        }
    }
    value.get(..end).unwrap_or_default()
}
