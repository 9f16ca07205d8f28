//! Comments of HTML (HTML Standard, section 13.1.6).

use std::ops::Range;

const START: &str = "<!--";

/// How often comments are looked for that the removal of comments made.
pub(in crate::guardrail) const PASSES: usize = 8;

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

/// One look at the text.
fn pass(text: &str) -> Option<String> {
    let gone = ranges(text);
    if gone.is_empty() {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for gone in gone {
        clean.push_str(text.get(end..gone.start).unwrap_or_default());
        end = gone.end;
    }
    clean.push_str(text.get(end..).unwrap_or_default());
    Some(clean)
}

/// Where comments are. Of one that nothing ends, where its start is, so that the rest shows.
pub(in crate::guardrail) fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut has_ends = true;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(START)) {
        let start = at + start;
        let inside = start + START.len();
        let end = match has_ends {
            true => text.get(inside..).and_then(end),
            false => None,
        };
        // Without an end here there is none further on.
        has_ends = end.is_some();
        at = inside + end.unwrap_or_default();
        found.push(start..at);
    }
    found
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
