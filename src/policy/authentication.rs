//! How callers are known: whose tokens are taken, and what must be true of them.

use std::path::PathBuf;
use std::time::Duration;

use super::caller::ClaimNames;
use super::secret_text::SecretText;
use crate::oauth::Algorithm;

/// How callers are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Authentication {
    /// Who vouches for them.
    pub trust: Trust,
    /// Which claims say what.
    pub claims: ClaimNames,
    /// The URL under which clients reach the paths of virtual servers, without a path of its own
    /// and without a slash at the end. If it is not given, the one that each request came to.
    pub resource: Option<String>,
}

/// Who vouches for callers.
#[derive(Debug, Clone, PartialEq)]
pub enum Trust {
    /// These issuers, whose signatures Sluice verifies.
    Issuers(Vec<Issuer>),
    /// Envoy's filter `jwt_authn`, which has verified the token and says its claims in dynamic
    /// metadata under this key (`payload_in_metadata`).
    EnvoyJwtAuthn {
        /// The key.
        payload: String,
        /// The issuers, for the metadata that clients read (RFC 9728).
        authorization_servers: Vec<String>,
    },
    /// The certificate of Envoy's peer, which Envoy has verified: the SPIFFE id in it is the subject.
    EnvoyPeerCertificate,
}

/// An issuer of tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Issuer {
    /// The claim `iss`, character for character.
    pub issuer: String,
    /// The audiences of which a token must have one. If there are none, it must have the URL of the
    /// virtual server (RFC 8707).
    pub audiences: Vec<String>,
    /// Its keys.
    pub keys: IssuerKeys,
    /// The algorithms that its tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// By how much the clocks may differ.
    pub leeway: Duration,
    /// How long the last good keys are used while no newer ones can be had.
    pub max_stale: Duration,
}

/// The keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IssuerKeys {
    /// A JWK Set at this URL (RFC 7517).
    Uri(String),
    /// A JWK Set in this file.
    File(PathBuf),
    /// A secret that is shared with the issuer (HMAC).
    Secret(SecretText),
}

impl Authentication {
    /// The issuers of tokens, as clients are told (RFC 9728).
    pub fn authorization_servers(&self) -> Vec<String> {
        match &self.trust {
            Trust::Issuers(issuers) => issuers.iter().map(|issuer| issuer.issuer.clone()).collect(),
            Trust::EnvoyJwtAuthn {
                authorization_servers,
                ..
            } => authorization_servers.clone(),
            Trust::EnvoyPeerCertificate => Vec::new(),
        }
    }
}
