//! How callers are known, checked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::oauth::Algorithm;
use crate::policy::{Authentication, ClaimNames, ClaimPath, Issuer, IssuerKeys, Trust};

use super::{Context, limits, texts};

const LEEWAY: Duration = Duration::from_secs(30);
const MAX_LEEWAY: Duration = Duration::from_secs(5 * 60);
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_STALE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The keys that secrets may stand under.
const SECRETS: &[&str] = &[
    "actor_token",
    "client_secret",
    "default",
    "headers",
    "private_key",
];

/// What a manifest says of how callers are known.
#[derive(Debug)]
pub(super) enum Identity {
    /// Nothing.
    Absent,
    /// Something that makes no sense, and has been reported.
    Damaged,
    /// This.
    Written {
        authentication: Arc<Authentication>,
        /// The key.
        key: Span,
        /// An issuer of whose tokens the audience is the URL of the virtual server.
        without_audience: Option<Span>,
    },
}

impl Identity {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn authentication(&self) -> Option<&Arc<Authentication>> {
        match self {
            Self::Written { authentication, .. } => Some(authentication),
            Self::Absent | Self::Damaged => None,
        }
    }

    /// Whether several issuers vouch for callers, each of which may name somebody alike.
    pub(super) fn has_several_issuers(&self) -> bool {
        let trust = self.authentication().map(|it| &it.trust);
        matches!(trust, Some(Trust::Issuers(issuers)) if issuers.len() > 1)
    }

    /// Whether Sluice itself gets the tokens of callers, as far as that is known.
    pub(super) fn has_tokens(&self) -> bool {
        let trust = self.authentication().map(|it| &it.trust);
        trust.is_none_or(|trust| matches!(trust, Trust::Issuers(_)))
    }
}

/// What is said at the top, `root`, of how callers are known.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Identity>>,
    root: Span,
) -> Identity {
    let Some(Spanned { value, span }) = written else {
        return if context.is_intact(root) {
            Identity::Absent
        } else {
            Identity::Damaged
        };
    };
    let schema::Identity {
        issuers,
        trust,
        payload_in_metadata,
        authorization_servers,
        claims,
        resource,
    } = value;
    let of_envoy = trust.as_ref().map(|trust| trust.value);
    if of_envoy != Some(schema::TrustKind::EnvoyJwtAuthn) {
        let payload = payload_in_metadata.as_ref().map(|it| it.span);
        let servers = authorization_servers.as_ref().map(|it| it.span);
        let keys = [
            ("payload_in_metadata", payload),
            ("authorization_servers", servers),
        ];
        useless(context, keys, "`trust: envoy_jwt_authn`");
    }
    let resource = match resource {
        Some(resource) => origin(context, &resource).map(Some),
        None => Some(None),
    };
    let mut without_audience = None;
    let has_resource = resource.as_ref().is_none_or(Option::is_some);
    let trust = match (issuers, trust) {
        (Some(issuers), Some(trust)) => {
            let message = "callers are known by `issuers` or by `trust`, not by both";
            context.report(
                Diagnostic::new(Code::Exclusive, trust.span, message)
                    .label("this one, or")
                    .related(issuers.span, "these"),
            );
            None
        }
        (None, None) => {
            context.missing(span, "issuers");
            None
        }
        (Some(written), None) => {
            without_audience = without_audiences(&written.value);
            issuers_of(context, written, has_resource).map(Trust::Issuers)
        }
        (None, Some(trust)) => match trust.value {
            schema::TrustKind::EnvoyPeerCertificate => Some(Trust::EnvoyPeerCertificate),
            schema::TrustKind::EnvoyJwtAuthn => {
                let payload = payload_in_metadata.map(|payload| texts::something(context, payload));
                Some(Trust::EnvoyJwtAuthn {
                    payload: payload.flatten().unwrap_or_else(|| "payload".to_owned()),
                    authorization_servers: urls(context, authorization_servers),
                })
            }
        },
    };
    let claims = claim_names(context, claims.map(|it| it.value).unwrap_or_default());
    let (Some(trust), Some(resource)) = (trust, resource) else {
        return Identity::Damaged;
    };
    Identity::Written {
        authentication: Arc::new(Authentication {
            trust,
            claims,
            resource,
        }),
        key: span,
        without_audience,
    }
}

/// Reports the keys that say nothing without `with`.
pub(super) fn useless<'k>(
    context: &mut Context<'_>,
    keys: impl IntoIterator<Item = (&'k str, Option<Span>)>,
    with: &str,
) {
    for (key, span) in keys {
        let Some(span) = span else { continue };
        let message = format!("`{key}` says something with {with} only");
        let useless = Diagnostic::new(Code::UselessKey, span, message);
        context.report(if SECRETS.contains(&key) {
            useless.secret()
        } else {
            useless
        });
    }
}

/// The origin under which clients reach virtual servers.
fn origin(context: &mut Context<'_>, written: &Spanned<String>) -> Option<String> {
    let url = texts::url(context, written)?;
    if url.path() == "/" && url.query().is_none() {
        return Some(url.origin().ascii_serialization());
    }
    let message = format!("{} is more than an origin", quote(&written.value));
    let help = format!(
        "write `{}`: the paths of virtual servers come behind it",
        url.origin().ascii_serialization()
    );
    context.report(Diagnostic::new(Code::BadUrl, written.span, message).help(help));
    None
}

fn urls(context: &mut Context<'_>, written: Option<Spanned<Vec<Spanned<String>>>>) -> Vec<String> {
    let written = written.map(|written| written.value).unwrap_or_default();
    let url = |url: Spanned<String>| texts::url(context, &url).map(|_| url.value);
    written.into_iter().filter_map(url).collect()
}

fn without_audiences(written: &[Spanned<schema::Issuer>]) -> Option<Span> {
    let mut without = written.iter().filter(|it| it.value.audiences.is_none());
    without.next().map(|it| it.span)
}

/// The issuers, or `None` after reporting why not all of them are any.
fn issuers_of(
    context: &mut Context<'_>,
    written: Spanned<Vec<Spanned<schema::Issuer>>>,
    has_resource: bool,
) -> Option<Vec<Issuer>> {
    let Spanned {
        value: written,
        span,
    } = written;
    if written.is_empty() {
        if context.is_intact(span) {
            let message = "without an issuer every request would be refused";
            context.report(Diagnostic::new(Code::MissingKey, span, message));
        }
        return None;
    }
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut issuers = Vec::new();
    let count = written.len();
    for Spanned { value, span } in written {
        if let Some(name) = &value.issuer {
            if let Some(first) = names.get(&name.value) {
                let message = format!("two issuers are {}", quote(&name.value));
                context.report(
                    Diagnostic::new(Code::DuplicateIssuer, name.span, message)
                        .label("again")
                        .related(*first, "first here"),
                );
            }
            names.entry(name.value.clone()).or_insert(name.span);
        }
        issuers.extend(issuer(context, value, span, has_resource));
    }
    (issuers.len() == count).then_some(issuers)
}

fn issuer(
    context: &mut Context<'_>,
    written: schema::Issuer,
    span: Span,
    has_resource: bool,
) -> Option<Issuer> {
    let schema::Issuer {
        issuer,
        audiences,
        jwks,
        secret,
        algorithms,
        leeway,
        max_stale,
    } = written;
    if issuer.is_none() {
        context.missing(span, "issuer");
    }
    if audiences.is_none() && !has_resource && context.is_intact(span) {
        let message = "the key `audiences` is missing";
        let help = "without it a token must be for the URL of the virtual server, and for that \
                    `identity` needs `resource`";
        context.report(
            Diagnostic::new(Code::MissingKey, span, message)
                .label("in this map")
                .help(help.to_owned()),
        );
    }
    let symmetric = secret.is_some() && jwks.is_none();
    let unknown = secret.is_none() && jwks.is_none() && !context.is_intact(span);
    let keys = keys(context, jwks, secret, span);
    let algorithms = match algorithms {
        // For what keys they are is not known.
        Some(_) if unknown => None,
        Some(written) => Some(self::algorithms(context, written, symmetric)),
        None if symmetric => {
            context.missing(span, "algorithms");
            None
        }
        None => Some(asymmetric().collect()),
    };
    let mut time = |written: Option<Spanned<schema::Time>>, default, max, longest| match written {
        Some(written) => limits::time(context, &written, max, longest).unwrap_or(default),
        None => default,
    };
    let leeway = time(leeway, LEEWAY, MAX_LEEWAY, "five minutes");
    let max_stale = time(max_stale, STALE, MAX_STALE, "thirty days");
    let audiences = match audiences {
        Some(written) => self::audiences(context, written),
        None => Vec::new(),
    };
    let issuer = issuer.and_then(|issuer| texts::something(context, issuer))?;
    Some(Issuer {
        issuer,
        audiences,
        keys: keys?,
        algorithms: algorithms?,
        leeway,
        max_stale,
    })
}

fn audiences(context: &mut Context<'_>, written: Spanned<Vec<Spanned<String>>>) -> Vec<String> {
    if written.value.is_empty() && context.is_intact(written.span) {
        let message = "without an audience every token would be refused";
        let help = "leave the key out, and a token must be for the URL of the virtual server";
        let bad = Diagnostic::new(Code::MissingKey, written.span, message);
        context.report(bad.help(help.to_owned()));
    }
    let something = |audience| texts::something(context, audience);
    written.value.into_iter().filter_map(something).collect()
}

fn keys(
    context: &mut Context<'_>,
    jwks: Option<Spanned<schema::Jwks>>,
    secret: Option<Spanned<schema::Secret>>,
    issuer: Span,
) -> Option<IssuerKeys> {
    let Spanned { value, span } = match (jwks, secret) {
        (Some(jwks), None) => jwks,
        (None, Some(secret)) => return texts::secret(context, &secret).map(IssuerKeys::Secret),
        (Some(jwks), Some(secret)) => {
            let message = "an issuer has `jwks` or a `secret`, not both";
            context.report(
                Diagnostic::new(Code::Exclusive, secret.span, message)
                    .label("this one, or")
                    .related(jwks.span, "this one")
                    .secret(),
            );
            return None;
        }
        (None, None) => {
            context.missing(issuer, "jwks");
            return None;
        }
    };
    match (value.uri, value.file) {
        (Some(uri), None) => texts::url(context, &uri).map(|_| IssuerKeys::Uri(uri.value)),
        (None, Some(file)) => texts::file(context, &file).map(IssuerKeys::File),
        (Some(uri), Some(file)) => {
            let message = "a key set is at a `uri` or in a `file`, not both";
            context.report(
                Diagnostic::new(Code::Exclusive, file.span, message)
                    .label("this one, or")
                    .related(uri.span, "this one"),
            );
            None
        }
        (None, None) => {
            if context.is_intact(span) {
                let message = "the key `uri` or `file` is missing";
                context
                    .report(Diagnostic::new(Code::MissingKey, span, message).label("in this map"));
            }
            None
        }
    }
}

fn asymmetric() -> impl Iterator<Item = Algorithm> {
    let all = Algorithm::ALL.iter().copied();
    all.filter(|algorithm| !algorithm.is_symmetric())
}

fn algorithms(
    context: &mut Context<'_>,
    written: Spanned<Vec<Spanned<String>>>,
    symmetric: bool,
) -> Vec<Algorithm> {
    if written.value.is_empty() && context.is_intact(written.span) {
        let message = "without an algorithm every token would be refused";
        context.report(Diagnostic::new(Code::MissingKey, written.span, message));
    }
    let mut algorithms = Vec::new();
    for name in &written.value {
        algorithms.extend(algorithm(context, name, symmetric));
    }
    algorithms
}

/// An algorithm, of a shared secret or of a pair of keys; or `None` after reporting why it is none.
pub(super) fn algorithm(
    context: &mut Context<'_>,
    written: &Spanned<String>,
    symmetric: bool,
) -> Option<Algorithm> {
    let text = quote(&written.value);
    let names = || {
        Algorithm::ALL
            .iter()
            .filter(|it| it.is_symmetric() == symmetric)
    };
    let listed = || {
        let names: Vec<_> = names().map(|name| format!("`{name}`")).collect();
        format!("there are {}", names.join(", "))
    };
    let (message, help) = match Algorithm::parse(&written.value) {
        Some(algorithm) if algorithm.is_symmetric() == symmetric => return Some(algorithm),
        Some(_) if symmetric => {
            let message = format!("{text} is for a pair of keys, not for a `secret`");
            (message, listed())
        }
        Some(_) => {
            let message = format!("{text} is for a shared secret, not for a pair of keys");
            let help =
                "a public key would do for a secret, so that anyone could sign: leave it out";
            (message, help.to_owned())
        }
        None if written.value.eq_ignore_ascii_case("none") => {
            let message = format!("{text} stands for tokens that nobody has signed");
            (message, "they are never taken".to_owned())
        }
        None if written.value.eq_ignore_ascii_case("ES512") => {
            (format!("{text} is not supported"), listed())
        }
        None => {
            let message = format!("there is no algorithm {text}");
            let close = did_you_mean(&written.value, names().map(|name| name.as_str()));
            (message, close.unwrap_or_else(listed))
        }
    };
    context.report(Diagnostic::new(Code::BadAlgorithm, written.span, message).help(help));
    None
}

fn claim_names(context: &mut Context<'_>, written: schema::Claims) -> ClaimNames {
    let schema::Claims {
        user,
        groups,
        agent,
        scopes,
    } = written;
    let default = ClaimNames::default();
    let mut path = |written: Option<Spanned<schema::Claim>>| claim(context, written?);
    ClaimNames {
        user: path(user).unwrap_or(default.user),
        groups: path(groups).unwrap_or(default.groups),
        agent: path(agent).map_or(default.agent, |path| vec![path]),
        scopes: path(scopes).map_or(default.scopes, |path| vec![path]),
    }
}

/// Where a claim stands, or `None` after reporting that it is nowhere.
pub(super) fn claim(
    context: &mut Context<'_>,
    written: Spanned<schema::Claim>,
) -> Option<ClaimPath> {
    let path = match written.value {
        schema::Claim::Name(name) => vec![name],
        schema::Claim::Path(path) => path,
    };
    if path.is_empty() || path.iter().any(String::is_empty) {
        let message = "a claim has a name";
        context.report(Diagnostic::new(Code::BadName, written.span, message));
        return None;
    }
    Some(ClaimPath(path))
}
