//! Which credential a physical MCP server gets, in the place of the caller's own.

use std::path::PathBuf;

use super::caller::ClaimPath;
use super::secret_text::SecretText;
use crate::oauth::Algorithm;

/// Which credential a physical MCP server gets.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum AuthData {
    /// None.
    #[default]
    None,
    /// The same for every caller: headers with secrets in them.
    Header(Vec<(String, SecretText)>),
    /// The caller's own, from a file.
    Mapping(Mapping),
    /// One that an authorization server gives.
    OAuth2(Box<OAuth2>),
    /// The token that the caller came with. MCP forbids it ("Token Passthrough"); it is for
    /// servers that are part of the same resource.
    Passthrough,
}

/// Credentials by a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The claim whose text is looked up.
    pub claim: ClaimPath,
    /// A YAML or JSON file: a map from the claim's text to the credential.
    pub file: PathBuf,
    /// The header that is set.
    pub header: String,
    /// What precedes the credential in the header, `Bearer ` unless said otherwise.
    pub prefix: String,
    /// The credential of those who have none. Without one they are refused.
    pub default: Option<SecretText>,
}

/// Credentials of an authorization server.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuth2 {
    /// What the credential is asked by.
    pub grant: Grant,
    /// The token endpoint.
    pub token_url: String,
    /// Sluice's name there.
    pub client_id: String,
    /// How Sluice proves that it is that client.
    pub client_authentication: ClientAuthentication,
    /// For whom the token is to be (`audience`, RFC 8693 section 2.1).
    pub audience: Option<String>,
    /// For what resource the token is to be (`resource`, RFC 8707).
    pub resource: Option<String>,
    /// The scopes that it is to have.
    pub scopes: Vec<String>,
}

/// What a credential is asked by.
#[derive(Debug, Clone, PartialEq)]
pub enum Grant {
    /// Sluice's own (RFC 6749 section 4.4): the same for every caller.
    ClientCredentials,
    /// The caller's token, exchanged (RFC 8693).
    TokenExchange {
        /// The token of who acts for the caller, if the server is to know.
        actor_token: Option<SecretText>,
        /// What is asked for, `urn:ietf:params:oauth:token-type:access_token` unless said otherwise.
        requested_token_type: Option<String>,
    },
    /// The caller's token as an assertion (RFC 7523 section 2.1).
    JwtBearer,
}

/// How Sluice proves that it is a client.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientAuthentication {
    /// A secret in the `Authorization` header (RFC 6749 section 2.3.1).
    SecretBasic(SecretText),
    /// A secret in the body (RFC 6749 section 2.3.1).
    SecretPost(SecretText),
    /// An assertion that it signs (RFC 7523 section 2.2).
    PrivateKeyJwt {
        /// The private key, in PEM.
        key: SecretText,
        /// The algorithm.
        algorithm: Algorithm,
        /// The key's id, if the server needs it.
        key_id: Option<String>,
    },
}

impl AuthData {
    /// Whether the credential depends on the token that the caller came with.
    #[must_use]
    pub fn needs_token(&self) -> bool {
        match self {
            Self::Passthrough => true,
            Self::OAuth2(oauth2) => match oauth2.grant {
                Grant::TokenExchange { .. } | Grant::JwtBearer => true,
                Grant::ClientCredentials => false,
            },
            Self::None | Self::Header(_) | Self::Mapping(_) => false,
        }
    }

    /// Whether the credential depends on who calls.
    #[must_use]
    pub fn needs_caller(&self) -> bool {
        self.needs_token() || matches!(self, Self::Mapping(_))
    }
}
