//! The conversation with a token endpoint.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;

use super::answer::{self, Problem, Token};
use super::request::Request;
use crate::outbound::{self, Trouble};
use crate::policy::OAuth2;

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(8);

/// The longest answer, in bytes.
const MAX_BYTES: usize = 256 << 10;

/// The client for it.
pub(super) fn client() -> Result<Client, Trouble> {
    outbound::client(WHOLE)
}

/// Asks for a token; once more, if there was no connection.
pub(super) async fn ask(
    http: &Client,
    oauth2: &OAuth2,
    request: Request,
) -> Result<Token, Problem> {
    let response = match send(http, &oauth2.token_url, &request).await {
        Err(Problem::Trouble(Trouble::Connect)) => send(http, &oauth2.token_url, &request).await,
        sent => sent,
    }?;
    let status = response.status().as_u16();
    let body = outbound::read(response, MAX_BYTES).await?;
    answer::read(&oauth2.grant, status, &body)
}

async fn send(http: &Client, url: &str, request: &Request) -> Result<Response, Problem> {
    let mut sent = http
        .post(url)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(request.form.expose_secret().to_owned());
    if let Some(authorization) = &request.authorization {
        let mut value = HeaderValue::from_str(authorization.expose_secret())
            .map_err(|_| Problem::Nonsense("the client's secret is no header"))?;
        value.set_sensitive(true);
        sent = sent.header(AUTHORIZATION, value);
    }
    Ok(outbound::send(sent).await?)
}
