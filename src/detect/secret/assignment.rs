//! A value that is given to a name: by `=`, `:`, `=>` and their like, in quotes or without.

use super::bytes::{at, before, end_of, has, line_end, part};

/// How a value stands after a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    /// the quote around it, 0 without one
    pub(super) quote: u8,
    pub(super) by: By,
}

/// What joins a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// `=` with nothing around it, as in files of variables and connection strings
    Tight,
    /// `=`, `:`, `=>`, `:=`
    Sign,
    /// `==`, `!=`
    Compare,
    /// `,` between two quoted texts, as in `getenv('KEY', 'value')`
    Comma,
    /// `<name>value</name>`
    Tag,
    /// nothing but spaces
    Space,
}

/// The longest value, in bytes.
const LONGEST: usize = 2048;

/// The most spaces that align a value.
const MOST_SPACES: usize = 40;

/// The value that is given to a name that ends at a place.
pub(super) fn after(bytes: &[u8], name_end: usize) -> Option<Value> {
    let closed = end_of(bytes, name_end, |byte| {
        matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']')
    })
    .min(name_end + 4);
    let was_quoted = closed > name_end;
    let spaced = skip_spaces(bytes, closed);
    if let Some(place) = attribute(bytes, spaced) {
        return value(bytes, place, By::Sign);
    }
    let (by, from) = sign(bytes, closed, spaced, was_quoted)?;
    let typed = declared(bytes, from).unwrap_or(from);
    value(bytes, typed, by)
}

fn skip_spaces(bytes: &[u8], from: usize) -> usize {
    end_of(bytes, from, |byte| matches!(byte, b' ' | b'\t')).min(from + MOST_SPACES)
}

/// What joins, and where what it joins begins.
fn sign(bytes: &[u8], closed: usize, spaced: usize, was_quoted: bool) -> Option<(By, usize)> {
    let end = end_of(bytes, spaced, |byte| {
        matches!(byte, b'=' | b':' | b'>' | b'!' | b'~' | b'?')
    })
    .min(spaced + 3);
    let text = part(bytes, spaced, end);
    let next = at(bytes, end);
    match text {
        // A variable of `psql`: `PASSWORD :'name'`.
        b":" if spaced > closed && matches!(next, b'\'' | b'"') => None,
        b"=" if spaced == closed && !matches!(next, b' ' | b'\t' | b'\n' | b'\r') => {
            Some((By::Tight, end))
        }
        b"==" | b"===" | b"!=" | b"!==" => Some((By::Compare, end)),
        b"=" | b":" | b"=>" | b":=" | b"?=" => Some((By::Sign, end)),
        b">" if spaced == closed && !was_quoted => Some((By::Tag, end)),
        b"" if next == b',' && was_quoted => Some((By::Comma, end + 1)),
        b"" if spaced > closed => Some((By::Space, spaced)),
        _ => None,
    }
}

/// Where the value of an XML attribute begins: after `" value=` of `<add key="…" value="…"/>`.
fn attribute(bytes: &[u8], from: usize) -> Option<usize> {
    // Terraform: `variable "name" { default = "…" }`.
    let block = at(bytes, from) == b'{';
    let place = if block {
        end_of(bytes, from + 1, |byte| byte.is_ascii_whitespace())
    } else {
        from
    };
    let names: &[&str] = if block {
        &["default = ", "default     = "]
    } else {
        &["value=", "default=", "content="]
    };
    names
        .iter()
        .find(|name| has(bytes, place, name))
        .map(|name| place + name.len())
}

/// Where the value begins if a type is declared first: `: string = "…"`, `: &str = "…"`.
fn declared(bytes: &[u8], from: usize) -> Option<usize> {
    let start = skip_spaces(bytes, from);
    let type_byte = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'&' | b'_' | b'<' | b'>' | b'.' | b'?' | b'\'')
    };
    let end = end_of(bytes, start, type_byte).min(start + 32);
    let sign = skip_spaces(bytes, end);
    let declares = end > start && at(bytes, sign) == b'=' && at(bytes, sign + 1) == b' ';
    declares.then_some(sign + 1)
}

/// The value that begins at a place, in quotes or not, maybe on the next line.
fn value(bytes: &[u8], from: usize, by: By) -> Option<Value> {
    let start = match by {
        By::Sign => next_line(bytes, skip_spaces(bytes, from)),
        By::Tight | By::Compare | By::Comma | By::Tag | By::Space => skip_spaces(bytes, from),
    };
    let start = opened(bytes, start);
    match at(bytes, start) {
        quote @ (b'"' | b'\'' | b'`') => quoted(bytes, start + 1, quote, by),
        b'\\' if matches!(at(bytes, start + 1), b'"' | b'\'') => {
            escaped(bytes, start + 2, at(bytes, start + 1), by)
        }
        _ if matches!(by, By::Comma | By::Compare) => None,
        _ => bare(bytes, start, by),
    }
}

/// A place, or the first of the next line that is not blank, when the line ends here.
fn next_line(bytes: &[u8], place: usize) -> usize {
    if !matches!(at(bytes, place), b'\n' | b'\r' | b'\\')
        || matches!(at(bytes, place + 1), b'"' | b'\'')
    {
        return place;
    }
    end_of(bytes, place, |byte| {
        matches!(byte, b'\n' | b'\r' | b'\\' | b' ' | b'\t')
    })
    .min(place + MOST_SPACES)
}

/// A place behind what may stand before an opening quote: `b"`, `@"`, `$"`, `N'`, `("`.
fn opened(bytes: &[u8], place: usize) -> usize {
    let is_quote = |byte| matches!(byte, b'"' | b'\'' | b'`');
    let prefix = matches!(
        at(bytes, place),
        b'b' | b'r' | b'u' | b'f' | b'N' | b'L' | b'@' | b'(' | b'['
    );
    if prefix && is_quote(at(bytes, place + 1)) {
        place + 1
    } else {
        place
    }
}

fn quoted(bytes: &[u8], start: usize, quote: u8, by: By) -> Option<Value> {
    let window = part(bytes, start, start + LONGEST);
    let length = window.iter().enumerate().position(|(index, byte)| {
        *byte == quote && before(window, index) != b'\\' || *byte == b'\n'
    })?;
    let end = start + length;
    // Quotes within quotes: `'"value"'`.
    let inner = at(bytes, start);
    if matches!(inner, b'"' | b'\'')
        && inner != quote
        && at(bytes, end - 1) == inner
        && end - start > 2
    {
        return Some(Value {
            start: start + 1,
            end: end - 1,
            quote: inner,
            by,
        });
    }
    (at(bytes, end) == quote).then_some(Value {
        start,
        end,
        quote,
        by,
    })
}

/// A value in quotes that are escaped themselves, as in JSON within JSON.
fn escaped(bytes: &[u8], start: usize, quote: u8, by: By) -> Option<Value> {
    let window = part(bytes, start, start + LONGEST);
    let length = window.windows(2).position(|two| two == [b'\\', quote])?;
    Some(Value {
        start,
        end: start + length,
        quote,
        by,
    })
}

fn bare(bytes: &[u8], start: usize, by: By) -> Option<Value> {
    let stops = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'"' | b'\'' | b'`' | b'<' | b'>' | b';' | b',' | b'|' | b'\\'
            )
    };
    let also = |byte: u8| match by {
        By::Tight => byte == b'&',
        By::Sign | By::Compare | By::Comma | By::Tag | By::Space => matches!(byte, b'}' | b']'),
    };
    let end = end_of(part(bytes, start, start + LONGEST), 0, |byte| {
        !stops(byte) && !also(byte)
    }) + start;
    let text = part(bytes, start, end);
    let closing = text.last() == Some(&b')') && !text.contains(&b'(') && by != By::Tight;
    let end = end - usize::from(closing);
    (end > start).then_some(Value {
        start,
        end,
        quote: 0,
        by,
    })
}

/// The quoted text that is used where a name has no value: after `||`, `??`, `or`, or a comma.
pub(super) fn fallback(bytes: &[u8], from: usize) -> Option<Value> {
    let end = line_end(bytes, from, 96);
    let window = part(bytes, from, end);
    let calls = window.contains(&b'(');
    for sign in ["|| ", "?? ", " or ", "', ", "\", ", "','", "\",\"", "?: "] {
        let found = window
            .windows(sign.len())
            .position(|here| here == sign.as_bytes());
        // A comma separates arguments of a call, or else it begins another member.
        let Some(found) = found.filter(|_| calls || !sign.contains(',')) else {
            continue;
        };
        let place = skip_spaces(bytes, from + found + sign.len());
        let place = if matches!(sign, "','" | "\",\"") {
            place - 1
        } else {
            place
        };
        let quote = at(bytes, place);
        if matches!(quote, b'"' | b'\'') {
            return quoted(bytes, place + 1, quote, By::Sign);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_after_their_names() {
        for (text, expected) in [
            ("n=value", Some("value")),
            ("n = value", Some("value")),
            ("n: value", Some("value")),
            ("n: 'value'", Some("value")),
            ("n\": \"va lue\"", Some("va lue")),
            ("n => \"value\"", Some("value")),
            ("n := \"value\"", Some("value")),
            ("n': 'value', 'other'", Some("value")),
            ("n: string = \"value\"", Some("value")),
            ("n: &str = \"value\"", Some("value")),
            ("n\" value=\"value\"/>", Some("value")),
            ("n>value</n>", Some("value")),
            ("n', 'value')", Some("value")),
            ("n:\n  value", Some("value")),
            ("n\\\": \\\"value\\\"", Some("value")),
            ("n=value;Database=x", Some("value")),
            ("n == \"value\"", Some("value")),
            ("n, value", None),
            ("n.value", None),
            ("n", None),
        ] {
            let found = after(text.as_bytes(), 1);
            let value = found.and_then(|value| text.get(value.start..value.end));
            assert_eq!(value, expected, "{text}");
        }
    }
}
