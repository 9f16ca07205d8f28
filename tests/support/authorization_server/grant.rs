//! The grants: what claims a client gets for what it brings.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::client::{Client, Method};
use super::http::{Form, OAuthError, Server};
use super::mint::now;
use super::verify::{self, Claims};
use super::world::{Consent, World};

/// The grants that there are, as `grant_type` has them.
pub(super) const NAMES: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
];

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What a grant gives.
pub(super) struct Given {
    pub(super) claims: Claims,
    /// What a refresh token shall stand for, if there is to be one.
    pub(super) kept: Option<Consent>,
    /// `issued_token_type`, of token exchange alone.
    pub(super) token_type: Option<String>,
}

impl From<Claims> for Given {
    fn from(claims: Claims) -> Self {
        Self {
            claims,
            kept: None,
            token_type: None,
        }
    }
}

/// What a client gets.
pub(super) fn give(
    server: &Server,
    world: &mut World,
    client: &Client,
    form: &Form,
) -> Result<Given, OAuthError> {
    let grant = form.required("grant_type")?;
    match NAMES.iter().position(|name| *name == grant) {
        Some(0) => code(world, client, form),
        Some(1) => refresh(world, client, form),
        Some(2) => credentials(client, form).map(Given::from),
        Some(3) => exchange(server, world, form),
        Some(4) => assertion(server, world, client, form).map(Given::from),
        _ => Err(OAuthError::new("unsupported_grant_type", grant)),
    }
}

fn invalid(text: &str) -> OAuthError {
    OAuthError::new("invalid_grant", text)
}

/// RFC 6749 section 4.1.3, RFC 7636 section 4.6. A code is for one use.
fn code(world: &mut World, client: &Client, form: &Form) -> Result<Given, OAuthError> {
    let consent = world.codes.remove(form.required("code")?);
    let consent = consent.ok_or_else(|| invalid("unknown code"))?;
    let verifier = form.required("code_verifier")?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if consent.client != client.id || consent.until < now() {
        return Err(invalid("the code is another client's, or too old"));
    }
    if consent.challenge != challenge {
        return Err(invalid("wrong `code_verifier`"));
    }
    if form.one("redirect_uri") != Some(&consent.redirect_uri) {
        return Err(invalid("another `redirect_uri`"));
    }
    consented(consent, form)
}

/// RFC 6749 section 6. Refresh tokens are replaced when they are used.
fn refresh(world: &mut World, client: &Client, form: &Form) -> Result<Given, OAuthError> {
    let token = form.required("refresh_token")?;
    match world.refresh_tokens.get(token) {
        Some(consent) if consent.client == client.id => {}
        _ => return Err(invalid("unknown refresh token")),
    }
    let consent = world.refresh_tokens.remove(token);
    consented(
        consent.ok_or_else(|| invalid("unknown refresh token"))?,
        form,
    )
}

fn consented(consent: Consent, form: &Form) -> Result<Given, OAuthError> {
    let agreed = consent.audience.as_deref();
    if let (Some(asked), Some(agreed)) = (form.one("resource"), agreed)
        && asked != agreed
    {
        return Err(OAuthError::new("invalid_target", "another `resource`"));
    }
    let mut claims = consent.claims.clone();
    claims.insert("client_id".to_owned(), json!(consent.client));
    claims.insert("azp".to_owned(), json!(consent.client));
    set(&mut claims, "scope", consent.scope.as_deref());
    set(&mut claims, "aud", agreed.or(form.one("resource")));
    Ok(Given {
        kept: Some(consent),
        ..Given::from(claims)
    })
}

/// RFC 6749 section 4.4: the client acts for itself.
fn credentials(client: &Client, form: &Form) -> Result<Claims, OAuthError> {
    if matches!(client.method, Method::None) {
        let text = "a public client has no credentials";
        return Err(OAuthError::new("unauthorized_client", text));
    }
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(client.id));
    claims.insert("client_id".to_owned(), json!(client.id));
    set(&mut claims, "scope", form.one("scope"));
    address(&mut claims, form);
    Ok(claims)
}

/// RFC 8693 section 2: a token of this server for one for another audience.
fn exchange(server: &Server, world: &World, form: &Form) -> Result<Given, OAuthError> {
    let kind = form.one("requested_token_type").unwrap_or(ACCESS_TOKEN);
    if ![ACCESS_TOKEN, JWT].contains(&kind) {
        let text = "unknown `requested_token_type`";
        return Err(OAuthError::new("invalid_request", text));
    }
    let mut claims = brought(server, world, form, "subject_token")?;
    if form.one("actor_token").is_some() {
        let actor = brought(server, world, form, "actor_token")?;
        let mut act = json!({"sub": actor.get("sub")});
        // Section 4.1: who acted before is inside.
        if let Some(before) = claims.remove("act") {
            act["act"] = before;
        }
        claims.insert("act".to_owned(), act);
    } else if form.one("actor_token_type").is_some() {
        let text = "`actor_token_type` without `actor_token`";
        return Err(OAuthError::new("invalid_request", text));
    }
    set(&mut claims, "scope", form.one("scope"));
    address(&mut claims, form);
    Ok(Given {
        token_type: Some(kind.to_owned()),
        ..Given::from(claims)
    })
}

fn brought(server: &Server, world: &World, form: &Form, name: &str) -> Result<Claims, OAuthError> {
    let text = form.required(name)?;
    let kind = form.required(&format!("{name}_type"))?;
    if ![ACCESS_TOKEN, JWT].contains(&kind) {
        let text = format!("unknown `{name}_type`");
        return Err(OAuthError::new("invalid_request", &text));
    }
    // Section 2.2.2: `invalid_request`, if a token is not valid for any reason.
    verify::signed(text, &world.jwks(), &server.issuer)
        .map_err(|problem| OAuthError::new("invalid_request", &format!("`{name}`: {problem}")))
}

/// RFC 7523 section 2.1: an assertion of this server, or one that the client signed.
fn assertion(
    server: &Server,
    world: &World,
    client: &Client,
    form: &Form,
) -> Result<Claims, OAuthError> {
    let text = form.required("assertion")?;
    let issuer = verify::unverified(text).unwrap_or_default();
    let issuer = issuer["iss"].as_str().unwrap_or_default();
    let own = match &client.method {
        Method::PrivateKeyJwt(keys) if client.id == issuer => Some(keys.clone()),
        Method::PrivateKeyJwt(_) | Method::None | Method::Basic(_) | Method::Post(_) => None,
    };
    let ours = (server.issuer == issuer).then(|| world.jwks());
    let keys = own.or(ours).ok_or_else(|| invalid("unknown issuer"))?;
    let mut claims = verify::signed(text, &keys, issuer).map_err(|problem| invalid(&problem))?;
    let mut names = server.names().to_vec();
    names.extend(client.audiences.iter().cloned());
    if !verify::is_for(&claims, &names) {
        return Err(invalid("the assertion is not for this server"));
    }
    if !claims.get("sub").is_some_and(Value::is_string) {
        return Err(invalid("the assertion has no `sub`"));
    }
    claims.remove("aud");
    claims.insert("client_id".to_owned(), json!(client.id));
    set(&mut claims, "scope", form.one("scope"));
    address(&mut claims, form);
    Ok(claims)
}

/// Sets the audience that was asked for, in one way or the other, once or more.
fn address(claims: &mut Claims, form: &Form) {
    let asked: Vec<_> = form.all("audience").chain(form.all("resource")).collect();
    match asked.as_slice() {
        [] => None,
        [one] => claims.insert("aud".to_owned(), json!(one)),
        more => claims.insert("aud".to_owned(), json!(more)),
    };
}

fn set(claims: &mut Claims, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        claims.insert(name.to_owned(), json!(value));
    }
}
