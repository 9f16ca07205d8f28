//! What else a text may be read as: what it stands for once decoded, composed and in lower case.

use std::borrow::Cow;
use std::collections::HashSet;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::base64;
use crate::json::{Document, Kind, Limits, LoneSurrogates, Value};

/// How often percent-encoding is taken off.
const LAYERS: usize = 3;

/// How often all that is asked for is done to what came of it before.
const ROUNDS: usize = 2;

/// How often JSON may hold a string that holds JSON.
const LEVELS: usize = 4;

/// The most readings of one text.
const MOST: usize = 256;

/// The shortest text that is taken for base64, in characters.
const SHORTEST: usize = 8;

/// Which readings there are beside the text itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Normalize {
    /// Unicode in its composed form (NFC), and what is compatible made equal (NFKC).
    pub nfc: bool,
    /// Everything in lower case.
    pub case: bool,
    /// Percent-encoding taken off, up to three layers of it.
    pub percent: bool,
    /// What looks like base64, decoded.
    pub base64: bool,
}

/// There are too many ways to read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// All readings of a text, the text itself first.
pub(super) fn forms(text: &str, how: Normalize) -> Result<Vec<Cow<'_, str>>, TooMany> {
    let mut forms = Forms {
        all: vec![Cow::Borrowed(text)],
        seen: HashSet::new(),
        room: text.len().saturating_mul(16).saturating_add(1 << 16),
    };
    let mut from = 0;
    for _ in 0..ROUNDS {
        let new: Vec<String> = forms.since(from);
        from = forms.all.len();
        for form in new {
            if how.percent {
                percent(&form, &mut forms)?;
            }
            if how.base64 {
                encoded(&form, &mut forms)?;
            }
        }
    }
    if how.nfc {
        for form in forms.since(0) {
            let nfc = ComposingNormalizerBorrowed::new_nfc().normalize(&form);
            let nfkc = ComposingNormalizerBorrowed::new_nfkc().normalize(&form);
            forms.add(nfc.into_owned())?;
            forms.add(nfkc.into_owned())?;
        }
    }
    if how.case {
        for form in forms.since(0) {
            forms.add(form.to_lowercase())?;
        }
    }
    Ok(forms.all)
}

struct Forms<'t> {
    all: Vec<Cow<'t, str>>,
    seen: HashSet<String>,
    /// How many bytes more they may take.
    room: usize,
}

impl Forms<'_> {
    fn add(&mut self, form: String) -> Result<(), TooMany> {
        if self.all.first().is_some_and(|text| *text == form) || self.seen.contains(&form) {
            return Ok(());
        }
        self.room = self.room.checked_sub(form.len()).ok_or(TooMany)?;
        if self.all.len() == MOST {
            return Err(TooMany);
        }
        self.seen.insert(form.clone());
        self.all.push(Cow::Owned(form));
        Ok(())
    }

    fn since(&self, from: usize) -> Vec<String> {
        let new = self.all.iter().skip(from);
        new.map(|form| form.as_ref().to_owned()).collect()
    }
}

/// The strings, numbers and keys of the JSON that a text is, and of the JSON in these.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    nested(text, 0, &mut pieces);
    pieces
}

fn nested(text: &str, level: usize, pieces: &mut Vec<String>) {
    const LIMITS: Limits = Limits {
        depth: 64,
        number_digits: 1024,
        lone_surrogates: LoneSurrogates::Replace,
    };
    let may_be_json = text.trim_start().starts_with(['{', '[', '"']);
    if level == LEVELS || !may_be_json {
        return;
    }
    if let Ok(document) = Document::parse(text.as_bytes(), &LIMITS) {
        texts(document.root(), level, pieces);
    }
}

fn texts(value: Value<'_>, level: usize, pieces: &mut Vec<String>) {
    match value.kind() {
        Kind::Object => {
            for member in value.members() {
                pieces.push(member.key().into_owned());
                texts(member.value(), level, pieces);
            }
        }
        Kind::Array => {
            for element in value.elements() {
                texts(element, level, pieces);
            }
        }
        Kind::String => {
            let text = value.as_str().unwrap_or_default();
            nested(&text, level + 1, pieces);
            pieces.push(text.into_owned());
        }
        Kind::Number => pieces.push(value.raw().to_owned()),
        Kind::Null | Kind::Bool => {}
    }
}

fn percent(text: &str, forms: &mut Forms<'_>) -> Result<(), TooMany> {
    let mut text = text.to_owned();
    for _ in 0..LAYERS {
        let decoded = percent_decoded(&text);
        if decoded == text {
            break;
        }
        forms.add(decoded.clone())?;
        text = decoded;
    }
    Ok(())
}

/// A text with one layer of percent-encoding taken off. What is no UTF-8 then becomes U+FFFD.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high * 16 + low, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, after));
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

fn encoded(text: &str, forms: &mut Forms<'_>) -> Result<(), TooMany> {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    for run in text.split(|c| !is_digit(c)) {
        decode(run, forms)?;
    }
    // As mail has it, in lines.
    let joined: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if joined.len() != text.len() {
        decode(joined.trim_end_matches('='), forms)?;
    }
    Ok(())
}

fn decode(run: &str, forms: &mut Forms<'_>) -> Result<(), TooMany> {
    if run.len() < SHORTEST {
        return Ok(());
    }
    // A run of one character too many is a run with something before or after it.
    let whole = run.len() - usize::from(run.len() % 4 == 1);
    let run = run.get(..whole).unwrap_or(run);
    // Words decode to bytes that are no text.
    let decoded = base64::decode(run).and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(text) = decoded {
        if text.contains('\0') {
            forms.add(text.replace('\0', ""))?;
        }
        forms.add(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ::base64::Engine as _;

    use super::*;

    const ALL: Normalize = Normalize {
        nfc: true,
        case: true,
        percent: true,
        base64: true,
    };

    #[test]
    fn what_a_text_stands_for_is_among_its_readings() {
        for (text, expected) in [
            ("plain", "plain"),
            ("PLAIN", "plain"),
            ("%2e%2E/x", "../x"),
            ("%252e", "."),
            ("%25252e", "."),
            ("%C3%A9", "é"),
            ("e\u{301}", "é"),
            ("\u{ff0e}\u{ff0e}/", "../"),
            ("ZHJvcCB0YWJsZQ==", "drop table"),
            ("x=ZHJvcCB0YWJsZQ;", "drop table"),
            ("ZHJvcCB0\r\nYWJsZQ==\r\n", "drop table"),
            ("WkhKdmNDQjBZV0pzWlE9PQ==", "drop table"),
            ("Pz8_Pz8-", "???\u{3f}?>"),
            ("cABvAHcAZQByAA==", "power"),
            ("%5a%48JvcCB0YWJsZQ%3d", "drop table"),
        ] {
            let forms = forms(text, ALL).unwrap();
            assert!(
                forms.iter().any(|form| form == expected),
                "{text}: {forms:?}"
            );
            assert_eq!(forms[0], text);
        }
    }

    #[test]
    fn only_what_is_asked_for_is_done() {
        for text in ["PLAIN", "%2e", "ZHJvcCB0YWJsZQ==", "e\u{301}"] {
            assert_eq!(forms(text, Normalize::default()).unwrap(), [text]);
        }
    }

    #[test]
    fn readings_have_an_end() {
        let word = |at: usize| quoted_base64(&format!("a text of its own, {at}"));
        let many: Vec<String> = (0..1000).map(word).collect();
        assert_eq!(forms(&many.join(" "), ALL), Err(TooMany));
    }

    fn quoted_base64(text: &str) -> String {
        ::base64::engine::general_purpose::STANDARD.encode(text)
    }

    #[test]
    fn pieces_of_json_are_found() {
        for (text, expected) in [
            ("plain", vec![]),
            (r#"{"a":["b \u0063",1,null]}"#, vec!["a", "b c", "1"]),
            (r#""b""#, vec!["b"]),
            (r#"["{\"a\":\"b\"}"]"#, vec!["a", "b", r#"{"a":"b"}"#]),
            (r#"{"a":1,"#, vec![]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
