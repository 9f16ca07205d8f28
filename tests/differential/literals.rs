//! The string literals of Rust source. The tables of the tests are written in them, so whoever
//! wants all rows that anyone has thought of finds them here.

/// The bytes of each string literal in `source`, in order: plain, raw, and of bytes.
pub(crate) fn literals(source: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = source.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'/' if after.starts_with(b"/") => skip_line(after),
            b'\'' => skip_character(after),
            b'"' => quoted(after, &mut found),
            b'r' => raw(after, &mut found).unwrap_or(after),
            // A name that ends in r begins no literal.
            byte if is_name(byte) && byte != b'b' => skip_name(after),
            _ => after,
        };
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn skip_name(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|byte| !is_name(*byte));
    end.map_or(&[], |end| &rest[end..])
}

fn skip_line(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|byte| *byte == b'\n');
    end.map_or(&[], |end| &rest[end..])
}

/// Skips a character, which may be a quote; of a lifetime only its mark.
fn skip_character(rest: &[u8]) -> &[u8] {
    match rest {
        [b'\\', _, after @ ..] | [b'"', b'\'', after @ ..] => after,
        _ => rest,
    }
}

/// Reads a raw literal after its `r`, if it is one.
fn raw<'a>(rest: &'a [u8], found: &mut Vec<Vec<u8>>) -> Option<&'a [u8]> {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    let inside = rest[hashes..].strip_prefix(b"\"")?;
    let end = [b"\"".as_slice(), &rest[..hashes]].concat();
    let length = inside.windows(end.len()).position(|window| window == end)?;
    found.push(inside[..length].to_vec());
    Some(&inside[length + end.len()..])
}

/// Reads a literal with escapes after its quote.
fn quoted<'a>(mut rest: &'a [u8], found: &mut Vec<Vec<u8>>) -> &'a [u8] {
    let mut text = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => {
                rest = after;
                break;
            }
            b'\\' => escape(after, &mut text),
            other => {
                text.push(other);
                after
            }
        };
    }
    found.push(text);
    rest
}

fn escape<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    let hexadecimal = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    match rest {
        [b'x', high, low, after @ ..] => {
            text.extend(hexadecimal(&[*high, *low]).map(|byte| byte as u8));
            after
        }
        [b'u', b'{', after @ ..] => {
            let end = after.iter().position(|byte| *byte == b'}').unwrap_or(0);
            let character = hexadecimal(&after[..end]).and_then(char::from_u32);
            text.extend(character.unwrap_or_default().to_string().bytes());
            after.get(end + 1..).unwrap_or_default()
        }
        [b'\n', after @ ..] => after.trim_ascii_start(),
        [byte, after @ ..] => {
            text.push(match byte {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'0' => 0,
                other => *other,
            });
            after
        }
        [] => rest,
    }
}
