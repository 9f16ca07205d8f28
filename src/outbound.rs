//! Requests to issuers, authorization servers, webhooks and collectors: to where the manifest or the
//! administrator says, and nowhere else.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a connection is kept that nobody uses. Servers close theirs after a minute or so.
const IDLE: Duration = Duration::from_secs(30);

/// Why there is no answer. Nothing of what was sent or came is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The system has no root certificates, most likely.
    #[error("the HTTP client cannot be made; are there root certificates?")]
    Client,
    /// No connection was made.
    #[error("no connection")]
    Connect,
    /// There was no whole answer in time.
    #[error("it took too long")]
    Timeout,
    /// The connection broke, or what came is not HTTP.
    #[error("the answer broke off, or is not HTTP")]
    Broken,
    /// The answer is longer than it may be.
    #[error("the answer is too long")]
    TooLong,
}

/// A client of which a request takes this long at most. It follows no redirect, and uses no proxy of
/// the environment, which would be given secrets without the manifest's saying so. It keeps no
/// connection: one would live on the runtime that it was made on, and be used from others.
///
/// # Errors
///
/// It can't be made.
pub fn client(whole: Duration) -> Result<Client, Trouble> {
    builder(whole)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|_| Trouble::Client)
}

/// Such a client that keeps connections for a while. It is for the runtime alone that it is made on.
///
/// # Errors
///
/// It can't be made.
pub fn keeping_client(whole: Duration) -> Result<Client, Trouble> {
    builder(whole)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|_| Trouble::Client)
}

/// Such a client that keeps connections, and takes these authorities for good besides those of the system.
///
/// # Errors
///
/// It can't be made.
pub fn client_trusting(
    whole: Duration,
    authorities: impl IntoIterator<Item = Certificate>,
) -> Result<Client, Trouble> {
    let mut builder = builder(whole).pool_idle_timeout(IDLE);
    let mut authorities = authorities.into_iter().peekable();
    if authorities.peek().is_some() {
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().map_err(|_| Trouble::Client)
}

fn builder(whole: Duration) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(whole)
}

/// Sends a request.
///
/// # Errors
///
/// There is no answer.
pub async fn send(request: RequestBuilder) -> Result<Response, Trouble> {
    request.send().await.map_err(|error| kind(&error))
}

/// Reads the body of an answer, of `most` bytes at most.
///
/// # Errors
///
/// It breaks off, or is longer.
pub async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| kind(&error))? {
        if body.len() + piece.len() > most {
            return Err(Trouble::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn kind(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        Trouble::Timeout
    } else if error.is_connect() {
        Trouble::Connect
    } else {
        Trouble::Broken
    }
}
