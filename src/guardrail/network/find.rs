//! Finding URLs in texts.

/// Schemes whose URLs readers take without slashes too.
const SPECIAL: &[&str] = &["http", "https", "ws", "wss", "ftp", "file"];

/// Schemes whose URLs have no slashes.
const OPAQUE: &[&str] = &[
    "data",
    "javascript",
    "vbscript",
    "blob",
    "jar",
    "view-source",
    "netdoc",
];

/// The URLs in a text, each as far as a reader might take it.
pub(super) fn urls(text: &str) -> impl Iterator<Item = String> {
    let whole = whole(text);
    let inner = match whole {
        Some(_) => Vec::new(),
        None => within(text),
    };
    whole.into_iter().chain(inner)
}

/// A text that is one URL, with whatever readers leave out of it.
fn whole(text: &str) -> Option<String> {
    // Readers drop what is around a URL, and tabs and line ends within it.
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    let joined: String = trimmed
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let is_relative =
        joined.starts_with("//") || joined.starts_with("\\\\") || joined.starts_with("/\\");
    let (scheme, rest) = joined.split_once(':').unwrap_or_default();
    let begins = is_url(scheme, rest, 0);
    let is_one = !joined.contains(char::is_whitespace);
    let is_whole = is_opaque(scheme) || ((is_relative || begins) && is_one);
    is_whole.then(|| trimmed.to_owned())
}

fn within(text: &str) -> Vec<String> {
    let mut urls = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(':') {
        if at < from {
            continue;
        }
        let before = text.get(from..at).unwrap_or_default();
        let scheme = before.rsplit(|c| !is_scheme(c)).next().unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        if !is_url(scheme, after, 1) {
            continue;
        }
        let end = after.find(is_end).unwrap_or(after.len());
        let url = after.get(..end).unwrap_or_default();
        // What closes a sentence is none of the URL.
        let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '*']);
        if !url.trim_matches(['/', '\\']).is_empty() {
            urls.push(format!("{scheme}:{}", closed(url)));
        }
        from = at + 1 + end;
    }
    urls
}

/// Brackets of an address are not the sentence's.
fn closed(url: &str) -> String {
    let is_open = url.contains("//[") && !url.contains(']');
    format!("{url}{}", if is_open { "]" } else { "" })
}

/// Whether a URL begins so. Of schemes that readers take without slashes it needs this many.
fn is_url(scheme: &str, after: &str, needed: usize) -> bool {
    let begins =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme);
    let slashes = after
        .chars()
        .take_while(|c| matches!(c, '/' | '\\'))
        .count();
    let is_special = SPECIAL.iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let goes_on = after.starts_with(|c: char| !c.is_whitespace() && !is_end(c));
    begins && goes_on && (slashes >= 2 || (is_special && slashes >= needed))
}

fn is_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn is_opaque(scheme: &str) -> bool {
    OPAQUE.iter().any(|it| scheme.eq_ignore_ascii_case(it))
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|')
}
