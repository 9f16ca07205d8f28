//! What of a policy is said aloud whenever it comes into force: who decides in Sluice's place who
//! calls, and who gets tokens that are not theirs.

use crate::policy::{AuthData, Policy, Trust};

/// Warns of whatever of it there is.
pub fn warn_of_trust(policy: &Policy) {
    for server in policy.virtual_servers() {
        let virtual_server = server.name();
        let trust = server.authentication().map(|it| &it.trust);
        match trust {
            Some(Trust::EnvoyJwtAuthn { .. }) => tracing::warn!(
                virtual_server,
                trust = "envoy_jwt_authn",
                "Sluice checks no tokens: who calls is what Envoy's filter `jwt_authn` says"
            ),
            Some(Trust::EnvoyPeerCertificate) => tracing::warn!(
                virtual_server,
                trust = "envoy_peer_certificate",
                "Sluice checks no tokens: who calls is what the certificate of Envoy's peer says"
            ),
            Some(Trust::Issuers(_)) | None => {}
        }
        match **server.auth_data() {
            AuthData::Passthrough => tracing::warn!(
                virtual_server,
                server = server.server(),
                auth_data = "passthrough",
                "the caller's own token goes on to the MCP server, which could use it elsewhere"
            ),
            AuthData::None | AuthData::Header(_) | AuthData::Mapping(_) | AuthData::OAuth2(_) => {}
        }
    }
}
