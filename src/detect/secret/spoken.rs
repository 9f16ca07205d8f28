//! Secrets in sentences and on command lines: `the password for x is "y"`, `psexec … -p y`.

use super::bytes::{at, contains, end_of, has, line_end, part};
use super::judge::{self, Mix};
use super::odd;

/// How far a sentence or a command goes on, in bytes.
const WINDOW: usize = 200;

/// The secret that a sentence or a command gives after one of its words, as from where to where.
pub(super) fn after(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let word = part(bytes, start, end);
    if is_any(
        word,
        &["password", "passwd", "passphrase", "pwd", "passcode"],
    ) {
        return stated(bytes, end).or_else(|| on_its_own_line(bytes, end));
    }
    if is_any(word, &["ConvertTo-SecureString"]) {
        return argument(bytes, end, 1);
    }
    if is_any(word, &["DirectoryEntry"]) && at(bytes, end) == b'(' {
        return argument(bytes, end, 3);
    }
    None
}

fn is_any(word: &[u8], words: &[&str]) -> bool {
    words
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// What stands in quotes after ` is ` of the same sentence.
fn stated(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let line = part(bytes, from, line_end(bytes, from, 64));
    let verb = line
        .windows(4)
        .position(|four| four.eq_ignore_ascii_case(b" is "))?;
    if line.get(..verb)?.contains(&b'.') {
        return None;
    }
    let place = from + verb + 4;
    let quote = at(bytes, place);
    if matches!(quote, b'"' | b'\'' | b'`') {
        let end = end_of(bytes, place + 1, |byte| {
            byte != quote && !byte.is_ascii_whitespace()
        });
        let value = part(bytes, place + 1, end);
        let fits = at(bytes, end) == quote && (4..=64).contains(&value.len());
        return (fits && !judge::is_stand_in(value)).then_some((place + 1, end));
    }
    let end = end_of(bytes, place, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b',' | b';' | b')')
    });
    let value = part(bytes, place, end);
    let value = value.strip_suffix(b".").unwrap_or(value);
    is_drawn_or_marked(value).then_some((place, place + value.len()))
}

/// What is alone on the line after one that ends in a colon.
fn on_its_own_line(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let end = line_end(bytes, from, 96);
    if part(bytes, from, end).trim_ascii_end().last() != Some(&b':') {
        return None;
    }
    let start = end_of(bytes, end, |byte| byte.is_ascii_whitespace()).min(end + 16);
    let stop = line_end(bytes, start, 128);
    let value = part(bytes, start, stop).trim_ascii_end();
    is_drawn_or_marked(value).then_some((start, start + value.len()))
}

/// Whether a bare word in a sentence looks like no word.
fn is_drawn_or_marked(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    value.len() >= 6
        && !value.contains(&b' ')
        && mix.digits > 0
        && mix.letters() > 0
        && (mix.others == 0 || mix.changes > 3)
        && !judge::is_stand_in(value)
        && !judge::is_wordy(value) | (mix.others == 0)
}

/// What follows a flag of a command that is known to take a password there.
pub(super) fn password_flag(bytes: &[u8], flag: usize, flag_end: usize) -> Option<(usize, usize)> {
    let line = part(bytes, flag.saturating_sub(WINDOW), flag);
    let line = line
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let name = part(bytes, flag, flag_end);
    let takes =
        |(known, command): &&(&str, &str)| name == known.as_bytes() && contains(line, command);
    if at(bytes, flag_end) != b' ' || !FLAGS.iter().any(|row| takes(&row)) {
        return None;
    }
    let quote = at(bytes, flag_end + 1);
    let quoted = matches!(quote, b'"' | b'\'');
    let start = flag_end + 1 + usize::from(quoted);
    let stop = if quoted { quote } else { b'"' };
    let end = end_of(bytes, start, |byte| {
        byte != stop && (quoted || !byte.is_ascii_whitespace())
    })
    .min(start + WINDOW);
    let value = part(bytes, start, end);
    (value.len() >= 4 && !value.starts_with(b"-") && !odd::is_template(value))
        .then_some((start, end))
}

/// Flags with passwords after them, and the commands that take these.
const FLAGS: &[(&str, &str)] = &[
    ("-p", "psexec"),
    ("-p", "sshpass"),
    ("-p", "docker login"),
    ("-p", "podman login"),
    ("-p", "az login"),
    ("-p", "oc login"),
    ("-pw", "plink"),
    ("-pw", "pscp"),
    ("-pw", "psftp"),
    ("-P", "sqlcmd"),
    ("-P", "osql"),
    ("-P", "bcp "),
    ("-a", "redis-cli"),
    ("-w", "ldapsearch"),
    ("-w", "ldapadd"),
    ("-w", "ldapmodify"),
    ("-storepass", "keytool"),
    ("-keypass", "keytool"),
    ("-storepass", "jarsigner"),
    ("-keypass", "jarsigner"),
];

/// Whether a flag is one of a client of MySQL, which takes its password without a space.
pub(super) fn is_of_mysql(bytes: &[u8], flag: usize) -> bool {
    let head = part(bytes, flag.saturating_sub(WINDOW), flag);
    let line = head
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    ["mysql ", "mysqldump ", "mysqladmin ", "mariadb "]
        .into_iter()
        .any(|command| contains(line, command))
}

/// The password that is glued to a flag, from where it begins.
pub(super) fn glued(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let quoted = usize::from(matches!(at(bytes, start), b'\'' | b'"'));
    let start = start + quoted;
    let window = part(bytes, start, start + WINDOW);
    let length = end_of(window, 0, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'\'' | b'"' | b'`')
    });
    let value = part(bytes, start, start + length);
    (value.len() >= 4 && !odd::is_template(value)).then_some((start, start + length))
}

/// Whether any command takes a password after this flag.
pub(super) fn is_password_flag(flag: &[u8]) -> bool {
    FLAGS.iter().any(|(known, _)| flag == known.as_bytes())
}

/// The text in quotes that is the argument of this number, from one on.
pub(super) fn argument(bytes: &[u8], from: usize, number: usize) -> Option<(usize, usize)> {
    let limit = bytes.len().min(from + WINDOW * 2);
    let mut place = from;
    for turn in 1..=number {
        let open = end_of(bytes, place, |byte| !matches!(byte, b'"' | b'\'')).min(limit);
        let quote = at(bytes, open);
        let close = end_of(bytes, open + 1, |byte| byte != quote).min(limit);
        if open >= limit || close >= limit || !between(part(bytes, place, open)) {
            return None;
        }
        if turn == number {
            let value = part(bytes, open + 1, close);
            return (value.len() >= 4 && !odd::is_template(value)).then_some((open + 1, close));
        }
        place = close + 1;
    }
    None
}

/// Whether there is nothing but what stands between arguments.
fn between(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b',' | b'@' | b'$'))
        || contains(text, " -String")
        || has(text, 0, " -")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_commands() {
        for (text, word, expected) in [
            (
                "password is \"centipede\" and",
                "password",
                Some("centipede"),
            ),
            (
                "password for the user \"pyne\" is 'admin'.",
                "password",
                Some("admin"),
            ),
            ("password is hunter2.", "password", Some("hunter2")),
            ("password is required", "password", None),
            ("password is \"required\"", "password", None),
            ("password is too short. It is \"long\"", "password", None),
            (
                "password to go on:\n\nbd9627decc63\n\n",
                "password",
                Some("bd9627decc63"),
            ),
            ("password to go on:\n\nthen click\n", "password", None),
            (
                "ConvertTo-SecureString \"a1b2c3\" -AsPlainText",
                "ConvertTo-SecureString",
                Some("a1b2c3"),
            ),
            (
                "DirectoryEntry(\"LDAP://x\", \"user\", \"pass1\")",
                "DirectoryEntry",
                Some("pass1"),
            ),
            (
                "DirectoryEntry(\"LDAP://x\", user, \"pass1\")",
                "DirectoryEntry",
                None,
            ),
        ] {
            let found = after(text.as_bytes(), 0, word.len());
            let value = found.and_then(|(start, end)| text.get(start..end));
            assert_eq!(value, expected, "{text}");
        }
    }
}
