//! Keys that readers without regard to case take for one another.

/// Whether a key is a name without regard to case, Unicode's simple folding included (as `ſ` for
/// `s`). Go's `encoding/json` reads keys so.
#[must_use]
pub fn folds_to(key: &str, name: &str) -> bool {
    if key.is_ascii() {
        return key.eq_ignore_ascii_case(name);
    }
    let folded = key
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    folded.eq(name.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_goes_beyond_ascii() {
        assert!(folds_to("Name", "name"));
        assert!(folds_to("argumentſ", "arguments"));
        assert!(folds_to("taſ\u{212a}", "task"));
        assert!(!folds_to("names", "name"));
        assert!(
            !folds_to("nаme", "name"),
            "a Cyrillic letter folds to itself"
        );
    }
}
