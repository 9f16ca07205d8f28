//! Examples of what is decided, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::manifest::span::Spanned;

/// An example of what is decided.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Test {
    /// What it shows; every test has its own.
    #[schemars(required)]
    pub(in crate::manifest) name: Option<Spanned<String>>,
    /// What a client asks.
    #[schemars(required)]
    pub(in crate::manifest) given: Option<Spanned<Given>>,
    /// What is decided.
    #[schemars(required)]
    pub(in crate::manifest) expect: Option<Spanned<Expect>>,
}

/// What a client asks: of which virtual server, and exactly one of the others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Given {
    /// The name of the virtual server.
    #[schemars(required)]
    pub(in crate::manifest) virtual_server: Option<Spanned<String>>,
    /// The claims of the token that the client has, verified: `sub` at least. Without them the
    /// client has none.
    pub(in crate::manifest) claims: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
    /// With `call`: what the server answers if it is asked, as a `CallToolResult`, like
    /// `{content: [{type: text, text: hello}]}`.
    pub(in crate::manifest) result: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
    /// A call of a tool.
    pub(in crate::manifest) call: Option<Spanned<Call>>,
    /// Getting a prompt.
    pub(in crate::manifest) prompt: Option<Spanned<Call>>,
    /// Reading a resource.
    pub(in crate::manifest) resource: Option<Spanned<Read>>,
    /// Getting a skill.
    pub(in crate::manifest) skill: Option<Spanned<Read>>,
    /// A whole JSON-RPC message, as a map or as the text of its JSON.
    pub(in crate::manifest) message: Option<serde_json::Value>,
}

/// A call of a tool, or getting a prompt.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `name`")]
pub(in crate::manifest) struct Call {
    /// The name of the tool or prompt.
    #[schemars(required)]
    pub(in crate::manifest) name: Option<String>,
    /// The arguments.
    pub(in crate::manifest) arguments: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Reading a resource, or getting a skill.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `uri`")]
pub(in crate::manifest) struct Read {
    /// The URI of the resource, or of the skill's `SKILL.md`.
    #[schemars(required)]
    pub(in crate::manifest) uri: Option<String>,
}

/// What is decided.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Expect {
    /// Whether it goes on to the server, and the result that is given to the client.
    #[schemars(required)]
    pub(in crate::manifest) decision: Option<Decision>,
    /// Why it is refused.
    pub(in crate::manifest) reason: Option<Spanned<String>>,
    /// The guardrail that refuses it.
    pub(in crate::manifest) guardrail: Option<Spanned<String>>,
    /// The arguments that the server gets.
    pub(in crate::manifest) arguments: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
    /// The result that the client gets, of a test that gives one.
    pub(in crate::manifest) result: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
}

/// Whether something goes on to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`allow` or `deny`")]
pub(in crate::manifest) enum Decision {
    /// It does.
    Allow,
    /// It is refused.
    Deny,
}
