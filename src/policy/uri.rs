//! URIs that different readers may take for different things.

/// Whether everyone who reads this URI reads the same one.
///
/// Not plain, because a server that normalises or decodes it may arrive elsewhere than a pattern
/// that compares text:
///
/// - a segment `.` or `..`, wherever a server may split: at `/`, `\`, `?`, `#`, `&`, `=`, `;`, `:`;
/// - a backslash, a space or a control character;
/// - an escape of a character that needs none (`%2e`, `%61`), of `/`, `\` or a control
///   character, or of a percent sign before two digits (`%252e`, which decodes twice);
/// - a percent sign that begins no escape;
/// - an empty segment inside of the path.
pub(super) fn is_plain(uri: &str) -> bool {
    is_plain_but_for_slashes(uri) && segments_are_plain(uri)
}

/// Whether no segment before the query and the fragment is empty, but for the last one.
///
/// Two or three slashes after a colon begin an authority or a path, also where the path is itself
/// a URI: `docs://page/https://example.com/x`.
pub(super) fn segments_are_plain(uri: &str) -> bool {
    let end = uri.find(['?', '#']).unwrap_or(uri.len());
    let (mut slashes, mut allowed) = (0, 1);
    uri.bytes().take(end).all(|byte| {
        match byte {
            b'/' => slashes += 1,
            b':' => (slashes, allowed) = (0, 3),
            _ => (slashes, allowed) = (0, 1),
        }
        slashes <= allowed
    })
}

/// Whether a URI is plain, if its slashes are.
pub(super) fn is_plain_but_for_slashes(uri: &str) -> bool {
    let separator = |c: char| matches!(c, '/' | '?' | '#' | '&' | '=' | ';' | ':');
    uri.split(separator)
        .all(|segment| segment != "." && segment != "..")
        && !uri.chars().any(|c| c == '\\' || c == ' ' || c.is_control())
        && escapes_are_plain(uri)
}

fn escapes_are_plain(uri: &str) -> bool {
    let mut rest = uri.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            continue;
        }
        let Some(decoded) = hex_pair(tail) else {
            return false;
        };
        let rest_after = tail.get(2..).unwrap_or_default();
        let decodes_twice = decoded == b'%' && hex_pair(rest_after).is_some();
        let needless = decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded);
        if decodes_twice || needless || decoded.is_ascii_control() || b"/\\".contains(&decoded) {
            return false;
        }
        rest = rest_after;
    }
    true
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digit(bytes.first()?)? * 16 + digit(bytes.get(1)?)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn what_may_be_read_two_ways_is_not_plain() {
        let plain = [
            "file:///a/b.txt",
            "file:///a/..b",
            "file:///a/b..",
            "file:///a/...",
            "file:///a/.git",
            "docs://page/https://example.com/x",
            "docs://page/file:///x",
            "urn:a:b/c/",
            "https://example.com/?path=a//b#//",
            "https://example.com/?range=1..2",
            "file:///a%20b/%C3%A9",
            "file:///100%25",
            "file:///é",
            "repo://{owner}/{+path}",
        ];
        for uri in plain {
            assert!(is_plain(uri), "{uri}");
        }
        let other = [
            "file:///a/../b",
            "file:///a/./b",
            "file:///a/..",
            "file:///a/.",
            "..",
            "docs:../b",
            "file:///a/..;/b",
            "file:///a?path=../b",
            "file:///a?path=..",
            "file:///a/../b#c",
            "file:///a/%2e%2e/b",
            "file:///a/%2E./b",
            "file:///a/.%2e/b",
            "file:///a%2f..%2fb",
            "file:///a%2Fb",
            "file:///a%5cb",
            "file:///a\\..\\b",
            "file:///a/%252e%252e/b",
            "file:///a/%25%32%65/b",
            "file:///%61",
            "file:///a%00",
            "file:///a%0ab",
            "file:///a\nb",
            "file:///a b",
            "file:////a",
            "file:///a//b",
            "file:///a//",
            "file://a//b",
            "docs:a//b",
            "docs://page/https:////x",
            "//a/b",
            "file:///100%",
            "file:///100%2",
            "file:///100%zz",
        ];
        for uri in other {
            assert!(!is_plain(uri), "{uri}");
        }
    }
}
