//! The conversation with a token endpoint.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::answer::{self, Problem, Token};
use super::request::Request;
use crate::policy::OAuth2;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(8);

/// The longest answer, in bytes.
const MAX_BYTES: usize = 256 << 10;

/// A client that goes where it is told to and nowhere else: no redirects, and no proxy of the
/// environment, which would be given secrets without the manifest's saying so. It keeps no
/// connection: one would live on the runtime that it was made on, and be used from others.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .pool_max_idle_per_host(0)
        .build()
}

/// Asks for a token; once more, if there was no connection.
pub(super) async fn ask(
    http: &Client,
    oauth2: &OAuth2,
    request: Request,
) -> Result<Token, Problem> {
    let mut response = match send(http, &oauth2.token_url, &request).await {
        Err(Problem::Connect) => send(http, &oauth2.token_url, &request).await,
        sent => sent,
    }?;
    let status = response.status().as_u16();
    let body = read(&mut response).await?;
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
    sent.send().await.map_err(|error| kind(&error))
}

async fn read(response: &mut Response) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| kind(&error))? {
        if body.len() + piece.len() > MAX_BYTES {
            return Err(Problem::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn kind(error: &reqwest::Error) -> Problem {
    if error.is_timeout() {
        Problem::Timeout
    } else if error.is_connect() {
        Problem::Connect
    } else {
        Problem::Broken
    }
}

/// Warns, once for each, of a token endpoint that is asked in the clear.
pub(super) fn warn_if_open(url: &str) {
    static WARNED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let Ok(parsed) = Url::parse(url) else {
        return;
    };
    let is_loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if parsed.scheme() != "http" || is_loopback {
        return;
    }
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    let origin = parsed.origin().ascii_serialization();
    if warned.get_or_insert_default().insert(origin.clone()) {
        tracing::warn!(
            origin,
            "tokens are asked for over http: secrets cross it in the clear"
        );
    }
}
