//! JSON Web Tokens, private keys in PEM, and URLs with passwords in them.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::text::Text;

/// The longest header of a token that is decoded, in characters.
const HEADER: usize = 2048;

/// The longest token or key, in bytes.
const LONGEST: usize = 64 * 1024;

/// The longest user, password or host of a URL, in bytes.
const AUTHORITY: usize = 1024;

/// Schemes of databases, caches and brokers.
const SCHEMES: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mysql2",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "valkey",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "oracle",
    "clickhouse",
    "cockroachdb",
    "cassandra",
    "couchbase",
    "couchdb",
    "neo4j",
    "bolt",
    "influxdb",
    "kafka",
    "nats",
    "mqtt",
    "mqtts",
    "stomp",
    "ldap",
    "ldaps",
    "db2",
    "redshift",
    "snowflake",
    "elasticsearch",
    "memcached",
    "tidb",
    "vertica",
    "trino",
    "presto",
    "hive",
    "firebird",
    "cql",
    "jdbc",
    "odbc",
    "pulsar",
];

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The token whose header begins at `start`: three parts, or five if it is encrypted, of which the
/// first is an object in base64url that names an algorithm (RFC 7515, section 4.1.1).
pub(super) fn jwt(text: Text<'_>, start: usize) -> Option<Range<usize>> {
    if text
        .byte_before(start)
        .is_some_and(|byte| is_base64url(byte) || byte == b'.')
    {
        return None;
    }
    let header_end = text.run(start, HEADER, is_base64url);
    let mut end = header_end;
    let mut parts = 1;
    while parts < 5 && text.byte(end) == Some(b'.') {
        let next = text.run(end + 1, LONGEST, is_base64url);
        if next == end + 1 && parts != 1 {
            break;
        }
        (end, parts) = (next, parts + 1);
    }
    (parts >= 3 && names_algorithm(text.str(start..header_end))).then_some(start..end)
}

fn names_algorithm(header: &str) -> bool {
    let Ok(header) = URL_SAFE_NO_PAD.decode(header) else {
        return false;
    };
    let header = serde_json::from_slice::<serde_json::Value>(&header).unwrap_or_default();
    header.get("alg").is_some_and(serde_json::Value::is_string)
}

/// The private key whose `-----BEGIN` begins at `start`, to its end, or to the end of what is left
/// of it.
pub(super) fn private_key(text: Text<'_>, start: usize) -> Option<Range<usize>> {
    let label = text.run(start + "-----BEGIN".len(), 64, |byte| {
        byte == b' ' || byte.is_ascii_alphanumeric()
    });
    let name = text.str(start + "-----BEGIN".len()..label);
    if !name.contains("PRIVATE KEY") || !text.get(label..label + 5).starts_with(b"-----") {
        return None;
    }
    let body = label + 5;
    let body_end = text.run(body, LONGEST, is_body);
    if body_end - body < 32 {
        return None;
    }
    let rest = text.str(body_end..text.floor((body_end + 80).min(text.bytes().len())));
    let footer = rest
        .strip_prefix("-----END")
        .and_then(|rest| rest.find("-----"));
    let end = footer.map_or(body_end, |at| body_end + "-----END".len() + at + 5);
    Some(start..end)
}

/// What the body of a key is made of: base64, the headers of old ones, white space, also escaped.
fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=\r\n\t \\:,\"".contains(&byte)
}

/// The URL around the `://` at `at`, if its scheme is of a database and it has a password.
pub(super) fn database_url(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte);
    let start = text.run_back(at, 40, is_scheme);
    let scheme = text.str(start..at);
    let start = start + scheme.find(|c: char| c.is_ascii_alphabetic())?;
    let scheme = text.str(start..at);
    // `jdbc:postgresql`, `mongodb+srv`, `postgresql+psycopg2`.
    let mut words = scheme.split(['+', ':', '.']);
    if !words.any(|word| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(word))) {
        return None;
    }
    let is_part = |byte: u8| byte > b' ' && !b"\"'<>`\\".contains(&byte);
    let from = at + "://".len();
    let end = text.run(from, 2 * AUTHORITY, is_part);
    let written = text.str(from..text.floor(end));
    let authority = written
        .find(['/', '?', '#'])
        .map_or(written, |to| written.get(..to).unwrap_or(written));
    let (user, host) = authority
        .rsplit_once('@')
        .or_else(|| written.rsplit_once('@'))?;
    let (_, password) = user.split_once(':')?;
    let is_secret = !password.is_empty() && !host.is_empty() && !is_placeholder(password);
    let end = from
        + written
            .trim_end_matches(['.', ',', ';', ')', ']', '}'])
            .len();
    is_secret.then_some(start..end)
}

/// Whether a password stands for one that is put in its place: `${PASSWORD}`, `<password>`, `***`.
fn is_placeholder(password: &str) -> bool {
    let is_masked = password
        .bytes()
        .all(|byte| byte == b'*' || byte == b'x' || byte == b'X' || byte == b'.');
    is_masked || password.starts_with(['$', '<', '{', '%', '['])
}
