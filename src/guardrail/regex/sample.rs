//! Texts that a pattern matches, made from the pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Texts that hardly anybody would allow.
pub(super) const UNLIKELY: [&str; 3] = [
    "\u{1}\u{fffd} '; \u{202e}--\n%00",
    "",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// What may have to stand around a match for it to be one.
const AROUND: [(&str, &str); 6] = [
    ("", ""),
    (" ", " "),
    ("a", "a"),
    ("\n", "\n"),
    ("a", " "),
    (" ", "a"),
];

/// The longest text that is made, in bytes.
const LONGEST: usize = 1 << 16;

/// Texts that the pattern may match. What must stand around a match is tried, not worked out.
pub(super) fn samples(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else {
        return Vec::new();
    };
    let mut samples = Vec::new();
    for choice in 0..4 {
        let mut text = String::new();
        write(&hir, choice, &mut text);
        for (before, after) in AROUND {
            samples.push(format!("{before}{text}{after}"));
        }
    }
    samples
}

/// Writes a text of this shape; `choice` says which of several, and how often something is repeated
/// beyond what it must be.
fn write(hir: &Hir, choice: usize, text: &mut String) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(member(class, choice)),
        HirKind::Repetition(repetition) => {
            let extra = u32::try_from(choice).unwrap_or(0);
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = repetition.min.saturating_add(extra).min(most);
            for _ in 0..times {
                write(&repetition.sub, choice, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, choice, text),
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, choice, text);
            }
        }
        HirKind::Alternation(parts) => {
            let chosen = choice.checked_rem(parts.len()).unwrap_or(0);
            if let Some(part) = parts.get(chosen) {
                write(part, choice, text);
            }
        }
    }
}

/// A character of a class: one that people write, if there is one.
fn member(class: &Class, choice: usize) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|it| (it.start(), it.end())).collect(),
        Class::Bytes(class) => {
            let ranges = class.iter();
            ranges
                .map(|it| (it.start().into(), it.end().into()))
                .collect()
        }
    };
    let has = |c: &char| {
        ranges
            .iter()
            .any(|(first, last)| (first..=last).contains(&c))
    };
    let preferred = ['a', '1', 'Z', '_', '-', ' ', '\n', '/', '\'', '"', ';'];
    let mut fitting = preferred.into_iter().filter(has);
    let first = fitting.clone().next();
    let chosen = fitting.nth(choice).or(first);
    chosen.or_else(|| ranges.first().map(|(first, _)| *first))
}
