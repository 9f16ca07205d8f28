//! Texts with secrets in them, as a manifest writes them: `Bearer ${file:/run/secrets/token}`. What
//! the secrets are, only the credential store knows.

use std::path::PathBuf;

/// A text with references to secrets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretText(pub Vec<Piece>);

/// A part of a [`SecretText`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// The text itself.
    Text(String),
    /// What the file holds, without white space at its end.
    File(PathBuf),
    /// The variable of the environment.
    Env(String),
}

/// A text that is not one with references.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretText {
    /// `${` without its `}`.
    #[error("`${{` has no `}}`")]
    Open,
    /// A reference of another kind.
    #[error("`${{{0}}}` is neither `${{file:/path}}` nor `${{env:NAME}}`")]
    Kind(String),
    /// A path that is not absolute.
    #[error("the path `{0}` is not absolute")]
    Relative(String),
}

impl SecretText {
    /// Reads a text; `$$` stands for `$`.
    ///
    /// # Errors
    ///
    /// A reference in it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretText> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                plain.push('$');
                rest = after;
                continue;
            }
            let Some(reference) = after.strip_prefix('{') else {
                plain.push('$');
                rest = after;
                continue;
            };
            let (reference, after) = reference.split_once('}').ok_or(InvalidSecretText::Open)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::reference(reference)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Whether a secret is referred to; if none is, whatever is secret stands in the manifest.
    #[must_use]
    pub fn has_reference(&self) -> bool {
        self.0.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }
}

impl Piece {
    fn reference(text: &str) -> Result<Self, InvalidSecretText> {
        match text.split_once(':') {
            Some(("file", path)) if path.starts_with('/') => Ok(Self::File(path.into())),
            Some(("file", path)) => Err(InvalidSecretText::Relative(path.to_owned())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            _ => Err(InvalidSecretText::Kind(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found() {
        let text = |text: &str| Piece::Text(text.to_owned());
        for (written, expected) in [
            ("", Ok(vec![])),
            ("plain $5 $$", Ok(vec![text("plain $5 $")])),
            ("$${file:/a}", Ok(vec![text("${file:/a}")])),
            (
                "Bearer ${file:/run/a}${env:B}!",
                Ok(vec![
                    text("Bearer "),
                    Piece::File("/run/a".into()),
                    Piece::Env("B".into()),
                    text("!"),
                ]),
            ),
            ("${file:/a", Err(InvalidSecretText::Open)),
            ("${file:a}", Err(InvalidSecretText::Relative("a".into()))),
            ("${env:}", Err(InvalidSecretText::Kind("env:".into()))),
            ("${HOME}", Err(InvalidSecretText::Kind("HOME".into()))),
        ] {
            let parsed = SecretText::parse(written).map(|text| text.0);
            assert_eq!(parsed, expected, "{written}");
        }
    }
}
