//! Reading a path as all readers do, or not at all.

use super::Refused;

/// The longest path and the longest name in it, in bytes.
const LONGEST: usize = 4096;
const LONGEST_NAME: usize = 255;

/// A path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'p> {
    pub(super) is_absolute: bool,
    /// In upper case.
    pub(super) drive: Option<char>,
    /// Without `.`; there is no `..`.
    pub(super) names: Vec<&'p str>,
}

/// Takes a path apart. On Windows a backslash separates names, and names there mean more.
pub(super) fn read(path: &str, is_windows: bool) -> Result<Parts<'_>, Refused> {
    characters(path)?;
    let drive = drive(path);
    let after = match drive {
        Some(_) if is_windows => path.get(2..).unwrap_or_default(),
        Some(_) => return Err(Refused::Drive),
        None => path,
    };
    scheme(path, drive.is_some())?;
    if after.contains('\\') && !is_windows {
        return Err(Refused::Backslash);
    }
    let is_separator = |c: char| c == '/' || (is_windows && c == '\\');
    let is_absolute = after.starts_with(is_separator);
    if is_absolute && after.chars().nth(1).is_some_and(is_separator) {
        return Err(Refused::Share);
    }
    // `C:x` is relative to wherever the drive is.
    if drive.is_some() && !is_absolute {
        return Err(Refused::Drive);
    }
    if path.is_empty() || path.len() > LONGEST {
        return Err(Refused::Name);
    }
    let mut names = Vec::new();
    for name in after.split(is_separator) {
        if !name.is_empty() && name != "." {
            self::name(name, is_windows)?;
            names.push(name);
        }
    }
    Ok(Parts {
        is_absolute,
        drive,
        names,
    })
}

/// The drive that a path begins with.
pub(super) fn drive(path: &str) -> Option<char> {
    let mut chars = path.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    (chars.next() == Some(':')).then(|| letter.to_ascii_uppercase())
}

fn characters(path: &str) -> Result<(), Refused> {
    if path.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(Refused::Control);
    }
    if path.chars().any(is_lookalike) {
        return Err(Refused::Lookalike);
    }
    if is_wide(path) {
        return Err(Refused::Encoding);
    }
    let expands = |(at, _): (usize, &str)| {
        let next = path.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_some_and(|c| c.is_alphanumeric() || "_{(@*?$".contains(c))
    };
    let is_variable = path.match_indices('$').any(expands) || is_percent_variable(path);
    if path.trim_start().starts_with('~') || path.contains('`') || is_variable {
        return Err(Refused::Expansion);
    }
    Ok(())
}

/// `%u002e`, as some servers of old have it.
fn is_wide(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split("%u").skip(1).any(|rest| {
        let digits = rest.bytes().take(4);
        digits.filter(u8::is_ascii_hexdigit).count() == 4
    })
}

/// `%NAME%`.
fn is_percent_variable(path: &str) -> bool {
    let between: Vec<&str> = path.split('%').collect();
    let inner = between.get(1..between.len().saturating_sub(1));
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')');
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(is_part)
            && !name.bytes().take(2).all(|digit| digit.is_ascii_hexdigit())
    };
    inner.unwrap_or_default().iter().any(is_name)
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Dots, slashes and other signs that are not ASCII, and that some readers turn into ASCII.
fn is_lookalike(c: char) -> bool {
    matches!(
        c,
        // Dots.
        '\u{2024}'
            ..='\u{2026}' | '\u{3002}' | '\u{fe19}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}'
            // Slashes.
            | '\u{337}' | '\u{338}' | '\u{2044}' | '\u{2215}' | '\u{2571}' | '\u{27cb}'
            | '\u{29f8}' | '\u{2f03}' | '\u{ff0f}'
            // Backslashes, and what old code pages have in their place.
            | '\u{a5}' | '\u{20a9}' | '\u{2216}' | '\u{27cd}' | '\u{29f5}' | '\u{29f9}'
            | '\u{fe68}' | '\u{ff3c}'
            // `$`, `%`, `:`, `~`.
            | '\u{ff04}' | '\u{ff05}' | '\u{ff1a}' | '\u{ff5e}'
    )
}

/// `file:…`, `https://…`: what stands before a colon, if it could be a scheme.
fn scheme(path: &str, has_drive: bool) -> Result<(), Refused> {
    let Some((scheme, after)) = path.split_once(':').filter(|_| !has_drive) else {
        return Ok(());
    };
    let scheme = scheme.trim();
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains(['/', '\\']);
    let is_file = scheme.eq_ignore_ascii_case("file");
    match is_scheme && (is_file || after.starts_with(['/', '\\'])) {
        true => Err(Refused::Url),
        false => Ok(()),
    }
}

fn name(name: &str, is_windows: bool) -> Result<(), Refused> {
    let trimmed = name.trim();
    let is_dots = !trimmed.is_empty() && trimmed.chars().all(|c| matches!(c, '.' | ' '));
    // What follows a semicolon is dropped by some servers.
    if is_dots || name.starts_with("..;") {
        return Err(Refused::Traversal);
    }
    if name.len() > LONGEST_NAME || name.ends_with(['.', ' ']) || trimmed.is_empty() {
        return Err(Refused::Name);
    }
    if is_windows && name.contains(':') {
        return Err(Refused::Drive);
    }
    if is_windows && (is_device(name) || is_short(name)) {
        return Err(Refused::Name);
    }
    Ok(())
}

/// The names of devices, whatever follows a dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix);
        number.is_some_and(|number| number.chars().count() == 1 && number != "0")
    };
    let names = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    names.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// `PROGRA~1`: a name that stands for another one.
fn is_short(name: &str) -> bool {
    let mut tildes = name.match_indices('~');
    tildes.any(|(at, _)| {
        let rest = name.get(at + 1..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_digit())
    })
}
