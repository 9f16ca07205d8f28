//! What can be wrong with the shape of a manifest, and what would help.

use super::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use super::span::Span;

/// The keys of later versions. To ignore one of them would be to promise what is not done.
const NOT_YET: &[&str] = &[
    "guardrails",
    "mcp_tool_post_invoke_guardrails",
    "mcp_tool_pre_invoke_guardrails",
];

/// Keys that are often looked for elsewhere than where they are.
const MISPLACED: &[(&str, &str)] = &[
    (
        "enabled_tools",
        "`enabled_tools` belongs to an entry of `servers`",
    ),
    (
        "disabled_tools",
        "`disabled_tools` belongs to an entry of `servers`",
    ),
    (
        "tool_metadata",
        "`tool_metadata` belongs to a server under `servers` at the top",
    ),
    (
        "annotations",
        "`annotations` belongs to a tool under `tool_metadata`",
    ),
    (
        "auth_data",
        "`auth_data` belongs to a server under `servers` at the top",
    ),
    (
        "collaborators",
        "`collaborators` belongs to a virtual server",
    ),
    ("identity", "`identity` belongs to the top"),
    ("issuers", "`issuers` belongs to `identity` at the top"),
    ("jwks", "`jwks` belongs to an entry of `issuers`"),
    (
        "when",
        "`when` belongs to an entry of a list, like `{name: \"delete_*\", when: …}`",
    ),
    ("path", "`path` belongs to `match`"),
    ("route", "`route` belongs to `match`"),
];

/// What is found where a secret should be and is no text: it may be one, and is not repeated.
pub(super) const NOT_TEXT: &str = "something that is no text";

/// What is wrong with a value or a key.
#[derive(Debug)]
pub(super) enum Mistake {
    Type {
        found: String,
        expected: String,
    },
    Key {
        found: String,
        expected: &'static [&'static str],
    },
    Variant {
        found: String,
        expected: &'static [&'static str],
    },
    Other(String),
    /// Nothing that has not been reported before.
    Reported,
}

impl Mistake {
    /// The diagnostic of a mistake here.
    pub(super) fn diagnose(self, span: Span) -> Diagnostic {
        match self {
            Self::Type { found, expected } if found == NOT_TEXT => {
                let message = format!("expected {expected}, found {found}");
                let help = "put it in quotes".to_owned();
                Diagnostic::new(Code::WrongType, span, message)
                    .help(help)
                    .secret()
            }
            Self::Type { found, expected } => {
                let help = type_help(&found, &expected);
                let message = format!("expected {expected}, found {found}");
                Diagnostic::new(Code::WrongType, span, message).help(help)
            }
            Self::Key { found, .. } if NOT_YET.contains(&found.as_str()) => {
                let message = format!("{} is not supported by this version yet", quote(&found));
                Diagnostic::new(Code::NotYet, span, message)
                    .help("it is refused, since to ignore it would weaken the policy".to_owned())
            }
            Self::Key { found, expected } => {
                let elsewhere = MISPLACED.iter().find(|(key, _)| *key == found);
                let help = match elsewhere {
                    Some((_, place)) => Some((*place).to_owned()),
                    None => did_you_mean(&found, expected.iter().copied()),
                };
                let help = help.unwrap_or_else(|| format!("there are {}", enumerate(expected)));
                let message = format!("there is no key {} here", quote(&found));
                Diagnostic::new(Code::UnknownKey, span, message)
                    .label("unknown key")
                    .help(help)
            }
            Self::Variant { found, expected } => {
                let help = did_you_mean(&found, expected.iter().copied())
                    .unwrap_or_else(|| format!("there are {}", enumerate(expected)));
                let message = format!("{} is no value of this key", quote(&found));
                Diagnostic::new(Code::UnknownValue, span, message).help(help)
            }
            Self::Reported => Diagnostic::new(Code::WrongType, span, "this cannot be read"),
            Self::Other(message) => Diagnostic::new(Code::WrongType, span, message),
        }
    }
}

fn type_help(found: &str, expected: &str) -> Option<String> {
    let help = match found {
        "nothing" => "give it a value, or remove it",
        "the text `yes`" | "the text `on`" if expected.contains("true") => "write `true`",
        "the text `no`" | "the text `off`" if expected.contains("true") => "write `false`",
        _ if expected.starts_with("a list") && found.starts_with("the text") => {
            "put it in brackets: `[…]`"
        }
        _ if expected.starts_with("a text") && !found.starts_with("a ") => "put it in quotes",
        _ => return None,
    };
    Some(help.to_owned())
}

fn enumerate(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
