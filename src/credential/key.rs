//! What tokens are kept under: everything that they depend on.

use sha2::{Digest as _, Sha256};

use crate::exchange::CredentialAsk;
use crate::policy::{ClientAuthentication, Grant, OAuth2, Piece};

/// Claims that change from one token of a caller to the next, although nothing else does.
const FLEETING: [&str; 6] = ["auth_time", "exp", "iat", "jti", "nbf", "uti"];

/// What the token for a request is kept under. Two callers share none, and neither do two tokens of
/// one caller that say different things: what was given for more must not serve for less.
pub(super) fn of(ask: &CredentialAsk, oauth2: &OAuth2) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    add(&ask.server);
    add(&oauth2.token_url);
    add(&oauth2.client_id);
    add(match &oauth2.client_authentication {
        ClientAuthentication::SecretBasic(_) => "basic",
        ClientAuthentication::SecretPost(_) => "post",
        ClientAuthentication::PrivateKeyJwt { .. } => "key",
    });
    for text in [&oauth2.audience, &oauth2.resource] {
        add(if text.is_some() { "some" } else { "none" });
        add(text.as_deref().unwrap_or_default());
    }
    add(&oauth2.scopes.join(" "));
    match &oauth2.grant {
        Grant::ClientCredentials => add("client_credentials"),
        Grant::TokenExchange {
            requested_token_type,
            actor_token,
        } => {
            add("token_exchange");
            // Who acts, by where the token comes from: what is read there is renewed.
            for piece in actor_token.iter().flat_map(|actor| &actor.0) {
                match piece {
                    Piece::Text(text) => add(&format!("text {text}")),
                    Piece::File(path) => add(&format!("file {}", path.display())),
                    Piece::Env(name) => add(&format!("env {name}")),
                }
            }
            add("");
            add(requested_token_type.as_deref().unwrap_or_default());
        }
        Grant::JwtBearer => add("jwt_bearer"),
    }
    if !matches!(oauth2.grant, Grant::ClientCredentials) {
        let claims = ask.caller.claims().into_iter().flatten();
        for (name, value) in claims.filter(|(name, _)| !FLEETING.contains(&name.as_str())) {
            add(name);
            add(&value.to_string());
        }
    }
    digest.finalize().into()
}
