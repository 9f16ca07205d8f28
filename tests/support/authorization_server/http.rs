//! Forms, errors and the routes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::authorize::authorize;
use super::register::register;
use super::token::token;
use super::world::Shared;

/// What the handlers share.
pub(super) type Server = Arc<Shared>;

/// The parameters of a form or a query.
#[derive(Debug, Default)]
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl Form {
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// A parameter, the first of its name. An empty one is as if absent (RFC 6749 section 3.2).
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let pairs = self
            .0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty());
        pairs.map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        let missing = || OAuthError::new("invalid_request", &format!("`{name}` is missing"));
        self.one(name).ok_or_else(missing)
    }

    /// Refuses what is there twice, but for what may be (RFC 8693 section 2.1, RFC 8707).
    pub(super) fn check_repeated(&self) -> Result<(), OAuthError> {
        for (name, _) in &self.0 {
            if self.all(name).count() > 1 && !["audience", "resource"].contains(&name.as_str()) {
                let text = format!("`{name}` is there twice");
                return Err(OAuthError::new("invalid_request", &text));
            }
        }
        Ok(())
    }
}

/// An error of RFC 6749 section 5.2.
#[derive(Debug)]
pub(super) struct OAuthError {
    code: &'static str,
    description: String,
}

impl OAuthError {
    pub(super) fn new(code: &'static str, description: &str) -> Self {
        Self {
            code,
            description: description.to_owned(),
        }
    }

    pub(super) fn unauthorized(description: &str) -> Self {
        Self::new("invalid_client", description)
    }

    pub(super) fn answer(&self) -> Response<Body> {
        let body = json!({"error": self.code, "error_description": self.description});
        if self.code != "invalid_client" {
            return json_answer(400, &body);
        }
        let mut answer = json_answer(401, &body);
        let challenge = "Basic realm=\"token\"".parse().unwrap();
        answer.headers_mut().insert("www-authenticate", challenge);
        answer
    }
}

/// An answer in JSON, which nobody may keep.
pub(super) fn json_answer(status: u16, body: &Value) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
        .body(body.to_string().into())
        .unwrap()
}

/// The whole body, of at most 1 MiB.
pub(super) async fn body(request: Request) -> Vec<u8> {
    let bytes = to_bytes(request.into_body(), 1 << 20).await;
    bytes.map_or_else(|_| Vec::new(), |bytes| bytes.to_vec())
}

/// The server's routes.
pub(super) fn router(server: &Server) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/register", post(register))
        .layer(from_fn_with_state(Arc::clone(server), count_and_fail))
        .with_state(Arc::clone(server))
}

async fn count_and_fail(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let failure = {
        let mut world = server.world();
        *world.counts.entry(path.clone()).or_default() += 1;
        world.failures.get(&path).cloned()
    };
    let failed = match failure {
        Some(failure) => failure.answer().await,
        None => None,
    };
    match failed {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

/// RFC 8414 section 2, and what OpenID Connect has besides.
async fn metadata(State(server): State<Server>) -> Response<Body> {
    let grants = super::grant::NAMES;
    let methods = [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ];
    let algorithms = ["RS256", "ES256", "EdDSA"];
    let metadata = json!({
        "issuer": server.issuer,
        "authorization_endpoint": server.url("/authorize"),
        "token_endpoint": server.url("/token"),
        "registration_endpoint": server.url("/register"),
        "jwks_uri": server.url("/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    json_answer(200, &metadata)
}

async fn jwks(State(server): State<Server>) -> Response<Body> {
    let keys = server.world().jwks();
    json_answer(200, &json!({"keys": keys}))
}
