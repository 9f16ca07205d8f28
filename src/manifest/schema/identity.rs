//! How callers are known and what they are asked for, as it is written.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, Visitor};

use super::auth_data::Secret;
use super::limits::Time;
use crate::manifest::span::Spanned;

/// How callers are known: by tokens of `issuers`, or by what Envoy has verified (`trust`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `issuers` or `trust`")]
pub(in crate::manifest) struct Identity {
    /// Whose tokens are taken. Sluice verifies them.
    pub(in crate::manifest) issuers: Option<Spanned<Vec<Spanned<Issuer>>>>,
    /// What of Envoy's is taken for verified, in the place of `issuers`. Whoever reaches Sluice past
    /// Envoy can then claim to be anyone.
    pub(in crate::manifest) trust: Option<Spanned<TrustKind>>,
    /// For `trust: envoy_jwt_authn`, the key under which the filter says the claims; `payload` unless
    /// said otherwise.
    pub(in crate::manifest) payload_in_metadata: Option<Spanned<String>>,
    /// For `trust`, whom clients are told to get tokens from.
    pub(in crate::manifest) authorization_servers: Option<Spanned<Vec<Spanned<String>>>>,
    /// Which claims say what.
    pub(in crate::manifest) claims: Option<Spanned<Claims>>,
    /// The origin under which clients reach the paths of virtual servers, like
    /// `https://mcp.example.com`.
    pub(in crate::manifest) resource: Option<Spanned<String>>,
}

/// What of Envoy's is taken for verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`envoy_jwt_authn` or `envoy_peer_certificate`"
)]
pub(in crate::manifest) enum TrustKind {
    /// The claims in the dynamic metadata of the filter `jwt_authn`.
    EnvoyJwtAuthn,
    /// The SPIFFE id in the certificate of Envoy's peer.
    EnvoyPeerCertificate,
}

/// An issuer of tokens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `issuer`")]
pub(in crate::manifest) struct Issuer {
    /// The claim `iss`, character for character.
    #[schemars(required)]
    pub(in crate::manifest) issuer: Option<Spanned<String>>,
    /// The audiences of which a token must have one. If they are left out, it must have the URL of
    /// the virtual server, which needs `resource`.
    pub(in crate::manifest) audiences: Option<Spanned<Vec<Spanned<String>>>>,
    /// Its public keys.
    pub(in crate::manifest) jwks: Option<Spanned<Jwks>>,
    /// In the place of `jwks`, a secret that is shared with it, like `${file:/run/secrets/hmac}`.
    pub(in crate::manifest) secret: Option<Spanned<Secret>>,
    /// The algorithms that its tokens may be signed with. With `jwks`, all that are asymmetric,
    /// unless said otherwise; with `secret`, some of `HS256`, `HS384` and `HS512` have to be named.
    pub(in crate::manifest) algorithms: Option<Spanned<Vec<Spanned<String>>>>,
    /// By how much the clocks may differ, at most `5m`; `30s` unless said otherwise.
    pub(in crate::manifest) leeway: Option<Spanned<Time>>,
    /// How long the last good keys are used while no newer ones can be had; `24h` unless said
    /// otherwise.
    pub(in crate::manifest) max_stale: Option<Spanned<Time>>,
}

/// Where a JWK Set is: exactly one of these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `uri` or `file`")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(in crate::manifest) struct Jwks {
    /// The URL of the set.
    pub(in crate::manifest) uri: Option<Spanned<String>>,
    /// The path of a file with the set. It is read again when it changes.
    pub(in crate::manifest) file: Option<Spanned<String>>,
}

/// Which claims say what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(in crate::manifest) struct Claims {
    /// The person; `sub` unless said otherwise.
    pub(in crate::manifest) user: Option<Spanned<Claim>>,
    /// The groups that the person belongs to; `groups` unless said otherwise.
    pub(in crate::manifest) groups: Option<Spanned<Claim>>,
    /// The agent that acts for the person; `azp`, else `client_id`, unless said otherwise.
    pub(in crate::manifest) agent: Option<Spanned<Claim>>,
    /// The scopes; `scope`, else `scp`, unless said otherwise.
    pub(in crate::manifest) scopes: Option<Spanned<Claim>>,
}

/// A claim: its name, or the names to follow from the top, like `[realm_access, roles]`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(in crate::manifest) enum Claim {
    /// The name of a claim at the top.
    Name(String),
    /// The names to follow.
    Path(Vec<String>),
}

/// Callers, by what is true of them: `user:alice`, `group:support`, `agent:triage-bot`,
/// `scope:issues.read` or `claim.department=sales`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `in` or `not_in`")]
#[schemars(extend("minProperties" = 1))]
pub(in crate::manifest) struct Members {
    /// One of these has to be true; if it is left out, nothing has to be.
    #[serde(rename = "in")]
    pub(in crate::manifest) any_of: Option<Spanned<Vec<Spanned<String>>>>,
    /// None of these may be.
    #[serde(rename = "not_in")]
    pub(in crate::manifest) none_of: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A condition: callers, or an expression in CEL over `user`, `groups`, `agent`, `scopes` and
/// `claims`, and for tools and prompts `arguments`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(in crate::manifest) enum When {
    /// These callers.
    Members(Members),
    /// Where this is true.
    Expression(String),
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClaimVisitor;

        impl<'de> Visitor<'de> for ClaimVisitor {
            type Value = Claim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a claim, or a list of names to follow")
            }

            fn visit_str<E>(self, text: &str) -> Result<Claim, E> {
                Ok(Claim::Name(text.to_owned()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Claim, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Claim::Path)
            }
        }

        deserializer.deserialize_any(ClaimVisitor)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WhenVisitor;

        impl<'de> Visitor<'de> for WhenVisitor {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression, or a map with `in` or `not_in`")
            }

            fn visit_str<E>(self, text: &str) -> Result<When, E> {
                Ok(When::Expression(text.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<When, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map)).map(When::Members)
            }
        }

        deserializer.deserialize_any(WhenVisitor)
    }
}
