//! Words that say that a secret comes next: the last part of an identifier in any style.

use super::vendor;

/// How surely a word announces a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// `key`, `access`, `private`: more often than not no secret
    Weak,
    /// `api_key`, `token`, `secret`: a secret, if it looks drawn
    Secret,
    /// `password`: a secret, whatever it looks like
    Password,
}

/// Parts that announce a password, also at the end of a longer part: `dbpassword`.
const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "passcode",
    "passw",
    "pswd",
    "senha",
    "kennwort",
    "contrasena",
    "motdepasse",
    "userpw",
    "rootpw",
    "adminpw",
    "userpass",
    "dbpass",
    "rootpass",
    "mailpass",
    "smtppass",
    "requirepass",
    "masterauth",
    "keypass",
    "storepass",
    "wachtwoord",
    "parola",
];

/// Parts that announce a password only as a whole part.
const SHORT_PASSWORDS: &[&str] = &["pass", "pwd", "pw", "psw", "mdp", "passwords"];

/// Parts that announce a secret, also at the end of a longer part.
const SECRETS: &[&str] = &[
    "secret",
    "token",
    "apikey",
    "apitoken",
    "secretkey",
    "accesskey",
    "authkey",
    "authtoken",
    "privatekey",
    "credential",
    "credentials",
    "creds",
    "clientsecret",
    "appsecret",
    "appkey",
    "licensekey",
    "webhook",
    "accountkey",
    "sharedkey",
    "bearer",
    "secrets",
    "tokens",
];

/// Parts that announce a secret only as a whole part.
const SHORT_SECRETS: &[&str] = &[
    "pat",
    "psk",
    "jwt",
    "apikeys",
    "tok",
    "tkn",
    "sas",
    "ssws",
    "hmac",
    "authorization",
];

/// Parts that may announce a secret.
const WEAK: &[&str] = &[
    "key",
    "access",
    "private",
    "auth",
    "login",
    "license",
    "sig",
    "signature",
    "keys",
    "code",
];

/// What makes a `key` a secret one.
const SECRET_KEYS: &[&str] = &[
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "client",
    "account",
    "master",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "shared",
    "license",
    "licence",
    "consumer",
    "admin",
    "security",
    "crypto",
    "hmac",
    "deploy",
    "sdk",
    "integration",
    "server",
    "subscription",
    "storage",
    "webhook",
    "preshared",
    "ssh",
    "gpg",
    "rsa",
    "application",
    "developer",
    "dev",
    "service",
    "cipher",
    "aes",
    "production",
    "rest",
    "write",
    "ingest",
    "query",
    "insert",
    "apikey",
    "token",
    "io",
    "session",
    "decryption",
    "hash",
    "root",
    "jwt",
    "insights",
    "functions",
    "host",
    "publish",
];

/// What makes a `key` or a `token` none.
const HARMLESS: &[&str] = &[
    "public",
    "primary",
    "foreign",
    "cache",
    "sort",
    "partition",
    "idempotency",
    "object",
    "row",
    "index",
    "unique",
    "map",
    "group",
    "composite",
    "natural",
    "surrogate",
    "registry",
    "hot",
    "short",
    "range",
    "lookup",
    "translation",
    "message",
    "event",
    "issue",
    "project",
    "field",
    "column",
    "property",
    "attribute",
    "routing",
    "dedup",
    "dedupe",
    "deduplication",
    "correlation",
    "shard",
    "bucket",
    "metric",
    "label",
    "tag",
    "page",
    "next",
    "continuation",
    "continue",
    "cursor",
    "sync",
    "resume",
    "pagination",
    "prev",
    "previous",
    "start",
    "end",
    "stop",
    "pad",
    "eos",
    "bos",
    "unk",
    "sep",
    "mask",
    "input",
    "output",
    "prompt",
    "completion",
    "max",
    "total",
    "num",
    "change",
    "cancellation",
    "cancel",
    "position",
    "design",
    "sorting",
    "grouping",
    "order",
    "join",
    "i18n",
    "hotkey",
    "last",
    "first",
    "progress",
    "site",
    "publishable",
    "verify",
    "content",
    "etag",
    "recipient",
];

/// Parts after the telling one that change nothing: `password_b64`, `API_KEY_PROD`.
const TAILS: &[&str] = &[
    "b64",
    "base64",
    "value",
    "val",
    "prod",
    "production",
    "dev",
    "test",
    "staging",
    "live",
    "sandbox",
    "default",
    "raw",
    "plain",
    "plaintext",
    "hex",
    "sid",
    "primary",
    "secondary",
    "new",
    "old",
    "backup",
    "unsecure",
    "string",
];

/// How surely an identifier announces a secret, by its last parts.
pub(super) fn strength(word: &[u8]) -> Option<Strength> {
    let (start, end) = telling(word)?;
    let part = word.get(start..end)?;
    let before = previous(word, start);
    if is_one(part, SHORT_PASSWORDS) || ends_in(part, PASSWORDS) {
        let asks = is_one(
            before,
            &[
                "forgot",
                "reset",
                "forgotten",
                "lost",
                "recover",
                "allow",
                "require",
                "no",
            ],
        );
        return (!asks).then_some(Strength::Password);
    }
    if is_one(before, HARMLESS) {
        return None;
    }
    if is_one(part, SHORT_SECRETS) || ends_in(part, SECRETS) {
        return Some(Strength::Secret);
    }
    if !is_one(part, WEAK) && !ends_weakly(word, start, end) {
        return None;
    }
    let secret = ends_with(part, "key") && is_one(before, SECRET_KEYS);
    Some(if secret {
        Strength::Secret
    } else {
        Strength::Weak
    })
}

/// Whether the last three bytes of a word are those of one that may announce something: the quick
/// look that most words do not pass.
pub(super) fn may_tell(word: &[u8]) -> bool {
    let Some([first, second, third]) = word.last_chunk::<3>() else {
        return false;
    };
    let ends = [first | 0x20, second | 0x20, third | 0x20];
    third.is_ascii_digit()
        || matches!(
            &ends,
            b"ord"
                | b"swd"
                | b"ase"
                | b"ort"
                | b"ode"
                | b"ssw"
                | b"nha"
                | b"ena"
                | b"rpw"
                | b"tpw"
                | b"npw"
                | b"ass"
                | b"uth"
                | b"pwd"
                | b"\x7fpw"
                | b"-pw"
                | b"psw"
                | b"mdp"
                | b"pin"
                | b"rds"
                | b"ret"
                | b"ken"
                | b"key"
                | b"ial"
                | b"als"
                | b"eds"
                | b"ook"
                | b"rer"
                | b"ets"
                | b"ens"
                | b"pat"
                | b"psk"
                | b"jwt"
                | b"eys"
                | b"sas"
                | b"sws"
                | b"mac"
                | b"ess"
                | b"ate"
                | b"gin"
                | b"nse"
                | b"sig"
                | b"ure"
                | b"b64"
                | b"lue"
                | b"val"
                | b"rod"
                | b"ion"
                | b"dev"
                | b"est"
                | b"ing"
                | b"ive"
                | b"box"
                | b"ult"
                | b"raw"
                | b"ain"
                | b"ext"
                | b"hex"
                | b"sse"
                | b"sic"
                | b"xec"
                | b"c64"
                | b"try"
                | b"ink"
                | b"scp"
                | b"tok"
                | b"tkn"
                | b"sid"
                | b"ary"
                | b"new"
                | b"old"
                | b"kup"
                | b"ola"
        )
}

/// The part that tells what an identifier is about: the last that is not a tail.
fn telling(word: &[u8]) -> Option<(usize, usize)> {
    let mut end = word.len();
    for _ in 0..3 {
        let (start, stop) = last_part(word, end)?;
        let part = word.get(start..stop)?;
        let digits = part.iter().all(u8::is_ascii_digit);
        if !digits && !is_one(part, TAILS) {
            let trailing = part
                .iter()
                .rev()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            return Some((start, stop - trailing));
        }
        end = start;
    }
    None
}

/// The last part of an identifier before a place: `KEY` of `API_KEY`, `Key` of `apiKey`.
fn last_part(word: &[u8], end: usize) -> Option<(usize, usize)> {
    let head = word.get(..end)?;
    let separators = head
        .iter()
        .rev()
        .take_while(|byte| !byte.is_ascii_alphanumeric())
        .count();
    let stop = end - separators;
    let mut start = stop;
    while start > 0 && !begins(word, start, stop) {
        start -= 1;
    }
    (start < stop).then_some((start, stop))
}

/// Whether a part that ends at `stop` begins at a place.
fn begins(word: &[u8], place: usize, stop: usize) -> bool {
    if place == stop {
        return false;
    }
    let Some([before, here]) = word
        .get(place - 1..=place)
        .and_then(|two| two.first_chunk())
    else {
        return true;
    };
    let after_is_lower =
        place + 1 < stop && word.get(place + 1).is_some_and(u8::is_ascii_lowercase);
    !before.is_ascii_alphanumeric()
        || here.is_ascii_uppercase() && before.is_ascii_lowercase()
        || here.is_ascii_uppercase() && before.is_ascii_uppercase() && after_is_lower
        || here.is_ascii_uppercase() && before.is_ascii_digit()
}

/// The part before a place, empty if there is none.
fn previous(word: &[u8], place: usize) -> &[u8] {
    last_part(word, place)
        .and_then(|(start, end)| word.get(start..end))
        .unwrap_or_default()
}

fn is_one(part: &[u8], words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_with(part: &[u8], word: &str) -> bool {
    part.len() >= word.len()
        && part
            .get(part.len() - word.len()..)
            .is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_in(part: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| ends_with(part, word))
}

/// Whether a part ends in a weak word that something known is glued to: `codakey`, `SECRETkey`.
fn ends_weakly(word: &[u8], start: usize, end: usize) -> bool {
    let part = word.get(start..end).unwrap_or_default();
    ["key", "access", "private"].into_iter().any(|weak| {
        if !ends_with(part, weak) {
            return false;
        }
        let head = part.get(..part.len() - weak.len()).unwrap_or_default();
        let shifts = head.last().is_some_and(u8::is_ascii_uppercase)
            && part.get(head.len()).is_some_and(u8::is_ascii_lowercase);
        shifts || head.is_empty() || vendor::is_name(head)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_in_all_styles() {
        use Strength::{Password, Secret, Weak};
        for (word, expected) in [
            ("password", Some(Password)),
            ("DB_PASSWORD", Some(Password)),
            ("dbPassword", Some(Password)),
            ("PGPASSWORD", Some(Password)),
            ("password_b64", Some(Password)),
            ("password2", Some(Password)),
            ("SMTP_PASS", Some(Password)),
            ("compass", None),
            ("bypass", None),
            ("passwordHash", None),
            ("passwordLabel", None),
            ("token_url", None),
            ("secret_name", None),
            ("apiKey", Some(Secret)),
            ("API_KEY", Some(Secret)),
            ("x-api-key", Some(Secret)),
            ("APIKey", Some(Secret)),
            ("apikey", Some(Secret)),
            ("API_KEY_PROD", Some(Secret)),
            ("access_token", Some(Secret)),
            ("nextPageToken", None),
            ("page_token", None),
            ("max_tokens", None),
            ("clientSecret", Some(Secret)),
            ("key", Some(Weak)),
            ("MY_KEY", Some(Weak)),
            ("public_key", None),
            ("cache_key", None),
            ("monkey", None),
            ("donkeys", None),
            ("name", None),
        ] {
            assert_eq!(strength(word.as_bytes()), expected, "{word}");
            if expected.is_some() {
                assert!(may_tell(word.as_bytes()), "{word}");
            }
        }
    }

    #[test]
    fn the_quick_look_lets_all_words_pass() {
        let lists = [
            PASSWORDS,
            SHORT_PASSWORDS,
            SECRETS,
            SHORT_SECRETS,
            WEAK,
            TAILS,
        ];
        for word in lists
            .into_iter()
            .flatten()
            .filter(|word| **word != "authorization")
        {
            let word = format!("the_{word}");
            assert!(may_tell(word.as_bytes()), "{word}");
        }
    }
}
