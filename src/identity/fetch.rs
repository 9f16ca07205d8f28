//! Sets of keys over HTTP.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use url::Url;

use crate::outbound::{self, Trouble};

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(5);

/// The longest set, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Why nothing was fetched. No answer and no URL is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotFetched {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("the status is {0}")]
    Status(u16),
}

/// The client for it.
pub(super) fn client() -> Result<Client, Trouble> {
    outbound::client(WHOLE)
}

/// Fetches what is at the URL.
pub(super) async fn fetch(client: &Client, uri: &str) -> Result<Vec<u8>, NotFetched> {
    let request = client.get(uri).header("accept", "application/json");
    let response = outbound::send(request).await?;
    if response.status() != StatusCode::OK {
        return Err(NotFetched::Status(response.status().as_u16()));
    }
    Ok(outbound::read(response, MAX_BYTES).await?)
}

/// A URL as it may be logged: without what can hold secrets.
pub(super) fn shown(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else {
        return "not a URL".to_owned();
    };
    format!("{}{}", url.origin().ascii_serialization(), url.path())
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
}
