//! Words that say that a secret comes next: the last part of an identifier in any style.
//!
//! Nearly every word of a text is asked about, so that the last three bytes decide first: they
//! lead to the few known words that end in them.

use std::sync::LazyLock;

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

/// What a word is in this respect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It announces a secret.
    Telling(Strength),
    /// It changes nothing after a word that tells: `password_b64`, `API_KEY_PROD`.
    Tail,
    /// It says that what comes is public: a digest, an identifier, a version.
    Public,
    /// It is only looked for before a value that is found by itself.
    Quiet,
}

/// The known words.
const WORDS: &[(Class, Extent, &str)] = &[
    (
        Class::Telling(Strength::Password),
        Extent::End,
        "password passwd passphrase passwort passcode passw pswd senha kennwort contrasena motdepasse
        userpw rootpw adminpw userpass dbpass rootpass mailpass smtppass requirepass masterauth keypass
        storepass wachtwoord parola",
    ),
    (
        Class::Telling(Strength::Password),
        Extent::Whole,
        "pass pwd pw psw mdp passwords",
    ),
    (
        Class::Telling(Strength::Secret),
        Extent::End,
        "secret secrets token tokens apikey apitoken secretkey accesskey authkey authtoken privatekey
        credential credentials creds clientsecret appsecret appkey licensekey webhook accountkey
        sharedkey bearer",
    ),
    (
        Class::Telling(Strength::Secret),
        Extent::Whole,
        "pat psk jwt apikeys tok tkn sas ssws hmac authorization",
    ),
    (Class::Telling(Strength::Weak), Extent::Whole, "key keys auth login"),
    (Class::Telling(Strength::Weak), Extent::Glued, "key"),
    (Class::Quiet, Extent::Whole, "access private license sig code"),
    (Class::Quiet, Extent::Glued, "access private"),
    (Class::Tail, Extent::Whole, "b64 base64 value val prod production dev staging sid live test sandbox base"),
    (
        Class::Public,
        Extent::Whole,
        "commit sha sha1 sha256 sha512 sha384 md5 digest hash checksum integrity revision rev etag blob
        tree uuid guid version build image fingerprint parent merge head tag branch ref resolved crc
        trace span request correlation order invoice public pubkey thumbprint serial block transaction
        tx txid address wallet contract file path filename cid oid nonce salt signature",
    ),
];

/// How a known word stands in a part of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// It is the part.
    Whole,
    /// The part ends in it.
    End,
    /// The part ends in it after the name of a vendor, or after a change of case.
    Glued,
}

/// What makes a `key` a secret one.
const SECRET_KEYS: &str = "api secret access private auth client account master encryption encrypt
    signing sign shared license licence consumer admin security crypto hmac deploy sdk integration server
    subscription storage webhook preshared ssh gpg rsa application developer dev service cipher aes
    production rest write ingest query insert apikey token io session decryption hash root jwt insights
    functions host publish";

/// What makes a `key` or a `token` none.
const HARMLESS: &str = "public primary foreign cache sort partition idempotency object row index unique map
    group composite natural surrogate registry hot short range lookup translation message event issue
    project field column property attribute routing dedup dedupe deduplication correlation shard bucket
    metric label tag page next continuation continue cursor sync resume pagination prev previous start end
    stop pad eos bos unk sep mask input output prompt completion max total num change cancellation cancel
    position design sorting grouping order join i18n hotkey last first progress site publishable verify
    content etag recipient request";

/// What asks for a password rather than gives one.
const ASKING: &str = "forgot reset forgotten lost recover allow require no";

#[derive(Debug)]
struct Word {
    text: &'static str,
    class: Class,
    extent: Extent,
}

/// The known words by their last three bytes.
#[derive(Debug)]
struct Index {
    /// for each hash of three bytes the number of its group, 0 for none
    groups: Vec<u8>,
    words: Vec<Vec<Word>>,
    /// for each hash a bit, whether a word of it may be followed by a value
    telling: Vec<u64>,
}

const HASHES: usize = 1 << 15;

/// The index, as whoever looks at many words holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quick(&'static Index);

impl Quick {
    pub(super) fn new() -> Self {
        Self(&INDEX)
    }

    /// Whether a word may announce a value: the quick look that most words do not pass.
    pub(super) fn may_tell(self, word: &[u8]) -> bool {
        self.tells(word)
            || word.last().is_some_and(u8::is_ascii_digit) && self.tells(undigited(word))
    }

    fn tells(self, word: &[u8]) -> bool {
        hash(word).is_some_and(|hash| {
            let bits = self.0.telling.get(hash / 64).copied().unwrap_or(0);
            bits >> (hash % 64) & 1 == 1
        })
    }
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        groups: vec![0; HASHES],
        words: vec![Vec::new()],
        telling: vec![0; HASHES / 64],
    };
    for (class, extent, words) in WORDS {
        for text in words.split_whitespace() {
            // A word of two letters stands after a separator.
            let heads: &[u8] = if text.len() < 3 { b"_-" } else { b"_" };
            for head in heads {
                let ending = [&[*head], text.as_bytes()].concat();
                index.add(
                    &ending,
                    Word {
                        text,
                        class: *class,
                        extent: *extent,
                    },
                );
            }
        }
    }
    index
});

impl Index {
    fn add(&mut self, ending: &[u8], word: Word) {
        let Some(hash) = hash(ending) else { return };
        let tells = matches!(word.class, Class::Telling(_) | Class::Tail);
        if let Some(bits) = self.telling.get_mut(hash / 64) {
            *bits |= u64::from(tells) << (hash % 64);
        }
        let next = u8::try_from(self.words.len()).unwrap_or(0);
        let Some(group) = self.groups.get_mut(hash) else {
            return;
        };
        if *group == 0 {
            *group = next;
            self.words.push(Vec::new());
        }
        if let Some(words) = self.words.get_mut(usize::from(*group)) {
            words.push(word);
        }
    }

    /// The known words that end in the same three bytes.
    fn words(&self, part: &[u8]) -> &[Word] {
        hash(part)
            .and_then(|hash| self.groups.get(hash))
            .and_then(|group| self.words.get(usize::from(*group)))
            .map_or(&[], Vec::as_slice)
    }
}

/// A hash of the last three bytes, without regard to case.
fn hash(word: &[u8]) -> Option<usize> {
    let [first, second, third] = word.last_chunk::<3>()?;
    let fold = |byte: &u8| usize::from(byte & 0x1f);
    Some(fold(first) << 10 | fold(second) << 5 | fold(third))
}

/// A word without the digits at its end.
fn undigited(word: &[u8]) -> &[u8] {
    let digits = word
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    word.get(..word.len() - digits).unwrap_or_default()
}

/// How surely an identifier announces a secret, by its last parts.
pub(super) fn strength(word: &[u8]) -> Option<Strength> {
    if INDEX.words(word).is_empty() && INDEX.words(undigited(word)).is_empty() {
        return None;
    }
    let (start, end) = telling(word)?;
    let class = classify(word, start, end)?;
    let before = || previous(word, start);
    let strength = match class {
        Class::Telling(strength) => strength,
        Class::Quiet => Strength::Weak,
        Class::Tail | Class::Public => return None,
    };
    if strength == Strength::Password {
        return (!is_one(before(), ASKING)).then_some(strength);
    }
    let is_of_public_key = super::bytes::contains(word, "publickey");
    if is_one(before(), HARMLESS) || is_of_public_key {
        return None;
    }
    let part = word.get(start..end)?;
    let secret = strength == Strength::Weak
        && part.eq_ignore_ascii_case(b"key")
        && is_one(before(), SECRET_KEYS);
    Some(if secret { Strength::Secret } else { strength })
}

/// Whether an identifier says that what comes is public.
pub(super) fn is_public(word: &[u8]) -> bool {
    if INDEX.words(word).is_empty() {
        return false;
    }
    let part = last_part(word, word.len());
    part.and_then(|(start, end)| classify(word, start, end)) == Some(Class::Public)
}

/// What the part of an identifier is that stands from `start` to `end`.
fn classify(word: &[u8], start: usize, end: usize) -> Option<Class> {
    let part = word.get(start..end)?;
    let with_head = word.get(start.saturating_sub(1)..end)?;
    let known = INDEX.words(if part.len() < 3 { with_head } else { part });
    let is_it = |known: &&Word| match known.extent {
        Extent::Whole => part.eq_ignore_ascii_case(known.text.as_bytes()),
        Extent::End => ends_with(part, known.text),
        Extent::Glued => ends_with(part, known.text) && is_glued(part, known.text.len()),
    };
    known.iter().find(is_it).map(|known| known.class)
}

/// Whether what stands before the end of a part is a vendor's name, or of another case:
/// `codakey`, `SECRETkey`.
fn is_glued(part: &[u8], length: usize) -> bool {
    let head = part.get(..part.len() - length).unwrap_or_default();
    let shifts = head.last().is_some_and(u8::is_ascii_uppercase)
        && part.get(head.len()).is_some_and(u8::is_ascii_lowercase);
    shifts || head.is_empty() || vendor::is_name(head)
}

/// The part that tells what an identifier is about: the last that is not a tail.
fn telling(word: &[u8]) -> Option<(usize, usize)> {
    let mut end = word.len();
    for _ in 0..3 {
        let (start, stop) = last_part(word, end)?;
        let part = word.get(start..stop)?;
        let digits = part.iter().all(u8::is_ascii_digit);
        if !digits && classify(word, start, stop) != Some(Class::Tail) {
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

fn is_one(part: &[u8], words: &str) -> bool {
    words
        .split_ascii_whitespace()
        .any(|word| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_with(part: &[u8], word: &str) -> bool {
    part.len()
        .checked_sub(word.len())
        .and_then(|start| part.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
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
            ("PublicKeyToken", None),
            ("clientRequestToken", None),
            ("cache_key", None),
            ("monkey", None),
            ("donkeys", None),
            ("name", None),
        ] {
            assert_eq!(strength(word.as_bytes()), expected, "{word}");
            if expected.is_some() {
                assert!(Quick::new().may_tell(word.as_bytes()), "{word}");
            }
        }
    }

    #[test]
    fn the_quick_look_lets_all_words_pass() {
        for (class, _, words) in WORDS {
            if !matches!(class, Class::Telling(_) | Class::Tail) {
                continue;
            }
            for word in words.split_whitespace() {
                assert!(
                    Quick::new().may_tell(format!("the_{word}").as_bytes()),
                    "{word}"
                );
                assert!(
                    Quick::new().may_tell(format!("THE-{}", word.to_uppercase()).as_bytes()),
                    "{word}"
                );
            }
        }
    }

    #[test]
    fn what_is_public() {
        for (word, expected) in [
            ("commit", true),
            ("image_digest", true),
            ("sha256", true),
            ("key", false),
            ("recommit", false),
        ] {
            assert_eq!(is_public(word.as_bytes()), expected, "{word}");
        }
    }
}
