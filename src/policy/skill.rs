//! Skills: directories of files, each named by the URI of its `SKILL.md` (SEP-2640).

use super::condition::Circumstances;
use super::pattern::Pattern;
use super::rule::Verdict;
use super::uri;
use super::uri_rules::UriRules;

/// The file by whose URI a skill is named.
const ENTRY: &str = "SKILL.md";

/// The scheme of skills. Servers may use others.
const SCHEME: &str = "skill:";

/// The longest URI, in bytes, of which it is told to which skill it belongs. Each of the
/// directories above it is asked about.
const MAX_BYTES: usize = 8192;

/// The most slashes of such a URI.
const MAX_SLASHES: usize = 64;

impl UriRules {
    /// Judges the URI of a skill.
    pub(super) fn judge_skill(&self, uri: &str, circumstances: Circumstances<'_>) -> Verdict<'_> {
        if !names_skill(uri) {
            return Verdict::Unmentioned;
        }
        match (
            self.judge(uri, circumstances, Pattern::matches),
            self.judge_part(uri, circumstances, Pattern::matches),
        ) {
            // Nothing of it could be read.
            (Verdict::Enabled(_), Some(part @ (Verdict::Disabled(_) | Verdict::Unmentioned))) => {
                part
            }
            (verdict, _) => verdict,
        }
    }

    /// Judges a resource by the skills that it may belong to: those of the directories above it,
    /// and of itself, if it is one. One of them that is disabled disables it. `None` where skills
    /// have no say in it.
    pub(super) fn judge_part(
        &self,
        part: &str,
        circumstances: Circumstances<'_>,
        matches: impl Fn(&Pattern, &str) -> bool,
    ) -> Option<Verdict<'_>> {
        if self.rules().enabled().is_empty() && self.rules().disabled().is_empty() {
            return None;
        }
        let Some(skills) = skills_of(part) else {
            return Some(Verdict::Unmentioned);
        };
        let plain = uri::is_plain(part);
        let mut enabled = None;
        for skill in skills {
            let verdict = self.judge(&skill, circumstances, &matches);
            let verdict = match verdict {
                Verdict::Unmentioned => self.judge_spellings(&skill, circumstances, &matches),
                Verdict::Enabled(_) | Verdict::Disabled(_) => Some(verdict),
            };
            match verdict {
                disabled @ Some(Verdict::Disabled(_)) => return disabled,
                Some(Verdict::Enabled(rule)) if plain || skill == part => {
                    enabled.get_or_insert(rule);
                }
                Some(Verdict::Enabled(_) | Verdict::Unmentioned) | None => {}
            }
        }
        let is_of_skills = !self.rules().enabled().is_empty() && has_scheme(part);
        match enabled {
            Some(rule) => Some(Verdict::Enabled(rule)),
            None => is_of_skills.then_some(Verdict::Unmentioned),
        }
    }
}

/// Whether a URI has the scheme of skills.
fn has_scheme(uri: &str) -> bool {
    uri.get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// Whether a URI names a skill: it ends in `SKILL.md`, below a directory that has a name.
fn names_skill(uri: &str) -> bool {
    let directory = uri
        .strip_suffix(ENTRY)
        .and_then(|uri| uri.strip_suffix('/'));
    !uri.contains(['?', '#']) && directory.is_some_and(is_directory)
}

/// Whether a path without the slash at its end may be that of a skill's directory.
fn is_directory(path: &str) -> bool {
    !path.is_empty() && !path.ends_with(['/', ':'])
}

/// The URIs of the skills that a file or a directory may belong to, the outermost first. `None`
/// where these are too many to ask about.
fn skills_of(part: &str) -> Option<Vec<String>> {
    let path = part.split(['?', '#']).next().unwrap_or_default();
    let slashes = path.bytes().filter(|byte| *byte == b'/').count();
    if part.len() > MAX_BYTES || slashes > MAX_SLASHES {
        return None;
    }
    let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    let own = Some(path).filter(|path| !path.ends_with('/'));
    let directories = above.chain(own).filter(|path| is_directory(path));
    Some(directories.map(|path| format!("{path}/{ENTRY}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_is_named_by_its_entry() {
        for (uri, expected) in [
            ("skill://a/SKILL.md", true),
            ("skill://acme/a/SKILL.md", true),
            ("file:///skills/a/SKILL.md", true),
            ("skill://SKILL.md", false),
            ("file:///SKILL.md", false),
            ("skill:/SKILL.md", false),
            ("/SKILL.md", false),
            ("skill://a/SKILL.md/", false),
            ("skill://a/skill.md", false),
            ("skill://a/XSKILL.md", false),
            ("skill://a/SKILL.md?x", false),
            ("skill://a/?/SKILL.md", false),
            ("skill://a/#/SKILL.md", false),
            ("skill://a", false),
            ("", false),
        ] {
            assert_eq!(names_skill(uri), expected, "{uri}");
        }
    }

    #[test]
    fn a_part_belongs_to_the_skills_above_it() {
        let table: [(&str, &[&str]); 5] = [
            (
                "skill://a/b/c.md",
                &[
                    "skill://a/SKILL.md",
                    "skill://a/b/SKILL.md",
                    "skill://a/b/c.md/SKILL.md",
                ],
            ),
            ("skill://a/?x=/y", &["skill://a/SKILL.md"]),
            ("skill://a", &["skill://a/SKILL.md"]),
            ("file:///a", &["file:///a/SKILL.md"]),
            ("", &[]),
        ];
        for (part, expected) in table {
            assert_eq!(skills_of(part).unwrap(), expected, "{part}");
        }
        assert!(skills_of(&"a/".repeat(65)).is_none());
        assert!(skills_of(&"a".repeat(8193)).is_none());
    }
}
