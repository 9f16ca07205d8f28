//! Sets of keys over HTTP.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::{Host, Url};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(5);

/// The longest set, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Why nothing was fetched. No answer and no URL is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotFetched {
    #[error("the HTTP client cannot be made; are there root certificates?")]
    Client,
    #[error("no connection")]
    Connect,
    #[error("it took too long")]
    Timeout,
    #[error("the status is {0}")]
    Status(u16),
    #[error("the answer is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the answer broke off, or is not HTTP")]
    Broken,
}

/// A client that goes where it is told to and nowhere else. It keeps no connection: one would live on
/// the runtime that it was made on, and be used from others.
pub(super) fn client() -> Result<Client, NotFetched> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|_| NotFetched::Client)
}

/// Fetches what is at the URL.
pub(super) async fn fetch(client: &Client, uri: &str) -> Result<Vec<u8>, NotFetched> {
    let response = client.get(uri).header("accept", "application/json");
    let mut response = response.send().await.map_err(|error| kind(&error))?;
    if response.status() != StatusCode::OK {
        return Err(NotFetched::Status(response.status().as_u16()));
    }
    read(&mut response).await
}

async fn read(response: &mut Response) -> Result<Vec<u8>, NotFetched> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| kind(&error))? {
        if body.len() + piece.len() > MAX_BYTES {
            return Err(NotFetched::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn kind(error: &reqwest::Error) -> NotFetched {
    if error.is_timeout() {
        NotFetched::Timeout
    } else if error.is_connect() {
        NotFetched::Connect
    } else {
        NotFetched::Broken
    }
}

/// A URL as it may be logged: without what can hold secrets.
pub(super) fn shown(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else {
        return "not a URL".to_owned();
    };
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Whether what is fetched from there can be changed on its way.
pub(super) fn is_in_the_open(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else {
        return false;
    };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !is_loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_logged_without_secrets() {
        for (uri, expected) in [
            (
                "https://u:canary@idp.example.com:8443/a/jwks?key=canary#canary",
                "https://idp.example.com:8443/a/jwks",
            ),
            ("canary", "not a URL"),
        ] {
            assert_eq!(shown(uri), expected);
        }
    }

    #[test]
    fn http_is_safe_at_home_only() {
        for (uri, expected) in [
            ("http://idp.example.com/jwks", true),
            ("http://10.0.0.1/jwks", true),
            ("http://localhost.example.com/jwks", true),
            ("https://idp.example.com/jwks", false),
            ("http://localhost:8080/jwks", false),
            ("http://127.1.2.3/jwks", false),
            ("http://[::1]/jwks", false),
        ] {
            assert_eq!(is_in_the_open(uri), expected, "{uri}");
        }
    }
}
