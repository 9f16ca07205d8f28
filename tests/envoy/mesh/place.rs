//! Callers who are known, Sluice, Envoy with an example of `envoy/`, and an MCP server.

use serde_json::{Value, json};

use crate::authorization_server::{AuthorizationServer, Running};
use crate::house::{Answer, House, post, sluice, stateless};
use crate::message::call;

const MANIFEST: &str = r#"
identity:
  issuers:
    - issuer: ISSUER
      audiences: ["https://mcp.example.com/"]
      jwks: {uri: "ISSUER/jwks"}
servers:
  github: {}
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    batches: true
    servers: [{name: github, enabled_tools: ["get_*", delete_repo]}]
"#;

/// All of them.
pub(super) struct Place {
    pub(super) issuer: Running,
    pub(super) house: House,
}

impl Place {
    /// With these examples put into Envoy's config.
    pub(super) fn with(examples: &[&str]) -> Self {
        let issuer = AuthorizationServer::start();
        let manifest = MANIFEST.replace("ISSUER", issuer.issuer());
        let house = House::from(stateless(), &sluice(&manifest), |config| {
            let mut examples = examples.iter();
            examples
                .try_fold(config, |config, example| config.example(example))
                .unwrap()
        });
        Self { issuer, house }
    }

    /// A token of somebody's.
    pub(super) fn token(&self, subject: &str) -> String {
        let token = self.issuer.token(subject);
        token.claims(json!({"azp": "triage-bot"})).text()
    }

    /// What somebody's call of a tool is answered.
    pub(super) async fn call(&self, token: &str, tool: &str, arguments: Value) -> Answer {
        let message = call(7, tool, arguments);
        let request = post(&self.house.client, &self.house.url("triage"), &message);
        Answer::of(request.bearer_auth(token)).await
    }
}
