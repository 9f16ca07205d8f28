//! `/authorize`: a code for whoever sits before the browser, who agrees to everything.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use url::Url;

use super::http::{Form, OAuthError, Server};
use super::mint::{now, unique};
use super::world::Consent;

/// RFC 6749 section 4.1.1, with PKCE (RFC 7636) required and the resource of RFC 8707.
pub(super) async fn authorize(State(server): State<Server>, request: Request) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default();
    let form = Form::parse(query.as_bytes());
    // Where it can't be trusted, nobody is sent anywhere.
    match redirect_uri(&server, &form) {
        Err(error) => error.answer(),
        Ok(mut back) => {
            match code(&server, &form) {
                Ok(code) => back.query_pairs_mut().append_pair("code", &code),
                Err(error) => back.query_pairs_mut().append_pair("error", error),
            };
            if let Some(state) = form.one("state") {
                back.query_pairs_mut().append_pair("state", state);
            }
            // RFC 9207.
            back.query_pairs_mut().append_pair("iss", &server.issuer);
            Response::builder()
                .status(302)
                .header("location", back.as_str())
                .body(Body::empty())
                .unwrap()
        }
    }
}

fn redirect_uri(server: &Server, form: &Form) -> Result<Url, OAuthError> {
    form.check_repeated()?;
    let wrong = |text: &str| OAuthError::new("invalid_request", text);
    let world = server.world();
    let client = world.clients.get(form.required("client_id")?);
    let client = client.ok_or_else(|| wrong("unknown client"))?;
    let given = form.required("redirect_uri")?;
    match client.redirect_uris.iter().any(|uri| uri == given) {
        true => Url::parse(given).map_err(|_| wrong("not a URL")),
        false => Err(wrong("this redirect URI is not registered")),
    }
}

fn code(server: &Server, form: &Form) -> Result<String, &'static str> {
    if form.one("response_type") != Some("code") {
        return Err("unsupported_response_type");
    }
    let challenge = form.one("code_challenge").ok_or("invalid_request")?;
    if form.one("code_challenge_method") != Some("S256") {
        return Err("invalid_request");
    }
    let resource = form.one("resource");
    if resource.is_some_and(|text| Url::parse(text).is_err()) {
        return Err("invalid_target");
    }
    let mut world = server.world();
    let code = format!("code-{}", unique());
    let consent = Consent {
        client: form.one("client_id").unwrap_or_default().to_owned(),
        redirect_uri: form.one("redirect_uri").unwrap_or_default().to_owned(),
        challenge: challenge.to_owned(),
        claims: world.user.clone(),
        audience: resource.map(str::to_owned),
        scope: form.one("scope").map(str::to_owned),
        until: now() + 60,
    };
    world.codes.insert(code.clone(), consent);
    Ok(code)
}
