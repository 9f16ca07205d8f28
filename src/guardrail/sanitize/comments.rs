//! Comments of HTML (HTML Standard, section 13.1.6).

const START: &str = "<!--";

/// How often comments are looked for that the removal of comments made.
const PASSES: usize = 8;

/// The text without comments, and without what could be read as the start of one. `None` if there
/// is nothing of that in it.
pub(super) fn remove(text: &str) -> Option<String> {
    let mut clean = pass(text)?;
    for _ in 1..PASSES {
        match pass(&clean) {
            Some(cleaner) => clean = cleaner,
            None => return Some(clean),
        }
    }
    // What is nested that often was made to pass.
    Some(clean.replace(START, "<! --"))
}

/// One look at the text. A comment that nothing ends loses its start, so that it shows.
fn pass(text: &str) -> Option<String> {
    let mut parts = text.split(START);
    let first = parts.next()?;
    let mut rest = text.get(first.len()..).filter(|rest| !rest.is_empty())?;
    let mut clean = String::with_capacity(text.len());
    clean.push_str(first);
    let mut has_ends = true;
    while let Some(after) = rest.strip_prefix(START) {
        let end = match has_ends {
            true => end(after),
            false => None,
        };
        // Without an end here there is none further on.
        has_ends = end.is_some();
        let shown = after.get(end.unwrap_or(0)..).unwrap_or_default();
        let next = shown.find(START).unwrap_or(shown.len());
        clean.push_str(shown.get(..next).unwrap_or_default());
        rest = shown.get(next..).unwrap_or_default();
    }
    Some(clean)
}

/// Where a comment ends, after its start.
fn end(text: &str) -> Option<usize> {
    // `<!-->` and `<!--->` are whole.
    for short in [">", "->"] {
        if text.starts_with(short) {
            return Some(short.len());
        }
    }
    let mut from = 0;
    loop {
        let dashes = from + text.get(from..)?.find("--")?;
        let after = text.get(dashes + 2..)?;
        if after.starts_with('>') {
            return Some(dashes + 3);
        }
        if after.starts_with("!>") {
            return Some(dashes + 4);
        }
        from = dashes + 1;
    }
}
