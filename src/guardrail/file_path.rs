//! `path`: where paths of files among the arguments lead.
//!
//! What is judged is the text. Links that lead elsewhere are not seen from here: the server has to
//! resolve and check them itself.

mod glob;
mod read;

use std::fmt;

pub use glob::{InvalidGlob, PathGlob};
use read::Parts;

use super::forms::{Normalize, forms};
use super::leaf::{Leaf, leaves};
use super::{Action, Finding, Input, PathPattern, Report, TextKind};

/// Where paths of files may lead.
#[derive(Debug, Clone, Default)]
pub struct FilePath {
    /// Arguments that are paths.
    pub places: Vec<PathPattern>,
    /// The directories that paths must be in; any, if there are none.
    pub roots: Vec<Root>,
    /// What must not be named.
    pub deny: Vec<PathGlob>,
    /// Whether a path may be relative. It is taken to begin in each of the roots.
    pub relative: bool,
}

/// A directory, as a manifest names it: `/srv/data`, `C:\data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    drive: Option<char>,
    parts: Vec<String>,
}

/// A text that is no absolute path without anything that has to be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a root is an absolute path like `/srv/data` or `C:\\data`, without `..`")]
pub struct InvalidRoot;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    TooComplex,
    Control,
    Lookalike,
    Encoding,
    Url,
    Expansion,
    Share,
    Drive,
    Backslash,
    Traversal,
    Name,
    Relative,
    Outside,
    Denied,
}

impl Refused {
    /// The stable word for it.
    const fn rule(self) -> &'static str {
        match self {
            Self::TooComplex | Self::Encoding => "path_encoding",
            Self::Control => "path_control",
            Self::Lookalike => "path_lookalike",
            Self::Url => "path_url",
            Self::Expansion => "path_expansion",
            Self::Share => "path_share",
            Self::Drive => "path_drive",
            Self::Backslash => "path_backslash",
            Self::Traversal => "path_traversal",
            Self::Name => "path_name",
            Self::Relative => "path_relative",
            Self::Outside => "path_outside",
            Self::Denied => "path_denied",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooComplex | Self::Encoding => "is encoded; write it plainly",
            Self::Control => "has control or invisible characters; leave them out",
            Self::Lookalike => "has characters that look like `.` or `/`; write it in ASCII",
            Self::Url => "is a URL; write the path alone",
            Self::Expansion => {
                "has `~`, `$` or another sign that a shell would expand; write it out"
            }
            Self::Share => "begins with two slashes; write it with one",
            Self::Drive => "has a colon as drives and streams do; leave it out",
            Self::Backslash => "has a backslash; write `/`",
            Self::Traversal => "has `..` in it; write where it leads instead",
            Self::Name => {
                "has a name that is empty, too long, reserved, or ends in a dot or a space; write \
                 another one"
            }
            Self::Relative => "is relative; write the whole path, from the root",
            Self::Outside => "is outside of what may be read and written",
            Self::Denied => "names a file that is not allowed",
        })
    }
}

impl Root {
    /// Reads what a manifest names.
    ///
    /// # Errors
    ///
    /// It is no absolute path, or it is one that has to be resolved.
    pub fn parse(text: &str) -> Result<Self, InvalidRoot> {
        let is_windows = read::drive(text).is_some();
        match read::read(text, is_windows) {
            Ok(Parts {
                is_absolute: true,
                drive,
                names,
            }) => Ok(Self {
                drive,
                parts: names.into_iter().map(str::to_owned).collect(),
            }),
            _ => Err(InvalidRoot),
        }
    }

    fn holds(&self, path: &Parts<'_>) -> bool {
        let same = |(own, other): (&String, &&str)| match self.drive {
            Some(_) => own.to_lowercase() == other.to_lowercase(),
            None => own == other,
        };
        self.drive == path.drive
            && self.parts.len() <= path.names.len()
            && self.parts.iter().zip(&path.names).all(same)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.drive {
            Some(drive) => write!(f, "{drive}:\\{}", self.parts.join("\\")),
            None => write!(f, "/{}", self.parts.join("/")),
        }
    }
}

impl FilePath {
    pub(super) fn inspect(&self, input: &Input<'_, '_>, report: &mut Report) {
        leaves(input, &self.places, report, &mut |leaf, report| {
            self.text(&leaf, report);
        });
    }

    fn text(&self, leaf: &Leaf<'_, '_>, report: &mut Report) {
        // Keys within an argument are mostly names of fields; some tools have paths there.
        let may_be_path = |key: &str| key.starts_with('.') || key.contains(['/', '\\', '%', '~']);
        if leaf.kind == TextKind::Key && !may_be_path(&leaf.text) {
            return;
        }
        let Err(refused) = self.judge(&leaf.text) else {
            return;
        };
        let place = leaf.place();
        report.block(self.reason(&place, refused));
        report.find(Finding {
            rule: refused.rule().into(),
            path: place,
            entity: None,
            action: Action::Block,
        });
    }

    fn reason(&self, place: &str, refused: Refused) -> String {
        let roots: Vec<String> = self.roots.iter().map(|root| format!("`{root}`")).collect();
        let is_elsewhere = matches!(refused, Refused::Outside | Refused::Relative);
        let hint = match is_elsewhere && !roots.is_empty() {
            true => format!("; it must be in {}", roots.join(" or ")),
            false => String::new(),
        };
        format!("the path in `{place}` {refused}{hint}")
    }

    /// Whether a path may be, however it is read.
    fn judge(&self, path: &str) -> Result<(), Refused> {
        let how = Normalize {
            percent: true,
            ..Normalize::default()
        };
        let readings = forms(path, how).map_err(|_| Refused::TooComplex)?;
        for reading in &readings {
            if reading.contains('\u{fffd}') {
                return Err(Refused::Encoding);
            }
            self.reading(reading)?;
        }
        Ok(())
    }

    fn reading(&self, path: &str) -> Result<(), Refused> {
        let is_windows = self.roots.iter().any(|root| root.drive.is_some());
        let parts = read::read(path, is_windows)?;
        if !parts.is_absolute {
            return match self.relative {
                true => self.allowed(&parts),
                false => Err(Refused::Relative),
            };
        }
        if !self.roots.is_empty() && !self.roots.iter().any(|root| root.holds(&parts)) {
            return Err(Refused::Outside);
        }
        self.allowed(&parts)
    }

    fn allowed(&self, path: &Parts<'_>) -> Result<(), Refused> {
        let bases: Vec<&[String]> = match path.is_absolute || self.roots.is_empty() {
            true => vec![&[]],
            false => self
                .roots
                .iter()
                .map(|root| root.parts.as_slice())
                .collect(),
        };
        for base in bases {
            let whole: Vec<&str> = base
                .iter()
                .map(String::as_str)
                .chain(path.names.iter().copied())
                .collect();
            if self.deny.iter().any(|glob| glob.covers(&whole)) {
                return Err(Refused::Denied);
            }
        }
        Ok(())
    }

    /// Shows paths to the check that lead where they must not.
    ///
    /// # Errors
    ///
    /// One of them is allowed.
    pub fn self_test(&self) -> Result<(), String> {
        let roots = self.roots.iter().map(Root::to_string);
        let mut samples: Vec<String> = roots.map(|root| format!("{root}/../sample")).collect();
        samples.push("../sample".to_owned());
        samples.push("%2e%2e/sample".to_owned());
        let refused = |path: &String| self.judge(path).is_err();
        let base = self.roots.first().map_or(String::new(), Root::to_string);
        let denied = self
            .deny
            .iter()
            .map(|glob| glob.sample(base.trim_end_matches('/')));
        samples.extend(denied);
        match samples.iter().find(|path| !refused(path)) {
            Some(path) => Err(format!("the path `{path}` is allowed")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
