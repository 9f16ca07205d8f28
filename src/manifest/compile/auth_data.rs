//! Which credential a physical server gets, checked.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema::{self, AuthDataKind, GrantType};
use crate::manifest::span::{Span, Spanned};
use crate::oauth::Algorithm;
use crate::policy::{AuthData, ClaimPath, ClientAuthentication, Grant, Mapping, OAuth2};

use super::identity::{self, Identity, useless};
use super::{Context, texts};

/// The credential of a physical server.
#[derive(Debug, Default)]
pub(super) struct Credential {
    pub(super) auth_data: Arc<AuthData>,
    /// Where it is written.
    pub(super) span: Option<Span>,
}

/// The credential of a server; none, if what is written is none, which has then been reported.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::AuthData>>,
    callers: &Identity,
) -> Credential {
    let Some(Spanned { value, span }) = written else {
        return Credential::default();
    };
    let Some(kind) = value.kind.clone() else {
        context.missing(span, "type");
        return Credential::default();
    };
    foreign(context, &value, kind.value);
    let auth_data = match kind.value {
        AuthDataKind::Header => headers(context, value.headers, span),
        AuthDataKind::Mapping => mapping(context, value, span),
        AuthDataKind::OAuth2 => oauth2(context, value, span),
        AuthDataKind::Passthrough => {
            passthrough(context, kind.span);
            Some(AuthData::Passthrough)
        }
    };
    let Some(auth_data) = auth_data else {
        return Credential::default();
    };
    fits(context, &auth_data, kind.span, callers);
    Credential {
        auth_data: Arc::new(auth_data),
        span: Some(kind.span),
    }
}

fn passthrough(context: &mut Context<'_>, span: Span) {
    let message = "the caller's own token goes on to the server, which MCP's authorization \
                   specification forbids";
    let help = "the server could use it elsewhere in the caller's name; exchange it instead: \
                `type: oauth2` with `grant_type: token_exchange`";
    context.report(Diagnostic::new(Code::TokenPassthrough, span, message).help(help.to_owned()));
}

/// Reports a credential that takes what callers are not asked for.
fn fits(context: &mut Context<'_>, auth_data: &AuthData, span: Span, callers: &Identity) {
    if !auth_data.needs_caller() {
        return;
    }
    if callers.is_absent() {
        let message = "the credential depends on who calls, and nobody asks";
        let help = "say how callers are known, in `identity`";
        context.report(Diagnostic::new(Code::NeedsIdentity, span, message).help(help.to_owned()));
    } else if matches!(auth_data, AuthData::Mapping(_)) && callers.has_several_issuers() {
        let message = "several issuers may name different callers alike, and the file cannot tell \
                       them apart";
        let help = "trust one issuer only, or have tokens exchanged: `type: oauth2`";
        context.report(Diagnostic::new(Code::Exclusive, span, message).help(help.to_owned()));
    } else if auth_data.needs_token() && !callers.has_tokens() {
        let message = "the credential takes the caller's token, which Sluice does not get";
        let help = "under `trust` the token is Envoy's affair: name `issuers` instead";
        context.report(Diagnostic::new(Code::NeedsToken, span, message).help(help.to_owned()));
    }
}

fn span_of<T>(written: &Option<Spanned<T>>) -> Option<Span> {
    written.as_ref().map(|written| written.span)
}

/// Reports the keys of other kinds.
fn foreign(context: &mut Context<'_>, written: &schema::AuthData, kind: AuthDataKind) {
    let of_header = [("headers", span_of(&written.headers))];
    let of_mapping = [
        ("claim", span_of(&written.claim)),
        ("file", span_of(&written.file)),
        ("header", span_of(&written.header)),
        ("prefix", span_of(&written.prefix)),
        ("default", span_of(&written.default)),
    ];
    let of_oauth2 = [
        ("grant_type", span_of(&written.grant_type)),
        ("token_url", span_of(&written.token_url)),
        ("client_id", span_of(&written.client_id)),
        (
            "client_authentication",
            span_of(&written.client_authentication),
        ),
        ("client_secret", span_of(&written.client_secret)),
        ("private_key", span_of(&written.private_key)),
        ("algorithm", span_of(&written.algorithm)),
        ("key_id", span_of(&written.key_id)),
        ("audience", span_of(&written.audience)),
        ("resource", span_of(&written.resource)),
        ("scopes", span_of(&written.scopes)),
        ("actor_token", span_of(&written.actor_token)),
        (
            "requested_token_type",
            span_of(&written.requested_token_type),
        ),
    ];
    if kind != AuthDataKind::Header {
        useless(context, of_header, "`type: header`");
    }
    if kind != AuthDataKind::Mapping {
        useless(context, of_mapping, "`type: mapping`");
    }
    if kind != AuthDataKind::OAuth2 {
        useless(context, of_oauth2, "`type: oauth2`");
    }
}

fn headers(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Entries<schema::Secret>>>,
    map: Span,
) -> Option<AuthData> {
    let Some(Spanned { value, span }) = written else {
        context.missing(map, "headers");
        return None;
    };
    if value.0.is_empty() && context.is_intact(span) {
        let message = "without a header there is no credential";
        context.report(Diagnostic::new(Code::MissingKey, span, message));
        return None;
    }
    let mut seen: HashMap<String, Span> = HashMap::new();
    let mut headers = Vec::new();
    for (name, value) in value.0 {
        let lower = texts::header_name(context, &name);
        let text = texts::references(context, &value);
        let (Some(lower), Some(text)) = (lower, text) else {
            continue;
        };
        if let Some(first) = seen.insert(lower.clone(), name.span) {
            let message = format!("the header {} is set twice", quote(&lower));
            context.report(
                Diagnostic::new(Code::BadHeader, name.span, message)
                    .label("again")
                    .related(first, "first here"),
            );
        }
        if !text.has_reference() && texts::is_secret_header(&lower) {
            texts::in_the_clear(context, value.span);
        }
        headers.push((lower, text));
    }
    Some(AuthData::Header(headers))
}

fn mapping(context: &mut Context<'_>, written: schema::AuthData, map: Span) -> Option<AuthData> {
    if written.file.is_none() {
        context.missing(map, "file");
    }
    let file = written.file.and_then(|file| texts::file(context, &file));
    let claim = written.claim.and_then(|it| identity::claim(context, it));
    let header = match &written.header {
        Some(header) => texts::header_name(context, header),
        None => Some("authorization".to_owned()),
    };
    let default = match &written.default {
        Some(default) => texts::secret(context, default).map(Some),
        None => Some(None),
    };
    let header = header?;
    let usual = if header == "authorization" {
        "Bearer "
    } else {
        ""
    };
    let prefix = match written.prefix {
        Some(prefix) if prefix.value.chars().any(char::is_control) => {
            let message = format!("{} cannot stand in a header", quote(&prefix.value));
            context.report(Diagnostic::new(Code::BadHeader, prefix.span, message));
            return None;
        }
        Some(prefix) => prefix.value,
        None => usual.to_owned(),
    };
    Some(AuthData::Mapping(Mapping {
        claim: claim.unwrap_or_else(|| ClaimPath::top("sub")),
        file: file?,
        header,
        prefix,
        default: default?,
    }))
}

fn oauth2(context: &mut Context<'_>, written: schema::AuthData, map: Span) -> Option<AuthData> {
    for (key, missing) in [
        ("grant_type", written.grant_type.is_none()),
        ("token_url", written.token_url.is_none()),
        ("client_id", written.client_id.is_none()),
    ] {
        if missing {
            context.missing(map, key);
        }
    }
    let proof = client_authentication(context, &written, map);
    let grant = grant(context, &written);
    let token_url = written
        .token_url
        .and_then(|url| texts::url(context, &url).map(|_| url.value));
    let mut text = |written: Option<Spanned<String>>| texts::something(context, written?);
    let (client_id, audience) = (text(written.client_id), text(written.audience));
    let resource = absolute(context, written.resource);
    let scopes = scopes(context, written.scopes);
    Some(AuthData::OAuth2(Box::new(OAuth2 {
        grant: grant?,
        token_url: token_url?,
        client_id: client_id?,
        client_authentication: proof?,
        audience,
        resource,
        scopes,
    })))
}

fn grant(context: &mut Context<'_>, written: &schema::AuthData) -> Option<Grant> {
    let grant = written.grant_type.as_ref()?.value;
    if grant != GrantType::TokenExchange {
        let keys = [
            ("actor_token", span_of(&written.actor_token)),
            (
                "requested_token_type",
                span_of(&written.requested_token_type),
            ),
        ];
        useless(context, keys, "`grant_type: token_exchange`");
    }
    match grant {
        GrantType::ClientCredentials => Some(Grant::ClientCredentials),
        GrantType::JwtBearer => Some(Grant::JwtBearer),
        GrantType::TokenExchange => {
            let actor_token = match &written.actor_token {
                Some(token) => texts::secret(context, token).map(Some),
                None => Some(None),
            };
            Some(Grant::TokenExchange {
                requested_token_type: absolute(context, written.requested_token_type.clone()),
                actor_token: actor_token?,
            })
        }
    }
}

fn client_authentication(
    context: &mut Context<'_>,
    written: &schema::AuthData,
    map: Span,
) -> Option<ClientAuthentication> {
    use schema::ClientAuthentication::{ClientSecretBasic, ClientSecretPost, PrivateKeyJwt};
    let method = written.client_authentication.as_ref();
    let method = method.map_or(ClientSecretBasic, |method| method.value);
    if method != PrivateKeyJwt {
        let keys = [
            ("private_key", span_of(&written.private_key)),
            ("algorithm", span_of(&written.algorithm)),
            ("key_id", span_of(&written.key_id)),
        ];
        useless(context, keys, "`client_authentication: private_key_jwt`");
        let Some(secret) = &written.client_secret else {
            context.missing(map, "client_secret");
            return None;
        };
        let secret = texts::secret(context, secret)?;
        return Some(if method == ClientSecretPost {
            ClientAuthentication::SecretPost(secret)
        } else {
            ClientAuthentication::SecretBasic(secret)
        });
    }
    let keys = [("client_secret", span_of(&written.client_secret))];
    useless(context, keys, "another `client_authentication`");
    let algorithm = match &written.algorithm {
        Some(algorithm) => identity::algorithm(context, algorithm, false),
        None => Some(Algorithm::Es256),
    };
    let Some(key) = &written.private_key else {
        context.missing(map, "private_key");
        return None;
    };
    Some(ClientAuthentication::PrivateKeyJwt {
        key: texts::secret(context, key)?,
        algorithm: algorithm?,
        key_id: written.key_id.as_ref().map(|id| id.value.clone()),
    })
}

/// A URI that is absolute and has no fragment (RFC 8707 section 2), or `None` after reporting that
/// it is not.
fn absolute(context: &mut Context<'_>, written: Option<Spanned<String>>) -> Option<String> {
    let Spanned { value, span } = written?;
    if Url::parse(&value).is_ok_and(|url| url.fragment().is_none()) {
        return Some(value);
    }
    let message = format!("{} is no absolute URI without a fragment", quote(&value));
    context.report(Diagnostic::new(Code::BadUrl, span, message));
    None
}

fn scopes(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Vec<String> {
    // RFC 6749 section 3.3.
    let fits = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let mut scopes = Vec::new();
    for Spanned { value, span } in written.map(|it| it.value).unwrap_or_default() {
        if !value.is_empty() && value.bytes().all(fits) {
            scopes.push(value);
            continue;
        }
        let message = format!("{} is no scope", quote(&value));
        let help = "write each scope by itself; it has no spaces, quotes and backslashes";
        context.report(Diagnostic::new(Code::BadName, span, message).help(help.to_owned()));
    }
    scopes
}
