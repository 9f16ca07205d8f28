//! Secrets of odd shapes: PEM blocks, JSON web tokens, hashes of passwords, addresses with
//! passwords, and headers of HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::bytes::{at, before, contains, end_of, has, is_word, part, start_of};
use super::judge;
use super::shape::Set;

/// The longest PEM block, in bytes.
const LONGEST_PEM: usize = 16 * 1024;

/// The longest user and password of an address, in bytes.
const LONGEST_USERINFO: usize = 512;

/// Where a private key in PEM ends whose `-----BEGIN` begins at a place: behind its last line, or
/// at the end of the text if it is cut off.
pub(super) fn pem(bytes: &[u8], from: usize) -> Option<usize> {
    if !has(bytes, from, "-----BEGIN") {
        return None;
    }
    let head = part(bytes, from + 10, from + 64);
    let label = head.windows(5).position(|five| five == b"-----")?;
    let label = head.get(..label)?;
    let is_static = label == b" OpenVPN Static key V1";
    if !is_static && !contains(label, "PRIVATE KEY") {
        return None;
    }
    let body = part(bytes, from + 10, from + LONGEST_PEM);
    let end = body.windows(8).position(|eight| eight == b"-----END");
    let key = body.get(label.len()..end.unwrap_or(body.len()))?;
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    if !is_static && !label.iter().all(plain) || !has_base64(key) {
        return None;
    }
    let Some(end) = end else {
        return Some((from + LONGEST_PEM).min(bytes.len()));
    };
    let line = from + 10 + end + 8;
    let close = part(bytes, line, line + 64)
        .windows(5)
        .position(|five| five == b"-----");
    Some(close.map_or(line, |close| line + close + 5))
}

/// Whether there is a line of base64, rather than a sentence about keys.
fn has_base64(text: &[u8]) -> bool {
    text.split(|byte| !Set::Base64.holds(*byte))
        .any(|line| line.len() >= 24)
}

/// Where a private key in PEM that is in base64 as a whole ends.
pub(super) fn pem_in_base64(bytes: &[u8], from: usize, run_end: usize) -> Option<usize> {
    if !has(bytes, from, "LS0tLS1CRUdJTi") {
        return None;
    }
    let end = end_of(bytes, run_end, |byte| Set::Base64.holds(byte));
    let head = part(bytes, from, from + 64.min((end - from) / 4 * 4));
    let text = STANDARD_NO_PAD.decode(head).ok()?;
    contains(&text, "PRIVATE KEY").then_some(end)
}

/// Where a JSON web token ends that begins at a place: a header with `alg`, claims, a signature.
pub(super) fn jwt(bytes: &[u8], from: usize, first_end: usize) -> Option<usize> {
    if !has(bytes, from, "ey") || at(bytes, first_end) != b'.' {
        return None;
    }
    let url = |byte| Set::Url.holds(byte);
    let claims = end_of(bytes, first_end + 1, url);
    if at(bytes, claims) != b'.' || claims < first_end + 3 {
        return None;
    }
    let mut end = end_of(bytes, claims + 1, url);
    let header = decoded(part(bytes, from, first_end))?;
    if contains(&header, "\"enc\"") {
        // An encrypted one has two parts more.
        for _ in 0..2 {
            if at(bytes, end) == b'.' {
                end = end_of(bytes, end + 1, url);
            }
        }
    }
    let is_header = header.first() == Some(&b'{') && contains(&header, "\"alg\"");
    is_header.then_some(end)
}

/// Base64url, decoded as far as it can be.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let whole = part(text, 0, text.len().min(512) / 4 * 4);
    URL_SAFE_NO_PAD
        .decode(text.get(..512.min(text.len()))?)
        .or_else(|_| URL_SAFE_NO_PAD.decode(whole))
        .ok()
}

/// Marks of the hashes of passwords in the format of `crypt` and its successors, with the least
/// length of all of it.
const HASHES: &[(&str, usize)] = &[
    ("$2a$", 60),
    ("$2b$", 60),
    ("$2x$", 60),
    ("$2y$", 60),
    ("$1$", 26),
    ("$5$", 47),
    ("$6$", 90),
    ("$7$", 60),
    ("$y$", 60),
    ("$gy$", 60),
    ("$md5", 28),
    ("$sha1$", 40),
    ("$apr1$", 32),
    ("$argon2i$", 60),
    ("$argon2d$", 60),
    ("$argon2id$", 60),
    ("$scrypt$", 50),
    ("$pbkdf2", 40),
    ("$bcrypt-sha256$", 60),
    ("$P$", 34),
    ("$H$", 34),
    ("$S$", 55),
    ("$krb5tgs$", 60),
    ("$krb5asrep$", 60),
    ("$krb5pa$", 60),
    ("$DCC2$", 40),
    ("{SSHA}", 36),
    ("{SHA}", 33),
    ("{SMD5}", 26),
    ("{CRYPT}", 20),
    ("pbkdf2_sha256$", 60),
    ("pbkdf2_sha1$", 40),
    ("bcrypt_sha256$", 60),
    ("sha1$", 46),
    ("pbkdf2:sha", 60),
    ("scrypt:", 60),
];

/// Where the hash of a password ends that begins at a place.
pub(super) fn password_hash(bytes: &[u8], from: usize) -> Option<usize> {
    let (_, least) = HASHES
        .iter()
        .find(|(mark, _)| part(bytes, from, from + mark.len()) == mark.as_bytes())?;
    let belongs = |byte: u8| {
        Set::Base64.holds(byte)
            || matches!(
                byte,
                b'$' | b'.' | b',' | b'-' | b'_' | b'{' | b'}' | b':' | b'*' | b'@' | b'~' | b'#'
            )
    };
    let end = end_of(part(bytes, from, from + 512), 0, belongs) + from;
    let digits = part(bytes, from, end).iter().any(u8::is_ascii_digit);
    (end - from >= *least && digits).then_some(end)
}

/// The password in an address such as `scheme://user:password@host`, as from where to where, given
/// where `://` ends.
pub(super) fn userinfo(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let stops = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'/' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'?' | b','
            )
    };
    let window = part(bytes, from, from + LONGEST_USERINFO);
    let end = end_of(window, 0, |byte| !stops(byte));
    let authority = window.get(..end)?;
    let close = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority.iter().position(|byte| *byte == b':');
    let Some(colon) = colon.filter(|colon| *colon < close) else {
        let user = authority.get(..close)?;
        return (user.len() >= 16 && judge::is_random(user)).then_some((from, from + close));
    };
    let password = authority.get(colon + 1..close)?;
    // `scheme://user:password@host:port` says how an address is written.
    let host = authority
        .get(close + 1..)?
        .split(|byte| *byte == b':')
        .next()?;
    if matches!(host, b"host" | b"hostname") && password == b"password" {
        return None;
    }
    (!password.is_empty() && !is_template(password)).then_some((from + colon + 1, from + close))
}

/// Whether the password of an address, a flag or a header stands for another: `$PASS`, `<pass>`, `***`.
pub(super) fn is_template(password: &[u8]) -> bool {
    let first = password.first().copied().unwrap_or(0);
    let plain = password.iter().any(u8::is_ascii_alphanumeric);
    let upper = password
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    !plain
        || matches!(first, b'$' | b'{' | b'<' | b'[' | b'%' | b'#' | b'*')
        || upper && contains(password, "PASS")
        || ["xxx", "...", "***", "your", "${", "{{"]
            .into_iter()
            .any(|mark| contains(password, mark))
}

/// The last part of an address that a hook listens at, as from where to where: whoever knows it
/// can call it.
pub(super) fn hook(bytes: &[u8], run: usize, run_end: usize) -> Option<(usize, usize)> {
    if before(bytes, run) != b'/' || run_end - run < 20 {
        return None;
    }
    let belongs = |byte: u8| is_word(byte) || matches!(byte, b'/' | b'.' | b':' | b'@' | b'%');
    let start = start_of(bytes, run, 160, belongs);
    let path = part(bytes, start, run);
    let hooks = contains(path, "hooks/")
        || contains(path, "hook/")
        || contains(path, "//hooks.")
        || contains(path, "//hook.");
    (hooks && contains(path, "://") && judge::is_mixed(part(bytes, run, run_end)))
        .then_some((run, run_end))
}

/// Whether an address is a database's, by its scheme.
pub(super) fn is_database(scheme: &[u8]) -> bool {
    const SCHEMES: &[&str] = &[
        "postgres",
        "postgresql",
        "postgis",
        "mysql",
        "mysqlx",
        "mariadb",
        "mongodb",
        "srv",
        "redis",
        "rediss",
        "mssql",
        "sqlserver",
        "oracle",
        "cockroachdb",
        "cockroach",
        "clickhouse",
        "amqp",
        "amqps",
        "couchdb",
        "couchbase",
        "couchbases",
        "cassandra",
        "neo4j",
        "bolt",
        "influxdb",
        "memcached",
        "db2",
        "snowflake",
        "redshift",
        "libsql",
        "asyncpg",
        "psycopg2",
        "pymysql",
        "jdbc",
    ];
    SCHEMES
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known.as_bytes()))
}

/// The credential after `Basic `, as from where to where: base64 with a colon in it.
pub(super) fn basic(bytes: &[u8], word_end: usize) -> Option<(usize, usize)> {
    let start = end_of(bytes, word_end, |byte| matches!(byte, b' ' | b':'));
    let end = end_of(part(bytes, start, start + 512), 0, |byte| {
        Set::Base64.holds(byte) || matches!(byte, b'-' | b'_')
    }) + start;
    let text = part(bytes, start, end);
    let unpadded = text.len() - text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = text.get(..unpadded)?;
    let decoded = STANDARD_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text))
        .ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let plain = decoded.iter().all(|byte| matches!(byte, 0x20..=0x7e));
    (start > word_end && plain && colon + 1 < decoded.len()).then_some((start, end))
}

/// Whether a run is the second hash of a line of passwords of Windows, as `pwdump` writes them:
/// `user:500:…32…:…32…:::`.
pub(super) fn is_dumped(bytes: &[u8], run: usize, run_end: usize) -> bool {
    let Some(first) = run.checked_sub(33) else {
        return false;
    };
    let hex = |from| {
        part(bytes, from, from + 32)
            .iter()
            .all(u8::is_ascii_hexdigit)
    };
    run_end - run == 32
        && before(bytes, run) == b':'
        && has(bytes, run_end, ":::")
        && hex(run)
        && hex(first)
}

/// The lines of a private key in PuTTY's format, given where `Private-Lines:` ends.
pub(super) fn putty(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = end_of(bytes, from, |byte| byte == b' ' || byte.is_ascii_digit());
    let start = end_of(bytes, start, |byte| byte.is_ascii_whitespace());
    let window = part(bytes, start, start + LONGEST_PEM);
    let end = end_of(window, 0, |byte| {
        Set::Base64.holds(byte) || byte.is_ascii_whitespace()
    });
    let lines = window.get(..end)?;
    // The last line of them is followed by `Private-MAC:`, of which the first word looks alike.
    let end = lines.iter().rposition(|byte| *byte == b'\n').unwrap_or(end);
    has_base64(window.get(..end)?).then_some((start, start + end))
}

/// The password of `-u user:password`, or of `-U user%password`, as from where to where.
pub(super) fn user_flag(bytes: &[u8], flag: usize, word_end: usize) -> Option<(usize, usize)> {
    let parts = |byte: &u8| *byte == b':' || *byte == b'%' && at(bytes, flag + 1) == b'U';
    let start = end_of(bytes, word_end, |byte| {
        matches!(byte, b' ' | b'=' | b'"' | b'\'')
    })
    .min(word_end + 4);
    if start == word_end {
        return None;
    }
    let stops =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'/');
    let window = part(bytes, start, start + LONGEST_USERINFO);
    let end = end_of(window, 0, |byte| !stops(byte));
    let text = window.get(..end)?;
    let colon = text.iter().position(parts)?;
    let password = text.get(colon + 1..)?;
    let likely = colon > 0
        && password.len() >= 3
        && !is_template(password)
        && !password.iter().all(u8::is_ascii_digit);
    likely.then_some((start + colon + 1, start + end))
}

/// A key with its vendor's mark in the middle: Azure's, from where to where.
pub(super) fn marked(
    bytes: &[u8],
    run: usize,
    run_end: usize,
) -> Option<(usize, usize, &'static str)> {
    let text = part(bytes, run, run_end);
    if text.len() == 84 && text.get(76..80) == Some(b"AZDO") {
        return Some((run, run_end, "azure_devops_token"));
    }
    // Client secrets of Entra ID: three characters, a digit, `Q~`, then 31 to 34.
    if before(bytes, run) == b'~' && before(bytes, run - 1) == b'Q' {
        let belongs = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'~');
        let start = start_of(bytes, run, 6, belongs);
        let end = end_of(bytes, run, belongs);
        let digit = at(bytes, run.checked_sub(3)?).is_ascii_digit();
        let fits = (31..=34).contains(&(end - run)) && start + 6 == run;
        return (digit && fits).then_some((start, end, "azure_client_secret"));
    }
    // Keys of storage, Cosmos DB and others have a mark before the end of their base64.
    const MARKS: &[&str] = &[
        "+ASt", "ACDb", "+ABa", "+AMC", "AZEG", "AIoT", "+AEh", "AzSe", "AzFu", "AzCa", "+ACR",
        "ACRt", "APIM",
    ];
    let joined = |byte: u8| matches!(byte, b'+' | b'/' | b'=');
    let whole = matches!(text.len(), 52 | 56 | 84);
    if !whole && !joined(before(bytes, run)) && !joined(at(bytes, run_end)) {
        return None;
    }
    let start = start_of(bytes, run, 90, |byte| {
        Set::Base64.holds(byte) && byte != b'='
    });
    let end = end_of(bytes, run_end, |byte| Set::Base64.holds(byte));
    let text = part(bytes, start, end);
    let mark = match text.len() {
        88 => text.get(76..80),
        44 => text.get(32..36).filter(|mark| *mark != b"AzSe"),
        52 => text.get(42..46),
        56 => text.get(44..48),
        84 => text.get(76..80),
        _ => None,
    }?;
    let known = MARKS.iter().any(|known| known.as_bytes() == mark);
    known.then_some((start, end, "azure_service_key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(text: &str, range: Option<(usize, usize)>) -> Option<&str> {
        range.and_then(|(start, end)| text.get(start..end))
    }

    #[test]
    fn passwords_in_addresses() {
        for (text, expected) in [
            ("user:pass@host/path", Some("pass")),
            ("user:p@ss@host", Some("p@ss")),
            (":pass@host:1", Some("pass")),
            ("host:80/a@b", None),
            ("user@host", None),
            ("user:$PASS@host", None),
            ("user:<password>@host", None),
            ("user:***@host", None),
            ("user:@host", None),
        ] {
            assert_eq!(
                slice(text, userinfo(text.as_bytes(), 0)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn headers_and_flags() {
        for (text, expected) in [
            ("Basic dXNlcjpwYXNz", Some("dXNlcjpwYXNz")),
            ("Basic authentication", None),
            ("Basic dXNlcg==", None),
        ] {
            assert_eq!(slice(text, basic(text.as_bytes(), 5)), expected, "{text}");
        }
        for (text, expected) in [
            ("-u user:pass", Some("pass")),
            ("-u \"user:pass\"", Some("pass")),
            ("-u user", None),
            ("-u 1000:1000", None),
            ("-u $A:$B", None),
        ] {
            assert_eq!(
                slice(text, user_flag(text.as_bytes(), 0, 2)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn private_keys_are_found_whole() {
        let body = "A".repeat(40);
        let key = format!(
            "-----BEGIN RSA {0} KEY-----\n{body}\n-----END RSA {0} KEY-----",
            "PRIVATE"
        );
        assert_eq!(pem(key.as_bytes(), 0), Some(key.len()));
        assert_eq!(pem(format!("{key}\nrest").as_bytes(), 0), Some(key.len()));
        let cut = key.get(..60).unwrap();
        assert_eq!(pem(cut.as_bytes(), 0), Some(cut.len()));
        assert_eq!(pem(key.replace("PRIVATE", "PUBLIC").as_bytes(), 0), None);
    }
}
