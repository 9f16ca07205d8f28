//! `/token`: who asks, for what, and what they get.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

use super::client::authenticate;
use super::grant::{self, Given};
use super::http::{Form, OAuthError, Server, body, json_answer};
use super::mint::unique;
use super::world::{Asked, Consent, Issued, World};

/// RFC 6749 section 3.2.
pub(super) async fn token(State(server): State<Server>, request: Request) -> Response<Body> {
    let headers = request.headers().clone();
    let form = Form::parse(&body(request).await);
    let mut world = server.world();
    world.asked.push(asked(&headers, &form));
    let answer = match answer(&server, &mut world, &headers, &form) {
        Ok(body) => json_answer(200, &body),
        Err(error) => error.answer(),
    };
    if let Some(asked) = world.asked.last_mut() {
        asked.status = answer.status().as_u16();
    }
    answer
}

fn asked(headers: &HeaderMap, form: &Form) -> Asked {
    let headers = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    Asked {
        form: form.0.clone(),
        headers: headers.collect(),
        status: 0,
    }
}

fn answer(
    server: &Server,
    world: &mut World,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Value, OAuthError> {
    form.check_repeated()?;
    let kind = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    if !kind
        .unwrap_or_default()
        .starts_with("application/x-www-form-urlencoded")
    {
        return Err(OAuthError::new("invalid_request", "not a form"));
    }
    let clients = world.clients.clone();
    let client = authenticate(
        |id| clients.get(id),
        headers,
        form,
        &server.names(),
        &mut world.assertions,
    )?;
    let grant = form.required("grant_type")?;
    let given = grant::give(server, world, client, form)?;
    Ok(issue(server, world, (&client.id, grant), given))
}

/// RFC 6749 section 5.1.
fn issue(server: &Server, world: &mut World, to: (&str, &str), given: Given) -> Value {
    let Given {
        claims,
        kept,
        token_type,
    } = given;
    let (token, claims) = world.mint(&server.issuer, claims);
    let mut body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": world.lifetime,
    });
    if let Some(scope) = claims["scope"].as_str() {
        body["scope"] = json!(scope);
    }
    if let Some(kind) = token_type {
        body["issued_token_type"] = json!(kind);
    }
    if let Some(consent) = kept {
        body["refresh_token"] = json!(keep(world, consent));
    }
    let (client, grant) = to;
    world.issued.push(Issued {
        token,
        client: client.to_owned(),
        grant: grant.to_owned(),
        claims: claims.as_object().cloned().unwrap_or_default(),
    });
    body
}

fn keep(world: &mut World, consent: Consent) -> String {
    let token = format!("refresh-{}", unique());
    world.refresh_tokens.insert(token.clone(), consent);
    token
}
