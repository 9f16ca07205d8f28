//! Whether a value looks like a secret: measured on its bytes, without a dictionary.

use super::bytes::{contains, has};

/// What a value is made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mix {
    pub(super) length: usize,
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) digits: usize,
    /// `_`, `-` and whatever else is neither letter nor digit
    pub(super) others: usize,
    /// different bytes
    pub(super) distinct: usize,
    /// neighbours of different classes: of words few, of random bytes many
    pub(super) changes: usize,
}

/// How much of a value is measured; what comes after is like it.
const MEASURED: usize = 256;

impl Mix {
    pub(super) fn of(value: &[u8]) -> Self {
        let mut mix = Self::default();
        let mut seen = [0_u64; 4];
        let mut last = None;
        for byte in value.iter().take(MEASURED) {
            let class = match byte {
                b'a'..=b'z' => &mut mix.lower,
                b'A'..=b'Z' => &mut mix.upper,
                b'0'..=b'9' => &mut mix.digits,
                _ => &mut mix.others,
            };
            *class += 1;
            let kind = std::mem::discriminant(&kind(*byte));
            mix.changes += usize::from(last.is_some_and(|last| last != kind));
            last = Some(kind);
            if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
                *word |= 1 << (byte & 63);
            }
            mix.length += 1;
        }
        mix.distinct = seen.iter().map(|word| word.count_ones() as usize).sum();
        mix
    }

    pub(super) fn letters(&self) -> usize {
        self.lower + self.upper
    }
}

enum Kind {
    Lower,
    Upper,
    Digit,
    Other,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'a'..=b'z' => Kind::Lower,
        b'A'..=b'Z' => Kind::Upper,
        b'0'..=b'9' => Kind::Digit,
        _ => Kind::Other,
    }
}

/// Whether a value has enough different bytes not to be filler such as `xxxxxxxx`.
pub(super) fn is_varied(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    mix.distinct >= 5.min(mix.length.div_ceil(2)) && !is_filler(value)
}

/// Whether a value looks as if a machine had drawn it: classes of bytes change all the time.
pub(super) fn is_random(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    if mix.letters() == 0 || mix.distinct < 8.min(mix.length.div_ceil(2)) || is_filler(value) {
        return false;
    }
    if mix.digits == 0 {
        // Words in camel case change class twice a word, drawn letters every second letter.
        return mix.length >= 16
            && mix.upper > 1
            && mix.lower > 1
            && mix.changes * 5 >= mix.length * 2;
    }
    let often = if mix.upper > 0 && mix.lower > 0 { 4 } else { 8 };
    mix.changes * often >= mix.length && !is_wordy(value)
}

/// Whether a word may be drawn at all: the quick look that words and numbers do not pass.
pub(super) fn may_be_drawn(word: &[u8]) -> bool {
    let head = word.get(..64).unwrap_or(word);
    let digits = head.iter().filter(|byte| byte.is_ascii_digit()).count();
    let capitals = head.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    digits > 0 && digits < head.len() || capitals * 4 > head.len() || longest_part(head) >= 20
}

/// The length of the longest part of a value that is letters and digits alone.
pub(super) fn longest_part(value: &[u8]) -> usize {
    let parts = value.split(|byte| !byte.is_ascii_alphanumeric());
    parts.map(<[u8]>::len).max().unwrap_or(0)
}

/// Whether a value mixes letters and digits at all, as keys in examples do: `abcdef1234567890`.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    mix.digits >= 2
        && mix.letters() >= 2
        && mix.distinct >= 5
        && !is_filler(value)
        && !is_wordy(value)
}

/// Whether a value is words and numbers with something between: `my-app-2`, `order_2024_11`.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    let parts = value.split(|byte| !byte.is_ascii_alphanumeric());
    parts.into_iter().all(|part| {
        let mix = Mix::of(part);
        let word = mix.letters() == mix.length || mix.digits == mix.length;
        let numbered = mix.changes <= 2 && mix.digits <= 3;
        mix.length < 20 && (word || numbered)
    })
}

/// The fewest letters and digits of a key in groups.
const LEAST_GROUPED: usize = 16;

/// Whether a value is a key as people are given it to type: groups of one length, four at least,
/// of digits and letters of one case, with dashes between. Without a digit it is in capitals.
pub(super) fn is_grouped(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    let length = value.iter().take_while(|byte| **byte != b'-').count();
    let groups = value.split(|byte| *byte == b'-');
    let alike = groups.clone().all(|group| group.len() == length);
    length >= 4
        && alike
        && (2..=8).contains(&groups.count())
        && mix.length - mix.others >= LEAST_GROUPED
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && mix.letters() > 0
        && (mix.lower == 0 || mix.upper == 0 && mix.digits > 0)
        && mix.distinct >= 8
        && !is_filler(value)
}

/// Whether letters are in both cases as no name in camel case has them: more than every third is a
/// capital.
pub(super) fn is_of_both_cases(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    mix.length >= 16
        && mix.letters() == mix.length
        && mix.lower > 1
        && mix.upper * 3 > mix.length
        && mix.distinct >= 8
        && !is_filler(value)
}

/// Whether a value is `xxxxxxxx`, `********`, `........` or some such.
fn is_filler(value: &[u8]) -> bool {
    let most = |test: fn(&u8) -> bool| {
        value.iter().filter(|byte| test(byte)).count() * 3 > value.len() * 2
    };
    most(|byte| matches!(byte, b'x' | b'X'))
        || most(|byte| matches!(byte, b'*' | b'.' | b'#' | b'?'))
}

/// Whether a value is a UUID, in any case of letters. Also of letters that are not hexadecimal,
/// which examples have.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}

/// Whether a value is the name of a host: `tenant1.auth0.com`.
pub(super) fn is_host(value: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let mut labels = value.rsplit(|byte| *byte == b'.');
    let top = labels.next().unwrap_or_default();
    (2..=8).contains(&top.len())
        && top.iter().all(u8::is_ascii_lowercase)
        && value.iter().all(plain)
        && labels.clone().count() > 1
        && labels.all(|label| !label.is_empty())
}

/// Words that stand where a secret would stand, and are none.
const STAND_INS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "key",
    "string",
    "str",
    "text",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "required",
    "optional",
    "default",
    "empty",
    "unset",
    "not-set",
    "notset",
    "not_set",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "hidden",
    "masked",
    "removed",
    "todo",
    "tbd",
    "fixme",
    "unknown",
    "number",
    "boolean",
    "bool",
    "object",
    "array",
    "bearer",
    "basic",
    "oauth",
    "username",
    "user",
    "value",
    "input",
    "email",
    "admin:admin",
    "header",
    "query",
    "cookie",
    "body",
    "env",
    "session",
    "type",
    "static",
    "auto",
    "disabled",
    "enabled",
    "yes",
    "no",
    "on",
    "off",
    "any",
    "void",
];

/// Parts of a value that tell that someone is to put a secret there.
const INVITATIONS: &[&str] = &[
    "your",
    "my_",
    "my-",
    "_here",
    "-here",
    "goes here",
    "example",
    "placeholder",
    "insert",
    "replace",
    "xxxx",
    "****",
    "changeme",
    "change_me",
    "change-me",
    "dummy",
    "sample",
    "redacted",
    "<",
    "...",
    "todo",
    "fill_in",
    "enter ",
    "enter_",
    "somesecret",
    "not-a-real",
    "notreal",
    "lorem",
];

/// Beginnings of a value that refer to a secret elsewhere.
const REFERENCES: &[&str] = &[
    "$",
    "{{",
    "{%",
    "${",
    "#{",
    "@{",
    "%(",
    "%{",
    "<%",
    "<?",
    "[[",
    "!ref",
    "!sub",
    "!env",
    "env.",
    "env:",
    "process.env",
    "os.environ",
    "os.getenv",
    "getenv",
    "system.getenv",
    "env(",
    "env[",
    "enc[",
    "enc(",
    "vault:",
    "vault/",
    "ref+",
    "secret://",
    "tfy-secret",
    "file:",
    "file(",
    "arn:",
    "data.",
    "var.",
    "local.",
    "module.",
    "config.",
    "settings.",
    "self.",
    "this.",
    "params.",
    "props.",
    "req.",
    "request.",
    "args.",
    "opts.",
    "options.",
    "ctx.",
    "http://",
    "https://",
    "/",
    "./",
    "../",
    "~/",
    "c:\\",
];

/// Whether a value is a placeholder, or refers to where the secret is.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    let is = |word: &&str| value.eq_ignore_ascii_case(word.as_bytes());
    STAND_INS.iter().any(is) || is_invitation(value) || is_reference(value)
}

/// Whether a value invites to put a secret there.
pub(super) fn is_invitation(value: &[u8]) -> bool {
    let head = value.get(..64).unwrap_or(value);
    is_filler(value) || is_made_up(value) || INVITATIONS.iter().any(|part| contains(head, part))
}

/// Whether a value bears the mark of New Relic, all of whose keys with it are hexadecimal, and is
/// something else.
fn is_made_up(value: &[u8]) -> bool {
    let body = value.strip_suffix(b"NRAL");
    let body = body.filter(|body| body.len() == 36 && !body.starts_with(b"eu01xx"));
    body.is_some_and(|body| !body.iter().all(u8::is_ascii_hexdigit))
}

/// Whether a value refers to something elsewhere: a variable, a template, a file, an address.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let percent = value.first() == Some(&b'%') && value.last() == Some(&b'%');
    let bracketed = value.first() == Some(&b'[') && value.last() == Some(&b']');
    percent || bracketed || REFERENCES.iter().any(|start| has(value, 0, start))
}
