//! The metadata of a protected resource (RFC 9728), from which a client learns where to get a token.

use serde::Serialize;
use url::Url;

/// Where it is: this, and after it the path of the resource (RFC 9728 section 3.1).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata of one virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProtectedResource {
    /// The URL that clients reach it by, which is also the audience of its tokens (RFC 8707).
    pub resource: String,
    /// Who issues its tokens.
    pub authorization_servers: Vec<String>,
    /// The scopes that are of use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// How a token is sent: in the `Authorization` header, and in no other way.
    pub bearer_methods_supported: [&'static str; 1],
    /// What it is called, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
}

/// Where the metadata of a resource is (RFC 9728 section 3.1). `None` if it is no absolute URL.
#[must_use]
pub fn metadata_url(resource: &str) -> Option<String> {
    let url = Url::parse(resource).ok()?;
    let origin = url.origin();
    if !origin.is_tuple() {
        return None;
    }
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    Some(format!(
        "{}{WELL_KNOWN}{path}",
        origin.ascii_serialization()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_stands_behind_the_well_known_one() {
        for (resource, expected) in [
            (
                "https://mcp.example.com/mcp/a",
                Some("https://mcp.example.com/.well-known/oauth-protected-resource/mcp/a"),
            ),
            (
                "https://mcp.example.com:8443",
                Some("https://mcp.example.com:8443/.well-known/oauth-protected-resource"),
            ),
            (
                "http://[::1]:80/",
                Some("http://[::1]/.well-known/oauth-protected-resource"),
            ),
            ("mcp.example.com/mcp", None),
            ("urn:x", None),
        ] {
            assert_eq!(metadata_url(resource).as_deref(), expected, "{resource}");
        }
    }
}
