//! `sanitize`: takes out what people don't see and models read, or what a terminal takes for orders.

pub(super) mod characters;
pub(super) mod comments;
mod escapes;

use super::loosen::{Change, loosen_output};
use super::report::{Action, Finding, Report};
use super::walk::{Edit, TextKind, walk};
use super::{Input, Path, Segment};
use crate::json::{Splice, Value, quoted};

/// What can be taken out of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Junk {
    /// Escape sequences of terminals (ECMA-48) and control characters, but for white space.
    Ansi,
    /// Characters that change the direction of the text (UAX #9).
    Bidi,
    /// Characters that take no room, but for joiners where a script or an emoji needs them.
    ZeroWidth,
    /// Tag characters, which mirror ASCII unseen, but for the flags that are made of them.
    Tags,
    /// Variation selectors with nothing before them to vary.
    VariationSelectors,
    /// Characters that mean nothing without a private agreement: icons, mostly.
    PrivateUse,
    /// Comments of HTML.
    HtmlComments,
}

impl Junk {
    /// All there is.
    pub const ALL: &[Self] = &[
        Self::Ansi,
        Self::Bidi,
        Self::ZeroWidth,
        Self::Tags,
        Self::VariationSelectors,
        Self::PrivateUse,
        Self::HtmlComments,
    ];

    /// What goes unless something else is said: all but icons.
    pub const DEFAULT: &[Self] = &[
        Self::Ansi,
        Self::Bidi,
        Self::ZeroWidth,
        Self::Tags,
        Self::VariationSelectors,
        Self::HtmlComments,
    ];

    /// The word for it, in manifests and findings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ansi => "ansi",
            Self::Bidi => "bidi",
            Self::ZeroWidth => "zero_width",
            Self::Tags => "tags",
            Self::VariationSelectors => "variation_selectors",
            Self::PrivateUse => "private_use",
            Self::HtmlComments => "html_comments",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|junk| junk.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    const fn explanation(self) -> &'static str {
        match self {
            Self::Ansi => "there are escape sequences of terminals in it",
            Self::HtmlComments => "there are comments of HTML in it",
            Self::PrivateUse => "there are characters of private use in it",
            Self::Bidi | Self::ZeroWidth | Self::Tags | Self::VariationSelectors => {
                "there are invisible characters in it"
            }
        }
    }

    /// A text with some of it, and the text without.
    const fn sample(self) -> (&'static str, &'static str) {
        match self {
            Self::Ansi => ("\u{1b}[8mhidden\u{1b}[0m", "hidden"),
            Self::Bidi => ("a\u{202e}b", "ab"),
            Self::ZeroWidth => ("a\u{200b}b", "ab"),
            Self::Tags => ("a\u{e0062}", "a"),
            Self::VariationSelectors => ("a\u{e0152}", "a"),
            Self::PrivateUse => ("a\u{e000}", "a"),
            Self::HtmlComments => ("a<!-- b -->c", "ac"),
        }
    }
}

/// Some kinds of junk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Set(u8);

impl Set {
    const fn has(self, junk: Junk) -> bool {
        self.0 & junk.bit() != 0
    }

    const fn add(&mut self, junk: Junk) {
        self.0 |= junk.bit();
    }
}

/// Takes junk out of texts.
#[derive(Debug, Clone)]
pub struct Sanitize {
    removed: Set,
}

impl Sanitize {
    /// One that takes these out.
    #[must_use]
    pub fn new(removed: &[Junk]) -> Self {
        let mut set = Set::default();
        for junk in removed {
            set.add(*junk);
        }
        Self { removed: set }
    }

    /// Looks at all texts but numbers.
    pub fn inspect<'d>(&self, input: &Input<'_, 'd>, splice: &mut Splice<'d>, report: &mut Report) {
        walk(input, splice, &mut |text| {
            if text.kind == TextKind::Number {
                return Edit::Keep;
            }
            match self.clean(text.text) {
                None => Edit::Keep,
                Some((clean, found)) => {
                    Self::report(found, text.path, report);
                    Edit::Replace(clean)
                }
            }
        });
    }

    /// Cleans what is for reading in the definition of a tool: titles and descriptions, its own and
    /// those in its schemas. Names and values that it names stay, since calls repeat them.
    pub fn edit_tool<'d>(&self, tool: Value<'d>, splice: &mut Splice<'d>, report: &mut Report) {
        let mut definition = Definition {
            sanitize: self,
            path: Path::default(),
            report,
        };
        definition.clean(tool, false, splice);
        let change = Change {
            text: &|text, _| self.clean(text).is_some(),
            keys: true,
            ..Change::default()
        };
        loosen_output(tool, &change, splice);
    }

    /// Shows it a sample of each kind.
    ///
    /// # Errors
    ///
    /// One is not cleaned; the text says of what.
    pub fn self_test(&self) -> Result<(), String> {
        let wanted = Junk::ALL.iter().filter(|junk| self.removed.has(**junk));
        for junk in wanted {
            let (sample, clean) = junk.sample();
            if self.clean(sample).is_none_or(|(text, _)| text != clean) {
                return Err(format!("it leaves its own sample of `{}`", junk.as_str()));
            }
        }
        Ok(())
    }

    /// The text without junk, and what there was. `None` if there was none.
    fn clean(&self, text: &str) -> Option<(String, Set)> {
        if !text.bytes().any(characters::is_suspicious) {
            return None;
        }
        let mut found = Set::default();
        let mut clean = characters::clean(text, self.removed, &mut found);
        if self.removed.has(Junk::HtmlComments) {
            let text = clean.as_deref().unwrap_or(text);
            if let Some(without) = comments::remove(text) {
                found.add(Junk::HtmlComments);
                clean = Some(without);
            }
        }
        clean.map(|clean| (clean, found))
    }

    fn report(found: Set, path: &[Segment<'_>], report: &mut Report) {
        for junk in Junk::ALL.iter().filter(|junk| found.has(**junk)) {
            report.find(Finding {
                rule: junk.as_str().into(),
                path: Path(path.to_vec()).to_string(),
                entity: None,
                action: Action::Remove,
            });
            report.explain(junk.explanation());
        }
    }
}

/// The definition of a tool.
struct Definition<'s, 'r, 'd> {
    sanitize: &'s Sanitize,
    path: Path<'d>,
    report: &'r mut Report,
}

impl<'d> Definition<'_, '_, 'd> {
    /// `has_names`: the keys are names of the tool's own.
    fn clean(&mut self, value: Value<'d>, has_names: bool, splice: &mut Splice<'d>) {
        for member in value.members() {
            let key = member.key();
            if !has_names && is_data(&key) {
                continue;
            }
            let has_names = !has_names && maps_names(&key);
            let is_prose = matches!(&*key, "description" | "title" | "$comment");
            self.path.0.push(Segment::Key(key));
            let text = member.value().as_str().filter(|_| is_prose);
            if let Some((clean, found)) = text.and_then(|text| self.sanitize.clean(&text)) {
                Sanitize::report(found, &self.path.0, self.report);
                splice.replace(member.value(), quoted(&clean));
            }
            self.clean(member.value(), has_names, splice);
            self.path.0.pop();
        }
        for (at, element) in value.elements().enumerate() {
            self.path.0.push(Segment::Index(at));
            self.clean(element, false, splice);
            self.path.0.pop();
        }
    }
}

/// Whether a keyword has values that calls and results repeat.
fn is_data(keyword: &str) -> bool {
    matches!(keyword, "enum" | "const" | "default" | "examples" | "_meta")
}

/// Whether a keyword has schemas by names.
fn maps_names(keyword: &str) -> bool {
    matches!(
        keyword,
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
    )
}

#[cfg(test)]
mod tests;
