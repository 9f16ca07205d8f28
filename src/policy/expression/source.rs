//! What can be told from the text alone: how deep it may be, where an error stands, and what was
//! meant.

use std::ops::Range;

use cel::parser::ParseErrors;

use super::ExpressionError;

/// How deep the parts of an expression may nest.
pub(super) const MAX_DEPTH: usize = 16;

pub(super) fn error(message: impl Into<String>, range: Range<usize>) -> ExpressionError {
    ExpressionError {
        message: message.into(),
        range,
        help: None,
    }
}

/// The text with what stands in quotes blanked out.
fn unquoted(text: &str) -> Vec<u8> {
    let (mut quote, mut escaped) = (None, false);
    let blank = |byte: u8| {
        let inside = quote.is_some();
        match quote {
            _ if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some(q) if byte == q => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            Some(_) | None => {}
        }
        if inside { b' ' } else { byte }
    };
    text.bytes().map(blank).collect()
}

/// Where brackets or signs pile up so that the parser would go deeper than it should.
pub(super) fn too_deep(text: &str) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    // Quotes are not told apart here: that could be wrong about what a quote is, and let too much
    // pass. A text of that many opening brackets is no loss.
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' | b':' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at..at + 1);
        }
    }
    None
}

pub(super) fn unparsed(text: &str, errors: &ParseErrors) -> ExpressionError {
    let bytes = unquoted(text);
    let lone = |at: &usize| {
        let at = *at;
        let is = |at: Option<usize>, of: &[u8]| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|byte| of.contains(byte))
        };
        is(Some(at), b"=") && !is(at.checked_sub(1), b"=!<>") && !is(Some(at + 1), b"=")
    };
    if let Some(at) = (0..bytes.len()).find(lone) {
        return ExpressionError {
            help: Some("`==` compares".to_owned()),
            ..error("`=` is no operator", at..at + 1)
        };
    }
    let Some(first) = errors.errors.first() else {
        return error("the expression does not parse", 0..text.len());
    };
    let range = position(text, first.pos);
    error(
        format!("the expression does not parse: {}", first.msg),
        range,
    )
}

/// The character at a line and a column, both from 1.
fn position(text: &str, (line, column): (isize, isize)) -> Range<usize> {
    let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let lines = text.split_inclusive('\n');
    let before: usize = lines.clone().take(line).map(str::len).sum();
    let line = lines.clone().nth(line).unwrap_or("");
    match line.char_indices().nth(column) {
        Some((at, found)) => before + at..before + at + found.len_utf8(),
        None => text.len()..text.len(),
    }
}

/// The candidate that is most like what was written, if one is.
pub(super) fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let likeness = |candidate: &'a str| (strsim::jaro_winkler(written, candidate), candidate);
    let close = candidates.into_iter().map(likeness);
    let close = close.filter(|(likeness, _)| *likeness > 0.8);
    let best = close.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
