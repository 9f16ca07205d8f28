//! Which credential a physical server gets, as it is written.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Unexpected, Visitor};

use super::Entries;
use super::identity::Claim;
use crate::manifest::mistake::NOT_TEXT;
use crate::manifest::span::Spanned;

/// Which credential a server gets. `type` says of what kind it is, and which other keys it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `type`")]
pub(in crate::manifest) struct AuthData {
    /// Of what kind it is.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(in crate::manifest) kind: Option<Spanned<AuthDataKind>>,
    /// `header`: the headers that are set, with secrets in them, like
    /// `Bearer ${file:/run/secrets/token}`.
    pub(in crate::manifest) headers: Option<Spanned<Entries<Secret>>>,
    /// `mapping`: the claim whose text is looked up; `sub` unless said otherwise.
    pub(in crate::manifest) claim: Option<Spanned<Claim>>,
    /// `mapping`: the path of a YAML or JSON file, a map from the claim's text to the credential. It
    /// is read again when it changes.
    pub(in crate::manifest) file: Option<Spanned<String>>,
    /// `mapping`: the header that is set; `authorization` unless said otherwise.
    pub(in crate::manifest) header: Option<Spanned<String>>,
    /// `mapping`: what precedes the credential in the header; `Bearer ` unless said otherwise, and
    /// nothing in another header than `authorization`.
    pub(in crate::manifest) prefix: Option<Spanned<String>>,
    /// `mapping`: the credential of those who have none. Without it they are refused.
    pub(in crate::manifest) default: Option<Spanned<Secret>>,
    /// `oauth2`: what the credential is asked by.
    pub(in crate::manifest) grant_type: Option<Spanned<GrantType>>,
    /// `oauth2`: the token endpoint.
    pub(in crate::manifest) token_url: Option<Spanned<String>>,
    /// `oauth2`: Sluice's name there.
    pub(in crate::manifest) client_id: Option<Spanned<String>>,
    /// `oauth2`: how Sluice proves that it is that client; `client_secret_basic` unless said
    /// otherwise.
    pub(in crate::manifest) client_authentication: Option<Spanned<ClientAuthentication>>,
    /// `oauth2`: the secret of `client_secret_basic` and `client_secret_post`, like
    /// `${file:/run/secrets/client}`.
    pub(in crate::manifest) client_secret: Option<Spanned<Secret>>,
    /// `oauth2`: the key of `private_key_jwt` in PEM, like `${file:/run/secrets/key.pem}`.
    pub(in crate::manifest) private_key: Option<Spanned<Secret>>,
    /// `oauth2`: the algorithm of `private_key_jwt`; `ES256` unless said otherwise.
    pub(in crate::manifest) algorithm: Option<Spanned<String>>,
    /// `oauth2`: the id of the key of `private_key_jwt`.
    pub(in crate::manifest) key_id: Option<Spanned<String>>,
    /// `oauth2`: for whom the token is to be (RFC 8693).
    pub(in crate::manifest) audience: Option<Spanned<String>>,
    /// `oauth2`: for what resource the token is to be (RFC 8707), a URL.
    pub(in crate::manifest) resource: Option<Spanned<String>>,
    /// `oauth2`: the scopes that the token is to have.
    pub(in crate::manifest) scopes: Option<Spanned<Vec<Spanned<String>>>>,
    /// `oauth2`, `token_exchange`: the token of who acts for the caller.
    pub(in crate::manifest) actor_token: Option<Spanned<Secret>>,
    /// `oauth2`, `token_exchange`: what is asked for;
    /// `urn:ietf:params:oauth:token-type:access_token` unless said otherwise.
    pub(in crate::manifest) requested_token_type: Option<Spanned<String>>,
}

/// Of what kind a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`header`, `mapping`, `oauth2` or `passthrough`"
)]
pub(in crate::manifest) enum AuthDataKind {
    /// The same for every caller: headers.
    Header,
    /// The caller's own, from a file.
    Mapping,
    /// One that an authorization server gives.
    #[serde(rename = "oauth2")]
    OAuth2,
    /// The token that the caller came with, which MCP forbids.
    Passthrough,
}

/// What a credential is asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`client_credentials`, `token_exchange` or `jwt_bearer`"
)]
pub(in crate::manifest) enum GrantType {
    /// Sluice's own: the same for every caller (RFC 6749).
    ClientCredentials,
    /// The caller's token, exchanged (RFC 8693).
    TokenExchange,
    /// The caller's token as an assertion (RFC 7523).
    JwtBearer,
}

/// How Sluice proves that it is a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`client_secret_basic`, `client_secret_post` or `private_key_jwt`"
)]
pub(in crate::manifest) enum ClientAuthentication {
    /// With a secret in the `Authorization` header.
    ClientSecretBasic,
    /// With a secret in the body.
    ClientSecretPost,
    /// With an assertion that it signs (RFC 7523).
    PrivateKeyJwt,
}

/// A text with secrets in it: `${file:/path}` stands for what the file holds, `${env:NAME}` for the
/// variable of the environment, `$$` for `$`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub(in crate::manifest) struct Secret(pub(in crate::manifest) String);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SecretVisitor;

        // What stands where a secret should is repeated by no message.
        fn not_text<T, E: serde::de::Error>() -> Result<T, E> {
            Err(E::invalid_type(Unexpected::Other(NOT_TEXT), &SecretVisitor))
        }

        impl Visitor<'_> for SecretVisitor {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text like `${file:/run/secrets/name}`")
            }

            fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret(text.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Secret, E> {
                not_text()
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Secret, E> {
                not_text()
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Secret, E> {
                not_text()
            }
        }

        deserializer.deserialize_any(SecretVisitor)
    }
}
