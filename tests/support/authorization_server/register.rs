//! `/register`: clients that nobody has seen before (RFC 7591).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::{Value, json};

use super::client::{Client, Method};
use super::http::{OAuthError, Server, body, json_answer};
use super::mint::unique;

/// RFC 7591 section 3: takes what it can do, and says what it took.
pub(super) async fn register(State(server): State<Server>, request: Request) -> Response<Body> {
    let body = body(request).await;
    match client(&body) {
        Err(error) => error.answer(),
        Ok((client, mut told)) => {
            told["client_id"] = json!(client.id);
            told["token_endpoint_auth_method"] = json!(client.method.name());
            if let Method::Basic(secret) | Method::Post(secret) = &client.method {
                told["client_secret"] = json!(secret);
                told["client_secret_expires_at"] = json!(0);
            }
            server.world().clients.insert(client.id.clone(), client);
            json_answer(201, &told)
        }
    }
}

fn client(body: &[u8]) -> Result<(Client, Value), OAuthError> {
    let wrong = |text: &str| OAuthError::new("invalid_client_metadata", text);
    let told: Value = serde_json::from_slice(body).map_err(|_| wrong("not JSON"))?;
    if !told.is_object() {
        return Err(wrong("not an object"));
    }
    let uris = told["redirect_uris"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let uris: Vec<_> = uris
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if uris.is_empty() {
        return Err(OAuthError::new(
            "invalid_redirect_uri",
            "`redirect_uris` is missing",
        ));
    }
    let secret = || format!("secret-{}", unique());
    let method = match told["token_endpoint_auth_method"].as_str() {
        Some("none") => Method::None,
        Some("client_secret_basic") | None => Method::Basic(secret()),
        Some("client_secret_post") => Method::Post(secret()),
        Some("private_key_jwt") => {
            let keys = told["jwks"]["keys"].as_array().cloned();
            Method::PrivateKeyJwt(keys.ok_or_else(|| wrong("`jwks` is missing"))?)
        }
        Some(_) => return Err(wrong("unknown `token_endpoint_auth_method`")),
    };
    let mut client = Client::new(&format!("client-{}", unique()), method);
    client.redirect_uris = uris;
    Ok((client, told))
}
