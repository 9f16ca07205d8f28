//! Patterns of paths: `**/.ssh/**`, `.env`, `/srv/data/*/private`.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The most names in a pattern.
const MOST: usize = 32;

/// A pattern of paths. Case does not count, and what is below a path that it matches is matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathGlob {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Any number of names.
    Deep,
    /// A name, with `*` and `?` in it.
    Name(Vec<char>),
}

/// A text that is no pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// There is nothing in it.
    #[error("an empty pattern matches nothing")]
    Empty,
    /// There are too many names.
    #[error("the pattern has more than {MOST} names")]
    TooLong,
    /// It matches every path.
    #[error("the pattern matches every path")]
    Everything,
    /// It has a character that means something in other patterns, and nothing here.
    #[error("`{0}` has no meaning in a pattern of paths here")]
    Character(char),
}

impl PathGlob {
    /// Reads a pattern. One that does not begin with `/` may begin anywhere.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidGlob> {
        if let Some(c) = text.chars().find(|c| "[]{}!\\".contains(*c)) {
            return Err(InvalidGlob::Character(c));
        }
        if text.trim_matches('/').is_empty() {
            return Err(InvalidGlob::Empty);
        }
        let mut steps = Vec::new();
        if !text.starts_with('/') {
            steps.push(Step::Deep);
        }
        for name in text.split('/').filter(|name| !name.is_empty()) {
            let step = match name {
                "**" => Step::Deep,
                name => Step::Name(folded(name)),
            };
            if step != Step::Deep || steps.last() != Some(&Step::Deep) {
                steps.push(step);
            }
        }
        let is_open = |step: &Step| match step {
            Step::Deep => true,
            Step::Name(name) => name.iter().all(|c| *c == '*'),
        };
        if steps.len() > MOST {
            return Err(InvalidGlob::TooLong);
        }
        match steps.iter().all(is_open) {
            true => Err(InvalidGlob::Everything),
            false => Ok(Self { steps }),
        }
    }

    /// Whether it matches the path, or what the path is below.
    pub(super) fn covers(&self, path: &[&str]) -> bool {
        let mut taken = vec![false; self.steps.len() + 1];
        if let Some(first) = taken.first_mut() {
            *first = true;
        }
        self.skip_deep(&mut taken);
        for name in path {
            if taken.last() == Some(&true) {
                return true;
            }
            let name = folded(name);
            let mut next = vec![false; taken.len()];
            for (at, step) in self.steps.iter().enumerate() {
                if taken.get(at) != Some(&true) {
                    continue;
                }
                let to = match step {
                    Step::Deep => Some(at),
                    Step::Name(pattern) => matches(pattern, &name).then_some(at + 1),
                };
                if let Some(slot) = to.and_then(|to| next.get_mut(to)) {
                    *slot = true;
                }
            }
            self.skip_deep(&mut next);
            taken = next;
        }
        taken.last() == Some(&true)
    }

    /// Any number of names may be none.
    fn skip_deep(&self, taken: &mut [bool]) {
        for (at, step) in self.steps.iter().enumerate() {
            if *step == Step::Deep
                && taken.get(at) == Some(&true)
                && let Some(slot) = taken.get_mut(at + 1)
            {
                *slot = true;
            }
        }
    }

    /// A path that it matches, below this one unless it begins at the root.
    pub(super) fn sample(&self, base: &str) -> String {
        let names = self.steps.iter().map(|step| match step {
            Step::Deep => "x".to_owned(),
            Step::Name(name) => {
                let plain = name
                    .iter()
                    .map(|c| if matches!(c, '*' | '?') { 'x' } else { *c });
                plain.collect()
            }
        });
        let names: Vec<String> = names.collect();
        let base = match self.steps.first() {
            Some(Step::Deep) => base,
            _ => "",
        };
        format!("{base}/{}", names.join("/"))
    }
}

/// A text whose case and form do not count.
fn folded(text: &str) -> Vec<char> {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    composed.to_uppercase().to_lowercase().chars().collect()
}

/// Whether a name matches a pattern with `*` and `?`, in time that grows with their product at worst.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last `*` was, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(from) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, taken)) => {
                    at = star_at + 1;
                    from = taken + 1;
                    star = Some((star_at, taken + 1));
                }
                None => return false,
            },
        }
    }
    let rest = pattern.get(at..).unwrap_or_default();
    rest.iter().all(|c| *c == '*')
}
