//! Addresses of electronic mail (RFC 5322, RFC 6531), as people write them.

use std::ops::Range;

use super::text::Text;

/// The longest local part, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL: usize = 64;

/// The longest domain, in bytes (RFC 5321, section 4.5.3.1.2).
const DOMAIN: usize = 255;

/// What stands where a top-level domain would, in names of files.
const FILES: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "mjs", "ts", "tsx", "jsx",
    "json", "html", "htm", "xml", "yaml", "yml", "toml", "txt", "py", "rb", "go", "so", "dll",
    "service", "socket", "timer", "target", "mount",
];

/// The range of the address whose `@` is at `at`.
pub(super) fn at(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let end = domain(text, at + 1)?;
    let start = quoted(text, at).or_else(|| local(text, at))?;
    let name = text.get(start..at);
    // A repository, not a mailbox: `git@host.example:path`.
    let is_remote = name == b"git" && text.byte(end) == Some(b':');
    (!is_remote).then_some(start..end)
}

/// Where the local part before `at` begins.
fn local(text: Text<'_>, at: usize) -> Option<usize> {
    let run = text.run_back(at, LOCAL + 1, is_local);
    if at - run > LOCAL {
        return None;
    }
    let mut start = after_foreign(text, run, at);
    // `\nname@` in a text that is itself an escaped string.
    if text.byte_before(start) == Some(b'\\') {
        start += 1;
    }
    // What was escaped in an address of the web: `?to=%22name@`.
    while is_escape(text.get(start..at.min(start + 3))) {
        start += 3;
    }
    while matches!(text.byte(start), Some(b'.' | b'\'' | b'-' | b'+')) {
        start += 1;
    }
    let name = text.str(start..at);
    let is_name = !name.is_empty() && !name.ends_with('.') && !name.contains("..");
    (is_name && !is_user_of_url(text, start)).then_some(start)
}

/// Where the characters before `at` begin that a local part is made of, at or after `run`, which
/// may be within a character.
fn after_foreign(text: Text<'_>, run: usize, at: usize) -> usize {
    let run = (run..=at)
        .find(|place| text.floor(*place) == *place)
        .unwrap_or(at);
    let mut characters = text.str(run..at).char_indices().rev();
    let foreign = characters.find(|(_, c)| !is_local_char(*c));
    foreign.map_or(run, |(index, c)| run + index + c.len_utf8())
}

/// Whether what begins at `start` is the user or the password of a URL: `https://name:word@host`.
fn is_user_of_url(text: Text<'_>, start: usize) -> bool {
    let user = match text.byte_before(start) {
        Some(b':') => text.run_back(start - 1, LOCAL, |byte| !b"/ @\"'<>".contains(&byte)),
        _ => start,
    };
    text.get(user.saturating_sub(3)..user) == b"://"
}

/// Where a local part in quotes begins, if one ends before `at`.
fn quoted(text: Text<'_>, at: usize) -> Option<usize> {
    let close = at
        .checked_sub(1)
        .filter(|close| text.byte(*close) == Some(b'"'))?;
    let inside = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    let open = text.run_back(close, LOCAL - 2, inside).checked_sub(1)?;
    let is_quoted =
        text.byte(open) == Some(b'"') && open + 1 < close && !text.is_glued_before(open);
    is_quoted.then_some(open)
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', first, second] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b".'+_-&%".contains(&byte)
}

fn is_local_char(c: char) -> bool {
    c.is_ascii() || c.is_alphanumeric() || is_mark(c)
}

/// Marks that join letters in scripts of India.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{900}'..='\u{DFF}')
}

/// The end of the domain that begins at `start`: at least two labels, the last one of letters.
fn domain(text: Text<'_>, start: usize) -> Option<usize> {
    let limit = text.floor((start + DOMAIN).min(text.bytes().len()));
    let rest = text.str(start..limit);
    let is_host = |c: char| c.is_alphanumeric() || c == '-' || c == '.' || is_mark(c);
    let run = rest.find(|c| !is_host(c)).unwrap_or(rest.len());
    let host = rest.get(..run)?.trim_end_matches(['.', '-']);
    let (names, top) = host.rsplit_once('.')?;
    let is_label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let is_domain = names.split('.').all(is_label) && is_top(top) && !is_file(names, top);
    is_domain.then_some(start + host.len())
}

fn is_top(top: &str) -> bool {
    let letters = top.chars().count();
    let is_plain =
        (2..=24).contains(&letters) && top.chars().all(|c| c.is_alphabetic() || is_mark(c));
    is_plain
        || top
            .get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case("xn--"))
}

/// Whether it is the name of a file: `icon@2x.png`, `getty@tty1.service`.
fn is_file(names: &str, top: &str) -> bool {
    !names.contains('.') && FILES.iter().any(|name| name.eq_ignore_ascii_case(top))
}
