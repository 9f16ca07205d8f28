//! The metadata of virtual servers as protected resources (RFC 9728), which Sluice answers itself.

use super::event::Headers;
use super::identify;
use super::refusal::Refusal;
use crate::oauth::{ProtectedResource, WELL_KNOWN};
use crate::policy::{Policy, Principal, VirtualServer};

/// The metadata that a request asks for. `None` if it asks for none.
///
/// # Errors
///
/// Refuses what is not a GET, and a resource that there is not.
pub(super) fn answer(
    policy: &Policy,
    path: &str,
    headers: &Headers<'_>,
) -> Option<Result<String, Refusal>> {
    let resource = path.strip_prefix(WELL_KNOWN)?;
    if !resource.is_empty() && !resource.starts_with('/') {
        return None;
    }
    let server = policy.protected_resource(resource)?;
    if headers.first(":method") != Some(b"GET") {
        let refusal = Refusal::http_method("Metadata is read: GET it", "GET");
        return Some(Err(refusal));
    }
    Some(Ok(of(server, headers)))
}

fn of(server: &VirtualServer, headers: &Headers<'_>) -> String {
    let authentication = server.authentication();
    let metadata = ProtectedResource {
        resource: identify::resource(server, headers),
        authorization_servers: authentication
            .map(|authentication| authentication.authorization_servers())
            .unwrap_or_default(),
        scopes_supported: scopes(server),
        bearer_methods_supported: ["header"],
        resource_name: Some(server.name().to_owned()),
    };
    serde_json::to_string(&metadata).unwrap_or_default()
}

/// The scopes that the manifest asks collaborators for.
fn scopes(server: &VirtualServer) -> Vec<String> {
    let scope = |principal: &Principal| match principal {
        Principal::Scope(scope) => Some(scope.clone()),
        Principal::User(_)
        | Principal::Group(_)
        | Principal::Agent(_)
        | Principal::Claim { .. } => None,
    };
    let collaborators = &server.collaborators().any_of;
    collaborators.iter().filter_map(scope).collect()
}
