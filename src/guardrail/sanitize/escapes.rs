//! Escape sequences of terminals (ECMA-48, 5th edition, sections 5.3 to 5.6 and 8.3).

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';
/// STRING TERMINATOR, as one character.
const ST: char = '\u{9c}';

/// How many bytes the control character at the start of `text` takes, with the sequence that it
/// begins. `None` if it does not begin with one.
pub(super) fn length(text: &str) -> Option<usize> {
    let first = text.chars().next().filter(|c| is_control(*c))?;
    let rest = text.get(first.len_utf8()..)?;
    let more = match first {
        ESC => escape(rest),
        '\u{9b}' => sequence(rest),
        '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => string(rest),
        _ => 0,
    };
    Some(first.len_utf8() + more)
}

/// Control characters that are not white space of any kind.
pub(super) const fn is_control(c: char) -> bool {
    let is_space = matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{85}');
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}') && !is_space
}

/// How much of what follows ESC belongs to it.
fn escape(rest: &str) -> usize {
    match rest.bytes().next() {
        Some(b'[') => 1 + sequence(rest.get(1..).unwrap_or_default()),
        Some(b'P' | b'X' | b']' | b'^' | b'_') => 1 + string(rest.get(1..).unwrap_or_default()),
        _ => {
            let intermediate = run(rest, 0x20..=0x2f);
            let last = rest.as_bytes().get(intermediate);
            intermediate + usize::from(last.is_some_and(|byte| matches!(byte, 0x30..=0x7e)))
        }
    }
}

/// How long a control sequence is after its introducer. Of one that breaks off, what there is.
fn sequence(rest: &str) -> usize {
    let parameters = run(rest, 0x30..=0x3f);
    let after = rest.get(parameters..).unwrap_or_default();
    let all = parameters + run(after, 0x20..=0x2f);
    let last = rest.as_bytes().get(all);
    all + usize::from(last.is_some_and(|byte| matches!(byte, 0x40..=0x7e)))
}

/// How long a control string is after its introducer, such as the address of a hyperlink. One that
/// nothing ends has no length: what it says shows.
fn string(rest: &str) -> usize {
    // The next control character ends it in any case, so that no text is read twice.
    let Some((at, end)) = rest.char_indices().find(|(_, c)| is_control(*c)) else {
        return 0;
    };
    match end {
        BEL | ST => at + end.len_utf8(),
        ESC if rest.as_bytes().get(at + 1) == Some(&b'\\') => at + 2,
        _ => 0,
    }
}

fn run(text: &str, of: std::ops::RangeInclusive<u8>) -> usize {
    text.bytes().take_while(|byte| of.contains(byte)).count()
}
