//! The clients that the server knows, and how they prove who they are.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::http::{Form, OAuthError};
use super::verify;

/// How a client proves who it is (RFC 7591 section 2, `token_endpoint_auth_method`).
#[derive(Debug, Clone)]
pub(crate) enum Method {
    /// A public client: it has nothing to prove it with.
    None,
    /// A secret, in `Authorization: Basic`.
    Basic(String),
    /// A secret, in the form.
    Post(String),
    /// An assertion signed by one of these keys (RFC 7523 section 2.2).
    PrivateKeyJwt(Vec<Value>),
}

impl Method {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::PrivateKeyJwt(_) => "private_key_jwt",
        }
    }
}

/// A client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Where codes may be sent.
    pub(crate) redirect_uris: Vec<String>,
    /// Audiences of tokens that it may use as assertions, besides the server itself: its own
    /// name where it is a resource.
    pub(crate) audiences: Vec<String>,
}

impl Client {
    /// A client without redirect URIs.
    pub(crate) fn new(id: &str, method: Method) -> Self {
        Self {
            id: id.to_owned(),
            method,
            redirect_uris: Vec::new(),
            audiences: Vec::new(),
        }
    }

    /// It may use tokens for this audience as assertions.
    pub(crate) fn audience(mut self, audience: &str) -> Self {
        self.audiences.push(audience.to_owned());
        self
    }

    /// Codes may be sent there.
    pub(crate) fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }
}

/// What a request brings to prove who its client is.
enum Proof {
    Nothing(String),
    Basic(String, String),
    Post(String, String),
    Assertion(String),
}

/// The client that a request to `/token` comes from (RFC 6749 section 2.3).
///
/// # Errors
/// `invalid_client`, or `invalid_request` if it proves it in more than one way.
pub(super) fn authenticate<'a>(
    clients: impl Fn(&str) -> Option<&'a Client>,
    headers: &HeaderMap,
    form: &Form,
    addressed: &[String],
    seen: &mut BTreeSet<String>,
) -> Result<&'a Client, OAuthError> {
    let unknown = || OAuthError::unauthorized("unknown client");
    match proof(headers, form)? {
        Proof::Nothing(id) => {
            let client = clients(&id).ok_or_else(unknown)?;
            matches!(client.method, Method::None)
                .then_some(client)
                .ok_or_else(|| OAuthError::unauthorized("the client must prove who it is"))
        }
        Proof::Basic(id, given) => {
            let client = clients(&id).ok_or_else(unknown)?;
            match matches!(&client.method, Method::Basic(secret) if *secret == given) {
                true => Ok(client),
                false => Err(OAuthError::unauthorized("wrong secret or method")),
            }
        }
        Proof::Post(id, given) => {
            let client = clients(&id).ok_or_else(unknown)?;
            match matches!(&client.method, Method::Post(secret) if *secret == given) {
                true => Ok(client),
                false => Err(OAuthError::unauthorized("wrong secret or method")),
            }
        }
        Proof::Assertion(text) => {
            let id = verify::unverified(&text)
                .and_then(|claims| Some(claims["iss"].as_str()?.to_owned()))
                .ok_or_else(|| OAuthError::unauthorized("not an assertion"))?;
            if form.one("client_id").is_some_and(|given| given != id) {
                return Err(OAuthError::unauthorized(
                    "the assertion is another client's",
                ));
            }
            let client = clients(&id).ok_or_else(unknown)?;
            let Method::PrivateKeyJwt(keys) = &client.method else {
                return Err(OAuthError::unauthorized("wrong method"));
            };
            verify::client_assertion(&text, keys, addressed, seen)
                .map_err(|problem| OAuthError::unauthorized(&problem))?;
            Ok(client)
        }
    }
}

fn proof(headers: &HeaderMap, form: &Form) -> Result<Proof, OAuthError> {
    let mut proofs = Vec::new();
    if let Some(value) = headers.get("authorization") {
        proofs.push(basic(value.to_str().unwrap_or_default())?);
    }
    let id = form.one("client_id").unwrap_or_default().to_owned();
    if let Some(secret) = form.one("client_secret") {
        proofs.push(Proof::Post(id.clone(), secret.to_owned()));
    }
    if let Some(assertion) = form.one("client_assertion") {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        if form.one("client_assertion_type") != Some(kind) {
            return Err(OAuthError::unauthorized("unknown client_assertion_type"));
        }
        proofs.push(Proof::Assertion(assertion.to_owned()));
    }
    if proofs.len() > 1 {
        let text = "more than one way of proving who the client is";
        return Err(OAuthError::new("invalid_request", text));
    }
    Ok(proofs.pop().unwrap_or(Proof::Nothing(id)))
}

/// Reads `Basic`, whose two parts are each encoded as in a form (RFC 6749 section 2.3.1).
fn basic(value: &str) -> Result<Proof, OAuthError> {
    let wrong = || OAuthError::unauthorized("not `Basic`");
    let (scheme, encoded) = value.split_once(' ').ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(wrong());
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (id, secret) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Proof::Basic(decode(id), decode(secret)))
}

fn decode(text: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map_or(String::new(), |(name, _)| name.into_owned())
}
